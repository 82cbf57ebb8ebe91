"""The catalogue's Spanish texts, fourth part: opportunities that become invoices in Siigo."""

from __future__ import annotations

from siigo_escala.domain.reason_codes import Code, Reason

_EXCLUDED = (
    Reason(
        code=Code.NOT_IN_STAGE,
        group="excluded",
        title="No está en la etapa",
        text="La oportunidad no está en la etapa que dispara la factura",
        cause="Nunca llegó a esa etapa, o salió de ella antes de facturarse.",
        remedy="No tiene que hacer nada: se factura cuando llegue a la etapa",
    ),
    Reason(
        code=Code.BORN_IN_SIIGO,
        group="excluded",
        title="Nació de una factura",
        text="La oportunidad se creó a partir de la factura[ {born}] de Siigo",
        cause="La hizo la dirección contraria: facturarla otra vez duplicaría la venta.",
        remedy="No tiene que hacer nada",
    ),
    Reason(
        code=Code.INVOICED_ELSEWHERE,
        group="excluded",
        title="La factura otra conexión",
        text="La oportunidad ya la factura otra conexión[ («{other}»)] de la misma cuenta de Escala",
        cause="Dos conexiones toman las oportunidades de una misma etapa.",
        remedy="Dé a cada conexión su propia etapa («trigger_stage»)",
    ),
)

_DATA = (
    Reason(
        code=Code.CUSTOMER_INACTIVE,
        group="needs_attention",
        title="Cliente inactivo en Siigo",
        text="El cliente[ {customer}] está inactivo en Siigo",
        cause="Alguien lo desactivó: Siigo no le factura.",
        remedy="Actívelo en Siigo y reintente",
        button="Reintentar",
    ),
    Reason(
        code=Code.CUSTOMER_AMBIGUOUS,
        group="needs_attention",
        title="¿Cuál de estos clientes es?",
        text="La identificación del contacto puede ser de más de un cliente de Siigo[: {customers}]",
        cause="Un número de diez cifras puede ser una cédula, o un NIT con su dígito de verificación.",
        remedy="Escriba el NIT con guion (900123456-8) o la cédula sola en el contacto, y reintente",
        button="Reintentar",
    ),
    Reason(
        code=Code.SIIGO_REFUSED,
        group="needs_attention",
        title="Siigo no aceptó la factura",
        text="Siigo no aceptó la factura[: {why}]",
        cause="Siigo la rechazó por sus datos o por la configuración de la empresa; no se creó nada.",
        remedy="[{fix}, y ]reintente con «siigo-escala retry»",
        button="Reintentar",
    ),
    Reason(
        code=Code.SIIGO_ERROR,
        group="needs_attention",
        title="Siigo falla con esta factura",
        text="Siigo falló varias veces al crear la factura, y comprobamos que no la creó",
        cause="Siigo respondió con un error propio; a veces esconde un dato que no le sirve.",
        remedy=(
            "Reintente más tarde; si va a crearla a mano en Siigo, déjela antes fuera con «resolve "
            "--ignore», o se creará dos veces"
        ),
        button="Reintentar",
    ),
    Reason(
        code=Code.TOTAL_DIFFERS,
        group="needs_attention",
        title="El total de Siigo es otro",
        text="Siigo calcula un total[ de {calculated}] distinto del nuestro[ ({value})]",
        cause="Los impuestos o el redondeo de la empresa no son los que Siigo nos mostró.",
        remedy="Revise en Siigo los impuestos del producto y los decimales del tipo de factura, y reintente",
        button="Reintentar",
    ),
    Reason(
        code=Code.DRY_RUN_NEEDED,
        group="needs_attention",
        title="Falta un simulacro",
        text="Sus reglas envían a la DIAN y todavía no se ha hecho un simulacro",
        cause="Lo que se envía a la DIAN solo se deshace con nota crédito («stamp»).",
        remedy="Haga «siigo-escala sync» con --dry-run y revise lo que haría («stamp»)",
    ),
    Reason(
        code=Code.DRAFT_UNCONFIRMED,
        group="needs_attention",
        title="Falta confirmar el primer borrador",
        text="Sus reglas envían a la DIAN y falta que usted confirme el primer borrador[ {draft}]",
        cause="Antes de enviar, una persona revisa en Siigo una factura hecha en borrador («stamp»).",
        remedy=(
            "Revise el borrador en Siigo y confírmelo con «Se ve bien» («resolve --done»"
            "[ --opportunity {confirm}])"
        ),
        button="Se ve bien",
    ),
    Reason(
        code=Code.OPPORTUNITY_EDITED,
        group="needs_attention",
        title="El valor cambió después de facturar",
        text="La oportunidad cambió de valor[ y ahora vale {value}][; se facturó con {before}][ en {made}]",
        cause="Alguien cambió el valor en Escala cuando la factura ya existía; no se hace otra.",
        remedy="Corrija el valor en Escala o la factura en Siigo, y pulse «Ya lo resolví» («resolve --done»)",
        button="Ya lo resolví",
    ),
    Reason(
        code=Code.INVOICE_UNDONE,
        group="needs_attention",
        title="La factura se deshizo en Siigo",
        text="La factura[ {made}] que se hizo de la oportunidad cambió en Siigo[: {how}]",
        cause=(
            "Alguien la anuló, la borró o le hizo nota crédito por el total en Siigo; nunca se hace otra por "
            "sí sola."
        ),
        remedy=(
            "Si debe facturarse otra vez, pulse «Facturar otra vez» («resolve --again»); si no, cierre la "
            "oportunidad en Escala y pulse «Ya lo resolví» («resolve --done»)"
        ),
        button="Facturar otra vez",
    ),
    Reason(
        code=Code.INVOICE_BY_HAND,
        group="needs_attention",
        title="¿Ya la facturó a mano?",
        text="En Siigo hay una factura[ {made}] del mismo cliente y por el mismo total[ ({calculated})]",
        cause="La oportunidad esperaba, y entretanto alguien hizo en Siigo una factura sin nuestra marca.",
        remedy=(
            "Si es la de esta oportunidad, pulse «Excluir» («resolve --ignore»); si es de otra venta, "
            "«Facturar» («resolve --create»)"
        ),
        button="Excluir",
    ),
    Reason(
        code=Code.INVOICE_STANDS,
        group="needs_attention",
        title="La factura anterior sigue en pie",
        text="Usted pidió facturar otra vez y la factura anterior[ {made}] sigue en pie",
        cause="Solo se factura otra vez lo que se anuló, se borró o se acreditó por completo en Siigo.",
        remedy=(
            "Anúlela o haga su nota crédito por el total en Siigo, y sincronice; si ya no quiere otra, «Ya "
            "lo resolví» («resolve --done») retira lo que pidió («resolve --again»)"
        ),
        button="Reintentar",
    ),
)

