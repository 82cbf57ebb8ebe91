"""What a visitor can make happen: an invoice in Siigo, a person in Escala, a network that fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from siigo_escala.domain import money
from siigo_escala.simulators.faults import Fault
from siigo_escala.simulators.siigo import company as companies

if TYPE_CHECKING:
    from siigo_escala.cli.demo_business import Stage

_SHOWN = 12
_QUANTITY_MOST = 1000


class Refused(Exception):
    """It cannot be done; says why, in Spanish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A way in which the network or a system fails; `None` for a simulator that works."""

    word: str
    told: str
    siigo: Fault | None = None
    escala: Fault | None = None


NETWORKS: Mapping[str, Network] = {
    "bien": Network(word="Todo funciona", told="Siigo y Escala responden otra vez."),
    "lenta": Network(
        word="Todo va lento",
        told="Cada respuesta tarda un segundo: hay tiempo de ver el avance y de detenerla.",
        siigo=Fault(kind="slow_before", seconds=1),
        escala=Fault(kind="slow_before", seconds=1),
    ),
    "siigo-caido": Network(
        word="Siigo no responde",
        told="Siigo corta todas las conexiones: la próxima sincronización espera y reintenta.",
        siigo=Fault(kind="drop"),
    ),
    "escala-caido": Network(
        word="Escala no responde",
        told="Escala corta todas las conexiones: lo que falte queda por enviar.",
        escala=Fault(kind="drop"),
    ),
    "respuestas-perdidas": Network(
        word="Escala guarda y calla",
        told="Escala crea una de cada tres oportunidades y no responde: se buscan antes de enviar otra vez.",
        escala=Fault(kind="store_then_lost", method="POST", share=1 / 3),
    ),
    "errores": Network(
        word="Escala falla a ratos",
        told="Escala responde con error 500 a una de cada tres llamadas, a veces después de haber guardado.",
        escala=Fault(kind="store_then_status", share=1 / 3),
    ),
    "limite": Network(
        word="Siigo pide esperar",
        told="Siigo responde 429 a una de cada tres llamadas: se espera lo que pide.",
        siigo=Fault(kind="429_header", share=1 / 3, retry_after=2),
    ),
}


def network(stage: Stage, wanted: str) -> str:
    """From now on the network is so; a sentence that says what follows."""
    chosen = NETWORKS.get(wanted)
    if chosen is None:
        raise Refused("Elija cómo está la red.")
    for app, fault in ((stage.siigo, chosen.siigo), (stage.escala, chosen.escala)):
        app.faults.clear()
        if fault is not None:
            app.faults.add(fault)
    stage.network = wanted
    return chosen.told


def create(stage: Stage, given: Mapping[str, str]) -> str:
    """A new invoice of today."""
    siigo = stage.siigo
    try:
        quantity = Decimal(given.get("cantidad", "1").strip().replace(",", "."))
    except InvalidOperation:
        raise Refused("La cantidad debe ser un número, como 2.") from None
    if not 0 < quantity <= _QUANTITY_MOST:
        raise Refused(f"La cantidad va de 1 a {_QUANTITY_MOST}.")
    with siigo.lock:
        product = next((one for one in products(stage) if one["code"] == given.get("producto")), None)
        customer = next((one for one in customers(stage) if one["id"] == given.get("cliente")), None)
        if product is None or customer is None:
            raise Refused("Elija un cliente y un producto de la lista.")
        line = {
            "code": product["code"],
            "description": product["name"],
            "quantity": quantity,
            "price": _price(product),
            "taxes": [{"id": tax["id"]} for tax in product.get("taxes", [])],
        }
        made = siigo.create_invoice(customer["id"], items=[line])
    return f"Siigo tiene una factura nueva: {made['name']}, por {money.to_pesos(Decimal(made['total']))}."


def edit(stage: Stage, name: str) -> str:
    """One unit more in its first line."""
    record = _found(stage, name)
    lines: list[dict[str, Any]] = [dict(line) for line in record["items"]]
    lines[0]["quantity"] = Decimal(str(lines[0]["quantity"])) + 1
    changed = stage.siigo.edit_invoice(name, items=lines)
    return f"{name} tiene una unidad más y ahora vale {money.to_pesos(Decimal(changed['total']))}."


def annul(stage: Stage, name: str) -> str:
    """Annulled in Siigo."""
    stage.siigo.annul_invoice(_found(stage, name)["name"])
    return f"{name} quedó anulada en Siigo."


def credit(stage: Stage, name: str) -> str:
    """A credit note over all of it."""
    stage.siigo.credit_note(_found(stage, name)["name"])
    return f"{name} tiene una nota crédito por todo su valor."


def credit_partly(stage: Stage, name: str) -> str:
    """A credit note over a quarter of it."""
    quarter = (Decimal(str(_found(stage, name)["total"])) / 4).quantize(Decimal(1))
    stage.siigo.credit_note(name, total=quarter)
    return f"{name} tiene una nota crédito por {money.to_pesos(quarter)}."


def pay(stage: Stage, name: str) -> str:
    """Paid: its balance is gone."""
    stage.siigo.pay(_found(stage, name)["name"])
    return f"{name} está pagada: cambia su saldo, no su oportunidad."


def delete(stage: Stage, name: str) -> str:
    """Gone from Siigo without a trace."""
    stage.siigo.delete_invoice(_found(stage, name)["name"])
    return f"{name} se borró de Siigo."


def rename_deal(stage: Stage, deal_id: str) -> str:
    """A person in Escala gives a deal another name."""
    deal = _deal(stage, deal_id)
    stage.escala.rename_deal(deal_id, f"Importante: {deal['name']}"[:120])
    return f"Alguien renombró en Escala «{deal['name']}»."


def delete_deal(stage: Stage, deal_id: str) -> str:
    """A person in Escala deletes a deal."""
    deal = _deal(stage, deal_id)
    stage.escala.delete_deal(deal_id)
    return f"Alguien borró en Escala «{deal['name']}»: no se vuelve a crear sola."


TO_INVOICE: Mapping[str, tuple[str, Callable[[Stage, str], str]]] = {
    "editar": ("Editar", edit),
    "pagar": ("Pagar", pay),
    "nota-parcial": ("Nota crédito parcial", credit_partly),
    "nota": ("Nota crédito total", credit),
    "anular": ("Anular", annul),
    "borrar": ("Borrar", delete),
}
TO_DEAL: Mapping[str, tuple[str, Callable[[Stage, str], str]]] = {
    "renombrar": ("Renombrar", rename_deal),
    "borrar-oportunidad": ("Borrar", delete_deal),
}


def do(stage: Stage, given: Mapping[str, str]) -> str:
    """Whatever the form asks for; a sentence that says what happened. Refused."""
    asked = given.get("accion", "")
    if asked == "crear":
        return create(stage, given)
    if asked == "red":
        return network(stage, given.get("red", ""))
    if asked in TO_INVOICE:
        with stage.siigo.lock:
            return TO_INVOICE[asked][1](stage, given.get("factura", ""))
    if asked in TO_DEAL:
        with stage.escala.lock:
            return TO_DEAL[asked][1](stage, given.get("oportunidad", ""))
    raise Refused("Elija qué debe pasar.")


def customers(stage: Stage) -> list[dict[str, Any]]:
    """Some of Siigo's customers, to choose from: `id` and `word`."""
    listed = [record for record in stage.siigo.company.customers.values() if record.get("active", True)]
    return [
        {"id": record["id"], "word": f"{' '.join(record['name'])} ({record['identification']})"}
        for record in listed[-40:]
    ]


