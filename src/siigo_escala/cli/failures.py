"""What ends a command before anything was read: its code, its Spanish sentence, its exit code.

Whatever is raised in a command comes here; nobody ever sees a traceback.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from siigo_escala.rest.errors import AccessDenied, RemoteError

OF_SEVERAL = (130, 143, 3, 4, 5, 2, 1)
"""Of several exit codes, the first in this order counts."""


UNREAD = 141
"""Whoever read the output went away."""
_UNREADABLE = re.compile("[\udc80-\udcff]")
"""How Python hands on the bytes of a command line that are no text."""
_REFUSED = (
    "CREDENTIALS_REFUSED",
    "CREDENTIALS_MISSING",
    "USER_BLOCKED",
    "BRAKED",
    "RUN_CRASHES",
)
"""Codes of a pause: the connection makes no call."""


class CommandProblem(Exception):
    """The command cannot do what was asked. `message` is a Spanish sentence."""

    def __init__(self, code: str, message: str, *, key: str | None = None, exit_code: int = 2) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.key = key
        self.exit_code = exit_code


class Terminated(KeyboardInterrupt):
    """SIGTERM asked the command to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why no run took place. `key`: the key, variable or option that is wrong."""

    code: str
    message: str
    key: str | None = None
    exit_code: int
    unforeseen: bool = False

    def document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {"schema": 1, "error": {"code": self.code, "message": self.message, "key": self.key}}


def of(problem: BaseException) -> Failure:
    """The failure that an exception means, with what was noted on it: what it left behind, to be removed."""
    failure = _of(problem)
    notes = getattr(problem, "__notes__", ())
    return replace(failure, message=" ".join([failure.message, *notes])) if notes else failure


def _of(problem: BaseException) -> Failure:
    if isinstance(problem, CommandProblem):
        return Failure(
            code=problem.code, message=problem.message, key=problem.key, exit_code=problem.exit_code
        )
    if isinstance(problem, KeyboardInterrupt):
        code = 143 if isinstance(problem, Terminated) else 130
        return Failure(code="INTERRUPTED", message="La orden se interrumpió.", exit_code=code)
    if isinstance(problem, UnicodeEncodeError) and _UNREADABLE.search(problem.object):
        return Failure(
            code="USAGE",
            message="Una palabra de la orden tiene caracteres que no son texto (UTF-8): escríbala de nuevo.",
            exit_code=2,
        )
    return _of_configuration(problem) or _of_store(problem) or _of_remote(problem) or _unforeseen(problem)


def worst(codes: list[int]) -> int:
    """The exit code of a command that did several things."""
    return next((code for code in OF_SEVERAL if code in codes), 0)


def _of_configuration(problem: BaseException) -> Failure | None:
    from siigo_escala.config import env

    if isinstance(problem, env.EnvironmentProblem):
        return Failure(code=problem.code, message=problem.message, key=problem.variable, exit_code=2)
    # What was never imported was never raised.
    if "siigo_escala.domain.rules_problems" in sys.modules:
        from siigo_escala.domain.rules_problems import FileProblem

        if isinstance(problem, FileProblem):
            return Failure(
                code=problem.code.value, message=problem.message, key=problem.key or None, exit_code=2
            )
    return None


def _of_store(problem: BaseException) -> Failure | None:
    from siigo_escala.store import causes
    from siigo_escala.store.errors import LeaseTaken, StoreProblem

    if isinstance(problem, LeaseTaken):
        return Failure(code=problem.code, message=problem.message, exit_code=5)
    if isinstance(problem, StoreProblem):
        code = 3 if problem.code in _REFUSED else 2
        return Failure(code=problem.code, message=problem.message, exit_code=code)
    storage: tuple[type[BaseException], ...] = (OSError,)
    if "django.db" in sys.modules:
        from django.db import DatabaseError

        storage = (OSError, DatabaseError)
    if isinstance(problem, storage):
        why = causes.in_spanish(problem)
        return Failure(
            code="STORAGE_FAILED",
            message=f"No se pudo leer o guardar en el disco o en la base de datos ({why}): libere espacio o "
            "revise los permisos y repita la orden; lo ya enviado no se duplicará.",
            exit_code=2,
        )
    return None


def _of_remote(problem: BaseException) -> Failure | None:
    from siigo_escala.rest.errors import AccessDenied, RemoteError

    if isinstance(problem, AccessDenied):
        return Failure(code=code_of_refusal(problem), message=problem.message, exit_code=3)
    if isinstance(problem, RemoteError):
        return Failure(code=code_of_outage(problem), message=problem.message, exit_code=4)
    return None


def code_of_refusal(problem: AccessDenied) -> str:
    """Why a remote system did not let us in."""
    from siigo_escala.sync import access

    return access.code_of(problem).value


def code_of_outage(problem: RemoteError) -> str:
    """Which remote system gave no usable answer."""
    return "SIIGO_UNREACHABLE" if problem.system == "siigo" else "ESCALA_UNREACHABLE"


def _unforeseen(problem: BaseException) -> Failure:
    return Failure(
        code="INTERNAL_ERROR",
        message=f"Algo falló en este programa ({type(problem).__name__}) y quedó en el registro de errores; "
        "repita la orden y, si sigue, envíenos ese archivo de la carpeta «logs».",
        exit_code=2,
        unforeseen=True,
    )
