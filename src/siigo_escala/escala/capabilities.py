"""What an account's API was seen to do: the doubts of escala-api.md 13, answered by experience."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Literal

Resource = Literal["deals", "contacts"]
Since = Literal["unknown", "works", "broken", "ignored"]
Verb = Literal["unknown", "put", "patch", "none"]

SINCE_DOUBTED_FOR = timedelta(hours=24)
_CHOICES = {
    "since_deals": ("unknown", "works", "broken", "ignored"),
    "since_contacts": ("unknown", "works", "broken", "ignored"),
    "update_deals": ("unknown", "put", "patch", "none"),
    "update_contacts": ("unknown", "put", "patch", "none"),
    "email_filter": ("unknown", "works", "ignored", "refused"),
}
_MOMENTS = ("since_deals_until", "since_contacts_until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """One account's habits. The `until` of a failed `since` is when it is tried again."""

    since_deals: Since = "unknown"
    since_deals_until: datetime | None = None
    since_contacts: Since = "unknown"
    since_contacts_until: datetime | None = None
    update_deals: Verb = "unknown"
    update_contacts: Verb = "unknown"
    email_filter: Literal["unknown", "works", "ignored", "refused"] = "unknown"
    decimal_quantity_refused: bool = False
    priority_refused: bool = False
    probed: Mapping[str, str] = field(default_factory=dict)
    """What a write probe found out, by doubt: {"U3": "refused 409"}."""

    @property
    def updates_possible(self) -> bool:
        """Whether a deal's update is worth trying; possible until the first was refused."""
        return self.update_deals != "none"

    def since_usable(self, resource: Resource, *, now: datetime) -> bool:
        """Whether a read of changes may be tried."""
        known, until = self._since(resource)
        return known in ("unknown", "works") or (until is not None and now >= until)

    def _since(self, resource: Resource) -> tuple[Since, datetime | None]:
        if resource == "deals":
            return self.since_deals, self.since_deals_until
        return self.since_contacts, self.since_contacts_until


def to_json(capabilities: Capabilities) -> dict[str, Any]:
    """As an account keeps them."""
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in asdict(capabilities).items()
    }


def from_json(kept: Mapping[str, Any]) -> Capabilities:
    """What was kept; whatever is not understood counts as not known."""
    known: dict[str, Any] = {}
    for name in (one.name for one in fields(Capabilities)):
        value = kept.get(name)
        if name in _MOMENTS:
            moment = _moment(value)
            if moment is not None:
                known[name] = moment
        elif name in _CHOICES:
            if value in _CHOICES[name]:
                known[name] = value
        elif name == "probed":
            texts = value.items() if isinstance(value, dict) else ()
            known[name] = {code: verdict for code, verdict in texts if isinstance(verdict, str)}
        elif isinstance(value, bool):
            known[name] = value
    return Capabilities(**known)


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
