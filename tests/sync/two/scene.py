"""A company whose won opportunities become invoices in Siigo: what tests of this direction stand on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from siigo_escala.domain import rules
from siigo_escala.simulators.faults import Fault
from siigo_escala.store import models
from siigo_escala.sync import connect, opening
from siigo_escala.sync.invoicing import report
from siigo_escala.sync.run import Result
from tests.sync.world import FIELD, World

FILE = """
name = "{name}"
direction = "opportunities_to_invoices"
[siigo]
username = "api@empresa.example"
access_key = "clave-de-ejemplo"
[escala]
api_key = "llave-de-ejemplo"
[invoices]
trigger_pipeline = "Ventas"
trigger_stage = "Ganada"
document_type = 24446
payment_type = 5636
seller = "ventas@laceiba.example"
identification_field = "{field}"
{more}
"""
BOTH = Decimal("1.19")


@dataclass(slots=True)
class Scene:
    """The world with its rules turned round."""

    world: World
    products: dict[str, str] = field(default_factory=dict)

    def file(self, more: str = "", *, tables: str = "", name: str = "acme") -> str:
        """The connection file; `more` goes into [invoices]."""
        return FILE.format(field=FIELD, more=more, name=name) + tables

    def connect(self, more: str = "", *, tables: str = "", name: str = "acme") -> models.Connection:
        """Connects, or connects again, with these rules; the second until the activation passes at once."""
        world = self.world
        text = self.file(more, tables=tables, name=name)
        connect.connect(
            world.environment,
            opening.vault_of(world.environment),
            text,
            environ={},
            now=world.now,
            wait=lambda seconds: world.pass_time(seconds=seconds),
        )
        return models.Connection.objects.get(name=rules.parse(text).name)

    def sync(self, **options: Any) -> Result:
        """One run."""
        return self.world.sync(**options)

    def product(self, sku: str, price: Decimal | int | str = 85000) -> str:
        """A product of Escala, made where it is not there yet; its id."""
        if sku not in self.products:
            self.products[sku] = self.world.escala.add_product(sku, f"Producto {sku}", price=price)
        return self.products[sku]

    def contact(self, identification: str = "900482137", **fields: Any) -> str:
        """A contact with this identification; its id."""
        custom = {FIELD: identification} if identification else {}
        return self.world.escala.create_contact(**({"first_name": "Marcela", "custom": custom} | fields))

    def deal(
        self,
        contact: str | None = None,
        *,
        lines: Iterable[tuple[str, Any]] = (("CAF-500", 2),),
        value: Decimal | int | str = 170000,
        stage: str = "Ganada",
        name: str = "Venta de café",
        **fields: Any,
    ) -> str:
        """An opportunity in this stage: two bags of coffee unless told otherwise; its id."""
        products = [{"productId": self.product(sku), "quantity": quantity} for sku, quantity in lines]
        return self.world.escala.create_deal(
            name=name, contact_id=contact, value=value, stage=stage, products=products, **fields
        )

    def ready(self, more: str = "", *, tables: str = "") -> str:
        """A connected company with its customer in both systems; the contact's id."""
        self.world.siigo.create_customer()
        contact = self.contact()
        self.connect(more, tables=tables)
        return contact

    # What is there in the end.

    def invoices(self) -> list[dict[str, Any]]:
        """Every invoice of the Siigo company."""
        table = self.world.siigo.company.invoices
        return [table[one] for one in table]

    def row(self, deal_id: str) -> models.Opportunity:
        """One row of the ledger."""
        return models.Opportunity.objects.get(connection__name="acme", deal_id=deal_id)

    def report(self) -> dict[str, Any]:
        """The whole ledger as `report` shows it."""
        connection = models.Connection.objects.get(name="acme")
        return report.report(connection, date_from=None, date_to=None)


def on_invoices(**fault: Any) -> Fault:
    """A fault of the call that makes an invoice."""
    return Fault(method="POST", path="/v1/invoices", **fault)


def on_customers(**fault: Any) -> Fault:
    """A fault of the call that registers a customer."""
    return Fault(method="POST", path="/v1/customers", **fault)


def counts(result: Result) -> dict[str, int]:
    """The columns of a run that are not zero; the account must add up."""
    parts = result.document["opportunities"]
    assert parts["read"] == sum(count for key, count in parts.items() if key != "read")
    value = result.document["value"]
    assert Decimal(value["read"]) == sum(Decimal(one) for key, one in value.items() if key != "read")
    return {key: count for key, count in parts.items() if count}


def codes(result: Result) -> list[str]:
    """The codes of a run's problems."""
    return sorted(problem["code"] for problem in result.document["problems"])
