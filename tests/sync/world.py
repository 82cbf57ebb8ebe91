"""One company in Siigo, one account in Escala, a connection between them: what tests of the run stand on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from siigo_escala.config import env
from siigo_escala.config.env import Environment
from siigo_escala.domain import rules
from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from siigo_escala.store import models
from siigo_escala.sync import connect, opening, report, run
from siigo_escala.sync.run import Result
from siigo_escala.sync.session import Listener, Options
from tests.sync.hurry import Hurried, Hurry

FIELD = "cf_contact_cedula_kwzt_text"

FILE = """
name = "acme"
[siigo]
username = "api@empresa.example"
access_key = "clave-de-ejemplo"
[escala]
api_key = "llave-de-ejemplo"
[opportunities]
pipeline = "Ventas"
stage = "Prospecto"
identification_field = "{field}"
{more}
"""


@dataclass(slots=True)
class World:
    """Both systems, our environment, and a clock that tests may move (`now_offset`)."""

    siigo: SiigoSimulator
    escala: EscalaSimulator
    environment: Environment
    now_offset: timedelta = timedelta(0)
    said: list[str] = field(default_factory=list)

    def now(self) -> datetime:
        """Our clock."""
        return datetime.now(UTC) + self.now_offset

    def today(self) -> date:
        """The day at the company: from seven in the evening on it is not the day by UTC."""
        return self.now().astimezone(ZoneInfo("America/Bogota")).date()

    def pass_time(self, **spans: float) -> None:
        """Moves all three clocks on."""
        span = timedelta(**spans)
        self.now_offset += span
        self.siigo.clock.advance(span.total_seconds())
        self.escala.clock.advance(span.total_seconds())

    def wait_for_morning(self) -> None:
        """The next six o'clock at the company, so that hours may pass before its day ends."""
        zone = ZoneInfo("America/Bogota")
        now = self.now().astimezone(zone)
        morning = datetime.combine(now.date() + timedelta(days=1), time(6), zone)
        self.pass_time(seconds=(morning - now).total_seconds() % 86400)

    def file(self, more: str = "", *, tables: str = "") -> str:
        """The connection file; `more` goes into [opportunities], `tables` after it."""
        return FILE.format(field=FIELD, more=more) + tables

    def connect(self, more: str = "", *, tables: str = "") -> models.Connection:
        """Connects with these rules."""
        text = self.file(more, tables=tables)
        connect.connect(self.environment, opening.vault_of(self.environment), text, environ={}, now=self.now)
        return models.Connection.objects.get(name=rules.parse(text).name)

    def sync(
        self,
        *,
        name: str = "acme",
        stop: threading.Event | None = None,
        plan: Callable[[dict[str, Any]], bool] = lambda _: True,
        **options: Any,
    ) -> Result:
        """One run in this process; `stop`, where given, waits as it likes."""
        listener = Listener(say=self.said.append, stop=stop, plan=plan) if stop else self.listener(plan=plan)
        opened = opening.open_connection(self.environment, name)
        return run.run(opened, Options(**options), listener, now=self.now)

    def listener(self, *, plan: Callable[[dict[str, Any]], bool] = lambda _: True) -> Listener:
        """Hears a run that waits for the settle time by moving all three clocks on."""
        return Hurried(say=self.said.append, stop=Hurry(self.pass_time), plan=plan)

    def configured(self, **values: Any) -> None:
        """Changes the environment for what follows."""
        self.environment = replace(self.environment, **values)

    def customer(self, number: int = 0, **fields: Any) -> dict[str, Any]:
        """A customer of its own identification, e-mail and name."""
        base: dict[str, Any] = {
            "identification": str(900100200 + number),
            "name": [f"Empresa {number} SAS"],
            "contacts": [
                {"first_name": "Ana", "last_name": "Paz", "email": f"compras{number}@empresa.example"}
            ],
            "phones": [],
        }
        return self.siigo.create_customer(**(base | fields))

    def invoices(self, count: int, *, customers: int = 1, **fields: Any) -> list[dict[str, Any]]:
        """So many invoices over so many customers."""
        made = [self.customer(number) for number in range(customers)]
        return [
            self.siigo.create_invoice(made[number % customers]["id"], **fields) for number in range(count)
        ]

    # What is there in the end.

    def deals(self) -> list[dict[str, Any]]:
        """Every deal of the Escala account."""
        return list(self.escala.state()["deals"])

    def contacts(self) -> list[dict[str, Any]]:
        """Every contact of the Escala account."""
        return list(self.escala.state()["contacts"])

    def deal_of(self, invoice_name: str) -> dict[str, Any]:
        """The one deal that names this invoice."""
        found = [deal for deal in self.deals() if invoice_name in deal["name"].split()]
        assert len(found) == 1, f"{len(found)} deals name {invoice_name}"
        return found[0]

    def rows(self) -> dict[str, models.Invoice]:
        """The ledger by invoice name."""
        return {row.name: row for row in models.Invoice.objects.filter(connection__name="acme")}

    def row(self, name: str) -> models.Invoice:
        """One row of the ledger."""
        return models.Invoice.objects.get(connection__name="acme", name=name)

    def report(self) -> dict[str, Any]:
        """The whole ledger as `report` shows it."""
        return report.report(models.Connection.objects.get(name="acme"), date_from=None, date_to=None)

    def end_state(self) -> list[tuple[Any, ...]]:
        """What must be equal after a disturbed and an undisturbed life: deals, values, whose they are."""
        identification = {
            contact["id"]: contact.get("custom", {}).get(FIELD, contact["personal"].get("email"))
            for contact in self.contacts()
        }
        deals = sorted(
            (deal["name"], f"{Decimal(str(deal['value'])):.2f}", str(identification.get(deal["contactId"])))
            for deal in self.deals()
        )
        contacts = sorted(("contact", str(identification[contact["id"]])) for contact in self.contacts())
        ledger = sorted(
            ("ledger", row["invoice"], row["status"], row["code"], row["value"])
            for row in self.report()["rows"]
        )
        return [*deals, *contacts, *ledger]


def counts(result: Result) -> dict[str, int]:
    """The columns of a run that are not zero."""
    invoices: Mapping[str, int] = result.document["invoices"]
    parts = sum(count for key, count in invoices.items() if key != "read")
    assert invoices["read"] == parts, "the account of the run does not add up"
    total = sum(Decimal(value) for key, value in result.document["value"].items() if key != "read")
    assert total == Decimal(result.document["value"]["read"])
    return {key: count for key, count in invoices.items() if count}


def codes(result: Result) -> list[str]:
    """The codes of a run's problems."""
    return sorted(problem["code"] for problem in result.document["problems"])


def from_variables(variables: Mapping[str, str]) -> Environment:
    """The environment as the program reads it."""
    return env.read(variables)
