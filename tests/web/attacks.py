"""What an attacker finds: two companies whose every text is hostile, people of every role, secrets."""

from __future__ import annotations

import html.parser
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.test import Client

from siigo_escala.domain.reasons import Code
from siigo_escala.store import models
from siigo_escala.store.models import State, audit
from siigo_escala.store.vault import Vault
from tests.conftest import TEST_KEY
from tests.web import screens

PASSWORD = "una-clave-larga-7"
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
HOSTILE = (
    "\"><script>alert('hx')</script><img src=x onerror=alert(1)>' onmouseover='alert(2) "
    "javascript:alert(3) {{ 7|add:7 }} {% now 'Y' %} \u202egro.live\u202c"
)
FORMULAS = ("=HYPERLINK(0)", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\uff1d1")
SIIGO_KEY, ESCALA_KEY = "clave-siigo-nunca-visible", "clave-escala-nunca-visible"


def company(name: str) -> models.Connection:
    """A company whose texts are all hostile, with an invoice of every state that screens tell apart."""
    vault = Vault([TEST_KEY])
    made = models.Connection.objects.create(
        name=name,
        direction="invoices_to_opportunities",
        file={"name": name, "sellers": {"1": "dueño@acme.example"}},
        siigo=models.SiigoCompany.objects.create(
            sellers=[{"id": 1, "email": "v@acme.example", "name": HOSTILE, "active": True}]
        ),
        escala=models.EscalaAccount.objects.create(
            pipelines=[
                {"id": "p1", "name": HOSTILE, "stages": [{"id": "s1", "name": HOSTILE, "kind": "open"}]}
            ]
        ),
        siigo_username=f"api@{name}.example",
        siigo_key_sealed=vault.seal(SIIGO_KEY),
        escala_key_sealed=vault.seal(ESCALA_KEY),
        created_at=NOW,
        start=date(2026, 1, 1),
    )
    run = models.Run.objects.create(
        connection=made, started=NOW, finished=NOW + timedelta(seconds=9), exit_code=1
    )
    for number, (state, code) in enumerate(STATES):
        _invoice(made, run, number=number, state=state, code=code)
    audit.record(
        HOSTILE[:60], who="ana@acme.example", now=NOW, connection=made, before={HOSTILE: HOSTILE}, after={}
    )
    return made


STATES = (
    (State.IN_ESCALA, ""),
    (State.NEEDS_ATTENTION, Code.POSSIBLE_TWIN),
    (State.NEEDS_ATTENTION, Code.STAGE_GONE),
    (State.EXCLUDED, Code.WALK_IN_BUYER),
    (State.FAILED, Code.INTERNAL_ERROR),
    (State.PENDING, ""),
    (State.SENDING, ""),
    (State.IN_ESCALA, Code.INVOICE_EDITED),
)


def _invoice(made: models.Connection, run: models.Run, *, number: int, state: State, code: str) -> None:
    customer = f"c{number}"
    models.KnownCustomer.objects.create(
        company=made.siigo,
        siigo_id=customer,
        identity=f"90048213{number}",
        words="hostil",
        record={
            "id": customer,
            "identification": f"90048213{number}",
            "names": [FORMULAS[number], HOSTILE],
        },
        read_at=NOW,
    )
    deal = f"deal-{number}" if state == State.IN_ESCALA else None
    row = models.Invoice.objects.create(
        connection=made,
        escala=made.escala,
        siigo_id=f"{made.name}-{number}",
        name=f"FV-1-{number} {HOSTILE}",
        date=date(2026, 3, 1),
        customer=f"90048213{number} {HOSTILE}"[:100],
        customer_id=customer,
        seller=1,
        value="99999999999.99" if number else -5,
        state=state,
        code=code,
        data={"field": HOSTILE, "candidates": [HOSTILE], "detail": HOSTILE},
        deal_id=deal,
        seen_run=run.pk,
    )
    models.InvoiceEvent.objects.create(
        invoice=row, run=run.pk, at=NOW, kind=HOSTILE[:30], code=code, raw=HOSTILE
    )
    if deal is not None:
        models.KnownDeal.objects.create(
            escala=made.escala,
            deal_id=deal,
            name=HOSTILE,
            value=7,
            stage_id="s1",
            seen_at=NOW + timedelta(days=1),
        )


@dataclass(slots=True, kw_only=True)
class Scene:
    """The company under attack, another one, and browsers of everybody; `secrets`: what nobody may see."""

    acme: models.Connection
    other: models.Connection
    browsers: dict[str, Client]
    secrets: dict[str, str] = field(default_factory=dict)

    def browser(self, who: str, *, strict: bool = False) -> Client:
        """A browser of its own with that person's session; `strict`: forms need our mark."""
        made = Client(SERVER_NAME="localhost", raise_request_exception=False, enforce_csrf_checks=strict)
        made.cookies.update(self.browsers[who].cookies)
        return made


def scene() -> Scene:
    """Everything in place, nobody has attacked yet."""
    acme, other = company("acme"), company("otra")
    browsers = {"nobody": Client(SERVER_NAME="localhost", raise_request_exception=False)}
    for who, role, where in (
        ("INST", "INST", None),
        ("EMP", "EMP", acme),
        ("CONS", "CONS", acme),
        ("foreign", "EMP", other),
    ):
        user = models.User.objects.make(f"{who.lower()}@acme.example", None, is_installer=role == "INST")
        if where is not None:
            models.Membership.objects.create(user=user, connection=where, role=role)
        browsers[who] = screens.signed_in(user)
        browsers[who].raise_request_exception = False
    secrets = {"Siigo's key": SIIGO_KEY, "Escala's key": ESCALA_KEY, "the key": TEST_KEY}
    guarded = models.User.objects.get(email="emp@acme.example")
    secret, codes = screens.with_second_factor(guarded)
    secrets |= {"second factor": secret, "recovery code": codes[0], "as typed": codes[0].replace("-", "")}
    return Scene(acme=acme, other=other, browsers=browsers, secrets=secrets)


def body(answer: Any) -> bytes:
    """What an answer holds, streamed or not."""
    return b"".join(answer.streaming_content) if answer.streaming else bytes(answer.content)


class _Page(html.parser.HTMLParser):
    """Collects what no page of ours holds: marks that came out of a text."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Every element of the page."""
        told = dict(attrs)
        if tag in ("img", "iframe", "object", "embed", "style", "base"):
            self.wrong.append(f"<{tag}>")
        if tag == "script" and not told.get("src") and told.get("type") != "application/json":
            self.wrong.append("a script in the page")
        for name, value in told.items():
            if name.startswith("on") or name == "style":
                self.wrong.append(f"{tag} {name}={value}")
            if name in ("href", "src", "action", "formaction") and value:
                parts = urlsplit(value)
                if parts.scheme or parts.netloc:
                    self.wrong.append(f"{tag} {name}={value}")


def marks(page: str) -> list[str]:
    """What is in a page because a text was taken for marks."""
    parser = _Page()
    parser.feed(page)
    return parser.wrong + (
        ["a template in a text was computed"] if " 14 " in page and "{{ 7" not in page else []
    )
