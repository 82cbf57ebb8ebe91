"""The catalogue's Spanish texts, third part: what is said of a run, a connection or an installation."""

from __future__ import annotations

from siigo_escala.domain.reason_codes import Code, Reason

_NOTICES = (
    Reason(
        code=Code.CREDIT_NOTES_UNREADABLE,
        group="notice",
        title="No pudimos leer las notas crédito",
        text="Siigo no entregó las notas crédito[ ({why})]; usamos el saldo de cada factura como indicio",
        cause="El usuario de la API no tiene permiso sobre las notas crédito, o Siigo no respondió.",
        remedy="Si Siigo entrega lo demás, dé al usuario el permiso de leer las notas crédito",
    ),
    Reason(
        code=Code.CREDIT_NOTE_UNREADABLE,
        group="notice",
        title="Nota crédito sin un valor que podamos leer",
        text="Una nota crédito[ ({note})] no trae un valor que podamos leer; no se resta de su factura",
        cause="Siigo la entregó sin valor, o en otra moneda sin la tasa y su factura no es de esa moneda.",
        remedy="Revise la nota en Siigo y, si hace falta, cambie la oportunidad en Escala a mano",
    ),
    Reason(
        code=Code.PRODUCTS_UNREADABLE,
        group="notice",
        title="No pudimos leer los productos de Escala",
        text="Escala no entregó su lista de productos; las oportunidades se crean sin ellos",
        cause="El servicio de productos de Escala falló o no está activo en su cuenta.",
        remedy="Revise en Escala que los productos estén activos",
    ),
    Reason(
        code=Code.ESCALA_LIST_INCOMPLETE,
        group="notice",
        title="Escala no mostró su lista completa",
        text=(
            "Escala no entregó completa su lista de oportunidades o contactos[ ({why})], y sin ella no se "
            "crea nada"
        ),
        cause="La lista se cortó, cambió mientras se leía o todavía no muestra lo recién creado.",
        remedy="No haga nada: la próxima sincronización lo intenta de nuevo",
    ),
    Reason(
        code=Code.CONTACT_DATA_LEFT_OUT,
        group="notice",
        title="Dato que no se puso en el contacto",
        text="Un correo o un teléfono del cliente no se envió a Escala",
        cause="No es válido, o ya es de otro contacto y Escala no admite que dos lo tengan.",
        remedy="Corríjalo en Siigo si está mal escrito; si lo comparten, no haga nada",
    ),
    Reason(
        code=Code.DEAL_ADOPTED,
        group="notice",
        title="Ya estaba en Escala",
        text="La oportunidad[ {deal}] es de esta factura[: {why}]",
        cause="La app nativa o una persona la creó antes; lleva el número de la factura.",
        remedy="No haga nada: queda enlazada y no se cambia",
    ),
)

