"""An Escala deal ("oportunidad") as the invoice that it becomes in Siigo.

Every doubt ends with a person: what cannot be translated for certain is NeedsAttention with its reason.
Source: docs/reference/siigo-api.md, sections 3.6 and 3.7.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b32encode
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from siigo_escala.domain import money, text, totals
from siigo_escala.domain.accounting import SellerId
from siigo_escala.domain.crm import Deal, DealId, DealLine
from siigo_escala.domain.planning import NeedsAttention
from siigo_escala.domain.reasons import Code
from siigo_escala.domain.selling import LINE_TAXES, Basis, InvoiceDraft, LineDraft, SiigoProduct, TaxRate

_MARKER = re.compile(r"\[escala:(?P<deal>[^\s:\[\]]+):(?P<generation>[0-9]{1,9})\]")
_CODE = re.compile(r"[^\s']{1,30}")
_KEY_LETTERS = 28
_NAME_LIMIT = 300
_DESCRIPTION_LIMIT = 200
_MOST_LINES = 500


def key(deal_id: DealId | str, generation: int) -> str:
    """The Idempotency-Key: letters and digits, 30 at most; a deal's id is unique in the world."""
    digest = hashlib.sha256(f"escala:{deal_id}:{generation}".encode()).digest()
    return "SE" + b32encode(digest).decode("ascii")[:_KEY_LETTERS]


def marker(deal_id: DealId | str, generation: int) -> str:
    """What the invoice's observations end with: how it is found again, whatever became of the answer."""
    return f"[escala:{deal_id}:{generation}]"


def generations_in(observations: str, deal_id: DealId | str) -> list[int]:
    """The generations of this deal that an invoice's observations name."""
    return [
        int(found["generation"]) for found in _MARKER.finditer(observations) if found["deal"] == str(deal_id)
    ]


def is_marked(observations: str) -> bool:
    """Whether an invoice was made of some deal."""
    return _MARKER.search(observations) is not None


def codes_of(deal: Deal, basis: Basis) -> list[str]:
    """Siigo codes of the products that this deal's invoice would have, each once."""
    rules = basis.rules
    codes = {rules.single_item.strip(): None} if rules.single_item.strip() else {}
    if rules.lines == "products":
        for line in deal.lines or ():
            product = basis.escala_products.get(line.product_id)
            if product is not None and _CODE.fullmatch(product.sku.strip()):
                codes[product.sku.strip()] = None
    return list(codes)


def draft(
    deal: Deal, *, customer: str, branch: int, generation: int, basis: Basis, today: date
) -> InvoiceDraft | NeedsAttention:
    """The invoice of a deal. `customer` is Siigo's own identification of it, `today` the day in Bogotá."""
    lines = lines_of(deal, basis)
    if isinstance(lines, NeedsAttention):
        return lines
    rules, kind = basis.rules, basis.document_type
    total = totals.total(lines, kind)
    if total <= 0:
        return _invalid("el total", total)
    needs_due = basis.payment_type.needs_due_date
    return InvoiceDraft(
        document_type=kind.id,
        date=today,
        customer=customer,
        branch=branch,
        seller=seller_of(deal, basis),
        seller_by_item=kind.seller_by_item,
        lines=tuple(lines),
        payment_type=basis.payment_type.id,
        due_date=today + timedelta(days=rules.due_days) if needs_due else None,
        total=total,
        observations=_observations(deal, generation),
        cost_center=rules.cost_center or None,
        warehouse=rules.warehouse or None,
        stamp=rules.stamp,
    )


def seller_of(deal: Deal, basis: Basis) -> SellerId:
    """The Siigo seller linked with the deal's owner, else the rules' own."""
    return basis.sellers.get(deal.owner.strip().casefold(), basis.seller)


