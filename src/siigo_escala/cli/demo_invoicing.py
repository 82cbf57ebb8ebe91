"""The demonstration of the other direction: won opportunities become draft invoices."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from siigo_escala.cli import demo_business, output, report
from siigo_escala.cli.demo_business import Stage

if TYPE_CHECKING:
    from siigo_escala.sync.session import Options

_FEW, BEFORE = 12, 3
_FIELD = "cf_deal_numero_de_factura_hqpe_text"


def file(on: Stage) -> str:
    """The connection file of this direction: the same accounts, and what invoices are made with."""
    from siigo_escala.simulators import data_escala

    company = on.siigo.company
    kind = next(one for one in company.document_types if one["type"] == "FV" and one["active"])
    payment = next(one for one in company.catalogues["payment_types"] if one["due_date"])
    seller = next(one for one in company.users if one["active"])
    return f"""name = "{demo_business.NAME}"
direction = "opportunities_to_invoices"

[siigo]
username = "{company.username}"
access_key = "{company.access_key}"

[escala]
api_key = "{on.escala.api_key}"

[invoices]
trigger_pipeline = "Ventas"
trigger_stage = "Ganada"
document_type = {kind["id"]}
payment_type = {payment["id"]}
seller = "{seller["email"]}"
on_value_difference = "lines"
default_city = "11001"
identification_field = "{data_escala.IDENTIFICATION_FIELD}"
number_field = "{_FIELD}"
"""


def story(on: Stage, *, connect: Callable[[], None], run: Callable[[Options], None]) -> None:
    """From what stood there before to the accounts."""
    from siigo_escala.sync.session import Options

    _title("1. Un Siigo y un Escala simulados, con ventas ganadas de antes")
    old = sell(on, BEFORE, first="Venta de antes")
    output.say(f"En la etapa «Ganada» de Escala ya hay {len(old)} oportunidades: no se facturan solas.")
    connect()
    _title("2. El equipo gana ventas nuevas en Escala")
    won = win(on)
    output.say(f"{len(won) + 1} oportunidades llegan a la etapa; a una le falta el contacto.")
    _title("3. Simulacro: qué facturaría, sin escribir nada")
    run(Options(dry_run=True))
    _title("4. Se hacen las facturas, en borrador")
    run(Options())
    _title("5. Alguien mueve las oportunidades y las devuelve: nada se factura otra vez")
    for deal in won[:3]:
        on.escala.move_deal(deal, "Prospecto")
        on.escala.move_deal(deal, "Ganada")
    run(Options())
    _title("6. Las cuentas: cada oportunidad, en cantidad y en pesos")
    _report()


def win(on: Stage) -> list[str]:
    """The team wins some; one more lacks its contact."""
    won = sell(on, _FEW, first="Venta")
    on.escala.create_deal(name="Venta sin contacto", value=90000, stage="Ganada")
    return won


def _happen(on: Stage) -> list[tuple[str, str]]:
    """Deals are moved and come back, one changes its value, and an invoice is annulled in Siigo."""
    from siigo_escala.store.models import Opportunity

    made = list(Opportunity.objects.filter(siigo_id__isnull=False).order_by("pk")[:3])
    told = []
    for one, what in zip(made, ("moved", "edited", "annulled"), strict=False):
        match what:
            case "moved":
                on.escala.move_deal(one.deal_id, "Prospecto")
                on.escala.move_deal(one.deal_id, "Ganada")
                told.append((one.name, "sale de la etapa y vuelve: no se factura otra vez"))
            case "edited":
                on.escala.edit_deal(one.deal_id, {"value": int(one.value) + 50000})
                told.append((one.name, "cambia de valor en Escala, ya facturada"))
            case _:
                on.siigo.annul_invoice(str(one.siigo_id))
                told.append((one.name, f"su factura {one.invoice} se anula en Siigo"))
    return told


HAPPENING = demo_business.Happening(head="Oportunidad", where="Escala y Siigo", happen=_happen)


def sell(on: Stage, count: int, *, first: str) -> list[str]:
    """So many won opportunities of contacts with identification, of one or two products each."""
    from siigo_escala.simulators import data_escala

    state = on.escala.state()
    known = on.siigo.company.product_codes()
    products = [one for one in state["products"] if one["sku"] in known]
    contacts = [one for one in state["contacts"] if one["custom"].get(data_escala.IDENTIFICATION_FIELD)]
    for one in contacts[:-1]:
        # So that a customer whom Siigo lacks can be registered; the last one waits for its address.
        place = {"address": "Calle 10 # 5-20", "city": "Bogotá"}
        on.escala.edit_contact(one["id"], {"personal": place})
    made = []
    for at in range(count):
        chosen = [products[at % len(products)], products[(at * 5 + 1) % len(products)]][: 1 + at % 2]
        lines = [{"productId": one["id"], "quantity": 1 + at % 3} for one in chosen]
        value = sum((Decimal(str(one["price"])) * (1 + at % 3) for one in chosen), Decimal(0))
        made.append(_deal(on, f"{first} {at + 1}", contacts[at % len(contacts)]["id"], value, lines))
    return made


def _deal(on: Stage, name: str, contact: str, value: Decimal, lines: list[dict[str, Any]]) -> str:
    return on.escala.create_deal(name=name, contact_id=contact, value=value, stage="Ganada", products=lines)


def _title(text: str) -> None:
    output.say(f"\n{text}\n{'─' * min(len(text), output.width())}")


def _report() -> None:
    from siigo_escala.cli import directions, stored

    connection = stored.named(demo_business.NAME)
    report.show(directions.ledger(connection).report(connection, date_from=None, date_to=None))
