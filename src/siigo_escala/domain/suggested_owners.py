"""Which Escala user a Siigo seller may be: the same e-mail surely, a like name perhaps. A person confirms."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from siigo_escala.domain import text

_SHORTEST = 3
"""Shorter words are initials and say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A user of Escala, by e-mail, and why."""

    user: str
    evidence: Literal["email", "name"]


def suggest(*, email: str, name: str, users: Iterable[str]) -> Suggestion | None:
    """The user with the seller's e-mail; else the only one whose address is made of the seller's names."""
    known = list(users)
    wanted = email.strip().casefold()
    same = next((user for user in known if wanted and user.casefold() == wanted), None)
    if same is not None:
        return Suggestion(user=same, evidence="email")
    names = set(_words(name))
    alike = [user for user in known if (words := _words(user.partition("@")[0])) and set(words) <= names]
    return Suggestion(user=alike[0], evidence="name") if len(alike) == 1 else None


def _words(told: str) -> list[str]:
    return [word for word in re.split(r"[\W\d_]+", text.fold(told)) if len(word) >= _SHORTEST]
