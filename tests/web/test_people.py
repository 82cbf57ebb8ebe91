"""Usuarios: invited by a link, allowed in each company, and never without an administrator."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from siigo_escala.store import models
from tests.engine import peers
from tests.web.screens import audited, signed_in, with_second_factor, words

PASSWORD = "una-clave-larga-7"
pytestmark = pytest.mark.usefixtures("installed")


@pytest.fixture
def inst(company: Callable[..., models.Connection]) -> Client:
    """The only administrator of an installation with two companies."""
    company("acme")
    company("otra")
    return signed_in(models.User.objects.make("inst@acme.example", None, is_installer=True))


def _invited(client: Client, email: str = "Contador@Acme.example", **more: object) -> str:
    answer = client.post(
        "/usuarios/invitar/", {"email": email, "role": "CONS", "companies": ["acme"], **more}
    )
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    found = re.search(r'value="(http://localhost/clave/[^"]+)"', answer.content.decode())
    assert found is not None
    return found[1]


def test_alone_the_administrator_is_told_whom_to_invite(inst: Client) -> None:
    told = words(inst.get("/usuarios/"))
    assert "inst@acme.example (usted) Administrador de la instalación No" in told
    assert "Invite a su contador con permiso de consulta." in told


def test_an_invited_person_chooses_a_password_once_and_sees_one_company(inst: Client) -> None:
    link = _invited(inst)
    guest = Client(SERVER_NAME="localhost")
    answer = guest.post(link, {"password": PASSWORD, "again": PASSWORD})
    assert answer.headers["Location"] == "/empresas/"
    assert guest.get("/empresas/").headers["Location"] == "/empresas/acme/"
    assert guest.get("/empresas/otra/").status_code == 404
    assert Client(SERVER_NAME="localhost").get(link).status_code == 404
    told = words(inst.get("/usuarios/"))
    assert "contador@acme.example acme: Consulta No hoy" in told
    entry = audited("Persona invitada")
    assert entry.after == {"correo": "contador@acme.example", "permiso": "CONS", "empresas": ["acme"]}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"email": "nadie"}, "Escriba un correo válido"),
        ({"email": "INST@acme.example"}, "Esa persona ya está"),
        ({"companies": []}, "Marque al menos una empresa."),
        ({"companies": ["nada"]}, "Esa empresa ya no existe."),
        ({"role": "REY"}, "Elija un permiso de la lista."),
    ],
)
def test_a_wrong_invitation_says_what_it_lacks(inst: Client, fields: dict[str, object], said: str) -> None:
    given = {"email": "a@acme.example", "role": "EMP", "companies": ["acme"], **fields}
    answer = inst.post("/usuarios/invitar/", given)
    assert answer.status_code == 422
    assert said in words(answer)
    assert models.User.objects.count() == 1


def test_permissions_are_set_in_each_company_and_told(inst: Client) -> None:
    _invited(inst)
    guest = models.User.objects.get(email="contador@acme.example")
    address = f"/usuarios/{guest.pk}/"
    assert "Sin acceso" in words(inst.get(address))
    inst.post(address, {"in_acme": "EMP", "in_otra": "CONS"})
    assert dict(guest.memberships.values_list("connection__name", "role")) == {"acme": "EMP", "otra": "CONS"}
    entry = audited("Permisos cambiados")
    assert (entry.before["acme"], entry.after["acme"], entry.before["otra"]) == ("CONS", "EMP", "–")
    told = words(inst.post(address, {"in_acme": "EMP", "in_otra": "CONS"}, follow=True))
    assert "Permisos guardados." in told
    audited("Permisos cambiados")  # nothing changed, nothing was told again
    inst.post(address, {"is_installer": "on", "in_acme": "", "in_otra": ""})
    guest.refresh_from_db()
    assert guest.is_installer
    assert not guest.memberships.exists()
    inst.post(address, {"is_installer": "on", "in_acme": "CONS"})  # a page of before the other company was
    assert guest.memberships.get().role == "CONS"
    assert inst.post(address, {"in_acme": "REY"}).status_code == 422
    assert inst.get("/usuarios/999999/").status_code == 404


def test_the_last_administrator_stays(inst: Client) -> None:
    me = models.User.objects.get()
    last = "Debe quedar al menos un administrador de la instalación."
    answer = inst.post(f"/usuarios/{me.pk}/", {})
    assert answer.status_code == 422
    assert last in words(answer)
    assert last in words(inst.get(f"/usuarios/{me.pk}/quitar/"))
    assert last in words(inst.post(f"/usuarios/{me.pk}/quitar/", follow=True))
    assert models.User.objects.get().is_installer


def test_a_removed_person_is_out_at_once(inst: Client) -> None:
    _invited(inst)
    guest = models.User.objects.get(email="contador@acme.example")
    browser = signed_in(guest)
    assert browser.get("/empresas/acme/").status_code == 200
    assert "¿Quitar a contador@acme.example?" in words(inst.get(f"/usuarios/{guest.pk}/quitar/"))
    told = words(inst.post(f"/usuarios/{guest.pk}/quitar/", follow=True))
    assert "contador@acme.example ya no entra." in told
    assert browser.get("/empresas/acme/").headers["Location"].startswith("/entrar/")
    assert audited("Persona quitada").before["acme"] == "CONS"


def test_a_lost_telephone_and_a_forgotten_password_are_helped(inst: Client) -> None:
    _invited(inst)
    guest = models.User.objects.get(email="contador@acme.example")
    with_second_factor(guest)
    guest.set_password(PASSWORD)
    guest.save()
    address = f"/usuarios/{guest.pk}/"
    assert "Quitar el doble factor" in words(inst.get(address))
    assert "quitado" in words(inst.post(f"{address}doble-factor/", follow=True))
    assert "No tiene doble factor." in words(inst.post(f"{address}doble-factor/", follow=True))
    audited("Doble factor quitado")
    answer = inst.post(f"{address}enlace/")
    assert "Vale 72 horas y una sola vez" in words(answer)
    guest.refresh_from_db()
    assert guest.check_password(PASSWORD), "the old password lasts until the link is used"
    audited("Enlace para una clave nueva")


def test_a_link_is_mailed_where_there_is_a_server_and_shown_where_that_fails(
    inst: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIIGO_ESCALA_EMAIL_URL", "smtp://127.0.0.1:9")
    monkeypatch.setenv("SIIGO_ESCALA_PUBLIC_URL", "https://siigo.ejemplo.co")
    answer = inst.post(
        "/usuarios/invitar/", {"email": "a@acme.example", "role": "INST", "companies": ["acme"]}
    )
    told = words(answer)
    assert "No pudimos enviar el correo:" in told
    assert "https://siigo.ejemplo.co/clave/" in answer.content.decode()
    assert not models.Membership.objects.exists(), "an administrator of the installation needs none"


def test_what_is_mailed_goes_to_the_person_alone(inst: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with peers.mail_server() as server:
        monkeypatch.setenv("SIIGO_ESCALA_EMAIL_URL", f"smtp://127.0.0.1:{server.port}")
        answer = inst.post("/usuarios/invitar/", {"email": "a@acme.example", "role": "INST"}, follow=True)
        assert "Enviamos el enlace a a@acme.example. Vale 72 horas." in words(answer)
        assert "/clave/" not in answer.content.decode()
        ((_, recipients, text),) = server.got
    assert recipients == ["a@acme.example"]
    assert "siigo-escala" in str(text)
