"""Every address by every kind of visitor: what is undeclared is closed, a foreign company does not exist."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver

from siigo_escala.web import urls
from siigo_escala.web.access import Level

if TYPE_CHECKING:
    from siigo_escala.store import models

PASSWORD = "una-clave-larga-7"
SAMPLES = {
    "code": "STAGE_GONE",
    "kind": "csv",
    "siigo_id": "a1",
    "deal_id": "d1",
    "number": "1",
    "token": "x",
    "name": "x",
    "system": "siigo",
}
pytestmark = pytest.mark.usefixtures("installed")


def _routes(patterns: Iterable[Any], before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from _routes(one.url_patterns, before + str(one.pattern))
        else:
            yield before + str(one.pattern), one


ROUTES = list(_routes(urls.urlpatterns))


def _address(route: str, company: str) -> str:
    """A route with something in every place of it."""
    parts = []
    for part in route.split("/"):
        name = part.strip("<>").rpartition(":")[2]
        parts.append(company if name == "empresa" else SAMPLES[name] if part.startswith("<") else part)
    return "/" + "/".join(parts)


@pytest.mark.parametrize(("route", "pattern"), ROUTES, ids=[route or "/" for route, _ in ROUTES])
def test_every_view_declares_who_may_see_it(route: str, pattern: URLPattern) -> None:
    assert isinstance(getattr(pattern.callback, "level", None), Level), route


@pytest.fixture
def people(company: Callable[..., models.Connection]) -> dict[str, Client]:
    """Nobody, a reader, an administrator of another company, one of this company, one of the installation."""
    from siigo_escala.store import models

    acme, other = company("acme"), company("otra")
    made = {"nobody": Client(SERVER_NAME="localhost")}
    for name, installer, where, role in (
        ("CONS", False, acme, "CONS"),
        ("foreign EMP", False, other, "EMP"),
        ("EMP", False, acme, "EMP"),
        ("INST", True, None, ""),
    ):
        email = f"{name.replace(' ', '-').lower()}@acme.example"
        user = models.User.objects.make(email, PASSWORD, is_installer=installer)
        if where is not None:
            models.Membership.objects.create(user=user, connection=where, role=role)
        made[name] = Client(SERVER_NAME="localhost", raise_request_exception=False)
        assert made[name].post("/entrar/", {"email": email, "password": PASSWORD}).status_code == 302
    return made


def test_every_address_by_every_visitor(people: dict[str, Client]) -> None:
    """One test, one set of people: signing in is slow on purpose."""
    reached = {
        Level.SIGNED_IN: {"CONS", "foreign EMP", "EMP", "INST"},
        Level.READER: {"CONS", "EMP", "INST"},
        Level.ADMINISTRATOR: {"EMP", "INST"},
        Level.INSTALLER: {"INST"},
    }
    for route, pattern in ROUTES:
        level = pattern.callback.level  # type: ignore[attr-defined]  # the test above
        if level is Level.EVERYONE:
            continue
        address = _address(route, "acme")
        within = "<str:empresa>" in route
        # Who administers one company may connect another.
        anywhere = {"foreign EMP"} if level is Level.ADMINISTRATOR and not within else set()
        for name, client in people.items():
            # A form without its fields changes nothing, whoever may send it; leaving would end the session.
            for answer in (client.get(address), client.options(address)):
                told = f"{name} {address} {answer.status_code}"
                if name == "nobody":
                    assert answer.status_code == 302, told
                    assert answer.headers["Location"].startswith("/entrar/"), told
                elif name == "foreign EMP" and within:
                    assert answer.status_code == 404, told
                elif name in reached[level] | anywhere:
                    assert answer.status_code in (200, 302, 404, 405), told
                    assert answer.status_code != 404 or "<" in route.replace("<str:empresa>", ""), told
                else:
                    assert answer.status_code == 403, told


def test_a_reader_presses_nothing(people: dict[str, Client]) -> None:
    for path in ("pendientes/decidir/", "sincronizar/", "sincronizar/pausar/", "historial/retirar/"):
        assert people["CONS"].post(f"/empresas/acme/{path}").status_code == 403, path
        assert people["foreign EMP"].post(f"/empresas/acme/{path}").status_code == 404, path
    page = people["CONS"].get("/empresas/acme/").content.decode()
    assert "Sincronizar ahora" not in page
    assert "/usuarios/" not in page


def test_a_form_from_elsewhere_is_refused_in_spanish(people: dict[str, Client]) -> None:
    strict = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    strict.cookies = people["EMP"].cookies
    answer = strict.post("/empresas/acme/sincronizar/pausar/")
    assert answer.status_code == 403
    assert "La página venció" in answer.content.decode()


def test_a_person_whose_password_changed_elsewhere_is_out(people: dict[str, Client]) -> None:
    from siigo_escala.store import models

    user = models.User.objects.get(email="emp@acme.example")
    user.set_password("otra-clave-larga-8")
    user.save()
    assert people["EMP"].get("/empresas/acme/").headers["Location"].startswith("/entrar/")
