"""What turning to this direction, or changing its rules, does: foretold from what is stored, without a call.

Which customer a contact is and what an invoice is made of only a run can know (or a dry run, which asks):
told here is what will be looked at to be invoiced, what is left alone, and what has its invoice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from siigo_escala.domain.directions import BACK
from siigo_escala.domain.reasons import Code
from siigo_escala.domain.rules import ConnectionFile
from siigo_escala.store import models
from siigo_escala.store.models import Connection, Invoicing, KnownDeal, Opportunity
from siigo_escala.sync.foretelling import Sum


@dataclass(slots=True, kw_only=True)
class Foretold:
    """The opportunities that stand in the stage, as last read, by what becomes of them."""

    read_at: datetime | None
    """When Escala's opportunities were read; None: never, and nothing is known of the stage."""
    in_stage: Sum = field(default_factory=Sum)
    invoiced: Sum = field(default_factory=Sum)
    born: Sum = field(default_factory=Sum)
    """Made by the other direction: never invoiced."""
    ignored: Sum = field(default_factory=Sum)
    stood: Sum = field(default_factory=Sum)
    """Never invoiced, and in the stage before it began to make invoices."""
    looked_at: Sum = field(default_factory=Sum)
    """What the next run looks at, to invoice it."""
    again: dict[str, Sum] = field(default_factory=dict)
    """Of these, what waits today, by why."""
    kept: Sum = field(default_factory=Sum)
    """What has its invoice, wherever it stands: nothing of it changes."""


def foretell(
    connection: Connection, before: ConnectionFile, after: ConnectionFile, *, stage: str
) -> Foretold:
    """The stage of `after`, as stored. `stage`: its id."""
    account = connection.escala
    told = Foretold(read_at=account.deals_looked_at or account.deals_read_at)
    begins = before.direction != BACK or stage != connection.stage_id
    takes_all = after.invoices.existing == "invoice"
    rows = {
        row.deal_id: row
        for row in Opportunity.objects.filter(escala=account).only(
            "deal_id", "state", "code", "siigo_id", "decision"
        )
    }
    born = set(
        models.Invoice.objects.filter(escala=account, deal_id__isnull=False).values_list("deal_id", flat=True)
    )
    for deal_id, value in KnownDeal.objects.filter(escala=account, stage_id=stage).values_list(
        "deal_id", "value"
    ):
        pesos = Decimal(value or 0)
        told.in_stage.add(pesos)
        row = rows.get(deal_id)
        _part(told, row, deal_id in born, begins=begins, takes_all=takes_all).add(pesos)
        if row is not None and row.state == Invoicing.NEEDS_ATTENTION and row.siigo_id is None:
            told.again.setdefault(row.code, Sum()).add(pesos)
    for value in Opportunity.objects.filter(connection=connection, siigo_id__isnull=False).values_list(
        "value", flat=True
    ):
        told.kept.add(Decimal(value))
    return told


def _part(told: Foretold, row: Opportunity | None, born: bool, *, begins: bool, takes_all: bool) -> Sum:
    if row is not None and row.siigo_id is not None:
        return told.invoiced
    if born:
        return told.born
    if row is not None and row.decision == "ignore":
        return told.ignored
    asked = row is not None and row.decision in ("create", "again")
    stood = begins or (row is not None and row.code == Code.ALREADY_IN_STAGE)
    return told.stood if stood and not takes_all and not asked else told.looked_at
