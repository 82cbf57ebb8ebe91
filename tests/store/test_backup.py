"""A backup and its restore: every row comes back, on either store, and a bad archive changes nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import stat
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection as database_connection
from django.db import transaction
from django.db.migrations.loader import MigrationLoader
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from siigo_escala.store import archive, backup, erasing, lease, migrations, models, restoring, schema, tables
from siigo_escala.store.errors import LeaseLost, LeaseTaken, StoreProblem
from siigo_escala.store.vault import Vault
from tests.resilience import dying
from tests.store import child

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
KEYS = ("una clave",)


def _stored() -> dict[str, list[tables.Row]]:
    """Every row of every table."""
    return {model._meta.db_table: list(tables.rows(model, using="default")) for model in tables.in_order()}


def _filled(connection: models.Connection) -> models.Connection:
    """Something in the tables that matter, with the values that are easily lost."""
    vault = Vault(KEYS)
    connection.siigo_key_sealed, connection.escala_key_sealed = vault.seal("clave"), vault.seal("api")
    connection.file = {"name": "acme", "text": "ñ \u2028 \"'", "number": 12.5}
    connection.save()
    models.SiigoCompany.objects.update(token_sealed=vault.seal("token"), token_expires=NOW)
    models.EscalaAccount.objects.update(must_read_all=False, deals_read_at=NOW)
    invoice = models.Invoice.objects.create(
        connection=connection,
        escala=connection.escala,
        siigo_id="a-1",
        name="FV-1-1",
        date=date(2026, 11, 1),
        created=NOW,
        value=Decimal("1234567.89"),  # type: ignore[misc]  # a CentsField takes Decimal
        state=models.State.SENDING,
        intent_at=NOW,
        intent={"name": "FV-1-1 Año Ñandú"},
    )
    models.InvoiceEvent.objects.create(invoice=invoice, at=NOW, kind="intent", raw='{"a": 1}')
    sale = models.Opportunity.objects.create(
        connection=connection,
        escala=connection.escala,
        company=connection.siigo,
        deal_id="d-1",
        name="Año Ñandú",
        value=Decimal("1234567.89"),  # type: ignore[misc]  # a CentsField takes Decimal
        state=models.Invoicing.SENDING,
        body='{"items": []}',
        intent_at=NOW,
        earlier=[{"siigo_id": "x", "invoice": "FV-1-0"}],
    )
    models.OpportunityEvent.objects.create(opportunity=sale, at=NOW, kind="intent", raw='{"a": 1}')
    person = models.User.objects.make("ana@acme.example", None)
    Authenticator.objects.create(
        user=person, type="totp", data={"secret": vault.seal("del teléfono")}, created_at=NOW
    )
    models.Limit.objects.create(account="siigo:1", grants="[1.5]", not_before=1764000000.123456)
    models.KnownDeal.objects.create(escala=connection.escala, deal_id="d", value=None, seen_at=NOW)
    return connection


def _restore(path: Path, home: Path, **changed: Any) -> restoring.Restored:
    wanted: dict[str, Any] = {
        "keys": KEYS, "home": home, "replace": True, "with_credentials": True, "now": NOW
    }  # fmt: skip
    return restoring.restore(path, **{**wanted, **changed})


def _made(tmp_path: Path, **changed: Any) -> Path:
    path = tmp_path / "copia.zip"
    backup.make(path, **{"keys": KEYS, "overwrite": False, "now": NOW, **changed})
    return path


@pytest.fixture
def filled(connection: models.Connection) -> models.Connection:
    return _filled(connection)


def test_every_row_comes_back_as_it_was(filled: models.Connection, tmp_path: Path, home: Path) -> None:
    before = _stored()
    path = _made(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    models.InvoiceEvent.objects.all().delete()
    models.Invoice.objects.update(name="otra cosa")
    done = _restore(path, home)
    models.EscalaAccount.objects.update(epoch=0)
    models.SiigoCompany.objects.update(epoch=0)
    assert models.EscalaAccount.objects.get().must_read_all
    models.EscalaAccount.objects.update(must_read_all=False)
    assert _stored() == before
    assert done.connections == ("acme",)
    assert done.without_credentials == ()
    new = models.Run.objects.create(connection=filled, started=NOW)
    models.InvoiceEvent.objects.create(invoice=models.Invoice.objects.get(), at=NOW, kind="x", run=new.pk)


@pytest.mark.parametrize("older", [False, True], ids=["this version's", "an earlier version's"])
def test_text_that_only_sqlite_can_hold_comes_back_without_it(
    filled: models.Connection, tmp_path: Path, home: Path, older: bool
) -> None:
    raw, data = "un\0o", {"nombre\0": ["d\ud800os", {"t": "\0"}]}
    on_sqlite = database_connection.vendor == "sqlite"
    models.InvoiceEvent.objects.update(
        raw=raw if on_sqlite else "uno", data=data if on_sqlite else {"nombre": ["dos", {"t": ""}]}
    )
    path = _made(tmp_path)
    if older:
        # As a SQLite of an earlier version wrote it, whichever store it comes back to.
        files = _files(path)
        lines = files["invoice_event.jsonl"].replace(b'"uno"', b'"un\\u0000o"')
        lines = lines.replace(b'"dos"', b'"d\\ud800os"')
        manifest = json.loads(files["manifest.json"])
        (table,) = [one for one in manifest["tables"] if one["name"] == "invoice_event"]
        table["sha256"] = hashlib.sha256(lines).hexdigest()
        manifest["signature"] = archive._signature(manifest, KEYS[0])
        _rewritten(
            path, {**files, "invoice_event.jsonl": lines, "manifest.json": json.dumps(manifest).encode()}
        )
    _restore(path, home)
    event = models.InvoiceEvent.objects.get()
    assert (event.raw, event.data) == ("uno", {"nombre": ["dos", {"t": ""}]})


def test_what_stood_here_is_put_away_before_it_is_replaced(
    filled: models.Connection, tmp_path: Path, home: Path
) -> None:
    path = _made(tmp_path)
    models.Invoice.objects.update(name="de ahora")
    done = _restore(path, home)
    assert models.Invoice.objects.get().name == "FV-1-1"
    assert done.before is not None
    assert done.before.parent == home / "backups"
    _restore(done.before, home)
    assert models.Invoice.objects.get().name == "de ahora"


def test_a_holder_of_a_lease_from_before_can_write_nothing_after_a_restore(
    filled: models.Connection, tmp_path: Path, home: Path
) -> None:
    path = _made(tmp_path)
    held = lease.take(filled)
    held.release()
    _restore(path, home)
    with pytest.raises(LeaseLost):
        held.prove()


def test_a_run_under_way_refuses_the_restore(filled: models.Connection, tmp_path: Path, home: Path) -> None:
    path = _made(tmp_path)
    held = lease.take(filled)
    before = _stored()
    try:
        with pytest.raises(LeaseTaken):
            _restore(path, home)
    finally:
        held.release()
    assert _stored() == before
    assert not (home / "backups").exists()
    _restore(path, home)


def test_a_connection_that_a_restore_replaced_takes_no_lease(
    filled: models.Connection, tmp_path: Path, home: Path
) -> None:
    waiting = models.Connection.objects.get()
    models.Connection.objects.update(name="beta")
    path = _made(tmp_path)
    models.Connection.objects.update(name="acme")
    _restore(path, home)
    with pytest.raises(StoreProblem) as problem:
        lease.take(waiting)
    assert problem.value.code == "CONNECTION_UNKNOWN"
    lease.take(models.Connection.objects.get()).release()


def test_connections_are_replaced_only_when_asked(
    filled: models.Connection, tmp_path: Path, home: Path
) -> None:
    path, before = _made(tmp_path), _stored()
    with pytest.raises(StoreProblem, match="--replace") as problem:
        _restore(path, home, replace=False)
    assert problem.value.code == "HOME_NOT_EMPTY"
    assert _stored() == before
    with transaction.atomic():
        tables.empty(using="default")
    assert _restore(path, home, replace=False).before is None
    assert models.Invoice.objects.get().name == "FV-1-1"


@pytest.mark.parametrize("keys", [(), ("otra",)])
def test_without_its_key_nothing_is_restored_but_what_needs_none(
    filled: models.Connection, tmp_path: Path, home: Path, keys: tuple[str, ...]
) -> None:
    models.ConnectionDraft.objects.create(
        name="a-medias",
        made_by=models.User.objects.get(),
        made_at=datetime.now(UTC),
        siigo_key_sealed=Vault(KEYS).seal("clave"),
    )
    path, before = _made(tmp_path), _stored()
    with pytest.raises(StoreProblem) as problem:
        _restore(path, home, keys=keys)
    assert problem.value.code == "KEY_MISSING"
    assert "--without-credentials" in problem.value.message
    assert _stored() == before
    done = _restore(path, home, keys=keys, with_credentials=False)
    assert done.without_credentials == ("acme",)
    kept = models.Connection.objects.get()
    assert (kept.siigo_key_sealed, kept.escala_key_sealed) == ("", "")
    assert (kept.paused, kept.forgotten) == ("CREDENTIALS_MISSING", True)
    assert models.SiigoCompany.objects.get().token_sealed == ""
    assert models.Invoice.objects.get().state == "sending"
    assert models.User.objects.get().email == "ana@acme.example"
    assert not Authenticator.objects.exists(), "nobody could come in by it"
    assert not models.ConnectionDraft.objects.exists(), "nor ask for a key that is lost"


@pytest.mark.parametrize("keys", [(), ("otra",)])
def test_where_something_is_sealed_no_copy_is_made_that_knows_nothing_of_its_key(
    filled: models.Connection, tmp_path: Path, keys: tuple[str, ...]
) -> None:
    with pytest.raises(StoreProblem, match="SIIGO_ESCALA_SECRET_KEY") as problem:
        _made(tmp_path, keys=keys)
    assert problem.value.code == "KEY_MISSING"
    assert list(tmp_path.rglob("*copia*")) == []


@pytest.mark.parametrize("keys", [(), ("otra",)])
def test_what_is_put_aside_without_its_key_asks_for_it_and_loses_nothing(
    filled: models.Connection, tmp_path: Path, home: Path, keys: tuple[str, ...]
) -> None:
    erasing.remember(models.EscalaAccount.objects.get(), ["52123456"], vault=Vault(KEYS), now=NOW)
    kept = _restore(_made(tmp_path), home, keys=keys, with_credentials=False).before
    assert kept is not None
    for others in ((), ("otra",)):
        with pytest.raises(StoreProblem) as problem:
            _restore(kept, home, keys=others)
        assert problem.value.code == "KEY_MISSING"
    done = _restore(kept, home)
    assert (done.without_credentials, done.erasures_lost) == ((), 0)
    assert Vault(KEYS).open(models.Connection.objects.get().siigo_key_sealed) == "clave"
    assert erasing.of_account(models.EscalaAccount.objects.get(), Vault(KEYS)).covers(["52123456"])
    assert Authenticator.objects.exists()


def test_a_second_factor_alone_asks_for_its_key(database: str, tmp_path: Path, home: Path) -> None:
    Authenticator.objects.create(
        user=models.User.objects.make("ana@acme.example", None),
        type="totp",
        data={"secret": Vault(KEYS).seal("del teléfono")},
        created_at=NOW,
    )
    kept = backup.aside(tmp_path, "restore", keys=(), now=NOW)
    with pytest.raises(StoreProblem) as problem:
        _restore(kept, home, keys=("otra",))
    assert problem.value.code == "KEY_MISSING"
    _restore(kept, home)
    assert Authenticator.objects.exists()


def test_the_key_of_the_copy_may_be_an_older_one(
    filled: models.Connection, tmp_path: Path, home: Path
) -> None:
    path = _made(tmp_path)
    _restore(path, home, keys=("nueva", *KEYS))
    assert Vault(KEYS).open(models.Connection.objects.get().siigo_key_sealed) == "clave"


def test_the_key_of_erased_persons_is_needed_like_that_of_the_credentials(
    filled: models.Connection, tmp_path: Path, home: Path
) -> None:
    account = models.EscalaAccount.objects.get()
    erasing.remember(account, ["52123456"], vault=Vault(KEYS), now=NOW)
    vault = Vault(["nueva"])
    models.Connection.objects.update(siigo_key_sealed=vault.seal("a"), escala_key_sealed=vault.seal("b"))
    path = _made(tmp_path, keys=("nueva", *KEYS))
    with pytest.raises(StoreProblem, match="otra clave"):
        _restore(path, home, keys=("nueva",))
    _restore(path, home, keys=("nueva", *KEYS))


def test_halves_of_killed_copies_go_with_the_next_in_their_folder(
    filled: models.Connection, tmp_path: Path
) -> None:
    old, young = (tmp_path / f"{backup.HALF}{name}.part" for name in ("a", "b"))
    foreign = tmp_path / ".otra.part"
    for path in (old, young, foreign):
        path.touch()
    for path in (old, foreign):
        os.utime(path, (0, 0))
    _made(tmp_path)
    assert [path.exists() for path in (old, young, foreign)] == [False, True, True]


def test_a_token_of_a_lost_key_is_fetched_again(
    filled: models.Connection, tmp_path: Path, home: Path
) -> None:
    models.SiigoCompany.objects.update(token_sealed=Vault(["otra"]).seal("token"))
    _restore(_made(tmp_path), home)
    assert models.SiigoCompany.objects.get().token_sealed == ""
    assert models.Connection.objects.get().paused == ""


def test_an_installation_without_a_key_comes_back_without_one(
    database: str, tmp_path: Path, home: Path
) -> None:
    path = _made(tmp_path, keys=())
    assert _restore(path, home, keys=()).connections == ()


@pytest.mark.parametrize("overwrite", [False, True])
def test_an_existing_file_is_overwritten_only_when_asked(
    database: str, tmp_path: Path, overwrite: bool
) -> None:
    path = tmp_path / "copia.zip"
    path.write_text("algo")
    if overwrite:
        _made(tmp_path, overwrite=True)
        assert zipfile.is_zipfile(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    else:
        with pytest.raises(StoreProblem) as problem:
            _made(tmp_path)
        assert problem.value.code == "FILE_EXISTS"
        assert path.read_text() == "algo"
    assert [one.name for one in tmp_path.glob(".*")] == []


@pytest.mark.parametrize("path", ["no/existe.zip", "."])
def test_a_place_where_no_file_can_be_is_told(database: str, tmp_path: Path, path: str) -> None:
    with pytest.raises(StoreProblem):
        backup.make(tmp_path / path, keys=KEYS, overwrite=True, now=NOW)


def test_no_secret_stands_in_clear_and_no_key_stands_at_all(
    filled: models.Connection, tmp_path: Path
) -> None:
    models.Connection.objects.update(siigo_key_sealed=Vault(KEYS).seal("secretisimo"))
    with zipfile.ZipFile(_made(tmp_path)) as made:
        content = b"".join(made.read(name) for name in made.namelist())
    assert b"secretisimo" not in content
    assert KEYS[0].encode() not in content


def _files(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as made:
        return {name: made.read(name) for name in made.namelist()}


def _rewritten(path: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)


def _spoilt(path: Path) -> Iterator[tuple[str, bytes]]:
    """Ways in which an archive goes wrong, each as the bytes of its file."""
    whole = path.read_bytes()
    for share in (0.0, 0.3, 0.9, 0.999):
        yield f"cut at {share}", whole[: int(len(whole) * share)]
    yield "something else", b"PK nothing" * 100
    flipped = bytearray(whole)
    with zipfile.ZipFile(path) as made:
        flipped[made.getinfo("invoice.jsonl").header_offset + 120] ^= 0xFF
    yield "a bit", bytes(flipped)
    files = _files(path)
    manifest = json.loads(files["manifest.json"])

    def with_manifest(**changed: Any) -> dict[str, bytes]:
        return {**files, "manifest.json": json.dumps({**manifest, **changed}).encode()}

    tables_less = [one for one in manifest["tables"] if one["name"] != "invoice"]
    for what, changed in {
        "a row less": {**files, "invoice.jsonl": b""},
        "a member less": {name: content for name, content in files.items() if name != "invoice.jsonl"},
        "a row more": {**files, "invoice.jsonl": files["invoice.jsonl"] * 2},
        "no manifest": {name: content for name, content in files.items() if name != "manifest.json"},
        "a foreign zip": {"hola.txt": b"hola"},
        "another manifest": {**files, "manifest.json": b"[]"},
        "a manifest of nothing": {**files, "manifest.json": b"{}"},
        "another format": with_manifest(format="otro"),
        "a newer format": with_manifest(version=2),
        "a newer schema": with_manifest(schema="9999_later"),
        "a table less": with_manifest(tables=tables_less),
        "an edited manifest": with_manifest(made="2020-01-01T00:00:00+00:00"),
        "a huge manifest": {**files, "manifest.json": b" " * 1_000_001 + files["manifest.json"]},
    }.items():
        _rewritten(path, changed)
        yield what, path.read_bytes()


def test_an_archive_that_is_not_whole_and_ours_changes_nothing(
    filled: models.Connection, tmp_path: Path, home: Path
) -> None:
    path = _made(tmp_path)
    before = _stored()
    spoilt = dict(_spoilt(path))
    for what, content in spoilt.items():
        path.write_bytes(content)
        with pytest.raises(StoreProblem) as problem:
            _restore(path, home)
        assert problem.value.code in ("ARCHIVE_INVALID", "SCHEMA_NEWER"), what
        assert "No se cambió nada" in problem.value.message or "no se cambió nada" in problem.value.message
        assert _stored() == before, what
    assert not (home / "backups").exists()


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("invoice", lambda row: [row[0], 99, *row[2:]]),
        ("invoice", lambda row: ["x", *row[1:]]),
        ("invoice", lambda row: [None, *row[1:]]),
        ("connection", lambda row: [row[0], {"a": 1}, "quizá", *row[3:]]),
        ("invoice", lambda row: row[1:]),
        ("invoice", lambda row: {"a": row}),
    ],
)
def test_rows_that_the_database_refuses_change_nothing(
    filled: models.Connection, tmp_path: Path, home: Path, table: str, change: Any
) -> None:
    """Even where whoever edited the archive put every hash right."""
    model = next(model for model in tables.in_order() if model._meta.db_table == table)
    path = tmp_path / "copia.zip"
    with path.open("wb") as stream:
        made = archive.Writer(stream)
        for one in tables.in_order():
            rows = list(tables.rows(one, using="default"))
            made.table(
                one._meta.db_table,
                tables.columns(one),
                [change(row) for row in rows] if one is model else rows,
            )
        made.close(made=NOW.isoformat(), program="1", schema="0001_initial", keys=KEYS, salt="ab")
    before = _stored()
    with pytest.raises(StoreProblem) as problem:
        _restore(path, home)
    assert problem.value.code == "ARCHIVE_INVALID"
    assert _stored() == before


def test_a_missing_archive_is_told(database: str, tmp_path: Path, home: Path) -> None:
    for path in (tmp_path / "nada.zip", tmp_path, tmp_path / "nada" / "nada.zip"):
        with pytest.raises(StoreProblem) as problem:
            _restore(path, home)
        assert problem.value.code == "FILE_MISSING"


def test_a_backup_sees_one_moment_and_lets_a_run_write_on(filled: models.Connection) -> None:
    with backup.snapshot() as alias:
        assert models.Invoice.objects.using(alias).count() == 1
        models.Invoice.objects.create(connection=filled, escala=filled.escala, siigo_id="a-2")
        assert models.Invoice.objects.count() == 2
        assert models.Invoice.objects.using(alias).count() == 1
        assert models.Run.objects.using(alias).count() == 0
    with backup.snapshot() as alias:
        assert models.Invoice.objects.using(alias).count() == 2


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.slow
@trials(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=texts,
    value=st.decimals(min_value=-(10**12), max_value=10**12, places=2),
    moment=st.none() | st.datetimes(timezones=st.just(UTC)),
    day=st.none() | st.dates(min_value=date(1, 1, 1)),
    record=st.dictionaries(texts, json_values, max_size=4),
    grants=texts,
)
def test_whatever_a_row_holds_comes_back_equal(
    connection: models.Connection,
    tmp_path: Path,
    home: Path,
    name: str,
    value: Decimal,
    moment: datetime | None,
    day: date | None,
    record: dict[str, Any],
    grants: str,
) -> None:
    models.Invoice.objects.all().delete()
    models.Invoice.objects.create(
        connection=models.Connection.objects.get(),
        escala=models.EscalaAccount.objects.get(),
        siigo_id="a",
        name=name,
        value=value,  # type: ignore[misc]  # a CentsField takes Decimal
        created=moment,
        date=day,
        record=record,
        deal_id=None,
    )
    models.Limit.objects.update_or_create(account="a", defaults={"grants": grants})
    invoices = _stored()["invoice"]
    path = _made(tmp_path, overwrite=True)
    _restore(path, home)
    assert _stored()["invoice"] == invoices
    assert models.Limit.objects.get().grants == grants


def test_every_table_of_ours_is_in_the_archive(database: str, tmp_path: Path) -> None:
    manifest = backup.make(tmp_path / "a.zip", keys=KEYS, overwrite=False, now=NOW)
    there = {
        name
        for name in database_connection.introspection.table_names()
        if not name.startswith(("account_", "auth_", "axes_", "django_", "sqlite_"))
    }
    assert {member.table for member in manifest.members} == there


@pytest.mark.slow
@pytest.mark.timeout(170)
@pytest.mark.parametrize("step", [2, 7, 12, 17])
def test_killed_in_the_middle_of_a_restore_everything_is_as_before_or_as_in_the_copy(
    filled: models.Connection, database: str, tmp_path: Path, home: Path, step: int
) -> None:
    path = _made(tmp_path)
    models.Invoice.objects.update(name="de ahora")
    before = _stored()
    killed = dying.forked(child.restore, database, home, step, path, KEYS[0])
    assert dying.ended(killed) == -signal.SIGKILL
    assert _stored() == before
    _restore(path, home)
    assert models.Invoice.objects.get().name == "FV-1-1"


def test_without_the_key_marks_of_erased_persons_are_told_to_be_lost(
    filled: models.Connection, tmp_path: Path, home: Path
) -> None:
    account = models.EscalaAccount.objects.get()
    erasing.remember(account, ["52123456"], vault=Vault(KEYS), now=NOW)
    path = _made(tmp_path)
    _restore(path, home)
    account = models.EscalaAccount.objects.get()
    assert erasing.of_account(account, Vault(KEYS)).covers(["52123456"])
    assert _restore(path, home, keys=(), with_credentials=False).erasures_lost == 1
    account = models.EscalaAccount.objects.get()
    assert not erasing.of_account(account, Vault(["otra"]))
    assert models.Erasure.objects.count() == 0


LATER = """
from django.db import migrations


