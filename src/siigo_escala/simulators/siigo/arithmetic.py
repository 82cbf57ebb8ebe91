"""What Siigo works out of a document's lines: discounts, taxes, retentions, totals (siigo-api 3.6, 3.7)."""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Record = dict[str, Any]

LINE_TAXES = frozenset({"IVA", "Retefuente", "Impoconsumo", "AdValorem"})
ADDED = frozenset({"IVA", "Impoconsumo", "AdValorem"})
DOCUMENT_RETENTIONS = frozenset({"ReteIVA", "ReteICA", "Autorretencion"})
MOST_TAXES_OF_A_LINE = 3

_CENT = Decimal("0.01")
_WHOLE = Decimal(1)
_PRICE_STEP = Decimal("0.000001")
_HUNDRED = Decimal(100)
_THOUSAND = Decimal(1000)
_NOTHING = Decimal(0)


def complete(
    draft: Mapping[str, Any],
    *,
    taxes: Mapping[int, Mapping[str, Any]],
    decimals: bool = True,
    discount_type: str = "Percentage",
) -> Record:
    """A copy of the draft with its lines' discounts, taxes and totals, its retentions and its total.

    Lines come in the shape of POST (`discount` a number, `taxes` with ids only, `price` or `taxed_price`)
    or in that of answers. Line totals hold IVA and consumption taxes, never retentions. Global discounts
    and charges change `total` only. Without `decimals` line totals and the total are whole pesos; discounts,
    taxes and retentions keep their cents. `discount_type` is Percentage or Value (money of the line).
    ValueError carries the Siigo code of what is wrong: invalid_array, invalid_reference, invalid_retentions,
    invalid_value, invalid_type.
    """
    step = _CENT if decimals else _WHOLE
    subtotal, iva, other = _NOTHING, _NOTHING, _NOTHING
    lines = []
    for line in draft.get("items") or ():
        completed, base, vat, effect = _line(line, taxes=taxes, step=step, discount_type=discount_type)
        lines.append(completed)
        subtotal += base
        iva += vat
        other += effect
    retentions = [_retention(one, taxes, subtotal=subtotal, iva=iva) for one in draft.get("retentions") or ()]
    if len({one["type"] for one in retentions}) < len(retentions):
        raise ValueError("invalid_retentions")
    total = subtotal + iva + other
    total -= sum((one["value"] for one in retentions if one["type"] != "Autorretencion"), _NOTHING)
    result = {**draft, "items": lines, "retentions": retentions}
    for name, sign in (("global_discounts", -1), ("global_charges", 1)):
        if draft.get(name):
            result[name] = [_global(one, subtotal) for one in draft[name]]
            total += sign * sum((one["value"] for one in result[name]), _NOTHING)
    result["total"] = rounded(total, step)
    return result


def rounded(amount: Decimal, step: Decimal = _CENT) -> Decimal:
    """To the nearest step, halves away from zero."""
    return amount.quantize(step, rounding=ROUND_HALF_UP)


def _line(
    line: Mapping[str, Any], *, taxes: Mapping[int, Mapping[str, Any]], step: Decimal, discount_type: str
) -> tuple[Record, Decimal, Decimal, Decimal]:
    """The line, its base, its IVA, and what its further taxes add to the document's total."""
    known = _line_taxes(line.get("taxes") or (), taxes)
    quantity = _number(line.get("quantity"))
    price = _price(line, known)
    full = quantity * price
    discount = _discount(line.get("discount"), full, discount_type)
    base = rounded(full - (discount["value"] if discount else _NOTHING))
    vat, added, withheld = _NOTHING, _NOTHING, _NOTHING
    shown = []
    for identity, tax in known:
        percentage = _number(tax["percentage"])
        value = rounded(base * percentage / _HUNDRED)
        name = {"id": identity, "name": tax["name"], "type": tax["type"]}
        shown.append({**name, "percentage": percentage, "value": value})
        if tax["type"] == "IVA":
            vat += value
        elif tax["type"] in ADDED:
            added += value
        else:
            withheld += value
    total = rounded(base + vat + added, step)
    completed = {**line, "price": price, "discount": discount, "taxes": shown, "total": total}
    completed.pop("taxed_price", None)
    return completed, base, vat, added - withheld


def _line_taxes(
    listed: Iterable[Mapping[str, Any]], taxes: Mapping[int, Mapping[str, Any]]
) -> list[tuple[int, Mapping[str, Any]]]:
    known = []
    for one in listed:
        tax = taxes.get(one.get("id", 0))
        if tax is None:
            raise ValueError("invalid_reference")
        known.append((one["id"], tax))
    kinds = [tax["type"] for _, tax in known]
    if (
        len(kinds) > MOST_TAXES_OF_A_LINE
        or len(set(kinds)) < len(kinds)
        or not LINE_TAXES.issuperset(kinds)
        or {"IVA", "AdValorem"}.issubset(kinds)
    ):
        raise ValueError("invalid_array")
    return known


def _price(line: Mapping[str, Any], known: Iterable[tuple[int, Mapping[str, Any]]]) -> Decimal:
    """The unit price before taxes; a price with taxes gives it to six decimals."""
    if line.get("taxed_price") is None:
        return _number(line.get("price"))
    added = sum((_number(tax["percentage"]) for _, tax in known if tax["type"] in ADDED), _NOTHING)
    return rounded(_number(line["taxed_price"]) / (1 + added / _HUNDRED), _PRICE_STEP)


def _discount(given: Any, full: Decimal, discount_type: str) -> Record | None:
    """A line's discount as answers show it; None where there is none."""
    if isinstance(given, Mapping):
        given = given.get("percentage" if discount_type == "Percentage" else "value")
    amount = _number(given)
    if not amount:
        return None
    if discount_type == "Percentage":
        percentage, value = amount, rounded(full * amount / _HUNDRED)
    else:
        percentage, value = (rounded(amount / full * _HUNDRED) if full else _NOTHING), rounded(amount)
    if amount < 0 or abs(value) > abs(full):
        raise ValueError("invalid_value")
    return {"percentage": percentage, "value": value}


def _retention(
    given: Mapping[str, Any], taxes: Mapping[int, Mapping[str, Any]], *, subtotal: Decimal, iva: Decimal
) -> Record:
    """A retention of the document: ReteIVA on the IVA, ReteICA per mil, Autorretencion on the bases."""
    identity = given.get("id", 0)
    tax = taxes.get(identity)
    if tax is None or tax["type"] not in DOCUMENT_RETENTIONS:
        raise ValueError("invalid_retentions")
    percentage = _number(tax["percentage"])
    base = iva if tax["type"] == "ReteIVA" else subtotal
    share = percentage / (_THOUSAND if tax["type"] == "ReteICA" else _HUNDRED)
    name = {"id": identity, "name": tax["name"], "type": tax["type"]}
    return {**name, "percentage": percentage, "value": rounded(base * share)}


def _global(given: Mapping[str, Any], subtotal: Decimal) -> Record:
    """A discount or charge on the whole document, by its percentage of the bases or by its value."""
    percentage = _number(given.get("percentage"))
    value = rounded(subtotal * percentage / _HUNDRED) if percentage else rounded(_number(given.get("value")))
    return {"id": None, "name": None, **given, "percentage": percentage or None, "value": value}


def _number(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if value is None:
        return _NOTHING
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("invalid_type")  # noqa: TRY004 - every refusal is a ValueError with its code
    return Decimal(str(value))
