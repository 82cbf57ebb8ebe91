"""Once a day, by itself: a copy of everything, and what is too old goes. A failure is told."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from siigo_escala.cli import worker
from siigo_escala.engine import alert_findings, alert_state, alerts, daily, delivery
from siigo_escala.engine.daily import Daily
from siigo_escala.store import copies, locks, models
from siigo_escala.store.models import Alert, Connection
from tests.engine import peers
from tests.engine.peers import Webhook
from tests.sync.world import World

DAY = timedelta(days=1)
NOW = datetime.now(UTC)
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def hook() -> Iterator[Webhook]:
    """Somebody who is told things."""
    with peers.webhook() as made:
        yield made


@pytest.fixture
def connected(world: World, hook: Webhook) -> World:
    """A company of a day ago, of which somebody is told."""
    world.connect(tables=f'\n[alerts]\nurls = ["{hook.url("t0ken")}"]\n')
    Connection.objects.update(created_at=NOW - DAY)
    return world


def _aged(path: Path, age: timedelta) -> None:
    at = (NOW - age).timestamp()
    os.utime(path, (at, at))


def _looked(work: Daily, now: datetime = NOW) -> None:
    work.look(now=now)
    work.wait()


def test_a_copy_is_made_once_a_day_and_a_week_of_them_is_kept(connected: World) -> None:
    home = connected.environment.home
    work = Daily(environment=connected.environment)
    _looked(work)
    (made,) = copies.known(home)
    assert made.daily
    assert work.problem == ""
    _looked(work)
    assert copies.known(home) == [made]
    asked = copies.make(home, keys=connected.environment.secret_keys, now=NOW)
    for number in range(1, copies.KEPT + 1):
        for one in (home / "backups").iterdir():
            _aged(one, timedelta(days=number, hours=1) if one.name == asked.name else DAY)
        _looked(Daily(environment=connected.environment), NOW + timedelta(seconds=number))
    names = [one.name for one in copies.known(home)]
    assert sum(name.startswith("diario-") for name in names) == copies.KEPT
    assert made.name not in names
    assert asked.name in names, "what a person asked for is not the engine's to take away"


@ON_SQLITE
def test_with_nothing_to_lose_nothing_is_copied(world: World) -> None:
    work = Daily(environment=world.environment)
    _looked(work)
    world.connect()
    _looked(work)
    assert not copies.known(world.environment.home)
    assert work.problem is None


@ON_SQLITE
def test_a_link_to_a_copy_that_is_gone_is_no_copy(connected: World) -> None:
    folder = connected.environment.home / "backups"
    folder.mkdir()
    (folder / "latest.zip").symlink_to("diario-1.zip")
    _looked(Daily(environment=connected.environment))
    assert [one.daily for one in copies.known(connected.environment.home)] == [True]


@ON_SQLITE
def test_people_are_told_whatever_becomes_of_the_daily_work(connected: World) -> None:
    class Broken(Daily):
        def look(self, *, now: datetime) -> None:
            raise LookupError(now)

    work = Broken(environment=connected.environment, problem="no queda espacio en el disco")
    with pytest.raises(LookupError):
        worker._look_around(work)
    assert Alert.objects.filter(kind="backup").exists()


@ON_SQLITE
def test_the_first_copy_follows_the_first_whole_synchronisation(world: World) -> None:
    world.invoices(1)
    world.connect()
    work = Daily(environment=world.environment)
    world.sync(date_from=NOW.date() - 30 * DAY)
    _looked(work)
    assert not copies.known(world.environment.home), "of a part only"
    world.sync()
    _looked(work)
    (made,) = copies.known(world.environment.home)
    assert made.daily
    _looked(work, NOW + timedelta(hours=20))
    assert copies.known(world.environment.home) == [made]


@ON_SQLITE
def test_a_day_without_any_run_takes_away_what_is_too_old(connected: World) -> None:
    connection = Connection.objects.get()
    models.Errand.objects.create(
        connection=connection, kind="look", begun_at=NOW - timedelta(days=60), beat_at=NOW
    )
    _looked(Daily(environment=connected.environment))
    assert not models.Errand.objects.exists()


@ON_SQLITE
def test_a_clock_that_was_years_ahead_neither_ends_the_copies_nor_takes_away_what_none_holds(
    connected: World,
) -> None:
    home, later = connected.environment.home, NOW + timedelta(days=3000)
    connection = Connection.objects.get()
    models.Errand.objects.create(connection=connection, kind="look", begun_at=NOW, beat_at=NOW)
    work = Daily(environment=connected.environment)
    _looked(work, later)
    (first,) = copies.known(home)
    os.utime(home / "backups" / first.name, (later.timestamp(), later.timestamp()))
    assert not models.Errand.objects.exists()
    with zipfile.ZipFile(home / "backups" / first.name) as archive:
        assert b'"look"' in archive.read("errand.jsonl"), "copied before it went"
    _looked(work, NOW)
    assert len(copies.known(home)) == 2


@ON_SQLITE
def test_copies_of_a_clock_that_was_ahead_give_way_to_todays(connected: World) -> None:
    home, keys = connected.environment.home, connected.environment.secret_keys
    for day in range(copies.KEPT):
        later = NOW + timedelta(days=365 + day)
        made = copies.make(home, keys=keys, now=later, daily=True)
        os.utime(home / "backups" / made.name, (later.timestamp(), later.timestamp()))
    today = copies.make(home, keys=keys, now=NOW, daily=True)
    kept = copies.known(home)
    assert (len(kept), today.name in [one.name for one in kept]) == (copies.KEPT, True)


def test_anothers_copy_does_not_end_the_trouble_of_one_machine() -> None:
    trouble = alert_findings.of_backup("disco lleno", before=None, machine="uno", now=NOW)
    told = alert_state.noted(None, trouble, now=NOW)

    def well(machine: str, now: datetime) -> alert_state.Standing:
        return alert_findings.of_backup("", before=told, machine=machine, now=now).standing

    assert well("uno", NOW) is alert_state.Standing.OVER
    assert well("otro", NOW) is alert_state.Standing.UNKNOWN
    assert well("otro", NOW + 3 * DAY) is alert_state.Standing.OVER, "it may be the same, called anew"


def test_one_process_at_a_time(connected: World) -> None:
    lock = locks.attempt("daily", 1)
    assert lock is not None
    try:
        _looked(Daily(environment=connected.environment))
        assert not copies.known(connected.environment.home)
    finally:
        lock.release()
    _looked(Daily(environment=connected.environment))
    assert copies.known(connected.environment.home)


@ON_SQLITE
def test_a_failure_is_told_once_tried_hourly_and_told_to_be_over(
    connected: World, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = connected.environment.home
    blocked = home / "backups"
    blocked.write_text("no es una carpeta")
    work = Daily(environment=connected.environment)

    def watch(now: datetime) -> list[str]:
        _looked(work, now)
        alerts.watch(connected.environment, now=now, carrier=delivery.here, backup=work.problem)
        return [title for title in hook.titles() if "respaldo" in title or "resuelto" in title]

    with capture_logs() as seen:
        assert watch(NOW) == ["«acme»: no se pudo hacer el respaldo diario"]
        assert watch(NOW + timedelta(minutes=30)) == []
        assert watch(NOW + timedelta(minutes=61)) == []
    assert [one["event"] for one in seen].count("daily backup failed") == 2
    blocked.unlink()
    monkeypatch.setattr(daily, "SPARE", 10**18)
    with capture_logs():
        watch(NOW + timedelta(hours=3))
    assert work.problem is not None
    assert work.problem.endswith("MB en el disco")
    monkeypatch.undo()
    assert watch(NOW + timedelta(hours=5)) == ["«acme»: ya está resuelto"]
    assert len(copies.known(home)) == 1


@ON_SQLITE
def test_a_copy_that_a_person_makes_ends_the_trouble(connected: World) -> None:
    home = connected.environment.home
    (home / "backups").write_text("no es una carpeta")
    work = Daily(environment=connected.environment)
    with capture_logs():
        _looked(work)
    assert work.problem
    (home / "backups").unlink()
    copies.make(home, keys=connected.environment.secret_keys, now=NOW)
    _looked(work, NOW + timedelta(hours=2))
    assert work.problem == ""


@ON_SQLITE
def test_what_nobody_expected_is_logged_and_ends_no_worker(connected: World) -> None:
    work = Daily(environment=replace(connected.environment, secret_keys=("\ud800",)))
    with capture_logs() as seen:
        _looked(work)
    assert [one["event"] for one in seen] in (["daily work failed"], ["daily backup failed"])
