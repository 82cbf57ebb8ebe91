"""One invoice as both systems know it: side by side, with what its value is made of, and its history."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from siigo_escala.domain import money, records
from siigo_escala.domain.accounting import Invoice as Record
from siigo_escala.domain.crm import Contact
from siigo_escala.domain.mapping import breakdown
from siigo_escala.domain.reasons import Code
from siigo_escala.store import models
from siigo_escala.store.models import Connection, Invoice
from siigo_escala.web.queries import credit_notes, left_over, rows
from siigo_escala.web.queries.credit_notes import Noted
from siigo_escala.web.templatetags.words import identification, pesos

Mark = Literal["igual", "distinto", "de su equipo", ""]
MOST_LINES, MOST_EVENTS = 20, 50
_EVENTS = {
    "decided": "Decidida según sus reglas",
    "contact_intent": "Se va a crear el contacto",
    "contact_created": "Contacto creado",
    "contact_exists": "El contacto ya existía",
    "contact_unknown": "Escala no respondió al crear el contacto",
    "intent": "Se va a crear la oportunidad",
    "created": "Oportunidad creada",
    "updated": "Oportunidad actualizada",
    "adopted": "Enlazada con una oportunidad que ya existía",
    "settled": "Buscada en Escala",
    "resolved": "Decisión de una persona",
    "refused": "Escala la rechazó",
    "unknown": "Escala no respondió",
}
_DECISIONS = {
    "deal": "es esta oportunidad",
    "contact": "es este contacto",
    "create": "crear una nueva",
    "ignore": "no crearla",
    "done": "ya está resuelta en Escala",
    "": "reintentar",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One fact of both sides."""

    name: str
    siigo: str
    escala: str
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One line of the history."""

    event: models.InvoiceEvent
    what: str
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """All there is to see of an invoice."""

    row: rows.Row
    record: Record | None
    pairs: list[Pair]
    breakdown: list[str]
    history: list[Happened]
    more_history: bool
    notes: list[Noted]
    share: Decimal | None
    """What the notes take off the value, where that is not their sum: the value is not the total then."""
    by_total: bool
    """Whether the value is the total, by the rules."""
    total: Decimal | None
    """Of Siigo, in pesos."""
    deal: models.KnownDeal | None
    balance: Decimal | None


def shown(company: Connection, invoice: Invoice, *, whole: bool = False) -> Shown:
    """The page of an invoice that carries `shown`; `whole`: however long its history."""
    record = records.to_invoice(invoice.record) if invoice.record.get("id") else None
    deal = _deal(company, invoice)
    (row,) = rows.shown(company, [invoice])
    events = list(invoice.events.order_by("-at", "-pk")[: None if whole else MOST_EVENTS + 1])
    notes, by_total = credit_notes.of_invoice(company, invoice, record), credit_notes.by_total(company)
    told = sum((one.value for one in notes), Decimal(0))
    return Shown(
        row=row,
        record=record,
        pairs=_pairs(company, invoice, row, deal, record),
        breakdown=breakdown.lines(record) if record is not None else [],
        history=[_happened(event) for event in (events if whole else events[:MOST_EVENTS])],
        more_history=not whole and len(events) > MOST_EVENTS,
        notes=notes,
        share=None if by_total or told == invoice.credited else invoice.credited,
        by_total=by_total,
        total=money.value_of(record, "total") if record is not None else None,
        deal=deal,
        balance=_balance(invoice),
    )


def contacts(company: Connection, ids: list[str]) -> list[Contact]:
    """Contacts of Escala as last read, in the order asked for."""
    known = models.KnownContact.objects.filter(escala_id=company.escala_id, contact_id__in=ids)
    found = {row.contact_id: records.to_contact(row.record) for row in known if row.record.get("id")}
    return [found[one] for one in ids if one in found]


def deals(company: Connection, ids: list[str]) -> list[models.KnownDeal]:
    """Deals of Escala as last read, in the order asked for."""
    known = {
        row.deal_id: row
        for row in models.KnownDeal.objects.filter(escala_id=company.escala_id, deal_id__in=ids)
    }
    return [known[one] for one in ids if one in known]


def stage_name(company: Connection, stage_id: str) -> str:
    """A stage as people call it."""
    for pipeline in company.escala.pipelines:
        for stage in pipeline.get("stages", ()):
            if str(stage["id"]) == stage_id:
                return f"{pipeline['name']} › {stage['name']}"
    return stage_id


def contact_name(contact: Contact) -> str:
    """How a contact is called."""
    return contact.company_name or f"{contact.first_name} {contact.last_name}".strip() or str(contact.id)


def _pairs(
    company: Connection, invoice: Invoice, row: rows.Row, deal: models.KnownDeal | None, record: Record | None
) -> list[Pair]:
    contact = next(iter(contacts(company, [invoice.contact_id])), None) if invoice.contact_id else None
    there = invoice.deal_id is not None
    sent = Decimal(str(invoice.applied["value"])) if "value" in invoice.applied else None
    now = deal.value if deal is not None and not _written_since(invoice, deal) else sent
    lines = len(record.lines) if record is not None else 0
    applied_lines = invoice.applied.get("lines")
    stage = stage_name(company, deal.stage_id) if deal is not None else ""
    field = company.file.get("opportunities", {}).get("identification_field", "")
    stored = str(contact.custom.get(field, "")) if contact is not None else ""
    return [
        Pair(name="Cliente", siigo=row.customer, escala=contact_name(contact) if contact else "", mark=""),
        Pair(
            name="Identificación",
            siigo=identification(invoice.customer),
            escala=stored,
            mark=_same(stored.strip() == invoice.customer.strip()) if stored else "",
        ),
        Pair(name="Vendedor y dueño", siigo=row.seller, escala=row.owner if there else "", mark=""),
        Pair(
            name="Valor",
            siigo=_value(invoice),
            escala=pesos(now) if there and now is not None else "",
            mark=_mark(company, invoice, now) if there and now is not None else "",
        ),
        Pair(
            name="Etapa",
            siigo="",
            escala=stage if there else "",
            mark="de su equipo" if there and deal is not None and deal.stage_id != company.stage_id else "",
        ),
        Pair(
            name="Productos",
            siigo=f"{lines} líneas" if lines != 1 else "1 línea",
            escala=_products(applied_lines) if there else "",
            mark="",
        ),
    ]


def _value(invoice: Invoice) -> str:
    less = f", menos {pesos(invoice.credited)} por nota crédito" if invoice.credited else ""
    return f"{pesos(invoice.value)}{less}"


def _mark(company: Connection, invoice: Invoice, now: Decimal) -> Mark:
    """By what Conciliación goes by: credited pesos that it may hold are no difference."""
    least = max(invoice.value - invoice.credited, Decimal(0))
    if left_over.subtracts(company) and invoice.code != Code.INVOICE_CREDITED_PARTLY:
        return _same(now == least)
    # Between the two, a person has chosen the value.
    return "de su equipo" if least < now < invoice.value else _same(now in (least, invoice.value))


def _written_since(invoice: Invoice, deal: models.KnownDeal) -> bool:
    """Whether we wrote to it after Escala was looked at last."""
    return invoice.events.filter(kind__in=("created", "updated"), at__gte=deal.seen_at).exists()


def _products(applied: Any) -> str:
    count = len(applied) if isinstance(applied, list) else applied
    return f"{count} con código en Escala" if isinstance(count, int) else ""


def _same(same: bool) -> Mark:
    return "igual" if same else "distinto"


def _deal(company: Connection, invoice: Invoice) -> models.KnownDeal | None:
    if invoice.deal_id is None:
        return None
    return models.KnownDeal.objects.filter(escala_id=company.escala_id, deal_id=invoice.deal_id).first()


def _balance(invoice: Invoice) -> Decimal | None:
    try:
        return money.round_cents(Decimal(invoice.balance)) if invoice.balance else None
    except ArithmeticError:
        return None


def _happened(event: models.InvoiceEvent) -> Happened:
    what = _EVENTS.get(event.kind, event.kind.replace("_", " ").capitalize())
    more = ""
    if event.kind == "resolved":
        more = _DECISIONS.get(str(event.data.get("decision", "")), "")
    elif event.code:
        more = rows.title_of(event.code)
    return Happened(event=event, what=what, more=more)
