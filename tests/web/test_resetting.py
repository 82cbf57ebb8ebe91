"""A forgotten password: a link by e-mail, once and for an hour, that tells a stranger nothing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from structlog.testing import capture_logs

from siigo_escala.store import models
from siigo_escala.web import errands, invitations, resets, signing_in
from tests.engine import peers
from tests.web.screens import audited, guessed, signed_in, words

PASSWORD = "una-clave-larga-7"
pytestmark = pytest.mark.usefixtures("installed")


@pytest.fixture
def ana() -> models.User:
    """Somebody with a password, which she forgot."""
    return models.User.objects.make("ana@acme.example", PASSWORD, is_installer=True)


def _link(message: object) -> str:
    found = re.search(r"http://localhost(/clave/\S+)", str(message))
    assert found is not None
    return found[1]


def test_without_a_mail_server_the_page_tells_the_command(visitor: Client, ana: models.User) -> None:
    assert 'href="/clave/"' in visitor.get("/entrar/").content.decode()
    for answer in (visitor.get("/clave/"), visitor.post("/clave/", {"email": ana.email})):
        assert answer.status_code == 200
        assert "no tiene un servidor de correo" in words(answer)
        assert "siigo-escala create-admin CORREO --reset" in answer.content.decode()
        assert "Enviar el enlace" not in words(answer)
    assert not models.AuditEntry.objects.exists()


def test_the_link_comes_by_mail_works_once_and_ends_other_sessions(
    visitor: Client, ana: models.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = signed_in(ana)
    with peers.mail_server() as server:
        monkeypatch.setenv("SIIGO_ESCALA_EMAIL_URL", f"smtp://127.0.0.1:{server.port}")
        pages = []
        for email in ("Ana@acme.example", "nadie@acme.example"):
            answer = visitor.post("/clave/", {"email": email}, follow=True)
            errands.wait()
            pages.append((answer.redirect_chain, words(answer)))
        assert pages[0] == pages[1]
        assert "Si hay una cuenta con ese correo, le llegará un enlace" in pages[0][1]
        assert [recipients for _, recipients, _ in server.got] == [["ana@acme.example"]]
        body = server.got[0][2].get_content()
    assert "Vale una hora y una sola vez" in body
    assert audited("Enlace para una clave nueva pedido").who == ana.email
    chosen = {"password": "otra-clave-larga-8", "again": "otra-clave-larga-8"}
    link = _link(body)
    assert visitor.post(link, chosen).headers["Location"] == "/empresas/"
    assert elsewhere.get("/mi-cuenta/").headers["Location"].startswith("/entrar/")
    over = Client(SERVER_NAME="localhost").post(link, chosen)
    assert over.status_code == 404
    assert "Ese enlace ya se usó o venció" in words(over)


def test_who_asks_too_often_waits_whether_or_not_there_is_such_a_person(
    visitor: Client, ana: models.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIIGO_ESCALA_EMAIL_URL", "smtp://127.0.0.1:9")
    said = []
    for email in (ana.email, "nadie@acme.example"):
        guessed(email, signing_in.FREE - 1, kind=resets.KIND)
        with capture_logs():
            assert visitor.post("/clave/", {"email": email.upper()}).status_code == 302
            errands.wait()
        answer = visitor.post("/clave/", {"email": email})
        assert answer.status_code == 429
        said.append(re.sub(r"\d+ s", "", words(answer)).replace(email, ""))
    assert said[0] == said[1]
    assert "Demasiados intentos" in said[0]
    # Asking keeps nobody from signing in.
    assert visitor.post("/entrar/", {"email": ana.email, "password": PASSWORD}).status_code == 302


def test_a_server_that_takes_nothing_is_logged_and_not_told(
    visitor: Client, ana: models.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIIGO_ESCALA_EMAIL_URL", "smtp://127.0.0.1:9")
    with capture_logs() as seen:
        assert "le llegará un enlace" in words(visitor.post("/clave/", {"email": ana.email}, follow=True))
        errands.wait()
    assert [one["event"] for one in seen] == ["reset link not sent"]
    assert "/clave/" not in str(seen)
    assert visitor.post("/clave/", {"email": "nadie"}).status_code == 422


def test_a_link_lasts_an_hour_and_is_no_invitation(ana: models.User, monkeypatch: pytest.MonkeyPatch) -> None:
    token = resets.LINKS.make_token(ana)
    assert resets.fits(ana, token)
    assert not invitations.LINKS.check_token(ana, token)
    assert not resets.LINKS.check_token(ana, "")
    made = resets.LINKS._now()
    for minutes, good in ((59, True), (61, False)):
        monkeypatch.setattr(resets.LINKS, "_now", lambda at=made + timedelta(minutes=minutes): at)
        assert resets.fits(ana, token) is good


def test_what_goes_wrong_aside_is_logged() -> None:
    def broken() -> None:
        raise KeyError("nada")

    with capture_logs() as seen:
        errands.aside(broken)
        errands.wait()
    assert [one["event"] for one in seen] == ["work aside failed"]
