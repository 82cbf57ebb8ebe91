"""Both wires, fuzzed by their own shape: any part of any answer replaced by anything, in whole runs.

One record of a list is made strange. No run may end in a way that it does not tell, nothing is parked as
unforeseen, the account adds up, every other invoice is done, nothing is made twice, and what was strange is
done once it is no more.
"""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from siigo_escala.simulators.messages import App, Request, Response, encode
from tests import databases
from tests.resilience.chaos import life
from tests.resilience.chaos.life import Life
from tests.resilience.chaos.story import Day, Event, Story
from tests.sync.world import counts

_STORY = Story(
    seed=0,
    rules='products = "match"',
    siigo={},
    escala={"deal_description": "everywhere", "alternatives": "shown"},
    days=[Day(begins=datetime(2026, 5, 4, 15, tzinfo=UTC))],
)
_STRANGE = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text(max_size=30),
    st.decimals(allow_nan=False, allow_infinity=False, places=3),
    st.lists(st.none() | st.integers() | st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
    st.sampled_from([
        "", " ", "\x00", "\ud800", "NaN", "1e999", "-0", "0001-01-01T00:00:00", "9999-12-31T23:59:59Z",
        "'; DROP TABLE invoice; --", "<script>alert(1)</script>", "=1+1", "{factura}", "\u202eabc",
        "x" * 5000,
        [], {}, [[]], [{}], {"id": None}, 1e300, -1, 0, 10**18,
    ]),
)  # fmt: skip
_SIIGO = ("/v1/invoices", "/v1/customers.*", "/v1/credit-notes", "/v1/users")
_ESCALA = ("/crm/pipelines", "/crm/deals/scroll", "/crm/contacts/scroll", "/pms/products", "/crm/deals/[^/]+")
_WHERE = st.lists(st.integers(0, 40), min_size=1, max_size=5)
_TOLD = (0, 1, 4)


def _settings(examples: int, *, known: bool) -> settings:
    return settings(
        max_examples=examples,
        derandomize=known,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@contextlib.contextmanager
def _company(templates: Path, blocker: Any) -> Iterator[tuple[Life, list[Any]]]:
    with contextlib.ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        held.enter_context(blocker.unblock())
        logged = held.enter_context(capture_logs())
        url = held.enter_context(databases.sqlite_database(folder, templates=templates, blocker=blocker))
        lived = held.enter_context(life.life(_STORY, url, folder))
        lived.connect()
        lived.staff.wake(_STORY.days[0].today)
        for customer in range(2):
            lived.staff.act(Event(do="invoice", customer=customer, amount=1000 + customer, text="mugs"))
        assert lived.healthy().exit_code == 0
        lived.world.time.pass_by(3600)
        for customer in (2, 0, 3):
            lived.staff.act(Event(do="invoice", customer=customer, amount=2000 + customer))
        lived.staff.act(Event(do="credit_part", invoice=0))
        yield lived, logged


def _made_strange(app: App, path: str, where: list[int], value: object) -> None:
    """From now on the first record of this list has another value somewhere; never another id."""
    handle = app.handle

    def handled(request: Request) -> Response:
        answer = handle(request)
        if request.method != "GET" or not re.fullmatch(path, request.path) or answer.status != 200:
            return answer
        body = json.loads(encode(answer.body), parse_float=Decimal)
        _replace(_first_record(body), where, value)
        text = json.dumps(body, default=float).encode("utf-8", "surrogatepass")
        return Response(answer.status, text, answer.headers, answer.content_type)

    app.handle = handled  # type: ignore[method-assign]


def _first_record(body: Any) -> Any:
    for key in ("results", "items", "data"):
        if isinstance(body, dict) and isinstance(body.get(key), list):
            body = body[key]
    return body[0] if isinstance(body, list) and body else body


def _replace(record: Any, where: list[int], value: object) -> None:
    """Goes down by the numbers given, and replaces what it comes to."""
    for position in where:
        keys = list(range(len(record))) if isinstance(record, list) else sorted(set(record) - {"id"})
        if not keys:
            return
        key = keys[position % len(keys)]
        if position is where[-1] or not isinstance(record[key], dict | list):
            record[key] = value
            return
        record = record[key]


def _check(lived: Life, logged: list[Any]) -> None:
    result = lived.run_once()
    assert result.exit_code in _TOLD, result.document
    counts(result)
    assert not [entry for entry in logged if entry["event"] in ("record parked", "storage failed")]
    assert max(lived.scene.deals_made.values()) == 1


def _siigo_case(templates: Path, blocker: Any, path: str, where: list[int], value: object) -> None:
    with _company(templates, blocker) as (lived, logged):
        honest = lived.world.siigo.handle
        _made_strange(lived.world.siigo, path, where, value)
        _check(lived, logged)
        lived.world.siigo.handle = honest  # type: ignore[method-assign]
        lived.world.time.pass_by(26 * 3600)
        result = lived.healthy()
        assert not lived.not_quiet()
        rows = lived.world.report()["rows"]
        assert [row["status"] for row in rows if row["code"] is None] == ["in_escala"] * 4, result.document


def _escala_case(templates: Path, blocker: Any, path: str, where: list[int], value: object) -> None:
    with _company(templates, blocker) as (lived, logged):
        _made_strange(lived.world.escala, path, where, value)
        _check(lived, logged)
        _check(lived, logged)


@pytest.mark.timeout(240)
@_settings(12, known=True)
@given(path=st.sampled_from(_SIIGO), where=_WHERE, value=_STRANGE)
@example(path="/v1/invoices", where=[6, 0], value=None)
@example(path="/v1/customers.*", where=[40], value=[])
def test_any_part_of_siigos_answers_may_be_strange(
    shared_folder: Path, django_db_blocker: Any, path: str, where: list[int], value: object
) -> None:
    _siigo_case(shared_folder, django_db_blocker, path, where, value)


@pytest.mark.timeout(240)
@_settings(12, known=True)
@given(path=st.sampled_from(_ESCALA), where=_WHERE, value=_STRANGE)
def test_any_part_of_escalas_answers_may_be_strange(
    shared_folder: Path, django_db_blocker: Any, path: str, where: list[int], value: object
) -> None:
    _escala_case(shared_folder, django_db_blocker, path, where, value)


@pytest.mark.full
@pytest.mark.timeout(1800)
@_settings(400, known=False)
@given(system=st.booleans(), where=_WHERE, value=_STRANGE, path=st.integers(0, 19))
def test_many_more_strange_answers(
    shared_folder: Path, django_db_blocker: Any, system: bool, where: list[int], value: object, path: int
) -> None:
    case, paths = (_siigo_case, _SIIGO) if system else (_escala_case, _ESCALA)
    case(shared_folder, django_db_blocker, paths[path % len(paths)], where, value)
