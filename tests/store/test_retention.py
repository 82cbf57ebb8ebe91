"""What is too old goes, and nothing else: the ledger, what is still to be decided, and the last run stay."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from siigo_escala.store import models, retention, wiping

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def _ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def _purged(home: Path, *, dry_run: bool = False) -> dict[str, int]:
    """What went, by kind; nothing where none did."""
    removed = retention.purge(home=home, now=NOW, dry_run=dry_run)
    return {kind: count for kind, count in removed.items() if count}


def _invoice(connection: models.Connection, number: int, days: float, **fields: object) -> models.Invoice:
    row = models.Invoice(
        connection=connection,
        escala=connection.escala,
        siigo_id=f"i{number}",
        customer_id=f"c{number}",
        date=_ago(days).date(),
        state=models.State.IN_ESCALA,
        due=False,
    )
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return row


def _customer(connection: models.Connection, number: int, *, read: float = 0) -> models.KnownCustomer:
    return models.KnownCustomer.objects.create(
        company=connection.siigo, siigo_id=f"c{number}", record={"a": 1}, read_at=_ago(read)
    )


def _run(connection: models.Connection, days: float, *, created: int = 0, code: int = 0) -> models.Run:
    return models.Run.objects.create(
        connection=connection,
        started=_ago(days),
        exit_code=code,
        document={"invoices": {"created": created, "updated": 0}},
    )


def test_raw_answers_are_emptied_after_thirty_days_and_history_goes_after_two_years(
    connection: models.Connection, home: Path
) -> None:
    row = _invoice(connection, 1, 1)
    for days in (1, 29, 31, 700, 731):
        models.InvoiceEvent.objects.create(
            invoice=row, at=_ago(days), kind="created", raw="{}", data={"d": days}
        )
    models.InvoiceEvent.objects.create(invoice=row, at=_ago(400), kind="decided")
    assert _purged(home, dry_run=True) == {"raw_answers": 3, "history": 1}
    assert models.InvoiceEvent.objects.count() == 6
    assert _purged(home) == {"raw_answers": 3, "history": 1}
    assert sorted(models.InvoiceEvent.objects.exclude(raw="").values_list("data__d", flat=True)) == [1, 29]
    assert models.InvoiceEvent.objects.count() == 5
    assert _purged(home) == {}


def test_customers_go_ninety_days_after_their_last_invoice(connection: models.Connection, home: Path) -> None:
    for number, days in enumerate((1, 89, 91, 300)):
        _invoice(connection, number, days)
        _customer(connection, number)
    _invoice(connection, 30, 5, customer_id="c3")
    # Without an invoice: from when they were last read.
    _customer(connection, 10, read=1)
    _customer(connection, 11, read=91)
    # Still to be decided, however old.
    _invoice(connection, 20, 400, due=True)
    _invoice(connection, 21, 400, state=models.State.SENDING)
    _invoice(connection, 22, 400, date=None)
    for number in (20, 21, 22):
        _customer(connection, number, read=400)
    assert _purged(home) == {"customers": 2}
    left = set(models.KnownCustomer.objects.values_list("siigo_id", flat=True))
    assert left == {"c0", "c1", "c3", "c10", "c20", "c21", "c22"}
    assert models.Invoice.objects.count() == 8, "the ledger stays"


def test_an_invoice_of_another_company_keeps_nobody(connection: models.Connection, home: Path) -> None:
    other = models.SiigoCompany.objects.create()
    models.KnownCustomer.objects.create(company=other, siigo_id="c1", read_at=_ago(200))
    _customer(connection, 1, read=200)
    _invoice(connection, 1, 1)
    assert _purged(home) == {"customers": 1}
    assert models.KnownCustomer.objects.get().company == connection.siigo


def test_quiet_runs_go_after_a_month_and_others_after_two_years(
    connection: models.Connection, home: Path
) -> None:
    gone = [_run(connection, 731, created=1), _run(connection, 31)]
    kept = [
        _run(connection, 700, created=1),
        _run(connection, 700, code=1),
        models.Run.objects.create(connection=connection, started=_ago(100)),
        _run(connection, 29),
    ]
    assert _purged(home) == {"runs": 2}
    assert set(models.Run.objects.all()) == set(kept)
    assert not set(kept) & set(gone)


def test_the_last_run_of_a_connection_stays(connection: models.Connection, home: Path) -> None:
    _run(connection, 900)
    last = _run(connection, 800)
    assert _purged(home) == {"runs": 1}
    assert models.Run.objects.get() == last


def test_counts_and_vain_questions_go_after_a_month(connection: models.Connection, home: Path) -> None:
    for days in (8, 31):
        models.CallHour.objects.create(account="siigo:1:u", hour=_ago(days), calls=1)
        models.MissingSku.objects.create(escala=connection.escala, sku=f"s{days}", asked_at=_ago(days))
    assert _purged(home) == {"call_counts": 1, "missing_codes": 1}


def test_previews_go_after_a_week(connection: models.Connection, home: Path) -> None:
    for days in (6, 8):
        models.Errand.objects.create(
            connection=connection, kind="preview", begun_at=_ago(days), beat_at=_ago(days)
        )
    assert _purged(home) == {"previews": 1}


def test_copies_that_were_made_by_themselves_go_after_ninety_days(database: str, home: Path) -> None:
    (home / "backups").mkdir()
    old = [home / "backups" / "before-restore-1.zip", home / "siigo-escala.db.before-migration"]
    kept = [home / "backups" / "before-restore-2.zip", home / "backups" / "mia.zip"]
    for path in (*old, *kept):
        path.touch()
    for path in (*old, kept[1]):
        os.utime(path, (_ago(91).timestamp(),) * 2)
    os.utime(kept[0], (_ago(89).timestamp(),) * 2)
    assert _purged(home, dry_run=True) == {"copies": 2}
    assert _purged(home) == {"copies": 2}
    assert all(path.exists() for path in kept)
    assert not any(path.exists() for path in old)


def test_halves_of_copies_go_after_a_day_and_links_to_nothing_stop_nobody(database: str, home: Path) -> None:
    (home / "backups").mkdir()
    old, young = (home / "backups" / f".diario-{number}.zip.abc.part" for number in (1, 2))
    for path, hours in ((old, 25), (young, 23)):
        path.touch()
        os.utime(path, (_ago(hours / 24).timestamp(),) * 2)
    (home / "backups" / "before-restore-3.zip").symlink_to("nada.zip")
    assert _purged(home) == {"copies": 1}
    assert (old.exists(), young.exists()) == (False, True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_copies_from_before_a_migration_go_from_beside_a_database_elsewhere(
    database: str, tmp_path: Path
) -> None:
    beside = Path(database.removeprefix("sqlite:///"))
    old = [beside.with_name(f"{beside.name}.before-migration{more}") for more in ("-0007_x-9", ".part")]
    for path in old:
        path.touch()
        os.utime(path, (0, 0))
    home = tmp_path / "otra"
    home.mkdir()
    assert _purged(home) == {"copies": 2}
    assert not any(path.exists() for path in old)
    assert beside.exists()


def test_more_than_a_thousand_go_in_one_purge(connection: models.Connection, home: Path) -> None:
    row = _invoice(connection, 1, 1)
    models.InvoiceEvent.objects.bulk_create(
        [models.InvoiceEvent(invoice=row, at=_ago(800), kind="x", raw="{}") for _ in range(2_001)]
    )
    assert _purged(home) == {"raw_answers": 2001, "history": 2001}
    assert models.InvoiceEvent.objects.count() == 0


@pytest.mark.parametrize("writing", [False, True])
def test_erased_texts_are_gone_from_the_disk_unless_somebody_writes(
    connection: models.Connection, database: str, writing: bool
) -> None:
    if not database.startswith("sqlite"):
        assert wiping.wipe()
        return
    import sqlite3

    path = Path(database.removeprefix("sqlite:///"))
    _invoice(connection, 1, 1, name="quimbaya")
    models.Invoice.objects.update(name="")
    other = sqlite3.connect(path)
    if writing:
        other.execute("BEGIN IMMEDIATE")
    try:
        assert wiping.wipe() is not writing
        if not writing:
            files = [path, *path.parent.glob(f"{path.name}-*")]
            assert not any(b"quimbaya" in one.read_bytes() for one in files)
    finally:
        other.close()
    models.Invoice.objects.update(name="y")


def test_by_itself_a_day_takes_away_so_much_and_the_next_day_the_rest(
    connection: models.Connection, home: Path
) -> None:
    row = _invoice(connection, 1, 1)
    for number in range(5):
        models.InvoiceEvent.objects.create(invoice=row, at=_ago(31 + number), kind="x", raw="{}")
        _run(connection, 40 + number)
    removed = retention.purge(home=home, now=NOW, dry_run=False, most=7)
    assert (removed["raw_answers"], removed["runs"]) == (5, 2)
    retention.once_a_day(home=home, now=NOW)
    assert models.Run.objects.count() == 1


def test_a_retention_that_cannot_be_applied_is_nobodys_trouble(
    connection: models.Connection, home: Path
) -> None:
    (home / "backups" / "before-restore-1.zip").mkdir(parents=True)
    os.utime(home / "backups" / "before-restore-1.zip", (0, 0))
    retention.once_a_day(home=home, now=NOW)
    assert (home / "backups" / "before-restore-1.zip").exists()
