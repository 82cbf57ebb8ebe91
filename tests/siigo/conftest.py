"""No test leaves a connection open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rest import near


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    """Closes the transports of each test."""
    yield
    near.close_all()
