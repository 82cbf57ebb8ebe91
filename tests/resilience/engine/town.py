"""Ten companies in one Siigo and one Escala, each with a connection of its own, and their people."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db import DatabaseError, InterfaceError, connections

from siigo_escala.config import env
from siigo_escala.config.env import Environment
from siigo_escala.rest.errors import RemoteError
from siigo_escala.simulators import serving
from siigo_escala.simulators.escala.operations import Operations
from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.messages import CallLog, Request
from siigo_escala.simulators.siigo.company import Company as SiigoCompany
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from siigo_escala.store import models
from siigo_escala.sync import access, connect, opening, other_writer, requests
from siigo_escala.sync.account import Calls
from siigo_escala.sync.session import Listener, Options
from tests.resilience.engine import moments
from tests.sync.world import FIELD

T = TypeVar("T")

_FILE = """
name = "{name}"
time_zone = "{zone}"
[siigo]
username = "{name}@empresa.example"
access_key = "clave-de-ejemplo"
[escala]
api_key = "llave-{name}"
[opportunities]
pipeline = "Ventas"
stage = "Prospecto"
identification_field = "{field}"
[schedule]
{schedule}
"""
_CUSTOMERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """When a company is to run: every so many minutes, or once a day at a local time."""

    every_minutes: int = 0
    daily_at: str = ""
    zone: str = "America/Bogota"
    slot: datetime | None = None
    """The one daily moment that falls into the chaos."""

    def table(self) -> str:
        """Its [schedule]."""
        return f'daily_at = "{self.daily_at}"\nevery_minutes = {self.every_minutes}'


class _Log(CallLog):
    """Whose call it was is kept, too: by the token, the user or the key that it shows."""

    def __init__(self, whose: Callable[[Request], str]) -> None:
        super().__init__()
        self._whose = whose

    def begin(self, request: Request) -> dict[str, Any]:
        """Notes a call with its company."""
        entry = super().begin(request)
        entry["company"] = self._whose(request)
        return entry


@dataclass(slots=True, kw_only=True)
class Company:
    """One company: its side of both systems, and what was sold."""

    name: str
    plan: Plan
    siigo: SiigoCompany
    escala: Operations
    customers: list[str] = field(default_factory=list)
    invoices: list[str] = field(default_factory=list)
    """Names, in the order of their making."""


@dataclass(slots=True, kw_only=True)
class Town:
    """Both systems, our environment, and every company."""

    siigo: SiigoSimulator
    escala: EscalaSimulator
    environment: Environment
    companies: list[Company] = field(default_factory=list)
    enabled_again: list[str] = field(default_factory=list)
    """What was lifted, as a person does: company and code."""

    def settle(self, plans: Sequence[Plan]) -> None:
        """A company for each plan, connected."""
        for number, plan in enumerate(plans):
            name = f"empresa-{number}"
            siigo = self.siigo.add_company(username=f"{name}@empresa.example", access_key="clave-de-ejemplo")
            company = Company(
                name=name, plan=plan, siigo=siigo, escala=self.escala.add_account(f"llave-{name}")
            )
            self.companies.append(company)
            for customer in range(_CUSTOMERS):
                company.customers.append(self._customer(siigo, number, customer))
            for customer in range(2):
                self.sell(company, customer=customer, amount=100_000 * (customer + 1))
            text = _FILE.format(name=name, zone=plan.zone, field=FIELD, schedule=plan.table())
            vault = opening.vault_of(self.environment)
            connect.connect(self.environment, vault, text, environ={}, now=moments.now)

    def _customer(self, siigo: SiigoCompany, number: int, customer: int) -> str:
        made = self.siigo.create_customer(
            company=siigo,
            identification=str(900_100_200 + 100 * number + customer),
            name=[f"Cliente {number}-{customer} SAS"],
            contacts=[
                {
                    "first_name": "Ana",
                    "last_name": "Paz",
                    "email": f"compras{number}-{customer}@cliente.example",
                }
            ],
            phones=[],
        )
        return str(made["id"])

    # What people do.

    def sell(self, company: Company, *, customer: int, amount: int) -> None:
        """A new invoice."""
        buyer = company.customers[customer % _CUSTOMERS]
        with self.siigo.lock:
            made = self.siigo.create_invoice(buyer, total=amount, company=company.siigo)
        company.invoices.append(str(made["name"]))

    def edit(self, company: Company, *, which: int, amount: int) -> None:
        """An invoice says another amount."""
        line = {"code": "INST-01", "quantity": 1, "price": Decimal(amount), "taxes": []}
        with self.siigo.lock:
            name = company.invoices[which % len(company.invoices)]
            self.siigo.edit_invoice(name, items=[line], company=company.siigo)

    def pay(self, company: Company, *, which: int) -> None:
        """An invoice is paid: nothing of its opportunity changes."""
        with self.siigo.lock:
            self.siigo.pay(company.invoices[which % len(company.invoices)], company=company.siigo)

    def ask(self, company: Company, dice: random.Random) -> None:
        """Somebody asks for a run."""
        options = dice.choice(
            (
                Options(),
                Options(sweep=True),
                Options(kind="retry"),
                Options(date_from=moments.now().date(), date_to=moments.now().date()),
                Options(invoices=(company.invoices[-1],)),
            )
        )
        persistent(lambda: requests.ask(self._row(company), options, now=moments.now()))

    def want(self, company: Company) -> None:
        """Somebody asks for an ordinary run."""
        persistent(lambda: requests.ask(self._row(company), Options(), now=moments.now()))

    def cancel(self, company: Company) -> None:
        """Somebody wants the run under way to end, and what waits to be dropped."""
        persistent(lambda: requests.cancel(self._row(company)))

    def paused(self) -> dict[str, str]:
        """Which connections are paused, and by what."""
        rows = models.Connection.objects.exclude(paused="")
        return persistent(lambda: dict(rows.values_list("name", "paused")))

    def enable(self, name: str) -> bool:
        """`enable`: a probe, then every pause is lifted. Whether both systems answered."""

        def lifted() -> bool:
            connection = models.Connection.objects.get(name=name)
            access.begin_anew(connection)
            opened = opening.open_connection(self.environment, name)
            pair = opening.client_pair(
                opened, opened.connection, calls=Calls(), listener=Listener(), now=moments.now
            )
            try:
                pair.siigo.users()
                pair.escala.pipelines()
            except RemoteError:
                return False
            finally:
                pair.close()
            self.enabled_again.append(f"{name} {connection.paused}")
            access.resume(connection)
            other_writer.accept(connection, now=moments.now())
            return True

        return persistent(lifted)

    def _row(self, company: Company) -> models.Connection:
        return models.Connection.objects.get(name=company.name)

    # What is there.

    def arrivals(self) -> Mapping[str, Sequence[float]]:
        """The moments of all calls, by system and company, oldest first; epoch seconds."""
        found: dict[str, list[float]] = defaultdict(list)
        for system, app in (("siigo", self.siigo), ("escala", self.escala)):
            for call in app.calls.entries():
                found[f"{system} {call['company']}"].append(call["at"])
        return {account: sorted(at) for account, at in found.items()}

    def deals(self, company: Company) -> list[tuple[str, str, str]]:
        """Every opportunity of a company: first word of its name, value, whose contact."""
        with self.escala.lock:
            state = company.escala.account.state()
        whose = {one["id"]: str(one["custom"].get(FIELD)) for one in state["contacts"]}
        return sorted(
            (deal["name"].split()[0], f"{Decimal(str(deal['value'])):.2f}", whose.get(deal["contactId"], ""))
            for deal in state["deals"]
        )

    def wanted(self, company: Company) -> list[tuple[str, str, str]]:
        """What its opportunities must be, by its invoices in Siigo."""
        with self.siigo.lock:
            return sorted(
                (one["name"], f"{Decimal(one['total']):.2f}", str(one["customer"]["identification"]))
                for one in company.siigo.invoices.values()
            )


def persistent(work: Callable[[], T]) -> T:
    """Does it, again and again while the database is out of reach."""
    deadline = moments.Deadline(60)
    while True:
        try:
            return work()
        except (DatabaseError, InterfaceError):
            connections.close_all()
            if deadline.passed():
                raise
            moments.pause(0.2)


@contextmanager
def standing(variables: Mapping[str, str]) -> Iterator[Town]:
    """Both systems on ports of their own; nobody lives there yet."""
    siigo, escala = SiigoSimulator(), EscalaSimulator()
    siigo.calls = _Log(lambda request: _siigo_user(siigo, request))
    escala.calls = _Log(lambda request: request.headers.get("x-api-key", "").removeprefix("llave-"))
    servers = [serving.start(app, latency_s=0.02) for app in (siigo, escala)]
    addresses = {
        "SIIGO_ESCALA_SIIGO_URL": servers[0].url,
        "SIIGO_ESCALA_ESCALA_URL": servers[1].url,
    }
    try:
        yield Town(siigo=siigo, escala=escala, environment=env.read({**variables, **addresses}))
    finally:
        for server in servers:
            server.stop()


def _siigo_user(siigo: SiigoSimulator, request: Request) -> str:
    if request.path.strip("/") == "auth":
        user = str((request.json() or {}).get("username"))
    else:
        token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        user = next((one.username for one in siigo.companies if token in one.tokens), "?")
    return user.partition("@")[0]
