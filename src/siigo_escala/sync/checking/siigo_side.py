"""Findings about the Siigo company: what of it the connection needs, and what of its invoices stays out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from siigo_escala.domain import identity, records
from siigo_escala.domain.accounting import Invoice
from siigo_escala.store import models
from siigo_escala.sync.checking.findings import Check, Finding, failed, listed, ok, warning
from siigo_escala.sync.checking.seen import Seen
from siigo_escala.sync.opening import Opened

_RECENT = 200
_MANY = 0.5
"""Share of invoices from which a rule about them may be no choice but an oversight."""


def all_of(opened: Opened, seen: Seen, *, now: datetime) -> Iterator[Check]:
    """Every finding of this side."""
    yield company(opened, seen)
    yield document_types(opened, seen)
    yield credit_notes(seen)
    yield readable(seen)
    yield currency(opened, seen)
    yield walk_in(opened, seen)
    yield start(opened, now=now)
    yield sellers(opened, seen)
    yield active(opened, seen)


def company(opened: Opened, seen: Seen) -> Check:
    """Whether the credentials still open the company that was connected."""
    known = {kind["id"] for kind in opened.connection.siigo.document_types}
    found = {kind.id for kind in seen.document_types or ()}
    if seen.document_types is None or not known:
        return ok(Finding.SIIGO_COMPANY, "Siigo no dijo por qué reconocer la empresa.")
    if known & found:
        return ok(Finding.SIIGO_COMPANY, "Las credenciales abren la empresa de Siigo que se conectó.")
    return failed(
        Finding.SIIGO_COMPANY,
        "Las credenciales abren una empresa de Siigo que no es la que se conectó: sus tipos de factura son "
        "otros.",
        remedy="Ponga en «siigo.username» y «siigo.access_key» los de la misma empresa y conecte de nuevo, o "
        "conecte la otra con otro nombre.",
    )


def document_types(opened: Opened, seen: Seen) -> Check:
    """Whether the chosen kinds of invoice exist and are active."""
    wanted = opened.file.opportunities.document_types
    if not wanted:
        return ok(Finding.DOCUMENT_TYPES, "La conexión lleva todos los tipos de factura.")
    if seen.document_types is None:
        return ok(Finding.DOCUMENT_TYPES, "Siigo no mostró sus tipos de factura; la próxima vez se miran.")
    there = {int(kind.id): kind for kind in seen.document_types}
    gone = [str(kind) for kind in wanted if kind not in there]
    idle = [str(kind) for kind in wanted if kind in there and not there[kind].active]
    if gone:
        return failed(
            Finding.DOCUMENT_TYPES,
            f"Siigo no tiene los tipos de factura {listed(gone)}.",
            remedy="Corrija «opportunities.document_types» y conecte de nuevo; hay: "
            f"{listed(f'{kind.id} ({kind.name})' for kind in seen.document_types)}.",
        )
    if idle:
        return warning(
            Finding.DOCUMENT_TYPES,
            f"En Siigo están inactivos los tipos de factura {listed(idle)}.",
            remedy="Si ahora factura con otro tipo, agréguelo a «opportunities.document_types» y conecte.",
        )
    return ok(Finding.DOCUMENT_TYPES, "Los tipos de factura elegidos están en Siigo.")


def credit_notes(seen: Seen) -> Check:
    """Whether credit notes can be read."""
    if seen.credit_notes == "refused":
        return warning(
            Finding.CREDIT_NOTES,
            "Siigo no deja leer las notas crédito con este usuario: solo el saldo da una pista.",
            remedy="Dé al usuario del API permiso para consultar notas crédito en Siigo.",
        )
    if seen.credit_notes == "unknown":
        return ok(Finding.CREDIT_NOTES, "Las notas crédito no se alcanzaron a mirar.")
    return ok(Finding.CREDIT_NOTES, "Las notas crédito se pueden leer.")


def readable(seen: Seen) -> Check:
    """Whether the recent invoices can be understood."""
    if seen.unreadable:
        return warning(
            Finding.INVOICES_READABLE,
            f"{seen.unreadable} registros de la lista de facturas de Siigo no se pueden leer.",
            remedy="Escríbanos con el archivo de --facts: Siigo pudo cambiar la forma de sus respuestas.",
        )
    without = [one.name or one.id for one in seen.invoices if one.total is None or one.date is None]
    if without:
        return warning(
            Finding.INVOICES_READABLE,
            f"A estas facturas recientes les falta una fecha o un total legible: {listed(without)}.",
            remedy="Quedarán por revisar (VALUE_INVALID); corríjalas en Siigo o escríbanos con --facts.",
        )
    return ok(Finding.INVOICES_READABLE, f"Se entienden las {len(seen.invoices)} facturas recientes leídas.")


def currency(opened: Opened, seen: Seen) -> Check:
    """How many invoices are in another currency; one without a rate counts as not readable."""
    invoices = recent(opened, seen)
    foreign = sum(one.currency is not None for one in invoices)
    said = f"{foreign} de {len(invoices)} facturas recientes son en otra moneda."
    if invoices and foreign / len(invoices) >= _MANY:
        return warning(
            Finding.CURRENCY,
            f"{said} Van a Escala en pesos, con la tasa de cada factura.",
            remedy="Si la cuenta de Escala trabaja en otra moneda, no la conecte: solo se llevan pesos.",
        )
    return ok(Finding.CURRENCY, said)


def walk_in(opened: Opened, seen: Seen) -> Check:
    """How much of what is sold goes to generic buyers."""
    invoices = recent(opened, seen)
    generic = sum(identity.is_walk_in(one.customer_identification) for one in invoices)
    said = f"{generic} de {len(invoices)} facturas recientes son de consumidor final."
    if opened.file.opportunities.walk_in == "skip" and invoices and generic / len(invoices) >= _MANY:
        return warning(
            Finding.WALK_IN,
            f'{said} Con «walk_in = "skip"» no llegan a Escala.',
            remedy='Si las quiere en Escala, use «walk_in = "one_contact"» en [opportunities].',
        )
    return ok(Finding.WALK_IN, said)


def start(opened: Opened, *, now: datetime) -> Check:
    """From which day on invoices become opportunities."""
    day = opened.connection.start
    said = f"Se llevan las facturas desde el {day.strftime('%d/%m/%Y')}"
    if day > now.date():
        return warning(
            Finding.START,
            f"{said}, que todavía no llega: hasta entonces no se crea nada.",
            remedy="Corrija «opportunities.start» y conecte de nuevo.",
        )
    return ok(Finding.START, f"{said}.")


def sellers(opened: Opened, seen: Seen) -> Check:
    """Sellers of recent invoices that are linked with nobody in Escala."""
    links = _links(opened)
    selling = {invoice.seller for invoice in seen.invoices if invoice.seller is not None}
    people = [user for user in seen.users if (user.id in selling if selling else user.active)]
    without = [
        user.email or str(user.id)
        for user in people
        if user.email.strip().casefold() not in links and str(user.id) not in links
    ]
    gone = selling - {user.id for user in seen.users}
    without += [str(seller) for seller in sorted(gone) if str(seller) not in links]
    if not without:
        return ok(Finding.SELLERS, "Todo vendedor reciente tiene un usuario de Escala.")
    kept = opened.file.opportunities.create_for_unlinked_sellers
    fate = (
        f"sus facturas quedan con «{opened.file.opportunities.default_owner}»"
        if kept
        else "sus facturas no se crean («create_for_unlinked_sellers = false»)"
    )
    return warning(
        Finding.SELLERS,
        f"Vendedores sin usuario de Escala: {listed(without)}; {fate}.",
        remedy="Únalos en la tabla [sellers] del archivo y conecte de nuevo, si los quiere.",
    )


def active(opened: Opened, seen: Seen) -> Check:
    """Linked sellers that Siigo no longer has, or has switched off."""
    there: dict[str, bool] = {}
    for user in seen.users:
        there[str(user.id)] = user.active
        there[user.email.strip().casefold()] = user.active
    links = sorted(_links(opened))
    gone = [key for key in links if key not in there]
    idle = [key for key in links if key in there and not there[key]]
    if not gone and not idle:
        return ok(Finding.SELLERS_ACTIVE, f"Los {len(links)} vendedores unidos están activos en Siigo.")
    parts = [f"ya no están: {listed(gone)}"] if gone else []
    parts += [f"están inactivos: {listed(idle)}"] if idle else []
    return warning(
        Finding.SELLERS_ACTIVE,
        f"Vendedores unidos que en Siigo {'; '.join(parts)}.",
        remedy="Quítelos de [sellers] cuando no tengan facturas por llevar, o reactívelos en Siigo.",
    )


def recent(opened: Opened, seen: Seen) -> list[Invoice]:
    """The invoices Siigo has just shown, else the newest of the ledger."""
    if seen.invoices:
        return seen.invoices
    rows = models.Invoice.objects.filter(connection=opened.connection).exclude(record={})
    return [records.to_invoice(row.record) for row in rows.order_by("-date", "-pk")[:_RECENT]]


def _links(opened: Opened) -> set[str]:
    return {key.strip().casefold() for key in opened.file.sellers}
