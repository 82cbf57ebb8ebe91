"""A big company: lists stay fast, whatever the page and the filter."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from siigo_escala.simulators import messages
from siigo_escala.simulators.siigo.simulator import SiigoSimulator

ROWS = 20_000


def _rows(model: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for number in range(ROWS):
        day = f"2026-{1 + number * 10 // ROWS:02d}-{1 + number % 28:02d}"
        dates = {"created": f"{day}T10:{number % 60:02d}:00Z", "last_updated": None}
        name = f"FV-2-{1000 + number}"
        yield {
            **model,
            "id": f"i{number}",
            "number": 1000 + number,
            "name": name,
            "date": day,
            "metadata": dates,
        }


@pytest.mark.slow
def test_a_page_of_a_hundred_takes_milliseconds_in_a_list_of_twenty_thousand() -> None:
    siigo = SiigoSimulator(switches={"rate_limit_per_minute": 0})
    siigo.load(invoices=_rows(siigo.create_invoice(total=1000)))
    credentials = b'{"username": "api@empresa.example", "access_key": "clave-de-ejemplo"}'
    token = siigo.handle(messages.Request("POST", "/auth", body=credentials)).body
    assert isinstance(token, dict)
    headers = {"authorization": token["access_token"], "partner-id": "SiigoEscala"}

    def page(**query: str) -> dict[str, Any]:
        request = messages.Request("GET", "/v1/invoices", {"page_size": "100", **query}, headers)
        answer = siigo.handle(request).body
        assert isinstance(answer, dict)
        return answer

    assert page()["pagination"]["total_results"] == ROWS + 1
    began = time.process_time()
    for number in range(2, 22):
        assert len(page(page=str(number))["results"]) == 100
        assert page(date_start="2026-03-01", date_end="2026-03-31", page="2")["results"]
    assert (time.process_time() - began) / 40 < 0.1
