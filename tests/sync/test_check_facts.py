"""What a check learns of an API: shapes and verdicts, and never a value of any record."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siigo_escala.escala.capabilities import Capabilities
from siigo_escala.rest.transport import Answer, Ask
from siigo_escala.simulators import faults
from siigo_escala.sync import opening
from siigo_escala.sync.checking import doubts, examination, facts, shapes
from siigo_escala.sync.checking.doubts import Evidence
from siigo_escala.sync.checking.examination import Examination
from siigo_escala.sync.checking.witness import Witness
from tests.sync.world import FIELD, World


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One store: what is learnt does not depend on it."""
    return sqlite_url


def _examined(world: World) -> Examination:
    return examination.examine(opening.open_connection(world.environment, "acme"), now=world.now)


def _verdicts(found: Examination) -> dict[str, str]:
    told = doubts.verdicts(Evidence(witness=found.witness, capabilities=found.capabilities))
    assert [one.code for one in told] == [f"U{number}" for number in range(1, 21)]
    return {one.code: one.verdict for one in told}


def _filled(world: World) -> None:
    """Two deals with everything a deal can hold."""
    world.escala.add_custom_field("cf_deal_factura_abcd_text")
    product = world.escala.add_product("TAZA", "Taza")
    for number in range(2):
        contact = world.escala.create_contact(
            first_name="Ana", email=f"ana{number}@cliente.example", custom={FIELD: f"90010020{number}"}
        )
        world.escala.create_deal(
            name=f"Trato {number}",
            contact_id=contact,
            stage="Prospecto",
            value=1000,
            custom={"cf_deal_factura_abcd_text": "FV-1"},
            products=[{"productId": product, "quantity": 2}],
        )
        world.pass_time(hours=1)
    world.connect()


DEFAULT = {
    "U1": "scrollId", "U2": "works", "U5": "items with total", "U7": "object", "U8": "list",
    "U15": "0 unknown keys, no nulls", "U19": "naive", "U20": "visible",
}  # fmt: skip


def test_a_check_settles_what_reading_can_settle(world: World) -> None:
    _filled(world)
    world.escala.account.switches.change({"contact_filters": "all"})
    found = _examined(world)
    settled = {code: verdict for code, verdict in _verdicts(found).items() if verdict}
    assert settled == DEFAULT | {"U4": "works"}


@pytest.mark.parametrize(
    ("switches", "verdicts"),
    [
        ({"scroll_key": "nextScrollId"}, {"U1": "nextScrollId"}),
        ({"scroll_key": "nested"}, {"U1": "scroll.id"}),
        ({"scroll_key": "none"}, {"U1": ""}),
        ({"envelope": "data"}, {"U5": "data with total", "U1": "scrollId"}),
        ({"envelope": "array"}, {"U5": "bare array", "U7": "object"}),
        ({"total": "missing"}, {"U5": "items"}),
        ({"custom_shape": "list"}, {"U7": "list"}),
        ({"deal_products_shape": "object"}, {"U8": "object"}),
        ({"deal_products_shape": "productId"}, {"U8": "productId"}),
        ({"deal_extra_keys": "no"}, {"U8": "", "U7": "object"}),
        ({"unknown_keys": "yes"}, {"U15": "1 unknown keys, no nulls"}),
        ({"unassigned": "empty"}, {"U15": "0 unknown keys, nulls or empty texts"}),
        ({"timestamps": "msZ"}, {"U19": "Z with fractions"}),
        ({"timestamps": "offset"}, {"U19": "offset"}),
        ({"since_mode": "ignored"}, {"U2": "ignored"}),
        ({"contact_filters": "error400"}, {"U4": "refused"}),
    ],
)
def test_each_doubt_is_settled_as_the_account_answers(
    world: World, switches: dict[str, Any], verdicts: dict[str, str]
) -> None:
    _filled(world)
    world.escala.account.switches.change(switches)
    found = _verdicts(_examined(world))
    assert {code: found[code] for code in verdicts} == verdicts


