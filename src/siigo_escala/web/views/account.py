"""Mi cuenta: password, second factor, how the pages look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from allauth.mfa.totp.internal.auth import clear_totp_secret, get_totp_secret
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from siigo_escala.store.models import audit
from siigo_escala.web import access, second_factor, signing_in
from siigo_escala.web.access import Visit
from siigo_escala.web.forms import people as forms

THEMES = (("", "Como el sistema"), ("light", "Claro"), ("dark", "Oscuro"))


@access.signed_in
@never_cache
@require_safe
def account(request: Visit) -> HttpResponse:
    """What there is to see and where to change it."""
    return render(
        request,
        "web/account.html",
        {
            "form": forms.ChangePassword(person=request.user),
            "themes": THEMES,
            "left": second_factor.codes_left(request.user),
        },
    )


@access.signed_in
@sensitive_post_parameters("old", "password", "again")
@require_POST
def password(request: Visit) -> HttpResponse:
    """Another password; all other sessions of this person end."""
    now = datetime.now(UTC)
    if held := _held_off(request):
        return held
    form = forms.ChangePassword(request.POST, person=request.user)
    valid = form.is_valid()
    if request.POST.get("old"):
        _proven(request, right="old" not in form.errors)
    if not valid:
        context = {"form": form, "themes": THEMES, "left": second_factor.codes_left(request.user)}
        return render(request, "web/account.html", context, status=422)
    request.user.set_password(form.cleaned_data["password"])
    request.user.save(update_fields=["password"])
    update_session_auth_hash(request, request.user)
    audit.record("Clave cambiada", who=request.user.email, now=now)
    messages.success(request, "Clave cambiada. Sus otras sesiones se cerraron.")
    return redirect("web:account")


@access.signed_in
@require_POST
def theme(request: Visit) -> HttpResponse:
    """Light, dark, or as the system says."""
    wanted = request.POST.get("theme", "")
    if wanted in dict(THEMES):
        request.user.theme = wanted
        request.user.save(update_fields=["theme"])
        messages.success(request, "Apariencia guardada.")
    return redirect("web:account")


@access.signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor_on(request: Visit) -> HttpResponse:
    """The square, and a first code that proves that it was read. Then the recovery codes, once."""
    if request.user.has_second_factor:
        return redirect("web:account")
    secret = get_totp_secret()
    form = forms.FirstCode(request.POST or None)
    if request.method == "POST" and form.is_valid():
        codes = second_factor.switch_on(request.user, secret, form.cleaned_data["code"])
        if codes:
            clear_totp_secret(request)
            audit.record("Doble factor activado", who=request.user.email, now=datetime.now(UTC))
            return render(request, "web/recovery_codes.html", {"codes": codes})
        form.add_error(
            "code", "Ese código no es correcto; revise la hora del teléfono y escriba el siguiente."
        )
    square = mark_safe(second_factor.square(secret, request.user))  # noqa: S308 - drawn by allauth
    context = {"form": form, "secret": secret, "square": square}
    return render(request, "web/second_factor.html", context, status=422 if form.errors else 200)


@access.signed_in
@require_POST
def second_factor_off(request: Visit) -> HttpResponse:
    """No longer asked for; the password proves that it is really this person."""
    now = datetime.now(UTC)
    if held := _held_off(request):
        return held
    right = request.user.check_password(request.POST.get("password", ""))
    _proven(request, right=right)
    if not right:
        messages.error(request, "Esa no es su clave; el doble factor sigue activo.")
        return redirect("web:account")
    second_factor.switch_off(request.user)
    audit.record("Doble factor desactivado", who=request.user.email, now=now)
    messages.success(request, "Doble factor desactivado.")
    return redirect("web:account")


def _held_off(request: Visit) -> HttpResponse | None:
    """Whoever sits before somebody else's open session guesses no password faster than at the door."""
    left = signing_in.wait(request, request.user.email)
    if left <= timedelta(0):
        return None
    messages.error(request, signing_in.too_often(left))
    form = forms.ChangePassword(person=request.user)
    context = {"form": form, "themes": THEMES, "left": second_factor.codes_left(request.user)}
    return signing_in.held_off(render(request, "web/account.html", context, status=429), left)


def _proven(request: Visit, *, right: bool) -> None:
    """Counts what the password that was given proved."""
    told = signing_in.succeeded if right else signing_in.failed
    told(request, request.user.email)
