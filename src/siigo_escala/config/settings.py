"""Django's settings, all of them taken from the environment (config/env.py)."""

from __future__ import annotations

import os
from typing import Any

from siigo_escala.config import env

ENVIRONMENT = env.read(os.environ)


def _database(url: str) -> dict[str, Any]:
    """Django's entry for `sqlite:///path` or `postgresql://...`."""
    if url.startswith("sqlite"):
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": url.removeprefix("sqlite:///"),
            "OPTIONS": {
                # Writers queue at BEGIN instead of failing at their first write; an intent that was
                # committed must survive a power cut.
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
            },
        }
    from psycopg import conninfo

    parts = conninfo.conninfo_to_dict(url)
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    entry: dict[str, Any] = {"ENGINE": "django.db.backends.postgresql"}
    entry |= {named[key]: value for key, value in parts.items() if key in named}
    entry["OPTIONS"] = {key: value for key, value in parts.items() if key not in named}
    return entry


DATABASES = {"default": _database(ENVIRONMENT.database_url)}
INSTALLED_APPS = ["siigo_escala.store"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "America/Bogota"
LANGUAGE_CODE = "es-co"
USE_I18N = False
SECRET_KEY = ENVIRONMENT.secret_keys[0] if ENVIRONMENT.secret_keys else ""
LOGGING_CONFIG = None
