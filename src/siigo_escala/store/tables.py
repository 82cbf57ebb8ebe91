"""Our tables as a copy needs them: in the order in which they can be filled, rows as plain JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.apps import apps
from django.apps.registry import Apps
from django.db import connections, models

from siigo_escala.store import column_values

Row = list[Any]
_CHUNK = 1000
_PLAIN = frozenset((str, int, type(None), bool, dict, list, float))


def in_order(registry: Apps = apps) -> list[type[models.Model]]:
    """Every table of ours, and that of second factors, each after those that it refers to.

    `registry`: as they were at a migration; the earlier ones know nothing of second factors' own table.
    """
    configs = [registry.app_configs[label] for label in ("store", "mfa") if label in registry.app_configs]
    found = [model for config in configs for model in config.get_models()]
    left = sorted(found, key=lambda model: model._meta.db_table)
    ordered: list[type[models.Model]] = []
    while left:
        ready = [model for model in left if not (_referred(model) & set(left)) - {model}]
        ordered += ready
        left = [model for model in left if model not in ready]
    return ordered


def columns(model: type[models.Model]) -> list[str]:
    """The names of a table's columns, in the order of a row's values."""
    return [field.attname for field in model._meta.concrete_fields]


def rows(model: type[models.Model], *, using: str) -> Iterator[Row]:
    """Every row of a table as JSON can hold it, a few in memory at a time."""
    found = model._default_manager.using(using).order_by("pk").values_list(*columns(model))
    for values in found.iterator(chunk_size=_CHUNK):
        yield [value if type(value) in _PLAIN else _plain(value) for value in values]


def fill(model: type[models.Model], source: Iterator[Row], *, names: Sequence[str], using: str) -> int:
    """Puts rows into an empty table; how many. ValueError, ValidationError for values of another kind.

    `names`: the columns of a row's values, each of the table's once.
    """
    connection = connections[using]
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    fields = [by_name[name] for name in names]
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column or field.attname) for field in fields)
    table = quote(model._meta.db_table)
    statement = f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(fields))})"
    readers = [column_values.reader(field, connection) for field in fields]
    count = 0
    with connection.cursor() as cursor:
        while chunk := _taken(source):
            # A column at a time: most of them are taken as they are, and looked at once a thousand rows.
            read = [take(column) for take, column in zip(readers, zip(*chunk, strict=True), strict=True)]
            rows_read = list(zip(*read, strict=True))
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                    for row in rows_read:
                        copy.write_row(row)
            else:
                cursor.executemany(statement, rows_read)
            count += len(chunk)
    return count


def empty(*, using: str) -> None:
    """Removes every row of ours, inside the transaction that is open."""
    connection = connections[using]
    names = [connection.ops.quote_name(model._meta.db_table) for model in in_order()]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # An empty table of allauth's refers to people.
            cursor.execute(f"TRUNCATE {', '.join(names)} CASCADE")
            return
        for name in reversed(names):
            cursor.execute(f"DELETE FROM {name}")


def number_on(*, using: str) -> None:
    """New rows are numbered after those that were put in with their numbers."""
    from django.core.management.color import no_style  # noqa: PLC0415 - only a restore needs it

    connection = connections[using]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), in_order()):
            cursor.execute(statement)


def sealed_columns() -> list[tuple[type[models.Model], str]]:
    """Where secrets stand: every column whose name ends with `_sealed`."""
    return [(model, name) for model in in_order() for name in columns(model) if is_sealed(name)]


def is_sealed(column: str) -> bool:
    """Whether secrets stand in the column of that name."""
    return column.endswith("_sealed")


def _referred(model: type[models.Model]) -> set[type[models.Model]]:
    return {
        field.related_model
        for field in model._meta.concrete_fields
        if field.related_model is not None and not isinstance(field.related_model, str)
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _taken(source: Iterator[Row]) -> Sequence[Row]:
    return list(islice(source, _CHUNK))
