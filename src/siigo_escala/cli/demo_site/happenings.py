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
_MORE = 50_000
"""Pesos by which a person changes a deal."""
WON, OPEN = "Ganada", "Prospecto"
"""The stage that makes invoices, and the one in which deals begin."""


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
    siigo, quantity = stage.siigo, _quantity(given)
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


def sell(stage: Stage, given: Mapping[str, str]) -> str:
    """A new opportunity of a contact, for a product that both systems have; won at once, or not yet."""
    quantity = _quantity(given)
    with stage.escala.lock:
        contact = next((one for one in contacts(stage) if one["id"] == given.get("contacto")), None)
        product = next((one for one in wares(stage) if one["sku"] == given.get("articulo")), None)
        if contact is None or product is None:
            raise Refused("Elija un contacto y un producto de la lista.")
        place = WON if given.get("ganada") else OPEN
        value = Decimal(str(product["price"])) * quantity
        name = f"{product['name']} para {contact['word']}"
        stage.escala.create_deal(
            name=name[:120],
            contact_id=contact["id"],
            value=value,
            stage=place,
            products=[{"productId": product["id"], "quantity": quantity}],
        )
    return f"Escala tiene una oportunidad nueva en «{place}»: «{name[:120]}», por {money.to_pesos(value)}."


def win_deal(stage: Stage, deal_id: str) -> str:
    """A person drags a deal to the stage that makes invoices."""
    name = _deal(stage, deal_id)["name"]
    stage.escala.move_deal(deal_id, WON)
    return f"Alguien llevó «{name}» a la etapa «{WON}»."


def give_back(stage: Stage, deal_id: str) -> str:
    """A person drags a deal out of it again."""
    name = _deal(stage, deal_id)["name"]
    stage.escala.move_deal(deal_id, OPEN)
    return f"Alguien devolvió «{name}» a la etapa «{OPEN}»: lo facturado queda facturado."


def raise_value(stage: Stage, deal_id: str) -> str:
    """A person changes what a deal is worth."""
    deal = _deal(stage, deal_id)
    value = Decimal(str(deal["value"])) + _MORE
    stage.escala.edit_deal(deal_id, {"value": value})
    return f"«{deal['name']}» vale ahora {money.to_pesos(value)} en Escala."


TO_INVOICE: Mapping[str, tuple[str, Callable[[Stage, str], str]]] = {
    "editar": ("Editar", edit),
    "pagar": ("Pagar", pay),
    "nota-parcial": ("Nota crédito parcial", credit_partly),
    "nota": ("Nota crédito total", credit),
    "anular": ("Anular", annul),
    "borrar": ("Borrar", delete),
}
OF_BACK = ("ganar", "devolver", "valor")
"""What matters where opportunities become invoices."""
TO_DEAL: Mapping[str, tuple[str, Callable[[Stage, str], str]]] = {
    "ganar": ("Ganar", win_deal),
    "devolver": ("Devolver de etapa", give_back),
    "valor": ("Cambiar el valor", raise_value),
    "renombrar": ("Renombrar", rename_deal),
    "borrar-oportunidad": ("Borrar", delete_deal),
}


def do(stage: Stage, given: Mapping[str, str]) -> str:
    """Whatever the form asks for; a sentence that says what happened. Refused."""
    asked = given.get("accion", "")
    if asked == "crear":
        return create(stage, given)
    if asked == "vender":
        return sell(stage, given)
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


def contacts(stage: Stage) -> list[dict[str, Any]]:
    """Some of Escala's contacts that say who they are: `id` and `word`."""
    from siigo_escala.simulators import data_escala

    field = data_escala.IDENTIFICATION_FIELD
    listed = [one for one in stage.escala.account.contacts.table.all() if one["custom"].get(field)]
    return [{"id": one["id"], "word": _called(one)} for one in listed[-40:]]


def wares(stage: Stage) -> list[dict[str, Any]]:
    """Escala's products that Siigo has, too."""
    known = stage.siigo.company.product_codes()
    listed = [one for one in stage.escala.account.products.table.all() if one["sku"] in known]
    return [one for one in listed if one["price"]][:60]


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
    """The newest opportunities in Escala: `id`, `name`, `value`, and the name of their `stage`."""
    with stage.escala.lock:
        records = stage.escala.account.deals.table.all()
        listed = sorted(records, key=lambda record: str(record["created"]), reverse=True)
        places = {one["id"]: one["name"] for _, one in stage.escala.account.pipelines.stages()}
    return [
        {key: record[key] for key in ("id", "name")}
        | {"value": Decimal(str(record["value"])), "stage": places.get(record["stageId"], "")}
        for record in listed[:_SHOWN]
    ]


def _price(product: Mapping[str, Any]) -> Decimal:
    for listed in product.get("prices") or []:
        for price in listed.get("price_list") or []:
            return Decimal(str(price["value"]))
    return Decimal(0)


def _called(contact: Mapping[str, Any]) -> str:
    personal = contact.get("personal", {})
    person = f"{personal.get('firstName', '')} {personal.get('lastName', '')}".strip()
    return str(contact.get("company", {}).get("name") or person or contact["id"])


def _quantity(given: Mapping[str, str]) -> Decimal:
    try:
        quantity = Decimal(given.get("cantidad", "1").strip().replace(",", "."))
    except InvalidOperation:
        raise Refused("La cantidad debe ser un número, como 2.") from None
    if not quantity.is_finite() or not 0 < quantity <= _QUANTITY_MOST:
        raise Refused(f"La cantidad va de 1 a {_QUANTITY_MOST}.")
    return quantity


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
