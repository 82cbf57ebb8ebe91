"""The loop that sends to Escala, waits, records and goes on.

The run's own thread owns the database and commits in groups: what came back and what goes out next are one
transaction. Network threads only call. Writes are serial per identification, e-mail and phone. While the last
opportunities of a batch are under way the next batch is decided; no contact is, since decisions look at them.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Self, assert_never

from siigo_escala.domain import matching
from siigo_escala.domain.crm import Contact, ContactId, DealId
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
from siigo_escala.sync import changes, decide, drafts, refusals
from siigo_escala.sync.job import Job, NotBegun, Outcome, Phase, outcome_of
from siigo_escala.sync.journal import Journal
from siigo_escala.sync.lone import is_lone
from siigo_escala.sync.recent_contacts import RecentContacts
from siigo_escala.sync.refusals import EVERY_PART
from siigo_escala.sync.session import Session, Stopped
from siigo_escala.sync.step import Step

_ASK_FOR_LIFE = 2
"""After so many writes in a row without certain outcome a read must succeed before the next one."""
_GIVE_UP = 10
"""After so many the run ends, though reads succeed: each would have to be settled."""
_GATHER_S = 0.02
_PROVEN_S = 2.0
"""So long after the lease was proven a call may begin; what waited longer is recorded and proven anew."""


class Writer:
    """Sends batch after batch, waits, records and goes on; entered for as long as a run lasts."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._journal = Journal(session)
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: deque[Job] = deque()
        self._under_way: dict[Future[Outcome], Job] = {}
        self._taken_on = 0
        self._contacts_gone: list[Step] = []
        self._unknown_in_a_row = 0
        self._asked_at = 0
        self._contacts = RecentContacts(session)
        self._hold = False
        """No call may begin until Escala was asked whether it lives."""
        self._ending: BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, why: BaseException | None, _trace: object) -> None:
        """Where something ends the run, nothing more is sent; what is under way is recorded all the same."""
        try:
            if why is not None:
                self._ending = self._ending or why
                with suppress(type(self._ending)):
                    self._send(to_the_end=True)
        finally:
            self._ending = None
            if self._pool is not None:
                self._pool.shutdown(wait=True)

    @property
    def _places(self) -> int:
        return 1 if self._session.calls.limited else self._session.environment.escala_connections

    @property
    def _room(self) -> int:
        """As many as there are connections and, where there are several, as many more, so that none of them
        waits for the database, nor while the next batch is decided.
        """
        return self._places * 2 if self._places > 1 else 1

    def take(self, steps: Sequence[Step]) -> None:
        """Sends these; returns while the last opportunities are under way, with no contact among them.

        Raises what ended it, after everything under way was recorded.
        """
        self._contacts.forget_all_but([*self._waiting, *self._under_way.values()])
        self._waiting.extend(self._job(step) for step in steps)
        self._taken_on += len(steps)
        self._send(to_the_end=False)

    def finish(self) -> list[Step]:
        """Sends the rest of it and waits for all; those whose bound contact Escala does not know any more."""
        self._send(to_the_end=True)
        # What is without outcome is looked up next: whatever is sent after that begins its own count.
        self._unknown_in_a_row = self._asked_at = 0
        gone, self._contacts_gone = self._contacts_gone, []
        return gone

    def _send(self, *, to_the_end: bool) -> None:
        """Until everything was answered or, unless `to_the_end`, little is left and no contact is open."""
        while self._waiting or self._under_way:
            runs_low = not to_the_end and self._ending is None and len(self._waiting) <= self._room
            if runs_low and not self._is_contact_open():
                break
            ready = [] if self._ending else self._ready(known_contacts=runs_low)
            if not ready and not self._under_way:
                break
            self._record_intents(ready)
            proven = time.monotonic()
            for job in ready:
                self._under_way[self._submit(self._call_of(job), proven)] = job
            for future in _answered(self._under_way):
                self._after(self._under_way.pop(future), future.result(), self._waiting)
            left = len(self._waiting) + len(self._under_way)
            total = max(self._taken_on, self._session.planned_writes)
            self._session.tell("opportunities", self._taken_on - left, total)
            self._ask_for_life()
        self._journal.flush()
        if self._ending is not None:
            self._end(self._ending)

    def _end(self, ending: BaseException) -> None:
        for job in self._waiting:
            self._journal.waiting(job.step, Code.NOT_REACHED)
        self._waiting.clear()
        self._journal.flush()
        try:
            raise ending
        finally:
            # Kept no longer: with its frames it would keep alive what reads ahead in them.
            self._ending = None
            del ending

    def _submit(self, call: Callable[[], Outcome], proven: float) -> Future[Outcome]:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(
                max_workers=self._session.environment.escala_connections, thread_name_prefix="escala"
            )
        return self._pool.submit(self._begun, call, proven)

    def _is_contact_open(self) -> bool:
        """Whether a contact is under way, or was answered with one that has to be looked at."""
        looked_at = any(job.phase == "look_again" for job in self._waiting)
        return looked_at or any(job.phase not in ("deal", "update") for job in self._under_way.values())

    def _job(self, step: Step) -> Job:
        if isinstance(step.decision, Update):
            return Job(step=step, phase="update", keys=frozenset({f"deal:{step.row.deal_id}"}))
        keys = {f"id:{step.who}"}
        contact_id = step.match.contact_id if isinstance(step.match, matching.Found) else None
        if contact_id is not None:
            phase: Phase = "fill" if self._lacks_identification(step) else "deal"
            return Job(step=step, phase=phase, keys=frozenset(keys), contact_id=contact_id)
        draft = self._contacts.draft(step, without=self._journal.refused_parts(step))
        keys |= {f"email:{draft.email}"} if draft.email else set()
        keys |= {f"phone:{draft.phone}"} if draft.phone else set()
        return Job(step=step, phase="contact", keys=frozenset(keys), contact=draft)

    def _lacks_identification(self, step: Step) -> bool:
        """Whether the contact, found by its e-mail, is to get the customer's identification."""
        found = isinstance(step.match, matching.Found) and step.match.fill_identification
        return found and self._session.escala.capabilities.update_contacts != "none"

    def _ready(self, *, known_contacts: bool) -> list[Job]:
        """Takes what may go out now, none that shares a key with another.

        `known_contacts`: none that makes or changes a contact.
        """
        try:
            self._session.check_stop()
        except Stopped as stop:
            self._ending = stop
            return []
        busy = {key for job in self._under_way.values() for key in job.keys}
        ready: list[Job] = []
        passed: list[Job] = []
        while self._waiting and len(ready) + len(self._under_way) < self._room:
            job = self._waiting.popleft()
            if busy & job.keys or (known_contacts and self._contacts.touched_by(job)):
                passed.append(job)
                if len(passed) > 4 * self._places:
                    break
                continue
            if job.phase == "contact" and not self._contact_still_missing(job):
                continue
            if job.phase == "fill" and self._contacts.is_filled(job.contact_id):
                job.phase = "deal"
            busy |= job.keys
            ready.append(job)
        self._waiting.extendleft(reversed(passed))
        return ready

    def _contact_still_missing(self, job: Job) -> bool:
        """Takes into account what was made since the job was cut; False where it is dealt with."""
        match self._contacts.of(job.step.who):
            case None:
                if taken := self._contacts.taken(job):
                    without = taken | self._journal.refused_parts(job.step)
                    job.contact = drafts.contact(self._session, job.step, without=without)
            case NeedsAttention() as reason:
                self._journal.deal_refused(job.step, reason)
                return False
            case Code() as code:
                self._journal.waiting(job.step, code)
                return False
            case contact_id:
                job.phase, job.contact_id = "deal", contact_id
        return True

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
            return lambda: outcome_of(lambda: escala.create_contact(contact))
        if job.phase == "look_again" and job.found_id is not None:
            found = job.found_id
            return lambda: outcome_of(lambda: escala.contact(found))
        if job.phase == "fill" and job.contact_id is not None and job.step.customer is not None:
            filled, number = job.contact_id, job.step.customer.identification
            field_key = self._session.file.opportunities.identification_field
            return lambda: outcome_of(lambda: changes.fill(escala, filled, {field_key: number}))
        if job.phase == "deal" and job.deal is not None:
            deal = job.deal
            return lambda: outcome_of(lambda: escala.create_deal(deal))
        order = changes.order(self._session, job.step)
        return lambda: outcome_of(lambda: changes.follow(escala, order))

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
        if job.phase == "update" and self._ending is None and is_lone(self._session, outcome):
            self._journal.update_failed(job.step)
            return
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
                self._after_fill(job, outcome, waiting)
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
                if owner := self._contacts.owner_before(job.found_id, step):
                    # Now: the next read knows only what was written over it.
                    self._journal.binding_found(owner, job.found_id)
                waiting.appendleft(job)
                return
            self._bind(job, ContactId(outcome.id), waiting, made=outcome)
        elif isinstance(outcome, Duplicate) and self._journal.refused_parts(step) >= EVERY_PART:
            self._refused(job, NeedsAttention(code=Code.CONTACT_REFUSED))
        elif isinstance(outcome, Duplicate):
            self._journal.contact_duplicate(step, outcome)
            self._contacts.close(job, Code.OUTCOME_UNKNOWN)
        elif isinstance(outcome, Rejected):
            self._refused(job, refusals.of_contact(outcome))
        else:
            self._journal.contact_unknown(step)
            self._contacts.close(job, Code.OUTCOME_UNKNOWN)

    def _after_look(self, job: Job, outcome: Outcome, waiting: deque[Job]) -> None:
        """A "made" contact that existed before: ours only if its identification says so."""
        found, step = job.found_id, job.step
        identified = isinstance(outcome, Contact) and self._contacts.is_identified(outcome, step)
        if identified and found and not self._contacts.is_anothers(found, step.who):
            self._bind(job, found, waiting, made=None)
            return
        told = f"en vez de crearlo devolvió el contacto {found}, que ya existía: revise sus datos"
        self._refused(job, NeedsAttention(code=Code.CONTACT_REFUSED, data={"message": told}))

    def _after_fill(self, job: Job, outcome: Outcome, waiting: deque[Job]) -> None:
        """A contact that got another identification since it was matched stays whose it is."""
        before = outcome.before if isinstance(outcome, changes.Filled) else None
        if before is not None and self._contacts.is_identified(before, job.step) is False:
            self._contacts.note(before)
            # Without a contact of his: matched anew by the next round.
            self._journal.waiting(job.step, Code.OUTCOME_UNKNOWN)
            return
        self._contacts.fill(job.contact_id)
        job.phase = "deal"
        waiting.appendleft(job)

    def _refused(self, job: Job, reason: NeedsAttention) -> None:
        self._journal.contact_refused(job.step, reason)
        self._contacts.close(job, reason)

    def _bind(self, job: Job, contact_id: ContactId, waiting: deque[Job], *, made: Made | None) -> None:
        self._contacts.make(job, contact_id)
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
                self._contacts_gone.append(step)
            else:
                self._journal.deal_refused(step, refusals.of_deal(outcome))
        else:
            self._journal.deal_unknown(step, outcome if isinstance(outcome, RemoteError) else None)

    def _after_update(self, job: Job, outcome: Outcome) -> None:
        step = job.step
        if isinstance(outcome, changes.Followed):
            if outcome.foreign_change:
                self._session.escala.learn(update_deals="none")
            self._session.update_checked |= outcome.seen
            self._journal.updated(step, outcome)
        elif isinstance(outcome, NotFound):
            self._journal.decided(step, Exclude(code=Code.DEAL_DELETED))
        elif isinstance(outcome, UpdateImpossible):
            # Where the account knows no way to change any deal, the client has learnt it.
            alone = self._session.escala.capabilities.updates_possible
            self._journal.decided(step, decide.by_hand(self._session, step, alone=alone))
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
