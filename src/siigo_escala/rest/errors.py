"""One family of I/O failures, named by what the caller should do about them.

Messages are Spanish sentences a user may read: they name the system and the cause, never a key, a header
or a customer's data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

System = Literal["siigo", "escala"]

WAIT = "Espere unos minutos e inténtelo de nuevo."
"""The advice at the end of an outage's message; who gives an advice of their own leaves it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """One complaint of a remote system about what was sent: its code, the fields it names, its text."""

    code: str = ""
    message: str = ""
    fields: Sequence[str] = ()


class RemoteError(Exception):
    """What came of a call that gave no usable answer. `status` None: there was no HTTP answer."""

    def __init__(
        self,
        message: str,
        *,
        system: System,
        status: int | None = None,
        raw: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.system: System = system
        self.status = status
        self.raw = raw
        """The answer's text, cut to 500 characters, without headers."""


class TryLater(RemoteError):
    """Limit, outage or a failed read: nothing was written. May say when (`retry_after_s`)."""

    def __init__(
        self,
        message: str,
        *,
        system: System,
        status: int | None = None,
        raw: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, system=system, status=status, raw=raw)
        self.retry_after_s = retry_after_s


class OutcomeUnknown(RemoteError):
    """A write may or may not have happened. Look before sending again."""


class Duplicate(OutcomeUnknown):
    """Refused because the record seems to exist already: a 409, or words of the refusal that say so."""

    def __init__(
        self,
        message: str,
        *,
        system: System,
        status: int | None = None,
        raw: str = "",
        problems: Sequence[FieldProblem] = (),
    ) -> None:
        super().__init__(message, system=system, status=status, raw=raw)
        self.problems = tuple(problems)


class Rejected(RemoteError):
    """Understood and refused: nothing was written, the same data will be refused again."""

    def __init__(
        self,
        message: str,
        *,
        system: System,
        status: int | None = None,
        raw: str = "",
        problems: Sequence[FieldProblem] = (),
        body: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message, system=system, status=status, raw=raw)
        self.problems = tuple(problems)
        self.body = body


class NotFound(Rejected):
    """404: no record of that id (any more)."""


class AccessDenied(RemoteError):
    """401 or 403, or a refused sign-in: pauses the connection instead of failing record after record.

    `cause`: `credentials` (wrong user or key), `permission` (no permission, or a plan without API),
    `blocked` (a fresh token is refused). Without `status` it is no answer: the call was never made.
    """

    def __init__(
        self,
        message: str,
        *,
        system: System,
        status: int | None = None,
        raw: str = "",
        cause: Literal["credentials", "permission", "blocked"] = "credentials",
    ) -> None:
        super().__init__(message, system=system, status=status, raw=raw)
        self.cause: Literal["credentials", "permission", "blocked"] = cause


class UnexpectedAnswer(RemoteError):
    """An answer to a read that fits nothing we know: not JSON, cut, too large, no envelope."""
