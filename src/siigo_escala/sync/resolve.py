"""Storing what people decide of invoices: all of it or nothing, without the lease and without a call.

The run obeys when the row's turn comes (sync/decide.py); what it cannot know here, whether Escala still has
that deal, it checks then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F

from siigo_escala.domain import money
from siigo_escala.domain.decisions import Wish
from siigo_escala.domain.reasons import Code
from siigo_escala.store import models
from siigo_escala.store.models import Connection, State
from siigo_escala.sync import resolving

_FIELDS = (
    "state", "code", "data", "due", "decision", "decision_target", "said", "done", "updated_at",
)  # fmt: skip
_UNDONE = (Code.INVOICE_ANNULLED_LATER, Code.INVOICE_DELETED, Code.INVOICE_CREDITED)


@dataclass(slots=True, kw_only=True)
class _Change:
    """What the wishes come to."""

    now: datetime
    rows: list[models.Invoice] = field(default_factory=list)
    events: list[models.InvoiceEvent] = field(default_factory=list)
    bindings: list[models.ContactBinding] = field(default_factory=list)


def store(connection: Connection, wishes: Sequence[Wish], *, now: datetime) -> list[str]:
    """Stores these decisions; the rows become due. Warnings, in Spanish.

    DecisionProblem where one of them cannot be obeyed: then nothing is stored.
    """
    with transaction.atomic():
        # A run commits under the same lock: it waits for us, and we for it, for a moment only.
        models.SiigoCompany.objects.select_for_update(no_key=True).get(pk=connection.siigo_id)
        chosen = resolving.chosen(connection, wishes)
        warnings = resolving.check(connection, chosen)
        change = _Change(now=now)
        for wish, row in chosen:
            _decide(connection, change, wish, row)
        models.save_rows(change.rows, _FIELDS)
        models.insert_rows(change.events)
        models.insert_rows(
            change.bindings,
            unique=["escala", "identity"],
            update=["contact_id", "by_person", "evidence", "made_at"],
            # One that is being made just now: what comes of it is settled first.
            update_where="contact_binding.contact_id IS NOT NULL OR contact_binding.intent_at IS NULL",
        )
    return warnings


def _decide(connection: Connection, change: _Change, wish: Wish, row: models.Invoice) -> None:
    living = resolving.has_deal(row)
    row.data = {key: value for key, value in row.data.items() if key not in ("refused", "refused_as")}
    if wish.kind == "done":
        row.decision, row.decision_target = "", ""
        if living and row.state == State.NEEDS_ATTENTION:
            row.done = _mended(row)
            row.state, row.code, row.data = State.IN_ESCALA, row.done.get("code", ""), {}
    elif wish.kind == "contact":
        # An opportunity that exists keeps its contact; the customer's next ones follow.
        row.decision, row.decision_target = ("", "") if living else ("contact", wish.target)
        # What was said of this customer before, on another invoice of his, no longer counts.
        models.Invoice.objects.filter(
            connection=connection, customer_id=row.customer_id, decision="contact", due=True
        ).exclude(pk=row.pk).update(decision_target=wish.target, said=F("said") + 1)
        identity = resolving.identity_of(connection, row)
        if identity:
            change.bindings.append(
                models.ContactBinding(
                    escala_id=connection.escala_id,
                    identity=identity,
                    contact_id=wish.target,
                    by_person=True,
                    evidence="decision",
                    made_at=change.now,
                )
            )
    elif not living:
        row.decision, row.decision_target = wish.kind, wish.target
    row.due, row.said, row.updated_at = True, row.said + 1, change.now
    change.rows.append(row)
    change.events.append(
        models.InvoiceEvent(
            invoice=row,
            at=change.now,
            kind="resolved",
            code=row.code,
            data={"decision": wish.kind, "target": wish.target},
        )
    )


def _mended(row: models.Invoice) -> dict[str, Any]:
    """What is no longer told: as much as was told, and nothing that came after it."""
    done = dict(row.done)
    code = row.code
    if code == Code.UPDATE_NOT_POSSIBLE and "stage" in row.data:
        code = (
            Code.INVOICE_DELETED
            if row.deleted
            else Code.INVOICE_ANNULLED_LATER
            if row.annulled
            else Code.INVOICE_CREDITED
        )
    if code in (*_UNDONE, Code.INVOICE_CREDITED_PARTLY):
        done["code"] = str(code)
    # What else Escala could not show is an edit, a note or both: a person has typed the value that was told.
    if code not in (*_UNDONE, Code.INVOICE_EDITED):
        value = money.to_text(row.value)
        if row.digest == row.applied.get("digest") and row.applied.get("base", value) != value:
            # The rules have chosen a value of another kind since: of that one this much is seen to.
            done["typed"] = {"base": value, "credited": money.to_text(row.credited)}
        done["credited"] = money.to_text(row.credited)
    if code not in (*_UNDONE, Code.INVOICE_CREDITED_PARTLY):
        done["typed"] = done.get("typed", {}) | _typed(row)
    return done


def _typed(row: models.Invoice) -> dict[str, str]:
    """What Escala shows once a person has typed what was told: `applied` takes it over (said.take_over)."""
    told = {"value": money.to_text(Decimal(str(row.data["value"])))} if "value" in row.data else {}
    if "edit" in row.data:
        return told  # of the note alone: the edit beside it still waits
    base = {"base": money.to_text(row.value)} if told else {}
    return {**told, **base, "digest": row.digest, "customer": row.customer_id}
