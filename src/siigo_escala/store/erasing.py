"""Erased persons: how they are recognised without being known, and under which names their rows stand.

The marks are hashes of identification numbers under a key of the Escala account, which is sealed: a number
has few digits, and a plain hash of it would be no secret.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from siigo_escala.domain import identity, stripped
from siigo_escala.store import keys as installed
from siigo_escala.store.models import DealWord, Erasure, EscalaAccount, KnownDeal
from siigo_escala.store.vault import Vault

_PURPOSE = b"siigo-escala erased persons v1"
ALIAS = "erased:"
"""Begins every key under which something of an erased person is found again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """The erased persons of an Escala account. Costs nothing where there are none."""

    key: str = ""
    marks: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.marks)

    def covers(self, numbers: Iterable[str]) -> bool:
        """Whether one of these numbers is an erased person's."""
        return bool(self.marks) and any(self.mark(number) in self.marks for number in numbers)

    def covers_text(self, identification: str) -> bool:
        """The same for an identification as it was typed."""
        return bool(self.marks) and self.covers(identity.stored_keys(identification))

    def covers_contact(self, contact_id: str) -> bool:
        """Whether this contact of Escala was an erased person's when it was seen last."""
        return self.covers([of_contact(contact_id)])

    def covers_deal(self, deal_id: str) -> bool:
        """Whether this deal of Escala was an erased person's, whatever contact it shows by now."""
        return self.covers([of_deal(deal_id)])

    def identity(self, key: str) -> str:
        """The key of an identity as rows hold it: an erased person's is an alias."""
        return self.alias(key) if self.covers([key.rpartition(":")[2]]) else key

    def alias(self, key: str) -> str:
        """What stands in a row in place of a key that tells who somebody is."""
        return f"{ALIAS}{self.mark(key)}"

    def digest(self, plain: str) -> str:
        """The digest of a record that an erased person stands in, as rows hold it: who has the rest of the
        record could try numbers until a plain hash agrees.
        """
        return self.mark(f"digest:{plain}") if plain else ""

    def mark(self, text: str) -> str:
        """Its keyed hash."""
        return installed.keyed_hash(self.key, _PURPOSE, text.encode())


NOBODY = Erased()


def of_contact(contact_id: str) -> str:
    """What is remembered of an erased person beside numbers: the contact, where only a deal names it."""
    return f"contact:{contact_id}"


def of_deal(deal_id: str) -> str:
    """And its deals: Escala shows them without the contact once that is deleted, and their names stay."""
    return f"deal:{deal_id}"


def of_account(account: EscalaAccount, vault: Vault) -> Erased:
    """The erased persons of an account. KEY_MISSING where the key that tells them does not open."""
    marks = frozenset(Erasure.objects.filter(escala=account).values_list("mark", flat=True))
    return Erased(key=vault.open(account.erasure_key_sealed), marks=marks) if marks else NOBODY


def remember(account: EscalaAccount, numbers: Iterable[str], *, vault: Vault, now: datetime) -> Erased:
    """Recognises these numbers (and `of_contact`, `of_deal`) as an erased person's from now on."""
    key = vault.open(account.erasure_key_sealed)
    if not key:
        key = secrets.token_hex(32)
        account.erasure_key_sealed = vault.seal(key)
        account.save(update_fields=["erasure_key_sealed"])
    hashing = Erased(key=key)
    keep(account.pk, hashing, numbers, now=now)
    return of_account(account, vault)


def keep(account: int, erased: Erased, numbers: Iterable[str], *, now: datetime) -> None:
    """Commits the marks of these numbers (and `of_contact`, `of_deal`) for an account that has its key."""
    Erasure.objects.bulk_create(
        [Erasure(escala_id=account, mark=erased.mark(number), at=now) for number in sorted(set(numbers))],
        ignore_conflicts=True,
    )


def strip_deals(deals: Iterable[KnownDeal], erased: Erased, marks: Iterable[str]) -> None:
    """Takes out of the index what the names of an erased person's deals tell of it."""
    marks = list(marks)
    for row in deals:
        row.name = stripped.deal_name(row.name, marks, hidden=erased.covers_text)
        row.save(update_fields=["name"])
        words = DealWord.objects.filter(escala_id=row.escala_id, deal_id=row.deal_id)
        words.filter(word__in=[one.word for one in words if erased.covers_text(one.word)]).delete()
