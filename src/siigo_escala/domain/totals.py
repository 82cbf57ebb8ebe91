"""What Siigo works out of an invoice's lines, to the cent (docs/reference/siigo-api.md, 3.6 and 3.7).

base = quantity x price - discount, rounded; each tax a share of the base, rounded; a price with taxes gives
the price before them to six decimals. Retefuente is taken off the total.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal

from siigo_escala.domain.accounting import DocumentType, TaxKind
from siigo_escala.domain.selling import LineDraft

_ADDED: tuple[TaxKind, ...] = ("IVA", "Impoconsumo", "AdValorem")
_CENT = Decimal("0.01")
_WHOLE = Decimal(1)
_PRICE_STEP = Decimal("0.000001")
_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)


def total(lines: Iterable[LineDraft], kind: DocumentType) -> Decimal:
    """The total of a document of this type with these lines; whole pesos where the type has no decimals."""
    step = _CENT if kind.decimals else _WHOLE
    return _rounded(sum((_with_taxes(line, kind) for line in lines), Decimal(0)), step)


def as_typed(lines: Iterable[LineDraft]) -> Decimal:
    """Quantity x price of every line as the opportunity shows it, rounded to cents."""
    amounts = (_rounded(_WIDE.multiply(line.quantity, line.price), _CENT) for line in lines)
    return sum(amounts, Decimal(0))


def _with_taxes(line: LineDraft, kind: DocumentType) -> Decimal:
    full = _WIDE.multiply(line.quantity, _price(line))
    discount = _share(full, line.discount) if kind.discount_by_percentage else line.discount
    base = _rounded(full - _rounded(discount, _CENT), _CENT)
    effect = base
    for tax in line.taxes:
        value = _rounded(_share(base, tax.percentage), _CENT)
        effect += value if tax.kind in _ADDED else -value
    return effect


def _price(line: LineDraft) -> Decimal:
    if not line.taxed:
        return line.price
    added = sum((tax.percentage for tax in line.taxes if tax.kind in _ADDED), Decimal(0))
    return _rounded(_WIDE.divide(line.price, 1 + added / 100), _PRICE_STEP)


def _share(base: Decimal, percentage: Decimal) -> Decimal:
    return _WIDE.divide(_WIDE.multiply(base, percentage), Decimal(100))


def _rounded(amount: Decimal, step: Decimal) -> Decimal:
    return amount.quantize(step, context=_WIDE)
