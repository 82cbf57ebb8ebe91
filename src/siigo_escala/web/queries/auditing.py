"""The audit as a list: filters of its address, pages by key, and whether its chains are whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import QueryDict

from siigo_escala.store.models import AuditEntry, Connection, audit
from siigo_escala.web import asked as numbers

PAGE = 50


@dataclass(slots=True, kw_only=True)
class Filters:
    """What an address asks for; `unknown`: what it asks for and does not exist."""

    who: str = ""
    action: str = ""
    date_from: date | None = None
    date_to: date | None = None
    unknown: list[str] = field(default_factory=list)

    @property
    def any(self) -> bool:
        """Whether something narrows the list."""
        return bool(self.who or self.action or self.date_from or self.date_to)

    def address(self, **changes: str) -> str:
        """The same list with other parameters."""
        told = {
            "quien": self.who,
            "accion": self.action,
            "desde": self.date_from.isoformat() if self.date_from else "",
            "hasta": self.date_to.isoformat() if self.date_to else "",
            **changes,
        }
        return "?" + urlencode({name: value for name, value in told.items() if value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How many entries the chains hold, and the first that was changed or lost another; None: none was."""

    count: int
    broken: int | None


def read(asked: QueryDict, actions: list[str], people: list[str]) -> Filters:
    """The filters of an address."""
    made = Filters()
    for name, known in (("quien", people), ("accion", actions)):
        value = asked.get(name, "")
        if value and value not in known:
            made.unknown.append(f"{name}={value}"[:60])
        elif name == "quien":
            made.who = value
        else:
            made.action = value
    for name in ("desde", "hasta"):
        value = asked.get(name, "")
        try:
            day = numbers.day(value)
        except ValueError:
            made.unknown.append(f"{name}={value}"[:60])
            continue
        if name == "desde":
            made.date_from = day
        else:
            made.date_to = day
    return made


def chosen(entries: QuerySet[AuditEntry], filters: Filters, *, zone: str) -> QuerySet[AuditEntry]:
    """The entries that the filters leave, the newest first. Days are local."""
    if filters.who:
        entries = entries.filter(who=filters.who)
    if filters.action:
        entries = entries.filter(action=filters.action)
    if filters.date_from is not None:
        entries = entries.filter(at__gte=_midnight(filters.date_from, zone))
    if filters.date_to is not None:
        entries = entries.filter(at__lt=_midnight(filters.date_to + timedelta(days=1), zone))
    return entries.select_related("connection").order_by("-pk")


def told(entry: AuditEntry) -> Iterator[tuple[str, str, str]]:
    """What changed: name, before, after; texts without end are cut."""
    for key in dict.fromkeys([*entry.before, *entry.after]):
        yield key, _word(entry.before, key), _word(entry.after, key)


def verdict(connections: list[Connection | None]) -> Verdict:
    """Whether these chains are whole; None: that of the installation."""
    count = 0
    for connection in connections:
        entries = AuditEntry.objects.filter(connection=connection).order_by("pk")
        broken = audit.first_break(entries.iterator(chunk_size=1000))
        count += entries.count()
        if broken is not None:
            return Verdict(count=count, broken=broken)
    return Verdict(count=count, broken=None)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _word(side: Mapping[str, Any], key: str) -> str:
    value = side.get(key)
    if isinstance(value, bool):
        return "sí" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value[:10]) + ("…" if len(value) > 10 else "")
    return "" if value is None else str(value)[:300]
