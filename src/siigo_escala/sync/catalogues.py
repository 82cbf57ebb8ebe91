"""What Siigo has to make invoices with, as it told it last: people choose from it, rules are checked by it.

Stored with the company: a screen shows and checks it without a call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from siigo_escala.domain.accounting import DocumentType
from siigo_escala.domain.selling import Named, PaymentType, TaxRate
from siigo_escala.store.models import SiigoCompany


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogues:
    """Every list; an empty one was never told, or has nothing."""

    document_types: tuple[DocumentType, ...] = ()
    payment_types: tuple[PaymentType, ...] = ()
    taxes: tuple[TaxRate, ...] = ()
    cost_centers: tuple[Named, ...] = ()
    warehouses: tuple[Named, ...] = ()


def of(company: SiigoCompany) -> Catalogues:
    """What is stored."""
    told = company.selling
    return Catalogues(
        document_types=tuple(DocumentType(**one) for one in told.get("document_types", ())),
        payment_types=tuple(PaymentType(**one) for one in told.get("payment_types", ())),
        taxes=tuple(_tax(one) for one in told.get("taxes", ())),
        cost_centers=tuple(Named(**one) for one in told.get("cost_centers", ())),
        warehouses=tuple(Named(**one) for one in told.get("warehouses", ())),
    )


def note(company: SiigoCompany, **lists: Iterable[DocumentType | PaymentType | TaxRate | Named]) -> None:
    """Puts these lists in the place of what was known; the others stay. Whoever calls saves the company."""
    company.selling = {**company.selling, **{name: _plain(list(rows)) for name, rows in lists.items()}}


def _plain(rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {key: str(value) if key == "percentage" else value for key, value in asdict(row).items()}
        for row in rows
    ]


def _tax(told: Mapping[str, Any]) -> TaxRate:
    return TaxRate(**{**told, "percentage": Decimal(told["percentage"])})
