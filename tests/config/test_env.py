"""The environment: defaults of the contract, what is refused with which variable, and no secret in sight."""

from __future__ import annotations

from pathlib import Path

import pytest

from siigo_escala.config import env
from siigo_escala.config.env import Environment, EnvironmentProblem

PREFIX = "SIIGO_ESCALA_"


def read(**variables: str) -> Environment:
    """The environment of a person whose home is /home/ana, with these variables (without their prefix)."""
    return env.read({"HOME": "/home/ana"} | {PREFIX + name: value for name, value in variables.items()})


def test_an_empty_environment_has_the_defaults_of_the_contract() -> None:
    found = read()
    assert found.home == Path("/home/ana/.local/share/siigo-escala")
    assert found.database_url == "sqlite:////home/ana/.local/share/siigo-escala/siigo-escala.db"
    assert found.secret_keys == ()
    assert found.siigo_url == "https://api.siigo.com"
    assert found.escala_url == "https://public-api.escala.com/v1"
    assert found.partner_id == "SiigoEscala"
    assert (found.siigo_rate, found.escala_rate, found.escala_connections) == (60, 4, 1)
    assert (found.settle_seconds, found.patience_seconds) == (60, 300)
    assert str(found.bind) == "127.0.0.1:8000"
    assert (found.metrics_token, found.email_url, found.public_url) == ("", "", "")
    assert found.trusted_proxies == ()
    assert found.log_level == "WARNING"


def test_an_empty_variable_counts_as_absent() -> None:
    assert read(SIIGO_URL=" ", SIIGO_RATE="", HOME="") == read()


def test_only_the_given_mapping_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + "SIIGO_RATE", "7")
    assert read().siigo_rate == 60


def test_the_database_lies_in_the_home_folder_which_is_absolute() -> None:
    assert read(HOME="/srv/datos").database_url == "sqlite:////srv/datos/siigo-escala.db"
    assert read(HOME="~/datos").home == Path("/home/ana/datos")
    assert read(HOME="~").home == Path("/home/ana")
    assert read(HOME="datos").home == Path.cwd() / "datos"
    assert env.read({}).home == Path.home() / ".local/share/siigo-escala"


def test_who_has_no_home_names_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nobody)
    assert env.read({f"{PREFIX}HOME": "/data"}).home == Path("/data")
    with pytest.raises(EnvironmentProblem) as caught:
        env.read({})
    assert caught.value.variable == f"{PREFIX}HOME"


def test_several_keys_keep_their_order() -> None:
    assert read(SECRET_KEY="nueva, vieja,").secret_keys == ("nueva", "vieja")


def test_postgresql_demands_a_key() -> None:
    with pytest.raises(EnvironmentProblem) as caught:
        read(DATABASE_URL="postgresql://u@/db?host=/run/postgresql")
    assert (caught.value.variable, caught.value.code) == (PREFIX + "SECRET_KEY", "KEY_MISSING")
    found = read(DATABASE_URL="postgresql://u:p@h/db", SECRET_KEY="k")
    assert found.database_url == "postgresql://u:p@h/db"


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8801/", "http://localhost:1", "http://[::1]:9/v1", "https://x.co/v1//"]
)
def test_addresses_lose_the_slash_at_their_end(address: str) -> None:
    assert read(SIIGO_URL=address, ESCALA_URL=address).siigo_url == address.rstrip("/")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "mysql://x/y"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "siigo.db"),
        ("SIIGO_URL", "http://api.siigo.com"),
        ("SIIGO_URL", "api.siigo.com"),
        ("SIIGO_URL", "ftp://api.siigo.com"),
        ("SIIGO_URL", "https://"),
        ("SIIGO_URL", "https://api.siigo.com:99999"),
        ("SIIGO_URL", "https://api .siigo.com"),
        ("ESCALA_URL", "https://ana:secreta@escala.com"),
        ("ESCALA_URL", "https://escala.com/v1?key=secreta"),
        ("ESCALA_URL", "https://escala.com/v1#x"),
        ("ESCALA_URL", "http://127.0.0.1.evil.example"),
        ("PARTNER_ID", "siigo-escala"),
        ("PARTNER_ID", "ab"),
        ("PARTNER_ID", "a" * 101),
        ("SIIGO_RATE", "-1"),
        ("SIIGO_RATE", "muchas"),
        ("ESCALA_RATE", "1.5"),
        ("ESCALA_CONNECTIONS", "0"),
        ("ESCALA_CONNECTIONS", "65"),
        ("SETTLE_SECONDS", "0"),
        ("PATIENCE_SECONDS", "0"),
        ("BIND", "8000"),
        ("BIND", "127.0.0.1:"),
        ("BIND", "127.0.0.1:70000"),
        ("BIND", "::1:8000"),
        ("EMAIL_URL", "https://correo"),
        ("PUBLIC_URL", "siigo.ejemplo.co"),
        ("PUBLIC_URL", "https://u:secreta@siigo.ejemplo.co"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, proxy"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_value_that_cannot_be_used_names_its_variable(variable: str, value: str) -> None:
    with pytest.raises(EnvironmentProblem) as caught:
        read(**{variable: value})
    assert caught.value.variable == PREFIX + variable
    assert caught.value.code == "ENVIRONMENT_INVALID"
    assert PREFIX + variable in caught.value.message
    assert "secreta" not in caught.value.message


def test_a_rate_of_zero_means_no_limit_and_is_allowed() -> None:
    found = read(SIIGO_RATE="0", ESCALA_RATE="0", ESCALA_CONNECTIONS="64", SETTLE_SECONDS="1")
    assert (found.siigo_rate, found.escala_rate) == (0, 0)
    assert (found.escala_connections, found.settle_seconds) == (64, 1)


def test_what_the_web_application_needs_is_read() -> None:
    found = read(
        BIND="[::1]:8080",
        EMAIL_URL="smtp+tls://u:p@correo.co:587",
        PUBLIC_URL="https://siigo.ejemplo.co/",
        TRUSTED_PROXIES="10.0.0.1, 192.168.0.0/16",
        LOG_LEVEL="debug",
    )
    assert (found.bind.host, found.bind.port, str(found.bind)) == ("::1", 8080, "[::1]:8080")
    assert found.public_url == "https://siigo.ejemplo.co"
    assert found.trusted_proxies == ("10.0.0.1/32", "192.168.0.0/16")
    assert found.log_level == "DEBUG"


def test_no_secret_is_shown() -> None:
    found = read(
        SECRET_KEY="s3cret",
        METRICS_TOKEN="s3cret",
        EMAIL_URL="smtp://u:s3cret@h",
        DATABASE_URL="postgresql://s3cret",
    )
    assert "s3cret" not in repr(found)
