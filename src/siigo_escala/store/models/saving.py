"""Saving many rows at once, one prepared statement for all of them.

Django's `bulk_update` builds a CASE expression per field and `bulk_create` an expression per value: ten times
the work, at every commit of a run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, models

from siigo_escala.store.fields import CentsField

_Write = Callable[[Any], Any]
_ENCODE = json.JSONEncoder().encode
_AS_THEY_ARE = (models.BooleanField, models.BigIntegerField, models.ForeignKey)
"""Fields whose values the drivers take as our code gives them."""


def save_rows(
    rows: Sequence[models.Model],
    fields: Sequence[str],
    *,
    only_where: str = "",
    instead: Mapping[str, tuple[str, str]] | None = None,
) -> int:
    """Writes these fields of rows that stand in the database; how many were written.

    `only_where`: a condition in SQL on the row as it stands; one that does not meet it stays as it is.
    `instead`: for a field, a counter and an expression in SQL: where the counter in the database is no longer
    the row's, the field becomes that expression and not what the row says.
    """
    if not rows:
        return 0
    statement, columns = _update(
        connection.vendor,
        type(rows[0]),
        tuple(fields),
        only_where,
        tuple((name, *given) for name, given in (instead or {}).items()),
    )
    values = [[*(write(getattr(row, name)) for name, write in columns), row.pk] for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)
        return int(cursor.rowcount)


def insert_rows(
    rows: Sequence[models.Model],
    *,
    unique: Sequence[str] = (),
    update: Sequence[str] = (),
    update_where: str = "",
) -> None:
    """Inserts rows, without telling them their keys.

    `unique`: fields of a unique constraint; where such a row stands, its `update` fields are written over, if
    it meets `update_where` (a condition in SQL; the new row is called EXCLUDED in it).
    """
    if not rows:
        return
    statement, columns = _insert(connection.vendor, type(rows[0]), tuple(unique), tuple(update), update_where)
    values = [[write(getattr(row, name)) for name, write in columns] for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)


def insert_values(
    model: type[models.Model],
    rows: Sequence[Mapping[str, Any]],
    *,
    unique: Sequence[str] = (),
    update: Sequence[str] = (),
) -> None:
    """`insert_rows` of rows that nobody needs as models: each names a value for every column but the key.

    Making a model takes longer than storing its row.
    """
    if not rows:
        return
    statement, columns = _insert(connection.vendor, model, tuple(unique), tuple(update), "")
    values = [[write(row[name]) for name, write in columns] for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)


@cache
def _update(
    vendor: str,  # noqa: ARG001 - values are written otherwise for another database
    model: type[models.Model],
    fields: tuple[str, ...],
    only_where: str,
    instead: tuple[tuple[str, str, str], ...],
) -> tuple[str, list[tuple[str, _Write]]]:
    guarded = {name: (counter, expression) for name, counter, expression in instead}
    assignments, chosen = [], []
    for name in fields:
        field = _field(model, name)
        if name in guarded:
            counter, expression = _field(model, guarded[name][0]), guarded[name][1]
            assignments.append(
                f"{_column(field)} = CASE WHEN {_column(counter)} = %s THEN %s ELSE {expression} END"
            )
            chosen.append(counter)
        else:
            assignments.append(f"{_column(field)} = %s")
        chosen.append(field)
    condition = f" AND {only_where}" if only_where else ""
    statement = (
        f"UPDATE {_quoted(model._meta.db_table)} SET {', '.join(assignments)} WHERE id = %s{condition}"
    )
    return statement, [(field.attname, _writer(field)) for field in chosen]


@cache
def _insert(
    vendor: str,  # noqa: ARG001 - as above
    model: type[models.Model],
    unique: tuple[str, ...],
    update: tuple[str, ...],
    update_where: str,
) -> tuple[str, list[tuple[str, _Write]]]:
    chosen = [field for field in model._meta.concrete_fields if not field.primary_key]
    names = ", ".join(_column(field) for field in chosen)
    statement = (
        f"INSERT INTO {_quoted(model._meta.db_table)} ({names}) VALUES ({', '.join(['%s'] * len(chosen))})"
    )
    if unique:
        target = ", ".join(_column(_field(model, name)) for name in unique)
        columns = [_column(_field(model, name)) for name in update]
        action = ", ".join(f"{column} = EXCLUDED.{column}" for column in columns)
        statement += f" ON CONFLICT ({target}) DO " + (f"UPDATE SET {action}" if action else "NOTHING")
        statement += f" WHERE {update_where}" if update_where else ""
    return statement, [(field.attname, _writer(field)) for field in chosen]


def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    field: models.Field[Any, Any] = model._meta.get_field(name)  # type: ignore[assignment]  # no reverse relation is named
    return field


def _column(field: models.Field[Any, Any]) -> str:
    return _quoted(field.column or field.attname)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _writer(field: models.Field[Any, Any]) -> _Write:
    """What turns a value of this field into the driver's, without the layers that look at any value."""
    there = connections[DEFAULT_DB_ALIAS]
    if isinstance(field, models.CharField | models.TextField):
        return _text
    if type(field) in _AS_THEY_ARE:
        return _same
    if isinstance(field, models.JSONField):
        return (
            _json if there.vendor == "sqlite" else _or_none(partial(there.ops.adapt_json_value, encoder=None))
        )
    if isinstance(field, models.DateTimeField):
        return _utc if there.vendor == "sqlite" else _or_none(there.ops.adapt_datetimefield_value)
    if isinstance(field, CentsField):
        return field.get_prep_value
    return partial(field.get_db_prep_save, connection=there)


def _or_none(write: _Write) -> _Write:
    return lambda value: None if value is None else write(value)


def _text(value: Any) -> Any:
    return value if value is None or type(value) is str else str(value)


def _same(value: Any) -> Any:
    return value


def _json(value: Any) -> Any:
    """Most columns hold nothing most of the time."""
    return "{}" if value == {} else None if value is None else _ENCODE(value)


def _utc(value: datetime | None) -> str | None:
    """As Django stores an instant in SQLite: without an offset, in UTC."""
    return None if value is None else str(value.astimezone(UTC).replace(tzinfo=None))
