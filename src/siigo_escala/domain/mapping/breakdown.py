"""What a deal's value is made of, in a few readable lines: discounts, taxes, retentions, foreign currency."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from siigo_escala.domain import money, text
from siigo_escala.domain.accounting import Adjustment, Invoice, Tax, TaxKind

LABELS = ("Descuentos", "Cargos", "Impuestos", "Retenciones", "Moneda")
"""What each line begins with, in this order, followed by a colon."""

_NAMES: dict[TaxKind, str] = {"AdValorem": "Ad valorem", "Autorretencion": "Autorretención"}
_RETENTIONS = (*money.TAKEN_OFF, "Autorretencion")
_NAME_LIMIT = 60
_MOST_PARTS = 8


def lines(invoice: Invoice) -> list[str]:
    """The lines that say something about this invoice, in its own currency; none for a plain sale."""
    taxes = [tax for line in invoice.lines for tax in line.taxes] + list(invoice.retentions)
    parts = (
        [*_line_discounts(invoice), *_adjustments(invoice, invoice.discounts)],
        _adjustments(invoice, invoice.charges),
        _taxes(invoice, [tax for tax in taxes if tax.kind not in _RETENTIONS]),
        _taxes(invoice, [tax for tax in taxes if tax.kind in _RETENTIONS]),
        _currency(invoice),
    )
    return [f"{label}: {_joined(some)}" for label, some in zip(LABELS, parts, strict=True) if some]


def _line_discounts(invoice: Invoice) -> list[str]:
    total = sum((line.discount for line in invoice.lines if money.is_amount(line.discount)), Decimal(0))
    return [f"en líneas {_amount(invoice, total)}"] if total else []


def _adjustments(invoice: Invoice, adjustments: Iterable[Adjustment]) -> list[str]:
    return [
        f"{_named(item.name or 'global', item.percentage)} {_amount(invoice, item.value)}"
        for item in adjustments
        if _counts(item.value)
    ]


def _taxes(invoice: Invoice, taxes: Iterable[Tax]) -> list[str]:
    """One part for each kind and rate, its values added up."""
    sums: dict[tuple[str, Decimal | None, bool], Decimal] = {}
    for tax in taxes:
        if _counts(tax.value):
            name = tax.name if tax.kind == "other" else _NAMES.get(tax.kind, tax.kind)
            rate = tax.percentage if tax.percentage is not None and _counts(tax.percentage) else None
            key = (name or "otro", rate, tax.kind == "ReteICA")
            sums[key] = sums.get(key, Decimal(0)) + tax.value
    return [
        f"{_named(name, rate, per_mil=per_mil)} {_amount(invoice, value)}"
        for (name, rate, per_mil), value in sums.items()
    ]


def _currency(invoice: Invoice) -> list[str]:
    if invoice.currency is None:
        return []
    code, rate = text.line(invoice.currency.code, limit=10), invoice.currency.rate
    total, pesos = invoice.total, money.value_of(invoice, "total")
    known = (
        []
        if total is None or pesos is None
        else [f"total {_amount(invoice, total)} = {money.to_pesos(pesos)}"]
    )
    at = money.figure_to_spanish(rate) if money.is_amount(rate) else "(tasa ilegible)"
    return [f"{code} a {at} pesos", *known]


def _amount(invoice: Invoice, amount: Decimal) -> str:
    if invoice.currency is None:
        return money.to_pesos(amount)
    return f"{text.line(invoice.currency.code, limit=10)} {money.to_spanish(amount)}"


def _named(name: str, rate: Decimal | None, *, per_mil: bool = False) -> str:
    """ReteICA's rate is per mil: 9,66 ‰ is 0,966 %."""
    short = text.line(name, limit=_NAME_LIMIT)
    if rate is None or not _counts(rate):
        return short
    return f"{short} {money.figure_to_spanish(rate)} {'‰' if per_mil else '%'}"


def _counts(number: Decimal) -> bool:
    return money.is_amount(number) and number != 0


def _joined(parts: list[str]) -> str:
    shown = "; ".join(parts[:_MOST_PARTS])
    return shown if len(parts) <= _MOST_PARTS else f"{shown}; y {len(parts) - _MOST_PARTS} más"
