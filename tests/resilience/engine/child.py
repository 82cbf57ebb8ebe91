"""What a worker's process does: the real command, `siigo-escala worker`, libraries read already."""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
from collections.abc import Mapping
from multiprocessing import process as processes
from pathlib import Path

import cryptography.fernet
import dbos
import django.db.models
import filelock
import httpx2
import phonenumbers
import psycopg
import sqlalchemy.dialects.postgresql
import sqlalchemy.dialects.sqlite
import structlog
import typer

from siigo_escala.cli import main

READ_ALREADY = (
    cryptography.fernet,
    dbos,
    django.db.models,
    filelock,
    httpx2,
    phonenumbers,
    psycopg,
    sqlalchemy.dialects.postgresql,
    sqlalchemy.dialects.sqlite,
    structlog,
    typer,
)


def live(environment: Mapping[str, str], output: str) -> None:
    """Runs the command until it is asked to end; nobody is left behind when the chaos itself is gone."""
    os.environ.update(environment)
    with Path(output).open("ab") as told:
        os.dup2(told.fileno(), 1)
        os.dup2(told.fileno(), 2)
    faulthandler.enable()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    code = main.run(["worker"])
    sys.stderr.flush()
    os._exit(code)


def _end_with_parent() -> None:
    parent = processes.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
