"""The environment, read once and with types: every variable the program knows, its default and its limits.

Stands at the bottom beside `domain`: standard library only. An empty variable counts as absent.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

T = TypeVar("T")

_PREFIX = "SIIGO_ESCALA_"
_SIIGO = "https://api.siigo.com"
_ESCALA = "https://public-api.escala.com/v1"
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_MAIL_SCHEMES = ("smtp", "smtp+tls", "smtp+ssl")


class EnvironmentProblem(Exception):
    """A variable cannot be used. `message` is Spanish, names the variable and never repeats a secret."""

    def __init__(self, variable: str, message: str, *, code: str = "ENVIRONMENT_INVALID") -> None:
        super().__init__(message)
        self.variable = variable
        self.message = message
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """Where the web application listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What the environment says. Addresses end without a slash; what may hold a secret has no repr.

    `siigo_rate` calls a minute, `escala_rate` calls a second (0: no limit); times in seconds.
    """

    home: Path
    database_url: str = field(repr=False)
    secret_keys: tuple[str, ...] = field(default=(), repr=False)
    """Newest first; empty: the key file of `home` holds them."""
    siigo_url: str = _SIIGO
    escala_url: str = _ESCALA
    partner_id: str = "SiigoEscala"
    siigo_rate: int = 60
    escala_rate: int = 4
    escala_connections: int = 1
    settle_seconds: int = 60
    patience_seconds: int = 300
    bind: Bind = Bind(host="127.0.0.1", port=8000)
    metrics_token: str = field(default="", repr=False)
    email_url: str = field(default="", repr=False)
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks, in normal form."""
    log_level: str = "WARNING"


