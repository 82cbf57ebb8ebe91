"""Which deal that stands in Escala is an invoice's own: by its name, by what a person said, or perhaps.

Asks the index; a deal to be taken as the invoice's that this run has not read is asked for by id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from siigo_escala.domain import planning, twins
from siigo_escala.domain.crm import ContactId, DealId
from siigo_escala.domain.mapping import invoice_to_deal
from siigo_escala.domain.planning import Adopt, Create, NamedDeal, NeedsAttention
from siigo_escala.domain.reasons import Code
from siigo_escala.rest.errors import NotFound, Rejected, TryLater, UnexpectedAnswer
from siigo_escala.store import models
from siigo_escala.sync import escala_index, look
from siigo_escala.sync.read import Item
from siigo_escala.sync.session import Session

_CHUNK = 400
_CLOCKS_APART = timedelta(minutes=15)
"""So far may Escala's clock be off from ours."""
_PAGE = 100
_FEW = 5
"""So many deals are asked for by id, however few pages all of them are."""
_Value = TypeVar("_Value")


@dataclass(slots=True, kw_only=True)
class Claims:
    """The deals that a batch's invoices may claim, and those that are somebody's already."""

    session: Session
    taken: dict[str, str] = field(default_factory=dict)
    """Deals that an invoice of this batch got, and its name."""
    named: dict[str, list[models.KnownDeal]] = field(default_factory=dict)
    holders: dict[str, models.Invoice] = field(default_factory=dict)
    """Who is bound to one of the named deals."""

    def look_up(self, items: Sequence[Item]) -> None:
        """Finds the deals that name these invoices."""
        self.named = escala_index.deals_of(self.session, {item.invoice.name.upper() for item in items})
        self.holders = holders_of(
            self.session, {deal.deal_id for deals in self.named.values() for deal in deals}
        )

    def told(self, row: models.Invoice) -> Adopt | NeedsAttention:
        """The deal that a person named, as far as it is there and nobody else's."""
        deal_id = DealId(row.decision_target)
        holder = holders_of(self.session, {deal_id}).get(deal_id)
        if holder is not None and holder.pk != row.pk:
            return _impossible(f"la oportunidad {deal_id} ya es de la factura {holder.name}")
        if deal_id in self.taken:
            return _impossible(f"la oportunidad {deal_id} ya es de otra factura")
        if not _stands(self.session, deal_id):
            return _impossible(f"la oportunidad {deal_id} no está en Escala")
        self.taken[deal_id] = row.name or row.siigo_id
        return Adopt(deal_id=deal_id, evidence="person")

    def by_name(
        self, item: Item, *, contact: ContactId | None, value: Decimal
    ) -> Create | Adopt | NeedsAttention:
        """The deal that names the invoice and agrees with it; Create where none names it."""
        deals = self._with_mark(item)
        decision = self._claimed(item, deals, contact=contact, value=value)
        if not isinstance(decision, Create):
            return decision
        if shared := {deal.deal_id: of for deal in deals if (of := self._of_another(deal.deal_id, item))}:
            # A person wrote two invoices on one deal: making another one for the second would double it.
            return NeedsAttention(
                code=Code.DEAL_NAME_TAKEN,
                data={"candidates": list(shared), "of": sorted(set(shared.values()))},
            )
        if left := _renamed(self.session, item.row):
            return NeedsAttention(code=Code.DEAL_FOUND_TWICE, data={"candidates": left, "unnamed": True})
        return decision

    def made_since_told(
        self, item: Item, *, contact: ContactId | None, value: Decimal
    ) -> Create | Adopt | NeedsAttention:
        """Create, for a person said that it is none of those that there were.

        What names the invoice, agrees with it and was made after that is its own all the same: of an older
        copy that came back, which knows what was said and not what a run did then.
        """
        events = item.row.events.filter(kind="resolved").order_by("-at")
        said = events.values_list("at", flat=True).first()
        if said is None:
            return Create()
        seen = {str(one) for one in item.row.data.get("candidates", [])}
        since = [
            deal
            for deal in self._with_mark(item)
            if deal.created is not None and deal.created >= said - _CLOCKS_APART and deal.deal_id not in seen
        ]
        decision = self._claimed(item, since, contact=contact, value=value)
        taken = isinstance(decision, NeedsAttention) and decision.code == Code.DEAL_NAME_TAKEN
        return Create() if taken else decision

    def _with_mark(self, item: Item) -> list[models.KnownDeal]:
        mark = self.session.file.opportunities.mark
        named = self.named.get(item.invoice.name.upper(), [])
        return [deal for deal in named if not mark or invoice_to_deal.has_mark(deal.name, mark)]

    def _claimed(
        self, item: Item, deals: Iterable[models.KnownDeal], *, contact: ContactId | None, value: Decimal
    ) -> Create | Adopt | NeedsAttention:
        named = [
            NamedDeal(
                id=DealId(deal.deal_id),
                contact_id=ContactId(deal.contact_id) if deal.contact_id else None,
                value=deal.value,
            )
            for deal in deals
            if deal.deal_id not in self.holders and deal.deal_id not in self.taken
        ]
        decision = planning.claim(named, contact=contact, value=value)
        while isinstance(decision, Adopt) and not _stands(self.session, decision.deal_id):
            named = [deal for deal in named if deal.id != decision.deal_id]
            decision = planning.claim(named, contact=contact, value=value)
        if isinstance(decision, Adopt):
            self.taken[decision.deal_id] = item.invoice.name
        if isinstance(decision, NeedsAttention) and decision.code == Code.DEAL_NAME_TAKEN:
            return replace(decision, data={**decision.data, "differs": "ni el contacto ni el valor"})
        return decision

    def _of_another(self, deal_id: str, item: Item) -> str:
        """The other invoice that a deal was adopted for; "" where there is none."""
        if deal_id in self.taken:
            return self.taken[deal_id]
        holder = self.holders.get(deal_id)
        if holder is None or not holder.adopted or holder.name == item.invoice.name:
            return ""
        return holder.name or holder.siigo_id

    def possible_twins(self, wanted: Sequence[tuple[Item, ContactId, set[Decimal]]]) -> dict[str, list[str]]:
        """Deals that may be one of these invoices though they do not name it, by Siigo id."""
        near = self._near(
            {contact for _, contact, _ in wanted}, {one for _, _, values in wanted for one in values}
        )
        found: dict[str, list[str]] = {}
        for item, contact, values in wanted:
            window = twins.window(
                created=item.row.created,
                day=item.invoice.date,
                connected=self.session.connection.created_at,
            )
            number = invoice_to_deal.number_of(item.invoice.name)
            deals = [deal for value in values for deal in near.get((contact, value), [])]
            # Without contact, the number alone beside the same value is reason enough to ask.
            deals += [deal for value in values for deal in near.get(("", value), []) if number in deal.words]
            if deals and window is not None:
                ids = twins.among(deals, invoice_name=item.invoice.name, window=window)
                if ids:
                    found[item.row.siigo_id] = list(ids)
        return found

    def _near(
        self, contacts: set[ContactId], values: set[Decimal]
    ) -> dict[tuple[str, Decimal], list[twins.NearDeal]]:
        account = self.session.connection.escala_id
        rows: dict[str, tuple[tuple[str, Decimal], datetime, str]] = {}
        for some in _chunks(sorted({"", *contacts})):
            for amounts in _chunks(sorted(values)):
                found: Iterable[Any] = models.KnownDeal.objects.filter(  # type: ignore[misc]  # Decimal
                    escala_id=account, contact_id__in=some, value__in=amounts, created__isnull=False
                ).values_list("deal_id", "contact_id", "value", "created", "name")
                rows |= {one[0]: ((one[1], one[2]), one[3], one[4]) for one in found}
        bound = holders_of(self.session, set(rows))
        foreign = other_marks(self.session)
        free = {
            deal_id
            for deal_id, (_, _, name) in rows.items()
            if deal_id not in bound
            and deal_id not in self.taken
            and not invoice_to_deal.has_any_mark(name, foreign)
        }
        words = escala_index.words_of(self.session, free)
        near: dict[tuple[str, Decimal], list[twins.NearDeal]] = {}
        for deal_id in free:
            key, created, _ = rows[deal_id]
            near.setdefault(key, []).append(
                twins.NearDeal(
                    id=DealId(deal_id),
                    created=created,
                    names=escala_index.invoices_among(words.get(deal_id, ())),
                    words=words.get(deal_id, frozenset()),
                )
            )
        return near


