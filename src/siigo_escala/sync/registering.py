"""Products of an opportunity: which lines go along, and registering those that Escala lacks."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from siigo_escala.domain.accounting import InvoiceLine
from siigo_escala.domain.crm import ProductDraft, ProductId
from siigo_escala.domain.mapping import invoice_to_deal
from siigo_escala.sync import drafts, products
from siigo_escala.sync.session import Session
from siigo_escala.sync.step import Step


def register_products(session: Session, steps: Sequence[Step]) -> None:
    """Registers the codes that Escala lacks, where the rules say so; the steps then know them."""
    if session.file.opportunities.products != "register":
        return
    for code, line in _missing(steps).items():
        if code in session.products_refused:
            continue
        session.check_stop()
        session.prove()
        product_id = products.register(session, _draft(session, code, line))
        if product_id is None:
            # Another batch brings the same code again: once a run is enough.
            session.products_refused.add(code)
            continue
        session.tally.products_registered += 1
        for step in steps:
            step.products = {**step.products, code: product_id}
    drafts.prepare(session, steps)


def count_lines(
    session: Session, step: Step, *, predicted: bool = False, without_products: bool = False
) -> None:
    """Adds an opportunity's lines to the account: sent, and those whose code Escala lacks."""
    wanted = session.file.opportunities.products
    if wanted == "none":
        return
    lines = step.lines
    if without_products:
        session.tally.products_missing += lines.attached + lines.missing
        return
    if predicted and wanted == "register":
        for code in _missing([step]):
            if code not in session.products_planned:
                session.products_planned.add(code)
                session.tally.products_registered += 1
        readable = invoice_to_deal.lines(
            step.item.invoice, products=step.products | dict.fromkeys(_missing([step]), ProductId(""))
        )
        session.tally.products_attached += readable.attached
        session.tally.products_missing += readable.missing
        return
    session.tally.products_attached += lines.attached
    session.tally.products_missing += lines.missing


def _missing(steps: Sequence[Step]) -> dict[str, InvoiceLine]:
    """Codes without a product, with the first line that names each."""
    found: dict[str, InvoiceLine] = {}
    for step in steps:
        for line in step.item.invoice.lines:
            code = line.code.strip()
            if code and len(code) <= 40 and code not in step.products:
                found.setdefault(code, line)
    return found


def _draft(session: Session, code: str, line: InvoiceLine) -> ProductDraft:
    return ProductDraft(
        sku=code,
        name=line.description.strip() or code,
        price=line.price if line.price is not None else Decimal(0),
        currency=session.file.currency,
    )
