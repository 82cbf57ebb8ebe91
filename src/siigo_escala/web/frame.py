"""What every page needs around its own subject: navigation, the company, what waits, the theme."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from siigo_escala.store.models import Connection, User
from siigo_escala.web import directions
from siigo_escala.web.access import Level
from siigo_escala.web.queries import doing, doing_deals


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the navigation. `also`: further names of addresses that belong to it."""

    name: str
    word: str
    icon: str
    also: tuple[str, ...] = ()
    least: Level = Level.READER


DAILY: tuple[Entry, ...] = (
    Entry(name="home", word="Inicio", icon="home", also=("sync", "sync_preview", "connect_preview")),
    Entry(name="pending", word="Pendientes", icon="list-check", also=("pending_reason", "decide", "contact")),
    Entry(name="invoices", word="Facturas", icon="file-invoice", also=("invoice",)),
    Entry(name="reconciliation", word="Conciliación", icon="scale"),
    Entry(name="runs", word="Historial", icon="history", also=("run", "run_stop")),
)
DAILY_BACK: tuple[Entry, ...] = (
    Entry(name="home", word="Inicio", icon="home", also=("sync",)),
    Entry(name="pending", word="Pendientes", icon="list-check", also=("pending_reason", "decide_deals")),
    Entry(name="opportunities", word="Oportunidades", icon="file-invoice", also=("opportunity",)),
    Entry(name="runs", word="Historial", icon="history", also=("run", "run_stop")),
)
"""Where opportunities become invoices: the screens of invoices would be empty."""
RULES: tuple[Entry, ...] = (
    Entry(name="rules", word="Reglas", icon="adjustments", also=("rules_effect", "rules_keep", "arrival")),
    Entry(name="sellers", word="Vendedores", icon="users", also=("sellers_keep",)),
    Entry(
        name="direction",
        word="Dirección",
        icon="arrow-right",
        also=("direction_effect", "direction_keep", "direction_save"),
        least=Level.ADMINISTRATOR,
    ),
    Entry(
        name="credentials",
        word="Credenciales",
        icon="key",
        also=("credentials_change", "check"),
        least=Level.ADMINISTRATOR,
    ),
    Entry(name="alerts", word="Avisos", icon="bell", least=Level.ADMINISTRATOR),
)
INSTALLATION: tuple[Entry, ...] = (
    Entry(
        name="people",
        word="Usuarios",
        icon="users",
        also=("invite", "person", "person_link", "person_remove"),
        least=Level.INSTALLER,
    ),
    Entry(name="audit", word="Auditoría", icon="shield-check", least=Level.INSTALLER),
    Entry(name="settings", word="Ajustes", icon="settings", also=("backups",), least=Level.INSTALLER),
)
"""Those whose screens do not exist yet are not drawn."""


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context of every page; empty of companies for whoever has not signed in."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"person": None, "theme": "", "simulator": _simulator()}
    company: Connection | None = getattr(request, "company", None)
    level = getattr(request, "level", Level.SIGNED_IN)
    companies = list(Connection.objects.for_user(user).order_by("name").values_list("name", flat=True)[:200])
    return {
        "person": user,
        "simulator": _simulator(),
        "theme": user.theme,
        "company": company,
        "companies": companies,
        "may_change": level >= Level.ADMINISTRATOR,
        "zone": zone_of(company),
        "menu": _menu(request, company, level),
        "pending_count": _pending(company),
    }


def zone_of(company: Connection | None) -> str:
    """The time zone in which a company's moments are told."""
    return str(company.file.get("time_zone", "America/Bogota")) if company is not None else "America/Bogota"


def _simulator() -> str:
    """The address of the demonstration's own page; "" outside of a demonstration."""
    try:
        return reverse("demo:panel")
    except NoReverseMatch:
        return ""


def _pending(company: Connection | None) -> int:
    if company is None:
        return 0
    if directions.is_back(company):
        return doing_deals.waiting(company).count()
    return doing.waiting(company).count()


def _menu(request: HttpRequest, company: Connection | None, level: Level) -> list[dict[str, Any]]:
    here = request.resolver_match.url_name if request.resolver_match else ""
    groups = []
    if company is not None:
        within = {"empresa": company.name}
        daily = DAILY_BACK if directions.is_back(company) else DAILY
        groups += [("Día a día", daily, within), ("Cómo funciona", RULES, within)]
    groups.append(("Instalación", INSTALLATION, {}))
    drawn = []
    for title, entries, within in groups:
        shown = [
            {"entry": one, "address": address, "here": here in (one.name, *one.also)}
            for one in entries
            if level >= one.least and (address := _address(one.name, within))
        ]
        if shown:
            drawn.append({"title": title, "entries": shown})
    return drawn


def _address(name: str, within: dict[str, str]) -> str:
    try:
        return reverse(f"web:{name}", kwargs=within)
    except NoReverseMatch:
        return ""
