"""The second factor: six digits of an application on the telephone (TOTP, RFC 6238), or a recovery code."""

from __future__ import annotations

import base64
import hashlib
import io
import secrets
from datetime import datetime

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.db import transaction
from django.http import HttpRequest

from siigo_escala.store import models
from siigo_escala.store.models import User
from siigo_escala.store.vault import Vault

_PERIOD_S = 30
_DIGITS = 6
_CODES = 10
_HALF = "half"
_PATIENCE_S = 600
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


def ask_for(request: HttpRequest, user: User, *, now: datetime) -> None:
    """The password was right; the second factor is asked for next, within ten minutes."""
    request.session.flush()
    request.session[_HALF] = {"person": user.pk, "stamp": user.get_session_auth_hash(), "at": now.timestamp()}


def asked(request: HttpRequest, *, now: datetime) -> User | None:
    """Who has given the password, which still is the right one, and not yet the second factor."""
    kept = request.session.get(_HALF)
    if kept is None or now.timestamp() - kept["at"] > _PATIENCE_S:
        return None
    found = models.User.objects.filter(pk=kept["person"], is_active=True).first()
    return found if found is not None and kept["stamp"] == found.get_session_auth_hash() else None


def new_secret() -> str:
    """A secret nobody has, in base 32, as people type it into their application."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def address(secret: str, user: User) -> str:
    """What the square says to the application."""
    return _totp(secret).get_provisioning_uri(user.email, "siigo-escala")


def square(secret: str, user: User) -> str:
    """The square as SVG, without any style of its own."""
    drawn = io.BytesIO()
    segno.make(address(secret, user), error="m").save(
        drawn,
        kind="svg",
        scale=4,
        border=2,
        xmldecl=False,
        svgns=True,
        omitsize=False,
        dark="#000",
        light="#fff",
    )
    return drawn.getvalue().decode()


def step_of(secret: str, code: str, *, now: datetime, after: int = 0) -> int | None:
    """The period whose code this is: the present one or a neighbour, later than `after`; None: wrong."""
    digits = "".join(code.split()).encode()
    totp = _totp(secret)
    present = int(now.timestamp()) // _PERIOD_S
    for step in (present, present - 1, present + 1):
        try:
            totp.verify(digits, step * _PERIOD_S)
        except InvalidToken:
            continue
        return step if step > after else None
    return None


def switch_on(user: User, secret: str, *, step: int, vault: Vault) -> list[str]:
    """Asked for from now on; the recovery codes, shown once."""
    codes = [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(2))
        for _ in range(_CODES)
    ]
    user.totp_sealed, user.totp_step = vault.seal(secret), step
    user.recovery = [_hash(code) for code in codes]
    user.save(update_fields=["totp_sealed", "totp_step", "recovery"])
    return codes


def switch_off(user: User) -> None:
    """No longer asked for."""
    user.totp_sealed, user.totp_step, user.recovery = "", 0, []
    user.save(update_fields=["totp_sealed", "totp_step", "recovery"])


def accept(user: User, code: str, *, vault: Vault, now: datetime) -> bool:
    """Whether this code lets the person in; each does so once, whoever else tries it at the same moment."""
    with transaction.atomic():
        row = models.User.objects.select_for_update().get(pk=user.pk)
        step = step_of(vault.open(row.totp_sealed), code, now=now, after=row.totp_step)
        if step is not None:
            row.totp_step = step
            row.save(update_fields=["totp_step"])
            return True
        digest = _hash(code)
        if digest not in row.recovery:
            return False
        row.recovery = [kept for kept in row.recovery if kept != digest]
        row.save(update_fields=["recovery"])
        return True


def _totp(secret: str) -> TOTP:
    return TOTP(base64.b32decode(secret), _DIGITS, SHA1(), _PERIOD_S)  # noqa: S303 - what the applications compute


def _hash(code: str) -> str:
    plain = "".join(character for character in code.upper() if character.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()
