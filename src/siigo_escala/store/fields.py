"""Column types of our own."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    _BigInteger = models.BigIntegerField[Any, Any]
else:
    _BigInteger = models.BigIntegerField

_CENT = Decimal("0.01")


class CentsField(_BigInteger):
    """Money kept as whole cents: SQLite has no exact decimal, and sums must be right to the cent."""

    def from_db_value(self, value: int | None, *_: Any) -> Decimal | None:
        """Cents -> Decimal with two decimals."""
        return None if value is None else Decimal(int(value)).scaleb(-2)

    def to_python(self, value: Any) -> Decimal | None:
        """Whatever was assigned -> Decimal with two decimals."""
        return None if value is None else Decimal(value).quantize(_CENT, ROUND_HALF_UP)

    def get_prep_value(self, value: Any) -> int | None:
        """Decimal -> cents."""
        return None if value is None else int(Decimal(value).quantize(_CENT, ROUND_HALF_UP).scaleb(2))
