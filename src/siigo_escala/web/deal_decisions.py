"""Which decisions a person may take on an opportunity, by where it stands: the buttons of its page and of
Pendientes.

What they do is `sync.invoicing.resolve`, the same as `siigo-escala resolve --opportunity`.
"""

from __future__ import annotations

from collections.abc import Mapping

from siigo_escala.domain.reasons import Code
from siigo_escala.store.models import Connection, Invoicing, Opportunity
from siigo_escala.web.decisions import DONE, RETRY, Choice, Setting

LOOK = Choice(
    kind="retry",
    word="Buscar ahora",
    done=("{n} se busca en Siigo enseguida.", "{n} se buscan en Siigo enseguida."),
)
IGNORE = Choice(
    kind="ignore",
    word="Excluir…",
    done=("{n} queda excluida.", "{n} quedan excluidas."),
    what_happens="No se facturarán, ni ahora ni después. En Escala no cambia nada. "
    "Puede deshacerlo en Oportunidades, estado «Excluida».",
)
CREATE = Choice(
    kind="create",
    word="Facturar…",
    done=("{n} se factura en la próxima sincronización.", "{n} se facturan en la próxima sincronización."),
    what_happens="Se hará una factura de cada una en Siigo, aunque ya estuviera en la etapa o se "
    "haya excluido.",
)
FINE = Choice(
    kind="done",
    word="Se ve bien…",
    done=("El borrador quedó confirmado: desde ahora las facturas nuevas se envían a la DIAN.",) * 2,
    what_happens="Usted revisó el borrador en Siigo y está bien. Desde ahora cada factura nueva se envía a "
    "la DIAN, y solo se corrige con nota crédito.",
)
AGAIN = Choice(
    kind="again",
    word="Facturar otra vez…",
    done=(
        "{n} se factura otra vez en la próxima sincronización.",
        "{n} se facturan otra vez en la próxima sincronización.",
    ),
    what_happens="Se hace otra factura de la misma oportunidad. Solo ocurre si la anterior está anulada, "
    "borrada o con nota crédito en Siigo; si sigue en pie, se le avisa y no se hace nada.",
)
_LINES = Setting(name="rules", word="Cambiar la regla", section="lineas")
_CUSTOMERS = Setting(name="rules", word="Ver la regla", section="clientes")
_STAGE = Setting(name="rules", word="Elegir etapa", section="etapa")
_INVOICE = Setting(name="rules", word="Ver la regla", section="factura")
SETTINGS: Mapping[str, Setting] = {
    Code.VALUE_DIFFERS: _LINES,
    Code.CUSTOMER_DATA_MISSING: _CUSTOMERS,
    Code.STAGE_GONE: _STAGE,
    Code.PIPELINE_GONE: _STAGE,
    Code.SIIGO_REFUSED: _INVOICE,
    Code.ALREADY_IN_STAGE: _STAGE,
}
_BY_CODE: Mapping[str, tuple[Choice, ...]] = {
    Code.OPPORTUNITY_EDITED: (DONE,),
    Code.INVOICE_STANDS: (RETRY, DONE),
    Code.INVOICE_UNDONE: (AGAIN, DONE),
    Code.INVOICE_CREDITED_PARTLY: (DONE,),
    Code.INVOICE_BY_HAND: (IGNORE, CREATE),
    Code.DRAFT_UNCONFIRMED: (IGNORE,),
}


def setting_of(row: Opportunity) -> Setting | None:
    """What mends the reason of one opportunity besides: a rule, or another opportunity's page."""
    draft = row.data.get("confirm")
    if row.code == Code.DRAFT_UNCONFIRMED and draft:
        return Setting(
            name="opportunity", word=f"Ver el borrador {row.data.get('draft', '')}".strip(), of=str(draft)
        )
    return SETTINGS.get(row.code)


def choices_of(code: str) -> tuple[Choice, ...]:
    """The buttons of a reason for which something waits, the main one first."""
    return _BY_CODE.get(code, (RETRY, IGNORE))


def choices_for(company: Connection, row: Opportunity) -> tuple[Choice, ...]:
    """The buttons of one opportunity; none where nothing is to be decided."""
    match row.state:
        case Invoicing.NEEDS_ATTENTION:
            return choices_of(row.code)
        case Invoicing.SENDING:
            return (LOOK,)
        case Invoicing.PENDING:
            return (RETRY, IGNORE)
        case Invoicing.EXCLUDED:
            asked = (Code.ALREADY_IN_STAGE, Code.IGNORED_BY_PERSON)
            return (CREATE,) if row.code in asked else ()
        case _:
            stamps = company.file.get("invoices", {}).get("stamp") and company.confirmed_at is None
            return (FINE, AGAIN) if stamps else (AGAIN,)