def mark(apps, schema_editor):
    apps.get_model("store", "Run").objects.using(schema_editor.connection.alias).update(kind="later")


class Migration(migrations.Migration):
    dependencies = [("store", "{newest}")]
    operations = [migrations.RunPython(mark)]
"""


@pytest.mark.slow
def test_an_archive_of_an_earlier_schema_is_brought_up_to_date(
    filled: models.Connection, tmp_path: Path, home: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next version of the program has one more migration, which puts a text into every run."""
    models.Run.objects.create(connection=filled, started=NOW)
    path = _made(tmp_path)
    shutil.copytree(migrations.__path__[0], tmp_path / "next_version")
    newest = max(path.stem for path in (tmp_path / "next_version").glob("0*.py"))
    (tmp_path / "next_version" / "9999_later.py").write_text(LATER.format(newest=newest))
    monkeypatch.syspath_prepend(tmp_path)
    for module in [name for name in sys.modules if name.partition(".")[0] == "next_version"]:
        monkeypatch.delitem(sys.modules, module)  # of the same test on the other store
    settings.MIGRATION_MODULES = {"store": "next_version"}
    schema.ensure(by_itself=True)
    models.Run.objects.update(kind="sync")
    _restore(path, home)
    assert models.Run.objects.get().kind == "later"
    assert models.Invoice.objects.get().name == "FV-1-1"
    newer = tmp_path / "nueva.zip"
    assert backup.make(newer, keys=KEYS, overwrite=False, now=NOW).schema == "9999_later"
    settings.MIGRATION_MODULES = {}
    with pytest.raises(StoreProblem) as problem:
        _restore(newer, home)
    assert problem.value.code == "SCHEMA_NEWER"


