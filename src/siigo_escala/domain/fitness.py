"""Whether what the rules of invoicing name exists in Siigo and can be used, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from siigo_escala.domain.accounting import DocumentType, Seller
from siigo_escala.domain.rules import InvoiceRules
from siigo_escala.domain.selling import LINE_TAXES, PaymentType, TaxRate


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """A key of `[invoices]` that cannot be obeyed: why, and what there is instead."""

    key: str
    why: str
    there: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What the rules name, as Siigo has it."""

    document_type: DocumentType
    payment_type: PaymentType
    seller: Seller


def examined(
    rules: InvoiceRules,
    *,
    document_types: Sequence[DocumentType],
    payment_types: Sequence[PaymentType],
    taxes: Sequence[TaxRate],
    sellers: Sequence[Seller],
) -> Fit | Unfit:
    """What the rules name, or the first key that cannot be obeyed."""
    kind = _document_type(rules, document_types)
    if isinstance(kind, Unfit):
        return kind
    payment = _payment_type(rules, payment_types)
    if isinstance(payment, Unfit):
        return payment
    unfit = _taxes(rules, taxes)
    if unfit is not None:
        return unfit
    seller = seller_named(rules.seller, sellers)
    if seller is None:
        there = tuple(one.email or str(one.id) for one in sellers if one.active)
        return Unfit(key="seller", why=f"Siigo no tiene activo al vendedor «{rules.seller}»", there=there)
    return Fit(document_type=kind, payment_type=payment, seller=seller)


def seller_named(key: str, sellers: Iterable[Seller]) -> Seller | None:
    """The active seller of this e-mail (without regard to case) or id."""
    wanted = key.strip().casefold()
    return next(
        (one for one in sellers if one.active and wanted in (one.email.strip().casefold(), str(one.id))), None
    )


def _document_type(rules: InvoiceRules, known: Sequence[DocumentType]) -> DocumentType | Unfit:
    found = next((kind for kind in known if kind.id == rules.document_type), None)
    fit = [kind for kind in known if kind.active and kind.automatic_number]
    there = tuple(f"{kind.id} ({kind.name})" for kind in fit)
    if found is None:
        return Unfit(
            key="document_type", why=f"Siigo no tiene el tipo de factura {rules.document_type}", there=there
        )
    named = f"el tipo de factura {found.id} ({found.name})"
    if not found.active:
        return Unfit(key="document_type", why=f"{named} está inactivo en Siigo", there=there)
    if not found.automatic_number:
        return Unfit(key="document_type", why=f"{named} lleva numeración manual", there=there)
    if found.cost_center_mandatory and not rules.cost_center:
        return Unfit(key="cost_center", why=f"{named} exige un centro de costo")
    return found


def _payment_type(rules: InvoiceRules, known: Sequence[PaymentType]) -> PaymentType | Unfit:
    found = next((one for one in known if one.id == rules.payment_type), None)
    if found is not None and found.active:
        return found
    why = "está inactiva en Siigo" if found is not None else "no existe en Siigo"
    there = tuple(f"{one.id} ({one.name})" for one in known if one.active)
    return Unfit(key="payment_type", why=f"la forma de pago {rules.payment_type} {why}", there=there)


def _taxes(rules: InvoiceRules, known: Sequence[TaxRate]) -> Unfit | None:
    by_id = {tax.id: tax for tax in known if tax.active}
    there = tuple(f"{tax.id} ({tax.name})" for tax in by_id.values() if tax.kind in LINE_TAXES)
    kinds = []
    for one in () if rules.taxes == "product" else rules.taxes:
        found = by_id.get(one)
        if found is None:
            return Unfit(key="taxes", why=f"Siigo no tiene el impuesto {one}", there=there)
        if found.kind not in LINE_TAXES:
            why = f"el impuesto {one} ({found.name}) es una retención del documento y no va en los productos"
            return Unfit(key="taxes", why=why, there=there)
        kinds.append(found.kind)
    if len(set(kinds)) < len(kinds) or {"IVA", "AdValorem"} <= set(kinds):
        return Unfit(key="taxes", why="un producto lleva a lo sumo un impuesto de cada clase", there=there)
    return None
