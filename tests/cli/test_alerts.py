"""Alerts as their users meet them: a test message, and addresses that are refused when they are written."""

from __future__ import annotations

from collections.abc import Callable

from tests.cli.conftest import Program
from tests.engine import peers


def _alerts(lines: str) -> str:
    return f"\n[alerts]\n{lines}\n"


def test_a_test_message_goes_by_every_address_and_each_is_told_without_its_secrets(
    single: Program, write_file: Callable[..., str]
) -> None:
    with peers.webhook() as hook, peers.webhook() as broken, peers.mail_server() as server:
        broken.status = 500
        single.more["SIIGO_ESCALA_EMAIL_URL"] = f"smtp://avisos%40acme.example:cl4ve@127.0.0.1:{server.port}"
        urls = f'["{hook.url("t0ken")}", "{broken.url("t0ken")}"]'
        file = write_file(extra=_alerts(f'email = ["gerencia@acme.example"]\nurls = {urls}'))
        assert single("connect", file).code == 0
        done = single("alerts", "test", "acme", "--json")
        assert done.code == 1
        assert done.document == {
            "schema": 1,
            "connection": "acme",
            "addresses": [
                {
                    "address": "mailto://…@acme.example",
                    "key": "alerts.email",
                    "sent": True,
                    "message": None,
                },
                {
                    "address": f"json://127.0.0.1:{hook.port}",
                    "key": "alerts.urls",
                    "sent": True,
                    "message": None,
                },
                {
                    "address": f"json://127.0.0.1:{broken.port}",
                    "key": "alerts.urls",
                    "sent": False,
                    "message": "respondió 500",
                },
            ],
        }
        assert "t0ken" not in done.out + done.err
        assert "cl4ve" not in done.out + done.err
        assert hook.titles() == ["«acme»: mensaje de prueba"]
        assert [recipients for _, recipients, _ in server.got] == [["gerencia@acme.example"]]
        broken.status = 200
        again = single("alerts", "test", "acme")
        assert again.code == 0
        assert "salió" in again.out


def test_without_addresses_it_says_what_to_write(connected: Program) -> None:
    done = connected("alerts", "test", "acme", "--json")
    assert done.code == 2
    assert (done.error["code"], done.error["key"]) == ("ALERTS_MISSING", "alerts")
    assert "urls = [" in done.error["message"]


def test_mail_without_a_server_is_told_by_connect_and_by_the_test(
    single: Program, write_file: Callable[..., str]
) -> None:
    file = write_file(extra=_alerts('email = ["gerencia@acme.example"]'))
    warnings = single("connect", file, "--json").document["warnings"]
    assert any("SIIGO_ESCALA_EMAIL_URL" in warning for warning in warnings)
    done = single("alerts", "test", "acme", "--json")
    assert done.code == 1
    assert "SIIGO_ESCALA_EMAIL_URL" in done.document["addresses"][0]["message"]


def test_an_address_that_no_service_knows_is_refused_before_any_call(
    single: Program, write_file: Callable[..., str]
) -> None:
    file = write_file(extra=_alerts('urls = ["json://127.0.0.1/x", "slack://t0ken"]'))
    done = single("connect", file, "--json")
    assert done.code == 2
    assert (done.error["code"], done.error["key"]) == ("FILE_INVALID", "alerts.urls")
    assert "slack://…" in done.error["message"]
    assert "t0ken" not in done.out + done.err
    assert single("list", "--json").document["connections"] == []


def test_a_sync_that_went_well_calls_the_heartbeat_and_a_rehearsal_does_not(
    single: Program, write_file: Callable[..., str]
) -> None:
    with peers.webhook() as hook:
        beating = write_file(extra=_alerts(f'heartbeat_url = "{hook.url("x", scheme="http")}"'))
        assert single("connect", beating).code == 0
        assert single("sync", "acme", "--dry-run", "--json").code == 0
        assert single("sync", "acme", "--json").code == 0
        assert [got["path"] for got in hook.messages()] == ["/x"]
        hook.status = 500
        failed = single("sync", "acme", "--json")
        assert failed.code == 0
        assert failed.document["run"]
        assert "heartbeat failed" in failed.err
        assert "/x" not in failed.err
