"""What only writing can tell of an account: one test contact, a few test deals, removed again or named.

Nothing here can be taken for anything else: no name holds an invoice's name, the contact has no
identification and an address of its own at example.com, values are one peso, no automation is started. The
probe holds the lease, so that no run reads or writes meanwhile; its calls are limited and counted as a run's.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from siigo_escala.domain.crm import (
    UNASSIGNED,
    ContactDraft,
    ContactId,
    Deal,
    DealChange,
    DealDraft,
    DealId,
    DealLine,
    PipelineId,
    ProductId,
    StageId,
)
from siigo_escala.escala.capabilities import Resource
from siigo_escala.escala.client import EscalaClient
from siigo_escala.escala.outcomes import Made, UpdateImpossible
from siigo_escala.escala.wire import DESCRIPTION_LIMIT, NAME_LIMIT
from siigo_escala.rest.errors import Duplicate, OutcomeUnknown, Rejected, RemoteError
from siigo_escala.store import models
from siigo_escala.store.errors import LeaseLost
from siigo_escala.store.lease import Lease
from siigo_escala.sync.checking.findings import Check, Finding, failed, listed, ok, warning
from siigo_escala.sync.opening import Opened

_ONE = Decimal(1)
_SHOWN = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A record of the probe that is still in Escala. `id` "": its answer was lost, it may not be there."""

    kind: str
    name: str
    id: str = ""

    def to_json(self) -> dict[str, Any]:
        """As it stands in the document."""
        return {"kind": self.kind, "name": self.name, "id": self.id or None}


@dataclass(slots=True, kw_only=True)
class Probed:
    """What the probe found: verdicts by doubt, and what it could not remove."""

    verdicts: dict[str, str] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)
    problem: RemoteError | None = None
    """What ended it before its end."""

    def check(self) -> Check:
        """The finding: settled what it could, or what stopped it, and what a person must remove."""
        remove = self.to_remove()
        if self.problem is not None:
            return failed(
                Finding.WRITE_PROBE,
                f"La prueba de escritura no llegó a su fin: {self.problem.message}",
                remedy=remove or "Corrija la causa y repítala.",
            )
        said = f"La prueba de escritura resolvió {len(self.verdicts)} dudas"
        if self.left:
            return warning(Finding.WRITE_PROBE, f"{said}; el API no deja borrar lo que creó.", remedy=remove)
        return ok(Finding.WRITE_PROBE, f"{said} y borró lo que había creado.")

    def to_remove(self) -> str:
        """What a person must remove in Escala, by name and id; "" where nothing is left."""
        left = listed(
            f"{one.kind} «{shortened(one.name)}»" + (f" ({one.id})" if one.id else " (quizá)")
            for one in self.left
        )
        return f"Borre en Escala lo que dejó la prueba: {left}." if self.left else ""


def probe(opened: Opened, escala: EscalaClient, lease: Lease, *, now: datetime) -> Probed:
    """Makes, changes and removes test records. What refuses access or gives no answer ends it."""
    trial = _Trial(opened, escala, lease, stamp=now.strftime("%Y%m%d-%H%M%S"))
    try:
        trial.contacts()
        trial.deals()
    except RemoteError as problem:
        trial.found.problem = problem
    except BaseException as ending:
        # Also where a person interrupts it: what was made is removed, or named to them.
        with suppress(KeyboardInterrupt):  # it ends as it began to, with what was left
            trial.clean_up()
        if trial.found.left:
            ending.add_note(trial.found.to_remove())
        raise
    trial.clean_up()
    return trial.found


