"""Attacks that take more than one request: sessions, guesses, secrets, hostile texts on every screen."""

from __future__ import annotations

import csv
import io
import json
import statistics
import time
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.models import Session
from django.test import Client, RequestFactory, override_settings
from django.urls import URLPattern
from structlog.testing import capture_logs

from siigo_escala.store import models
from siigo_escala.web import first_start, guards, second_factor, signing_in
from siigo_escala.web.access import Level
from tests.web import attacks
from tests.web.attacks import PASSWORD, Scene
from tests.web.conftest import TOKEN
from tests.web.screens import code_of, guessed, with_second_factor
from tests.web.test_access import ROUTES, SAMPLES

# The list in test_attacks.py meets both stores; here the store makes no difference.
pytestmark = [
    pytest.mark.usefixtures("installed"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
A = "/empresas/acme/"
ANA = {"email": "ana@acme.example", "password": PASSWORD}


@pytest.fixture
def scene(installed: str) -> Scene:
    """Both companies under attack."""
    return attacks.scene()


@pytest.fixture
def ana(installed: str) -> models.User:
    """Somebody with a password, and administrator of everything."""
    return models.User.objects.make(ANA["email"], PASSWORD, is_installer=True)


def _browser(**more: Any) -> Client:
    return Client(SERVER_NAME="localhost", raise_request_exception=False, **more)


def _session(browser: Client) -> str:
    return browser.cookies[settings.SESSION_COOKIE_NAME].value


def _inside(browser: Client) -> bool:
    return bool(browser.get("/mi-cuenta/").status_code == 200)


def test_a_planted_session_is_worth_nothing_and_an_old_one_neither(ana: models.User) -> None:
    browser, thief = _browser(), _browser()
    browser.cookies[settings.SESSION_COOKIE_NAME] = planted = "a" * 32
    assert browser.post("/entrar/", ANA).status_code == 302
    assert _session(browser) != planted
    thief.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert not _inside(thief)
    thief.cookies[settings.SESSION_COOKIE_NAME] = _session(browser)
    assert _inside(thief)
    browser.post("/salir/")
    assert not _inside(thief)


def test_the_session_before_the_second_factor_is_another_one(ana: models.User) -> None:
    with_second_factor(ana)
    browser = _browser()
    browser.get("/entrar/")
    assert browser.post("/entrar/", ANA).headers["Location"] == "/entrar/codigo/"
    assert not _inside(browser)
    half = _session(browser)
    second_factor.switch_off(ana)
    browser.post("/entrar/", ANA)
    assert _session(browser) != half
    assert not Session.objects.filter(session_key=half).exists()


def test_another_password_ends_every_other_session_and_every_link(ana: models.User) -> None:
    first, other = _browser(), _browser()
    for one in (first, other):
        one.post("/entrar/", ANA)
    before = _session(first)
    new = "otra-clave-larga-8"
    told = {"old": PASSWORD, "password": new, "again": new}
    assert first.post("/mi-cuenta/clave/", told).status_code == 302
    assert _inside(first)
    assert _session(first) != before
    assert not _inside(other)


def test_a_new_key_ends_a_session_once_the_one_before_it_no_longer_counts(ana: models.User) -> None:
    seen, unseen = _browser(), _browser()
    for one in (seen, unseen):
        one.post("/entrar/", ANA)
    before = settings.SECRET_KEY
    with override_settings(SECRET_KEY="la-nueva", SECRET_KEY_FALLBACKS=[before]):
        assert _inside(seen)
    with override_settings(SECRET_KEY="la-nueva", SECRET_KEY_FALLBACKS=[]):
        assert _inside(seen), "signed anew while the old key counted"
        assert not _inside(unseen)


def test_what_has_expired_is_taken_away_when_somebody_comes_in(ana: models.User) -> None:
    old = Session.objects.create(session_key="a" * 32, session_data="", expire_date=datetime.now(UTC))
    _browser().post("/entrar/", ANA)
    assert not Session.objects.filter(pk=old.pk).exists()


def test_who_was_removed_or_lost_a_company_is_out_at_once(scene: Scene) -> None:
    reader = scene.browser("CONS")
    assert reader.get(A).status_code == 200
    models.Membership.objects.filter(user__email="cons@acme.example").delete()
    assert reader.get(A).status_code == 404
    models.User.objects.filter(email="cons@acme.example").update(is_active=False)
    assert reader.get("/mi-cuenta/").status_code == 302


def test_cookies_are_out_of_the_reach_of_scripts_and_other_sites(ana: models.User) -> None:
    browser = _browser()
    browser.get("/entrar/")
    browser.post("/entrar/", ANA)
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        assert browser.cookies[name]["httponly"], name
        assert browser.cookies[name]["samesite"] == "Lax", name


def test_who_came_by_https_is_held_to_it_and_who_did_not_is_told_nothing(ana: models.User) -> None:
    name = "Strict-Transport-Security"
    for path, status in (("/entrar/", 200), ("/empresas/", 302), ("/nada/", 404), ("/healthz", 200)):
        answer = _browser().get(path, secure=True)
        assert (answer.status_code, answer.headers.get(name)) == (status, "max-age=31536000"), path
        assert name not in _browser().get(path).headers, path


def test_guesses_of_a_password_wait_for_the_person_and_for_the_machine(ana: models.User) -> None:
    browser = _browser()
    wrong = {**ANA, "password": "no-es-esta-clave"}
    answers = [browser.post("/entrar/", wrong).status_code for _ in range(signing_in.FREE + 2)]
    assert answers == [422] * signing_in.FREE + [429] * 2
    asks = RequestFactory().post("/entrar/")
    assert auth.authenticate(asks, **ANA) is None, "no view has to remember it"
    elsewhere = browser.post("/entrar/", ANA, REMOTE_ADDR="10.9.9.9")
    assert elsewhere.status_code == 429, "a guess from another machine waits, too"
    assert 0 < int(elsewhere["Retry-After"]) <= 900
    assert browser.post("/entrar/", {**ANA, "email": "ANA@Acme.Example "}).status_code == 429
    for number in range(signing_in.FREE_OF_A_MACHINE):
        guessed(f"nadie{number}@acme.example", 1, address="10.0.0.7")
    sprayed = {"email": "otra@acme.example", "password": PASSWORD}
    assert browser.post("/entrar/", sprayed, REMOTE_ADDR="10.0.0.7").status_code == 429


def test_an_account_of_ones_own_does_not_wash_away_guesses_at_others(ana: models.User) -> None:
    mallory = {"email": "mallory@evil.example", "password": PASSWORD}
    models.User.objects.make(mallory["email"], PASSWORD)
    browser = _browser()
    wrong = {**ANA, "password": "no-es-esta-clave"}
    answers = []
    for _ in range(signing_in.FREE + 1):
        assert _browser().post("/entrar/", mallory).status_code == 302
        answers.append(browser.post("/entrar/", wrong).status_code)
    assert answers == [422] * signing_in.FREE + [429]
    assert browser.post("/entrar/", wrong, REMOTE_ADDR="10.9.9.9").status_code == 429


@pytest.mark.parametrize(
    ("path", "wrong", "right"),
    [
        (
            "/mi-cuenta/clave/",
            {"old": "no-es-esta-clave", "password": f"{PASSWORD}-otra", "again": f"{PASSWORD}-otra"},
            {"old": PASSWORD, "password": f"{PASSWORD}-otra", "again": f"{PASSWORD}-otra"},
        ),
        ("/mi-cuenta/doble-factor/quitar/", {"password": "no-es-esta-clave"}, {"password": PASSWORD}),
    ],
    ids=["password", "second factor"],
)
def test_an_open_session_is_no_place_to_guess_the_password(
    ana: models.User, path: str, wrong: dict[str, str], right: dict[str, str]
) -> None:
    browser = _browser()
    browser.post("/entrar/", ANA)
    with_second_factor(ana)
    answers = [browser.post(path, wrong).status_code for _ in range(signing_in.FREE + 1)]
    assert answers[-1] == 429
    assert 429 not in answers[:-1]
    held = browser.post(path, right)
    assert held.status_code == 429
    assert "Demasiados intentos" in held.content.decode()
    ana.refresh_from_db()
    assert ana.check_password(PASSWORD)
    assert ana.has_second_factor


def test_nobody_learns_who_has_an_account_by_words_or_by_time(ana: models.User) -> None:
    models.User.objects.make("sin-clave@acme.example", None)
    models.User.objects.make("fuera@acme.example", PASSWORD)
    models.User.objects.filter(email="fuera@acme.example").update(is_active=False)
    times: dict[str, list[float]] = {}
    pages = set()
    for _ in range(3):
        for name in ("ana", "nadie", "sin-clave", "fuera"):
            email = f"{name}@acme.example"
            began = time.process_time()
            page = _browser().post("/entrar/", {"email": email, "password": "no-es-esta-clave"})
            times.setdefault(name, []).append(time.process_time() - began)
            pages.add(_without_marks(page.content.decode()).replace(email, ""))
            assert page.status_code == 422
    assert len(pages) == 1
    middle = {name: statistics.median(found) for name, found in times.items()}
    assert max(middle.values()) < 3 * min(middle.values()), middle


def _without_marks(page: str) -> str:
    """A page without the mark that each of its forms carries anew."""
    begin, _, rest = page.partition('name="csrfmiddlewaretoken" value="')
    return begin + _without_marks(rest.partition('"')[2]) if rest else begin


def test_six_digits_are_not_guessed_nor_used_twice_and_a_recovery_code_neither(ana: models.User) -> None:
    secret, codes = with_second_factor(ana)

    def halfway() -> Client:
        browser = _browser()
        assert browser.post("/entrar/", ANA).headers["Location"] == "/entrar/codigo/"
        return browser

    (activated,) = Authenticator.objects.get(user=ana, type="totp").data["used"]
    assert halfway().post("/entrar/codigo/", {"code": activated}).status_code == 422
    code = code_of(secret, later=30)
    assert halfway().post("/entrar/codigo/", {"code": code}).status_code == 302
    assert halfway().post("/entrar/codigo/", {"code": code}).status_code == 422
    assert halfway().post("/entrar/codigo/", {"code": codes[0]}).status_code == 302
    assert halfway().post("/entrar/codigo/", {"code": codes[0]}).status_code == 422
    assert halfway().post("/entrar/codigo/", {"code": ""}).status_code == 422
    browser = halfway()
    answers = [browser.post("/entrar/codigo/", {"code": f"{n:06}"}).status_code for n in range(6)]
    assert answers[0] == 422
    assert set(answers) == {422, 429}
    held = browser.post("/entrar/codigo/", {"code": codes[1]})
    assert "Demasiados intentos. Espere" in held.content.decode()
    assert held.status_code == 429
    assert 0 < int(held["Retry-After"]) <= 900
    ana.refresh_from_db()
    assert second_factor.codes_left(ana) == len(codes) - 1, "the right code was not even looked at"
    assert _browser().post("/entrar/", ANA).status_code == 429, "the password does not begin anew"


def test_the_code_of_the_first_start_is_not_guessed(installed: str) -> None:
    right = first_start.new_code(now=datetime.now(UTC))
    browser = _browser()

    def claims(code: str) -> int:
        told = {"email": "m@evil.example", "password": PASSWORD, "again": PASSWORD, "code": code}
        return int(browser.post("/primer-arranque/", told).status_code)

    answers = [claims(f"{n:06x}-{n:06x}-{n:06x}") for n in range(signing_in.FREE + 1)]
    assert answers == [422] * signing_in.FREE + [429]
    assert claims(right) == 429, "whoever guesses has to wait, even with the right one"
    assert not models.User.objects.exists()


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace"])
def test_no_address_takes_another_method(scene: Scene, method: str) -> None:
    send = getattr(scene.browser("INST"), method)
    for route, _ in ROUTES:
        answer = send(_address(route))
        assert answer.status_code in (302, 404, 405), f"{route} {answer.status_code}"
        assert answer.status_code != 302 or answer.headers["Location"].startswith("/"), route
    assert models.User.objects.count() == 4


def test_every_answer_of_every_address_carries_the_headers(scene: Scene) -> None:
    """Also refusals and errors; nothing may be framed, sniffed, stored or scripted."""
    for who in ("nobody", "INST", "foreign"):
        browser = scene.browser(who)
        for route, _ in ROUTES:
            answer = browser.get(_address(route))
            lacks = [name for name, value in guards.HEADERS.items() if answer.headers.get(name) is None]
            assert lacks == [], f"{who} {route}"
            assert "unsafe" not in answer.headers["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Frame-Options"] == "DENY"


def test_no_address_with_an_id_gives_what_is_another_companys(scene: Scene) -> None:
    run = scene.other.runs.get().pk
    samples = {"siigo_id": "otra-1", "number": str(run), "name": "x"}
    browser = scene.browser("EMP")
    for route, pattern in ROUTES:
        if "<str:empresa>" not in route or route.count("<") < 2 or _level(pattern) is Level.INSTALLER:
            continue
        for company in ("acme", "otra"):
            for answer in (
                browser.get(_address(route, company, samples)),
                browser.post(_address(route, company, samples)),
            ):
                body = attacks.body(answer)
                assert b"otra-1" not in body.replace(_address(route, company, samples).encode(), b""), route
                if company == "otra":
                    assert answer.status_code == 404, route
                else:
                    assert answer.status_code != 500, route
    row = models.Invoice.objects.get(siigo_id="otra-1")
    assert (row.decision, row.said) == ("", 0)


def test_a_hostile_text_is_a_text_on_every_screen(scene: Scene) -> None:
    seen = 0
    for who, headers in (("INST", {}), ("EMP", {"HX-Request": "true"}), ("CONS", {})):
        browser = scene.browser(who)
        for address in _addresses():
            answer = browser.get(address, headers=headers)
            assert answer.status_code < 500 or address == "/readyz", f"{who} {address}"
            if answer.streaming or not answer.headers["Content-Type"].startswith("text/html"):
                continue
            page = answer.content.decode()
            assert attacks.marks(page) == [], f"{who} {address}"
            seen += "alert(&#x27;hx&#x27;)" in page
    assert seen > 20, "the hostile text stands on many screens"


def test_a_hostile_text_is_a_text_in_every_export(scene: Scene) -> None:

    browser = scene.browser("EMP")
    for path in (f"{A}facturas/exportar/csv/", f"{A}auditoria/?exportar=csv"):
        answer = browser.get(path)
        text = attacks.body(answer).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text), delimiter=";"))
        assert len({len(row) for row in rows}) == 1, "no text made a column or a row"
        for cell in (cell for row in rows[1:] for cell in row):
            number = cell.replace(",", "").replace("-", "", 1).isdigit()
            assert number or not cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d")), cell
        assert "\0" not in text
        assert "\r" not in answer.headers["Content-Disposition"]
    book = io.BytesIO(attacks.body(browser.get(f"{A}facturas/exportar/xlsx/")))
    with zipfile.ZipFile(book) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        told = (
            sheet + archive.read("xl/sharedStrings.xml").decode()
            if "xl/sharedStrings.xml" in archive.namelist()
            else sheet
        )
    assert "<f>" not in told, "no formula"
    assert "hyperlink" not in told.casefold().replace("=hyperlink(0)", "")
    assert "=HYPERLINK(0)" in told


