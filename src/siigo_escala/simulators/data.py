"""An invented company from a seed and a size: a year of its business in Siigo, and what Escala knows of it.

Distribuidora El Guadual sells coffee, machines and service to cafés, hotels and people. Every name, number
and address is made up; e-mails lie under `.example`. The same seed gives the same bytes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from siigo_escala.simulators import data_calendar as calendar
from siigo_escala.simulators import data_catalogue as catalogue
from siigo_escala.simulators import data_escala as escala
from siigo_escala.simulators import data_people as people
from siigo_escala.simulators import data_plan as plan
from siigo_escala.simulators import data_sales as sales

Record = dict[str, Any]

MOST_CUSTOMERS_BY_DEFAULT = 5_000
_BYSTANDERS_ONE_IN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Catalogues and customers as lists in Siigo's canonical shape; documents are made while they are read.

    `sellers` maps the Siigo e-mail of a linked user to the Escala e-mail; `owners` are all Escala e-mails.
    """

    seed: int
    size: int
    today: date
    days: int
    users: list[Record]
    document_types: list[Record]
    taxes: list[Record]
    payment_types: list[Record]
    cost_centers: list[Record]
    warehouses: list[Record]
    products: list[Record]
    customers: list[Record]
    escala_products: list[Record]
    escala_contacts: list[Record]
    sellers: dict[str, str]
    owners: list[str]
    buyers: list[people.Buyer]

    def invoices(self) -> Iterator[Record]:
        """The invoices in the order of their creation, as they stand at the end of the period."""
        made = self._sales()
        return (made.invoice(sale) for sale in self._plan())

    def credit_notes(self) -> Iterator[Record]:
        """The credit notes on those invoices in the order of their creation."""
        return self._sales().notes(self._plan())

    def _plan(self) -> Iterator[plan.Sale]:
        return plan.sales(self.seed, self.size, buyers=self.buyers, today=self.today, days=self.days)

    def _sales(self) -> sales.Sales:
        wares = catalogue.wares(self.seed)
        return sales.Sales(self.seed, buyers=self.buyers, wares=wares, today=self.today)


class Siigo(Protocol):
    """What of a Siigo simulator is needed here."""

    def load(
        self,
        *,
        users: Iterable[Record],
        document_types: Iterable[Record],
        taxes: Iterable[Record],
        payment_types: Iterable[Record],
        cost_centers: Iterable[Record],
        warehouses: Iterable[Record],
        products: Iterable[Record],
        customers: Iterable[Record],
        invoices: Iterable[Record],
        credit_notes: Iterable[Record],
    ) -> None:
        """Put canonical records in."""
        ...


class Escala(Protocol):
    """What of an Escala simulator is needed here."""

    def load(self, *, owners: Iterable[str], products: Iterable[Record], contacts: Iterable[Record]) -> None:
        """Put records in."""
        ...


def company(
    *, seed: int, invoices: int, customers: int | None = None, today: date, days: int = 365
) -> Company:
    """The company whose `days` days before `today` hold so many invoices.

    `customers` is the length of its list, suppliers and former customers among them; by default a quarter of
    the invoices, 20 to 5,000. Nothing carries an instant of `today` or later, in UTC.
    """
    if days < 1 or invoices < 0:
        raise ValueError("days must be at least 1, invoices at least 0")
    wanted = min(max(invoices // 4, 20), MOST_CUSTOMERS_BY_DEFAULT) if customers is None else customers
    if wanted < 1:
        raise ValueError("customers must be at least 1")
    idle = wanted // _BYSTANDERS_ONE_IN
    users, wares = catalogue.users(), catalogue.wares(seed)
    staff = [user["id"] for user in users]
    buyers = people.buyers(seed, wanted - idle, sellers=staff, today=today, days=days)
    bystanders = people.bystanders(seed, idle, sellers=staff, today=today, days=days)
    before = datetime(today.year, today.month, today.day, tzinfo=UTC) - timedelta(days=days + 30)
    opened, owners = calendar.stamp(before), catalogue.owners()
    return Company(
        seed=seed,
        size=invoices,
        today=today,
        days=days,
        users=users,
        document_types=catalogue.document_types(),
        taxes=catalogue.taxes(),
        payment_types=catalogue.payment_types(),
        cost_centers=catalogue.cost_centers(),
        warehouses=catalogue.warehouses(),
        products=catalogue.products(wares, created=opened),
        customers=[*(buyer.record for buyer in buyers), *bystanders],
        escala_products=escala.products(seed, wares),
        escala_contacts=escala.contacts(seed, buyers, owners=owners, created=opened.rstrip("Z")),
        sellers=catalogue.sellers(),
        owners=owners,
        buyers=buyers,
    )


def load_siigo(simulator: Siigo, company: Company) -> None:
    """Fills a Siigo simulator with the company; catalogues replace the example ones."""
    simulator.load(
        users=company.users,
        document_types=company.document_types,
        taxes=company.taxes,
        payment_types=company.payment_types,
        cost_centers=company.cost_centers,
        warehouses=company.warehouses,
        products=company.products,
        customers=company.customers,
        invoices=company.invoices(),
        credit_notes=company.credit_notes(),
    )


def load_escala(simulator: Escala, company: Company) -> None:
    """Adds the company's Escala users, products and contacts to an Escala simulator."""
    simulator.load(owners=company.owners, products=company.escala_products, contacts=company.escala_contacts)
