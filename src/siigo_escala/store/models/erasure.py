"""Persons whose data was erased: recognised when Siigo shows them again, and not known otherwise."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from siigo_escala.store.models.account import EscalaAccount


class Erasure(models.Model):
    """An erased person, as a keyed hash of the number of an identification.

    The key is the Escala account's own, sealed: without the installation's key nobody can try numbers.
    """

    escala = models.ForeignKey(EscalaAccount, on_delete=models.CASCADE, related_name="erasures")
    mark = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "erasure"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["escala", "mark"], name="one_row_per_erased_number")
        ]
