"""Django's settings, all of them taken from the environment (config/env.py)."""

from __future__ import annotations

import ipaddress
import os
from typing import Any
from urllib.parse import urlsplit

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
    # A server that does not even refuse: whoever waits for a page learns it, too.
    entry["OPTIONS"] = {"connect_timeout": 10} | {
        key: value for key, value in parts.items() if key not in named
    }
    return entry


def _hosts(environment: env.Environment) -> list[str]:
    """Names by which the web application may be called: this machine's own, and those people were told.

    Anything else may be a foreign page that made its own name point here (DNS rebinding).
    """
    names = ["localhost", "127.0.0.1", "[::1]"]
    bind = environment.bind.host
    try:
        wildcard = ipaddress.ip_address(bind).is_unspecified
    except ValueError:
        wildcard = False
    if not wildcard:
        names.append(f"[{bind}]" if ":" in bind else bind)
    public = urlsplit(environment.public_url).hostname
    if public:
        names.append(f"[{public}]" if ":" in public else public)
    return names


DATABASES = {"default": _database(ENVIRONMENT.database_url)}
INSTALLED_APPS = ["siigo_escala.store", "siigo_escala.web"]
ROOT_URLCONF = "siigo_escala.config.urls"
MIDDLEWARE = ["siigo_escala.web.guards.Guards"]
ALLOWED_HOSTS = _hosts(ENVIRONMENT)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "America/Bogota"
LANGUAGE_CODE = "es-co"
USE_I18N = False
SECRET_KEY = ENVIRONMENT.secret_keys[0] if ENVIRONMENT.secret_keys else ""
LOGGING_CONFIG = None
