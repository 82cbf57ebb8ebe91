"""Which deals that do not name an invoice may be it (design.md, section 3): the window to the second."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from siigo_escala.domain import twins
from siigo_escala.domain.crm import DealId
from siigo_escala.domain.twins import NearDeal

MADE = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
LONG_AGO = datetime(2025, 1, 1, 12, 0, tzinfo=UTC)


def _deal(created: datetime, *names: str, id_: str = "d") -> NearDeal:
    return NearDeal(id=DealId(id_), created=created, names=names)


def _found(*deals: NearDeal, connected: datetime = LONG_AGO) -> tuple[str, ...]:
    window = twins.window(created=MADE, day=date(2020, 1, 1), connected=connected)
    assert window is not None
    return twins.among(deals, invoice_name="FV-2-104", window=window)


@pytest.mark.parametrize(
    ("created", "found"),
    [
        (MADE - timedelta(hours=1, seconds=1), False),
        (MADE - timedelta(hours=1), True),
        (MADE, True),
        (MADE + timedelta(days=3), True),
        (MADE + timedelta(days=3, seconds=1), False),
    ],
)
def test_from_an_hour_before_the_invoice_to_three_days_after(created: datetime, found: bool) -> None:
    assert bool(_found(_deal(created))) is found


@pytest.mark.parametrize(
    ("created", "found"),
    [
        (datetime(2026, 5, 21, 4, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 5, 21, 5, 0, 1, tzinfo=UTC), False),
    ],
)
def test_until_the_end_of_the_day_of_the_connection_for_the_native_app_fills_in_older_ones(
    created: datetime, found: bool
) -> None:
    connected = datetime(2026, 5, 20, 14, 0, tzinfo=UTC)
    assert bool(_found(_deal(created), connected=connected)) is found


def test_an_invoice_without_moment_counts_from_midnight_in_bogota() -> None:
    window = twins.window(created=None, day=date(2026, 3, 10), connected=LONG_AGO)
    assert window is not None
    assert window.start == datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
    assert window.end == datetime(2026, 3, 13, 5, 0, tzinfo=UTC)
    assert twins.window(created=None, day=None, connected=LONG_AGO) is None


def test_a_deal_that_names_another_invoice_is_none_and_one_that_names_this_one_may_be() -> None:
    other, both = _deal(MADE, "FV-2-1045"), _deal(MADE, "FV-2-1045", "FV-2-104", id_="e")
    assert _found(other, both) == ("e",)


def test_the_oldest_comes_first() -> None:
    later, earlier = _deal(MADE + timedelta(hours=1), id_="a"), _deal(MADE, id_="b")
    assert _found(later, earlier) == ("b", "a")


@given(cents=st.integers(min_value=0, max_value=10**14))
@example(cents=58239999)
@example(cents=58239950)
@example(cents=58239949)
@example(cents=58239900)
def test_people_type_whole_pesos_so_a_value_rounded_or_cut_to_them_may_be_the_invoice_too(cents: int) -> None:
    total = Decimal(cents).scaleb(-2)
    cut = cents // 100
    assert twins.values([total]) == {total, Decimal(cut), Decimal(cut + (cents % 100 >= 50))}


def test_each_value_that_an_invoice_may_be_shown_with_has_its_whole_pesos() -> None:
    assert twins.values([Decimal("10.60"), Decimal("7.00")]) == set(map(Decimal, ("10.6", "10", "11", "7")))
    assert twins.values([]) == set()
