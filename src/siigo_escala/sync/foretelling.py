"""What a change of rules does at the next run: foretold from what is stored, without a call.

The rules decide here as they will decide there (domain/planning.py). Which contact a customer is, and whether
Escala has a twin by then, only the run can know: it may hold some of what is foretold as made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from django.db.models import F, Q, QuerySet

from siigo_escala.domain import money, planning, records
from siigo_escala.domain.accounting import Invoice
from siigo_escala.domain.planning import Exclude, NeedsAttention, Rules, Subject, Update
from siigo_escala.domain.reasons import Code
from siigo_escala.domain.rules import ConnectionFile
from siigo_escala.escala import capabilities
from siigo_escala.store import models
from siigo_escala.store.models import Connection, State
from siigo_escala.sync import born, connect, decide, opening, said, sellers

Outcome = Literal["make", "again", "out", "update", "hold", "nothing"]
"""`again`: held so far, and tried anew because what held it is changed."""

BY_RULE = (
    Code.BEFORE_START,
    Code.DOCUMENT_TYPE_LEFT_OUT,
    Code.NOT_ACCEPTED_YET,
    Code.WALK_IN_BUYER,
    Code.SELLER_UNLINKED,
)
_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The rules of one file, ready to decide. `owners`: Escala user by Siigo seller."""

    file: ConnectionFile
    rules: Rules
    owners: dict[int, str]

    def subject(self, row: models.Invoice, invoice: Invoice) -> Subject:
        """An invoice as these rules see it."""
        worth = decide.amounts(invoice, self.file.opportunities.value)
        is_born = row.code == Code.BORN_IN_ESCALA or born.bears_mark(invoice)
        subject = decide.subject(row, invoice, worth, born=is_born)
        if subject.value is None or min(subject.value, row.value) <= 0 or subject.value == row.value:
            return subject
        # What the ledger has credited is of a value of the kind that stands.
        return replace(subject, credited=money.share(subject.value, row.credited, row.value))


@dataclass(slots=True, kw_only=True)
class Sum:
    """So many invoices, worth so much."""

    count: int = 0
    value: Decimal = Decimal(0)

    def add(self, value: Decimal) -> None:
        """One more."""
        self.count += 1
        self.value += value


@dataclass(slots=True, kw_only=True)
class Foretold:
    """What the next run does otherwise than it would have done."""

    made: Sum = field(default_factory=Sum)
    made_by_code: dict[str, Sum] = field(default_factory=dict)
    """By why they are left out today; "" for what is due already."""
    again: Sum = field(default_factory=Sum)
    left_out: Sum = field(default_factory=Sum)
    updated: Sum = field(default_factory=Sum)
    held: Sum = field(default_factory=Sum)
    customers: set[str] = field(default_factory=set)
    """Customers of what is made."""

    @property
    def nothing(self) -> bool:
        """The next run does what it would have done."""
        return not any(one.count for one in (self.made, self.again, self.left_out, self.updated, self.held))


def side(connection: Connection, file: ConnectionFile) -> Side:
    """What this file would decide by."""
    owners = sellers.owners_of(file.sellers, connection.siigo.sellers)
    decided_by = opening.rules_of(file, connection, start=connect.start_of(file, connection.created_at))
    return Side(file=file, rules=replace(decided_by, linked_sellers=frozenset(owners)), owners=owners)


def foretell(connection: Connection, before: ConnectionFile, after: ConnectionFile) -> Foretold:
    """Each invoice that the next run would decide, by both files."""
    old, new = side(connection, before), side(connection, after)
    freed = _freed(old, new)
    lost = _has_lost_stage(connection)
    updates = capabilities.from_json(connection.escala.capabilities).updates_possible
    told = Foretold()
    waiting = Q(due=True) & ~Q(state=State.SENDING)
    for row in _rows(connection, waiting | _left_out_by_rule()):
        invoice = records.to_invoice(row.record)
        subject = new.subject(row, invoice)
        was = _outcome(row, old.subject(row, invoice), old.rules, frozenset(), lost=lost, updates=updates)
        will = _outcome(row, subject, new.rules, freed, lost=lost, updates=updates)
        if row.state == State.EXCLUDED and not row.due and was != "out":
            continue  # another rule had left it out, and no run looks at it again by itself
        if was == will:
            continue
        value = planning.value_to_show(subject, new.rules)
        if will == "make":
            told.made.add(value)
            code = row.code if row.state == State.EXCLUDED else ""
            told.made_by_code.setdefault(code, Sum()).add(value)
            told.customers.add(row.customer_id)
        else:
            part = {"again": told.again, "out": told.left_out, "update": told.updated, "hold": told.held}
            part[will].add(value)
    return told


