"""What two accounts tell of themselves before there is a connection: lists to choose from.

Nothing is written anywhere. Everything raises the failures of rest/errors.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from siigo_escala.config.env import Environment
from siigo_escala.domain import proposals
from siigo_escala.domain.accounting import DocumentType, Seller
from siigo_escala.domain.crm import UNASSIGNED, Contact, Deal, Pipeline
from siigo_escala.domain.proposals import FieldSeen
from siigo_escala.rest.errors import System
from siigo_escala.siigo.token import NoStore
from siigo_escala.store.models import Connection
from siigo_escala.sync import connect, fields, probing
from siigo_escala.sync.checking.budget import Budget
from siigo_escala.sync.clients import Bounds, Clients, Credentials

PAGES = 30
"""Of contacts and of deals each: enough to see which fields and owners there are."""
PATIENCE_S = 5
"""Somebody waits for the page: an account that does not answer is told as that."""
_CALLS = 30
_UNTIL_S: Mapping[System, float] = {"siigo": 30.0, "escala": 30.0}


@dataclass(slots=True, kw_only=True)
class Found:
    """What was seen in an Escala account so far. `more_…`: there are further ones, which were not read."""

    contacts: int = 0
    deals: int = 0
    more_contacts: bool = False
    more_deals: bool = False
    owners: Counter[str] = field(default_factory=Counter)
    holding: Counter[str] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)

    def to_json(self) -> dict[str, Any]:
        """As a draft keeps it."""
        return {
            "contacts": self.contacts,
            "deals": self.deals,
            "more_contacts": self.more_contacts,
            "more_deals": self.more_deals,
            "owners": [owner for owner, _ in self.owners.most_common()],
            "fields": [
                {"key": key, "count": count, "numbers": self.numbers[key]}
                for key, count in self.holding.most_common()
            ],
        }


def bounds() -> Bounds:
    """So many calls and seconds as somebody waits for who looks at a page."""
    budget = Budget(calls=_CALLS, until_s=_UNTIL_S)
    return Bounds(limited=budget.limited, longest_s=budget.longest_s, wait=budget.wait)


def siigo(
    environment: Environment,
    *,
    username: str,
    key: str,
    known: Connection | None = None,
    now: Callable[[], datetime],
) -> tuple[tuple[Seller, ...], tuple[DocumentType, ...]]:
    """A company's users and its kinds of sales documents."""
    credentials = Credentials(siigo_username=username, siigo_key=key, escala_key="")
    with _opened(environment, credentials, known=known, now=now, held=bounds()) as pair:
        return pair.siigo.users(), pair.siigo.document_types()


def pipelines(
    environment: Environment, *, key: str, known: Connection | None = None, now: Callable[[], datetime]
) -> tuple[Pipeline, ...]:
    """An account's pipelines and stages."""
    credentials = Credentials(siigo_username="", siigo_key="", escala_key=key)
    with _opened(environment, credentials, known=known, now=now, held=bounds()) as pair:
        return pair.escala.pipelines()


def contents(
    environment: Environment,
    *,
    key: str,
    known: Connection | None = None,
    now: Callable[[], datetime],
    tell: Callable[[Found], None] = lambda _: None,
) -> Found:
    """What an account holds, as far as the newest thousands of contacts and deals show."""
    credentials = Credentials(siigo_username="", siigo_key="", escala_key=key)
    found = Found()
    with _opened(environment, credentials, known=known, now=now, held=Bounds()) as pair:
        contacts, deals = pair.escala.contacts(), pair.escala.deals()
        for page in islice(iter(contacts), PAGES):
            found.contacts += len(page)
            _note(found, page)
            for contact in page:
                filled = {one: value for one, value in contact.custom.items() if str(value).strip()}
                found.holding.update(filled.keys())
                found.numbers.update(
                    one for one, value in filled.items() if proposals.looks_like_identification(value)
                )
            tell(found)
        found.more_contacts = contacts.ending is None
        for deals_page in islice(iter(deals), PAGES):
            found.deals += len(deals_page)
            _note(found, deals_page)
            tell(found)
        found.more_deals = deals.ending is None
    return found


def fields_seen(kept: Iterable[dict[str, Any]]) -> list[FieldSeen]:
    """Custom fields of contacts as a draft kept them, the likeliest to hold the cédula first."""
    seen = []
    for one in kept:
        described = fields.described(one["key"], entity="contact", sample="")
        seen.append(
            FieldSeen(
                key=one["key"],
                name=described.name,
                kind=described.kind,
                count=one["count"],
                numbers=one["numbers"],
            )
        )
    return proposals.identification_fields(seen)


def _note(found: Found, records: Iterable[Contact | Deal]) -> None:
    found.owners.update(one.owner for one in records if one.owner not in ("", UNASSIGNED))


@contextmanager
def _opened(
    environment: Environment,
    credentials: Credentials,
    *,
    known: Connection | None,
    now: Callable[[], datetime],
    held: Bounds,
) -> Iterator[Clients]:
    hurried = probing.hurried(environment, patience_s=PATIENCE_S)
    pair = connect.clients_of(hurried, credentials, NoStore(), known=known, now=now, bounds=held)
    try:
        yield pair
    finally:
        pair.close()
