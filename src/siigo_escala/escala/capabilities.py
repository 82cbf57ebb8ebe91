"""What an account's API was seen to do: the doubts of escala-api.md 13, answered by experience."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, Literal

Resource = Literal["deals", "contacts"]
Since = Literal["unknown", "works", "broken", "ignored"]
Verb = Literal["unknown", "put", "patch", "none"]

DOUBTED_FOR = timedelta(hours=24)
"""What failed or was refused is tried again after it: an account may change, and one answer may have lied."""
_CHOICES = {
    "since_deals": ("unknown", "works", "broken", "ignored"),
    "since_contacts": ("unknown", "works", "broken", "ignored"),
    "update_deals": ("unknown", "put", "patch", "none"),
    "update_contacts": ("unknown", "put", "patch", "none"),
    "email_filter": ("unknown", "works", "ignored", "refused"),
}
_MOMENTS = ("since_deals_until", "since_contacts_until", "update_deals_until", "update_contacts_until")
_TEXTS = ("update_deals_refused_by", "update_contacts_refused_by")


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """One account's habits. The `until` of what failed or was refused is when it is tried again.

    `refused_by` is the record that refused every verb last, since one worked. An update that is `none`
    without an `until` did harm: only a person has it tried again.
    """

    since_deals: Since = "unknown"
    since_deals_until: datetime | None = None
    since_contacts: Since = "unknown"
    since_contacts_until: datetime | None = None
    update_deals: Verb = "unknown"
    update_deals_until: datetime | None = None
    update_deals_refused_by: str = ""
    update_contacts: Verb = "unknown"
    update_contacts_until: datetime | None = None
    update_contacts_refused_by: str = ""
    email_filter: Literal["unknown", "works", "ignored", "refused"] = "unknown"
    decimal_quantity_refused: bool = False
    priority_refused: bool = False
    probed: Mapping[str, str] = field(default_factory=dict)
    """What a write probe found out, by doubt: {"U3": "refused 409"}."""

    @property
    def updates_possible(self) -> bool:
        """Whether a deal's update is worth trying; possible until the first was refused."""
        return self.update_deals != "none"

    def verb(self, resource: Resource) -> Verb:
        """What is known to change a record of this kind."""
        return self.update_deals if resource == "deals" else self.update_contacts

    def verb_worked(self, resource: Resource, verb: Verb) -> Capabilities:
        """A record was changed by it: whatever was refused before was refused by that record alone."""
        return self._updates(resource, verb)

    def verbs_refused(self, resource: Resource, record_id: str, *, now: datetime) -> Capabilities:
        """A record that is there refused every verb: the account has none, for a day.

        Against a verb that worked, and where the same record has refused before, one record proves nothing:
        it takes another one.
        """
        known, before = self.verb(resource), self._refused_by(resource)
        if record_id == before or (not before and known in ("put", "patch")):
            return self._updates(resource, known, refused_by=record_id)
        return self._updates(resource, "none", until=now + DOUBTED_FOR, refused_by=record_id)

    def tried_anew(self, *, now: datetime, asked: bool = False) -> Capabilities:
        """What counts by now: refused verbs are unknown again after their term, or where a person asks."""
        counts = self
        resources: tuple[Resource, Resource] = ("deals", "contacts")
        for resource in resources:
            until = self.update_deals_until if resource == "deals" else self.update_contacts_until
            if until is not None and (asked or now >= until):
                counts = counts._updates(resource, "unknown", refused_by=self._refused_by(resource))
        return counts

    def _refused_by(self, resource: Resource) -> str:
        return self.update_deals_refused_by if resource == "deals" else self.update_contacts_refused_by

    def _updates(
        self, resource: Resource, verb: Verb, *, until: datetime | None = None, refused_by: str = ""
    ) -> Capabilities:
        if resource == "deals":
            return replace(
                self, update_deals=verb, update_deals_until=until, update_deals_refused_by=refused_by
            )
        return replace(
            self, update_contacts=verb, update_contacts_until=until, update_contacts_refused_by=refused_by
        )

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
        elif name in _TEXTS:
            if isinstance(value, str):
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