def holders_of(session: Session, deal_ids: Iterable[str]) -> dict[str, models.Invoice]:
    """Which invoice of any connection is bound to each of these deals."""
    found: dict[str, models.Invoice] = {}
    for chunk in _chunks(sorted(deal_ids)):
        rows = models.Invoice.objects.filter(escala_id=session.connection.escala_id, deal_id__in=chunk)
        found |= {row.deal_id: row for row in rows.defer("record", "intent") if row.deal_id}
    return found


def other_marks(session: Session) -> list[str]:
    """The marks of the other connections of this Escala account."""
    others = models.Connection.objects.filter(escala_id=session.connection.escala_id)
    files = others.exclude(pk=session.connection.pk).values_list("file", flat=True)
    marks = (file.get("opportunities", {}).get("mark", "") for file in files)
    return invoice_to_deal.marks_besides(session.file.opportunities.mark, marks)


def _stands(session: Session, deal_id: DealId) -> bool:
    """Whether Escala has this deal: as this run has read, else asked for by id.

    A list of what changed shows no deletion: what the index holds of an earlier run may be gone. Where more
    such deals are to be taken than the list of all has pages, that is read instead, once.
    """
    deals = models.KnownDeal.objects.filter(escala_id=session.connection.escala_id)
    known = deals.filter(deal_id=deal_id)
    seen = known.filter(seen_at__gte=session.started)
    if seen.exists():
        return True
    if known.exists():
        session.deals_doubted += 1
        # Of those that are gone the list gets shorter meanwhile: how many are few is no fixed number.
        if not session.doubts_read and session.deals_doubted > max(_FEW, deals.count() // _PAGE):
            session.doubts_read = True
            look.everything(session)
            if seen.exists():
                return True
    try:
        session.escala.deal(deal_id)
    except NotFound:
        with session.index():
            escala_index.forget_deals(session, [deal_id])
        return False
    except (Rejected, UnexpectedAnswer):
        return known.exists()
    except TryLater:
        # One record without an answer stops no others: of what was there before, the sweep will tell.
        if not known.exists():
            raise
    return True


def _renamed(session: Session, row: models.Invoice) -> list[str]:
    """Deals of which one was made for this invoice and renamed before its outcome was known; free ones."""
    if not row.data.get("unnamed"):
        return []
    deals = models.KnownDeal.objects.filter(
        escala_id=session.connection.escala_id, deal_id__in=row.data["candidates"]
    )
    bound = models.Invoice.objects.filter(escala_id=session.connection.escala_id, deal_id__isnull=False)
    return list(deals.exclude(deal_id__in=bound.values("deal_id")).values_list("deal_id", flat=True))


def _impossible(why: str) -> NeedsAttention:
    return NeedsAttention(code=Code.DECISION_NOT_POSSIBLE, data={"why": why})


def _chunks(values: Sequence[_Value]) -> Iterable[Sequence[_Value]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
