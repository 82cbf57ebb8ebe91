"""A new password: `/clave/` for whoever forgot it, `/clave/…/…/` for whoever holds a link."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from siigo_escala.config import env
from siigo_escala.store import models
from siigo_escala.store.models import audit
from siigo_escala.web import access, resets, signing_in
from siigo_escala.web.forms import people as forms
from siigo_escala.web.views.signing_in import inside

_SENT = (
    "Si hay una cuenta con ese correo, le llegará un enlace para elegir otra clave. Vale una hora y una sola "
    "vez; mire también en los correos no deseados."
)


@access.everyone
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Asks for the address; without a mail server, tells the command."""
    environment, now = env.read(os.environ), datetime.now(UTC)
    form = forms.Forgotten(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and environment.email_url:
        status = 422
        if form.is_valid():
            email = form.cleaned_data["email"]
            left = signing_in.wait(request, email, kind=resets.KIND)
            if left <= timedelta(0):
                base = environment.public_url or f"{request.scheme}://{request.get_host()}"
                resets.ask(request, email, environment, base=base, now=now)
                messages.success(request, _SENT)
                return redirect("web:sign_in")
            form.add_error(None, signing_in.too_often(left))
            return signing_in.held_off(_asked(request, form, mails=True, status=429), left)
    return _asked(request, form, mails=bool(environment.email_url), status=status)


def _asked(request: HttpRequest, form: forms.Forgotten, *, mails: bool, status: int) -> HttpResponse:
    context = {"form": form, "mails": mails}
    return render(request, "web/forgotten.html", context, status=status)


@access.everyone
@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def new_password(request: HttpRequest, number: int, token: str) -> HttpResponse:
    """A password chosen by whoever holds a link of a command, an invitation or `/clave/`; it works once."""
    now = datetime.now(UTC)
    user = models.User.objects.filter(pk=number, is_active=True).first()
    if user is None or not resets.fits(user, token):
        return render(request, "web/link_over.html", status=404)
    form = forms.NewPassword(request.POST or None, person=user)
    if request.method == "POST" and form.is_valid():
        user.set_password(form.cleaned_data["password"])
        user.save(update_fields=["password"])
        audit.record("Clave elegida con un enlace", who=user.email, now=now)
        if not user.has_second_factor:
            return inside(request, user, "", now=now)
        return redirect("web:sign_in")
    return render(
        request,
        "web/new_password.html",
        {"form": form, "email": user.email},
        status=422 if form.errors else 200,
    )
