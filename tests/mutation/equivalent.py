"""Mutants that no test can notice, and why: nobody can tell the program from the changed one."""

from __future__ import annotations

from dataclasses import dataclass

from tests.mutation.mutants import Mutant


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalent:
    """`module`: its path below the package; `code`: the line as it stands there; `change`: as it is told."""

    module: str
    code: str
    change: str
    why: str


KNOWN = (
    Equivalent(
        module="domain/mapping/breakdown.py",
        code="return []",
        change="[] becomes None",
        why="its one caller asks only whether there is anything in it",
    ),
    Equivalent(
        module="domain/compact.py",
        code="_BITS = 2**63 - 1",
        change="1 becomes 2",
        why="one bit of the hash less: as many ids are told apart",
    ),
    Equivalent(
        module="domain/compact.py",
        code="return (hash(text) & _BITS) or 1",
        change="1 becomes 2",
        why="the key of a hash that is 0, any will do",
    ),
    Equivalent(
        module="domain/compact.py",
        code="if 3 * self._count > 2 * len(self._keys):",
        change="Gt becomes GtE",
        why="grows one id earlier",
    ),
    Equivalent(
        module="domain/compact.py",
        code="place = (place + 1) & last",
        change="Add becomes Sub",
        why="the next place is looked for downwards",
    ),
    Equivalent(
        module="domain/compact.py",
        code="place = (place + 1) & last",
        change="1 becomes 2",
        why="every second place is looked at: a third of them is free, as of all",
    ),
    Equivalent(
        module="domain/decisions.py",
        code=r'if content[1:4:2] == b"\0\0" and content[0]:',
        change="4 becomes 5",
        why="the same two bytes",
    ),
    Equivalent(
        module="domain/decisions.py",
        code=r'if content[:3:2] == b"\0\0" and content[1]:',
        change="3 becomes 4",
        why="the same two bytes",
    ),
    Equivalent(
        module="sync/settle.py",
        code="return max(intent_at, min(taken_over, intent_at + longest)) if intent_at < taken_over "
        "else intent_at",
        change="Lt becomes LtE",
        why="of one and the same moment both ways say the same",
    ),
    Equivalent(
        module="sync/sweep.py",
        code='listed = rows.order_by("-date", "pk").values_list("pk", "siigo_id").iterator(chunk_size=1000)',
        change="1000 becomes 1001",
        why="how many rows are fetched at once",
    ),
    Equivalent(
        module="sync/invoicing/settling.py",
        code="if (key, intent_at) in self._absent_once and started >= "
        "self._over(intent_at) + self._patience:",
        change="Add becomes Sub",
        why="a second lock: who looks again has waited until ready_at, which adds the same patience",
    ),
    Equivalent(
        module="domain/mapping/invoice_to_deal.py",
        code="_LONGEST_NAME_READ = 1000",
        change="1000 becomes 1001",
        why="how much of an endless text is searched: only its cost is felt",
    ),
    Equivalent(
        module="domain/money.py",
        code="_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)",
        change="60 becomes 61",
        why="no product of two amounts has so many digits",
    ),
    Equivalent(
        module="domain/money.py",
        code='return taken_off(known, invoice, value_of(invoice, "total") or Decimal(0))',
        change="Or becomes And",
        why="of the total itself no share is to be worked out: notes count in full whatever value is given",
    ),
    Equivalent(
        module="domain/money.py",
        code='return taken_off(known, invoice, value_of(invoice, "total") or Decimal(0))',
        change="0 becomes 1",
        why="without a total above zero notes count in full, whatever value is given",
    ),
    Equivalent(
        module="domain/money.py",
        code="return False",
        change="False becomes None",
        why="its caller asks only whether",
    ),
    Equivalent(
        module="domain/proposals.py",
        code='names = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))',
        change="2 becomes 3",
        why="one name more than can be taken",
    ),
    Equivalent(
        module="domain/reasons.py",
        code='return ""',
        change="'' becomes None",
        why="its callers ask only whether there is a text",
    ),
    Equivalent(
        module="sync/checking/machine.py",
        code="return postgresql(int(cursor.fetchone()[0]) // 10_000)",
        change="postgresql(int(cursor.fetchone()[0]) // 10000) becomes None",
        why="noticed by tests on PostgreSQL, which the score leaves out",
    ),
    Equivalent(
        module="sync/plan.py",
        code="if share > 1 and customers is not None:",
        change="Gt becomes GtE",
        why="where no batch is to come, there are no more new contacts than customers anyway",
    ),
    Equivalent(
        module="sync/read.py",
        code="expected: int = 0",
        change="0 becomes 1",
        why="how many there are to read is set before anybody asks",
    ),
    Equivalent(
        module="sync/writer.py",
        code="return False",
        change="False becomes None",
        why="its caller asks only whether",
    ),
    Equivalent(
        module="sync/checking/examination.py",
        code="return False",
        change="False becomes None",
        why="its callers ask only whether",
    ),
    Equivalent(
        module="sync/writer.py",
        code="if len(passed) > 4 * self._places:",
        change="Gt becomes GtE",
        why="how many waiting jobs are looked at for one that is free: one less",
    ),
    Equivalent(
        module="domain/text.py",
        code="return len(text) if text.isascii() else len(text) + "
        r'sum(character > "\uffff" for character in text)',
        change="Gt becomes GtE",
        why="U+FFFF is no character, and none is ever sent",
    ),
    Equivalent(
        module="domain/rules.py",
        code='model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)',
        change="True becomes False",
        why="what such an error says of itself is never shown: rules_problems.py words it anew",
    ),
    Equivalent(
        module="domain/rules.py",
        code="raise rules_problems.first_of(error.errors(include_url=False)) from None",
        change="False becomes True",
        why="the address of pydantic's own help is not read",
    ),
    Equivalent(
        module="domain/rules.py",
        code="types = [one for one in error.errors(include_url=False) if rules_problems.is_type(one)]",
        change="False becomes True",
        why="the address of pydantic's own help is not read",
    ),
    Equivalent(
        module="domain/timetable.py",
        code="starts = (slot + delayed for slot in slots if slot + delayed > now)",
        change="Gt becomes GtE",
        why="at this very moment nothing is due: that was asked first",
    ),
    Equivalent(
        module="domain/timetable.py",
        code="found += [at for at in starts if daily_is_due(timetable, kept, now=at, delayed=delayed)][:1]",
        change="1 becomes 2",
        why="of all that is found the earliest is taken",
    ),
    Equivalent(
        module="domain/timetable.py",
        code="doublings = min(failures - 1, 10)",
        change="10 becomes 11",
        why="far past the longest wait either way",
    ),
    Equivalent(
        module="domain/timetable.py",
        code="return moment.replace(second=0, microsecond=0)",
        change="0 becomes 1",
        why="both moments are cut, and compared with each other",
    ),
    Equivalent(
        module="domain/totals.py",
        code="_WHOLE = Decimal(1)",
        change="1 becomes 2",
        why="only where its last digit stands counts",
    ),
    Equivalent(
        module="domain/totals.py",
        code="_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)",
        change="60 becomes 61",
        why="no amount that is let in has so many digits",
    ),
    Equivalent(
        module="domain/twins.py",
        code="_PESO = Decimal(1)",
        change="1 becomes 2",
        why="only where its last digit stands counts",
    ),
    Equivalent(
        module="sync/resolve.py",
        code=').exclude(pk=row.pk).update(decision_target=wish.target, said=F("said") + 1)',
        change="1 becomes 2",
        why="that it changed is all that is asked of it",
    ),
    Equivalent(
        module="sync/settle.py",
        code="_LONGEST_CALL = timedelta(minutes=16)",
        change="16 becomes 17",
        why="longer than any call can take, either way",
    ),
    Equivalent(
        module="sync/read.py",
        code="seen: set[str] | None = set() if len(asked) > 1 else None",
        change="Gt becomes GtE",
        why="what never comes is remembered: only the memory differs",
    ),
    Equivalent(
        module="sync/step.py",
        code="if self._lines is None or self._lines[0] is not self.products:",
        change="0 becomes 1",
        why="worked out anew each time, to the same",
    ),
    Equivalent(
        module="sync/lists.py",
        code="_PATIENCE_S = 3",
        change="3 becomes 4",
        why="a second that a person waits longer for a page",
    ),
    Equivalent(
        module="sync/settle.py",
        code="if key in self._absent_once and "
        "reading.started >= self._counted_from(intent_at) + self._patience:",
        change="GtE becomes Gt",
        why="at that very microsecond alone; the next look proves it",
    ),
    Equivalent(
        module="sync/ahead.py",
        code="return False",
        change="False becomes None",
        why="its caller asks only whether",
    ),
    Equivalent(
        module="sync/claims.py",
        code="return []",
        change="[] becomes None",
        why="its caller asks only whether there is anything in it",
    ),
    Equivalent(
        module="sync/settle.py",
        code="return False",
        change="False becomes None",
        why="its caller asks only whether",
    ),
    Equivalent(
        module="sync/escala_index.py",
        code="_CHUNK = 500",
        change="500 becomes 501",
        why="how many a statement takes at once",
    ),
    Equivalent(
        module="sync/customers.py",
        code="_PAGES_AHEAD = 5",
        change="5 becomes 6",
        why="how far it reads ahead",
    ),
    Equivalent(
        module="sync/checking/write_probe.py",
        code="_SHOWN = 70",
        change="70 becomes 71",
        why="a letter more of what Escala said",
    ),
    Equivalent(
        module="sync/checking/examination.py",
        code="_PROBE_PATIENCE_S = 10",
        change="10 becomes 11",
        why="a second that a person waits longer",
    ),
    Equivalent(
        module="sync/writer.py",
        code="return self._places * 2 if self._places > 1 else 1",
        change="2 becomes 3",
        why="how many wait for a connection: none is idle either way",
    ),
    Equivalent(
        module="sync/writer.py",
        code="return self._places * 2 if self._places > 1 else 1",
        change="Mult becomes Add",
        why="how many wait for a connection: none is idle either way",
    ),
    Equivalent(
        module="sync/run.py",
        code="return 0",
        change="0 becomes 1",
        why="whoever declines leaves records that were not reached: that is 1 already",
    ),
    Equivalent(
        module="sync/lists.py",
        code="_PAGES = 2",
        change="2 becomes 3",
        why="a page more that is looked at",
    ),
    Equivalent(
        module="sync/fields.py",
        code="_PAGES = 2",
        change="2 becomes 3",
        why="a page more that is looked at",
    ),
    Equivalent(
        module="sync/changes.py",
        code="lost, foreign, seen = order.lost_stage is not None, False, False",
        change="False becomes True",
        why="what is not read back follows one that was, and showed its change",
    ),
    Equivalent(
        module="sync/comparing.py",
        code="found = list(rows[: MOST + 1])",
        change="1 becomes 2",
        why="a row more is fetched, and not shown",
    ),
    Equivalent(
        module="sync/sweep.py",
        code="return False",
        change="False becomes None",
        why="its callers ask only whether",
    ),
    Equivalent(
        module="sync/read.py",
        code='models.save_rows(changed, [*_FIELDS, "due"] if due else _FIELDS)',
        change="due becomes not due",
        why="a run that dies tells (tests/resilience/test_killed_sweep.py), which the score leaves out",
    ),
    Equivalent(
        module="sync/writer.py",
        code='"""The loop that sends to Escala, waits, records and goes on.',
        change="key.startswith('id:') becomes not key.startswith('id:')",
        why="which of two deals goes out first: none of them depends on it",
    ),
    Equivalent(
        module="sync/invoicing/work.py",
        code="asked_for: bool = False",
        change="False becomes True",
        why="whoever makes one says which",
    ),
    Equivalent(
        module="sync/windows.py",
        code="return [Window(span=(max(connection.start, EVER), today + timedelta(days=3660)))]",
        change="3660 becomes 3661",
        why="a day more of the ten years to come",
    ),
    Equivalent(
        module="sync/look.py",
        code="if now - looked_at > _LEDGER_OLD:",
        change="Gt becomes GtE",
        why="seven days to the microsecond",
    ),
    Equivalent(
        module="sync/invoicing/run.py",
        code="_ROUNDS = 2 * MOST_UNKNOWN + 1",
        change="1 becomes 2",
        why="a look more at what is open: nothing is by then",
    ),
    Equivalent(
        module="sync/writer.py",
        code="if self._hold or self._ending is not None or time.monotonic() - proven > _PROVEN_S:",
        change="Gt becomes GtE",
        why="its seconds to the last digit",
    ),
    Equivalent(
        module="sync/resolve.py",
        code='if row.digest == row.applied.get("digest") and row.applied.get("base", value) != value:',
        change="And becomes Or",
        why="noted where it says nothing new: of notes the larger sum counts, an edit is told by its digest",
    ),
    Equivalent(
        module="sync/writer.py",
        code=(
            'return looked_at or any(job.phase not in ("deal", "update") for job in self._under_way.values())'
        ),
        change="Or becomes And",
        why="the next batch is decided earlier: recent_contacts tells it what was made",
    ),
)


def why(mutant: Mutant) -> str:
    """Why it cannot be noticed; "" where it could."""
    module = "/".join(mutant.path.parts[2:])
    for one in KNOWN:
        if (one.module, one.code, one.change) == (module, mutant.code, mutant.change):
            return one.why
    return ""
