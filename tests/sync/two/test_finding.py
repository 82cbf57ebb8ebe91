"""What a read of a customer's invoices tells of one that may have been made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from siigo_escala.sync.invoicing.finding import Invoices

READ_SINCE = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("since", "made", "shown"),
    [
        (None, None, True),
        (None, READ_SINCE, True),
        (READ_SINCE, None, False),
        (READ_SINCE, READ_SINCE - SECOND, False),
        (READ_SINCE, READ_SINCE, True),
        (READ_SINCE, READ_SINCE + SECOND, True),
    ],
)
def test_what_was_made_before_the_read_reaches_back_would_not_stand_in_it(
    since: datetime | None, made: datetime | None, *, shown: bool
) -> None:
    assert Invoices(started=READ_SINCE, since=since, complete=True).reaches(made) is shown
