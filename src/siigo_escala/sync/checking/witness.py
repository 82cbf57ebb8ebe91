"""What the answers of a check looked like: for each question its status, header names and shape."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from siigo_escala.rest import reading
from siigo_escala.rest.errors import System
from siigo_escala.rest.transport import Answer, Ask
from siigo_escala.sync.checking import shapes
from siigo_escala.sync.checking.shapes import Shape

_PATH = re.compile(r"/(v\d+|crm|pms|[a-z][a-z-]*)(?=/|$)")
_HINTS = re.compile(r"rate-?limit|retry-after|quota", re.IGNORECASE)
_SECRET_PATHS = ("/auth",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnessed:
    """One answer without a value: `query` holds the names of its parameters, `hints` those of its headers
    that speak of limits.
    """

    system: System
    method: str
    path: str
    query: tuple[str, ...]
    status: int
    hints: tuple[str, ...] = ()
    shape: Shape = "nothing"

    def to_json(self) -> dict[str, Any]:
        """As it stands in a file of facts."""
        return {
            "system": self.system,
            "method": self.method,
            "path": self.path,
            "query": list(self.query),
            "status": self.status,
            "limit_headers": list(self.hints),
            "shape": self.shape,
        }


@dataclass(slots=True)
class Witness:
    """Every answer of a check, in order."""

    answers: list[Witnessed] = field(default_factory=list)
    _values: set[str] = field(default_factory=set)

    def answered(self, system: System, ask: Ask, answer: Answer) -> None:
        """One more answer; what it says is not kept, only how."""
        shape: Shape = "nothing" if not answer.content.strip() else "no JSON"
        if not ask.path.endswith(_SECRET_PATHS):
            try:
                data = reading.decode(answer.content)
            except reading.Unusable:
                pass
            else:
                shape = shapes.of(data)
                self._values |= {value.casefold() for value in shapes.values(data)}
        self.answers.append(
            Witnessed(
                system=system,
                method=ask.method,
                path=_template(ask.path),
                query=tuple(sorted(ask.query)),
                status=answer.status,
                hints=tuple(sorted(name.lower() for name in answer.headers if _HINTS.search(name))),
                shape=shape,
            )
        )

    def first(self, path: str, *, method: str = "GET") -> Witnessed | None:
        """The first successful answer of Escala from this address."""
        return next((one for one in self.of(path, method=method) if one.status < 300), None)

    def of(self, path: str, *, method: str = "GET") -> list[Witnessed]:
        """Escala's answers from this address."""
        return [
            one
            for one in self.answers
            if one.system == "escala" and one.path == path and one.method == method
        ]

    def to_json(self) -> list[dict[str, Any]]:
        """Every answer, without a key that is also a value."""
        forbidden = frozenset(self._values)
        return [one.to_json() | {"shape": shapes.without(one.shape, forbidden)} for one in self.answers]


def _template(path: str) -> str:
    """An address with its ids replaced."""
    return "".join(f"/{part}" if _PATH.fullmatch(f"/{part}") else "/{id}" for part in path.split("/")[1:])
