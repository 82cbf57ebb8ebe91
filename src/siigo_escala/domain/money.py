"""Amounts of money: pesos from any currency, what an invoice is worth, and how amounts are written.

Everything is `Decimal`, rounded half up to cents once, at the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Literal

from siigo_escala.domain.accounting import CreditNote, Currency, Invoice, InvoiceLine

ValueKind = Literal["total", "gross", "subtotal"]

TOO_LARGE = Decimal(10) ** 13
"""From here on a figure is no amount of money but a mistake."""

#: Retentions that Siigo has taken off `total`; an Autorretencion does not reduce it.
TAKEN_OFF = ("Retefuente", "ReteIVA", "ReteICA")

_CENT = Decimal("0.01")
_MILLIONTH = Decimal("0.000001")
_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)


def pesos(amount: Decimal, currency: Currency | None) -> Decimal:
    """`amount` in pesos, rounded half up to cents; 0.00 where it is no amount of money.

    Not finite, or of 10**13 pesos and more, is no amount.
    """
    found = _in_pesos(amount, currency)
    return Decimal("0.00") if found is None else found


def value_of(invoice: Invoice, kind: ValueKind) -> Decimal | None:
    """What the invoice is worth in pesos; None where a needed number is missing or no amount of money.

    total: Siigo's own figure, net of retentions. gross: that plus Retefuente, ReteIVA and ReteICA.
    subtotal: the sum of the lines' bases. Source: docs/reference/siigo-api.md, section 3.6.
    """
    amount = _amount(invoice, kind)
    return None if amount is None else _in_pesos(amount, invoice.currency)


def is_amount(number: Decimal) -> bool:
    """Whether a figure can be an amount of money: finite and below `TOO_LARGE`, whatever its sign."""
    return number.is_finite() and abs(number) < TOO_LARGE


def line_base(line: InvoiceLine) -> Decimal | None:
    """Quantity x price - discount, rounded to cents, in the document's currency; None where unreadable."""
    if line.quantity is None or line.price is None:
        return None
    if not all(map(is_amount, (line.quantity, line.price, line.discount))):
        return None
    base = _WIDE.subtract(_WIDE.multiply(line.quantity, line.price), line.discount)
    return round_cents(base) if is_amount(base) else None


def credited(notes: Iterable[CreditNote], invoice: Invoice) -> Decimal:
    """What credit notes take off an invoice's total, in pesos."""
    known = (
        (pesos(note.total, note.currency), note.currency.code if note.currency else "", note.total)
        for note in notes
        if note.total is not None and is_amount(note.total)
    )
    return taken_off(known, invoice, value_of(invoice, "total") or Decimal(0))


def taken_off(notes: Iterable[tuple[Decimal, str, Decimal]], invoice: Invoice, value: Decimal) -> Decimal:
    """What credit notes take off `value`, the invoice's value in pesos by the rules: their share of its
    total, and all of it just where nothing of the total is left.

    `notes`: each in pesos at its own rate, its foreign currency ("": none) and its amount in that. Those in
    the invoice's currency are summed up in it and count by the invoice's rate: rates change from day to day.
    """
    own = others = Decimal("0.00")
    for in_pesos, code, amount in notes:
        if _is_of(code, invoice.currency):
            own += amount
        else:
            others += in_pesos
    taken, whole = others + pesos(own, invoice.currency), value_of(invoice, "total")
    if whole is None or whole <= 0 or value <= 0 or whole == value:
        return taken
    return share(value, taken, whole)


def noted(in_pesos: Decimal, code: str, amount: Decimal, currency: Currency | None) -> Decimal:
    """A credit note in pesos as its invoice counts it: by the rate of `currency`, the invoice's, where the
    note is in it; else `in_pesos`, by its own. `code` and `amount` as in `taken_off`.
    """
    return pesos(amount, currency) if _is_of(code, currency) else in_pesos


def share(value: Decimal, taken: Decimal, whole: Decimal) -> Decimal:
    """As much of `value` as `taken` is of `whole`, to the cent; all of it just where `taken` is the whole."""
    if taken >= whole:
        return value
    return min(round_cents(_WIDE.divide(_WIDE.multiply(value, taken), whole)), value - _CENT)


def is_credited_whole(notes: Iterable[CreditNote], invoice: Invoice) -> bool:
    """Whether nothing is left of an invoice; taken for so where an amount cannot be told."""
    known, total = list(notes), value_of(invoice, "total")
    if total is None or not all(_is_told(note, invoice.currency) for note in known):
        return True
    return credited(known, invoice) >= total


def round_cents(amount: Decimal) -> Decimal:
    """`amount` rounded half up to cents."""
    return amount.quantize(_CENT, context=_WIDE)


def to_text(amount: Decimal) -> str:
    """An amount for machines: "1234567.50"."""
    return f"{_unsigned_zero(round_cents(amount)):f}"


def to_spanish(amount: Decimal) -> str:
    """An amount for people, as Colombia writes it: "1.234.567,50"."""
    return _swap(f"{_unsigned_zero(round_cents(amount)):,f}")


def to_pesos(amount: Decimal) -> str:
    """An amount of pesos for people: "$ 1.234.567,50"."""
    written = to_spanish(amount)
    return f"-$ {written[1:]}" if written.startswith("-") else f"$ {written}"


def figure_to_spanish(number: Decimal) -> str:
    """A rate or percentage for people, six decimals at most and no idle zeros: "4.012,55", "19"."""
    written = f"{_unsigned_zero(number.quantize(_MILLIONTH, context=_WIDE)):,f}"
    return _swap(written.rstrip("0").rstrip("."))


def _amount(invoice: Invoice, kind: ValueKind) -> Decimal | None:
    if kind == "subtotal":
        bases = [base for line in invoice.lines if (base := line_base(line)) is not None]
        complete = bases and len(bases) == len(invoice.lines)
        return sum(bases, Decimal(0)) if complete else None
    if invoice.total is None or kind == "total":
        return invoice.total
    taxes = [tax for line in invoice.lines for tax in line.taxes] + list(invoice.retentions)
    taken = [tax.value for tax in taxes if tax.kind in TAKEN_OFF]
    if not all(map(is_amount, [invoice.total, *taken])):
        return None
    return sum(taken, invoice.total)


def _is_told(note: CreditNote, currency: Currency | None) -> bool:
    """Whether an amount can be told: a rate of its own or the invoice's is needed for foreign currency."""
    if note.total is None or not is_amount(note.total):
        return False
    if note.currency is None or note.currency.rate > 0:
        return True
    return _is_of(note.currency.code, currency)


def _is_of(code: str, currency: Currency | None) -> bool:
    """Whether a note in this foreign currency is in its invoice's, whose rate then serves."""
    return currency is not None and code == currency.code


def _in_pesos(amount: Decimal, currency: Currency | None) -> Decimal | None:
    rate = Decimal(1) if currency is None else currency.rate
    if not (is_amount(amount) and is_amount(rate) and rate > 0):
        return None
    product = _WIDE.multiply(amount, rate)
    if not is_amount(product):
        return None
    rounded = round_cents(product)
    return _unsigned_zero(rounded) if is_amount(rounded) else None


def _unsigned_zero(amount: Decimal) -> Decimal:
    return amount or abs(amount)


def _swap(written: str) -> str:
    return written.translate(str.maketrans(",.", ".,"))