_CONFIGURATION = (
    Reason(
        code=Code.USAGE,
        group="configuration",
        title="La orden no se entiende",
        text="La orden no se entiende[: {message}]",
        cause="Falta un dato de la orden o sobra una opción.",
        remedy="Agregue --help para ver cómo se usa",
    ),
    Reason(
        code=Code.ENVIRONMENT_INVALID,
        group="configuration",
        title="Variable de entorno que no sirve",
        text="Una variable de entorno no sirve[: {message}]",
        cause="El valor de la variable no es de los que el programa acepta.",
        remedy="Corríjala y repita la orden",
    ),
    Reason(
        code=Code.FILE_MISSING,
        group="configuration",
        title="No encontramos el archivo",
        text="No se pudo leer el archivo[ {file}]",
        cause="El archivo no existe o no tiene permiso de lectura.",
        remedy="Revise la ruta y los permisos",
    ),
    Reason(
        code=Code.FILE_INVALID,
        group="configuration",
        title="El archivo de conexión tiene un error",
        text="El archivo de conexión tiene un error[: {message}]",
        cause="Una clave o un valor no es de los que el archivo admite.",
        remedy="Corríjalo y repita la orden; no se guardó nada",
    ),
    Reason(
        code=Code.SECRET_MISSING,
        group="configuration",
        title="Falta una clave",
        text="No se encontró el valor de una clave del archivo[: «{key}»][, que debía estar en {source}]",
        cause=(
            "La variable de entorno o el archivo que el archivo de conexión nombra no existe, no se puede "
            "leer o está vacío."
        ),
        remedy="Defínalo y repita la orden; no se guardó nada",
    ),
    Reason(
        code=Code.CONNECTION_UNKNOWN,
        group="configuration",
        title="No hay una conexión con ese nombre",
        text="No hay una conexión con ese nombre[; existen: {candidates}]",
        cause="El nombre está mal escrito o la conexión no se ha creado.",
        remedy="Créela con «siigo-escala connect» o revise el nombre",
    ),
    Reason(
        code=Code.ALERTS_MISSING,
        group="configuration",
        title="No hay a quién avisar",
        text="La conexión[ {connection}] no tiene direcciones de aviso",
        cause="La tabla «alerts» del archivo no nombra ningún correo ni otra dirección.",
        remedy="Escriba alerts.email o alerts.urls en el archivo y conecte de nuevo",
    ),
    Reason(
        code=Code.ACCOUNTS_TAKEN,
        group="configuration",
        title="Esas dos cuentas ya están conectadas",
        text="Esa empresa de Siigo y esa cuenta de Escala ya están unidas en otra conexión[: {other}]",
        cause="Dos conexiones sobre las mismas cuentas crearían todo dos veces.",
        remedy="Use la conexión que existe",
    ),
    Reason(
        code=Code.MARK_NEEDED,
        group="configuration",
        title="Falta una marca",
        text="Otra conexión[ ({other})] usa la misma cuenta de Escala",
        cause="Sin una marca en el nombre, las facturas de dos empresas se confundirían en Escala.",
        remedy="Ponga en cada una una marca distinta («opportunities.mark»)",
    ),
    Reason(
        code=Code.OTHER_COMPANY,
        group="configuration",
        title="Las credenciales son de otra empresa",
        text="Las credenciales nuevas abren otra cuenta[ de {system}], no la de esta conexión",
        cause="Ni los tipos de factura o pipelines ni los registros conocidos están en la cuenta que abren.",
        remedy="Use las credenciales de la misma empresa, o cree una conexión con otro nombre",
    ),
    Reason(
        code=Code.KEY_MISSING,
        group="configuration",
        title="Falta la clave de esta instalación",
        text="La clave de esta instalación falta o no abre las credenciales guardadas",
        cause="El archivo secret.key o la variable SIIGO_ESCALA_SECRET_KEY no es la de antes.",
        remedy="Restaure la clave; no se cambió nada",
    ),
    Reason(
        code=Code.SCHEMA_OLD,
        group="configuration",
        title="La base de datos es de una versión anterior",
        text="La base de datos es de una versión anterior del programa",
        cause="El programa se actualizó y la base de datos todavía no.",
        remedy="Ejecute «siigo-escala migrate»",
    ),
    Reason(
        code=Code.SCHEMA_NEWER,
        group="configuration",
        title="La base de datos es de una versión más nueva",
        text="La base de datos es de una versión más nueva que este programa",
        cause="Otra copia más nueva del programa ya la actualizó.",
        remedy="Actualice este programa",
    ),
    Reason(
        code=Code.STORAGE_FAILED,
        group="configuration",
        title="No se puede guardar",
        text="No se pudo guardar en el disco o en la base de datos[ ({message})]",
        cause="El disco está lleno, la carpeta es de solo lectura o la base de datos no responde.",
        remedy="Libere espacio o revise los permisos y repita la orden; lo ya enviado no se duplicará",
    ),
    Reason(
        code=Code.FILE_EXISTS,
        group="configuration",
        title="El archivo ya existe",
        text="El archivo[ «{file}»] ya existe y no se reemplazó",
        cause=(
            "Una copia no se escribe encima de otra sin que usted lo pida, ni un CSV encima de uno con "
            "decisiones suyas."
        ),
        remedy="Elija otro nombre; «backup» también admite --overwrite",
    ),
    Reason(
        code=Code.ARCHIVE_INVALID,
        group="configuration",
        title="La copia no se puede restaurar",
        text="El archivo está dañado, incompleto, cambiado, o no es una copia de este programa",
        cause="La copia se cortó al guardarla o al transferirla, o el archivo es otro.",
        remedy="Use otra copia; no se cambió nada",
    ),
    Reason(
        code=Code.HOME_NOT_EMPTY,
        group="configuration",
        title="Esta instalación ya tiene conexiones",
        text="Esta instalación ya tiene conexiones y no se reemplazaron",
        cause="Una copia se restaura en una instalación nueva, o en lugar de lo que hay si usted lo pide.",
        remedy="Use --replace: lo que hay se guarda antes en la carpeta «backups»",
    ),
    Reason(
        code=Code.RUN_IN_PROGRESS,
        group="configuration",
        title="Ya hay una sincronización en marcha",
        text="Otra sincronización usa en este momento las mismas cuentas",
        cause="Dos a la vez podrían crear algo dos veces.",
        remedy="Espere a que termine, o repita la orden con --wait",
    ),
)

