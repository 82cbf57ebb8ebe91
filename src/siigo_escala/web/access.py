"""Who may see what: every view declares it, and one that does not is closed.

`@access.reader` and its like stand above a view. The middleware knows the person, finds the company among
those that `for_user` gives (any other answers 404) and asks for the declared level.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.middleware import HtmxDetails

from siigo_escala.store import models
from siigo_escala.store.models import Connection, ConnectionDraft, Role, User
from siigo_escala.web.views import errors

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class Level(IntEnum):
    """What a view asks for, the least first."""

    EVERYONE = 0
    SIGNED_IN = 1
    READER = 2
    """CONS of the company that the address names."""
    ADMINISTRATOR = 3
    """EMP of that company."""
    INSTALLER = 4
    """INST: of the installation."""


class Visit(HttpRequest):
    """A request as views get it, once it has passed."""

    user: User
    company: Connection
    draft: ConnectionDraft | None
    """Of the company that the address names, while the assistant has not come to its end."""
    level: Level
    htmx: HtmxDetails


def _needs(level: Level) -> Callable[[View], View]:
    def declared(view: View) -> View:
        view.level = level  # type: ignore[attr-defined]  # functions bear attributes
        return view

    return declared


everyone = _needs(Level.EVERYONE)
signed_in = _needs(Level.SIGNED_IN)
reader = _needs(Level.READER)
administrator = _needs(Level.ADMINISTRATOR)
installer = _needs(Level.INSTALLER)


def connecting(view: View) -> View:
    """An administrator's view of a company that may not be connected yet: only of a draft of that name."""
    view.of_drafts = True  # type: ignore[attr-defined]  # functions bear attributes
    return administrator(view)


class DenyByDefault:
    """Django middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers; `process_view` decides."""
        return self._get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        """None lets the request pass."""
        del args
        needed = getattr(view, "level", None)
        if needed is None:
            return errors.forbidden(request)
        if needed is Level.EVERYONE:
            return None
        if not isinstance(request.user, User):
            return _to_the_door(request)
        visit = cast("Visit", request)
        visit.level = _level_anywhere(visit.user)
        # The view is called with what is left: it finds the company on the request.
        name = kwargs.pop("empresa", None)
        if name is not None and not _enter(visit, name, drafts=getattr(view, "of_drafts", False)):
            return errors.not_found(request)
        return None if visit.level >= needed else errors.forbidden(request)


def level_in(user: User, company: Connection) -> Level | None:
    """What a person may do in a company; None: not even know that it exists."""
    if user.is_installer:
        return Level.INSTALLER
    role = (
        models.Membership.objects.filter(user=user, connection=company).values_list("role", flat=True).first()
    )
    if role is None:
        return None
    return Level.ADMINISTRATOR if role == Role.EMP else Level.READER


def _level_anywhere(user: User) -> Level:
    """What a person may do where no company is named: who administers one may connect another."""
    if user.is_installer:
        return Level.INSTALLER
    administers = models.Membership.objects.filter(user=user, role=Role.EMP).exists()
    return Level.ADMINISTRATOR if administers else Level.SIGNED_IN


def _enter(request: Visit, name: str, *, drafts: bool) -> bool:
    if drafts:
        found = models.ConnectionDraft.objects.filter(name=name)
        request.draft = found.for_user(request.user).first()
        if request.draft is not None and request.draft.connection_id is None:
            request.level = Level.INSTALLER if request.user.is_installer else Level.ADMINISTRATOR
            return True
        # Whoever administers the company goes on with what another one began.
        request.draft = found.first()
    seen = Connection.objects.for_user(request.user).select_related("siigo", "escala")
    company = seen.filter(name=name).first()
    level = level_in(request.user, company) if company is not None else None
    if company is None or level is None:
        return False
    request.company, request.level = company, level
    return True


def _to_the_door(request: HttpRequest) -> HttpResponseBase:
    if not models.User.objects.exists():
        return redirect("web:first_start")
    back = urlencode({"siguiente": request.get_full_path()}) if request.method == "GET" else ""
    address = reverse("web:sign_in") + (f"?{back}" if back else "")
    if getattr(request, "htmx", False):
        # A fragment cannot hold the door: the whole page goes there.
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = address
        return answer
    return redirect(address)
