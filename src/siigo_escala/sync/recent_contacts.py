"""What the writer knows of contacts before those jobs do that were cut earlier.

Decisions look at the ledger; a job that waits was decided before the contact of its customer was made, closed
or filled in by another job. Read and changed by the run's own thread.
"""

from __future__ import annotations

from collections.abc import Collection

from siigo_escala.domain import identity, matching, records, stripped
from siigo_escala.domain.crm import Contact, ContactDraft, ContactId
from siigo_escala.domain.planning import NeedsAttention
from siigo_escala.domain.reasons import Code
from siigo_escala.store import models
from siigo_escala.sync import drafts, escala_index, sellers
from siigo_escala.sync.job import Job
from siigo_escala.sync.session import Session
from siigo_escala.sync.step import Step


class RecentContacts:
    """Contacts that were made, filled in or refused since the oldest job that still waits was cut."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._made: dict[str, ContactId] = {}
        self._closed: dict[str, NeedsAttention | Code] = {}
        self._taken: dict[str, str] = {}
        """E-mails and phones of those that were made, by whose they are."""
        self._filled: set[ContactId | None] = set()
        self._drafts: dict[tuple[str, str, frozenset[str]], ContactDraft] = {}

    def forget_all_but(self, jobs: Collection[Job]) -> None:
        """What is recorded is in the ledger for whatever is decided from now on: these jobs need the rest."""
        who = {job.step.who for job in jobs}
        keys = {key for job in jobs for key in job.keys}
        self._made = {key: contact for key, contact in self._made.items() if key in who}
        self._closed = {key: reason for key, reason in self._closed.items() if key in who}
        self._taken = {key: owner for key, owner in self._taken.items() if key in keys}
        self._filled &= {job.contact_id for job in jobs}
        self._drafts.clear()

    def draft(self, step: Step, *, without: frozenset[str]) -> ContactDraft:
        """The contact that an invoice makes if its customer has none by then: the same for most of his."""
        key = (step.who, sellers.owner_of(self._session, step.item.invoice.seller), without)
        if key not in self._drafts:
            self._drafts[key] = drafts.contact(self._session, step, without=without)
        return self._drafts[key]

    def touched_by(self, job: Job) -> bool:
        """Whether a contact is written before this job comes to its deal."""
        if job.phase == "contact":
            return job.step.who not in self._made and job.step.who not in self._closed
        return job.phase == "fill" and job.contact_id not in self._filled

    def of(self, who: str) -> ContactId | NeedsAttention | Code | None:
        """The contact of this customer, why there is none, or nothing that is known."""
        return self._made.get(who) or self._closed.get(who)

    def taken(self, job: Job) -> frozenset[str]:
        """Which of "email" and "phone" went to another customer's contact."""
        who = job.step.who
        return frozenset(key.partition(":")[0] for key in job.keys if self._taken.get(key, who) != who)

    def is_anothers(self, contact_id: ContactId, who: str) -> bool:
        """Whether this contact belongs to another customer."""
        made = any(known == contact_id for other, known in self._made.items() if other != who)
        return made or escala_index.belongs_to_another(self._session, contact_id, who)

    def owner_before(self, contact_id: ContactId, step: Step) -> str:
        """The identity under which a contact stays whose it was; "" where it was nobody else's, or is known
        to be another's already.

        Escala gave it back instead of making the customer's, and may have written his identification over
        the one that the index holds.
        """
        account = self._session.connection.escala_id
        field = self._session.file.opportunities.identification_field
        row = models.KnownContact.objects.filter(escala_id=account, contact_id=contact_id).first()
        held = str(records.to_contact(row.record).custom.get(field, "")) if row else ""
        keys = identity.stored_keys(held)
        if not keys or self._is_known_by(contact_id, step) or self.is_anothers(contact_id, step.who):
            return ""
        key = min(keys)[:100]  # the number, where it stands behind a label
        bound = models.ContactBinding.objects.filter(escala_id=account, identity=key).exists()
        # That identity has another contact already, or is an erased person's, which nobody knows.
        unusable = bound or key in self._made or held == stripped.NOBODY
        return f"contact:{contact_id}" if unusable else key

    def _is_known_by(self, contact_id: ContactId, step: Step) -> bool:
        """Whether the index has this contact under the customer's identification."""
        who = step.customer
        wanted = identity.customer_keys(id_type=who.id_type, identification=who.identification) if who else ()
        found = escala_index.contacts_with(self._session, {f"id:{key}" for key in wanted})
        return any(contact.id == contact_id for contacts in found.values() for contact in contacts)

    def is_identified(self, contact: Contact, step: Step) -> bool | None:
        """Whether the identification of a contact just seen is the customer's; None where it holds none."""
        who, field = step.customer, self._session.file.opportunities.identification_field
        return matching.holds_identification(who, contact, field=field) if who is not None else None

    def make(self, job: Job, contact_id: ContactId) -> None:
        """The job's customer has this contact."""
        self._made[job.step.who] = contact_id
        self._taken |= {key: job.step.who for key in job.keys if not key.startswith("id:")}

    def close(self, job: Job, reason: NeedsAttention | Code) -> None:
        """The job's customer gets no contact now, and so do his other invoices."""
        self._closed[job.step.who] = reason

    def fill(self, contact_id: ContactId | None) -> None:
        """This contact was given its identification, or would not take it."""
        self._filled.add(contact_id)

    def note(self, contact: Contact) -> None:
        """A contact just seen is not who we took it for: it is matched anew with what it holds now."""
        self._session.claimed.pop(contact.id, None)
        with self._session.index():
            escala_index.keep_contacts(self._session, [contact])

    def is_filled(self, contact_id: ContactId | None) -> bool:
        """Whether it was."""
        return contact_id in self._filled
