"""Primer arranque: the first administrator, by the code that the program printed. 404 once there is one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from siigo_escala.store.models import audit
from siigo_escala.web import access, first_start, signing_in
from siigo_escala.web.forms import people as forms
from siigo_escala.web.views.signing_in import begin_session

_OVER = "Ese código ya se usó o venció. Reinicie el programa para obtener otro."
_MISTYPED = (
    "Ese no es el código que imprimió el programa: cópielo completo, son tres grupos de seis letras y "
    "números separados por guiones. Si lo inició varias veces, use el último."
)


@access.everyone
@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """Heading, four fields, one button."""
    if not first_start.is_open():
        raise Http404
    now = datetime.now(UTC)
    form = forms.FirstStart(request.POST or None, initial={"code": request.GET.get("codigo", "")})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        left = signing_in.wait(request, "")
        if left > timedelta(0):
            form.add_error(None, signing_in.too_often(left))
            return signing_in.held_off(_page(request, form, status=429), left)
        user = first_start.claim(given["email"], given["password"], given["code"], now=now)
        if user is not None:
            audit.record("Cuenta del administrador creada", who=user.email, now=now)
            begin_session(request, user)
            return redirect("web:connect_new")
        signing_in.failed(request, "")
        form.add_error("code", _OVER if first_start.was_one(given["code"]) else _MISTYPED)
    return _page(request, form, status=422 if form.errors else 200)


def _page(request: HttpRequest, form: forms.FirstStart, *, status: int) -> HttpResponse:
    return render(request, "web/first_start.html", {"form": form}, status=status)
