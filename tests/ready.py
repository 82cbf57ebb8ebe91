"""A process that has read everything a command needs, so that its forks are commands at once."""

from __future__ import annotations

import gc
import importlib
import os
import sys

_SETTINGS = "siigo_escala.config.settings"
_NEEDED = (
    "cryptography.fernet", "django.core.management", "django.db.backends.sqlite3.base", "filelock", "httpx2",
    "phonenumbers", "psycopg", "pydantic", "rich.console", "rich.progress", "rich.table", "structlog",
    "typer", "siigo_escala.cli.main", "siigo_escala.cli.setup", "siigo_escala.cli.logs",
    "siigo_escala.escala.client", "siigo_escala.siigo.client", "siigo_escala.store.backup",
    "siigo_escala.store.frozen", "siigo_escala.store.restoring", "siigo_escala.store.schema",
    "siigo_escala.sync.checking.examination", "siigo_escala.sync.connect", "siigo_escala.sync.opening",
    "siigo_escala.sync.report", "siigo_escala.sync.resolve", "siigo_escala.sync.run",
)  # fmt: skip


def load() -> None:
    """Reads it all, under settings that are nobody's; no database is asked."""
    os.environ["DJANGO_SETTINGS_MODULE"] = _SETTINGS
    import django

    django.setup()
    for name in _NEEDED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


def forget_settings() -> None:
    """In a fork: the next `django.setup` reads the settings from the environment as it then is."""
    from django.conf import settings
    from django.db import DEFAULT_DB_ALIAS, connections
    from django.utils import functional

    settings._wrapped = functional.empty
    sys.modules.pop(_SETTINGS, None)
    # It writes what they lack into them while it is read.
    sys.modules.pop("axes.conf", None)
    # Django's sessions look at them while they are read.
    connections.__dict__.pop("settings", None)
    connections._settings = None  # type: ignore[attr-defined]
    if hasattr(connections._connections, DEFAULT_DB_ALIAS):  # type: ignore[attr-defined]
        del connections[DEFAULT_DB_ALIAS]
