"""Invoices in full: the document in Siigo, the opportunity and the contact in Escala, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from siigo_escala.cli import output, report, setup
from siigo_escala.cli.demo_business import NAME

if TYPE_CHECKING:
    from siigo_escala.config.env import Environment
    from siigo_escala.domain.accounting import Customer, Invoice
    from siigo_escala.domain.crm import Contact, Deal
    from siigo_escala.store import models
    from siigo_escala.sync.clients import Clients

Lines = list[str]


def outcomes(environment: Environment, names: Sequence[str]) -> None:
    """What became of some invoices: where they stand and why."""
    from siigo_escala.domain import money
    from siigo_escala.sync import opening
    from siigo_escala.sync import report as reporting

    connection = opening.open_connection(environment, NAME).connection
    rows = {row["invoice"]: row for row in reporting.rows_of(connection) if row["invoice"] in names}
    output.table(
        [("Factura", "left"), ("Cómo quedó", "left"), ("Pesos", "right"), ("Motivo", "left")],
        [
            [
                name,
                report.PARTS[rows[name]["status"]],
                money.to_pesos(Decimal(rows[name]["value"])),
                _title(rows[name]["code"]),
            ]
            for name in names
            if name in rows
        ],
    )


def three(environment: Environment, *, first: str) -> None:
    """Three invoices that show something: `first`, one with retentions, one with discounts or the newest."""
    from siigo_escala.sync import opening
    from siigo_escala.sync.account import Calls
    from siigo_escala.sync.session import Listener

    opened = opening.open_connection(environment, NAME)
    pair = opening.client_pair(opened, opened.connection, calls=Calls(), listener=Listener(), now=setup.now)
    try:
        for row in _chosen(first):
            _show(row, pair)
    finally:
        pair.close()


def _chosen(first: str) -> list[models.Invoice]:
    from siigo_escala.domain import records
    from siigo_escala.store import models

    sent = list(models.Invoice.objects.filter(deal_id__isnull=False).order_by("-date", "-pk"))
    chosen = [row for row in sent if row.name == first]
    wanted: tuple[Callable[[Invoice], bool], ...] = (
        lambda invoice: bool(invoice.retentions),
        lambda invoice: bool(invoice.discounts) or any(line.discount for line in invoice.lines),
        lambda invoice: len(invoice.lines) > 1,
        lambda _: True,
    )
    for fits in wanted:
        more = (row for row in sent if row not in chosen and fits(records.to_invoice(row.record)))
        chosen += [found for found in [next(more, None)] if found is not None]
    return chosen[:3]


def _show(row: models.Invoice, pair: Clients) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from siigo_escala.domain import records
    from siigo_escala.store import models

    known = models.KnownCustomer.objects.filter(siigo_id=row.customer_id).first()
    customer = records.to_customer(known.record) if known is not None else None
    deal, contact = pair.escala.deal(row.deal_id or ""), pair.escala.contact(row.contact_id)
    parts = (
        ("Factura en Siigo", _invoice_lines(records.to_invoice(row.record), customer)),
        ("Oportunidad en Escala", _deal_lines(deal)),
        ("Contacto en Escala", _contact_lines(contact)),
    )
    table = Table(box=box.ROUNDED, expand=True)
    for title, _ in parts:
        table.add_column(title, ratio=1, overflow="fold")
    table.add_row(*[Text("\n".join(lines)) for _, lines in parts])
    output.console().print(table)


def _invoice_lines(invoice: Invoice, customer: Customer | None) -> Lines:
    from siigo_escala.domain import money

    lines = [invoice.name, f"Fecha: {_day(invoice.date)}", f"Vence: {_day(invoice.due_date)}"]
    if customer is not None:
        lines += [f"Cliente: {' '.join(customer.names)}", f"Identificación: {customer.identification}"]
    for line in invoice.lines:
        quantity = money.figure_to_spanish(line.quantity) if line.quantity is not None else "?"
        price = money.to_pesos(line.price) if line.price is not None else "?"
        lines.append(f"· {quantity} × {line.description or line.code} a {price}")
    taxes = [tax for line in invoice.lines for tax in line.taxes]
    for name in dict.fromkeys(tax.name for tax in [*taxes, *invoice.retentions]):
        value = sum((tax.value for tax in [*taxes, *invoice.retentions] if tax.name == name), Decimal(0))
        lines.append(f"{name}: {money.to_pesos(value)}")
    lines.append(f"Total: {money.to_pesos(invoice.total or Decimal(0))}")
    return [output.clean(line) for line in lines]


def _deal_lines(deal: Deal) -> Lines:
    from siigo_escala.domain import money
    from siigo_escala.store import models

    skus = dict(models.KnownProduct.objects.values_list("product_id", "sku"))
    lines = [deal.name, f"Valor: {money.to_pesos(deal.value or Decimal(0))}", f"Dueño: {deal.owner}"]
    for line in deal.lines or ():
        quantity = money.figure_to_spanish(line.quantity) if line.quantity is not None else "?"
        lines.append(f"· {quantity} × {skus.get(line.product_id, line.product_id)}")
    lines += [f"{_field(key)}: {value}" for key, value in deal.custom.items()]
    lines += ["", *(deal.description or "").splitlines()]
    return [output.clean(line) for line in lines]


def _contact_lines(contact: Contact) -> Lines:
    lines = [
        f"Nombre: {' '.join(part for part in (contact.first_name, contact.last_name) if part)}",
        f"Empresa: {contact.company_name or '—'}",
        f"Correo: {', '.join(contact.emails) or '—'}",
        f"Teléfono: {', '.join(contact.phones) or '—'}",
        f"Dueño: {contact.owner}",
    ]
    lines += [f"{_field(key)}: {value}" for key, value in contact.custom.items()]
    return [output.clean(line) for line in lines]


def _field(key: str) -> str:
    from siigo_escala.sync import fields

    return fields.described(key, entity="", sample="").name


def _day(day: object) -> str:
    from datetime import date

    return day.strftime("%d/%m/%Y") if isinstance(day, date) else "—"


def _title(code: str | None) -> str:
    from siigo_escala.domain import reasons

    return reasons.catalogue[reasons.Code(code)].title if code else ""
