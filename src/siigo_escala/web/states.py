"""States of an invoice as people see them: the only colours of meaning, each with its icon and its word.

Seven, where the machine has six: what was annulled stands apart once it waits for nobody, and of
`failed` what has not had its turn is no error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from django.db.models import Case, CharField, Q, Value, When

from siigo_escala.domain.reasons import Code
from siigo_escala.store.models import Invoice, State
from siigo_escala.sync import report

Tone = Literal["green", "blue", "amber", "red", "grey"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a state looks: `word` for one invoice, `many` as the head of a count."""

    word: str
    many: str
    icon: str
    tone: Tone


STATES: Mapping[str, Shown] = {
    "en-escala": Shown(word="En Escala", many="En Escala", icon="circle-check", tone="green"),
    "atencion": Shown(
        word="Requiere atención", many="Requieren atención", icon="alert-triangle", tone="amber"
    ),
    "error": Shown(word="Con error", many="Con error", icon="circle-x", tone="red"),
    "por-enviar": Shown(word="Por enviar", many="Por enviar", icon="clock", tone="blue"),
    "por-confirmar": Shown(word="Por confirmar", many="Por confirmar", icon="help-circle", tone="blue"),
    "excluida": Shown(word="Excluida", many="Excluidas", icon="filter-off", tone="grey"),
    "anulada": Shown(word="Anulada", many="Anuladas", icon="ban", tone="grey"),
}
"""In the order in which an account is read."""

FOR_PEOPLE = ("atencion", "error")
"""What does not go on without a person: Pendientes, its count in the menu and Inicio are of these."""
OPEN = (State.PENDING, State.SENDING, State.NEEDS_ATTENTION, State.FAILED)
"""States of what has not come to rest; whatever is `FOR_PEOPLE` is in one of them."""
_BY_ITSELF = ("", Code.NOT_REACHED, Code.OUTCOME_UNKNOWN)
STUCK = Q(state__in=(State.NEEDS_ATTENTION, State.FAILED)) | (
    Q(state=State.PENDING) & ~Q(code__in=_BY_ITSELF)
)
"""What people may decide on where it is not in Escala: `FOR_PEOPLE`, and what was annulled since."""
UNDONE = Q(annulled=True) | Q(deleted=True) | Q(code__in=report.UNDONE)
"""What Siigo no longer has as a sale."""
_UNKNOWN = Q(state=State.SENDING) | Q(code=Code.OUTCOME_UNKNOWN)
_WAITING = Q(state=State.PENDING) & (Q(code="") | Q(code=Code.NOT_REACHED)) | Q(
    state=State.FAILED, code=Code.NOT_REACHED
)


def is_stuck(invoice: Invoice) -> bool:
    """`STUCK`, of one row."""
    if invoice.state == State.PENDING:
        return invoice.code not in _BY_ITSELF
    return invoice.state in (State.NEEDS_ATTENTION, State.FAILED)


def shown_state() -> Case:
    """The key of `STATES` for each row of the ledger.

    The parts of `sync.report.status_of`, finer, but that whatever waits for a person is shown so: an annulled
    invoice whose opportunity still stands in Escala is not in order yet.
    """
    return Case(
        When(state=State.NEEDS_ATTENTION, then=Value("atencion")),
        When(UNDONE, then=Value("anulada")),
        When(state=State.IN_ESCALA, then=Value("en-escala")),
        When(state=State.EXCLUDED, then=Value("excluida")),
        When(_UNKNOWN, then=Value("por-confirmar")),
        When(_WAITING, then=Value("por-enviar")),
        default=Value("error"),
        output_field=CharField(),
    )
