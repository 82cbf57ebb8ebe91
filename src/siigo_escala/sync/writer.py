"""The loop that sends to Escala, waits, records and goes on.

The run's own thread owns the database and commits in groups: what came back and what goes out next are one
transaction. Network threads only call. Writes are serial per identification, e-mail and phone.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Literal, assert_never

from django.db import connections

from siigo_escala.domain import identity, matching
from siigo_escala.domain.crm import Contact, ContactDraft, ContactId, DealDraft, DealId
from siigo_escala.domain.planning import Exclude, NeedsAttention, Update
from siigo_escala.domain.reasons import Code
from siigo_escala.escala.outcomes import Made, UpdateImpossible
from siigo_escala.rest.errors import (
    AccessDenied,
    Duplicate,
    NotFound,
    OutcomeUnknown,
    Rejected,
    RemoteError,
    TryLater,
)
from siigo_escala.sync import changes, decide, drafts, escala_index, refusals
from siigo_escala.sync.journal import Journal
from siigo_escala.sync.refusals import EVERY_PART
from siigo_escala.sync.session import Session, Stopped
from siigo_escala.sync.step import Step

_ASK_FOR_LIFE = 2
"""After so many writes in a row without certain outcome a read must succeed before the next one."""
_GIVE_UP = 10
"""After so many the run ends, though reads succeed: each would have to be settled."""
_GATHER_S = 0.012
_PROVEN_S = 2.0
"""So long after the lease was proven a call may begin; what waited longer is recorded and proven anew."""


@dataclass(slots=True, kw_only=True)
class Job:
    """One invoice under way: its contact (when missing), then its deal; or the update of a bound deal."""

    step: Step
    phase: Literal["contact", "look_again", "fill", "deal", "update"]
    keys: frozenset[str]
    contact_id: ContactId | None = None
    contact: ContactDraft | None = None
    deal: DealDraft | None = None
    found_id: ContactId | None = None


@dataclass(slots=True, kw_only=True)
class Applied:
    """What a batch left for the end of the run."""

    contacts_gone: list[Step] = field(default_factory=list)
    """Escala does not know the bound contact any more (merged or deleted)."""


@dataclass(frozen=True, slots=True)
class NotBegun:
    """The call was not made: what happened while it waited for a connection must be seen to first."""


Outcome = NotBegun | Made | Contact | changes.Filled | changes.Followed | RemoteError | Stopped


class Writer:
    """The loop that sends, waits, records and goes on."""

    def __init__(self, session: Session, journal: Journal) -> None:
        self._session = session
        self._journal = journal
        self._left = Applied()
        self._unknown_in_a_row = 0
        self._asked_at = 0
        self._made: dict[str, ContactId] = {}
        self._closed: dict[str, NeedsAttention | Code] = {}
        """Customers whose contact could not be made in this batch: their other invoices share the reason."""
        self._taken: dict[str, str] = {}
        """E-mails and phones of contacts made in this batch, by whose they are."""
        self._drafts: dict[tuple[str, str, frozenset[str]], ContactDraft] = {}
        self._filled: set[ContactId | None] = set()
        """Contacts that were given their identification in this batch, or would not take it."""
        self._hold = False
        """No call may begin until Escala was asked whether it lives."""
        self._ending: BaseException | None = None

    def write(self, steps: Sequence[Step]) -> Applied:
        """Sends all of it, or raises what ended it after everything under way was recorded."""
        waiting = deque(self._job(step) for step in steps)
        total = len(waiting)
        under_way: dict[Future[Outcome], Job] = {}
        pool = ThreadPoolExecutor(
            max_workers=self._session.environment.escala_connections, thread_name_prefix="escala"
        )
        try:
            while waiting or under_way:
                ready = [] if self._ending else self._ready(waiting, under_way)
                if not ready and not under_way:
                    break
                self._record_intents(ready)
                proven = time.monotonic()
                for job in ready:
                    under_way[pool.submit(self._begun, self._call_of(job), proven)] = job
                for future in _answered(under_way):
                    job = under_way.pop(future)
                    self._after(job, future.result(), waiting)
                self._session.tell("opportunities", total - len(waiting) - len(under_way), total)
                self._ask_for_life()
            self._journal.flush()
        finally:
            pool.shutdown(wait=True)
        if self._ending is not None:
            for job in waiting:
                self._journal.waiting(job.step, Code.NOT_REACHED)
            self._journal.flush()
            raise self._ending
        return self._left

    def _job(self, step: Step) -> Job:
        if isinstance(step.decision, Update):
            return Job(step=step, phase="update", keys=frozenset({f"deal:{step.row.deal_id}"}))
        keys = {f"id:{step.who}"}
        contact_id = step.match.contact_id if isinstance(step.match, matching.Found) else None
        if contact_id is not None:
            phase: Literal["fill", "deal"] = "fill" if self._lacks_identification(step) else "deal"
            return Job(step=step, phase=phase, keys=frozenset(keys), contact_id=contact_id)
        draft = self._contact_draft(step)
        keys |= {f"email:{draft.email}"} if draft.email else set()
        keys |= {f"phone:{draft.phone}"} if draft.phone else set()
        return Job(step=step, phase="contact", keys=frozenset(keys), contact=draft)

    def _contact_draft(self, step: Step) -> ContactDraft:
        """The contact that an invoice makes if its customer has none by then: the same for most of his."""
        without = self._journal.refused_parts(step)
        key = (step.who, decide.owner_of(self._session, step.item), without)
        if key not in self._drafts:
            self._drafts[key] = drafts.contact(self._session, step, without=without)
        return self._drafts[key]

    def _lacks_identification(self, step: Step) -> bool:
        """Whether the contact, found by its e-mail, is to get the customer's identification."""
        found = isinstance(step.match, matching.Found) and step.match.fill_identification
        return found and self._session.escala.capabilities.update_contacts != "none"

    def _ready(self, waiting: deque[Job], under_way: dict[Future[Outcome], Job]) -> list[Job]:
        """Takes what may go out now, none that shares a key with another.

        As many as there are connections and, where there are several, half as many more, so that none of
        them waits for the database.
        """
        try:
            self._session.check_stop()
        except Stopped as stop:
            self._ending = stop
            return []
        places = 1 if self._session.calls.limited else self._session.environment.escala_connections
        room = places + places // 2
        busy = {key for job in under_way.values() for key in job.keys}
        ready: list[Job] = []
        passed: list[Job] = []
        while waiting and len(ready) + len(under_way) < room:
            job = waiting.popleft()
            if busy & job.keys:
                passed.append(job)
                if len(passed) > 4 * places:
                    break
                continue
            if job.phase == "contact" and not self._contact_still_missing(job):
                continue
            if job.phase == "fill" and job.contact_id in self._filled:
                job.phase = "deal"
            busy |= job.keys
            ready.append(job)
        waiting.extendleft(reversed(passed))
        return ready

    def _contact_still_missing(self, job: Job) -> bool:
        """Takes into account what this batch made since the job was cut; False where it is dealt with."""
        who = job.step.who
        if who in self._made:
            job.phase, job.contact_id = "deal", self._made[who]
        elif (reason := self._closed.get(who)) is not None:
            if isinstance(reason, NeedsAttention):
                self._journal.deal_refused(job.step, reason)
            else:
                self._journal.waiting(job.step, reason)
            return False
        elif taken := frozenset(
            key.partition(":")[0] for key in job.keys if self._taken.get(key, who) != who
        ):
            without = taken | self._journal.refused_parts(job.step)
            job.contact = drafts.contact(self._session, job.step, without=without)
        return True

    def _close(self, job: Job, reason: NeedsAttention | Code) -> None:
        self._closed[job.step.who] = reason

    def _record_intents(self, jobs: Sequence[Job]) -> None:
        """Stores what is about to be sent, and what has come back, in one transaction."""
        for job in jobs:
            if job.phase == "contact" and job.contact is not None:
                self._journal.contact_intent(job.step, job.contact)
            elif job.phase == "deal" and job.contact_id is not None:
                job.deal = drafts.deal(job.step, job.contact_id)
                self._journal.deal_intent(job.step, job.deal)
        self._journal.flush()
        if jobs:
            self._session.prove()

    def _begun(self, call: Callable[[], Outcome], proven: float) -> Outcome:
        """Makes a call whose turn has come, unless something has happened since it was decided."""
        if self._hold or self._ending is not None or time.monotonic() - proven > _PROVEN_S:
            return NotBegun()
        return call()

    def _call_of(self, job: Job) -> Callable[[], Outcome]:
        escala = self._session.escala
        if job.phase == "contact" and job.contact is not None:
            contact = job.contact
            return lambda: _outcome(lambda: escala.create_contact(contact))
        if job.phase == "look_again" and job.found_id is not None:
            found = job.found_id
            return lambda: _outcome(lambda: escala.contact(found))
        if job.phase == "fill" and job.contact_id is not None and job.step.customer is not None:
            filled, number = job.contact_id, job.step.customer.identification
            field_key = self._session.file.opportunities.identification_field
            return lambda: _outcome(lambda: changes.fill(escala, filled, {field_key: number}))
        if job.phase == "deal" and job.deal is not None:
            deal = job.deal
            return lambda: _outcome(lambda: escala.create_deal(deal))
        order = changes.order(self._session, job.step)
        return lambda: _outcome(lambda: changes.follow(escala, order))

    def _after(self, job: Job, outcome: Outcome, waiting: deque[Job]) -> None:
        if isinstance(outcome, NotBegun):
            self._journal.not_sent(job.step, contact=job.phase == "contact")
            self._journal.flush()
            waiting.appendleft(job)
            return
        if isinstance(outcome, OutcomeUnknown) and not isinstance(outcome, Duplicate):
            self._unknown_in_a_row += 1
            self._hold = self._unknown_in_a_row >= _ASK_FOR_LIFE
        elif not isinstance(outcome, RemoteError):
            self._unknown_in_a_row = self._asked_at = 0
            self._hold = False
        if isinstance(outcome, AccessDenied | TryLater | Stopped):
            self._journal.not_sent(job.step, contact=job.phase in ("contact", "look_again"))
            self._ending = self._ending or outcome
            return
        match job.phase:
            case "contact":
                self._after_contact(job, outcome, waiting)
            case "look_again":
                self._after_look(job, outcome, waiting)
            case "fill":
                self._filled.add(job.contact_id)
                job.phase = "deal"
                waiting.appendleft(job)
            case "deal":
                self._after_deal(job, outcome)
            case "update":
                self._after_update(job, outcome)
            case _:
                assert_never(job.phase)

    def _after_contact(self, job: Job, outcome: Outcome, waiting: deque[Job]) -> None:
        step = job.step
        if isinstance(outcome, Made) and job.contact is not None:
            if self._journal.contact_known(outcome.id):
                job.phase, job.found_id = "look_again", ContactId(outcome.id)
                waiting.appendleft(job)
                return
            self._bind(job, ContactId(outcome.id), waiting, made=outcome)
        elif isinstance(outcome, Duplicate) and self._journal.refused_parts(step) >= EVERY_PART:
            self._refused(job, NeedsAttention(code=Code.CONTACT_REFUSED))
        elif isinstance(outcome, Duplicate):
            self._journal.contact_duplicate(step, outcome)
            self._close(job, Code.OUTCOME_UNKNOWN)
        elif isinstance(outcome, Rejected):
            self._refused(job, refusals.of_contact(outcome))
        else:
            self._journal.contact_unknown(step)
            self._close(job, Code.OUTCOME_UNKNOWN)

    def _after_look(self, job: Job, outcome: Outcome, waiting: deque[Job]) -> None:
        """A "made" contact that existed before: ours only if its identification says so.

        Escala may have written ours over another customer's: that one stays whose it was.
        """
        step = job.step
        field_key = self._session.file.opportunities.identification_field
        if isinstance(outcome, Contact) and step.customer is not None and job.found_id is not None:
            stored = identity.stored_keys(str(outcome.custom.get(field_key, "")))
            wanted = identity.customer_keys(
                id_type=step.customer.id_type, identification=step.customer.identification
            )
            if stored & wanted and not self._is_anothers(job.found_id, step.who):
                self._bind(job, job.found_id, waiting, made=None)
                return
        self._refused(job, NeedsAttention(code=Code.CONTACT_REFUSED))

    def _is_anothers(self, contact_id: ContactId, who: str) -> bool:
        made = any(known == contact_id for other, known in self._made.items() if other != who)
        return made or escala_index.belongs_to_another(self._session, contact_id, who)

    def _refused(self, job: Job, reason: NeedsAttention) -> None:
        self._journal.contact_refused(job.step, reason)
        self._close(job, reason)

    def _bind(self, job: Job, contact_id: ContactId, waiting: deque[Job], *, made: Made | None) -> None:
        who = job.step.who
        self._made[who] = contact_id
        self._taken |= {key: who for key in job.keys if not key.startswith("id:")}
        self._journal.contact_bound(job.step, contact_id, draft=job.contact if made else None, made=made)
        job.phase, job.contact_id = "deal", contact_id
        job.keys = frozenset(key for key in job.keys if key.startswith("id:"))
        waiting.appendleft(job)

    def _after_deal(self, job: Job, outcome: Outcome) -> None:
        step = job.step
        if isinstance(outcome, Made) and job.deal is not None:
            self._journal.created(step, DealId(outcome.id), draft=job.deal, made=outcome)
        elif isinstance(outcome, Rejected):
            if refusals.blames_contact(outcome):
                self._journal.not_sent(step, contact=False)
                self._left.contacts_gone.append(step)
            else:
                self._journal.deal_refused(step, refusals.of_deal(outcome))
        else:
            self._journal.deal_unknown(step, outcome if isinstance(outcome, RemoteError) else None)

    def _after_update(self, job: Job, outcome: Outcome) -> None:
        step = job.step
        if isinstance(outcome, changes.Followed):
            if outcome.foreign_change:
                self._session.escala.learn(update_deals="none")
            self._session.update_checked = True
            self._journal.updated(step, outcome)
        elif isinstance(outcome, NotFound):
            self._journal.decided(step, Exclude(code=Code.DEAL_DELETED))
        elif isinstance(outcome, UpdateImpossible):
            self._session.escala.learn(update_deals="none")
            self._journal.decided(step, decide.by_hand(self._session, step))
        elif isinstance(outcome, Rejected):
            # Sending it again does no harm, so only a refusal that says what is wrong holds it back.
            note = self._journal.deal_refused if refusals.is_clear(outcome) else self._journal.decided
            note(step, refusals.of_deal(outcome))
        else:
            self._journal.update_failed(step)

    def _ask_for_life(self) -> None:
        """After writes without outcome a read must succeed first: what is down is not written to."""
        unknown = self._unknown_in_a_row
        if unknown < _ASK_FOR_LIFE or unknown == self._asked_at or self._ending is not None:
            return
        self._asked_at = unknown
        if unknown >= _GIVE_UP:
            self._ending = TryLater("Escala no confirma lo que se le envía", system="escala")
            return
        try:
            self._session.escala.pipelines()
        except RemoteError as problem:
            self._ending = problem
        self._hold = False


def _answered(under_way: Collection[Future[Outcome]]) -> set[Future[Outcome]]:
    """The calls that are over, at least one: answers that come together are recorded in one transaction."""
    done, others = wait(under_way, return_when=FIRST_COMPLETED)
    return done | wait(others, timeout=_GATHER_S).done if others else done


def _outcome(call: Callable[[], Outcome]) -> Outcome:
    """A call's answer or its failure as a value, so that it comes back to the run's thread."""
    try:
        return call()
    except (RemoteError, Stopped) as problem:
        # A stop comes while a call waits for its turn or for a limit: it was not sent.
        return problem
    finally:
        # The client may have kept what it learned of the account: what this thread opened ends with the call.
        connections.close_all()
