"""Every test here stands on a database; most on both stores."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from siigo_escala.store import models


@pytest.fixture
def connection(database: str) -> models.Connection:
    """A stored connection of a Siigo company and an Escala account."""
    from siigo_escala.store import models

    return models.Connection.objects.create(
        name="acme",
        direction="invoices_to_opportunities",
        file={},
        siigo=models.SiigoCompany.objects.create(),
        escala=models.EscalaAccount.objects.create(),
        siigo_username="api@empresa.example",
        created_at=datetime(2026, 8, 1, tzinfo=UTC),
        start=datetime(2026, 8, 1, tzinfo=UTC).date(),
    )