@pytest.mark.parametrize("key", ["una clave", "otra"])
def test_a_second_factor_of_before_allauth_comes_back_where_its_key_opens_it(
    database: str, tmp_path: Path, home: Path, key: str
) -> None:
    secret = Vault([key]).seal("JBSWY3DPEHPK3PXP")
    then = "0010_opportunity_stamp"
    path = tmp_path / "copia.zip"
    with path.open("wb") as stream:
        made = archive.Writer(stream)
        for one in tables.in_order(MigrationLoader(None).project_state(("store", then)).apps):
            row = {"email": "ana@acme.example", "is_active": True, "is_installer": True, "theme": ""}
            row |= {"id": 7, "password": "x", "last_login": None, "joined_at": NOW.isoformat()}
            row |= {"totp_sealed": secret, "totp_step": 5, "recovery": ["una"]}
            names, table = tables.columns(one), one._meta.db_table
            made.table(table, names, [[row[name] for name in names]] if table == "person" else [])
        made.close(made=NOW.isoformat(), program="1", schema=then, keys=KEYS, salt="ab")
    _restore(path, home)
    assert models.User.objects.get().pk == 7
    assert models.User.objects.get().has_second_factor is (key in KEYS)
    assert [row.data for row in Authenticator.objects.all()] == [{"secret": secret}] * (key in KEYS)


def test_what_a_killed_restore_left_goes_with_the_next(database: str, tmp_path: Path, home: Path) -> None:
    for name, age in ((".restore-vieja", 100_000), (".restore-otra", 100)):
        (home / name).mkdir()
        os.utime(home / name, (time.time() - age,) * 2)
    _restore(_made(tmp_path), home)
    assert [path.name for path in home.glob(".restore-*")] == [".restore-otra"]
