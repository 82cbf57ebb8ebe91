"""Text as Escala gets it: nothing invisible, no angle brackets, cut where a reader would cut.

And text as every database can hold it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

#: Marks that turn the direction of writing, and blanks of no width; a joiner (U+200D) holds emoji together.
_INVISIBLE = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff<>]")
_LINE_END = re.compile("\r\n|[\r\u0085\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_ESCAPED = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_JOINER = "\u200d"


def line(text: str, *, limit: int | None = None) -> str:
    """`text` as one line: blanks folded to single spaces, at most `limit` UTF-16 units long."""
    return cut(" ".join(_visible(text).split()), limit)


def paragraph(text: str, *, limit: int | None = None) -> str:
    """`text` with line feeds at its line ends and no blanks around, at most `limit` UTF-16 units long."""
    return cut(_visible(text).strip(), limit)


def cut(text: str, limit: int | None) -> str:
    """The longest beginning of `text` within `limit` UTF-16 units that tears no character asunder.

    UTF-16 units are the strictest count a server may apply; accents and joined emoji stay with their base.
    """
    if limit is None or length(text) <= limit:
        return text
    end, units = 0, 0
    while units + length(text[end]) <= limit:
        units += length(text[end])
        end += 1
    while end and (_continues(text[end]) or text[end - 1] == _JOINER):
        end -= 1
    return text[:end].rstrip()


def length(text: str) -> int:
    """How long a server counts `text` at most: in UTF-16 units."""
    return len(text) if text.isascii() else len(text) + sum(character > "\uffff" for character in text)


def fold(text: str) -> str:
    """`text` for comparison: case, accents and width aside."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(character for character in plain if not unicodedata.combining(character))


def may_be_unstorable(document: bytes) -> bool:
    """Whether JSON may hold what `storable` leaves out: it can only stand there escaped."""
    return _ESCAPED.search(document) is not None


def storable(value: object) -> Any:
    """A JSON value, keys included, without NUL and lone surrogates: no database holds both."""
    match value:
        case str():
            return _UNSTORABLE.sub("", value)
        case list():
            return [storable(item) for item in value]
        case dict():
            return {_UNSTORABLE.sub("", key): storable(item) for key, item in value.items()}
        case _:
            return value


def _visible(text: str) -> str:
    if text.isprintable() and "<" not in text and ">" not in text:
        return text
    return _CONTROL.sub("", _INVISIBLE.sub("", _LINE_END.sub("\n", text)))


def _continues(character: str) -> bool:
    return (
        character == _JOINER
        or unicodedata.category(character).startswith("M")
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )
