"""A company whose screens are looked at: both simulators, a connection, people who have signed in."""

from __future__ import annotations

import base64
import html
import re
import time
from dataclasses import dataclass
from typing import Any

from allauth.mfa.totp.internal.auth import generate_totp_secret
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.test import Client, RequestFactory

from siigo_escala.store import models
from siigo_escala.web import second_factor, signing_in
from tests.sync.world import World


@dataclass(slots=True, kw_only=True)
class Screens:
    """The world behind the screens, and browsers of those who look at them."""

    world: World

    @property
    def company(self) -> models.Connection:
        """As it is stored now."""
        return models.Connection.objects.select_related("siigo", "escala").get(name="acme")

    def person(self, role: str, *, email: str = "") -> Client:
        """The browser of somebody who has signed in: "INST", or "EMP" or "CONS" of this company."""
        user = models.User.objects.make(
            email or f"{role.lower()}@acme.example", None, is_installer=role == "INST"
        )
        if role != "INST":
            models.Membership.objects.create(user=user, connection=self.company, role=role)
        return signed_in(user)


def signed_in(user: models.User) -> Client:
    """The browser of a person, past the door."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client


def guessed(email: str, times: int, *, address: str = "10.0.0.1", kind: str = "sign in") -> None:
    """Somebody at this address failed so many times."""
    for _ in range(times):
        signing_in.failed(RequestFactory(REMOTE_ADDR=address).post("/entrar/"), email, kind=kind)


def code_of(secret: str, *, later: int = 0) -> str:
    """What the application on the telephone shows, so many seconds from now."""
    totp = TOTP(base64.b32decode(secret), 6, SHA1(), 30)  # noqa: S303 - what the applications compute
    return totp.generate(int(time.time()) + later).decode()


def with_second_factor(user: models.User) -> tuple[str, list[str]]:
    """The secret that this person's telephone has now, and the recovery codes; one code has been used."""
    secret = generate_totp_secret()
    return secret, second_factor.switch_on(user, secret, code_of(secret))


def words(answer: Any) -> str:
    """What a page says, without its marks."""
    text = answer.content.decode()
    assert "style=" not in text, "the policy forbids styles of elements"
    main = text.partition("<main")[2] or text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).replace("\u00a0", " ").split())


def audited(action: str) -> models.AuditEntry:
    """The only entry of this kind."""
    return models.AuditEntry.objects.get(action=action)
