"""A company whose screens are looked at: both simulators, a connection, people who have signed in."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

from django.test import Client, RequestFactory

from siigo_escala.store import models
from siigo_escala.web import signing_in
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


def words(answer: Any) -> str:
    """What a page says, without its marks."""
    text = answer.content.decode()
    assert "style=" not in text, "the policy forbids styles of elements"
    main = text.partition("<main")[2] or text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).replace("\u00a0", " ").split())


def audited(action: str) -> models.AuditEntry:
    """The only entry of this kind."""
    return models.AuditEntry.objects.get(action=action)