def products(stage: Stage) -> list[dict[str, Any]]:
    """Siigo's products that have a price."""
    return [record for record in stage.siigo.company.products.values() if _price(record)][:60]


def invoices(stage: Stage) -> list[dict[str, Any]]:
    """The newest invoices in Siigo: `name`, `date`, `total`, `annulled`."""
    with stage.siigo.lock:
        listed = list(stage.siigo.company.invoices.values())
    listed.sort(key=lambda record: (record["date"], record["number"]), reverse=True)
    return [
        {key: record[key] for key in ("name", "date", "annulled")} | {"total": Decimal(str(record["total"]))}
        for record in listed[:_SHOWN]
    ]


def deals(stage: Stage) -> list[dict[str, Any]]:
    """The newest opportunities in Escala: `id`, `name`, `value`."""
    with stage.escala.lock:
        listed = stage.escala.account.deals.table.all()
    listed.sort(key=lambda record: str(record["created"]), reverse=True)
    return [
        {key: record[key] for key in ("id", "name")} | {"value": Decimal(str(record["value"]))}
        for record in listed[:_SHOWN]
    ]


def _price(product: Mapping[str, Any]) -> Decimal:
    for listed in product.get("prices") or []:
        for price in listed.get("price_list") or []:
            return Decimal(str(price["value"]))
    return Decimal(0)


def _found(stage: Stage, name: str) -> dict[str, Any]:
    try:
        return companies.find(stage.siigo.company, "invoices", name)
    except ValueError:
        raise Refused(f"Siigo ya no tiene la factura «{name}».") from None


def _deal(stage: Stage, deal_id: str) -> dict[str, Any]:
    found = stage.escala.account.deals.table.get(deal_id)
    if found is None:
        raise Refused("Esa oportunidad ya no está en Escala.")
    return dict(found)