_ACCESS = (
    Reason(
        code=Code.CREDENTIALS_REFUSED,
        group="access",
        title="Credenciales rechazadas",
        text="Las credenciales[ de {system}] fueron rechazadas[ ({message})]",
        cause="El usuario o la clave cambió, se escribió mal o se desactivó.",
        remedy="Genere o copie de nuevo la clave y vuelva a conectar",
        button="Actualizar la clave",
    ),
    Reason(
        code=Code.CREDENTIALS_MISSING,
        group="access",
        title="Conexión sin credenciales",
        text="La conexión ya no tiene credenciales guardadas",
        cause="Alguien la desconectó o se restauró una copia sin credenciales.",
        remedy="Vuelva a conectar con su archivo",
        button="Actualizar la clave",
    ),
    Reason(
        code=Code.USER_BLOCKED,
        group="access",
        title="Siigo bloqueó el usuario",
        text="Siigo bloqueó el usuario de la API[ ({message})]",
        cause="Siigo bloquea un usuario cuando la mayoría de sus llamadas falla.",
        remedy="Pida a Siigo que lo desbloquee, corrija la causa y active de nuevo la conexión",
        button="Ver qué hacer",
    ),
    Reason(
        code=Code.BRAKED,
        group="access",
        title="Frenamos las llamadas a Siigo",
        text="Frenamos las llamadas a Siigo porque fallaron demasiadas en siete días[ ({share} %)]",
        cause="Siigo bloquea al usuario que llega al 80 % de errores; nos detenemos mucho antes.",
        remedy="Corrija la causa y active de nuevo la conexión",
        button="Ver las fallas",
    ),
    Reason(
        code=Code.RUN_CRASHES,
        group="access",
        title="La sincronización se cayó varias veces",
        text="La sincronización se interrumpió tres veces seguidas y quedó en pausa",
        cause="El proceso murió a mitad de camino, por memoria, por el equipo o por un error nuestro.",
        remedy="Revise el registro de errores y active de nuevo la conexión",
        button="Reanudar",
    ),
    Reason(
        code=Code.SIIGO_UNREACHABLE,
        group="access",
        title="Siigo no responde",
        text="Siigo no responde[ ({message})]",
        cause="Su servicio está caído, limita las llamadas, o no hay conexión a internet.",
        remedy="Sincronice más tarde; sigue donde quedó",
        button="Probar ahora",
    ),
    Reason(
        code=Code.ESCALA_UNREACHABLE,
        group="access",
        title="Escala no responde",
        text="Escala no responde[ ({message})]",
        cause="Su servicio está caído, limita las llamadas, o no hay conexión a internet.",
        remedy="Sincronice más tarde; sigue donde quedó",
        button="Probar ahora",
    ),
    Reason(
        code=Code.INTERRUPTED,
        group="access",
        title="Sincronización interrumpida",
        text="La sincronización se interrumpió",
        cause="Una persona o el sistema la detuvo.",
        remedy="Sincronice otra vez; sigue donde quedó",
        button="Continuar",
    ),
)

ENTRIES: tuple[Reason, ...] = (*_NOTICES, *_CONFIGURATION, *_ACCESS)
