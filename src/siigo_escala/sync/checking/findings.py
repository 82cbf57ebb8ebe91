"""A finding of the self-check: its code, how bad it is, what a person reads and what they can do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

Outcome = Literal["ok", "warning", "failed"]
_LISTED = 10


class Finding(StrEnum):
    """What a self-check looks at. Each stands at most once in a document (docs/guia/revision.md)."""

    SIIGO_ACCESS = "SIIGO_ACCESS"
    SIIGO_COMPANY = "SIIGO_COMPANY"
    SIIGO_CLOCK = "SIIGO_CLOCK"
    DOCUMENT_TYPES = "DOCUMENT_TYPES"
    CREDIT_NOTES = "CREDIT_NOTES"
    INVOICES_READABLE = "INVOICES_READABLE"
    CURRENCY = "CURRENCY"
    WALK_IN = "WALK_IN"
    START = "START"
    SELLERS = "SELLERS"
    SELLERS_ACTIVE = "SELLERS_ACTIVE"
    INVOICING_RULES = "INVOICING_RULES"
    ESCALA_ACCESS = "ESCALA_ACCESS"
    ESCALA_ACCOUNT = "ESCALA_ACCOUNT"
    ESCALA_CLOCK = "ESCALA_CLOCK"
    PIPELINE = "PIPELINE"
    STAGE = "STAGE"
    LOST_STAGE = "LOST_STAGE"
    IDENTIFICATION_FIELD = "IDENTIFICATION_FIELD"
    IDENTIFICATION_FILLED = "IDENTIFICATION_FILLED"
    DEAL_FIELDS = "DEAL_FIELDS"
    OWNERS = "OWNERS"
    PRODUCTS = "PRODUCTS"
    SKU_TWICE = "SKU_TWICE"
    CHANGES_READ = "CHANGES_READ"
    UPDATES = "UPDATES"
    LIMITS = "LIMITS"
    BRAKE = "BRAKE"
    STORAGE = "STORAGE"
    PRIVACY = "PRIVACY"
    FREE_SPACE = "FREE_SPACE"
    DATABASE = "DATABASE"
    KEY = "KEY"
    PAUSE = "PAUSE"
    SCHEDULE = "SCHEDULE"
    LAST_RUN = "LAST_RUN"
    LAST_SUCCESS = "LAST_SUCCESS"
    WAITING = "WAITING"
    UNKNOWN_OUTCOMES = "UNKNOWN_OUTCOMES"
    NEIGHBOURS = "NEIGHBOURS"
    WRITE_PROBE = "WRITE_PROBE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One finding. `remedy`: what a person can do; "" where all is well."""

    code: Finding
    result: Outcome
    message: str
    remedy: str = ""

    def to_json(self) -> dict[str, Any]:
        """As it stands in the document."""
        return {
            "code": self.code.value,
            "result": self.result,
            "message": self.message,
            "remedy": self.remedy,
        }


def ok(code: Finding, message: str) -> Check:
    """All is well."""
    return Check(code=code, result="ok", message=message)


def warning(code: Finding, message: str, *, remedy: str) -> Check:
    """Something a person should know; the connection works."""
    return Check(code=code, result="warning", message=message, remedy=remedy)


def failed(code: Finding, message: str, *, remedy: str) -> Check:
    """The connection cannot do its work like this."""
    return Check(code=code, result="failed", message=message, remedy=remedy)


def listed(names: Iterable[str], *, none: str = "ninguno") -> str:
    """Some names in a sentence: ten of them, and how many more."""
    found = list(names)
    if not found:
        return none
    more = f" y {len(found) - _LISTED} más" if len(found) > _LISTED else ""
    return ", ".join(found[:_LISTED]) + more


def quoted(names: Iterable[str], *, none: str = "ninguno") -> str:
    """The same between Spanish quotation marks."""
    return listed([f"«{name}»" for name in names], none=none)
