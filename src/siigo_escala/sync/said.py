"""What people say while a run works: decisions are stored without its lease, and it never writes over them.

A run holds rows in memory for minutes. What a person said of one after it was read stands in the database
with a higher `said`; the run's own answer of before leaves it there and leaves the row due.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from siigo_escala.domain import reasons
from siigo_escala.domain.planning import Decision, NeedsAttention
from siigo_escala.domain.reasons import Code
from siigo_escala.store import models

SINCE: Mapping[str, tuple[str, str]] = {
    "due": ("said", "TRUE"),
    "decision": ("said", "decision"),
    "done": ("said", "done"),
}
"""For `models.save_rows`: fields that a decision of a person keeps from the run."""
PERSON_LAST = "NOT contact_binding.by_person OR contact_binding.contact_id IS NULL OR EXCLUDED.by_person"
"""For `models.insert_rows`: the contact that a person named while a run made another one stays."""


def take_over(row: models.Invoice) -> None:
    """What a person has typed since the last run is what Escala shows: the next edit is told from there."""
    row.applied = {**row.applied, **row.done.get("typed", {})}
    row.done = {key: value for key, value in row.done.items() if key != "typed"}


def made_anew(row: models.Invoice) -> bool:
    """Whether the deal that is gone is to be forgotten: a person wants this invoice in Escala again."""
    return row.code == Code.DEAL_DELETED and row.decision in ("create", "deal")


def forget_deal(row: models.Invoice, code: Code) -> None:
    """Takes the deal that is gone from a row that is to be made anew and could not be, for this `code`."""
    if made_anew(row) and code != Code.DEAL_DELETED:
        row.deal_id = None


def customer_of(row: models.Invoice) -> tuple[str, ...]:
    """Whose contact the opportunity has: Siigo's id of the customer, and his identification where it changed.

    Empty where nobody kept it. The identification is looked up, for what is kept here no erasure reaches.
    """
    kept = row.applied.get("customer", "")
    if not kept or kept == row.customer_id:
        return (kept,) if kept else ()
    known = models.KnownCustomer.objects.filter(company_id=row.connection.siigo_id, siigo_id=kept)
    record = known.values_list("record", flat=True).first() or {}
    return (kept, record["identification"]) if record.get("identification") else (kept,)


def of_adopted(row: models.Invoice, decision: Decision) -> Decision:
    """What is decided, marked where no rule changes what a person is asked to see to: it was there before."""
    if not row.adopted or not isinstance(decision, NeedsAttention):
        return decision
    if reasons.catalogue[decision.code].of_adopted:
        return replace(decision, data={**decision.data, "adopted": True})
    return decision


def kept_code(row: models.Invoice) -> str:
    """A code that goes on explaining an opportunity that needs nothing more (annulled later, and seen to)."""
    told: str = row.done.get("code", "")
    return row.code if row.applied.get("undone") and row.code else told