def let_in(connection: Connection, before: ConnectionFile, after: ConnectionFile) -> list[int]:
    """The keys of what the rules of before leave out and those of after do not."""
    old, new = side(connection, before), side(connection, after)
    if old.rules == new.rules:
        return []
    found = []
    for row in _rows(connection, _left_out_by_rule()):
        invoice = records.to_invoice(row.record)
        was = planning.screen(old.subject(row, invoice), old.rules)
        will = planning.screen(new.subject(row, invoice), new.rules)
        if isinstance(was, Exclude) and not isinstance(will, Exclude):
            found.append(row.pk)
    return found


def make_due(connection: Connection, keys: Sequence[int]) -> int:
    """The next run without dates decides them anew; how many. A run under way does not take it back."""
    rows = models.Invoice.objects.filter(connection=connection, state=State.EXCLUDED)
    return sum(
        rows.filter(pk__in=keys[start : start + _CHUNK]).update(due=True, said=F("said") + 1)
        for start in range(0, len(keys), _CHUNK)
    )


def _left_out_by_rule() -> Q:
    return Q(state=State.EXCLUDED, code__in=BY_RULE, deal_id=None)


def _rows(connection: Connection, which: Q) -> Iterator[models.Invoice]:
    found: QuerySet[models.Invoice] = models.Invoice.objects.filter(which, connection=connection)
    # What retention or an erasure emptied cannot be decided on.
    return found.exclude(record={}).defer("intent").iterator(chunk_size=_CHUNK)


def _outcome(
    row: models.Invoice,
    subject: Subject,
    rules: Rules,
    freed: frozenset[str],
    *,
    lost: bool,
    updates: bool,
) -> Outcome:
    if row.deal_id is not None and not said.made_anew(row):
        if row.code == Code.DEAL_DELETED:
            return "out"
        decision = planning.follow(subject, decide.shown_of(row), rules, digest=row.digest)
        if isinstance(decision, Update):
            return "update" if updates and (lost or not decision.lost) else "hold"
        return "hold" if isinstance(decision, NeedsAttention) else "nothing"
    screened = planning.screen(subject, rules)
    if screened is not None:
        return "out" if isinstance(screened, Exclude) else "hold"
    if row.state == State.NEEDS_ATTENTION and row.code != Code.VALUE_INVALID:
        return "again" if row.code in freed else "hold"
    return "make"


def _freed(old: Side, new: Side) -> frozenset[str]:
    """The codes of what is held by something that changes."""
    before, after = old.file.opportunities, new.file.opportunities
    freed: set[str] = set()
    if (before.possible_twins, after.possible_twins) == ("hold", "ignore"):
        freed.add(Code.POSSIBLE_TWIN)
    if (before.pipeline, before.stage) != (after.pipeline, after.stage):
        freed |= {Code.STAGE_GONE, Code.PIPELINE_GONE}
    fields = ("identification_field", "number_field", "date_field", "due_field")
    if any(getattr(before, name) != getattr(after, name) for name in fields):
        freed |= {Code.FIELD_GONE, Code.FIELD_REFUSED}
    if (before.default_owner, old.owners) != (after.default_owner, new.owners):
        freed.add(Code.OWNER_REFUSED)
    return frozenset(freed)


def _has_lost_stage(connection: Connection) -> bool:
    return any(
        stage["kind"] == "lost"
        for pipeline in connection.escala.pipelines
        if pipeline["id"] == connection.pipeline_id
        for stage in pipeline["stages"]
    )
