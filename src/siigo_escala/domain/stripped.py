"""Records without the person: what is kept of an erased customer, so that nothing is doubled.

Ids, numbers of invoices, dates and amounts stay; names, identification, e-mail, phone, address and free text
go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from siigo_escala.domain.crm import Contact
from siigo_escala.domain.mapping import invoice_to_deal

NOBODY = "borrado"
"""Stands in the identification field of a stripped contact: it is somebody's, and nobody else may take it."""
_BORN = re.compile(r"\[escala:[^\]]*\]")
_TELLING = ("customer", "customers", "answer", "message", "why")
"""Of what the sentence of a reason is filled with: identifications, and words of the two systems."""
_KEPT_IN_EVENTS = ("deal", "contact", "evidence", "candidates", "value", "before", "credited")


def invoice(record: Mapping[str, Any]) -> dict[str, Any]:
    """An invoice's record without its customer's identification and without free text."""
    kept = {key: value for key, value in record.items() if key != "customer_identification"}
    marks = "".join(_BORN.findall(str(kept.pop("observations", ""))))
    return {**kept, "observations": marks} if marks else kept


def contact(found: Contact, fields: Iterable[str]) -> Contact:
    """A contact of which only ids and moments are left; `fields` are those that hold an identification."""
    return Contact(
        id=found.id,
        owner=found.owner,
        custom=dict.fromkeys(fields, NOBODY),
        created=found.created,
        modified=found.modified,
        modified_text=found.modified_text,
    )


def deal_name(name: str, marks: Iterable[str], *, hidden: Callable[[str], bool]) -> str:
    """Of a deal's name what tells which invoice it shows, and whose connection made it.

    `hidden`: whether a word with digits is an erased person's identification.
    """
    words = [word for word in sorted(invoice_to_deal.name_words(name)) if not hidden(word)]
    kept = [f"[{mark}]" for mark in marks if mark and invoice_to_deal.has_mark(name, mark)]
    return " ".join([*words, *kept])


def told(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a reason's sentence is filled with, without what may tell who it is."""
    return {key: value for key, value in data.items() if key not in _TELLING}


def event(data: Mapping[str, Any]) -> dict[str, Any]:
    """Of what an event holds the ids and amounts."""
    return {key: value for key, value in data.items() if key in _KEPT_IN_EVENTS}
