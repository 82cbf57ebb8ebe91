"""The database stays bounded: 200,000 invoices and two years of runs take less than a gigabyte."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection as database_connection

from siigo_escala.store import models, retention
from tests.sync.world import World, counts

LARGEST = 1_000_000_000
INVOICES = 200_000
QUIET_RUNS = 30 * 96
"""A run each 15 minutes for as long as quiet runs are kept."""
OTHER_RUNS = 730 * 8
"""Eight runs a day with news, for two years."""
_STEP = 120


def _bytes() -> int:
    """What the database holds, without free pages."""
    with database_connection.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
        cursor.execute("PRAGMA page_size")
        return int(pages * cursor.fetchone()[0])


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_two_hundred_thousand_invoices_and_two_years_of_runs_fit_into_a_gigabyte(
    world: World, home: Path
) -> None:
    world.connect()
    people = [world.customer(number, phones=[{"number": "3115550199"}]) for number in range(2 * _STEP // 4)]
    sizes = []
    for part in range(3):
        for number in range(_STEP if part else 10):
            world.siigo.create_invoice(
                people[(part * _STEP + number) % len(people)]["id"],
                total=1_190_000 + number,
                observations="x" * 100,
            )
        assert counts(world.sync())["created"] == (_STEP if part else 10)
        sizes.append(_bytes())
    fresh = (sizes[2] - sizes[1]) / _STEP

    retention.purge(home=home, now=world.now() + timedelta(days=31), dry_run=False)
    kept = (_bytes() - sizes[0]) / (2 * _STEP)
    run = models.Run.objects.latest("pk")
    before = _bytes()
    models.Run.objects.bulk_create(
        [
            models.Run(connection=run.connection, started=run.started, asked=run.asked, document=run.document)
            for _ in range(500)
        ]
    )
    of_run = (_bytes() - before) / 500
    whole = INVOICES * kept + (QUIET_RUNS + OTHER_RUNS) * of_run
    told = f"{fresh:.0f} B an invoice, {kept:.0f} B after 30 days, {of_run:.0f} B a run: {whole / 1e6:.0f} MB"
    assert whole < LARGEST, told
    assert INVOICES * fresh < LARGEST, told
