"""Custom fields seen in Escala: it cannot list them, but contacts and deals show those that hold a value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from siigo_escala.domain import proposals
from siigo_escala.domain.crm import Scalar
from siigo_escala.escala.client import EscalaClient

_PAGES = 2
_LONGEST_SAMPLE = 60
_ENTITIES = ("contact", "deal", "product", "company")
_KEY = re.compile(
    rf"cf_(?:(?P<entity>{'|'.join(_ENTITIES)})_)?(?P<slug>.*?)(?:_[a-z]{{4}})?_(?P<kind>[a-z]+)$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenField:
    """A custom field that some record holds. `name` is guessed from the key."""

    key: str
    entity: str
    name: str
    kind: str
    sample: str

    def to_json(self) -> dict[str, Any]:
        """As it stands in the document."""
        return {
            "key": self.key,
            "entity": self.entity,
            "name": self.name,
            "type": self.kind,
            "sample": self.sample,
        }


def seen(escala: EscalaClient) -> list[SeenField]:
    """The fields of the newest contacts and deals: two pages of each, so four calls at most.

    Raises the failures of rest/errors.py.
    """
    found: dict[str, SeenField] = {}
    for contacts in islice(iter(escala.contacts()), _PAGES):
        _note(found, "contact", (contact.custom for contact in contacts))
    for deals in islice(iter(escala.deals()), _PAGES):
        _note(found, "deal", (deal.custom for deal in deals))
    return sorted(found.values(), key=lambda field: (field.entity, field.key))


def described(key: str, *, entity: str, sample: str) -> SeenField:
    """A field by its key `cf_<entity>_<slug>_<4 letters>_<type>`; older keys lack some of these."""
    parts = _KEY.match(key)
    slug = parts["slug"] if parts else key.removeprefix("cf_")
    return SeenField(
        key=key,
        entity=entity,
        name=slug.replace("_", " ").strip().capitalize() or key,
        kind=parts["kind"] if parts else "",
        sample=sample,
    )


def is_of_numbers(key: str) -> bool:
    """Whether a field holds numbers alone: neither letters nor a leading zero."""
    return described(key, entity="", sample="").kind in proposals.NUMERIC


def _note(found: dict[str, SeenField], entity: str, customs: Iterable[Mapping[str, Scalar]]) -> None:
    for custom in customs:
        for key, value in custom.items():
            if key.startswith("cf_") and key not in found and str(value).strip():
                text = " ".join(str(value).split())[:_LONGEST_SAMPLE]
                found[key] = described(key, entity=entity, sample=text)
