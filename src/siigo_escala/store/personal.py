"""One customer's data in our store: found, shown, erased (Ley 1581 de 2012).

It reaches over every connection that shares a Siigo company or an Escala account with the one that was named:
they share what is known of the customer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from stdnum.co import nit

from siigo_escala.domain import identity, records, stripped
from siigo_escala.domain.crm import Contact
from siigo_escala.store import erasing, lease, models
from siigo_escala.store.erasing import Erased
from siigo_escala.store.vault import Vault

_CHUNK = 500
_NIT = "31"


@dataclass(slots=True, kw_only=True)
class Found:
    """Where a customer stands in our tables."""

    connections: list[models.Connection]
    numbers: set[str]
    """Every way in which the identification is written in normal form."""
    texts: set[str] = field(default_factory=set)
    """The identification as it stands in Siigo's records."""
    customers: list[models.KnownCustomer] = field(default_factory=list)
    bindings: list[models.ContactBinding] = field(default_factory=list)
    contacts: list[models.KnownContact] = field(default_factory=list)
    invoices: list[models.Invoice] = field(default_factory=list)
    deals: list[models.KnownDeal] = field(default_factory=list)
    sales: list[models.Opportunity] = field(default_factory=list)
    """Opportunities of the customer that became invoices, or may."""
    sold_to: set[str] = field(default_factory=set)
    """Contacts that these name, and nobody else's."""

    def __bool__(self) -> bool:
        return bool(self.customers or self.bindings or self.contacts or self.invoices or self.sales)

    def events(self) -> Iterator[models.InvoiceEvent]:
        """The history of the customer's invoices."""
        for keys in _chunks([row.pk for row in self.invoices]):
            yield from models.InvoiceEvent.objects.filter(invoice_id__in=keys).order_by(
                "invoice_id", "at", "pk"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """What an erasure emptied. `connections`: those it reached over."""

    connections: list[models.Connection]
    customers: int
    contacts: int
    opportunities: int
    invoices: int
    history: int


def find(connection: models.Connection, identification: str) -> Found:
    """Everything of the customer with this identification.

    Ten digits that nobody here has are looked for as a NIT with its check digit, too.
    """
    numbers = set(identity.stored_keys(identification))
    found = _found(connection, numbers)
    nits = {one[:-1] for one in numbers if len(one) == 10 and one[0] in "89" and _ends_in_check_digit(one)}
    return found if found or not nits else _found(connection, nits)


def _found(connection: models.Connection, numbers: set[str]) -> Found:
    found = Found(connections=_together(connection), numbers=numbers)
    companies = {one.siigo_id for one in found.connections}
    accounts = {one.escala_id for one in found.connections}
    _customers(found, companies)
    ids = [row.siigo_id for row in found.customers]
    ledger = models.Invoice.objects.filter(connection__in=found.connections)
    written = ledger.order_by().values_list("customer", flat=True).distinct()
    found.texts |= {text for text in written if identity.stored_keys(text) & found.numbers}
    found.invoices = list(
        ledger.filter(Q(customer__in=found.texts) | Q(customer_id__in=ids)).order_by("date", "pk")
    )
    named = Q(identity__in=found.numbers)
    for number in found.numbers:
        named |= Q(identity__endswith=f":{number}")
    found.bindings = list(models.ContactBinding.objects.filter(named, escala__in=accounts))
    contact_ids = {row.contact_id for row in found.bindings} | {row.contact_id for row in found.invoices}
    keys = models.ContactKey.objects.filter(
        escala__in=accounts, key__in=[f"id:{number}" for number in found.numbers]
    )
    contact_ids |= set(keys.values_list("contact_id", flat=True))
    sales = models.Opportunity.objects.filter(connection__in=found.connections)
    typed = sales.order_by().values_list("customer", flat=True).distinct()
    texts = {text for text in typed if identity.stored_keys(text) & found.numbers}
    sold_to = set(sales.filter(customer__in=texts).values_list("contact_id", flat=True)) - {""}
    # A contact that others were sold to as well is theirs by now: two were merged, or a deal was moved.
    others = sales.filter(contact_id__in=sold_to).exclude(customer__in=["", *texts])
    shared = set(others.values_list("contact_id", flat=True))
    contact_ids |= sold_to - shared
    wanted = sorted(one for one in contact_ids if one)
    for some in _chunks(wanted):
        of_account = {"escala__in": accounts, "contact_id__in": some}
        found.contacts += models.KnownContact.objects.filter(**of_account)
        found.deals += models.KnownDeal.objects.filter(**of_account)
    found.sales = list(sales.filter(Q(customer__in=texts) | Q(contact_id__in=wanted)).order_by("pk"))
    found.sold_to = {row.contact_id for row in found.sales} - {""} - shared
    deal_ids = [row.deal_id for row in found.invoices if row.deal_id]
    for some in _chunks(deal_ids + [row.deal_id for row in found.sales]):
        there = [row.pk for row in found.deals]
        found.deals += models.KnownDeal.objects.filter(escala__in=accounts, deal_id__in=some).exclude(
            pk__in=there
        )
    return found


def shown(found: Found) -> dict[str, Any]:
    """What was found, as JSON."""
    names = {row.pk: row.name or row.siigo_id for row in found.invoices}
    return {
        "customers": [{"siigo_id": row.siigo_id, **row.record} for row in found.customers],
        "contacts": [{"contact_id": row.contact_id, **row.record} for row in found.contacts],
        "bindings": [
            {"identity": row.identity, "contact_id": row.contact_id, "intent": row.intent}
            for row in found.bindings
        ],
        "opportunities": [{"deal_id": row.deal_id, "name": row.name} for row in found.deals],
        "invoices": [
            {
                "invoice": row.name,
                "siigo_id": row.siigo_id,
                "date": row.date.isoformat() if row.date else None,
                "customer": row.customer,
                "value": str(row.value),
                "deal_id": row.deal_id,
                "contact_id": row.contact_id or None,
                "record": row.record,
                "intent": row.intent,
            }
            for row in found.invoices
        ],
        "sales": [
            {
                "opportunity": row.deal_id,
                "name": row.name,
                "customer": row.customer,
                "value": str(row.value),
                "invoice": row.invoice,
                "siigo_id": row.siigo_id,
                "sent": row.body,
            }
            for row in found.sales
        ],
        "history": [
            {
                "invoice": names[event.invoice_id],
                "at": event.at.isoformat(),
                "kind": event.kind,
                "data": event.data,
                "raw": event.raw,
            }
            for event in found.events()
        ],
    }


def erase(connection: models.Connection, identification: str, *, vault: Vault, now: datetime) -> Gone:
    """Empties everything of a customer that tells who it is, and remembers not to take it over again.

    A run that is under way knew the customer when it began: it can write nothing any more, and ends.
    """
    with transaction.atomic():
        lease.end_runs(_together(connection))
        found = find(connection, identification)
        numbers = {*found.numbers, *_other_ways(found)}
        numbers |= {erasing.of_contact(one) for one in found.sold_to}
        numbers |= {erasing.of_deal(row.deal_id) for row in found.deals}
        numbers |= {erasing.of_deal(row.deal_id) for row in found.sales}
        erased = {
            account.pk: erasing.remember(account, numbers, vault=vault, now=now)
            for account in models.EscalaAccount.objects.filter(connections__in=found.connections).distinct()
        }
        gone = Gone(
            connections=found.connections,
            customers=len(found.customers),
            contacts=len(found.contacts),
            opportunities=len(found.deals),
            invoices=len(found.invoices) + len(found.sales),
            history=sum(1 for _ in found.events()),
        )
        models.KnownCustomer.objects.filter(pk__in=[row.pk for row in found.customers]).delete()
        # Previews name customers, and are soon made anew.
        models.Errand.objects.filter(connection__in=found.connections).delete()
        _strip_bindings(found, erased)
        _strip_contacts(found, erased)
        marks = [one.file.get("opportunities", {}).get("mark", "") for one in found.connections]
        for row in found.deals:
            erasing.strip_deals([row], erased[row.escala_id], marks)
        _strip_ledger(found, erased)
        _strip_sales(found, erased, marks)
    return gone


def _strip_bindings(found: Found, erased: dict[int, Erased]) -> None:
    for row in found.bindings:
        identity_now = erased[row.escala_id].identity(row.identity)
        twin = models.ContactBinding.objects.filter(escala=row.escala_id, identity=identity_now)
        twin = twin.exclude(pk=row.pk)
        if row.contact_id is None and twin.exists():
            row.delete()
            continue
        twin.delete()
        row.identity = identity_now
        row.intent = {"refused": row.intent["refused"]} if "refused" in row.intent else {}
        row.save(update_fields=["identity", "intent"])


def _strip_contacts(found: Found, erased: dict[int, Erased]) -> None:
    for row in found.contacts:
        names = erased[row.escala_id]
        keys = models.ContactKey.objects.filter(escala_id=row.escala_id, contact_id=row.contact_id)
        for key in keys:
            if not key.key.startswith(erasing.ALIAS):
                key.key = names.alias(key.key)
                key.save(update_fields=["key"])
        contact: Contact = records.to_contact(row.record)
        row.record = records.from_contact(stripped.contact(contact, _fields(found)))
        row.save(update_fields=["record"])


def _strip_ledger(found: Found, erased: dict[int, Erased]) -> None:
    for row in found.invoices:
        if row.customer:
            hidden = erased[row.escala_id].digest
            row.digest = hidden(row.digest)
            for held in (row.applied, row.done.get("typed", {}), row.intent):
                if "digest" in held:
                    held["digest"] = hidden(held["digest"])
        row.customer, row.record, row.data = "", stripped.invoice(row.record), stripped.told(row.data)
        row.intent = {key: value for key, value in row.intent.items() if key != "name"}
        row.save(update_fields=["customer", "record", "data", "digest", "applied", "done", "intent"])
    for event in found.events():
        event.data, event.raw = stripped.event(event.data), ""
        event.save(update_fields=["data", "raw"])


def _strip_sales(found: Found, erased: dict[int, Erased], marks: list[str]) -> None:
    """What was sent and has no certain outcome keeps the customer it is looked for with, until it has one."""
    for row in found.sales:
        row.name = stripped.deal_name(row.name, marks, hidden=erased[row.escala_id].covers_text)
        row.data = stripped.told(row.data)
        if row.state != models.Invoicing.SENDING:
            row.customer, row.body = "", ""
        row.save(update_fields=["name", "data", "customer", "body"])
        for event in row.events.all():
            event.data, event.raw = stripped.told(event.data), ""
            event.save(update_fields=["data", "raw"])


def _customers(found: Found, companies: Iterable[int]) -> None:
    """Siigo's records of the customer, and the other ways in which its identification may be written."""
    bases = {number[:-1] for number in found.numbers if _ends_in_check_digit(number)}
    named = Q(identity__in=found.numbers | bases)
    for number in found.numbers:
        named |= Q(identity__endswith=f":{number}")
    for row in models.KnownCustomer.objects.filter(named, company__in=companies):
        if row.gone and not row.record:
            continue
        known = records.to_customer(row.record)
        keys = identity.customer_keys(id_type=known.id_type, identification=known.identification)
        if keys & found.numbers:
            found.customers.append(row)
            found.texts.add(known.identification)
    for row in found.customers:
        known = records.to_customer(row.record)
        found.numbers |= identity.customer_keys(id_type=known.id_type, identification=known.identification)


def _other_ways(found: Found) -> set[str]:
    """A NIT may stand in Escala with its check digit, whether or not we have the customer's record."""
    if found.customers:
        return set()
    return {
        number + nit.calc_check_digit(number)
        for number in found.numbers
        if len(number) == 9 and number.isdigit()
    }


def _ends_in_check_digit(number: str) -> bool:
    return number.isdigit() and len(number) > 1 and nit.calc_check_digit(number[:-1]) == number[-1]


def _together(connection: models.Connection) -> list[models.Connection]:
    """The connection and those that share an account with it, or with one of those."""
    found = {connection.pk: connection}
    while True:
        more = models.Connection.objects.filter(
            Q(siigo__in={one.siigo_id for one in found.values()})
            | Q(escala__in={one.escala_id for one in found.values()})
        ).exclude(pk__in=found)
        news = {one.pk: one for one in more}
        if not news:
            return sorted(found.values(), key=lambda one: one.name)
        found |= news


def _fields(found: Found) -> list[str]:
    named = {one.file.get("opportunities", {}).get("identification_field", "") for one in found.connections}
    return sorted(named - {""})


def _chunks(items: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
