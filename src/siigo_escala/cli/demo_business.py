"""The demonstration's invented company: both simulators, its connection file, what happens in Siigo."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from siigo_escala.simulators.data import Company
    from siigo_escala.simulators.escala.simulator import EscalaSimulator
    from siigo_escala.simulators.siigo.simulator import SiigoSimulator

NAME = "demo"
_DAYS = 365
_LEAST = 5
"""Invoices that business needs to happen to."""


@dataclass(slots=True, kw_only=True)
class Stage:
    """Both simulators, serving. `file`: the connection file that joins them."""

    siigo: SiigoSimulator
    escala: EscalaSimulator
    siigo_url: str
    escala_url: str
    file: str
    network: str = "bien"
    """How the network between them and us is, as the visitor chose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Something a person did in Siigo."""

    invoice: str
    what: str


@contextmanager
def stage(size: int, *, today: date, latency_s: float) -> Iterator[Stage]:
    """Both simulators with the invented company, on free ports, for as long as one is inside."""
    from siigo_escala.simulators import data, serving
    from siigo_escala.simulators.escala.simulator import EscalaSimulator
    from siigo_escala.simulators.siigo.simulator import SiigoSimulator

    company = data.company(seed=7, invoices=size, today=today, days=_DAYS)
    siigo, escala = SiigoSimulator(), EscalaSimulator()
    data.load_siigo(siigo, company)
    data.load_escala(escala, company)
    servers = [serving.start(app, latency_s=latency_s) for app in (siigo, escala)]
    try:
        yield Stage(
            siigo=siigo,
            escala=escala,
            siigo_url=servers[0].url,
            escala_url=servers[1].url,
            file=_file(company, siigo, api_key=escala.api_key, start=today - timedelta(days=_DAYS + 1)),
        )
    finally:
        for server in servers:
            server.stop()


def sent_names() -> list[str]:
    """Invoices that are opportunities by now, newest first."""
    from siigo_escala.store import models

    return list(
        models.Invoice.objects.filter(deal_id__isnull=False, currency="COP", code="")
        .order_by("-date", "-pk")
        .values_list("name", flat=True)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What happens between the two synchronisations of the demonstration in the browser."""

    head: str
    """Of the column of what it happens to."""
    where: str
    happen: Callable[[Stage], list[tuple[str, str]]]
    """Makes it happen; what it happened to and what it was, row by row."""


def happen(on: Stage, sent: Sequence[str]) -> list[Happened]:
    """An edit, an annulment, two credit notes and two new invoices; `sent` are opportunities by now."""
    if len(sent) < _LEAST:
        return []
    siigo, (edited, annulled, credited, partly, paid) = on.siigo, sent[:_LEAST]
    record = _invoice(siigo, edited)
    lines: list[dict[str, Any]] = [dict(line) for line in record["items"]]
    lines[0]["quantity"] = Decimal(str(lines[0]["quantity"])) + 1
    siigo.edit_invoice(edited, items=lines)
    siigo.annul_invoice(annulled)
    siigo.credit_note(credited)
    siigo.credit_note(partly, total=(Decimal(str(_invoice(siigo, partly)["total"])) / 4).quantize(Decimal(1)))
    siigo.pay(paid)
    again = siigo.create_invoice(record["customer"]["id"], items=[_line(lines[0])], seller=record["seller"])
    buyer = siigo.create_customer(
        identification="901456789",
        check_digit="3",
        name=["Café La Ceiba S.A.S."],
        commercial_name="Café La Ceiba",
        contacts=[
            {
                "first_name": "Lucía",
                "last_name": "Arango",
                "email": "compras@laceiba.example",
                "phone": {"indicative": "57", "number": "3009876543", "extension": ""},
            }
        ],
    )
    new = siigo.create_invoice(buyer["id"], items=[_line(lines[0])], seller=record["seller"])
    return [
        Happened(invoice=edited, what="Editada: una unidad más en la primera línea"),
        Happened(invoice=annulled, what="Anulada"),
        Happened(invoice=credited, what="Nota crédito por toda la factura"),
        Happened(invoice=partly, what="Nota crédito por la cuarta parte"),
        Happened(invoice=paid, what="Pagada: cambia el saldo, no la oportunidad"),
        Happened(invoice=again["name"], what="Nueva, de un cliente conocido"),
        Happened(invoice=new["name"], what="Nueva, de un cliente nuevo: «Café La Ceiba»"),
    ]


def _invoice(siigo: SiigoSimulator, name: str) -> dict[str, Any]:
    from siigo_escala.simulators.siigo import company

    return company.find(siigo.company, "invoices", name)


def _line(line: dict[str, Any]) -> dict[str, Any]:
    """A new line of the same product at the same price."""
    return {
        "code": line["code"],
        "description": line["description"],
        "quantity": 2,
        "price": line["price"],
        "taxes": [{"id": tax["id"]} for tax in line["taxes"]],
    }


def _file(company: Company, siigo: SiigoSimulator, *, api_key: str, start: date) -> str:
    from siigo_escala.simulators import data_escala

    sellers = "\n".join(f'"{seller}" = "{owner}"' for seller, owner in company.sellers.items())
    return f"""name = "{NAME}"

[siigo]
username = "{siigo.company.username}"
access_key = "{siigo.company.access_key}"

[escala]
api_key = "{api_key}"

[opportunities]
pipeline = "Ventas"
stage = "Prospecto"
default_owner = "{company.owners[-1]}"
identification_field = "{data_escala.IDENTIFICATION_FIELD}"
number_field = "cf_deal_numero_de_factura_hqpe_text"
date_field = "cf_deal_fecha_wbnx_text"
due_field = "cf_deal_vencimiento_tmrc_text"
start = "{start.isoformat()}"

[sellers]
{sellers}
"""


HAPPENING = Happening(
    head="Factura",
    where="Siigo",
    happen=lambda on: [(one.invoice, one.what) for one in happen(on, sent_names())],
)
