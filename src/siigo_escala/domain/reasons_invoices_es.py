"""The catalogue's Spanish texts, first part: invoices left out, changed later, or not sent yet."""

from __future__ import annotations

from siigo_escala.domain.reason_codes import Code, Reason

_DONE = "una vez atendido, pulse «Ya lo resolví» («resolve --done»)"
_OPEN = "Si su oportunidad[ {deal}] sigue abierta, ciérrela en Escala"
_CLOSE_IT = f"{_OPEN}; {_DONE}"
_NOT_OURS = "(no la creamos nosotros y no se cambia sola)"

_EXCLUDED = (
    Reason(
        code=Code.INVOICE_ANNULLED,
        group="excluded",
        title="Anulada",
        text="La factura está anulada en Siigo y no se crea su oportunidad",
        cause="Se anuló en Siigo antes de que la leyéramos por primera vez.",
        remedy="No tiene que hacer nada",
        button="Ver la regla",
    ),
    Reason(
        code=Code.BEFORE_START,
        group="excluded",
        title="Anterior al inicio",
        text="La fecha de la factura es anterior al inicio de la conexión[ ({start})]",
        cause="Sus reglas traen las facturas desde una fecha («start»); esta es de antes.",
        remedy="Si la quiere en Escala, sincronice esas fechas o cambie el inicio en sus reglas («start»)",
        button="Incluir",
    ),
    Reason(
        code=Code.DOCUMENT_TYPE_LEFT_OUT,
        group="excluded",
        title="Tipo de factura no elegido",
        text="El tipo de factura[ {document_type}] no está entre los que usted eligió",
        cause="Sus reglas nombran los tipos de factura que entran («document_types») y este no está.",
        remedy="Si debe entrar, agregue ese tipo en sus reglas («document_types»)",
        button="Ver la regla",
    ),
    Reason(
        code=Code.NOT_ACCEPTED_YET,
        group="excluded",
        title="Sin aceptar por la DIAN",
        text="La DIAN todavía no ha aceptado la factura[ (estado en Siigo: {stamp})]",
        cause="Sus reglas traen solo las facturas que la DIAN aceptó («stamp»).",
        remedy='Envíela a la DIAN desde Siigo y entrará cuando sea aceptada, o use «stamp = "any"»',
        button="Ver la regla",
    ),
    Reason(
        code=Code.WALK_IN_BUYER,
        group="excluded",
        title="Consumidor final",
        text="El comprador es un consumidor final, sin identificación propia",
        cause="Sus reglas no crean oportunidades para las identificaciones genéricas («walk_in»).",
        remedy='Si las quiere en Escala, elija un solo contacto para todas («walk_in = "one_contact"»)',
        button="Ver la regla",
    ),
    Reason(
        code=Code.SELLER_UNLINKED,
        group="excluded",
        title="Vendedor sin enlazar",
        text="El vendedor[ {seller}] de la factura no está enlazado con un usuario de Escala",
        cause="Sus reglas dejan fuera las ventas de vendedores que no están en la lista de enlaces.",
        remedy="Enlace el vendedor en «sellers», o use «create_for_unlinked_sellers = true»",
        button="Enlazar el vendedor",
    ),
    Reason(
        code=Code.BORN_IN_ESCALA,
        group="excluded",
        title="Nació de una oportunidad",
        text="La factura se hizo a partir de una oportunidad que ya está en Escala",
        cause="Lleva la marca de la dirección contraria: crear otra oportunidad la duplicaría.",
        remedy="No tiene que hacer nada",
    ),
    Reason(
        code=Code.IGNORED_BY_PERSON,
        group="excluded",
        title="Excluida por una persona",
        text="Una persona decidió dejar la factura fuera[ ({person})]",
        cause="Alguien de su equipo la excluyó a mano.",
        remedy="Si debe entrar, deshaga la exclusión",
        button="Incluir",
        of_deal=(
            "Una persona decidió que la oportunidad no se facture",
            "Si debe facturarse, pulse «Facturar» («resolve --create»)",
        ),
    ),
    Reason(
        code=Code.DEAL_DELETED,
        group="excluded",
        title="Se borró en Escala",
        text="Alguien borró en Escala la oportunidad[ {deal}] de la factura",
        cause="La oportunidad existía y ya no está; respetamos esa decisión.",
        remedy="Si fue un error, pida crearla de nuevo",
        button="Crear de nuevo",
        of_deal=(
            "Alguien borró la oportunidad en Escala antes de facturarla",
            "No tiene que hacer nada",
        ),
    ),
    Reason(
        code=Code.ALREADY_IN_STAGE,
        group="excluded",
        title="Ya estaba en la etapa",
        text="La oportunidad ya estaba en la etapa cuando se activó la conexión",
        cause="Sus reglas no facturan lo que estaba en la etapa desde antes («existing»).",
        remedy="Si debe facturarse, pulse «Facturar» («resolve --create»)",
        button="Facturar",
    ),
)

