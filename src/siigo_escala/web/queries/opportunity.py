"""One opportunity and its invoice as both systems know them: side by side, with its history."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from siigo_escala.domain import records
from siigo_escala.domain.reasons import Code
from siigo_escala.store import models
from siigo_escala.store.models import Connection, Invoicing, Opportunity, OpportunityEvent
from siigo_escala.sync.invoicing import report
from siigo_escala.web.queries import opportunities, rows
from siigo_escala.web.queries.invoice import contact_name, stage_name
from siigo_escala.web.templatetags.words import identification, pesos

MOST_EVENTS = 50
_EVENTS = {
    "decided": "Decidida según sus reglas",
    "intent": "Se va a hacer la factura",
    "invoiced": "Factura hecha",
    "adopted": "Enlazada con la factura que ya tenía",
    "resolved": "Decisión de una persona",
    "refused": "Siigo la rechazó",
    "unknown": "Siigo no respondió",
    "absent": "Se comprobó que no quedó en Siigo",
    "anew": "Se prepara otro envío",
    "again": "Se factura otra vez",
    "total_corrected": "Se ajusta el total al de Siigo",
    "number_written": "Número escrito en Escala",
    "number_refused": "El número no se pudo escribir en Escala",
}
_DECISIONS = {
    "create": "facturarla",
    "ignore": "no facturarla",
    "done": "ya está resuelta",
    "again": "facturarla otra vez",
}
_MASK = "•••"
_PERSONAL = ("identification", "email", "phone", "address", "first_name", "last_name", "name", "number")
_NUMBERS = re.compile(r"\d{6,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One fact of both sides; `mark` in words."""

    name: str
    escala: str
    siigo: str
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One line of the history. `raw`: what was sent or answered, masked."""

    event: OpportunityEvent
    what: str
    more: str
    title: str
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """All there is to see of an opportunity."""

    row: opportunities.Row
    sentence: str
    pairs: list[Pair]
    history: list[Happened]
    more_history: bool
    earlier: list[str]
    """Numbers of its invoices that were undone before."""


def shown(company: Connection, one: Opportunity, *, whole: bool = False) -> Shown:
    """The page of an opportunity; `whole`: however long its history."""
    events = list(one.events.order_by("-at", "-pk")[: None if whole else MOST_EVENTS + 1])
    (row,) = opportunities.shown(company, [one])
    return Shown(
        row=row,
        sentence=_sentence(one, row),
        pairs=_pairs(company, one),
        history=[_happened(event) for event in (events if whole else events[:MOST_EVENTS])],
        more_history=not whole and len(events) > MOST_EVENTS,
        earlier=[str(gone["invoice"]) for gone in one.earlier],
    )


def masked(raw: str) -> str:
    """What was sent or answered without who it is about: the shape and the amounts stay."""
    try:
        return json.dumps(_masked(json.loads(raw)), ensure_ascii=False, indent=1)
    except ValueError:
        return _NUMBERS.sub(_MASK, raw)


def _masked(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _masked(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner, key) for inner in value]
    if key in _PERSONAL:
        return _MASK
    return _NUMBERS.sub(_MASK, value) if isinstance(value, str) else value


def _sentence(one: Opportunity, row: opportunities.Row) -> str:
    match one.state:
        case Invoicing.INVOICED if one.undone in report.GONE:
            return f"Su factura {one.invoice} ya no está en pie en Siigo."
        case Invoicing.INVOICED:
            draft = ", en borrador" if one.stamp.casefold() == opportunities.DRAFT.casefold() else ""
            return f"Tiene la factura {one.invoice} en Siigo{draft}."
        case Invoicing.SENDING:
            return "La factura se envió y Siigo no respondió: se busca antes de enviar otra vez."
        case Invoicing.PENDING:
            return "Todavía no tiene factura: sale en la próxima sincronización."
        case _:
            return row.why


def _pairs(company: Connection, one: Opportunity) -> list[Pair]:
    known = models.KnownDeal.objects.filter(escala_id=company.escala_id, deal_id=one.deal_id).first()
    contact = _contact(company, known.contact_id if known is not None else one.contact_id)
    field = company.file.get("invoices", {}).get("identification_field", "")
    stored = str(contact.custom.get(field, "")) if contact is not None else ""
    value = known.value if known is not None and known.value is not None else one.value
    invoiced = one.siigo_id is not None
    then = _value_then(one)
    same = "igual" if value == then else "distinto"
    return [
        Pair(name="Nombre y número", escala=one.name or one.deal_id, siigo=one.invoice),
        Pair(
            name="Cliente",
            escala=contact_name(contact) if contact is not None else "",
            siigo=identification(one.customer) if invoiced else "",
        ),
        Pair(name="Identificación", escala=stored, siigo=one.customer if invoiced else ""),
        Pair(
            name="Valor al facturar",
            escala=pesos(value),
            siigo=pesos(then) if invoiced else "",
            mark=same if invoiced else "",
        ),
        Pair(
            name="Total de la factura",
            escala="",
            siigo=pesos(one.total) if invoiced and one.total else "",
            mark="con impuestos" if invoiced and one.total else "",
        ),
        Pair(
            name="Etapa",
            escala=stage_name(company, known.stage_id if known is not None else one.stage_id),
            siigo="",
        ),
    ]


def _value_then(one: Opportunity) -> Decimal:
    """The value that was invoiced: where a person has seen to another one since, the history knows it."""
    then: Decimal = one.invoiced_value
    if one.invoiced_at is None:
        return then
    edits = one.events.filter(code=Code.OPPORTUNITY_EDITED, kind="decided", at__gte=one.invoiced_at)
    first = edits.order_by("pk").first()
    return then if first is None else Decimal(str(first.data["before"]))


def _contact(company: Connection, contact_id: str) -> Any:
    found = models.KnownContact.objects.filter(escala_id=company.escala_id, contact_id=contact_id).first()
    return records.to_contact(found.record) if found is not None and found.record.get("id") else None


def _happened(event: OpportunityEvent) -> Happened:
    more = ""
    if event.kind == "resolved":
        more = _DECISIONS.get(str(event.data.get("decision", "")), "")
    elif event.code:
        more = rows.title_of(event.code)
    elif event.kind in ("invoiced", "adopted"):
        more = str(event.data.get("invoice", ""))
    return Happened(
        event=event,
        what=_EVENTS.get(event.kind, event.kind.replace("_", " ").capitalize()),
        more=more,
        title="Lo que se envió" if event.kind == "intent" else "Lo que respondió Siigo",
        raw=masked(event.raw) if event.raw else "",
    )
