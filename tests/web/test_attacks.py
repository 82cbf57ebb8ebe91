"""The attack list: what somebody outside, or inside with less rights, sends us, and what they get."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from siigo_escala.store import models
from siigo_escala.web import guards
from tests.web import attacks
from tests.web.attacks import PASSWORD, Scene
from tests.web.conftest import TOKEN

pytestmark = pytest.mark.usefixtures("installed")
A = "/empresas/acme/"
LONG = "9" * 5000
_REFUSED = (400, 403, 404, 405, 413, 422)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One request. `says`: must be in the answer; `never`: must not; `to`: where it may lead."""

    who: str
    path: str
    expected: int | tuple[int, ...]
    method: str = "GET"
    data: Any = None
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    secure: bool = False
    strict: bool = False
    says: str = ""
    never: str = ""
    to: str | None = None


def _get(path: str, expected: int | tuple[int, ...] = 200, *, who: str = "EMP", **more: Any) -> Attack:
    return Attack(who=who, path=path, expected=expected, **more)


def _post(path: str, data: Any, expected: int | tuple[int, ...], *, who: str = "EMP", **more: Any) -> Attack:
    return Attack(who=who, path=path, data=data, expected=expected, method="POST", **more)


def _sign_in(where: str) -> dict[str, Any]:
    return {
        "path": f"/entrar/?siguiente={where}",
        "data": {"email": "ana@acme.example", "password": PASSWORD},
    }


def _files(count: int, size: int) -> dict[str, Any]:
    return {f"f{number}": SimpleUploadedFile("x.bin", b"z" * size) for number in range(count)}


