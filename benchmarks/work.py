"""The work that is measured: the invented company as it is, or only what becomes an opportunity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from siigo_escala.simulators import data
from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator

Record = dict[str, Any]
Kind = Literal["year", "new", "lived_in", "crowded"]
"""`year`: a company with everything that happens in a year, and what Escala has already of it.
`new`: so many living invoices of so many buyers with an identification of their own, in an empty account.
`lived_in`: a year, in an account where people have kept contacts and deals of their own, half as many of each
as there are invoices.
`crowded`: the same as `new`, in an account with 50,000 deals of people's own."""

SEED = 7
DAYS = 365
_CROWD = 50_000
_LONG_AGO = datetime(2020, 1, 1, 12, tzinfo=UTC)
_WALK_INS = ("222222222222", "444444444", "444444001")


def siigo(kind: Kind, *, invoices: int, customers: int) -> SiigoSimulator:
    """A Siigo that holds the work; its rate limit is off."""
    simulator = SiigoSimulator()
    simulator.switches.update({"rate_limit_per_minute": 0})
    if kind not in ("new", "crowded"):
        data.load_siigo(simulator, _company(invoices, customers))
        return simulator
    # One in five is left out below, and of the others some buyers come too late.
    company = _company(invoices * 2, customers * 2)
    chosen = list(_new(company, invoices=invoices, customers=customers))
    buyers = {invoice["customer"]["id"] for invoice in chosen}
    simulator.load(
        users=company.users,
        document_types=company.document_types,
        taxes=company.taxes,
        payment_types=company.payment_types,
        products=company.products,
        customers=[customer for customer in company.customers if customer["id"] in buyers],
        invoices=chosen,
        credit_notes=[],
    )
    return simulator


def escala(kind: Kind, *, invoices: int, customers: int) -> EscalaSimulator:
    """The Escala account before anything is synchronised."""
    simulator = EscalaSimulator()
    company = _company(invoices, customers)
    if kind in ("new", "crowded"):
        simulator.load(owners=company.owners, products=company.escala_products, contacts=[])
        if kind == "crowded":
            simulator.load(contacts=[_acquaintance(0)])
            simulator.load(deals=(_conversation(number, ["agenda-0"]) for number in range(_CROWD)))
        return simulator
    data.load_escala(simulator, company)
    if kind == "lived_in":
        known = [one["id"] for one in company.escala_contacts]
        others = [_acquaintance(number) for number in range(invoices // 2 - len(known))]
        simulator.load(contacts=others)
        holders = [*known, *(one["id"] for one in others)]
        simulator.load(deals=(_conversation(number, holders) for number in range(invoices // 2)))
    return simulator


def sellers() -> dict[str, str]:
    """Siigo seller to Escala user, as the connection file wants it."""
    return _company(1, 20).sellers


def buyers(*, invoices: int, customers: int) -> int:
    """How many customers Siigo holds of a year: branches are customers of their own."""
    return len(_company(invoices, customers).customers)


def start() -> date:
    """A day before every invoice of the work."""
    return date.fromordinal(_today().toordinal() - DAYS - 31)


def _acquaintance(number: int) -> Record:
    """Somebody whom people know and who has bought nothing."""
    personal = {"firstName": "Contacto", "lastName": f"Número {number}", "email": f"c{number}@agenda.example"}
    return {"id": f"agenda-{number}", "created": _LONG_AGO, "personal": personal}


def _conversation(number: int, holders: Sequence[str]) -> Record:
    """A deal of people's own, about no invoice."""
    contact = holders[number % len(holders)]
    name, value = f"Conversación {number}", Decimal(number * 1000 + 7)
    return {
        "id": f"trato-{number}",
        "created": _LONG_AGO + timedelta(hours=number),
        "name": name,
        "contactId": contact,
        "value": value,
    }


def _company(invoices: int, customers: int) -> data.Company:
    return data.company(seed=SEED, invoices=invoices, customers=customers, today=_today(), days=DAYS)


def _today() -> date:
    return datetime.now(UTC).date()


def _new(company: data.Company, *, invoices: int, customers: int) -> Iterator[Record]:
    """The first invoices of the first buyers that are living and not walk-in sales."""
    buyers: set[str] = set()
    branches = {customer["id"] for customer in company.customers if customer["branch_office"]}
    found = 0
    for invoice in company.invoices():
        buyer = invoice["customer"]["id"]
        if invoice["annulled"] or buyer in branches or invoice["customer"]["identification"] in _WALK_INS:
            continue
        if buyer not in buyers and len(buyers) == customers:
            continue
        buyers.add(buyer)
        yield invoice
        found += 1
        if found == invoices:
            return
    raise ValueError(f"the invented company has only {found} invoices of that kind")
