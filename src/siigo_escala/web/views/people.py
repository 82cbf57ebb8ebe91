"""Usuarios: who comes in, and what they may do where. For the administrators of the installation."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from siigo_escala.config import env
from siigo_escala.store import models
from siigo_escala.store.models import Connection, Membership, Role, User, audit
from siigo_escala.web import access, invitations, second_factor
from siigo_escala.web.access import Visit
from siigo_escala.web.forms.invitations import INSTALLER, Invite, Permissions

_LAST = "Debe quedar al menos un administrador de la instalación."


@access.installer
@require_safe
def people(request: Visit) -> HttpResponse:
    """¿Quién entra? Everybody, with what they may do."""
    return _list(request, Invite(companies=_companies()))


@access.installer
@never_cache
@require_POST
def invite(request: Visit) -> HttpResponse:
    """A new person, without password until they choose one by the link."""
    form = Invite(request.POST, companies=_companies())
    if not form.is_valid():
        return _list(request, form, status=422)
    given = form.cleaned_data
    role, names = given["role"], given["companies"] if given["role"] in Role.values else []
    with transaction.atomic():
        person = models.User.objects.make(given["email"], None, is_installer=role == INSTALLER)
        for company in Connection.objects.filter(name__in=names):
            Membership.objects.create(user=person, connection=company, role=role)
        told = {"correo": person.email, "permiso": role} | ({"empresas": list(names)} if names else {})
        _record(request, "Persona invitada", after=told)
    return _link(request, person)


@access.installer
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: Visit, number: int) -> HttpResponse:
    """One person: their permissions, and what else can be done for them."""
    found = _person(number)
    form = Permissions(
        request.POST if request.method == "POST" else None, person=found, companies=_companies()
    )
    if request.method == "POST" and form.is_valid() and _permit(request, found, form):
        messages.success(request, "Permisos guardados.")
        return redirect("web:person", number=found.pk)
    context = {"form": form, "one": found, "roles": [form[f"in_{one.name}"] for one in form.companies]}
    return render(request, "web/person.html", context, status=422 if form.errors else 200)


@access.installer
@never_cache
@require_POST
def link(request: Visit, number: int) -> HttpResponse:
    """A link for another password. The one of before goes on until it is used."""
    found = _person(number)
    _record(request, "Enlace para una clave nueva", after={"correo": found.email})
    return _link(request, found)


@access.installer
@require_POST
def without_second_factor(request: Visit, number: int) -> HttpResponse:
    """For whoever lost the telephone: the password alone lets them in until they activate it again."""
    found = _person(number)
    if found.has_second_factor:
        second_factor.switch_off(found)
        _record(request, "Doble factor quitado", after={"correo": found.email})
        messages.success(
            request, f"Doble factor de {found.email} quitado; puede activarlo de nuevo al entrar."
        )
    else:
        messages.info(request, "No tiene doble factor.")
    return redirect("web:person", number=found.pk)


@access.installer
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: Visit, number: int) -> HttpResponse:
    """Asks first. What the person did stays in the audit."""
    found = _person(number)
    if request.method != "POST":
        return render(request, "web/person_remove.html", {"one": found, "last": _is_last(found)})
    with transaction.atomic():
        list(models.User.objects.select_for_update().filter(is_installer=True).values_list("pk"))
        if _is_last(found):
            messages.error(request, _LAST)
            return redirect("web:person", number=found.pk)
        roles = dict(found.memberships.values_list("connection__name", "role"))
        found.delete()
        _record(
            request,
            "Persona quitada",
            before={"correo": found.email, "administrador de la instalación": found.is_installer, **roles},
        )
    messages.success(request, f"{found.email} ya no entra.")
    return redirect("web:people")


def _permit(request: Visit, found: User, form: Permissions) -> bool:
    """Stores the permissions; False where nobody would be left who may."""
    with transaction.atomic():
        list(models.User.objects.select_for_update().filter(is_installer=True).values_list("pk"))
        wanted = form.cleaned_data["is_installer"]
        if not wanted and _is_last(found):
            form.add_error("is_installer", _LAST)
            return False
        was = {one.name: form[f"in_{one.name}"].initial for one in form.companies}
        was |= {"instalación": found.is_installer}
        will = form.roles() | {"instalación": wanted}
        changed = [name for name in will if will[name] != was[name]]
        found.is_installer = wanted
        found.save(update_fields=["is_installer"])
        for company in form.companies:
            if company.name not in will:
                continue
            role = will[company.name]
            if role:
                Membership.objects.update_or_create(user=found, connection=company, defaults={"role": role})
            else:
                Membership.objects.filter(user=found, connection=company).delete()
        if changed:
            _record(
                request,
                "Permisos cambiados",
                before={"correo": found.email} | {name: was[name] or "–" for name in changed},
                after={"correo": found.email} | {name: will[name] or "–" for name in changed},
            )
    return True


def _is_last(found: User) -> bool:
    others = models.User.objects.filter(is_installer=True, is_active=True).exclude(pk=found.pk)
    return found.is_installer and not others.exists()


def _link(request: Visit, found: User) -> HttpResponse:
    """The link, mailed where there is a mail server, else shown this once."""
    environment = env.read(os.environ)
    base = environment.public_url or f"{request.scheme}://{request.get_host()}"
    made = invitations.link_for(found, base=base)
    outcome = invitations.mail(found, made, environment)
    if outcome is not None and outcome.sent:
        messages.success(request, f"Enviamos el enlace a {found.email}. Vale {invitations.HOURS} horas.")
        return redirect("web:person", number=found.pk)
    context = {"one": found, "link": made, "hours": invitations.HOURS, "why": outcome.why if outcome else ""}
    return render(request, "web/person_link.html", context)


def _person(number: int) -> User:
    found = models.User.objects.filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def _companies() -> list[Connection]:
    return list(Connection.objects.order_by("name"))


def _list(request: Visit, form: Invite, *, status: int = 200) -> HttpResponse:
    found = models.User.objects.order_by("email").prefetch_related(
        "memberships__connection", "authenticator_set"
    )
    return render(request, "web/people.html", {"form": form, "people": found}, status=status)


def _record(
    request: Visit, action: str, *, before: dict[str, Any] | None = None, after: dict[str, Any] | None = None
) -> None:
    audit.record(action, who=request.user.email, now=datetime.now(UTC), before=before, after=after)
