"""An archive as a database of its own, made for one restore: at its own schema, then at this program's."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model

from siigo_escala.store import archive, schema, tables
from siigo_escala.store.archive import Reader

_ALIAS = "scratch"
_PREFIX = ".restore-"
_OLD_S = 24 * 3600


class Scratch:
    """The scratch database, filled; its rows go from here to ours."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def attached(self) -> Iterator[None]:
        """SQLite copies from file to file while this lasts; begun outside of a transaction."""
        if connection.vendor != "sqlite":
            yield
            return
        with connection.cursor() as cursor:
            cursor.execute(f"ATTACH DATABASE %s AS {_ALIAS}", [str(self._path)])
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute(f"DETACH DATABASE {_ALIAS}")

    def copy(self, model: type[Model]) -> None:
        """Puts every row of a table into ours, which is empty."""
        if connection.vendor != "sqlite":
            names = tables.columns(model)
            tables.fill(model, tables.rows(model, using=_ALIAS), names=names, using="default")
            return
        quote = connection.ops.quote_name
        names_ = ", ".join(quote(field.column or field.attname) for field in model._meta.concrete_fields)
        table = quote(model._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO main.{table} ({names_}) SELECT {names_} FROM {_ALIAS}.{table}")


@contextmanager
def loaded(reader: Reader, *, folder: Path) -> Iterator[Scratch]:
    """The archive's rows in a database that nobody else sees, gone afterwards. ARCHIVE_INVALID."""
    sweep(folder)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=folder) as name:
        path = Path(name) / "scratch.db"
        connections.settings[_ALIAS] = {
            **connections.settings["default"],
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(path),
            # Nothing is lost with it: what counts is the transaction that copies from here.
            "OPTIONS": {
                "init_command": "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; "
                "PRAGMA locking_mode=EXCLUSIVE; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536;"
            },
        }
        try:
            _load(reader)
            connections[_ALIAS].close()
            yield Scratch(path)
        finally:
            connections[_ALIAS].close()
            del connections[_ALIAS]
            del connections.settings[_ALIAS]


def sweep(folder: Path) -> int:
    """Takes away what restores left that were killed; how many."""
    oldest = time.time() - _OLD_S
    left = [path for path in folder.glob(f"{_PREFIX}*") if path.stat().st_mtime < oldest]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return len(left)


def _load(reader: Reader) -> None:
    then = reader.manifest.schema
    loader = MigrationLoader(None)
    if ("store", then) not in loader.graph.nodes:
        raise archive.damaged("sus tablas no son las de este programa")
    members = {member.table: member for member in reader.manifest.members}
    models = tables.in_order(loader.project_state(("store", then)).apps)
    wanted = {model._meta.db_table: sorted(tables.columns(model)) for model in models}
    if {member.table: sorted(member.columns) for member in members.values()} != wanted:
        raise archive.damaged("sus tablas no son las de este programa")
    _create(models)
    if then == schema.newest():
        _without_indexes()
    # Looked at once, at the end, and not for every row.
    with connections[_ALIAS].constraint_checks_disabled(), transaction.atomic(using=_ALIAS):
        for model in models:
            member = members[model._meta.db_table]
            tables.fill(model, reader.rows(member), names=member.columns, using=_ALIAS)
        connections[_ALIAS].check_constraints()
    if then != schema.newest():
        _bring_up_to_date(loader, then)


def _create(models: Sequence[type[Model]]) -> None:
    """Empty tables as they were then, at once: one migration after another takes longer than the rows."""
    with connections[_ALIAS].schema_editor() as editor:
        for model in models:
            editor.create_model(model)


def _without_indexes() -> None:
    """Here every table is only read from end to end. Those that keep rows apart stay."""
    with connections[_ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master "
            "WHERE type = 'index' AND sql IS NOT NULL AND sql NOT LIKE '%UNIQUE%'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {connections[_ALIAS].ops.quote_name(name)}")


def _bring_up_to_date(loader: MigrationLoader, then: str) -> None:
    """The migrations after that one, with the rows in the tables."""
    recorder = MigrationRecorder(connections[_ALIAS])
    recorder.ensure_schema()
    for app, name in loader.graph.forwards_plan(("store", then)):
        recorder.record_applied(app, name)
    call_command("migrate", "store", database=_ALIAS, verbosity=0, interactive=False)
