"""The database's schema: made and brought up to date, under a lock, after a backup."""

from __future__ import annotations

import importlib.util
import pkgutil
import sqlite3
from contextlib import closing
from pathlib import Path

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection

from siigo_escala.store import locks
from siigo_escala.store.errors import StoreProblem

_COPY = ".before-migration"


def ensure(*, by_itself: bool) -> None:
    """The schema is the one this program knows, or StoreProblem(SCHEMA_OLD, SCHEMA_NEWER).

    SQLite brings itself up to date; PostgreSQL only when asked (`by_itself`, the command `migrate`).
    """
    missing, foreign = _difference()
    if foreign:
        raise StoreProblem(
            "SCHEMA_NEWER",
            f"La base de datos es de una versión más nueva ({foreign[0]}): instale esa versión del programa.",
        )
    if not missing:
        return
    if connection.vendor != "sqlite" and not by_itself:
        raise StoreProblem(
            "SCHEMA_OLD", "La base de datos está atrasada: ejecute primero «siigo-escala migrate»."
        )
    path = Path(str(connection.settings_dict["NAME"]))
    if connection.vendor == "sqlite":
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = locks.take("schema", 1)
    try:
        # Somebody else may have done it meanwhile, here or on another machine.
        if _difference()[0]:
            if connection.vendor == "sqlite":
                _backup(path)
            call_command("migrate", verbosity=0, interactive=False)
    finally:
        lock.release()


def ensure_not_newer() -> None:
    """StoreProblem(SCHEMA_NEWER) where a newer program has changed the database since this one began."""
    foreign = _difference()[1]
    if foreign:
        raise StoreProblem(
            "SCHEMA_NEWER",
            f"Una versión más nueva del programa cambió la base de datos ({foreign[0]}) y este motor terminó "
            "sin empezar nada más: inicie el de esa versión.",
        )


def copies(folder: Path) -> set[Path]:
    """What was copied before a change of the schema: in `folder`, and beside the database."""
    folders = {folder}
    if connection.vendor == "sqlite":
        folders.add(Path(str(connection.settings_dict["NAME"])).parent)
    return {path for one in folders for path in one.glob(f"*{_COPY}*")}


def is_current() -> bool:
    """Whether the database has exactly the schema that this program knows; nothing is changed."""
    missing, foreign = _difference()
    return not missing and not foreign


def newest() -> str:
    """The last migration of our own tables that this program knows."""
    return max(name for app, name in _known() if app == "store")


def _known() -> set[tuple[str, str]]:
    """Every migration, also of the libraries that keep tables here: (app, name)."""
    return {(app.label, name) for app in apps.get_app_configs() for name in _migrations(app)}


def _migrations(app: AppConfig) -> list[str]:
    name = settings.MIGRATION_MODULES.get(app.label) or f"{app.name}.migrations"
    if importlib.util.find_spec(name) is None:
        return []
    found = pkgutil.iter_modules(importlib.import_module(name).__path__)
    return [module.name for module in found if module.name[:4].isdigit()]


def _difference() -> tuple[list[str], list[str]]:
    """Migrations that the database lacks, and those it has and this program does not know."""
    ours = _known()
    if connection.vendor == "sqlite" and not Path(str(connection.settings_dict["NAME"])).exists():
        return [name for _, name in sorted(ours)], []
    applied = _applied({app for app, _ in ours})
    return [name for _, name in sorted(ours - applied)], [name for _, name in sorted(applied - ours)]


def _applied(labels: set[str]) -> set[tuple[str, str]]:
    """The migrations of these apps that the database has had: (app, name)."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            return {(app, name) for app, name in cursor.fetchall() if app in labels}
    except DatabaseError as problem:
        if "django_migrations" not in str(problem):
            raise
        return set()


def _backup(path: Path) -> None:
    """A copy of the database as it stands, beside it, before its schema changes.

    Named after that schema, so that an upgrade which is taken up half-way spares the copy from before it; one
    of the very same schema gives way, since the program of then may have gone on working.
    """
    if not path.exists() or path.stat().st_size == 0:
        return
    applied = _applied({app for app, _ in _known()})
    ours = max((name for app, name in applied if app == "store"), default="0000")
    copy = path.with_name(f"{path.name}{_COPY}-{ours}-{len(applied)}")
    part = path.with_name(f"{path.name}{_COPY}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(part)) as target:
        source.backup(target)
    part.replace(copy)