_CHANGED_IN_SIIGO = (
    Reason(
        code=Code.INVOICE_ANNULLED_LATER,
        group="needs_attention",
        title="Factura anulada después de creada",
        text="La factura se anuló en Siigo[ el {date}] cuando ya tenía oportunidad",
        cause="La anulación llegó cuando la oportunidad ya existía.",
        remedy=(
            f"{_CLOSE_IT}; para las que creamos nosotros, cambie en Reglas «Si una factura se anula» "
            '(«on_annulled = "lost_stage"»)'
        ),
        button="Ya lo resolví",
        of_adopted=f"{_OPEN} {_NOT_OURS}; {_DONE}",
    ),
    Reason(
        code=Code.INVOICE_DELETED,
        group="needs_attention",
        title="Factura borrada en Siigo",
        text="La factura ya no está en Siigo",
        cause="Alguien la borró en Siigo después de que la leyéramos.",
        remedy=_CLOSE_IT,
        button="Ya lo resolví",
    ),
    Reason(
        code=Code.INVOICE_CREDITED,
        group="needs_attention",
        title="Factura con nota crédito total",
        text="Una nota crédito[ {note}] devuelve toda la factura",
        cause="En Siigo se hicieron notas crédito por el valor completo de la factura.",
        remedy=_CLOSE_IT,
        button="Ya lo resolví",
    ),
    Reason(
        code=Code.INVOICE_CREDITED_PARTLY,
        group="needs_attention",
        title="Factura con nota crédito",
        text="Una nota crédito[ {note}] descuenta parte de la factura"
        "[: {credited} del valor de la oportunidad]",
        cause="En Siigo se hizo una nota crédito por una parte de la factura.",
        remedy=(
            f"Revise el valor de la oportunidad[ {{deal}}] en Escala; {_DONE}; para las que creamos "
            'nosotros, cambie en Reglas «Si hay nota crédito parcial» («on_credited = "subtract"»)'
        ),
        button="Ya lo resolví",
        of_adopted=f"Revise en Escala el valor de la oportunidad[ {{deal}}] {_NOT_OURS}; {_DONE}",
        of_deal=(
            "Su factura[ {made}] tiene nota crédito por una parte[, {credited}], y sigue en pie",
            "Revise el valor de la oportunidad en Escala, y pulse «Ya lo resolví» («resolve --done»)",
        ),
    ),
    Reason(
        code=Code.INVOICE_EDITED,
        group="needs_attention",
        title="Factura cambiada después de creada",
        text=(
            "La factura cambió en Siigo después de creada su oportunidad[: antes {before}][, ahora {value}]"
            "[; su cliente ahora es {customer}]"
            "[, sin contar la nota crédito de {credited} que ya se restó o usted ya revisó]"
        ),
        cause=(
            "Alguien la editó en Siigo, y sus reglas piden avisarle, una nota crédito suya ya se restó o se "
            "revisó, o la oportunidad no la creamos nosotros."
        ),
        remedy=f"Revise la oportunidad[ {{deal}}] en Escala; {_DONE}",
        button="Ya lo resolví",
    ),
    Reason(
        code=Code.UPDATE_NOT_POSSIBLE,
        group="needs_attention",
        title="Factura cambiada después de creada",
        text=(
            "La factura cambió en Siigo[ y vale {value}][; en Escala vale {before}], y Escala no permite "
            "actualizar su oportunidad"
        ),
        cause="Escala no aceptó cambiar una oportunidad ya creada.",
        remedy=(
            "Cambie la oportunidad[ {deal}] en Escala a mano[ y pásela a la etapa {stage}]; después, pulse "
            "«Ya lo cambié» («resolve --done»)"
        ),
        button="Ya lo cambié",
    ),
)

_FAILED = (
    Reason(
        code=Code.ESCALA_ERROR,
        group="failed",
        title="Escala falló",
        text="Escala respondió con un error[ {status}][ ({message})]",
        cause="El servicio de Escala falló al recibir este registro.",
        remedy="Lo reintentaremos en cada sincronización",
        button="Reintentar",
    ),
    Reason(
        code=Code.UNEXPECTED_ANSWER,
        group="failed",
        title="Respuesta que no entendemos",
        text="Siigo o Escala respondió algo que no se puede leer[ ({message})]",
        cause="La respuesta no tiene la forma que describe la documentación de ese sistema.",
        remedy="Lo reintentaremos en la próxima sincronización; si se repite, avise a soporte",
        button="Reintentar",
    ),
    Reason(
        code=Code.OUTCOME_UNKNOWN,
        group="failed",
        title="Por confirmar",
        text="Escala no confirmó si la creó; la buscaremos antes de enviarla otra vez",
        cause="La conexión se cortó, o Escala no respondió a tiempo, mientras se creaba.",
        remedy=(
            "No tiene que hacer nada: se resuelve sola; si pasa de 24 horas, búsquela en Escala por su número"
        ),
        button="Buscar ahora",
        of_deal=(
            "Siigo no confirmó si creó la factura; la buscaremos antes de enviarla otra vez",
            "No tiene que hacer nada: se resuelve sola en la próxima sincronización",
        ),
    ),
    Reason(
        code=Code.NOT_REACHED,
        group="failed",
        title="No alcanzó a enviarse",
        text="La sincronización terminó antes de llegar a esta factura",
        cause="La sincronización se canceló, llegó a su límite o un sistema dejó de responder.",
        remedy="Sincronice otra vez; sigue donde quedó",
        button="Continuar",
        of_deal=(
            "La sincronización terminó antes de llegar a esta oportunidad",
            "Sincronice otra vez; sigue donde quedó",
        ),
    ),
    Reason(
        code=Code.INVOICE_NOT_FOUND,
        group="failed",
        title="Siigo no tiene esa factura",
        text="Siigo no tiene una factura con ese número",
        cause="El número no existe en esta empresa, o está escrito de otra forma.",
        remedy="Revise el número tal como aparece en Siigo, por ejemplo FV-2-1045",
    ),
    Reason(
        code=Code.INTERNAL_ERROR,
        group="failed",
        title="Error nuestro",
        text="Un error nuestro impidió procesarla",
        cause="El programa encontró algo que no había previsto; el detalle está en el registro de errores.",
        remedy="Lo reintentaremos en la próxima sincronización; si se repite, avise a soporte",
        button="Reintentar",
    ),
)

ENTRIES: tuple[Reason, ...] = (*_EXCLUDED, *_CHANGED_IN_SIIGO, *_FAILED)
