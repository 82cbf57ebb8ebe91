"""The second factor, allauth's: six digits of an application on the telephone, or a recovery code."""

from __future__ import annotations

import os
import time
from datetime import datetime

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, validate_totp_code
from django.db import transaction
from django.http import HttpRequest

from siigo_escala.config import env
from siigo_escala.store import models
from siigo_escala.store.models import User
from siigo_escala.web import signing

_HALF = "half"
_PATIENCE_S = 600
_REMEMBERED_S = 90
"""A code fits its own half minute and, for clocks that differ, the one before and after."""


class Adapter(DefaultMFAAdapter):  # type: ignore[misc]  # carries no types
    """MFA_ADAPTER: secrets are sealed like all others of the installation."""

    def encrypt(self, text: str) -> str:
        """The sealed form."""
        return signing.open_vault(env.read(os.environ)).seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The text again."""
        return signing.open_vault(env.read(os.environ)).open(encrypted_text)


class _Once(TOTP):  # type: ignore[misc]  # carries no types
    """Theirs remembers used codes in a cache, which is one process's own; the locked row is everybody's."""

    def _mark_code_used(self, code: str) -> bool:
        now, plain = int(time.time()), normalize_user_code(code)
        used = {one: at for one, at in self.instance.data.get("used", {}).items() if now - at < _REMEMBERED_S}
        self.instance.data["used"] = {plain: now} | used
        self.instance.save(update_fields=["data"])
        return plain not in used


_KINDS = {Authenticator.Type.TOTP: _Once, Authenticator.Type.RECOVERY_CODES: RecoveryCodes}


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


def square(secret: str, user: User) -> str:
    """What the application reads, as SVG without any style of its own."""
    adapter = get_adapter()
    drawn: str = adapter.build_totp_svg(adapter.build_totp_url(user, secret))
    return drawn[drawn.index("<svg") :]


def switch_on(user: User, secret: str, code: str) -> list[str]:
    """Asked for from now on; the recovery codes, shown once. None of them where the code is wrong."""
    if not validate_totp_code(secret, code):
        return []
    with transaction.atomic():
        models.User.objects.select_for_update().get(pk=user.pk)
        switch_off(user)
        _Once.activate(user, secret).validate_code(code)
        codes = RecoveryCodes.activate(user).generate_codes()
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def switch_off(user: User) -> None:
    """No longer asked for."""
    Authenticator.objects.filter(user=user).delete()


def codes_left(user: User) -> int:
    """How many recovery codes nobody has used."""
    row = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(RecoveryCodes(row).get_unused_codes()) if row is not None else 0


def accept(user: User, code: str) -> bool:
    """Whether this code lets the person in; each does so once, whoever else tries it at the same moment."""
    with transaction.atomic():
        rows = Authenticator.objects.select_for_update().filter(user=user, type__in=_KINDS).order_by("pk")
        return any(_KINDS[row.type](row).validate_code(code) for row in rows)
