"""Column types of our own."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import models

_CENT = Decimal("0.01")


class CentsField(models.BigIntegerField):  # type: ignore[type-arg]  # django-stubs: the pair is set by use, not here
    """Money with two decimals, kept as whole cents: SQLite has no exact decimal, and sums must be right to the cent."""

    def from_db_value(self, value: int | None, *_: Any) -> Decimal | None:
        """Cents -> Decimal with two decimals."""
        return None if value is None else Decimal(int(value)).scaleb(-2)

    def to_python(self, value: Any) -> Decimal | None:
        """Whatever was assigned -> Decimal with two decimals."""
        return None if value is None else Decimal(value).quantize(_CENT, ROUND_HALF_UP)

    def get_prep_value(self, value: Any) -> int | None:
        """Decimal -> cents."""
        return None if value is None else int(Decimal(value).quantize(_CENT, ROUND_HALF_UP).scaleb(2))
