"""¿Qué hago ahora?: at most five rows, the worst first, each with the page where it is done."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from django.urls import reverse

from siigo_escala.config import env
from siigo_escala.domain.reasons import Code
from siigo_escala.store import copies, models
from siigo_escala.store.models import Connection, User
from siigo_escala.web import standing
from siigo_escala.web.access import Level
from siigo_escala.web.queries import doing, doing_deals, sellers
from siigo_escala.web.saying import Standing
from siigo_escala.web.templatetags.words import counted, pesos
from siigo_escala.web.told import Facts

MOST = 5
_PAGES = {
    "credentials_siigo": ("credentials_change", {"system": "siigo"}),
    "credentials_escala": ("credentials_change", {"system": "escala"}),
    "resume": ("sync", {}),
}
"""Of a sentence's button, where the name of the page is another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing to do. `word`: of the button that leads to it."""

    title: str
    detail: str
    word: str
    address: str


def rows(
    company: Connection, found: Facts, *, person: User, level: Level, groups: list[doing.Group]
) -> list[Row]:
    """What else holds besides the status sentence, groups of Pendientes, sellers, backup, second factor."""
    return list(islice(_all(company, found, person=person, level=level, groups=groups), MOST))


def _all(
    company: Connection, found: Facts, *, person: User, level: Level, groups: list[doing.Group]
) -> Iterator[Row]:
    if level >= Level.ADMINISTRATOR:
        yield from _besides(company, found)
    for group in groups:
        draft = doing_deals.draft(company) if group.reason.code == Code.DRAFT_UNCONFIRMED else ""
        yield Row(
            title=group.reason.title,
            detail=f"{counted(group.amount.count, found.noun)} · {pesos(group.amount.value)}",
            word=group.reason.button or "Revisar",
            # Where the button stands that lets all of them go.
            address=_of(company, "opportunity", deal_id=draft)
            if draft
            else _of(company, "pending_reason", code=group.reason.code),
        )
    if level >= Level.ADMINISTRATOR and not found.back:
        yield from _sellers(company, today=found.now.astimezone(found.zone).date())
    if person.is_installer:
        yield from _backup(now=found.now)
        if not person.has_second_factor:
            yield Row(
                title="Su cuenta no tiene doble factor",
                detail="Con su clave sola se entra a todo.",
                word="Activar",
                address=reverse("web:account_second_factor"),
            )


def _besides(company: Connection, found: Facts) -> Iterator[Row]:
    """What the status sentence would say if it did not say something worse. Groups tell of the rest."""
    for one in islice(standing.all_of(found), 1, None):
        if one.tone in ("red", "amber") and one.row != 19 and one.target != "rules":
            yield Row(title=one.word, detail=one.sentence, word=one.button, address=_page(company, one))


def _page(company: Connection, one: Standing) -> str:
    if one.target == "help":
        code = company.paused if one.row != 2 else Code.KEY_MISSING
        return reverse("web:reason", kwargs={"code": code}) if code else reverse("web:help")
    name, more = _PAGES.get(one.target, (one.target, {}))
    return _of(company, name, **more)


def _sellers(company: Connection, *, today: date) -> Iterator[Row]:
    """Those who have begun to sell and are nobody's in Escala."""
    new = sellers.new_ones(company, today=today)
    if not new:
        return
    title = f"Vendedor nuevo: {new[0]}" if len(new) == 1 else f"{len(new)} vendedores nuevos sin enlazar"
    yield Row(
        title=title,
        detail="Sus ventas quedan a nombre del dueño por defecto, o fuera, según sus reglas.",
        word="Enlazar",
        address=_of(company, "sellers"),
    )


def _backup(*, now: datetime) -> Iterator[Row]:
    """A copy that is too old, or none although there has been something to lose for as long."""
    newest = copies.newest(env.read(os.environ).home, before=now + timedelta(hours=1))
    oldest = models.Connection.objects.order_by("created_at").values_list("created_at", flat=True).first()
    since = newest.made if newest is not None else oldest
    if since is None or now - since <= copies.OLD:
        return
    days = counted((now - since) // timedelta(days=1), "día,días")
    yield Row(
        title=f"El último respaldo tiene {days}" if newest is not None else "Todavía no hay ningún respaldo",
        detail="Guárdelo junto con su llave, en otro equipo.",
        word="Crear respaldo",
        address=reverse("web:backups"),
    )


def _of(company: Connection, name: str, **more: str) -> str:
    return reverse(f"web:{name}", kwargs={"empresa": company.name, **more})
