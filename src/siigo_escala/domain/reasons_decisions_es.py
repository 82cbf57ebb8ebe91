"""The catalogue's Spanish texts, second part: what holds an invoice until a person decides or mends it."""

from __future__ import annotations

from siigo_escala.domain.reason_codes import Code, Reason

_WHICH_ONE = (
    Reason(
        code=Code.DEAL_FOUND_TWICE,
        group="needs_attention",
        title="Dos oportunidades con el mismo número",
        text="En Escala hay varias oportunidades que nombran esta factura[ ({candidates})]",
        cause="Dos o más oportunidades llevan el número de la factura y coinciden en contacto o en valor.",
        remedy="Elija cuál es y cierre la otra en Escala",
        button="Elegir oportunidad",
    ),
    Reason(
        code=Code.DEAL_NAME_TAKEN,
        group="needs_attention",
        title="Ese número ya está en otra oportunidad",
        text=(
            "Este número ya está en una o varias oportunidades[ ({candidates})]"
            "[, pero no coinciden {differs}][, enlazadas ya con {of}]"
        ),
        cause=(
            "El número de la factura está en una oportunidad que parece de otra venta, o que también nombra "
            "otra factura y quedó enlazada con ella."
        ),
        remedy=(
            "Diga cuál es la suya («resolve --deal»), pida crear otra («resolve --create») o déjela fuera "
            "(«resolve --ignore»)"
        ),
        button="Son la misma",
    ),
    Reason(
        code=Code.POSSIBLE_TWIN,
        group="needs_attention",
        title="¿Son la misma?",
        text=(
            "En Escala hay una o varias oportunidades[ ({candidates})] del mismo contacto, por el mismo "
            "valor y de los mismos días, que no nombran la factura"
        ),
        cause="La app nativa o una persona pudo crearla sin escribir el número de la factura.",
        remedy="Diga si es la misma; no la crearemos dos veces",
        button="Son la misma",
    ),
    Reason(
        code=Code.INVOICE_NAME_TWICE,
        group="needs_attention",
        title="Dos facturas con el mismo número",
        text="En Siigo hay más de una factura vigente con este número",
        cause=(
            "Dos documentos distintos de su empresa llevan el mismo nombre y no sabríamos distinguirlos en "
            "Escala."
        ),
        remedy="Corrija el número en Siigo, o pida crearla si las dos son ventas de verdad",
        button="Crear de todos modos",
    ),
    Reason(
        code=Code.OTHER_WRITER_SEEN,
        group="needs_attention",
        title="Otro programa también crea oportunidades",
        text="Apareció otra oportunidad[ ({deals})][ de {of}] que no creamos nosotros",
        cause="La app nativa de Siigo u otra instalación está creando las mismas oportunidades.",
        remedy="Apague la app nativa de Siigo o la otra instalación, y confirme con «siigo-escala enable»",
        button="Ya la apagué",
    ),
    Reason(
        code=Code.DECISION_NOT_POSSIBLE,
        group="needs_attention",
        title="Su decisión no se puede cumplir",
        text="Lo que usted decidió no se puede hacer[: {why}]",
        cause="La oportunidad o el contacto que usted indicó ya no está en Escala, o ya es de otra factura.",
        remedy="Decida de nuevo con «resolve»",
        button="Decidir de nuevo",
    ),
    Reason(
        code=Code.CONTACT_AMBIGUOUS,
        group="needs_attention",
        title="Dos contactos posibles",
        text="En Escala hay más de un contacto que puede ser este cliente[ ({candidates})] y no adivinamos",
        cause="Varios contactos tienen la misma identificación, el mismo correo o el mismo teléfono.",
        remedy="Elija el contacto; lo recordaremos para sus próximas facturas",
        button="Elegir contacto",
    ),
)

