"""The values of an archive's columns as a database's driver takes them, each of the kind its column has."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from siigo_escala.store.fields import CentsField

Column = Sequence[Any]
_WRITTEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00", re.ASCII)
_ENCODE = json.JSONEncoder(check_circular=False).encode
_AS_THEY_ARE: dict[type[models.Field[Any, Any]], type] = {
    models.CharField: str,
    models.TextField: str,
    models.BigAutoField: int,
    models.ForeignKey: int,
    models.OneToOneField: int,
    models.BigIntegerField: int,
    models.PositiveBigIntegerField: int,
    models.PositiveIntegerField: int,
    models.PositiveSmallIntegerField: int,
    models.BooleanField: bool,
}


def reader(field: models.Field[Any, Any], connection: BaseDatabaseWrapper) -> Callable[[Column], Column]:
    """What makes the driver's values of those that an archive holds. ValueError for some of another kind."""
    kind = _AS_THEY_ARE.get(type(field))
    if kind is not None:
        return _same(field, kind)
    if connection.vendor == "sqlite" and type(field) is models.DateTimeField:
        return partial(_each_once, _naive)
    if connection.vendor == "sqlite" and type(field) is models.DateField:
        return partial(_each_once, _day)
    one = _one(field, connection)
    return lambda column: [None if value is None else one(value) for value in column]


def _same(field: models.Field[Any, Any], kind: type) -> Callable[[Column], Column]:
    allowed = {kind, type(None)} if field.null else {kind}

    def same(column: Column) -> Column:
        if set(map(type, column)) <= allowed:
            return column
        raise ValueError(field.attname)

    return same


def _one(field: models.Field[Any, Any], connection: BaseDatabaseWrapper) -> Callable[[Any], Any]:
    if isinstance(field, CentsField):
        return field.get_prep_value
    if connection.vendor == "sqlite" and type(field) is models.JSONField:
        return _json
    return lambda value: field.get_db_prep_save(field.to_python(value), connection)


def _json(value: Any) -> str:
    """Most columns hold nothing most of the time."""
    return "{}" if value == {} else _ENCODE(value)


def _each_once(one: Callable[[str], str], column: Column) -> Column:
    """Days and instants as Django keeps them in SQLite: many rows share one."""
    known: dict[str | None, str | None] = {None: None}
    known |= {text: one(text) for text in set(column) - {None}}
    return [known[text] for text in column]


def _day(text: str) -> str:
    return date.fromisoformat(text).isoformat()


def _naive(text: str) -> str:
    """An instant in UTC, without saying so."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    if _WRITTEN.fullmatch(text):
        # As `tables.rows` writes it: there is nothing to convert.
        return f"{text[:10]} {text[11:-6]}"
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
