"""Fresh databases for tests: copies of a migrated template, on SQLite and on PostgreSQL, in milliseconds."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from filelock import FileLock

from siigo_escala.config import settings as product_settings
from siigo_escala.store import migrations
from tests import postgresql

TEMPLATE = "TEST_TEMPLATE"
_TEMPLATE = "siigo_escala_template"


@contextmanager
def opened(url: str) -> Iterator[None]:
    """Django's default database is the one at `url`, in every thread that begins inside."""
    before = settings.DATABASES["default"]
    _point_at(connections.configure_settings({"default": product_settings._database(url)})["default"])
    try:
        yield
    finally:
        connections.close_all()
        _point_at(before)


@contextmanager
def sqlite_database(folder: Path, *, templates: Path, blocker: Any) -> Iterator[str]:
    """A migrated SQLite file in `folder`; its address. Tests that run tests hand their template on."""
    template = Path(os.environ.get(TEMPLATE) or templates / "template.db")
    with FileLock(template.with_suffix(".lock")):
        if not template.exists():
            _migrate(f"sqlite:///{template}.part", blocker)
            with sqlite3.connect(f"{template}.part") as session:
                session.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            session.close()
            Path(f"{template}.part").rename(template)
    path = folder / "siigo-escala.db"
    shutil.copyfile(template, path)
    path.chmod(0o600)
    yield f"sqlite:///{path}"


@contextmanager
def postgresql_database(server: str, *, templates: Path, blocker: Any) -> Iterator[str]:
    """A migrated database on `server`, dropped afterwards; its address."""
    template = f"{_TEMPLATE}_{_schema()}"
    with FileLock(templates / "template-postgresql.lock"):
        if not postgresql.has_database(server, template):
            part = f"part_{uuid4().hex}"
            _migrate(postgresql.create_database(server, part), blocker)
            postgresql.rename_database(server, part, template)
    name = f"test_{uuid4().hex}"
    try:
        yield postgresql.create_database(server, name, template=template)
    finally:
        postgresql.drop_database(server, name)


def _schema() -> str:
    """Changes with the migrations: a template is used again only while they are the same."""
    files = sorted(Path(migrations.__path__[0]).glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


def _migrate(url: str, blocker: Any) -> None:
    with blocker.unblock(), opened(url):
        call_command("migrate", verbosity=0, interactive=False)


def _point_at(entry: dict[str, object]) -> None:
    connections["default"].close()
    del connections["default"]
    connections.settings["default"] = entry
    settings.DATABASES["default"] = entry
