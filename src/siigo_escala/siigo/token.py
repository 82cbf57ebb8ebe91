"""Siigo's token: cached for all, renewed early, renewed once when it is refused, never in a loop (1.1)."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from siigo_escala.rest import fields, reading, retry
from siigo_escala.rest.errors import AccessDenied, Rejected, UnexpectedAnswer
from siigo_escala.rest.transport import Ask, Transport, header_value

EARLY = timedelta(minutes=10)
LONGEST = timedelta(hours=24)
_ABSURD_S = 7 * 24 * 3600
"""`expires_in` beyond this is no number of seconds (the blueprint says milliseconds)."""

WRONG_CREDENTIALS = (
    "Siigo no acepta el usuario API o la clave de acceso. Revíselos en Siigo, Alianzas, Mi credencial API."
)
NO_PERMISSION = (
    "Siigo no da permiso para usar la API: revise los permisos del usuario y que el plan incluya la API."
)
BLOCKED = (
    "Siigo rechaza una credencial recién aceptada: el usuario API está bloqueado. Escriba a soporte de Siigo."
)


_SAYS_BLOCKED = re.compile(r"\bblocked\b|\bbloquead", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token and the seconds that Siigo says it lives."""

    text: str = field(repr=False)
    life_s: float


class TokenStore(Protocol):
    """Where the token is kept for every process. The instant is the end of its use, aware UTC."""

    def load(self) -> tuple[str, datetime] | None:
        """The token kept last; None: there is none."""

    def save(self, token: str, expires_at: datetime) -> None:
        """Keeps a token until then."""


class NoStore:
    """Keeps the token for this process alone."""

    def __init__(self) -> None:
        self._kept: tuple[str, datetime] | None = None

    def load(self) -> tuple[str, datetime] | None:
        """What was saved."""
        return self._kept

    def save(self, token: str, expires_at: datetime) -> None:
        """Remembers it."""
        self._kept = (token, expires_at)

    def hand_over(self, store: TokenStore) -> None:
        """Keeps there what is kept here."""
        if self._kept is not None:
            store.save(*self._kept)


class SignIn:
    """`POST /auth` with the user and key of a company. Raises AccessDenied, TryLater, UnexpectedAnswer."""

    def __init__(self, *, transport: Transport, username: str, access_key: str, partner_id: str) -> None:
        transport.hide(access_key)
        self._transport = transport
        body = json.dumps({"username": username, "access_key": access_key})
        self._ask = Ask(
            method="POST",
            path="/auth",
            headers={"Partner-Id": header_value(partner_id)},
            body=body.encode("utf-8", "replace"),
        )

    def __call__(self) -> Token:
        """A new token. 400 and 401 mean wrong credentials, 403 a plan or user without API."""
        try:
            # Asking for a token makes no record: what is no JSON is asked for again, as in a read.
            answer = retry.read(self._transport, self._ask)
        except AccessDenied as problem:
            if problem.status is None:
                raise
            denied = problem.status == 403
            if not denied and _SAYS_BLOCKED.search(problem.raw):
                raise AccessDenied(
                    BLOCKED, system="siigo", status=problem.status, raw=problem.raw, cause="blocked"
                ) from None
            raise AccessDenied(
                NO_PERMISSION if denied else WRONG_CREDENTIALS,
                system="siigo",
                status=problem.status,
                raw=problem.raw,
                cause="permission" if denied else "credentials",
            ) from None
        except Rejected as problem:
            if problem.status != 400:
                raise
            raise AccessDenied(WRONG_CREDENTIALS, system="siigo", status=400, raw=problem.raw) from None
        data = reading.lowered(fields.mapping(answer.data))
        text = fields.text(data.get("access_token"))
        if not text:
            raise UnexpectedAnswer(
                "Siigo aceptó la credencial pero no entregó un token.", system="siigo", status=answer.status
            )
        return Token(text=text, life_s=_life(data.get("expires_in")))


class TokenSource:
    """The token to call with, for any number of threads; one sign-in at a time."""

    def __init__(
        self, *, sign_in: Callable[[], Token], store: TokenStore, now: Callable[[], datetime]
    ) -> None:
        self._sign_in = sign_in
        self._store = store
        self._now = now
        self._lock = threading.Lock()
        self._kept: tuple[str, datetime] | None = None

    def current(self) -> str:
        """A token that is still to be used; signs in where there is none."""
        kept = self._kept
        if kept is not None and self._now() < kept[1]:
            return kept[0]
        with self._lock:
            return self._usable(other_than=None) or self._renewed()

    def renewed(self, refused: str) -> str:
        """Another token than the refused one: one that somebody else got meanwhile, or a new one."""
        with self._lock:
            return self._usable(other_than=refused) or self._renewed()

    def _usable(self, *, other_than: str | None) -> str | None:
        for kept in (self._kept, self._store.load()):
            if kept is not None and kept[0] != other_than and self._now() < kept[1]:
                self._kept = kept
                return kept[0]
        return None

    def _renewed(self) -> str:
        token = self._sign_in()
        life = timedelta(seconds=token.life_s)
        # Ten minutes early; a token that lives shorter is used for nine tenths of its life.
        until = self._now() + (life * 0.9 if life < 2 * EARLY else life - EARLY)
        self._kept = (token.text, until)
        self._store.save(token.text, until)
        return token.text


def _life(value: object) -> float:
    seconds = fields.number(value)
    if seconds is None or seconds <= 0 or seconds > _ABSURD_S:
        return LONGEST.total_seconds()
    return min(float(seconds), LONGEST.total_seconds())
