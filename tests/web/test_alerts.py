"""Avisos: whom to tell, kept without showing what may be secret, and a message that shows that it arrives."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from siigo_escala.store import models
from siigo_escala.web.forms.alerts import EVENTS
from tests.engine import peers
from tests.web.screens import Screens, audited, words

ALERTS = "/empresas/acme/avisos/"
TOKEN = "json://127.0.0.1:9/t0ken-secreto"


@pytest.fixture
def emp(screens: Screens) -> Client:
    """An administrator of a company of which nobody is told anything."""
    screens.world.connect()
    return screens.person("EMP")


def _save(client: Client, **fields: Any) -> Any:
    page = client.get(ALERTS).content.decode()
    seen = re.search(r'name="vistas" value="(\w+)"', page)
    given = {
        "email": "",
        "urls": "",
        "stale_hours": "26",
        "heartbeat_url": "",
        "events": [name for name, _ in EVENTS],
        "attention_over": "0",
        **fields,
    }
    return client.post(ALERTS, {"vistas": seen[1] if seen else "", **given})


def test_without_anybody_to_tell_it_says_so(emp: Client) -> None:
    told = words(emp.get(ALERTS))
    assert "Nadie se enteraría de una falla. Añada un correo." in told
    assert "Enviar un aviso de prueba" not in told
    assert "Lleva demasiadas horas sin completarse" in told
    assert emp.get(ALERTS).content.decode().count(" checked") == len(EVENTS)
    assert "Añada un correo" in words(emp.post(f"{ALERTS}probar/", follow=True))


def test_what_is_saved_is_in_the_file_and_secrets_are_never_shown_again(
    emp: Client, screens: Screens
) -> None:
    heartbeat = "https://hc.example/ping/s3creto"
    answer = _save(
        emp, email="ana@acme.example\nana@acme.example", urls=TOKEN, stale_hours="30", heartbeat_url=heartbeat
    )
    assert answer.headers["Location"] == ALERTS
    assert screens.company.file["alerts"] == {
        "email": ["ana@acme.example"],
        "urls": [TOKEN],
        "stale_hours": 30,
        "heartbeat_url": heartbeat,
        "mute": [],
        "attention_over": 0,
    }
    page = emp.get(ALERTS)
    told = words(page)
    assert "Avisos guardados." in told
    assert "Quitar json://127.0.0.1:9" in told
    assert "El latido externo llama a https://hc.example." in told
    assert "Configure el correo saliente en Ajustes: sin él los correos no salen." in told
    entry = audited("Avisos cambiados")
    for text in (page.content.decode(), str(entry.after)):
        assert "s3creto" not in text
        assert "t0ken" not in text
    assert entry.after["Otras direcciones"] == "json://127.0.0.1:9 •••"
    # Saved as it is, it stays; a box takes away.
    _save(emp, email="ana@acme.example", stale_hours="30")
    assert screens.company.file["alerts"]["urls"] == [TOKEN]
    assert screens.company.file["alerts"]["heartbeat_url"] == heartbeat
    audited("Avisos cambiados")
    _save(emp, email="ana@acme.example", stale_hours="30", drop_0="on", no_heartbeat="on")
    assert screens.company.file["alerts"]["urls"] == []
    assert screens.company.file["alerts"]["heartbeat_url"] == ""
    assert models.AuditEntry.objects.filter(action="Avisos cambiados").count() == 2


def test_a_box_that_is_not_ticked_is_no_longer_told(emp: Client, screens: Screens) -> None:
    _save(emp, events=["failed", "refused"], attention_over="20")
    alerts = screens.company.file["alerts"]
    assert alerts["mute"] == ["attention", "stale", "braked", "backup", "recovered"]
    assert alerts["attention_over"] == 20
    assert emp.get(ALERTS).content.decode().count(" checked") == 2
    told = audited("Avisos cambiados").after
    assert told["Más de tantas por decidir"] == "20"
    assert "Lleva demasiadas horas sin completarse" in told["Sin aviso"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("email", "ana@acme.example nadie", "«nadie» no es un correo"),
        ("urls", "nada://t0ken", "La dirección «nada://…» no tiene la forma"),
        ("stale_hours", "0", "Debe ser una hora o más."),
        ("attention_over", "-1", "Debe ser cero o más."),
        ("events", ["nada"], "Elija de la lista."),
        ("heartbeat_url", "ftp://x", "debe ser una dirección que empiece por https://"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(emp: Client, field: str, value: str, said: str) -> None:
    answer = _save(emp, **{field: value})
    assert answer.status_code == 422
    assert said in words(answer)
    assert "t0ken" not in answer.content.decode()
    assert not models.AuditEntry.objects.exists()


def test_a_test_message_says_what_became_of_it(
    emp: Client, screens: Screens, monkeypatch: pytest.MonkeyPatch
) -> None:
    with peers.webhook() as hook, peers.webhook() as broken, peers.mail_server() as server:
        broken.status = 500
        _save(emp, email="ana@acme.example", urls=f"{hook.url('t0ken')} {broken.url('t0ken')}")
        told = words(emp.post(f"{ALERTS}probar/", follow=True))
        assert "No salió a ana@acme.example: configure el correo saliente en Ajustes." in told
        assert f"Enviado a json://127.0.0.1:{hook.port}." in told
        assert f"No salió a json://127.0.0.1:{broken.port}: respondió 500." in told
        monkeypatch.setenv("SIIGO_ESCALA_EMAIL_URL", f"smtp://127.0.0.1:{server.port}")
        assert "Enviado a ana@acme.example." in words(emp.post(f"{ALERTS}probar/", follow=True))
        assert [recipients for _, recipients, _ in server.got] == [["ana@acme.example"]]
    monkeypatch.setenv("SIIGO_ESCALA_EMAIL_URL", "smtp://127.0.0.1:9")
    told = words(emp.post(f"{ALERTS}probar/", follow=True))
    assert "El servidor de correo respondió: no hubo conexión" in told


def test_a_file_that_is_no_longer_in_order_is_not_made_worse(emp: Client, screens: Screens) -> None:
    models.Connection.objects.update(file={**screens.company.file, "time_zone": "Luna/Mar"})
    answer = _save(emp, email="ana@acme.example")
    assert answer.status_code == 422
    assert "«time_zone» debe ser una zona horaria" in words(answer)


def test_somebody_elses_change_is_not_written_over(emp: Client, screens: Screens) -> None:
    _save(emp, email="ana@acme.example", urls=TOKEN)
    answer = _save(emp, vistas="otra", drop_0="on")
    assert answer.status_code == 422
    assert "Otra persona cambió esto hace 0 min. Revise y guarde de nuevo." in words(answer)
    assert screens.company.file["alerts"]["urls"] == [TOKEN]


def test_readers_do_not_see_it(screens: Screens, emp: Client) -> None:
    reader = screens.person("CONS")
    assert reader.get(ALERTS).status_code == 403
    assert "Avisos" not in reader.get("/empresas/acme/").content.decode()