EVIL = "https://evil.example"
REQUESTS: dict[str, Attack] = {
    # A form that another site sends with our person's cookies.
    "no mark": _post(f"{A}sincronizar/pausar/", {}, 403, strict=True, says="La página venció"),
    "a made-up mark": _post(f"{A}sincronizar/pausar/", {"csrfmiddlewaretoken": "x" * 64}, 403, strict=True),
    "a foreign origin": _post(f"{A}sincronizar/", {}, 403, strict=True, headers={"Origin": EVIL}),
    "an origin that hides": _post(f"{A}sincronizar/", {}, 403, strict=True, headers={"Origin": "null"}),
    "a foreign referer": _post(
        f"{A}sincronizar/", {}, 403, strict=True, secure=True, headers={"Referer": f"{EVIL}/x"}
    ),
    "no referer over https": _post(f"{A}sincronizar/", {}, 403, strict=True, secure=True),
    "signing in from elsewhere": _post(
        "/entrar/", {"email": "a@b.co", "password": "x"}, 403, who="nobody", strict=True
    ),
    "signing out from elsewhere": _post("/salir/", {}, 403, strict=True),
    "signing out by a picture": _get("/salir/", 405),
    "a change by a link": _get(
        f"{A}sincronizar/reanudar/", 405, says="sólo recibe lo que se envía con un botón"
    ),
    "a change by a fragment": _get(f"{A}pendientes/decidir/", 405, headers={"HX-Request": "true"}),
    "another method in a header": _get(
        f"{A}sincronizar/reanudar/", 405, headers={"X-HTTP-Method-Override": "POST"}
    ),
    "another method in a field": _post("/salir/", {"_method": "GET"}, 403, strict=True),
    # Addressed to another name.
    "another host": _get("/entrar/", 400, who="nobody", headers={"Host": "evil.example"}),
    "another host by a proxy's word": _get(
        "/entrar/", 200, who="nobody", headers={"X-Forwarded-Host": "evil.example"}, never="evil.example"
    ),
    "a host with a path": _get("/entrar/", 400, who="nobody", headers={"Host": "localhost/evil.example"}),
    "a host with a name and a password": _get(
        "/entrar/", 400, who="nobody", headers={"Host": "localhost@evil.example"}
    ),
    "no host": _get("/entrar/", 400, who="nobody", headers={"Host": ""}),
    # Where a form leads.
    "away by https": _post(**_sign_in(EVIL), expected=302, who="nobody", to="/empresas/"),
    "away by two slashes": _post(**_sign_in("//evil.example"), expected=302, who="nobody", to="/empresas/"),
    "away by a slash and a backslash": _post(
        **_sign_in("/%5Cevil.example"), expected=302, who="nobody", to="/empresas/"
    ),
    "away by a tab": _post(**_sign_in("/%09/evil.example"), expected=302, who="nobody", to="/empresas/"),
    "away by a script": _post(**_sign_in("javascript:alert(1)"), expected=302, who="nobody", to="/empresas/"),
    "away by a line": _post(
        **_sign_in("/%0d%0aSet-Cookie:x=1"), expected=302, who="nobody", never="Set-Cookie: x"
    ),
    "away after a decision": _post(
        f"{A}pendientes/decidir/", {"decision": "retry", "volver": EVIL}, 302, to=f"{A}pendientes/"
    ),
    "away after a decision, as one of us": _post(
        f"{A}pendientes/decidir/",
        {"decision": "retry", "volver": f"{A}/evil.example//x"},
        302,
        to=f"{A}pendientes/",
    ),
    "away after a decision, up and out": _post(
        f"{A}pendientes/decidir/", {"decision": "retry", "volver": f"{A}\\..\\x"}, 302, to=f"{A}pendientes/"
    ),
    "to another company after a decision": _post(
        f"{A}pendientes/decidir/",
        {"decision": "retry", "volver": "/empresas/otra/"},
        302,
        to=f"{A}pendientes/",
    ),
    # More than one's own rights.
    "a reader presses": _post(f"{A}sincronizar/", {}, 403, who="CONS"),
    "a reader decides": _post(f"{A}pendientes/decidir/", {"decision": "ignore"}, 403, who="CONS"),
    "a reader sees keys' screen": _get(f"{A}credenciales/", 403, who="CONS"),
    "a reader sees the audit": _get(f"{A}auditoria/", 403, who="CONS"),
    "an administrator invites an administrator of everything": _post(
        "/usuarios/invitar/", {"email": "x@y.co", "role": "INST"}, 403
    ),
    "an administrator raises a person": _post("/usuarios/1/", {"is_installer": "on"}, 403),
    "a theme that raises": _post(
        "/mi-cuenta/apariencia/", {"theme": "dark", "is_installer": "1", "role": "INST"}, 302, who="CONS"
    ),
    "a password that raises": _post(
        "/mi-cuenta/clave/",
        {"old": "x", "password": PASSWORD, "again": PASSWORD, "is_installer": "1"},
        422,
        who="CONS",
    ),
    "takes a backup": _post("/ajustes/respaldo/crear/", {}, 403),
    "another company's page": _get("/empresas/otra/", 404),
    "another company's invoice": _get("/empresas/otra/facturas/otra-0/", 404),
    "another company's invoice under one's own": _get(f"{A}facturas/otra-0/", 404),
    "another company's invoice decided under one's own": _post(
        f"{A}pendientes/decidir/", {"decision": "ignore", "factura": "otra-1", "confirmado": "1"}, 302
    ),
    "another company's invoice by its number": _get(f"{A}facturas/numero/FV-1-1/", 302),
    "another company's run under one's own": _get(f"{A}historial/2/", 404),
    "another company's run stopped under one's own": _post(
        f"{A}historial/2/detener/", {}, 302, to=f"{A}historial/2/"
    ),
    "another company's export": _get("/empresas/otra/facturas/exportar/csv/", 404),
    "a deal nobody offered": _post(
        f"{A}facturas/acme-1/oportunidad/", {"elegido": "de-otra-cuenta"}, (302, 422)
    ),
    "a company that does not exist reads like a foreign one": _get("/empresas/ninguna/", 404),
    # More than a page takes.
    "a body of 2 MB": _post(f"{A}sincronizar/", {"x": "y" * 2_000_000}, (400, 413), strict=True),
    "a body of 2 MB behind the mark": _post(f"{A}sincronizar/", {"x": "y" * 2_000_000}, (400, 413)),
    "2,000 fields": _post(f"{A}sincronizar/", {f"f{n}": "1" for n in range(2000)}, 400),
    "2,000 parameters": _get(f"{A}facturas/?" + "&".join(f"f{n}=1" for n in range(2000)), 400),
    "a file nobody asked for": _post(f"{A}sincronizar/", lambda: _files(1, 3_000_000), (400, 413)),
    "200 files": _post(f"{A}sincronizar/", lambda: _files(200, 1), 400),
    "a broken multipart": _post(
        f"{A}sincronizar/",
        b"--x\r\nnope",
        (200, 302, 400, 422),
        content_type="multipart/form-data; boundary=x",
    ),
    "a multipart without boundary": _post(
        f"{A}sincronizar/", b"--x\r\nnope", 400, content_type="multipart/form-data"
    ),
    "JSON": _post(
        "/entrar/", b'{"email": "a@b.co"}', (200, 422), who="nobody", content_type="application/json"
    ),
    "XML with an entity": _post(
        "/entrar/",
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
        (200, 422),
        who="nobody",
        content_type="application/xml",
        never="root:",
    ),
    "an unknown set of characters": _post(
        "/entrar/",
        b"email=a",
        (400, 415, 422),
        who="nobody",
        content_type="application/x-www-form-urlencoded; charset=klingon",
    ),
    "bytes that are no UTF-8 in a form": _post(
        "/entrar/",
        b"email=%ff%fe&password=%80",
        422,
        who="nobody",
        content_type="application/x-www-form-urlencoded",
    ),
    "bytes that are no UTF-8 in an address": _get(f"{A}facturas/%ff%fe/", 404),
    "bytes that are no UTF-8 in a search": _get(f"{A}facturas/?q=%ff%fe"),
    "NUL in a search": _get(f"{A}facturas/?q=%00", 400),
    "NUL in a path": _get(f"{A}facturas/%00/", 400),
    "NUL in a company": _get("/empresas/%00/", 400),
    "NUL in a form": _post(f"{A}facturas/acme-1/contacto/", {"elegido": "a\0b"}, (400, 422)),
    "NUL in an e-mail": _post("/entrar/", {"email": "a\0@b.co", "password": "x"}, (400, 422), who="nobody"),
    "NUL in a password": _post("/entrar/", {"email": "a@b.co", "password": "x\0"}, (400, 422), who="nobody"),
    "NUL in a reason": _post(
        f"{A}pendientes/decidir/",
        {"decision": "ignore", "factura": "acme-1", "motivo": "\0", "confirmado": "1"},
        400,
    ),
    # Paths.
    "out of the backups": _get("/ajustes/respaldo/..%2Fsecret.key/", 404, who="INST"),
    "out of the backups, encoded twice": _get(
        "/ajustes/respaldo/%252e%252e%252fsecret.key/", 404, who="INST"
    ),
    "out of the backups by a backslash": _get("/ajustes/respaldo/..%5Csecret.key/", 404, who="INST"),
    "out of the backups by the root": _get("/ajustes/respaldo/%2Fetc%2Fpasswd/", 404, who="INST"),
    "out of the assets": _get("/static/../../config/settings.py", 404, who="nobody"),
    "out of the assets, encoded": _get("/static/%2e%2e/%2e%2e/config/settings.py", 404, who="nobody"),
    "the list of assets": _get("/static/", 404, who="nobody"),
    "an export of another kind": _get(f"{A}facturas/exportar/..%2Fcsv/", 404),
    "a settings file": _get("/.env", 404, who="nobody"),
    "the debugger": _get("/__debug__/", 404, who="nobody"),
    "Django's administration": _get("/admin/", 404, who="nobody"),
    # Paging and filters.
    "a page of minus one": _get(f"{A}historial/?antes=-1"),
    "a page of a number too long for an integer": _get(f"{A}historial/?antes={LONG}"),
    "a page beyond the database": _get(f"{A}historial/?antes={'9' * 40}"),
    "a page of the audit too long": _get(f"{A}auditoria/?despues={LONG}"),
    "a page of the arrival too long": _get(f"{A}llegada/?despues={LONG}"),
    "a page of the arrival beyond the database": _get(f"{A}llegada/?despues={'9' * 40}"),
    "digits of another script": _get(f"{A}historial/?antes=%D9%A3"),
    "a cursor that is none": _get(f"{A}facturas/?despues=nada"),
    "a cursor of brackets": _get(f"{A}facturas/?despues={'W1tb' * 1700}"),
    "a cursor of no number": _get(f"{A}facturas/?orden=valor&despues=WyJ2YWx1ZSIsICJOYU4iLCAxXQ=="),
    "a cursor without end": _get(f"{A}facturas/?orden=valor&despues=WyJ2YWx1ZSIsICJJbmZpbml0eSIsIDFd"),
    "a cursor of a huge value": _get(f"{A}facturas/?orden=valor&despues=WyJ2YWx1ZSIsICIxZTQwMCIsIDFd"),
    "a cursor with NUL": _get(f"{A}facturas/?orden=factura&despues=WyJuYW1lIiwgIlx1MDAwMCIsIDFd"),
    "a cursor with half a sign": _get(f"{A}facturas/?orden=factura&despues=WyJuYW1lIiwgIlx1ZDgwMCIsIDFd"),
    "a cursor of a table": _get(f"{A}facturas/?orden=factura&despues=WyJuYW1lIiwge30sIDFd"),
    "a cursor beyond the database": _get(
        f"{A}facturas/?despues=WyJkYXRlIiwgIjIwMjYtMDEtMDEiLCA5OTk5OTk5OTk5OTk5OTk5OTk5OTk5XQ=="
    ),
    "rows without end": _get(f"{A}facturas/?filas=1000000"),
    "a sort by another column": _get(f"{A}facturas/?orden=connection__siigo_key_sealed"),
    "a filter by another column": _get(f"{A}facturas/?connection__name=otra&pk=1", never="otra-0"),
    "an injection into the search": _get(f"{A}facturas/?q=%27%3B+DROP+TABLE+invoice%3B--"),
    "a pattern that takes for ever": _get(f"{A}facturas/?q={'a1' * 50}"),
    "a wildcard": _get(f"{A}facturas/?q=%25"),
    "a huge value": _get(f"{A}facturas/?q={'9' * 99}"),
    "the first day there is": _get(f"{A}facturas/?desde=0001-01-01&hasta=9999-12-31"),
    "a month after the last": _get(f"{A}?mes=9999-12"),
    "a month before the first": _get(f"{A}?mes=0001-01"),
    "a month that is none": _get(f"{A}?mes=2026-13"),
    "a reconciliation of the first day": _get(f"{A}conciliacion/?desde=0001-01-01&hasta=0001-01-02"),
    "a reconciliation of the last day": _get(f"{A}conciliacion/?desde=9999-12-31&hasta=9999-12-31"),
    "an audit of the last day": _get(f"{A}auditoria/?desde=9999-12-31&hasta=9999-12-31"),
    "an audit of the first day": _get(f"{A}auditoria/?desde=0001-01-01&hasta=0001-01-01"),
    "a run beyond the database": _get(f"{A}historial/{'9' * 40}/", 404),
    "a run too long for an integer": _get(f"{A}historial/{LONG}/", 404),
    "a person beyond the database": _get(f"/usuarios/{'9' * 40}/", 404, who="INST"),
    "a person of a link beyond the database": _get(f"/clave/{'9' * 40}/x/", 404, who="nobody"),
    "a person of a link too long": _get(f"/clave/{LONG}/x/", 404, who="nobody"),
    "dates of the run backwards": _post(
        f"{A}sincronizar/", {"desde": "9999-12-31", "hasta": "0001-01-01"}, (302, 422)
    ),
    "a reason that is none": _get("/ayuda/%3Cscript%3E/", 404, never="<script>"),
    "a script in a filter": _get(
        f"{A}facturas/?estado=%3Cscript%3Ealert(1)%3C/script%3E", never="<script>alert"
    ),
    "a script in a search": _get(
        f"{A}facturas/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", never="<script>alert"
    ),
    "a script in an address": _get("/%3Cscript%3Ealert(1)%3C/script%3E/", 404, never="<script>alert"),
    "a script in an e-mail": _post(
        "/entrar/",
        {"email": '"><script>alert(1)</script>@b.co', "password": "x"},
        422,
        who="nobody",
        never="<script>alert",
    ),
    "a line in an export's name": _get(
        f"{A}facturas/exportar/csv/?desde=2026-01-01%0d%0aX-Evil:1", 200, never="X-Evil"
    ),
    # What machines ask.
    "figures without a token": _get("/metrics", 401, who="nobody", never="siigo_escala_"),
    "figures with another token": _get("/metrics", 401, who="nobody", headers={"Authorization": "Bearer x"}),
    "figures with the token as a password": _get(
        "/metrics", 401, who="nobody", headers={"Authorization": f"Basic {TOKEN}"}
    ),
    "figures with the token in the address": _get(f"/metrics?token={TOKEN}", 401, who="nobody"),
    "figures as an administrator": _get("/metrics", 401, who="INST"),
    "figures with a strange token": _get(
        "/metrics", 401, who="nobody", headers={"Authorization": "Bearer \u00ff\u00fe"}
    ),
    "health tells nothing of anybody": _get("/healthz", 200, who="nobody", never="acme"),
    "readiness tells nothing of any company": _get("/readyz", (200, 503), who="nobody", never="acme"),
    "a cookie that is none": _get("/mi-cuenta/", 302, who="nobody", headers={"Cookie": "siigo_escala=x"}),
    "a cookie of another installation": _get(
        "/mi-cuenta/", 302, who="nobody", headers={"Cookie": f"siigo_escala={'a' * 32}"}
    ),
    "a cookie of SQL": _get("/mi-cuenta/", 302, who="nobody", headers={"Cookie": "siigo_escala=' OR 1=1--"}),
    "a language with a script": _get(
        "/entrar/", 200, who="nobody", headers={"Accept-Language": "<script>"}, never="<script>alert"
    ),
}


