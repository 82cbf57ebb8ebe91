"""The run's pen for this direction: what becomes of each opportunity, committed and counted.

An intent is committed before its write; decisions that write nothing are committed in groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from django.db.models import Q

from siigo_escala.domain import money, stripped
from siigo_escala.domain.accounting import Invoice
from siigo_escala.domain.planning import Exclude, NeedsAttention
from siigo_escala.domain.reasons import Code
from siigo_escala.rest.errors import RemoteError
from siigo_escala.store import erasing, models
from siigo_escala.store.models import Invoicing, Opportunity
from siigo_escala.sync import echoes, erased_index, said
from siigo_escala.sync.account import Column
from siigo_escala.sync.invoicing.work import Seen
from siigo_escala.sync.session import Session

_FIELDS = (
    "name", "value", "modified", "modified_text", "contact_id", "stage_id", "customer", "state", "code",
    "data", "due", "decision", "generation", "first_generation", "body", "total", "intent_at", "unknowns",
    "refused", "siigo_id", "invoice", "invoiced_value", "invoiced_at", "stamp", "earlier", "undone",
    "number_due", "updated_at",
)  # fmt: skip
_NEVER_SENT = f"state <> '{Invoicing.SENDING}' AND siigo_id IS NULL"
_RAW = 4000
LONGEST_STAMP = 40
LONGEST_CUSTOMER = 100
_GROUP = 200


class Journal:
    """Notes what happens; `flush` commits it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows: dict[str, Opportunity] = {}
        self._events: list[tuple[Opportunity, dict[str, Any]]] = []
        self._erased_contacts: set[str] = set()
        self._erased_deals: set[str] = set()
        """Both found in this run to be erased persons'."""

    def flush(self) -> None:
        """Commits everything noted since the last flush."""
        if self._session.dry or not (self._rows or self._events):
            return
        with self._session.ledger():
            for row in self._rows.values():
                if not row.is_stored:
                    row.save()
            _keep_settled(self._rows.values())
            models.save_rows(list(self._rows.values()), _FIELDS, instead=said.SINCE)
            self._remember_erased()
            models.insert_values(
                models.OpportunityEvent,
                [{**told, "opportunity_id": row.pk} for row, told in self._events],
            )
        self._rows.clear()
        self._events.clear()

    def count(
        self, seen: Seen, column: Column, code: str = "", data: Mapping[str, Any] | None = None
    ) -> None:
        """Where an opportunity stands in the account of the run."""
        self._session.tally.put(
            seen.row.deal_id,
            column,
            value=seen.pesos,
            name=seen.row.deal_id,
            code=code or None,
            data={"opportunity": f"«{seen.name}» ({seen.row.deal_id})" if seen.name else "", **(data or {})},
        )

    def nothing(self, seen: Seen) -> None:
        """It has its invoice, and that is right."""
        row = seen.row
        self.count(seen, "unchanged")
        row.state, row.code, row.data, row.due, row.decision = Invoicing.INVOICED, "", {}, False, ""
        self._keep(seen)

    def decided(self, seen: Seen, decision: Exclude | NeedsAttention) -> None:
        """Left out by a rule, or held for a person."""
        row = seen.row
        excluded = isinstance(decision, Exclude)
        data = echoes.plain(decision.data)
        self.count(seen, "excluded" if excluded else "needs_attention", decision.code, data)
        if self._is_erased(row, seen.contact_id):
            data = stripped.told(data)
        state = Invoicing.EXCLUDED if excluded else Invoicing.NEEDS_ATTENTION
        changed = (row.state, row.code) != (state, decision.code)
        if (row.code, row.data) != (decision.code, data):
            row.refused = ""  # what Siigo said is not why it waits any more
        row.state, row.code, row.data, row.due = state, decision.code, data, not excluded
        row.body, row.intent_at = "", None
        self._keep(seen, "decided" if changed else "", code=decision.code, data=data)

    def waiting(self, seen: Seen, code: Code) -> None:
        """Not reached, or without certain outcome: counted as failed, taken up by the next run."""
        row = seen.row
        self.count(seen, "failed", code)
        row.code, row.due = code, True
        if row.state != Invoicing.SENDING:
            row.state = Invoicing.PENDING
            row.body, row.intent_at = "", None
        self._keep(seen)

    def again(self, seen: Seen) -> None:
        """The invoice was undone and a person asked for another one: the next generation."""
        row = seen.row
        row.earlier = [*row.earlier, {"siigo_id": row.siigo_id, "invoice": row.invoice}]
        row.generation += 1
        row.first_generation = row.generation
        row.siigo_id, row.invoice, row.invoiced_at, row.number_due, row.undone = None, "", None, False, ""
        row.stamp = ""
        row.state, row.code, row.data, row.decision = Invoicing.PENDING, "", {}, ""
        self._keep(seen, "again", data={"generation": row.generation})
        self.flush()

    def intent(self, seen: Seen, *, body: bytes, total: Any) -> None:
        """An invoice is about to be made; the database agrees that none is, and none was."""
        row = seen.row
        # Before it, so that nothing that was noted earlier can keep what is sent from being written down.
        self.flush()
        row.value, row.name, row.contact_id = seen.pesos, seen.name, seen.contact_id
        sent = body.decode("utf-8")
        self._event(row, "intent", data={"generation": row.generation, "total": str(total)}, raw=sent)
        with self._session.ledger():
            if not row.is_stored:
                row.save()
            row.state, row.code, row.data, row.due = Invoicing.SENDING, "", {}, True
            row.body, row.total, row.intent_at = sent, total, self._session.now()
            row.updated_at = row.intent_at
            if models.save_rows([row], _FIELDS, only_where=_NEVER_SENT, instead=said.SINCE) != 1:
                raise RuntimeError("an opportunity was about to be invoiced twice")
        self.flush()

    def invoiced(self, seen: Seen, invoice: Invoice, *, column: Column, kind: str, number_due: bool) -> None:
        """The invoice is there: made, or found to be there."""
        row = seen.row
        self.count(seen, column)
        row.siigo_id, row.invoice = invoice.id, invoice.name
        row.stamp = invoice.stamp[:LONGEST_STAMP]
        row.total = row.total if invoice.total is None else money.round_cents(invoice.total)
        row.invoiced_value = row.value if row.state == Invoicing.SENDING else seen.pesos
        row.invoiced_at = self._session.now()
        row.customer = invoice.customer_identification[:LONGEST_CUSTOMER] or row.customer
        row.state, row.code, row.data, row.due, row.decision = Invoicing.INVOICED, "", {}, False, ""
        row.body, row.intent_at, row.unknowns, row.refused = "", None, 0, ""
        row.number_due = number_due
        self._keep(seen, kind, data={"invoice": invoice.name})
        self.flush()

    def refused(self, seen: Seen, decision: NeedsAttention, problem: RemoteError, *, digest: str) -> None:
        """Siigo refused it for certain: nothing was made, and the next write has a key of its own."""
        row = seen.row
        row.generation += 1
        self._event(row, "refused", code=decision.code, raw=problem.raw)
        row.decision = ""
        self.decided(seen, decision)
        row.refused, row.unknowns = digest, 0
        self._keep(seen)
        self.flush()

    def next_generation(self, seen: Seen, why: str, *, raw: str = "") -> None:
        """What was under way certainly was not made: free to be made with another key."""
        row = seen.row
        row.generation += 1
        row.state, row.body, row.intent_at = Invoicing.PENDING, "", None
        self._keep(seen, why, raw=raw)
        self.flush()

    def not_sent(self, seen: Seen) -> None:
        """The intent was never sent, or refused without being looked at."""
        row = seen.row
        row.state = Invoicing.PENDING
        self.waiting(seen, Code.NOT_REACHED)
        self.flush()

    def sent_again(self, seen: Seen) -> None:
        """What is under way is about to be sent once more: its outcome counts from now."""
        seen.row.intent_at = self._session.now()
        self._keep(seen)
        self.flush()

    def unknown(self, seen: Seen, problem: RemoteError) -> None:
        """The write has no certain outcome: the intent stays, and its settle time counts from here."""
        seen.row.intent_at = self._session.now()
        self._event(seen.row, "unknown", raw=problem.raw)
        self.waiting(seen, Code.OUTCOME_UNKNOWN)
        self.flush()

    def absent(self, seen: Seen) -> None:
        """Two reads prove that a write without outcome made nothing."""
        seen.row.unknowns += 1
        self._keep(seen, "absent")
        self.flush()

    def number_written(self, seen: Seen, *, why: str = "") -> None:
        """The invoice's number stands in the deal, or cannot: it is not tried again."""
        seen.row.number_due = False
        self._keep(seen, "number_refused" if why else "number_written", raw=why)
        self.flush()

    def _keep(self, seen: Seen, kind: str = "", **told: Any) -> None:
        row = seen.row
        row.modified, row.modified_text, row.stage_id = seen.modified, seen.modified_text, seen.stage_id
        if row.state != Invoicing.SENDING:
            # What is under way is remembered as it was sent.
            row.name, row.value, row.contact_id = seen.name, seen.pesos, seen.contact_id
            if self._is_erased(row, seen.contact_id):
                self._erased_deals.add(row.deal_id)
                if row.customer and seen.contact_id:
                    # A deal alone does not tell: its contact may be another's by now.
                    self._erased_contacts.add(seen.contact_id)
                row.customer = ""
            if self._is_erased_deal(row):
                hidden = self._session.erased.covers_text
                row.name = stripped.deal_name(seen.name, self._marks, hidden=hidden)
        row.updated_at = self._session.now()
        self._rows[row.deal_id] = row
        if kind:
            self._event(row, kind, **told)
        if len(self._rows) >= _GROUP:
            self.flush()

    def _event(
        self,
        row: Opportunity,
        kind: str,
        *,
        code: str = "",
        data: Mapping[str, Any] | None = None,
        raw: str = "",
    ) -> None:
        erased = self._is_erased(row, row.contact_id)
        told = {
            "run": self._session.run_id,
            "at": self._session.now(),
            "kind": kind,
            "code": code,
            "data": echoes.plain(stripped.told(data or {}) if erased else data or {}),
            "raw": "" if erased else raw[:_RAW].replace("\0", ""),
        }
        self._events.append((row, told))

    def _is_erased(self, row: Opportunity, contact_id: str) -> bool:
        """Whether it is an erased person's: by the identification where that is known, else by what is
        remembered of the contact and of the deal itself.
        """
        erased = self._session.erased
        if not erased:
            return False
        if row.customer:
            return erased.covers_text(row.customer)
        known = contact_id in self._erased_contacts or erased.covers_contact(contact_id)
        return known or self._is_erased_deal(row)

    def _is_erased_deal(self, row: Opportunity) -> bool:
        """Whether the name that it had is an erased person's; the index keeps none of it either."""
        return row.deal_id in self._erased_deals or self._session.erased.covers_deal(row.deal_id)

    @cached_property
    def _marks(self) -> list[str]:
        return erased_index.marks_of(self._session)

    def _remember_erased(self) -> None:
        """What turned out to be an erased person's, contact or deal, is known by itself from now on."""
        erased, account = self._session.erased, self._session.connection.escala_id
        contacts = {one for one in self._erased_contacts if not erased.covers_contact(one)}
        deals = {one for one in self._erased_deals if not erased.covers_deal(one)}
        if not contacts and not deals:
            return
        known = models.KnownDeal.objects.filter(
            Q(contact_id__in=contacts) | Q(deal_id__in=deals), escala_id=account
        )
        deals |= set(known.values_list("deal_id", flat=True))
        marks = [*map(erasing.of_contact, contacts), *map(erasing.of_deal, deals)]
        erasing.keep(account, erased, marks, now=self._session.now())
        erasing.strip_deals(known, erased, self._marks)


def _keep_settled(rows: Iterable[Opportunity]) -> None:
    """What a person settled (`done`) while the run worked stays so; asked under the lock that both take.

    Not what the run's sweep has found out since: the person did not know of that.
    """
    by_key = {row.pk: row for row in rows if row.siigo_id is not None and row.state != Invoicing.INVOICED}
    if not by_key:
        return
    for kept in Opportunity.objects.filter(pk__in=by_key, state=Invoicing.INVOICED):
        row = by_key[kept.pk]
        if (kept.siigo_id, kept.undone) == (row.siigo_id, row.undone) and kept.said != row.said:
            row.state, row.code, row.data = kept.state, kept.code, kept.data
            row.invoiced_value = kept.invoiced_value
