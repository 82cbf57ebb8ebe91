"""Coming in: the first start, passwords, the second factor, and how often one may try."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.test import Client

from siigo_escala.web import first_start, second_factor, signing_in
from tests.web.screens import guessed

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
    from siigo_escala.store import models

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
    from siigo_escala.store import models

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
    from siigo_escala.store import models
    from siigo_escala.store.vault import Vault
    from tests.conftest import TEST_KEY

    vault = Vault([TEST_KEY])
    user = models.User.objects.make("ana@acme.example", PASSWORD, is_installer=True)
    secret = second_factor.new_secret()
    codes = second_factor.switch_on(user, secret, step=0, vault=vault)
    assert secret not in user.totp_sealed
    assert "<svg" in second_factor.square(secret, user)
    answer = visitor.post("/entrar/?siguiente=/mi-cuenta/", {"email": user.email, "password": PASSWORD})
    assert answer.headers["Location"] == "/entrar/codigo/"
    assert visitor.get("/mi-cuenta/").status_code == 302
    assert visitor.post("/entrar/codigo/", {"code": "000000"}).status_code == 422
    assert visitor.post("/entrar/codigo/", {"code": codes[0].lower()}).headers["Location"] == "/mi-cuenta/"
    assert visitor.get("/mi-cuenta/").status_code == 200
    now = datetime.now(UTC)
    code = second_factor._totp(secret).generate(int(now.timestamp())).decode()
    assert second_factor.accept(user, code, vault=vault, now=now)
    assert not second_factor.accept(user, code, vault=vault, now=now)
    assert not second_factor.accept(user, codes[0], vault=vault, now=now)


@pytest.mark.parametrize(
    "where", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"]
)
def test_signing_in_leads_to_no_foreign_place(visitor: Client, where: str) -> None:
    from siigo_escala.store import models

    models.User.objects.make("ana@acme.example", PASSWORD, is_installer=True)
    answer = visitor.post(f"/entrar/?siguiente={where}", {"email": "ana@acme.example", "password": PASSWORD})
    assert answer.headers["Location"] == "/empresas/"


def test_the_sealed_secret_and_the_people_are_in_a_backup_and_the_audit_notices_a_change() -> None:
    from siigo_escala.store import models, tables
    from siigo_escala.store.models import audit

    tabled = {model._meta.db_table for model in tables.in_order()}
    assert {"person", "membership", "audit_entry"} <= tabled
    assert "django_session" not in tabled
    assert (models.User, "totp_sealed") in tables.sealed_columns()
    for action in ("Entró", "Reglas", "Salió"):
        audit.record(action, who="ana@acme.example", now=NOW, after={"valor": json.dumps(action)})
    chain = list(models.AuditEntry.objects.order_by("pk"))
    assert audit.first_break(chain) is None
    chain[1].after = {"valor": "otra cosa"}
    assert audit.first_break(chain) == chain[1].pk
    with pytest.raises(TypeError):
        models.AuditEntry.objects.update(who="otro")