@pytest.fixture
def scene(installed: str) -> Scene:
    """Both companies, with the person who signs in."""
    made = attacks.scene()
    models.User.objects.make("ana@acme.example", PASSWORD)
    return made


def _sent(scene: Scene, attack: Attack) -> Any:
    browser = scene.browser(attack.who, strict=attack.strict)
    more: dict[str, Any] = {"headers": attack.headers} if attack.headers else {}
    if attack.content_type:
        more["content_type"] = attack.content_type
    if isinstance(attack.data, bytes):
        return browser.generic("POST", attack.path, attack.data, **more)
    send = browser.post if attack.method == "POST" else browser.get
    data = attack.data() if callable(attack.data) else attack.data
    return send(attack.path, data, secure=attack.secure, **more)


def _off(attack: Attack, answer: Any) -> Iterator[str]:
    """What of an answer is not as it must be."""
    expected = attack.expected if isinstance(attack.expected, tuple) else (attack.expected,)
    told = f"{answer.status_code} {answer.headers.get('Location', '')}"
    if answer.status_code not in expected:
        yield f"{told}, not {expected}"
    body = "\n".join(
        [
            *(f"{name}: {value}" for name, value in answer.headers.items()),
            attacks.body(answer).decode("utf-8", "replace"),
        ]
    )
    if attack.to is not None and answer.headers.get("Location") != attack.to:
        yield f"led to {told}"
    if attack.says and attack.says not in body:
        yield f"does not say {attack.says}"
    if attack.never and attack.never in body.replace(attack.path, ""):
        yield f"says {attack.never}"
    if "Traceback" in body:
        yield "a traceback"
    yield from (f"lacks {name}" for name in guards.HEADERS if name not in answer.headers)


def test_the_attack_list(scene: Scene) -> None:
    assert len(REQUESTS) >= 60
    found = [
        f"{name}: {off}" for name, attack in REQUESTS.items() for off in _off(attack, _sent(scene, attack))
    ]
    assert not found, "\n".join(found)
    assert models.User.objects.filter(is_installer=True).count() == 1
    assert models.Invoice.objects.filter(connection=scene.other).exclude(decision="").count() == 0