def test_an_error_that_goes_away_is_told_from_one_that_stays(world: World) -> None:
    _filled(world)
    world.escala.faults.add(faults.Fault(kind="refuse", status=500, path="/crm/pipelines", times=1))
    assert _verdicts(_examined(world))["U13"] == "transient"
    world.escala.faults.add(faults.Fault(kind="refuse", status=500, path="/pms/products"))
    assert _verdicts(_examined(world))["U13"] == "seen"


def test_a_refused_key_and_hidden_pipelines_are_verdicts_too(world: World) -> None:
    _filled(world)
    world.escala.faults.add(faults.Fault(kind="refuse", status=404, path="/crm/pipelines", times=1))
    assert _verdicts(_examined(world))["U20"] == "hidden"
    world.escala.rotate_key("otra")
    assert _verdicts(_examined(world))["U17"] == "403"


def _told(**headers: str) -> Witness:
    witness = Witness()
    ask = Ask(method="GET", path="/crm/pipelines")
    witness.answered("escala", ask, Answer(status=200, headers=headers, content=b"[]"))
    return witness


def test_limits_are_told_in_headers_or_by_a_429() -> None:
    quiet = Evidence(witness=_told(), capabilities=Capabilities())
    hinted = Evidence(witness=_told(**{"X-RateLimit-Limit": "100"}), capabilities=Capabilities())
    slowed = _told()
    slowed.answered("escala", Ask(method="GET", path="/x"), Answer(status=429, headers={}, content=b""))
    throttled = Evidence(witness=slowed, capabilities=Capabilities())
    found = [
        next(one.verdict for one in doubts.verdicts(evidence) if one.code == "U18")
        for evidence in (quiet, hinted, throttled)
    ]
    assert found == ["", "told in headers", "429 seen"]


def test_what_was_learnt_before_settles_doubts_as_well() -> None:
    known = Capabilities(
        update_deals="put", priority_refused=True, decimal_quantity_refused=True, email_filter="ignored"
    )
    found = {
        one.code: one.verdict
        for one in doubts.verdicts(
            Evidence(witness=Witness(), capabilities=known, probed={"U14": "accepted"})
        )
        if one.verdict
    }
    assert found == {"U4": "ignored", "U9": "put", "U11": "refused", "U12": "refused", "U14": "accepted"}
    assert doubts.Doubt(code="U9", verdict="put").to_json() == {
        "doubt": "U9", "settled": True, "verdict": "put"
    }  # fmt: skip


def test_what_was_learnt_is_told_without_the_record_that_it_was_learnt_by() -> None:
    now = datetime(2026, 8, 27, tzinfo=UTC)
    learned = Capabilities().verbs_refused("deals", "a-deal", now=now)
    told = facts.of(Examination(capabilities=learned), (), now=now)["capabilities"]
    assert told["update_deals"] == "none"
    assert not [name for name in told if name.endswith(("_until", "_refused_by"))]


