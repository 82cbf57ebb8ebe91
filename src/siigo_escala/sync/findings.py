"""What a self-check can find out about a connection, each finding with its remedy."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from dataclasses import field as default
from datetime import datetime, timedelta
from typing import Any, Literal

from siigo_escala.domain import records
from siigo_escala.domain.accounting import Invoice, Seller
from siigo_escala.domain.crm import Contact, Pipeline
from siigo_escala.rest.errors import RemoteError
from siigo_escala.store import models
from siigo_escala.store.counting import CallCounter
from siigo_escala.sync import access
from siigo_escala.sync.clients import Clients
from siigo_escala.sync.opening import Opened

Outcome = Literal["ok", "warning", "failed"]

_SKEW = timedelta(minutes=2)
_RECENT = 200
_PRODUCT_PAGES = 3
_WORRY = 0.3
"""Share of refused calls from which the brake is near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One finding. `remedy`: what a person can do; "" where all is well."""

    code: str
    result: Outcome
    message: str
    remedy: str = ""

    def to_json(self) -> dict[str, Any]:
        """As it stands in the document."""
        return {"code": self.code, "result": self.result, "message": self.message, "remedy": self.remedy}


@dataclass(slots=True, kw_only=True)
class Seen:
    """What both systems said while they were asked."""

    users: tuple[Seller, ...] = ()
    pipelines: tuple[Pipeline, ...] = ()
    invoices: list[Invoice] = default(default_factory=list)
    contacts: list[Contact] = default(default_factory=list)
    clocks: dict[str, timedelta] = default(default_factory=dict)

    def compare(self, system: str, theirs: datetime | None, ours: datetime) -> None:
        """Keeps how far our clock is ahead of a system's, where its answer had a date."""
        if theirs is not None:
            self.clocks[system] = ours - theirs


def pipeline(opened: Opened, seen: Seen) -> Check:
    """Whether pipeline and stage are still there."""
    connection, wanted = opened.connection, opened.file.opportunities
    pipeline = next((one for one in seen.pipelines if one.id == connection.pipeline_id), None)
    if pipeline is None:
        there = ", ".join(f"«{one.name}»" for one in seen.pipelines) or "ninguno"
        return Check(
            code="PIPELINE",
            result="failed",
            message=f"El pipeline «{wanted.pipeline}» ya no está en Escala.",
            remedy=f"Elija otro en «opportunities.pipeline» y conecte de nuevo; hay: {there}.",
        )
    stage = next((one for one in pipeline.stages if one.id == connection.stage_id), None)
    if stage is None:
        there = ", ".join(f"«{one.name}»" for one in pipeline.stages) or "ninguna"
        return Check(
            code="STAGE",
            result="failed",
            message=f"La etapa «{wanted.stage}» ya no está en el pipeline «{pipeline.name}».",
            remedy=f"Elija otra en «opportunities.stage» y conecte de nuevo; hay: {there}.",
        )
    return Check(
        code="STAGE",
        result="ok",
        message=f"Las oportunidades nacen en «{pipeline.name}», etapa «{stage.name}».",
    )


def field(opened: Opened, seen: Seen) -> Check:
    """Whether the identification field was ever seen with a value."""
    key = opened.file.opportunities.identification_field
    known = key in opened.connection.escala.seen_fields
    if known or any(key in contact.custom for contact in seen.contacts):
        return Check(
            code="IDENTIFICATION_FIELD", result="ok", message=f"El campo «{key}» tiene valores en Escala."
        )
    return Check(
        code="IDENTIFICATION_FIELD",
        result="warning",
        message=f"Todavía no se ha visto el campo «{key}» en ningún contacto de Escala.",
        remedy="Revise la clave con «siigo-escala fields»; el primer contacto la confirmará.",
    )


def sellers(opened: Opened, seen: Seen) -> Check:
    """Sellers of recent invoices that are linked with nobody in Escala."""
    links = {key.strip().casefold() for key in opened.file.sellers}
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
        return Check(
            code="SELLERS", result="ok", message="Todo vendedor reciente tiene un usuario de Escala."
        )
    listed = ", ".join(without[:10]) + (f" y {len(without) - 10} más" if len(without) > 10 else "")
    kept = opened.file.opportunities.create_for_unlinked_sellers
    fate = (
        f"sus facturas quedan con «{opened.file.opportunities.default_owner}»"
        if kept
        else "sus facturas no se crean"
    )
    return Check(
        code="SELLERS",
        result="warning",
        message=f"Vendedores sin usuario de Escala: {listed}; {fate}.",
        remedy="Únalos en la tabla [sellers] del archivo y conecte de nuevo, si los quiere.",
    )


