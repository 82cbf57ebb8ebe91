"""Coming in: the first start, passwords, the second factor, and how often one may try."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.db import connections
from django.test import Client

from siigo_escala.store import models
from siigo_escala.web import first_start, second_factor, signing_in
from tests.web.screens import code_of, guessed, with_second_factor

PASSWORD = "una-clave-larga-7"
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("installed")


def _first(code: str, **more: str) -> dict[str, str]:
    return {"email": "Ana@Acme.example", "password": PASSWORD, "again": PASSWORD, "code": code, **more}


def test_the_first_visitor_needs_the_code_that_the_program_printed_and_only_one_uses_it(
    visitor: Client,
) -> None:
    code = first_start.new_code(now=datetime.now(UTC))
    wrong = visitor.post("/primer-arranque/", _first("aaaa-bbbb"))
    assert wrong.status_code == 422
    assert "Ese no es el código que imprimió el programa" in wrong.content.decode()
    old = first_start.new_code(now=datetime.now(UTC) - timedelta(hours=2))
    assert "Ese código ya se usó o venció." in visitor.post("/primer-arranque/", _first(old)).content.decode()
    guessed("", signing_in.FREE)
    held = visitor.post("/primer-arranque/", _first(code))
    assert held.status_code == 429
    assert 0 < int(held["Retry-After"]) <= 900
    assert "Demasiados intentos. Espere" in held.content.decode()
    AccessAttempt.objects.all().delete()
    assert visitor.post("/primer-arranque/", _first(code)).status_code == 302
    assert visitor.get("/empresas/").status_code == 200
    assert Client(SERVER_NAME="localhost").get("/primer-arranque/").status_code == 404


def test_a_code_lasts_an_hour() -> None:
    code = first_start.new_code(now=NOW)
    assert first_start.fits(code, now=NOW + timedelta(minutes=59))
    assert first_start.claim("a@b.co", PASSWORD, code, now=NOW + timedelta(minutes=61)) is None


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("corta", "12 caracteres"),
        ("contraseña123", "muy común"),
        ("ana@acme.example", "se parece demasiado"),
        ("aaaaaaaaaaaaaa", "muy común"),
    ],
)
def test_a_weak_password_is_told_what_it_lacks(visitor: Client, password: str, said: str) -> None:
    code = first_start.new_code(now=datetime.now(UTC))
    page = visitor.post("/primer-arranque/", _first(code, password=password, again=password)).content.decode()
    assert said in page
    assert password not in page or password == "ana@acme.example"


def test_a_wrong_password_and_an_unknown_person_read_the_same_and_the_sixth_try_waits(
    visitor: Client,
) -> None:
    models.User.objects.make("ana@acme.example", PASSWORD, is_installer=True)
    pages = []
    for email in ("ana@acme.example", "nadie@acme.example"):
        answer = visitor.post("/entrar/", {"email": email, "password": "no-es-esta-clave"})
        pages.append(answer.content.decode().replace(email, ""))
        assert answer.status_code == 422
    assert "no son correctos" in pages[0]
    guessed("ana@acme.example", signing_in.FREE - 1)
    right = {"email": "ana@acme.example", "password": PASSWORD}
    waits = []
    for _ in range(8):
        waits.append(int(visitor.post("/entrar/", right)["Retry-After"]))
        guessed("ana@acme.example", 1)
    assert [round(wait, -1) for wait in waits] == [30, 60, 120, 240, 480, 900, 900, 900]
    earlier = datetime.now(UTC) - timedelta(minutes=16)
    AccessAttempt.objects.update(attempt_time=earlier)
    assert visitor.post("/entrar/", right).status_code == 302


def test_nothing_of_what_was_typed_is_kept_with_what_is_counted(visitor: Client) -> None:
    typed = {"email": "nadie@acme.example", "password": "no-es-esta-clave", "otra": "más"}
    models.User.objects.make("ana@acme.example", PASSWORD)
    headers = {"User-Agent": "Navegador", "X-Forwarded-For": "10.1.1.1"}
    for address in ("10.0.0.1", "fe80::1%eth0", "desconocida"):
        assert visitor.post("/entrar/", typed, REMOTE_ADDR=address, headers=headers).status_code == 422
    kept = list(AccessAttempt.objects.order_by("pk").values())
    assert [row["ip_address"] for row in kept] == ["10.0.0.1", "fe80::1", "::"]
    assert {row["username"] for row in kept} == {"nadie@acme.example"}
    assert not {"get_data", "post_data", "http_accept"} & {key for row in kept for key in row if row[key]}
    told = str(kept)
    assert "no-es-esta-clave" not in told
    assert "Navegador" not in told
    assert not AccessLog.objects.exists()
    assert not AccessFailureLog.objects.exists()


def test_the_second_factor_is_asked_for_and_each_code_lets_in_once(visitor: Client) -> None:
    user = models.User.objects.make("ana@acme.example", PASSWORD, is_installer=True)
    secret, codes = with_second_factor(user)
    assert secret not in str(list(Authenticator.objects.values()))
    square = second_factor.square(secret, user)
    assert square.startswith("<svg")
    assert "style" not in square
    answer = visitor.post("/entrar/?siguiente=/mi-cuenta/", {"email": user.email, "password": PASSWORD})
    assert answer.headers["Location"] == "/entrar/codigo/"
    assert visitor.get("/mi-cuenta/").status_code == 302
    assert visitor.post("/entrar/codigo/", {"code": "000000"}).status_code == 422
    assert visitor.post("/entrar/codigo/", {"code": codes[0].lower()}).headers["Location"] == "/mi-cuenta/"
    assert visitor.get("/mi-cuenta/").status_code == 200
    code = code_of(secret, later=30)
    assert second_factor.accept(user, code)
    assert not second_factor.accept(user, code)
    assert not second_factor.accept(user, codes[0])


def test_of_two_requests_with_the_same_code_at_the_same_moment_one_comes_in() -> None:
    user = models.User.objects.make("ana@acme.example", PASSWORD, is_installer=True)
    secret, codes = with_second_factor(user)
    for code in (code_of(secret, later=30), codes[0]):
        with ThreadPoolExecutor(2) as both:
            together = threading.Barrier(2)
            tries = [both.submit(_try, user, code, together) for _ in range(2)]
        assert sorted(one.result() for one in tries) == [False, True]
    assert second_factor.codes_left(user) == 9


def _try(user: models.User, code: str, together: threading.Barrier) -> bool:
    together.wait()
    try:
        return second_factor.accept(user, code)
    finally:
        connections.close_all()


@pytest.mark.parametrize(
    "where", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"]
)
def test_signing_in_leads_to_no_foreign_place(visitor: Client, where: str) -> None:
    models.User.objects.make("ana@acme.example", PASSWORD, is_installer=True)
    answer = visitor.post(f"/entrar/?siguiente={where}", {"email": "ana@acme.example", "password": PASSWORD})
    assert answer.headers["Location"] == "/empresas/"


def test_the_sealed_secret_and_the_people_are_in_a_backup_and_the_audit_notices_a_change() -> None:
    from siigo_escala.store import tables
    from siigo_escala.store.models import audit

    tabled = {model._meta.db_table for model in tables.in_order()}
    assert {"person", "membership", "audit_entry", "mfa_authenticator"} <= tabled
    assert not {"django_session", "axes_accessattempt"} & tabled
    for action in ("Entró", "Reglas", "Salió"):
        audit.record(action, who="ana@acme.example", now=NOW, after={"valor": json.dumps(action)})
    chain = list(models.AuditEntry.objects.order_by("pk"))
    assert audit.first_break(chain) is None
    chain[1].after = {"valor": "otra cosa"}
    assert audit.first_break(chain) == chain[1].pk
    with pytest.raises(TypeError):
        models.AuditEntry.objects.update(who="otro")