_OTHERS = (
    Reason(
        code=Code.OPPORTUNITY_NOT_FOUND,
        group="failed",
        title="Escala no tiene esa oportunidad",
        text="Escala no tiene una oportunidad con ese id",
        cause="El id no existe en esta cuenta, o la oportunidad se borró.",
        remedy="Revise el id, que es el final de su dirección en Escala",
    ),
    Reason(
        code=Code.NUMBER_NOT_WRITTEN,
        group="notice",
        title="El número no se escribió en Escala",
        text="La factura[ {made}] existe y su número no se pudo escribir en la oportunidad[ ({why})]",
        cause="Su cuenta de Escala no deja cambiar oportunidades, o el campo no existe («number_field»).",
        remedy="Escríbalo a mano si lo necesita; está siempre en «siigo-escala report»",
    ),
)

_NOTICES = (
    Reason(
        code=Code.WRITES_RESTED,
        group="notice",
        title="Por ahora no se hacen facturas",
        text="Siigo rechazó casi un tercio de las llamadas de este usuario, y por ahora no se hacen facturas",
        cause="Siigo bloquea a un usuario cuyas llamadas fallan demasiado: antes de llegar ahí solo se lee.",
        remedy=(
            "Corrija lo que Siigo rechaza: se vuelven a hacer solas cuando falle una parte menor de las "
            "llamadas de siete días"
        ),
    ),
)

ENTRIES: tuple[Reason, ...] = (*_EXCLUDED, *_DATA, *_OTHERS, *_NOTICES)
