"""What is most likely meant, so that people choose instead of typing: each proposal with its reason."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from siigo_escala.domain import text
from siigo_escala.domain.accounting import Seller
from siigo_escala.domain.crm import Pipeline, Stage

_IDENTIFYING = ("cedula", "nit", "identificacion", "documento", "rut")
_PUBLIC = frozenset(
    {"gmail", "hotmail", "outlook", "yahoo", "live", "icloud", "siigo", "api", "mail", "correo", "www"}
)
_ENDINGS = frozenset({"com", "co", "net", "org", "edu", "gov", "info", "biz", "example", "test", "local"})
NUMERIC = ("number", "decimal")
"""Kinds of fields that hold neither letters nor a leading zero."""
_LIKE_A_NUMBER = re.compile(r"[0-9]{5,12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSeen:
    """A custom field of contacts: how many hold it, and in how many it looks like an identification."""

    key: str
    name: str
    kind: str
    count: int
    numbers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerProposed:
    """An Escala user who may be a Siigo seller."""

    owner: str
    why: Literal["email", "name"]


def company_name(username: str, *, taken: Collection[str]) -> str:
    """A name for the company whose API user this is, from the domain of its e-mail; one that is free."""
    local, _, domain = username.strip().casefold().rpartition("@")
    words = [one for one in re.split(r"[^a-z0-9-]+", text.fold(domain)) if one and one not in _ENDINGS]
    named = [one for one in words if one not in _PUBLIC] or re.split(r"[^a-z0-9-]+", text.fold(local))
    base = named[-1].strip("-")[:80] or "empresa"
    names = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))
    folded = {one.casefold() for one in taken}
    return next(name for name in names if name not in folded)


def looks_like_identification(value: object) -> bool:
    """Whether a value may be a NIT or a cédula: digits, with or without dots and a check digit."""
    digits = str(value).replace(".", "").replace(" ", "").partition("-")[0]
    return _LIKE_A_NUMBER.fullmatch(digits) is not None


def identification_fields(seen: Iterable[FieldSeen]) -> list[FieldSeen]:
    """Fields that may hold the cédula, the likeliest first: by name, then by what stands in them.

    Of those that mostly hold numbers ("Cédula", not "Tipo de documento") the ones of text go first: a number
    holds neither letters nor a leading zero. One that an account already uses can still be chosen.
    """
    listed = [one for one in seen if one.kind in ("", "text", "number") or _is_named(one)]
    return sorted(
        listed,
        key=lambda one: (
            not _is_named(one),
            not _mostly_numbers(one),
            one.kind in NUMERIC,
            -one.numbers,
            -one.count,
            one.key,
        ),
    )


def likely(fields: Sequence[FieldSeen]) -> str:
    """The key of the field to be chosen beforehand; "" where none is likely enough."""
    first = next(iter(fields), None)
    return first.key if first is not None and (_is_named(first) or _mostly_numbers(first)) else ""


def destination(pipelines: Sequence[Pipeline]) -> tuple[Pipeline, Stage] | None:
    """Where opportunities are most likely to begin: the first open stage of the first pipeline."""
    for pipeline in pipelines:
        for stage in pipeline.stages:
            if stage.kind == "open":
                return pipeline, stage
    return None


def owner_of(seller: Seller, owners: Sequence[str]) -> OwnerProposed | None:
    """The user who may be this seller: of the same e-mail, else of a similar name."""
    email = seller.email.strip().casefold()
    for owner in owners:
        if email and owner.casefold() == email:
            return OwnerProposed(owner=owner, why="email")
    words = _words(seller.name)
    for owner in owners:
        named = _words(owner.partition("@")[0])
        alike = words & named
        if len(alike) >= 2 or (alike and named == alike):
            return OwnerProposed(owner=owner, why="name")
    return None


def _is_named(field: FieldSeen) -> bool:
    return any(word in text.fold(field.name).split() for word in _IDENTIFYING)


def _mostly_numbers(field: FieldSeen) -> bool:
    return field.numbers * 2 > field.count


def _words(name: str) -> set[str]:
    return {one for one in re.split(r"[^a-z]+", text.fold(name)) if len(one) > 2}