def lines_of(deal: Deal, basis: Basis) -> list[LineDraft] | NeedsAttention:
    """The invoice's lines: the deal's products, or one line over its value, as the rules say."""
    value = deal.value
    if value is None or not money.is_amount(value) or value <= 0:
        return _invalid("el valor de la oportunidad", value)
    if basis.rules.lines == "single":
        return _single(value, basis)
    if len(deal.lines or ()) > _MOST_LINES:
        return _invalid(f"el número de productos (Siigo admite {_MOST_LINES})", None)
    lines: list[LineDraft] = []
    for one in deal.lines or ():
        line = _line(one, basis)
        if isinstance(line, NeedsAttention):
            return line
        lines.append(line)
    typed = totals.as_typed(lines)
    if typed == money.round_cents(value) or (lines and basis.rules.on_value_difference == "lines"):
        return lines
    if basis.rules.on_value_difference == "single":
        return _single(value, basis)
    return NeedsAttention(
        code=Code.VALUE_DIFFERS, data={"value": money.to_text(value), "before": money.to_text(typed)}
    )


def _single(value: Decimal, basis: Basis) -> list[LineDraft] | NeedsAttention:
    code = basis.rules.single_item.strip()
    product = basis.siigo_products.get(code)
    if product is None or not product.active:
        return _unknown(f"«{code}»", product, sku=code)
    return [_drafted(product, quantity=Decimal(1), price=money.round_cents(value), basis=basis)]


def _line(line: DealLine, basis: Basis) -> LineDraft | NeedsAttention:
    known = basis.escala_products.get(line.product_id)
    if known is None:
        return _unknown(f"el producto {line.product_id} ya no está en Escala", None)
    code = known.sku.strip()
    if not _CODE.fullmatch(code):
        return _unknown(f"«{known.name}», que no tiene en Escala un SKU que sirva de código", None)
    product = basis.siigo_products.get(code)
    if product is None or not product.active:
        return _unknown(f"«{code}»", product, sku=code)
    quantity, price = line.quantity, known.price
    if quantity is None or not money.is_amount(quantity) or quantity <= 0 or _too_fine(quantity, "0.01"):
        told = (
            ""
            if quantity is None
            else f", que es {quantity}: Siigo admite hasta dos decimales, de 0,01 en adelante"
        )
        return _invalid(f"la cantidad de «{code}»{told.replace('.', ',')}", None)
    if price is None or not money.is_amount(price) or price <= 0 or _too_fine(price, "0.000001"):
        return _invalid(f"el precio de «{code}»", price)
    return _drafted(product, quantity=quantity, price=price, basis=basis)


def _drafted(product: SiigoProduct, *, quantity: Decimal, price: Decimal, basis: Basis) -> LineDraft:
    return LineDraft(
        code=product.code,
        description=text.line(product.name, limit=_DESCRIPTION_LIMIT),
        quantity=quantity,
        price=price,
        taxed=basis.rules.price_includes_taxes,
        taxes=tuple(_taxes(product, basis)),
    )


def _taxes(product: SiigoProduct, basis: Basis) -> Sequence[TaxRate]:
    """Those of the product, or those that the rules name; an exempt or excluded product has no IVA."""
    free = product.classification != "Taxed"
    if basis.rules.taxes == "product":
        return () if free else [tax for tax in product.taxes if tax.kind in LINE_TAXES]
    named = [basis.taxes[one] for one in basis.rules.taxes if one in basis.taxes]
    return [tax for tax in named if not (free and tax.kind == "IVA")]


def _observations(deal: Deal, generation: int) -> str:
    """The deal's name for people, without what looks like a marker, then ours."""
    name = _MARKER.sub("", text.line(deal.name, limit=_NAME_LIMIT)).strip()
    return f"Oportunidad de Escala: {name}\n{marker(deal.id, generation)}"


def _too_fine(number: Decimal, step: str) -> bool:
    return number != number.quantize(Decimal(step))


def _invalid(what: str, number: Decimal | None) -> NeedsAttention:
    shown = {} if number is None else {"value": str(number)}
    return NeedsAttention(code=Code.VALUE_INVALID, data={"field": what, **shown})


def _unknown(what: str, product: SiigoProduct | None, *, sku: str = "") -> NeedsAttention:
    """`sku`: the code that Siigo would have to know; "" where only Escala can be put right."""
    told = what if product is None else f"{what}, que está inactivo"
    return NeedsAttention(
        code=Code.PRODUCT_UNKNOWN_IN_SIIGO, data={"product": told} | ({"sku": sku} if sku else {})
    )
