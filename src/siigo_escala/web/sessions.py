"""Whose session this is: begun after every factor was right, ended by leaving or by another password."""

from __future__ import annotations

from datetime import datetime

from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.middleware import csrf
from django.utils.crypto import constant_time_compare

from siigo_escala.store import models
from siigo_escala.store.models import User

_PERSON = "person"
_STAMP = "stamp"
_HALF = "half"


def person(request: HttpRequest) -> User | None:
    """The person who signed in; None for a visitor, and for one whose password has changed since."""
    number = request.session.get(_PERSON)
    if number is None:
        return None
    found = models.User.objects.filter(pk=number, is_active=True).first()
    if found is None or not _fits(found, str(request.session.get(_STAMP, ""))):
        request.session.flush()
        return None
    return found


def begin(request: HttpRequest, user: User, *, now: datetime) -> None:
    """Signs in, under a new number: one that was planted before is worth nothing."""
    Session.objects.filter(expire_date__lt=now).delete()
    request.session.flush()
    request.session[_PERSON] = user.pk
    request.session[_STAMP] = user.get_session_auth_hash()
    csrf.rotate_token(request)
    models.User.objects.filter(pk=user.pk).update(last_login=now)
    request.user = user


def end(request: HttpRequest) -> None:
    """Signs out."""
    request.session.flush()


def renew(request: HttpRequest, user: User) -> None:
    """The person changed the password: this session goes on, the others end."""
    request.session.cycle_key()
    request.session[_STAMP] = user.get_session_auth_hash()


def half(request: HttpRequest, user: User, *, now: datetime) -> None:
    """The password was right; the second factor is asked for next, within ten minutes."""
    request.session.flush()
    request.session[_HALF] = {"person": user.pk, "stamp": user.get_session_auth_hash(), "at": now.timestamp()}


def halfway(request: HttpRequest, *, now: datetime) -> User | None:
    """Who has given the password and not yet the second factor."""
    kept = request.session.get(_HALF)
    if kept is None or now.timestamp() - kept["at"] > 600:
        return None
    found = models.User.objects.filter(pk=kept["person"], is_active=True).first()
    return found if found is not None and _fits(found, kept["stamp"]) else None


def _fits(user: User, stamp: str) -> bool:
    """Signed by any key of the installation that still counts."""
    return constant_time_compare(stamp, user.get_session_auth_hash()) or any(
        constant_time_compare(stamp, fallback) for fallback in user.get_session_auth_fallback_hash()
    )
