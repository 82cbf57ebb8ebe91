"""Saving many rows by one statement: as Django would, on both stores."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.db import models as django_models

from siigo_escala.store import models
from siigo_escala.store.fields import CentsField
from siigo_escala.store.models import State

NOW = datetime(2026, 8, 27, 12, 30, tzinfo=UTC)


def _invoice(connection: models.Connection, siigo_id: str, **fields: object) -> models.Invoice:
    return models.Invoice(
        connection=connection, escala=connection.escala, siigo_id=siigo_id, updated_at=NOW, **fields
    )


def test_inserted_rows_come_back_as_they_were(connection: models.Connection) -> None:
    row = _invoice(
        connection,
        "1",
        name="FV-2-1 ñ 🙂",
        date=date(2026, 8, 27),
        created=NOW,
        value=Decimal("1110054.50"),
        record={"lines": [{"a": "b"}], "n": None},
        due=False,
        state=State.IN_ESCALA,
        deal_id="d-1",
    )
    models.insert_rows([row])
    kept = models.Invoice.objects.get()
    for field in models.Invoice._meta.concrete_fields:
        if not field.primary_key:
            assert getattr(kept, field.attname) == getattr(row, field.attname), field.name


def test_saved_fields_change_and_no_others(connection: models.Connection) -> None:
    models.insert_rows([_invoice(connection, str(number), name="before", code="OLD") for number in range(3)])
    rows = list(models.Invoice.objects.order_by("siigo_id"))
    for row in rows:
        row.name, row.code, row.value = f"after {row.siigo_id}", "NEW", Decimal("0.01")
    assert models.save_rows(rows, ["name", "value"]) == 3
    kept = [(row.name, row.code, row.value) for row in models.Invoice.objects.order_by("siigo_id")]
    assert kept == [(f"after {number}", "OLD", Decimal("0.01")) for number in range(3)]


def test_a_row_that_does_not_meet_the_condition_stays_and_is_not_counted(
    connection: models.Connection,
) -> None:
    models.insert_rows([_invoice(connection, "1"), _invoice(connection, "2", state=State.SENDING)])
    rows = list(models.Invoice.objects.order_by("siigo_id"))
    for row in rows:
        row.name = "after"
    assert models.save_rows(rows, ["name"], only_where="state <> 'sending'") == 1
    names = models.Invoice.objects.order_by("siigo_id").values_list("name", flat=True)
    assert list(names) == ["after", ""]


def test_nothing_to_save_is_nothing(connection: models.Connection) -> None:
    assert models.save_rows([], ["name"]) == 0
    models.insert_rows([])


def test_a_row_that_stands_there_is_written_over_where_that_is_asked_for(
    connection: models.Connection,
) -> None:
    def rows(name: str, value: str) -> list[models.KnownDeal]:
        return [
            models.KnownDeal(
                escala=connection.escala,
                deal_id="d",
                name=name,
                value=Decimal(value),
                seen_at=NOW,  # type: ignore[misc]  # a CentsField takes Decimal
            )
        ]

    unique = ["escala", "deal_id"]
    models.insert_rows(rows("one", "1"), unique=unique, update=["name"])
    models.insert_rows(rows("two", "2"), unique=unique, update=["name"])
    deal = models.KnownDeal.objects.get()
    assert (deal.name, deal.value) == ("two", Decimal(1))
    models.insert_rows(rows("three", "3"), unique=unique)
    assert models.KnownDeal.objects.get().name == "two", "nothing to be updated: it stays"
    with pytest.raises(IntegrityError):
        models.insert_rows(rows("four", "4"))


@pytest.mark.parametrize(
    ("given", "kept"),
    [("0.005", "0.01"), ("-0.005", "-0.01"), ("10", "10.00"), (None, None), ("1e10", "1e10")],
)
def test_money_is_kept_to_the_cent_rounded_half_up(given: str | None, kept: str | None) -> None:
    field = CentsField()
    value = None if given is None else Decimal(given)
    expected = None if kept is None else Decimal(kept)
    cents = field.get_prep_value(value)
    assert field.from_db_value(cents) == expected
    assert field.to_python(given) == expected
    assert isinstance(field, django_models.BigIntegerField)