def _texts(value: Any) -> Iterator[str]:
    """Every text and number of a record, at any depth, and what an object uses as keys."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def test_a_file_of_facts_holds_no_value_of_any_record(world: World, tmp_path: Path) -> None:
    _filled(world)
    world.invoices(2, customers=2, observations="Entregar en la portería de Rosales")
    found = _examined(world)
    told = doubts.verdicts(Evidence(witness=found.witness, capabilities=found.capabilities))
    path = tmp_path / "datos.json"
    facts.write(path, facts.of(found, told, now=world.now()))
    assert path.stat().st_mode & 0o777 == 0o600
    document = json.loads(path.read_text(encoding="utf-8"))
    kept = set(re.findall(r"[^\W_]+", path.read_text(encoding="utf-8").casefold()))
    company = world.siigo.company
    values = set(_texts(world.escala.state())) | set(_texts(company.catalogues))
    values |= {text for table in company.tables.values() for row in table.values() for text in _texts(row)}
    ours = {"text", "items", "data", "total", "name", "open", "won", "lost", "products", "value"}
    personal = {
        word
        for text in values
        for word in re.findall(r"[^\W_]+", text.casefold())
        if len(word) > 3 and not word.isdigit() and word not in ours
    }
    assert len(personal) > 30
    shared = kept & personal
    assert shared <= _words_of(document) | {"siigo", "escala"}, shared
    for secret in ("clave-de-ejemplo", "llave-de-ejemplo", "api@empresa.example", "acme", "Rosales"):
        assert secret not in path.read_text(encoding="utf-8")
    assert document["findings"]["SIIGO_ACCESS"] == "ok"
    assert document["doubts"]["U1"] == "scrollId"
    assert {answer["path"] for answer in document["answers"]} >= {"/v1/invoices", "/crm/deals/scroll"}


def _words_of(document: dict[str, Any]) -> set[str]:
    """Words of the two APIs' own key names and of ours: what a value may happen to share."""

    def keys(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield key
                yield from keys(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from keys(inner)

    found = set(keys(document["answers"]))
    allowed = {word for key in found for word in re.findall(r"[^\W_]+", key.casefold())}
    return allowed | {"uuid", "integer", "decimal", "boolean", "null", "absent", "empty", "moment", "naive"}


def test_an_object_keyed_by_people_shows_none_of_them() -> None:
    witness = Witness()
    body = {"items": [{"owners": {"Laura": {"id": 1}}, "name": "Laura", "cf_contact_cedula_kwzt_text": "1"}]}
    witness.answered(
        "escala",
        Ask(method="GET", path="/crm/deals/3f2a/products", query={"email": "laura@empresa.example"}),
        Answer(status=200, headers={}, content=json.dumps(body).encode()),
    )
    (told,) = witness.to_json()
    assert told["path"] == "/crm/deals/{id}/products"
    assert told["query"] == ["email"]
    assert "Laura" not in json.dumps(told)
    assert "cedula" not in json.dumps(told)
    assert told["shape"]["items"][0]["cf_contact…_text"] == "text"


def test_an_answer_that_is_no_json_or_empty_or_a_token_has_no_shape() -> None:
    witness = Witness()
    for path, content in (
        ("/crm/deals", b"<html>"),
        ("/crm/deals", b""),
        ("/auth", b'{"access_token": "x"}'),
    ):
        witness.answered(
            "siigo", Ask(method="GET", path=path), Answer(status=200, headers={}, content=content)
        )
    assert [one["shape"] for one in witness.to_json()] == ["no JSON", "nothing", "no JSON"]


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ([], []),
        ([1, "x", None], ["integer|null|text"]),
        ([{"a": 1}, {"b": [1]}, {"a": 2, "b": []}], [{"a": "absent|integer", "b": ["integer"]}]),
        ([{"a": {}}, {"a": 1}], [{"a": "integer|object"}]),
        ([[1], ["x"]], [["integer|text"]]),
        ([{"a": [1]}, {"a": ""}], [{"a": "empty text|list"}]),
        ({"María José": 1, "Pedro 1": 2}, {"…": "integer"}),
        ({"día": "2026-01-02", "y": True, "z": 1.5}, {"…": "day", "y": "boolean", "z": "decimal"}),
        ("2026-01-02T03:04:05-05:00", "moment offset"),
        ("2026-01-02T03:04:05.123Z", "moment Z with fractions"),
        ("0e6c7c1a-7d12-11f0-8d53-5f0a3c9be701", "uuid"),
        (
            {"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}},
            {"a": {"b": {"c": {"d": {"e": {"f": "object"}}}}}},
        ),
        ([[[[[[[1]]]]]]], [[[[[[[]]]]]]]),
    ],
)
def test_a_shape_is_key_names_and_types(value: Any, shape: Any) -> None:
    assert shapes.of(value) == shape


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(min_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_no_text_of_an_answer_survives_in_its_shape(value: Any) -> None:
    told = json.dumps(shapes.of(value), ensure_ascii=False)
    for text in shapes.values(value):
        if len(text) >= 12:
            assert text not in told


def test_a_file_of_facts_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "datos.json").mkdir()
    with pytest.raises(OSError, match="datos"):
        facts.write(tmp_path / "datos.json", {"a": 1})
    assert [one.name for one in tmp_path.iterdir()] == ["datos.json"]
