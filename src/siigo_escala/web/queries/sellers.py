"""Siigo's sellers with what they sold, the Escala user of each, and who that may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Min, Sum

from siigo_escala.domain import suggested_owners, text
from siigo_escala.domain.suggested_owners import Suggestion
from siigo_escala.store import models
from siigo_escala.store.models import Connection

DAYS = 90
_NEW = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One seller. `key`: as the connection file names them; `user` "": not linked."""

    key: str
    name: str
    email: str
    count: int
    value: Decimal
    user: str
    suggestion: Suggestion | None
    is_new: bool
    gone: bool
    shared_with: tuple[str, ...]
    """Other sellers with the same user: allowed, and said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """What was invoiced under one seller's name in the last days; `first`: the day of their first invoice."""

    count: int = 0
    value: Decimal = Decimal(0)
    first: date | None = None


def rows(company: Connection, links: Mapping[str, str], *, today: date) -> list[Row]:
    """Those who may sell or have sold lately: new ones first, then by what they sold, the gone ones last."""
    sold = _sold(company, today)
    users = company.escala.seen_owners
    found: list[Row] = []
    named: set[str] = set()
    by_user: dict[str, list[str]] = {}
    for one in company.siigo.sellers:
        key = _key(one, links)
        named.add(key)
        lately = sold.get(one["id"], Sold())
        user = links.get(key, "")
        if not (one["active"] or lately.count or user):
            continue
        name = one["name"] or one["email"] or str(one["id"])
        if user:
            by_user.setdefault(user, []).append(name)
        found.append(
            Row(
                key=key,
                name=name,
                email=one["email"],
                count=lately.count,
                value=lately.value,
                user=user,
                suggestion=None
                if user
                else suggested_owners.suggest(email=one["email"], name=one["name"], users=users),
                is_new=not user and lately.first is not None and lately.first > today - _NEW,
                gone=False,
                shared_with=(),
            )
        )
    found += [_gone(key, user) for key, user in links.items() if key not in named]
    found.sort(key=lambda row: (row.gone, not row.is_new, bool(row.user), -row.value, row.name))
    return [_shared(row, by_user.get(row.user, [])) for row in found]


def new_ones(company: Connection, *, today: date) -> list[str]:
    """Names of sellers without a user whose first invoice is of the last days; asked with every Inicio."""
    links, names = company.file.get("sellers", {}), {one["id"]: one for one in company.siigo.sellers}
    unlinked = {number for number, one in names.items() if _key(one, links) not in links}
    invoices = models.Invoice.objects.filter(connection=company).order_by()
    lately = invoices.filter(date__gt=today - _NEW, seller__in=unlinked).values_list("seller", flat=True)
    return sorted(
        names[seller]["name"] or names[seller]["email"] or str(seller)
        for seller in lately.distinct()
        if not invoices.filter(seller=seller, date__lte=today - _NEW).exists()
    )


def matching(found: list[Row], q: str) -> list[Row]:
    """Those whose name or e-mail holds the words."""
    words = text.fold(q).split()
    return [row for row in found if all(word in text.fold(f"{row.name} {row.email}") for word in words)]


def unlinked(company: Connection, found: list[Row], *, today: date) -> Decimal:
    """What was sold in the last days without a linked seller, those without any seller included."""
    total = (
        models.Invoice.objects.filter(connection=company, date__gt=today - timedelta(days=DAYS))
        .aggregate(value=Sum("value"))
        .get("value")
    )
    return Decimal(total or 0) - sum((row.value for row in found if row.user), Decimal(0))


def _sold(company: Connection, today: date) -> dict[int, Sold]:
    """By seller."""
    invoices = models.Invoice.objects.filter(connection=company, seller__isnull=False).order_by()
    first = dict(invoices.values_list("seller").annotate(first=Min("date")))
    lately = (
        invoices.filter(date__gt=today - timedelta(days=DAYS))
        .values_list("seller")
        .annotate(count=Count("pk"), value=Sum("value"))
    )
    sums = {seller: (count, Decimal(value)) for seller, count, value in lately}
    nothing = (0, Decimal(0))
    return {
        seller: Sold(count=count, value=value, first=day)
        for seller, day in first.items()
        for count, value in [sums.get(seller, nothing)]
    }


def _key(seller: Mapping[str, str], links: Mapping[str, str]) -> str:
    """How the file names a seller: as it does already, else by e-mail, else by id."""
    email, number = seller["email"].strip().casefold(), str(seller["id"])
    return number if number in links or not email else email


def _gone(key: str, user: str) -> Row:
    return Row(
        key=key,
        name=key,
        email="",
        count=0,
        value=Decimal(0),
        user=user,
        suggestion=None,
        is_new=False,
        gone=True,
        shared_with=(),
    )


def _shared(row: Row, names: list[str]) -> Row:
    return replace(row, shared_with=tuple(name for name in names if name != row.name))