class _Reader:
    """The variables of a mapping by their names without the prefix."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._given = {key: value.strip() for key, value in environ.items() if value.strip()}

    def text(self, name: str, default: str = "") -> str:
        """A text; "" or the default where there is none."""
        return self._given.get(_PREFIX + name, default)

    def whole(self, name: str, default: int, *, least: int, most: int | None = None) -> int:
        """A whole number between `least` and `most`."""
        variable = _PREFIX + name
        limits = f"{least} o mayor" if most is None else f"entre {least} y {most}"
        try:
            number = int(self.text(name, str(default)))
        except ValueError:
            number = least - 1
        if number < least or (most is not None and number > most):
            raise EnvironmentProblem(variable, f"{variable} debe ser un número entero, {limits}.")
        return number

    def parsed(self, name: str, parse: Callable[[str, str], T], *, default: T) -> T:
        """The value that `parse(variable, text)` makes; `default` where the variable is absent."""
        text = self.text(name)
        return parse(_PREFIX + name, text) if text else default


def read(environ: Mapping[str, str]) -> Environment:
    """The environment of this process, checked. EnvironmentProblem names the first variable that is wrong."""
    reader = _Reader(environ)
    home = _home(environ, reader.text("HOME"))
    database_url = reader.parsed(
        "DATABASE_URL", _database_url, default=f"sqlite:///{home.as_posix()}/siigo-escala.db"
    )
    secret_keys = tuple(part.strip() for part in reader.text("SECRET_KEY").split(",") if part.strip())
    if database_url.startswith("postgresql") and not secret_keys:
        raise EnvironmentProblem(
            _PREFIX + "SECRET_KEY",
            f"Falta {_PREFIX}SECRET_KEY: con PostgreSQL es obligatoria. El contenido de un archivo "
            "secret.key sirve como valor.",
            code="KEY_MISSING",
        )
    return Environment(
        home=home,
        database_url=database_url,
        secret_keys=secret_keys,
        siigo_url=reader.parsed("SIIGO_URL", _base_address, default=_SIIGO),
        escala_url=reader.parsed("ESCALA_URL", _base_address, default=_ESCALA),
        partner_id=reader.parsed("PARTNER_ID", _partner_id, default="SiigoEscala"),
        siigo_rate=reader.whole("SIIGO_RATE", 60, least=0),
        escala_rate=reader.whole("ESCALA_RATE", 4, least=0),
        escala_connections=reader.whole("ESCALA_CONNECTIONS", 1, least=1, most=64),
        settle_seconds=reader.whole("SETTLE_SECONDS", 60, least=1),
        patience_seconds=reader.whole("PATIENCE_SECONDS", 300, least=1),
        bind=reader.parsed("BIND", _bind, default=Bind(host="127.0.0.1", port=8000)),
        metrics_token=reader.text("METRICS_TOKEN"),
        email_url=reader.parsed("EMAIL_URL", _email_url, default=""),
        public_url=reader.parsed("PUBLIC_URL", _public_address, default=""),
        trusted_proxies=reader.parsed("TRUSTED_PROXIES", _proxies, default=()),
        log_level=reader.parsed("LOG_LEVEL", _log_level, default="WARNING"),
    )


def _home(environ: Mapping[str, str], text: str) -> Path:
    """The folder, absolute; `~` is the home of `environ`."""
    if text and text != "~" and not text.startswith(("~/", "~\\")):
        return Path(text).absolute()
    try:
        user = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    except RuntimeError:
        raise EnvironmentProblem(
            f"{_PREFIX}HOME",
            f"Este usuario no tiene carpeta propia: diga en {_PREFIX}HOME dónde guardar los datos.",
        ) from None
    return (user / (text[2:] if text else ".local/share/siigo-escala")).absolute()


def _database_url(variable: str, text: str) -> str:
    path = text.removeprefix("sqlite:///")
    if (path != text and path) or re.match(r"postgresql://\S+$", text):
        return text
    raise EnvironmentProblem(
        variable, f"{variable} debe empezar por sqlite:/// (con la ruta del archivo) o por postgresql://."
    )


def _base_address(variable: str, text: str) -> str:
    parts = _split(text)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise EnvironmentProblem(
            variable, f"{variable} debe ser una dirección completa, como https://servidor/ruta."
        )
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise EnvironmentProblem(
            variable, f"{variable} no puede llevar usuario, contraseña, parámetros (?) ni fragmento (#)."
        )
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise EnvironmentProblem(
            variable, f"{variable} debe usar https://; http:// solo se acepta hacia este mismo equipo."
        )
    return text.rstrip("/")


def _public_address(variable: str, text: str) -> str:
    """The outside address: people reach it, so plain http is theirs to choose inside their own network."""
    parts = _split(text)
    wrong = parts is None or parts.scheme not in ("http", "https") or not parts.hostname
    if wrong or "@" in text or "?" in text or "#" in text:
        raise EnvironmentProblem(
            variable,
            f"{variable} debe ser la dirección que escriben las personas, como https://siigo.ejemplo.co.",
        )
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _partner_id(variable: str, text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]{3,100}", text):
        raise EnvironmentProblem(
            variable, f"{variable} debe tener de 3 a 100 letras sin tilde o números, sin guiones ni espacios."
        )
    return text


def _bind(variable: str, text: str) -> Bind:
    host, colon, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not colon or not bare or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise EnvironmentProblem(
            variable, f"{variable} debe tener la forma dirección:puerto, como 127.0.0.1:8000."
        )
    if ":" in bare and bare == host:
        raise EnvironmentProblem(
            variable, f"{variable}: una dirección IPv6 va entre corchetes, como [::1]:8000."
        )
    return Bind(host=bare, port=int(port))


def _email_url(variable: str, text: str) -> str:
    parts = _split(text)
    if parts is None or parts.scheme not in _MAIL_SCHEMES or not parts.hostname:
        raise EnvironmentProblem(
            variable, f"{variable} debe tener la forma smtp+tls://usuario:contraseña@servidor:587."
        )
    return text


def _proxies(variable: str, text: str) -> tuple[str, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    try:
        return tuple(str(ipaddress.ip_network(part, strict=False)) for part in parts)
    except ValueError:
        raise EnvironmentProblem(
            variable,
            f"{variable} debe ser una lista de direcciones IP o redes (10.0.0.0/8) separadas por comas.",
        ) from None


def _log_level(variable: str, text: str) -> str:
    if text.upper() not in _LOG_LEVELS:
        raise EnvironmentProblem(variable, f"{variable} debe ser uno de: {', '.join(_LOG_LEVELS)}.")
    return text.upper()


def _split(text: str) -> SplitResult | None:
    """The parts of an address; None where it is none (blanks, control characters, a port out of range)."""
    if re.search(r"[\s\x00-\x1f\x7f]", text):
        return None
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.netloc else None
