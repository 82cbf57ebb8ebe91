"""Whom to tell: the addresses of a connection's [alerts], each with what may be shown of it.

E-mail goes by the one mail server of the installation; every other address is apprise's own and may hold
tokens, often in place of the host. So only the scheme is shown, and the host where it is known to be one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs, quote, unquote, urlsplit

from siigo_escala.domain import rules_checks

if TYPE_CHECKING:
    from siigo_escala.config.env import Environment
    from siigo_escala.store.models import Connection

Key = Literal["alerts.email", "alerts.urls"]

_MAIL = {
    "smtp": ("mailto", "insecure"),
    "smtp+tls": ("mailtos", "starttls"),
    "smtp+ssl": ("mailtos", "ssl"),
}
_HOSTS = frozenset(
    {
        "apprise", "apprises", "form", "forms", "gotify", "gotifys", "json", "jsons", "mailto", "mailtos",
        "matrix", "matrixs", "mmost", "mmosts", "mqtt", "mqtts", "nctalk", "nctalks", "ncloud", "nclouds",
        "rocket", "rockets", "xml", "xmls",
    }
)  # fmt: skip
"""Schemes of apprise whose host is a host. With others a token may stand there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One address of a connection. `spec` is what apprise makes a service of; it may hold secrets."""

    key: Key
    shown: str
    spec: str | Mapping[str, Any] | None = field(repr=False)
    """None: an e-mail address, and the installation has no mail server."""
    mark: str
    """Tells this address from the connection's others in rows of ours, without saying it."""


def of(connection: Connection, environment: Environment) -> list[Address]:
    """The addresses that a connection's stored file names, in its order."""
    return of_table(connection.file.get("alerts", {}), email_url=environment.email_url)


def of_table(alerts: Mapping[str, Any], *, email_url: str) -> list[Address]:
    """The addresses of a stored [alerts] table, in its order. `email_url`: "" where there is no server."""
    found = [
        Address(
            key="alerts.email",
            shown=shown(f"mailto://{email}"),
            spec=_mail(email_url, email) if email_url else None,
            mark=_mark(f"email:{email}"),
        )
        for email in alerts.get("email", ())
    ]
    found += [
        Address(key="alerts.urls", shown=shown(url), spec=url, mark=_mark(f"url:{url}"))
        for url in alerts.get("urls", ())
    ]
    return list({address.mark: address for address in found}.values())


def shown(url: str) -> str:
    """What may be shown of an address: `mailto://…@acme.example`, `json://127.0.0.1:8080`, `slack://…`."""
    scheme, _, rest = url.partition("://")
    scheme = scheme.lower()
    if scheme not in _HOSTS:
        return f"{scheme}://…"
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host, port = parts.hostname or "", parts.port
        secret = bool(parts.username or parts.password)
    except ValueError:
        return f"{scheme}://…"
    if not re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:.]+", host):
        return f"{scheme}://…"
    return f"{scheme}://{'…@' if secret else ''}{_with_port(host, port)}"


def shown_web(url: str) -> str:
    """What may be shown of a web address: scheme and host, since its path may be a secret."""
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{_with_port(parts.hostname or '', parts.port)}"
    except ValueError:
        return "…"


def _with_port(host: str, port: int | None) -> str:
    """Two services of one machine are told apart by it, and it is no secret."""
    shown_host = f"[{host}]" if ":" in host else host
    return shown_host if port is None else f"{shown_host}:{port}"


def first_wrong(urls: Sequence[str]) -> str | None:
    """The first address that apprise cannot make a service of; None where there is none. Asks nobody.

    Takes a second where there is something to check: apprise knows over a hundred services.
    """
    if not urls:
        return None
    from siigo_escala.engine import delivery  # noqa: PLC0415 - heavy, and most connections name none

    return next((url for url in urls if not delivery.is_address(url)), None)


def _mail(email_url: str, recipient: str) -> dict[str, Any]:
    """An e-mail by the installation's server, as apprise takes it apart.

    The sender is `?from=` of the server's address, else its user where that is an e-mail address, else the
    recipient. User and password are quoted again: apprise unquotes them once.
    """
    parts = urlsplit(email_url)
    schema, secure = _MAIL[parts.scheme]
    user = unquote(parts.username or "")
    asked = parse_qs(parts.query).get("from", [""])[0]
    sender = asked or (user if rules_checks.is_email(user) else recipient)
    service: dict[str, Any] = {
        "schema": schema,
        "host": parts.hostname,
        "smtp_host": parts.hostname,
        "secure_mode": secure,
        "from_addr": f"siigo-escala <{sender}>",
        "targets": [recipient],
        "format": "text",
    }
    if parts.port:
        service["port"] = parts.port
    if user:
        service["user"] = quote(user, safe="")
    if parts.password:
        service["password"] = quote(unquote(parts.password), safe="")
    return service


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
