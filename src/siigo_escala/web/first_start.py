"""The first visitor cannot simply claim the installation: they bring the code that its process printed."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from siigo_escala.store import models
from siigo_escala.store.models import StartCode, User

LASTS = timedelta(hours=1)
_REMEMBERED = timedelta(days=1)
"""So long a code that is over is told apart from one that was typed wrongly."""


def is_open() -> bool:
    """Whether nobody has claimed it yet."""
    return not models.User.objects.exists()


def new_code(*, now: datetime) -> str:
    """A code for one hour. Earlier ones go on: another process of this installation may have printed one."""
    StartCode.objects.filter(until__lt=now - _REMEMBERED).delete()
    code = "-".join(secrets.token_hex(3) for _ in range(3))
    StartCode.objects.create(digest=_hash(code), until=now + LASTS)
    return code


def fits(code: str, *, now: datetime) -> bool:
    """Whether one of our processes printed it within the last hour."""
    return StartCode.objects.filter(digest=_hash(code), until__gte=now).exists()


def was_one(code: str) -> bool:
    """Whether one of our processes printed it lately: where it no longer counts, an hour has gone by."""
    return StartCode.objects.filter(digest=_hash(code)).exists()


def claim(email: str, password: str, code: str, *, now: datetime) -> User | None:
    """The first administrator; None where the code is worth nothing or somebody was faster."""
    with transaction.atomic():
        used, _ = StartCode.objects.filter(digest=_hash(code), until__gte=now).delete()
        if not used or not is_open():
            return None
        StartCode.objects.all().delete()
        return models.User.objects.make(email, password, is_installer=True)


def _hash(code: str) -> str:
    return hashlib.sha256("".join(code.split()).casefold().encode()).hexdigest()
