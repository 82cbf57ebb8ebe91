"""How often somebody may try to show who they are."""

from __future__ import annotations

import hashlib
import math
from datetime import datetime, timedelta

from django.db.models import F
from django.http import HttpRequest, HttpResponse

from siigo_escala.store.models import SignInFailure
from siigo_escala.web.templatetags.words import duration

FREE = 5
"""Attempts that may fail before somebody has to wait."""
FREE_OF_A_MACHINE = 50
"""A whole office may sign in from one address."""
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(minutes=15)
_FORGOTTEN = timedelta(hours=6)


def wait(email: str, address: str, *, now: datetime) -> timedelta:
    """How long an attempt for this person, or from this machine, has to wait; none: zero."""
    waits = [timedelta(0)]
    for key, free in _keys(email, address):
        row = SignInFailure.objects.filter(key=key).first()
        if row is None or row.count < free or now - row.last_at > _FORGOTTEN:
            continue
        length = min(_FIRST_WAIT * 2 ** min(row.count - free, 8), _LONGEST_WAIT)
        waits.append(row.last_at + length - now)
    return max(waits)


def too_often(left: timedelta) -> str:
    """What whoever has to wait is told."""
    return f"Demasiados intentos. Espere {duration(left.total_seconds())} y repita."


def held_off(answer: HttpResponse, left: timedelta) -> HttpResponse:
    """The answer, with how long to wait for whoever reads headers."""
    answer["Retry-After"] = str(math.ceil(left.total_seconds()))
    return answer


def failed(email: str, address: str, *, now: datetime) -> None:
    """Counts an attempt that failed; what lies hours back no longer counts."""
    SignInFailure.objects.filter(last_at__lt=now - _FORGOTTEN).delete()
    for key, _ in _keys(email, address):
        SignInFailure.objects.get_or_create(key=key, defaults={"last_at": now})
        SignInFailure.objects.filter(key=key).update(count=F("count") + 1, last_at=now)


def succeeded(email: str, address: str) -> None:
    """Who got in begins anew."""
    SignInFailure.objects.filter(key__in=[key for key, _ in _keys(email, address)]).delete()


def address_of(request: HttpRequest) -> str:
    """Whence a request comes; a trusted proxy's headers were obeyed before."""
    return str(request.META.get("REMOTE_ADDR", ""))


def _keys(email: str, address: str) -> list[tuple[str, int]]:
    return [(_hash("person", email.strip().casefold()), FREE), (_hash("machine", address), FREE_OF_A_MACHINE)]


def _hash(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}:{text}".encode()).hexdigest()
