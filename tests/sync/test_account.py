"""The account of a run: one column an invoice, sums that add up, calls by system."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siigo_escala.domain.reasons import Code
from siigo_escala.rest.transport import Call
from siigo_escala.sync.account import Calls, Column, Tally

_COLUMNS = get_args(Column)
_puts = st.lists(
    st.tuples(
        st.sampled_from([f"id-{number}" for number in range(5)]),
        st.sampled_from(_COLUMNS),
        st.decimals(min_value=-(10**12), max_value=10**12, places=2),
    )
)


@given(_puts)
def test_the_columns_add_up_to_what_was_read_in_count_and_in_pesos(
    puts: list[tuple[str, Column, Decimal]],
) -> None:
    tally = Tally()
    for siigo_id, column, value in puts:
        tally.put(siigo_id, column, value=value, name=siigo_id, code=Code.NOT_REACHED)
    counts, values = tally.counts(), tally.values()
    assert counts["read"] == len({siigo_id for siigo_id, _, _ in puts})
    assert counts["read"] == sum(counts[column] for column in _COLUMNS)
    assert Decimal(values["read"]) == sum(Decimal(values[column]) for column in _COLUMNS)
    assert tally.open == counts["needs_attention"] + counts["failed"] == len(tally.problems)
    assert tally.created == counts["created"]


@pytest.mark.parametrize("made", ["created", "updated"])
def test_what_a_run_made_stays_made_when_it_is_met_again_and_right(made: Column) -> None:
    tally = Tally()
    tally.put("a", made, value=Decimal(10))
    tally.put("a", "unchanged", value=Decimal(12))
    assert tally.column("a") == made
    assert tally.values()[made] == "12.00", "with its last value"
    tally.put("a", "needs_attention", value=Decimal(12), code=Code.INVOICE_EDITED)
    assert tally.column("a") == "needs_attention"
    assert tally.column("b") is None


def test_a_problem_goes_with_its_column() -> None:
    tally = Tally()
    tally.put("a", "failed", value=Decimal(1), name="FV-2-1", code=Code.NOT_REACHED)
    assert [problem.to_json()["invoice"] for problem in tally.problems] == ["FV-2-1"]
    tally.put("a", "created", value=Decimal(1), name="FV-2-1")
    assert tally.problems == []
    tally.put("a", "excluded", value=Decimal(1), name="FV-2-1", code=Code.BEFORE_START)
    assert tally.problems == [], "what a rule leaves out is no problem"


def test_rows_without_an_id_are_failed_each_for_itself() -> None:
    tally = Tally()
    tally.put_unreadable()
    tally.put_unreadable()
    assert {column: count for column, count in tally.counts().items() if count} == {"read": 2, "failed": 2}
    assert [(problem.invoice, problem.code) for problem in tally.problems] == [
        (None, Code.UNEXPECTED_ANSWER)
    ] * 2
    assert tally.values()["failed"] == "0.00"


def test_a_problem_of_the_whole_run_is_told_once_and_first() -> None:
    tally = Tally()
    tally.put("a", "failed", value=Decimal(1), name="FV-2-1", code=Code.NOT_REACHED)
    for _ in range(2):
        tally.note(Code.CREDIT_NOTES_UNREADABLE)
    tally.tell("FV-2-1", Code.CONTACT_DATA_LEFT_OUT, "el correo no sirve")
    codes = [problem.code for problem in tally.problems]
    assert codes == [Code.CREDIT_NOTES_UNREADABLE, Code.CONTACT_DATA_LEFT_OUT, Code.NOT_REACHED]
    assert tally.problems[1].message == "FV-2-1: el correo no sirve"
    assert tally.open == 1, "notes are no invoices"


def _call(system: str, status: int | None, *, seconds: float = 1.0) -> Call:
    return Call(
        system=system,  # type: ignore[arg-type]
        method="GET",
        path="/",
        status=status,
        refused=status is None or not 200 <= status < 300,
        seconds=seconds,
        at=datetime(2026, 3, 2, tzinfo=UTC),
    )


def test_calls_are_counted_by_system_with_their_mean_time() -> None:
    calls = Calls()
    assert calls.mean_s("siigo") == calls.mean_s("escala") == 0.0
    calls.count(_call("siigo", 200, seconds=1))
    calls.count(_call("siigo", 401, seconds=3))
    calls.count(_call("escala", 201, seconds=5))
    assert calls.to_json() == {"siigo": 2, "escala": 1}
    assert (calls.refused_siigo, calls.refused_escala) == (1, 0)
    assert (calls.mean_s("siigo"), calls.mean_s("escala")) == (2.0, 5.0)


@pytest.mark.parametrize(
    ("statuses", "limited"),
    [
        ([200, 500, 503, 200, 500], False),
        ([500, None, 503], True),
        ([200, 429], True),
        ([429, 200, 200], True),
        ([400, 404, 409], False),
    ],
)
def test_one_429_or_a_burst_of_5xx_goes_back_to_one_call_at_a_time(
    statuses: list[int | None], limited: bool
) -> None:
    calls = Calls()
    for status in statuses:
        calls.count(_call("escala", status))
    assert calls.limited is limited
