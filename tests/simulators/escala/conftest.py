"""A simulated Escala with a clock that stands still, and calls to it without a network."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from siigo_escala.simulators.escala import DEFAULT_KEY, EscalaSimulator
from siigo_escala.simulators.messages import Request, encode

MOMENT = datetime(2026, 3, 2, 15, 4, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, its body as it would be read from the wire."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class Caller:
    """Calls a simulator as a client with a key would."""

    def __init__(self, simulator: EscalaSimulator, key: str = DEFAULT_KEY) -> None:
        self.simulator = simulator
        self.key = key

    def __call__(self, method: str, path: str, body: object = None, **query: object) -> Answer:
        return self.raw(method, path, encode(body), **query)

    def raw(self, method: str, path: str, body: bytes, **query: object) -> Answer:
        texts = {name: str(value) for name, value in query.items()}
        request = Request(method, f"/v1{path}", texts, {"x-api-key": self.key}, body)
        response = self.simulator.handle(request)
        written = encode(response.body)
        is_json = written and response.content_type.startswith("application/json")
        read = json.loads(written, parse_float=Decimal) if is_json else written.decode()
        return Answer(status=response.status, body=read, headers=response.headers)

    def contact(self, **personal: str) -> str:
        """Make a contact through the API; its id."""
        made = self("POST", "/crm/contacts", {"personal": {"firstName": "Ana", **personal}})
        assert made.status == 201, made.body
        return str(made.body["id"])

    def deal_body(self, contact_id: str, **more: object) -> dict[str, object]:
        """The body of a deal in the first stage."""
        pipeline = self.simulator.account.pipelines.all[0]
        place = {"pipelineId": pipeline["id"], "stageId": pipeline["stages"][0]["id"]}
        return {"name": "FV-2-1043", "contactId": contact_id, **place, "value": Decimal("1842500.55"), **more}

    def deal(self, contact_id: str, **more: object) -> str:
        """Make a deal through the API; its id."""
        made = self("POST", "/crm/deals", self.deal_body(contact_id, **more))
        assert made.status == 201, made.body
        return str(made.body["id"])

    def switch(self, **switches: object) -> None:
        """Change the personality."""
        self.simulator.switches.change(switches)

    def scroll(self, path: str, key: str = "scrollId", **query: object) -> list[list[str]]:
        """Ids of every page of a scroll up to the empty page or the page without cursor."""
        pages: list[list[str]] = []
        cursor: dict[str, object] = {}
        for _ in range(100):
            body = self("GET", path, **query, **cursor).body
            if not body["items"]:
                return pages
            pages.append([one["id"] for one in body["items"]])
            if key not in body:
                return pages
            cursor = {"scrollId": body[key]}
        raise AssertionError("the scroll does not end")


@pytest.fixture
def call() -> Caller:
    return Caller(EscalaSimulator(now=lambda: MOMENT))
