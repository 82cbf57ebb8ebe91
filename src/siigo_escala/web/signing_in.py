"""How often somebody may try to show who they are: django-axes counts, and here is how long they wait."""

from __future__ import annotations

import ipaddress
import math
from copy import copy
from datetime import timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth.signals import user_login_failed
from django.db.models import Max, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, QueryDict

from siigo_escala.web.templatetags.words import duration

FREE = 5
"""Attempts that may fail before somebody has to wait."""
FREE_OF_A_MACHINE = 50
"""A whole office may sign in from one address."""
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(minutes=15)
_SIGN_IN = "sign in"


class Counting(AxesDatabaseHandler):  # type: ignore[misc]  # carries no types
    """AXES_HANDLER. A person and a machine have limits of their own, and each further failure a longer wait.

    `kind` among the credentials: what is tried, counted apart. It stands where axes keeps the browser's name.
    """

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: Any = None, **more: Any
    ) -> None:
        """Counts it, and keeps nothing of what was typed or of the browser."""
        bare = copy(request)
        bare.GET = bare.POST = QueryDict()
        bare.axes_user_agent, bare.axes_http_accept = credentials.get("kind", _SIGN_IN), ""
        super().user_login_failed(sender, credentials, bare, **more)

    def filter_user_attempts(
        self, request: Any, credentials: dict[str, Any] | None = None
    ) -> list[QuerySet[Any]]:
        """Those of the person, and those of the machine."""
        kind = (credentials or {}).get("kind", _SIGN_IN)
        return [found.filter(user_agent=kind) for found in super().filter_user_attempts(request, credentials)]

    def reset_user_attempts(self, request: Any, credentials: dict[str, Any] | None = None) -> int:
        """Whoever got in begins anew, and alone: their machine may be where others are guessed at."""
        return int(self.filter_user_attempts(request, credentials)[0].delete()[0])

    def get_failures(self, request: Any, credentials: dict[str, Any] | None = None) -> int:
        """As many as AXES_FAILURE_LIMIT while somebody has to wait."""
        return int(self.wait(request, credentials) > timedelta(0))

    def wait(self, request: Any, credentials: dict[str, Any] | None) -> timedelta:
        """How long the next attempt has to wait; zero: not at all."""
        waits = [timedelta(0)]
        limits = (FREE, FREE_OF_A_MACHINE)
        for attempts, free in zip(self.get_user_attempts(request, credentials), limits, strict=True):
            found = attempts.aggregate(count=Sum("failures_since_start"), last=Max("attempt_time"))
            if (found["count"] or 0) >= free:
                length = min(_FIRST_WAIT * 2 ** min(found["count"] - free, 8), _LONGEST_WAIT)
                waits.append(found["last"] + length - request.axes_attempt_time)
        return max(waits)


def wait(request: HttpRequest, email: str, *, kind: str = _SIGN_IN) -> timedelta:
    """How long an attempt for this person from this machine has to wait; zero: not at all."""
    AxesProxyHandler.update_request(request)
    found: timedelta = AxesProxyHandler.get_implementation().wait(request, _credentials(email, kind))
    return found


def failed(request: HttpRequest, email: str, *, kind: str = _SIGN_IN) -> None:
    """Counts an attempt that Django's own `authenticate` knows nothing of."""
    user_login_failed.send(sender=__name__, credentials=_credentials(email, kind), request=request)


def succeeded(request: HttpRequest, email: str) -> None:
    """Whoever showed who they are begins anew; Django's `login` tells axes itself."""
    AxesProxyHandler.update_request(request)
    AxesProxyHandler.get_implementation().reset_user_attempts(request, _credentials(email, _SIGN_IN))


def too_often(left: timedelta) -> str:
    """What whoever has to wait is told."""
    return f"Demasiados intentos. Espere {duration(left.total_seconds())} y repita."


def held_off(answer: HttpResponse, left: timedelta) -> HttpResponse:
    """The answer, with how long to wait for whoever reads headers."""
    answer["Retry-After"] = str(math.ceil(left.total_seconds()))
    return answer


def address_of(request: HttpRequest) -> str:
    """AXES_CLIENT_IP_CALLABLE: whence a request comes, as every database can hold it.

    A trusted proxy's headers were obeyed before; what they hold need not be an address.
    """
    told = str(request.META.get("REMOTE_ADDR", "")).partition("%")[0]
    try:
        return str(ipaddress.ip_address(told))
    except ValueError:
        return "::"


def _credentials(email: str, kind: str) -> dict[str, Any]:
    return {"email": email.strip().casefold(), "kind": kind}