_DATA = (
    Reason(
        code=Code.CONTACT_REFUSED,
        group="needs_attention",
        title="Correo compartido",
        text="Escala no admite el contacto de este cliente[: {email} ya es de otro contacto][ ({message})]",
        cause=(
            "El correo o el teléfono del cliente ya pertenece a otro contacto y Escala no admite repetirlo."
        ),
        remedy="Cree el contacto sin ese correo o elija el que existe",
        button="Elegir contacto",
    ),
    Reason(
        code=Code.CONTACT_DATA_MISSING,
        group="needs_attention",
        title="Al cliente le falta un dato",
        text="Al cliente le falta un dato que Escala exige[: {field}]",
        cause="Ese dato está vacío en el registro del cliente en Siigo.",
        remedy="Complete el cliente en Siigo; lo leeremos solos",
        button="Reintentar",
    ),
    Reason(
        code=Code.CUSTOMER_MISSING,
        group="needs_attention",
        title="Factura sin cliente",
        text="Siigo no dice quién es el cliente de esta factura",
        cause="La factura no nombra un cliente, o el cliente se borró en Siigo.",
        remedy="Revise el cliente de la factura en Siigo",
        button="Reintentar",
    ),
    Reason(
        code=Code.VALUE_INVALID,
        group="needs_attention",
        title="Un dato de la factura no se puede usar",
        text="Un dato de la factura no se puede usar[: {field}][ ({value})]",
        cause="Siigo entregó una fecha o un valor que no se puede leer, o un total negativo.",
        remedy="Revise la factura en Siigo",
        button="Reintentar",
        of_deal=(
            "Un dato de la oportunidad no sirve para facturar[: {field}][ ({value})]",
            "Corríjalo en Escala",
        ),
    ),
    Reason(
        code=Code.FIELD_REFUSED,
        group="needs_attention",
        title="Escala rechazó un dato",
        text="Escala rechazó un dato[: el campo «{field}»][ no acepta «{given}»][ ({message})]",
        cause="El valor no cumple lo que ese campo admite en Escala.",
        remedy="Corrija el cliente en Siigo o el patrón del campo en Escala",
        button="Reintentar",
    ),
    Reason(
        code=Code.OWNER_REFUSED,
        group="needs_attention",
        title="Escala no reconoce al dueño",
        text="Escala no reconoce al dueño de la oportunidad[: {owner}]",
        cause="Ese correo no es de un usuario activo de su cuenta de Escala.",
        remedy="Enlace el vendedor a otro usuario o cambie el dueño por defecto",
        button="Cambiar el enlace",
    ),
    Reason(
        code=Code.STAGE_GONE,
        group="needs_attention",
        title="La etapa ya no existe",
        text="La etapa[ «{stage}»] de sus reglas ya no existe en Escala[, en el pipeline «{pipeline}»]",
        cause="Alguien la borró o la cambió en Escala.",
        remedy="Elija otra etapa en sus reglas («stage»); las facturas detenidas salen juntas",
        button="Elegir etapa",
        of_deal=(
            "La etapa[ «{stage}»] que dispara la factura ya no existe en Escala",
            "Elija otra en sus reglas («trigger_stage»)",
        ),
    ),
    Reason(
        code=Code.PIPELINE_GONE,
        group="needs_attention",
        title="El pipeline ya no existe",
        text="El pipeline[ «{pipeline}»] de sus reglas ya no existe en Escala",
        cause="Alguien lo borró o lo cambió en Escala.",
        remedy="Elija otro en sus reglas («pipeline» y «stage»); las facturas detenidas salen juntas",
        button="Elegir etapa",
        of_deal=(
            "El pipeline[ «{pipeline}»] cuya etapa dispara la factura ya no existe en Escala",
            "Elija otro en sus reglas («trigger_pipeline» y «trigger_stage»)",
        ),
    ),
    Reason(
        code=Code.FIELD_GONE,
        group="needs_attention",
        title="El campo personalizado ya no existe",
        text="El campo personalizado[ «{field}»] de sus reglas ya no existe en Escala",
        cause="Alguien lo borró en Escala, o su clave cambió.",
        remedy="Créelo de nuevo en Escala y reintente, o elija otro en sus reglas («identification_field», "
        "«number_field», «date_field» o «due_field»)",
        button="Elegir campo",
    ),
    Reason(
        code=Code.CUSTOMER_DATA_MISSING,
        group="needs_attention",
        title="Faltan datos para facturar",
        text="Al contacto de Escala le faltan datos que Siigo exige para facturar[: {field}][; su "
        "identificación es {customer}]",
        cause="Siigo no registra un cliente sin esos datos.",
        remedy="Complete el dato en Escala[ o ponga un valor por defecto («{setting}»)] y reintente",
        button="Reintentar",
    ),
    Reason(
        code=Code.VALUE_DIFFERS,
        group="needs_attention",
        title="El valor no coincide con los productos",
        text="El valor de la oportunidad[ ({value})] no es la suma de sus productos[ ({before})]",
        cause="El valor se escribió a mano en Escala o los productos cambiaron después.",
        remedy="Corrija la oportunidad en Escala o elija cuál de los dos vale («on_value_difference»)",
        button="Reintentar",
    ),
    Reason(
        code=Code.PRODUCT_UNKNOWN_IN_SIIGO,
        group="needs_attention",
        title="Producto que Siigo no tiene",
        text="La oportunidad lleva un producto que no existe en Siigo[: {product}]",
        cause="Ningún producto de Siigo tiene el código igual al SKU de ese producto.",
        remedy="Corrija en Escala el producto o su SKU[, o en Siigo cree o active el producto «{sku}»]",
        button="Reintentar",
    ),
)

ENTRIES: tuple[Reason, ...] = (*_WHICH_ONE, *_DATA)
