"""What a refusal of Escala means for an invoice: which reason a person reads."""

from __future__ import annotations

import re
from collections.abc import Iterable

from siigo_escala.domain.planning import NeedsAttention
from siigo_escala.domain.reasons import Code
from siigo_escala.rest.errors import Duplicate, Rejected

_PARTS = {"email": ("email", "e-mail", "correo"), "phone": ("phone", "tel")}
EVERY_PART = frozenset(_PARTS)
"""All that a second contact can go without."""
_FIELD = re.compile(r"cf_\w+")
_GONE = re.compile(
    r"not exist|no existe|inexistente|not found|no se encontr|unknown|desconocid|undefined|not allowed"
    r"|unrecogni[sz]ed|not recogni[sz]ed"
)
_VALUE = re.compile(r"\bvalues?\b|valor|option|opci[oó]n|pattern|patr[oó]n|format")
"""Then it is the value that is not known or allowed, not the field."""


def of_contact(refusal: Rejected) -> NeedsAttention:
    """Why a contact was refused."""
    words = _words(refusal)
    if _any(words, "cf_", "custom"):
        return _of_field(refusal, words)
    if _any(words, "assignedto", "owner"):
        return NeedsAttention(code=Code.OWNER_REFUSED, data=_data(refusal))
    if _any(words, "email", "correo"):
        return NeedsAttention(code=Code.CONTACT_DATA_MISSING, data={**_data(refusal), "field": "correo"})
    if _any(words, "phone", "telefono", "teléfono"):
        return NeedsAttention(code=Code.CONTACT_DATA_MISSING, data={**_data(refusal), "field": "teléfono"})
    return NeedsAttention(code=Code.CONTACT_REFUSED, data=_data(refusal))


def of_deal(refusal: Rejected) -> NeedsAttention:
    """Why a deal was refused."""
    words = _words(refusal)
    if _any(words, "cf_", "custom"):
        return _of_field(refusal, words)
    if _any(words, "assignedto", "owner"):
        return NeedsAttention(code=Code.OWNER_REFUSED, data=_data(refusal))
    if _any(words, "stage"):
        return NeedsAttention(code=Code.STAGE_GONE, data=_data(refusal))
    if _any(words, "pipeline"):
        return NeedsAttention(code=Code.PIPELINE_GONE, data=_data(refusal))
    return NeedsAttention(code=Code.ESCALA_ERROR, data=_data(refusal))


def is_clear(refusal: Rejected) -> bool:
    """Whether Escala says what of the data it does not take."""
    return refusal.status in (400, 422) and bool(refusal.problems)


def blames_contact(refusal: Rejected) -> bool:
    """Whether a deal was refused because its contact does not exist (any more)."""
    words = _words(refusal)
    return _any(words, "contact", "contacto") and not _any(words, "cf_", "custom", "stage", "pipeline")


def parts_taken(refusal: Duplicate, *, before: frozenset[str]) -> frozenset[str]:
    """What of a contact another one has already: what the answer names, all of it where it names nothing new.

    `before`: what was not even sent, which cannot be what is there already.
    """
    text = f"{refusal.message} {refusal.raw}".casefold()
    named = {part for part, words in _PARTS.items() if any(word in text for word in words)}
    return before | (named - before or EVERY_PART)


def _of_field(refusal: Rejected, words: str) -> NeedsAttention:
    """A custom field was refused: it is not there (any more), or it does not take what was sent."""
    data = _data(refusal)
    if found := _FIELD.search(words):
        data["field"] = found[0]
    if _GONE.search(words) and not _VALUE.search(words):
        return NeedsAttention(code=Code.FIELD_GONE, data=data)
    return NeedsAttention(code=Code.FIELD_REFUSED, data={**data, "message": data["answer"]})


def _words(refusal: Rejected) -> str:
    parts = [refusal.message, refusal.raw]
    for problem in refusal.problems:
        parts += [problem.code, problem.message, *problem.fields]
    return " ".join(parts).casefold()


def _any(words: str, *wanted: str) -> bool:
    return any(word in words for word in wanted)


def _data(refusal: Rejected) -> dict[str, object]:
    return {
        "status": refusal.status,
        "answer": _short(refusal.problems[0].message if refusal.problems else refusal.raw),
    }


def _short(text: str) -> str:
    return " ".join(_printable(text))[:200]


def _printable(text: str) -> Iterable[str]:
    return "".join(letter if letter.isprintable() else " " for letter in text).split()
