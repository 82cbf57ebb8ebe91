"""Doing in both systems what a story says that people do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from siigo_escala.store import models
from tests.resilience.chaos.story import Event
from tests.sync.world import FIELD, World

_STAGES = ("Negociación", "Ganada", "Prospecto")
_DOLLARS = {"code": "USD", "exchange_rate": Decimal("4012.37")}


@dataclass(slots=True, kw_only=True)
class Staff:
    """Those who work in Siigo and in Escala; they know their invoices by number, and who made which deal."""

    world: World
    shared: bool
    today: date = date(2026, 1, 1)
    customers: list[dict[str, Any]] = field(default_factory=list)
    invoices: list[tuple[str, str]] = field(default_factory=list)
    """Siigo id and name, in the order of their making."""
    merged: bool = False
    """Somebody has merged contacts of two customers: from then on a deal may be on either."""
    twins: dict[int, str] = field(default_factory=dict)
    """Deals made by hand that do not name their invoice, by its number."""
    deals: dict[str, str] = field(default_factory=dict)
    """Deals by Siigo id, as the ledger knew them this morning."""

    def wake(self, today: date) -> None:
        """A new day: what stands in Escala is known to everybody."""
        self.today = today
        rows = models.Invoice.objects.filter(deal_id__isnull=False)
        self.deals = {siigo_id: str(deal) for siigo_id, deal in rows.values_list("siigo_id", "deal_id")}

    def act(self, event: Event) -> None:
        """Does it; where there is nothing to do it on, nothing."""
        getattr(self, f"_{event.do}")(event)

    def deal_of(self, invoice: int) -> str | None:
        """The opportunity of an invoice, where there is one that this morning's ledger knew."""
        deal = self.deals.get(self.invoices[invoice][0])
        return deal if deal in self.world.escala.account.deals.table else None

    # In Siigo.

    def _customer(self, number: int) -> dict[str, Any]:
        while len(self.customers) <= number:
            fresh = len(self.customers)
            # Every fourth one shares the accountant's e-mail, every fifth the landline of the one before.
            of_email = fresh - fresh % 4 if self.shared else fresh
            phone = 6014100000 + (fresh - fresh % 5 if self.shared else fresh)
            contact = {"first_name": "Ana", "last_name": "Paz", "email": f"compras{of_email}@empresa.example"}
            fields: dict[str, Any] = {"contacts": [contact], "phones": [{"number": str(phone)}]}
            if fresh % 9 == 5:
                fields = {"identification": "222222222222", "name": ["Consumidor final"], "contacts": []}
            if fresh % 9 == 7:
                fields["contacts"] = [{**contact, "email": ""}]
            self.customers.append(self.world.customer(fresh, **fields))
        return self.customers[number]

    def _invoice(self, event: Event) -> None:
        fields: dict[str, Any] = {"total": Decimal(event.amount) / (100 if event.amount % 2 else 1)}
        match event.text:
            case "mugs":
                fields = {"retentions": []}
            case "draft":
                fields["stamp"] = "Draft"
            case "dollars":
                fields["currency"] = _DOLLARS
        day = self.today - timedelta(days=event.days)
        buyer = self._customer(event.customer)["id"]
        made = self.world.siigo.create_invoice(buyer, date=day.isoformat(), **fields)
        self.invoices.append((made["id"], made["name"]))

    def _edit(self, event: Event) -> None:
        total = self._total(event) * (50 + event.amount % 100) / 100
        line = {"code": "INST-01", "quantity": 1, "price": total.quantize(Decimal("0.01")), "taxes": []}
        self.world.siigo.edit_invoice(self._id(event), items=[line])

    def _annul(self, event: Event) -> None:
        self.world.siigo.annul_invoice(self._id(event))

    def _delete(self, event: Event) -> None:
        self.world.siigo.delete_invoice(self._id(event))

    def _credit_whole(self, event: Event) -> None:
        self.world.siigo.credit_note(self._id(event))

    def _credit_part(self, event: Event) -> None:
        part = max(self._total(event) / 50, Decimal("0.01"))
        self.world.siigo.credit_note(self._id(event), total=part.quantize(Decimal("0.01")))

    def _pay(self, event: Event) -> None:
        self.world.siigo.pay(self._id(event))

    def _stamp(self, event: Event) -> None:
        self.world.siigo.stamp(self._id(event))

    def _recreate(self, event: Event) -> None:
        number = self.world.siigo.company.invoices[self._id(event)]["number"]
        self._delete(event)
        buyer = self._customer(event.customer)["id"]
        made = self.world.siigo.create_invoice(
            buyer, date=self.today.isoformat(), total=event.amount, number=number
        )
        self.invoices.append((made["id"], made["name"]))

    def _rename_customer(self, event: Event) -> None:
        customer = self._customer(event.customer)
        self.world.siigo.edit_customer(customer["id"], name=[f"Empresa {event.text} SAS"])

    # In Escala.

    def _rename_deal(self, event: Event) -> None:
        if deal := self._deal(event):
            self.world.escala.rename_deal(deal, f"{self._name(event)} seguimiento")

    def _rename_away(self, event: Event) -> None:
        if deal := self._deal(event):
            self.world.escala.rename_deal(deal, f"Cliente de {event.text}")

    def _move_deal(self, event: Event) -> None:
        if deal := self._deal(event):
            self.world.escala.move_deal(deal, _STAGES[event.amount % len(_STAGES)])

    def _own_deal(self, event: Event) -> None:
        self._change_deal(event, {"assignedTo": "laura@empresa.example"})

    def _value_deal(self, event: Event) -> None:
        self._change_deal(event, {"value": event.amount})

    def _describe_deal(self, event: Event) -> None:
        self._change_deal(event, {"description": event.text})

    def _delete_deal(self, event: Event) -> None:
        if deal := self._deal(event):
            self.world.escala.delete_deal(deal)

    def _stray_deal(self, event: Event) -> None:
        self.world.escala.create_deal(name=event.text, value=event.amount)

    def _stray_contact(self, event: Event) -> None:
        self.world.escala.create_contact(first_name=event.text, email=f"otro{event.amount}@otra.example")

    def _hand_made(self, event: Event) -> None:
        self._made_by_hand(event, off=0)

    def _name_taken(self, event: Event) -> None:
        self._made_by_hand(event, off=1)

    def _twin(self, event: Event) -> None:
        """Its opportunity is made by hand, or by the native app, and does not say which invoice it is of."""
        self._invoice(event)
        identity, _ = self.invoices[-1]
        total = self.world.siigo.company.invoices[identity]["total"]
        contact = self._contact(event.customer) or self._contact_by_hand(event.customer)
        made = self.world.escala.create_deal(
            name=f"Venta a {event.customer}", value=total, contact_id=contact
        )
        self.twins[len(self.invoices) - 1] = made

    def _contact_by_hand(self, customer: int) -> str:
        known = self._customer(customer)
        return self.world.escala.create_contact(
            first_name=known["name"][0], custom={FIELD: known["identification"]}
        )

    def _rename_contact(self, event: Event) -> None:
        if contact := self._contact(event.customer):
            self.world.escala.edit_contact(contact, {"personal": {"firstName": event.text}})

    def _delete_contact(self, event: Event) -> None:
        if contact := self._contact(event.customer):
            self.world.escala.delete_contact(contact)

    def _merge_contacts(self, event: Event) -> None:
        winner, loser = self._contact(event.other), self._contact(event.customer)
        if winner and loser and winner != loser:
            self.world.escala.merge_contacts(winner, loser)
            self.merged = True

    def _made_by_hand(self, event: Event, *, off: int) -> None:
        self._invoice(event)
        identity, name = self.invoices[-1]
        total = self.world.siigo.company.invoices[identity]["total"]
        contact = None if off else self._contact(event.customer)
        self.world.escala.create_deal(name=f"{name} a mano", value=total + off, contact_id=contact)

    def _change_deal(self, event: Event, changes: dict[str, Any]) -> None:
        if deal := self._deal(event):
            self.world.escala.edit_deal(deal, changes)

    def _deal(self, event: Event) -> str | None:
        return self.deal_of(event.invoice)

    def _contact(self, customer: int) -> str | None:
        wanted = self._customer(customer)["identification"]
        for one in self.world.escala.account.contacts.table.all():
            if one["custom"].get(FIELD) == wanted:
                return str(one["id"])
        return None

    def _id(self, event: Event) -> str:
        return self.invoices[event.invoice][0]

    def _name(self, event: Event) -> str:
        return self.invoices[event.invoice][1]

    def _total(self, event: Event) -> Decimal:
        return Decimal(self.world.siigo.company.invoices[self._id(event)]["total"])
