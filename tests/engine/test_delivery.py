"""Messages reach real servers of this machine, or it is said in Spanish why not, without the address."""

from __future__ import annotations

import logging
import time

import pytest

from siigo_escala.engine import addresses, delivery
from siigo_escala.engine.addresses import Address
from siigo_escala.engine.delivery import Letter
from tests.engine import peers


def _letter(address: Address) -> Letter:
    assert address.spec is not None
    return Letter(spec=address.spec, title="«acme»: título", body="Una línea con tilde.\n\nOtra: $ 1.000,00.")


def _mail(url: str, *, to: str = "gerencia@empresa.example") -> Letter:
    (address,) = addresses.of_table({"email": [to]}, email_url=url)
    return _letter(address)


def _web(url: str) -> Letter:
    (address,) = addresses.of_table({"urls": [url]}, email_url="")
    return _letter(address)


def test_mails_arrive_with_title_text_user_and_sender_or_it_is_said_why_they_do_not() -> None:
    with (
        peers.mail_server() as server,
        peers.mail_server() as stranger,
        peers.mail_server() as picky,
        peers.mail_server() as plain,
    ):
        stranger.refuse, picky.refuse = "AUTH", "RCPT"
        done = delivery.apart(
            [
                _mail(
                    f"smtp://avisos%40empresa.example:p%40%25%2Fs:w@127.0.0.1:{server.port}", to="a@b.example"
                ),
                _mail(f"smtp://apikey:x@127.0.0.1:{server.port}?from=avisos@b.example", to="c@b.example"),
                _mail(f"smtp://127.0.0.1:{server.port}", to="d@b.example"),
                _mail(f"smtp://u:clave@127.0.0.1:{stranger.port}"),
                _mail(f"smtp://u:clave@127.0.0.1:{picky.port}"),
                _mail(f"smtp+tls://u:clave@127.0.0.1:{plain.port}"),
            ]
        )
    assert [one.sent for one in done] == [True, True, True, False, False, False]
    assert done[3].why == "el servidor de correo rechazó el usuario o la contraseña (535)"
    assert done[4].why == "el servidor de correo lo rechazó (550)"
    assert sorted(server.signed_in) == [("apikey", "x"), ("avisos@empresa.example", "p@%/s:w")]
    assert not plain.got, "it was sent without the encryption that was asked for"
    assert not plain.signed_in
    mails = sorted(server.got, key=lambda one: one[1])
    assert [(sender, to) for sender, to, _ in mails] == [
        ("avisos@empresa.example", ["a@b.example"]),
        ("avisos@b.example", ["c@b.example"]),
        ("d@b.example", ["d@b.example"]),
    ]
    message = mails[0][2]
    assert message["Subject"] == "«acme»: título"
    assert "siigo-escala" in str(message["From"])
    body = message.get_body(("plain",))
    assert body is not None
    assert "Una línea con tilde." in body.get_content()
    assert "Otra: $ 1.000,00." in body.get_content()


def test_webhooks_that_answer_badly_or_not_at_all_stop_no_other_and_no_longer_than_the_time_out() -> None:
    with (
        peers.webhook() as well,
        peers.webhook() as broken,
        peers.webhook() as astray,
        peers.silent() as port,
    ):
        broken.status, astray.status = 500, 302
        began = time.monotonic()
        done = delivery.apart(
            [
                _web(f"json://127.0.0.1:{port}/t0ken"),
                _web(well.url()),
                _web(broken.url("t0ken")),
                _web(astray.url()),
                _web("json://127.0.0.1:1/t0ken"),
                _web("nada://t0ken"),
            ],
            timeout_s=1.0,
        )
        assert time.monotonic() - began < 20
        assert [one.sent for one in done] == [False, True, False, False, False, False]
        assert [one.why for one in done] == [
            "no respondió en 10 segundos",
            "",
            "respondió 500",
            "respondió 302",
            "no hubo conexión o fue rechazado",
            "la dirección no tiene la forma que apprise espera",
        ]
        assert well.titles() == ["«acme»: título"]
        assert astray.titles() == ["«acme»: título"], "a redirect was followed"


def test_what_apprise_logs_goes_nowhere() -> None:
    seen: list[logging.LogRecord] = []

    class Ours(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record)

    handler = Ours()
    logging.root.addHandler(handler)
    try:
        with peers.webhook() as broken:
            broken.status = 500
            delivery.here([_web(broken.url("t0ken"))])
            assert not delivery.is_address("slack://t0ken")
    finally:
        logging.root.removeHandler(handler)
    assert not [record for record in seen if record.name.startswith("apprise")]
    assert "t0ken" not in "".join(record.getMessage() for record in seen)


def test_addresses_are_checked_without_a_call() -> None:
    assert addresses.first_wrong(()) is None
    assert (
        addresses.first_wrong(("json://127.0.0.1/x", "tgram://123456789:abcdefg_hijklmnop/12315544/")) is None
    )
    assert addresses.first_wrong(("json://127.0.0.1/x", "slack://corto")) == "slack://corto"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("mailto://gerencia@acme.example", "mailto://…@acme.example"),
        ("mailtos://user:clave@smtp.acme.example:587?to=x@y.example", "mailtos://…@smtp.acme.example:587"),
        ("jsons://hooks.acme.example/t0ken?clave=x", "jsons://hooks.acme.example"),
        ("JSON://acme.example/t0ken", "json://acme.example"),
        ("json://[::1]:80/x", "json://[::1]:80"),
        ("json://127.0.0.1:99999/x", "json://…"),
        ("slack://t0ken/clave/x", "slack://…"),
        ("tgram://123:t0ken/1", "tgram://…"),
        ("json://[t0ken", "json://…"),
        ("json://t0_ken/x", "json://…"),
    ],
)
def test_of_an_address_only_what_is_no_secret_is_shown(url: str, shown: str) -> None:
    assert addresses.shown(url) == shown


def test_addresses_do_not_show_their_secrets_when_they_are_printed() -> None:
    found = addresses.of_table(
        {"email": ["a@b.example"], "urls": ["slack://t0ken"]}, email_url="smtp://u:t0ken@h.example"
    )
    assert "t0ken" not in repr(found)
    assert len({address.mark for address in found}) == 2
