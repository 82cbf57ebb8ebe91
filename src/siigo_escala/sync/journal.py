"""The run's pen: what becomes of each invoice, written to the ledger and counted, in groups.

Everything noted since the last flush is committed in one transaction that only the lease's holder can make.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from siigo_escala.domain import matching, money, planning
from siigo_escala.domain.crm import Contact, ContactDraft, ContactId, Deal, DealDraft, DealId
from siigo_escala.domain.planning import Adopt, Exclude, NeedsAttention
from siigo_escala.domain.reasons import Code
from siigo_escala.escala.outcomes import Made
from siigo_escala.rest.errors import Duplicate, RemoteError
from siigo_escala.store import models
from siigo_escala.store.models import State
from siigo_escala.sync import changes, drafts, echoes, escala_index, let_in, refusals, registering, said
from siigo_escala.sync.account import Column
from siigo_escala.sync.decide import subject_of, wanted
from siigo_escala.sync.erased_index import kept_event, kept_reason
from siigo_escala.sync.session import Session
from siigo_escala.sync.step import Step

_FIELDS = (
    "state", "code", "data", "due", "deal_id", "contact_id", "adopted", "applied", "intent_at", "intent",
    "sent_at", "decision", "done", "deleted", "credited", "value", "updated_at",
)  # fmt: skip
_NEVER_SENT = f"state <> '{State.SENDING}' AND (deal_id IS NULL OR code = '{Code.DEAL_DELETED}')"
_RAW = 4000
_Data = Mapping[str, Any]


class Journal:
    """Notes what happens; `flush` commits it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows: dict[int, models.Invoice] = {}
        self._events: list[dict[str, object]] = []
        self._bindings: dict[str, models.ContactBinding] = {}
        self._unbound: set[str] = set()
        self._intents: set[int] = set()
        self._deals: list[Deal] = []
        self._contacts: list[Contact] = []

    def flush(self) -> None:
        """Commits everything noted since the last flush."""
        if self._session.dry or not (
            self._rows or self._events or self._bindings or self._unbound or self._deals or self._contacts
        ):
            return
        with self._session.ledger():
            account = self._session.connection.escala_id
            if self._unbound:
                models.ContactBinding.objects.filter(escala_id=account, identity__in=self._unbound).delete()
            if self._bindings:
                models.insert_rows(
                    list(self._bindings.values()),
                    unique=["escala", "identity"],
                    update=["contact_id", "by_person", "evidence", "intent_at", "intent", "made_at"],
                    update_where=said.PERSON_LAST,
                )
            self._save_rows()
            models.insert_values(models.InvoiceEvent, self._events)
            if self._deals:
                escala_index.keep_deals(self._session, self._deals, just_made=True)
            if self._contacts:
                escala_index.keep_contacts(self._session, self._contacts, just_made=True)
        noted = (self._rows, self._events, self._bindings, self._unbound, self._deals, self._contacts)
        for one in (*noted, self._intents):
            one.clear()

    def _save_rows(self) -> None:
        """The database agrees that nothing was sent for what is about to be, whatever we believe."""
        about_to_be_sent = [self._rows[key] for key in self._intents]
        others = [row for key, row in self._rows.items() if key not in self._intents]
        sent = models.save_rows(about_to_be_sent, _FIELDS, only_where=_NEVER_SENT, instead=said.SINCE)
        if sent != len(about_to_be_sent):
            raise RuntimeError("an invoice was about to be sent twice")
        models.save_rows(others, _FIELDS, instead=said.SINCE)

    # Decisions that write nothing in Escala.

    def nothing(self, step: Step) -> None:
        """What stands in Escala is right."""
        row = step.row
        self._session.tally.put(row.siigo_id, "unchanged", value=row.value)
        before = (row.state, row.code, row.due, row.applied.get("digest"), row.decision)
        row.state, row.code, row.data, row.due = State.IN_ESCALA, said.kept_code(row), {}, False
        row.decision = ""
        if row.code in ("", Code.INVOICE_CREDITED_PARTLY) and not row.applied.get("undone"):
            row.applied = {**row.applied, "digest": row.digest, "customer": row.customer_id}
        if before != (row.state, row.code, row.due, row.applied.get("digest"), row.decision):
            self._touch(row)

    def decided(self, step: Step, decision: Exclude | NeedsAttention) -> None:
        """Left out by a rule, or held for a person."""
        row = step.row
        excluded, name = isinstance(decision, Exclude), row.name or row.siigo_id
        data = echoes.plain(decision.data)
        if row.deal_id is not None and not excluded and not said.made_anew(row):
            # What is to be seen to in Escala: another invoice may bear the same name.
            data = {"deal": row.deal_id, **data}
        column: Column = "excluded" if excluded else "needs_attention"
        self._session.tally.put(
            row.siigo_id, column, value=row.value, name=name, code=decision.code, data=data
        )
        if excluded:
            let_in.forget(row)
        data = kept_reason(self._session, row, data)
        state = State.EXCLUDED if excluded else State.NEEDS_ATTENTION
        if (row.state, row.code, row.data, row.due) == (state, decision.code, data, not excluded):
            return
        changed = (row.state, row.code) != (state, decision.code)
        if changed and decision.code == Code.DEAL_DELETED:
            # Nobody has to act, but what a person deleted is told by its name when it is noticed.
            self._session.tally.note(decision.code, {"deal": row.deal_id or ""}, invoice=name)
        said.forget_deal(row, decision.code)
        row.state, row.code, row.data, row.due = state, decision.code, data, not excluded
        row.intent_at, row.intent = None, {}
        self._touch(row, "decided" if changed else "", code=decision.code, data=data)

    def waiting(self, step: Step, code: Code) -> None:
        """Not reached, or without certain outcome: counted as failed, taken up by the next run."""
        self.left(step.row, code)

    def left(self, row: models.Invoice, code: Code) -> None:
        """As `waiting`, for a row without a step."""
        self._session.tally.put(
            row.siigo_id, "failed", value=row.value, name=row.name or row.siigo_id, code=code, data=row.data
        )
        if row.code != code or not row.due:
            said.forget_deal(row, code)
            if row.state == State.EXCLUDED and row.deal_id is None:
                row.state = State.PENDING
            row.code, row.due = code, True
            self._touch(row)

    def adopted(self, step: Step, decision: Adopt) -> None:
        """A deal that people, another program or an earlier life of this one made is this invoice's."""
        row = step.row
        self._session.tally.put(row.siigo_id, "unchanged", value=row.value)
        self._bound(step, decision.deal_id, adopted=True)
        self._bind_match(step)
        self._touch(row, "adopted", data={"deal": decision.deal_id, "evidence": decision.evidence})

    # Contacts.

    def contact_intent(self, step: Step, draft: ContactDraft) -> None:
        """A contact is about to be made."""
        self._binding(
            step.who,
            contact_id=None,
            intent_at=self._session.escala_now(),
            intent={
                "email": draft.email,
                "phone": draft.phone,
                "first_name": draft.first_name,
                "last_name": draft.last_name,
                "company_name": draft.company_name,
                "refused": sorted(self.refused_parts(step)),
            },
        )
        self._event(step.row, "contact_intent")

    def contact_bound(
        self, step: Step, contact_id: ContactId, *, draft: ContactDraft | None, made: Made | None
    ) -> None:
        """A contact was made, or found out to be this customer's."""
        self._binding(step.who, contact_id=contact_id, evidence="made", made_at=self._session.now())
        if made is None or draft is None:
            return
        self._session.tally.contacts_created += 1
        self._session.contacts_fresh.add(contact_id)
        left_out = drafts.left_out(step)
        for sentence in left_out:
            self._session.tally.tell(step.row.name, Code.CONTACT_DATA_LEFT_OUT, sentence)
        step.match = matching.Found(contact_id=contact_id, evidence="bound", fill_identification=False)
        self._contacts.append(echoes.contact(contact_id, draft, made))
        self._event(
            step.row, "contact_created", data={"contact": contact_id, "left_out": left_out}, raw=made.raw
        )

    def contact_known(self, contact_id: str) -> bool:
        """Whether a "made" contact stood in the index before, or is another customer's."""
        return any(
            one.contact_id == contact_id for one in self._bindings.values()
        ) or escala_index.has_contact(self._session, contact_id)

    def contact_refused(self, step: Step, decision: NeedsAttention) -> None:
        """Escala refused the contact: nothing was made, the invoice waits for data or a person."""
        self._unbind(step.who)
        self.deal_refused(step, decision)

    def contact_duplicate(self, step: Step, refusal: Duplicate) -> None:
        """Escala says that such a contact exists: looked up before anything is sent again."""
        refused = refusals.parts_taken(refusal, before=self.refused_parts(step))
        self._binding(
            step.who,
            contact_id=None,
            intent_at=self._session.escala_now(),
            intent={"refused": sorted(refused)},
        )
        self.waiting(step, Code.OUTCOME_UNKNOWN)
        self._event(step.row, "contact_exists", raw=refusal.raw)

    def contact_unknown(self, step: Step) -> None:
        """The making of the contact has no certain outcome: the intent stays."""
        with self._session.ledger():
            models.ContactBinding.objects.filter(
                escala_id=self._session.connection.escala_id, identity=step.who, contact_id=None
            ).update(intent_at=self._session.escala_now())
        self.waiting(step, Code.OUTCOME_UNKNOWN)
        self._event(step.row, "contact_unknown")

    def refused_parts(self, step: Step) -> frozenset[str]:
        """What of this customer's contact Escala refused before: "email", "phone"."""
        return self._session.refused_parts.get(step.who, frozenset())

    # Deals.

    def deal_intent(self, step: Step, draft: DealDraft) -> None:
        """A deal is about to be made."""
        row = step.row
        row.state, row.code, row.due, row.intent_at = State.SENDING, "", True, self._session.escala_now()
        row.deal_id, row.contact_id = None, draft.contact_id
        row.intent = {
            "name": draft.name,
            "mark": self._session.file.opportunities.mark,
            "contact": draft.contact_id,
            "value": money.to_text(draft.value),
            "base": money.to_text(row.value),
            "digest": row.digest,
            "credited": money.to_text(row.credited),
        }
        self._bind_match(step)
        self._intents.add(row.pk)
        self._touch(row, "intent", data=row.intent)

    def created(self, step: Step, deal_id: DealId, *, draft: DealDraft, made: Made) -> None:
        """The deal was made."""
        row = step.row
        self._session.tally.put(row.siigo_id, "created", value=row.value)
        self._count_contact(step)
        self._bound(step, deal_id, adopted=False)
        if made.without_products:
            row.applied = {**row.applied, "lines": []}
        row.contact_id = draft.contact_id
        registering.count_lines(self._session, step, without_products=made.without_products)
        self._deals.append(echoes.deal(deal_id, draft, made))
        self._touch(row, "created", data={"deal": deal_id}, raw=made.raw)

    def deal_refused(self, step: Step, decision: NeedsAttention) -> None:
        """Escala refused what was sent: it is not sent again unchanged."""
        sent = {"refused": drafts.fingerprint(self._session, step), "refused_as": decision.code}
        self.decided(step, NeedsAttention(code=decision.code, data={**decision.data, **sent}))

    def deal_unknown(self, step: Step, problem: RemoteError | None) -> None:
        """No certain outcome: the row stays `sending`, and is looked up before anything is sent again."""
        # A call may have waited out a 429 for minutes: settling counts from its failure.
        step.row.intent_at = self._session.escala_now()
        self.waiting(step, Code.OUTCOME_UNKNOWN)
        self._touch(step.row, "unknown", raw=problem.raw if problem else "")

    def not_sent(self, step: Step, *, contact: bool) -> None:
        """Certainly not sent: the intent is taken back, the next run takes it up."""
        row = step.row
        if contact:
            self._unbind(step.who)
        if row.state == State.SENDING:
            row.state, row.intent_at, row.intent = State.PENDING, None, {}
            self._touch(row)
        self.waiting(step, Code.NOT_REACHED)

    # Updates of bound deals.

    def updated(self, step: Step, followed: changes.Followed) -> None:
        """Escala shows the change now."""
        row = step.row
        self._session.tally.put(row.siigo_id, "updated", value=row.value)
        row.state, row.code, row.data, row.due = State.IN_ESCALA, "", {}, False
        update = step.decision if isinstance(step.decision, planning.Update) else planning.Update()
        if followed.lost:
            row.applied = {**row.applied, "undone": True}
            row.code = update.code or ""
        else:
            row.applied = {**row.applied, **followed.wanted, "credited": str(row.credited)}
            row.applied |= {} if update.edit else {"digest": row.digest}
            row.done.pop("credited", None)  # what was seen to of notes: all of them are in what was written
        self._touch(row, "updated", code=row.code, data={"value": followed.wanted["value"]})
        if update.edit is not None:
            self.decided(step, update.edit)

    def update_failed(self, step: Step) -> None:
        """An update without certain outcome: repeated by the next run, which is safe."""
        self.waiting(step, Code.OUTCOME_UNKNOWN)

    def settled(self, step: Step, deal_id: DealId) -> None:
        """A write whose outcome was open turned out to have happened."""
        row = step.row
        sent = {key: row.intent[key] for key in ("value", "base", "digest", "credited") if key in row.intent}
        self._session.tally.put(row.siigo_id, "created", value=row.value)
        self._count_contact(step)
        # It was made then, and what Escala has changed in the last hour need not show it.
        made = row.intent_at
        self._bound(step, deal_id, adopted=False)
        row.sent_at = made
        if sent != {key: row.applied[key] for key in sent}:
            # Siigo changed it between: Escala shows what was sent then, and the change is still to follow.
            row.applied, row.due = sent, True
        registering.count_lines(self._session, step)
        self._touch(row, "settled", data={"deal": deal_id})

    def absent(self, row: models.Invoice) -> None:
        """A write whose outcome was open certainly did not happen: the invoice is ours to create again."""
        row.state, row.code, row.intent_at, row.intent, row.due = State.PENDING, "", None, {}, True
        self._touch(row, "settled_absent")

    def binding_settled(self, key: str, contact_id: ContactId) -> None:
        """The open making of a contact turned out to have happened; its first deal accounts for it."""
        self._session.tally.contacts_created += 1
        self._session.contacts_fresh.add(contact_id)
        self.binding_found(key, contact_id)

    def binding_found(self, key: str, contact_id: ContactId) -> None:
        """The customer's contact stood there before: Escala refused to make a second one."""
        self._binding(key, contact_id=contact_id, evidence="made", made_at=self._session.now())

    def binding_absent(self, key: str) -> None:
        """This customer certainly has no contact of ours: it is matched anew, and made where none matches."""
        self._unbind(key)

    def _bound(self, step: Step, deal_id: DealId, *, adopted: bool) -> None:
        row = step.row
        row.state, row.code, row.data, row.due = State.IN_ESCALA, "", {}, False
        row.deal_id, row.adopted = deal_id, adopted
        row.intent_at, row.intent, row.sent_at = None, {}, self._session.escala_now()
        row.decision = ""
        subject = subject_of(self._session, step.item)
        row.applied = {
            **wanted(self._session, step),
            "customer": row.customer_id,
            "digest": row.digest,
            "credited": money.to_text(subject.credited),
        }

    def _count_contact(self, step: Step) -> None:
        """The first deal of a contact made in this run accounts for it; any other found its contact there."""
        if step.row.contact_id in self._session.contacts_fresh:
            self._session.contacts_fresh.discard(step.row.contact_id)
        else:
            self._session.tally.contacts_matched += 1

    def _bind_match(self, step: Step) -> None:
        if not isinstance(step.match, matching.Found):
            return
        step.row.contact_id = step.match.contact_id
        if step.match.evidence != "bound":
            self._binding(
                step.who,
                contact_id=step.match.contact_id,
                evidence=step.match.evidence,
                by_person=step.match.evidence == "decision",
            )

    def _binding(self, key: str, **values: Any) -> None:
        self._unbound.discard(key)
        self._bindings[key] = models.ContactBinding(
            escala_id=self._session.connection.escala_id, identity=key, **values
        )

    def _unbind(self, key: str) -> None:
        self._bindings.pop(key, None)
        self._unbound.add(key)

    def _touch(self, row: models.Invoice, kind: str = "", **told: Any) -> None:
        if self._session.dry or row.pk is None:
            return
        row.updated_at = self._session.now()
        self._rows[row.pk] = row
        if kind:
            self._event(row, kind, **told)

    def _event(
        self, row: models.Invoice, kind: str, *, code: str = "", data: _Data | None = None, raw: str = ""
    ) -> None:
        self._events.append(
            {
                "invoice_id": row.pk,
                "run": self._session.run_id,
                "at": self._session.now(),
                "kind": kind,
                "code": code,
                **kept_event(self._session, row, echoes.plain(data or {}), raw=raw[:_RAW].replace("\0", "")),
            }
        )
