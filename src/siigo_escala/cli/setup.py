"""What a command needs before it works: the environment, a private folder, logs, Django and its schema."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from siigo_escala.cli import output

if TYPE_CHECKING:
    from siigo_escala.config.env import Environment


def now() -> datetime:
    """The clock of this machine, aware UTC."""
    return datetime.now(UTC)


SETTINGS = "siigo_escala.config.settings"


def prepared(*, migrate: bool = False, reads_only: bool = False, settings: str = SETTINGS) -> Environment:
    """The environment, with Django ready and the schema as this program knows it.

    `reads_only`: nothing of ours is written, so that a folder that cannot be written will do. `settings`:
    Django's module of them, for a program that has more than the product.
    EnvironmentProblem, StoreProblem(SCHEMA_OLD, SCHEMA_NEWER), OSError where the folder cannot be used.
    """
    from siigo_escala.cli import logs
    from siigo_escala.config import env

    environment = env.read(os.environ)
    # Database, key and logs hold what only their owner may read.
    os.umask(0o077)
    try:
        environment.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        # Whose database is on a server reads it all the same.
        if not reads_only or environment.database_url.startswith("sqlite"):
            raise
    logs.configure(environment)
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    import django

    django.setup()
    from siigo_escala.store import frozen, schema

    if reads_only and frozen.stand_in() is not None:
        output.note("La carpeta no se puede escribir: se lee una copia de lo que hay en este momento.")
    schema.ensure(by_itself=migrate)
    return environment
