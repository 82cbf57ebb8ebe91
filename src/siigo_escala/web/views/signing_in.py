"""Entrar y salir: `/entrar/`, `/entrar/codigo/`, `/salir/`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from siigo_escala.store import models
from siigo_escala.store.models import audit
from siigo_escala.web import access, first_start, second_factor, signing_in
from siigo_escala.web.forms import people as forms

_WRONG = "El correo o la clave no son correctos."


@access.everyone
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """E-mail and password."""
    if first_start.is_open():
        return redirect("web:first_start")
    now = datetime.now(UTC)
    form = forms.SignIn(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"].casefold()
        left = signing_in.wait(request, email)
        if left > timedelta(0):
            form.add_error(None, signing_in.too_often(left))
            return signing_in.held_off(_door(request, form, status=429), left)
        user = auth.authenticate(request, email=email, password=form.cleaned_data["password"])
        if not isinstance(user, models.User):
            form.add_error(None, _WRONG)
            return _door(request, form, status=422)
        if user.has_second_factor:
            second_factor.ask_for(request, user, now=now)
            request.session["next"] = _next(request)
            return redirect("web:sign_in_code")
        return inside(request, user, _next(request), now=now)
    return _door(request, form, status=422 if form.errors else 200)


@access.everyone
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """The second factor, for whoever has given the password within the last ten minutes."""
    now = datetime.now(UTC)
    user = second_factor.asked(request, now=now)
    if user is None:
        return redirect("web:sign_in")
    form = forms.Code(request.POST or None)
    if request.method == "POST" and form.is_valid():
        left = signing_in.wait(request, user.email)
        if left > timedelta(0):
            form.add_error(None, signing_in.too_often(left))
            return signing_in.held_off(_code(request, form, status=429), left)
        if second_factor.accept(user, form.cleaned_data["code"]):
            return inside(request, user, str(request.session.get("next", "")), now=now)
        signing_in.failed(request, user.email)
        form.add_error("code", "Ese código no es correcto o ya se usó; espere el siguiente.")
    return _code(request, form, status=422 if form.errors else 200)


@access.signed_in
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends this session."""
    auth.logout(request)
    messages.success(request, "Salió. Hasta pronto.")
    return redirect("web:sign_in")


def _door(request: HttpRequest, form: forms.SignIn, *, status: int) -> HttpResponse:
    return render(request, "web/sign_in.html", {"form": form}, status=status)


def _code(request: HttpRequest, form: forms.Code, *, status: int) -> HttpResponse:
    return render(request, "web/sign_in_code.html", {"form": form}, status=status)


def begin_session(request: HttpRequest, user: models.User) -> None:
    """Signs in, under a new number and with nothing of what was kept before: it may have been planted."""
    request.session.clear_expired()
    request.session.flush()
    auth.login(request, user, backend=settings.AUTHENTICATION_BACKENDS[-1])


def inside(request: HttpRequest, user: models.User, following: str, *, now: datetime) -> HttpResponse:
    """Begins the session of somebody who has shown who they are."""
    begin_session(request, user)
    audit.record("Entró", who=user.email, now=now)
    return redirect(following or "web:companies")


def _next(request: HttpRequest) -> str:
    """Where the visitor wanted to go, if that is a page of ours."""
    wanted = request.GET.get("siguiente", "")
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours and wanted.startswith("/") else ""