def test_no_secret_is_shown_again_anywhere(scene: Scene, home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every address as the one who sees most; then the audit, the log, a backup."""
    mail, chat = "clave-del-correo-nunca", "https://hooks.example/nunca-a-la-vista"
    monkeypatch.setenv("SIIGO_ESCALA_EMAIL_URL", f"smtp://yo:{mail}@127.0.0.1:9")
    scene.acme.file |= {"alerts": {"webhook": [chat]}}
    scene.acme.save()
    secrets = {**scene.secrets, "mail": mail, "metrics": TOKEN, "password": PASSWORD}
    told: dict[str, str] = {}
    with capture_logs() as logged:
        for who in ("INST", "EMP"):
            browser = scene.browser(who)
            for address in _addresses():
                answer = browser.get(address)
                body = attacks.body(answer)
                told[f"{who} {address}"] = body.decode("utf-8", "replace") + str(answer.headers)
        browser = scene.browser("INST")
        browser.post("/ajustes/respaldo/crear/")
        browser.post(
            f"{A}credenciales/siigo/", {"username": "api@acme.example", "key": "otra-clave-que-no-entra"}
        )
        told["a refused key"] = browser.post(
            f"{A}credenciales/escala/", {"key": "otra-clave-que-no-entra"}
        ).content.decode()
    told["the log"] = str(logged)
    told["the audit"] = json.dumps(list(models.AuditEntry.objects.values_list("before", "after")))
    copies = list((home / "backups").glob("*.zip"))
    assert copies
    for path in copies:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                told[f"backup {name}"] = archive.read(name).decode("utf-8", "replace")
    secrets["a refused key"] = "otra-clave-que-no-entra"
    shown = [
        f"{what} in {where}"
        for where, text in told.items()
        for what, secret in secrets.items()
        if secret in text
    ]
    assert shown == []
    assert chat not in told["the log"]


def _level(pattern: URLPattern) -> Level:
    return pattern.callback.level  # type: ignore[attr-defined,no-any-return]  # test_access.py walks them


def _address(route: str, company: str = "acme", samples: dict[str, str] | None = None) -> str:
    known = SAMPLES | {"siigo_id": "acme-1"} | (samples or {})
    parts = []
    for part in route.split("/"):
        name = part.strip("<>").rpartition(":")[2]
        parts.append(company if name == "empresa" else known[name] if part.startswith("<") else part)
    return "/" + "/".join(parts)


def _addresses() -> list[str]:
    """Every address, with each id that is there."""
    found = []
    for route, _ in ROUTES:
        if "siigo_id" in route:
            found += [_address(route, samples={"siigo_id": f"acme-{n}"}) for n in range(len(attacks.STATES))]
        elif "<str:code>" in route:
            found += [_address(route, samples={"code": code}) for code in ("POSSIBLE_TWIN", "INTERNAL_ERROR")]
        else:
            found.append(_address(route))
    return [*found, f"{A}facturas/?q=hostil", f"{A}facturas/acme-0/?todo=1"]