class _Trial:
    def __init__(self, opened: Opened, escala: EscalaClient, lease: Lease, *, stamp: str) -> None:
        self._opened = opened
        self._escala = escala
        self._lease = lease
        self._name = f"PRUEBA siigo-escala {stamp} (se puede borrar)"
        self._email = f"prueba-siigo-escala-{stamp}@example.com"
        self._made: list[tuple[Resource, Left]] = []
        self._contact = ""
        self.found = Probed()

    def contacts(self) -> None:
        """U6, U11 by one contact; U3 by the same one again; U10 by one without an e-mail."""
        draft = ContactDraft(first_name=self._name, email=self._email)
        first = self._make("contacts", self._name, lambda: self._escala.create_contact(draft))
        self._contact = first.id
        self._settle("U11", "refused" if self._escala.capabilities.priority_refused else "accepted")
        self._settle("U3", self._again(draft))
        self._settle("U10", self._without_email())

    def deals(self) -> None:
        """U16 and U8 by one deal of the greatest length, U9 by changing it, U14 and U12 by one more each."""
        whole = self._name + " " + "x" * NAME_LIMIT
        draft = self._draft(whole[:NAME_LIMIT], description="d" * DESCRIPTION_LIMIT)
        try:
            made = self._make("deals", draft.name, lambda: self._escala.create_deal(draft))
        except Rejected:
            self._settle("U16", "refused")
            draft = self._draft(self._name)
            made = self._make("deals", draft.name, lambda: self._escala.create_deal(draft))
        else:
            shown = self._escala.deal(DealId(made.id))
            self._settle("U16", _length(draft, shown))
        self._settle("U9", self._change(DealId(made.id)))
        self._settle("U14", self._unknown_owner())
        self._settle("U12", self._decimals())

    def clean_up(self) -> None:
        """Removes what was made, deals first; what cannot be removed is left to a person, by name and id.

        Whatever interrupts it carries the names of what is still there.
        """
        possible = True
        while self._made:
            resource, left = self._made[-1]
            gone = False
            try:
                if possible and left.id:
                    self._lease.prove()
                    gone = self._escala.remove(resource, left.id)
                    possible = gone
            except (RemoteError, LeaseLost):
                possible = False
            except BaseException as ending:
                self.found.left += [one for _, one in reversed(self._made)]
                ending.add_note(self.found.to_remove())
                raise
            self._made.pop()
            if not gone:
                self.found.left.append(left)

    def _settle(self, doubt: str, verdict: str) -> None:
        if verdict:
            self.found.verdicts[doubt] = verdict

    def _make(self, resource: Resource, name: str, create: Callable[[], Made]) -> Made:
        """One more record; of one whose answer was lost the name is remembered."""
        kind = "contacto" if resource == "contacts" else "oportunidad"
        self._lease.prove()
        # From here on it may be there, whatever ends this.
        self._made.append((resource, Left(kind=kind, name=name)))
        try:
            made = create()
        except RemoteError as problem:
            if isinstance(problem, Duplicate) or not isinstance(problem, OutcomeUnknown):
                self._made.pop()
            raise
        self._made.pop()
        if made.id not in {left.id for _, left in self._made}:
            self._made.append((resource, Left(kind=kind, name=name, id=made.id)))
        return made

    def _again(self, draft: ContactDraft) -> str:
        try:
            made = self._make("contacts", self._name, lambda: self._escala.create_contact(draft))
        except Duplicate as problem:
            return f"refused {problem.status}"
        except Rejected as problem:
            return f"refused {problem.status} in other words"
        return "the same record" if made.id == self._contact else "a second record"

    def _without_email(self) -> str:
        name = f"{self._name} sin correo"
        try:
            self._make("contacts", name, lambda: self._escala.create_contact(ContactDraft(first_name=name)))
        except Duplicate:
            return ""
        except Rejected:
            return "compulsory"
        return "optional"

    def _change(self, deal_id: DealId) -> str:
        before = self._escala.deal(deal_id)
        self._lease.prove()
        # Tried anew on a record of ours, which can come to no harm, whatever was found before.
        known = self._escala.capabilities
        self._escala.learn(update_deals="unknown", update_deals_until=None, update_deals_refused_by="")
        try:
            self._escala.update_deal(deal_id, lambda _: DealChange(value=_ONE + 1))
        except UpdateImpossible:
            return "none" if not self._escala.capabilities.updates_possible else "not safe"
        except RemoteError as problem:
            self._escala.learn(
                update_deals=known.update_deals,
                update_deals_until=known.update_deals_until,
                update_deals_refused_by=known.update_deals_refused_by,
            )
            if isinstance(problem, Rejected):
                return f"refused {problem.status}"
            raise
        after = self._escala.deal(deal_id)
        if after.value != _ONE + 1:
            self._escala.learn(update_deals="none")
            return "without effect"
        same = (before.name, before.contact_id, before.stage_id) == (
            after.name,
            after.contact_id,
            after.stage_id,
        )
        if not same or (before.description is not None and before.description != after.description):
            self._escala.learn(update_deals="none")
            return "changes other fields"
        return self._escala.capabilities.update_deals

    def _unknown_owner(self) -> str:
        name = f"{self._name} dueño"
        try:
            made = self._make(
                "deals", name, lambda: self._escala.create_deal(self._draft(name, owner=self._email))
            )
        except Rejected:
            return "refused"
        shown = self._escala.deal(DealId(made.id))
        return "accepted" if shown.owner.casefold() == self._email.casefold() else "accepted and dropped"

    def _decimals(self) -> str:
        product = (
            models.KnownProduct.objects.filter(escala=self._opened.connection.escala).order_by("pk").first()
        )
        if product is None:
            return ""
        name = f"{self._name} cantidad"
        lines = (DealLine(product_id=ProductId(product.product_id), quantity=Decimal("1.5")),)
        made = self._make("deals", name, lambda: self._escala.create_deal(self._draft(name, lines=lines)))
        return "refused" if made.without_products else "accepted"

    def _draft(
        self,
        name: str,
        *,
        owner: str = UNASSIGNED,
        description: str = "",
        lines: tuple[DealLine, ...] = (),
    ) -> DealDraft:
        connection = self._opened.connection
        return DealDraft(
            name=name,
            contact_id=ContactId(self._contact),
            pipeline_id=PipelineId(connection.pipeline_id),
            stage_id=StageId(connection.stage_id),
            owner=owner,
            value=_ONE,
            description=description,
            lines=lines,
        )


def shortened(name: str) -> str:
    """A name that fits into a sentence: the longest one was made to be too long."""
    return name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"


def _length(draft: DealDraft, shown: Deal) -> str:
    if len(shown.name) < len(draft.name):
        return f"name cut at {len(shown.name)}"
    if shown.description is None:
        return f"name of {NAME_LIMIT} kept, description not shown"
    if len(shown.description) < len(draft.description):
        return f"description cut at {len(shown.description)}"
    return f"{NAME_LIMIT} and {DESCRIPTION_LIMIT} kept"