def products(opened: Opened, seen: Seen, pair: Clients) -> Check:
    """The share of recent lines whose code is a SKU of Escala."""
    if opened.file.opportunities.products == "none":
        return Check(code="PRODUCTS", result="ok", message="Esta conexión no envía productos.")
    codes = [line.code.strip() for invoice in _recent(opened, seen) for line in invoice.lines]
    codes = [code for code in codes if code]
    if not codes:
        return Check(code="PRODUCTS", result="ok", message="Aún no hay facturas recientes que comparar.")
    try:
        skus = _skus(opened, pair)
    except RemoteError as problem:
        return Check(
            code="PRODUCTS",
            result="warning",
            message=problem.message,
            remedy="Revise en Escala que los productos estén activos; sin ellos se crea igual.",
        )
    known = sum(code in skus for code in codes)
    share = round(100 * known / len(codes))
    message = f"De {len(codes)} líneas recientes, {known} ({share} %) tienen su producto en Escala."
    if known == len(codes) or opened.file.opportunities.products == "register":
        return Check(code="PRODUCTS", result="ok", message=message)
    missing = ", ".join(sorted({code for code in codes if code not in skus})[:10])
    return Check(
        code="PRODUCTS",
        result="warning",
        message=f"{message} Faltan: {missing}.",
        remedy='Cree en Escala productos con ese SKU, o use «products = "register"».',
    )


def _recent(opened: Opened, seen: Seen) -> list[Invoice]:
    if seen.invoices:
        return seen.invoices
    rows = models.Invoice.objects.filter(connection=opened.connection).exclude(record={})
    return [records.to_invoice(row.record) for row in rows.order_by("-date", "-pk")[:_RECENT]]


def _skus(opened: Opened, pair: Clients) -> set[str]:
    account = opened.connection.escala
    if account.products_read_at is not None:
        return set(models.KnownProduct.objects.filter(escala=account).values_list("sku", flat=True))
    skus: set[str] = set()
    for number, page in enumerate(pair.escala.products(), start=1):
        skus |= {product.sku.strip() for product in page}
        if number == _PRODUCT_PAGES:
            break
    return skus


def clock(system: str, difference: timedelta) -> Check:
    """How far this machine's clock is from theirs."""
    seconds = abs(round(difference.total_seconds()))
    if abs(difference) <= _SKEW:
        return Check(
            code="CLOCK", result="ok", message=f"El reloj de este equipo va con el de {system} ({seconds} s)."
        )
    side = "adelantado" if difference > timedelta(0) else "atrasado"
    return Check(
        code="CLOCK",
        result="warning",
        message=f"El reloj de este equipo está {side} {seconds} s respecto al de {system}.",
        remedy="Active la hora automática del equipo.",
    )


def limits(opened: Opened, *, now: Callable[[], datetime]) -> Iterator[Check]:
    """What this program allows itself, and how many calls Siigo refused."""
    environment = opened.environment
    allowed = [
        f"Siigo {environment.siigo_rate} por minuto" if environment.siigo_rate else "Siigo sin límite propio",
        f"Escala {environment.escala_rate} por segundo"
        if environment.escala_rate
        else "Escala sin límite propio",
    ]
    counter = CallCounter(access.counter_name(opened.connection), now=now)
    calls, refused = counter.totals()
    counter.close()
    share = refused / calls if calls else 0.0
    message = (
        f"Llamadas permitidas: {', '.join(allowed)}. Rechazadas en siete días: {refused} de {calls} "
        f"({round(100 * share)} %)."
    )
    if calls and share >= _WORRY:
        yield Check(
            code="LIMITS",
            result="warning",
            message=message,
            remedy="Corrija la causa: desde el 50 % este programa se detiene, y desde el 80 % Siigo bloquea.",
        )
    else:
        yield Check(code="LIMITS", result="ok", message=message)


def storage(opened: Opened) -> Iterator[Check]:
    """Whether the folder can be written to, by its owner alone."""
    home = opened.environment.home
    if not os.access(home, os.W_OK | os.X_OK):
        yield Check(
            code="STORAGE",
            result="failed",
            message=f"No se puede escribir en «{home}».",
            remedy="Corrija los permisos de la carpeta.",
        )
        return
    loose = [
        path.name or str(path)
        for path in (home, home / "secret.key", home / "siigo-escala.db")
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    if loose:
        yield Check(
            code="STORAGE",
            result="warning",
            message=f"Otras personas de este equipo pueden leer: {', '.join(loose)}.",
            remedy=f"Ejecute «chmod -R go= {home}».",
        )
        return
    yield Check(code="STORAGE", result="ok", message=f"La carpeta «{home}» es solo suya y se puede escribir.")


def pause(opened: Opened) -> Check:
    """Whether the connection rests."""
    connection = opened.connection
    if connection.paused:
        return Check(
            code="PAUSE",
            result="warning",
            message=f"La conexión está en pausa [{connection.paused}]: {connection.paused_text}",
            remedy=f"Corrija la causa y use «siigo-escala enable {connection.name}».",
        )
    if not connection.enabled:
        return Check(
            code="PAUSE",
            result="warning",
            message="El horario está apagado.",
            remedy=f"Enciéndalo con «siigo-escala enable {connection.name}».",
        )
    return Check(code="PAUSE", result="ok", message="La conexión no está en pausa.")
