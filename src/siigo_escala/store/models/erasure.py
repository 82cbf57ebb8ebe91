"""Persons whose data was erased: recognised when Siigo shows them again, and not known otherwise."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from siigo_escala.store.models.account import SiigoCompany


class Erasure(models.Model):
    """An erased person of a Siigo company, as a keyed hash of the number of an identification.

    The key is the company's own, sealed: without the installation's key nobody can try numbers.
    """

    company = models.ForeignKey(SiigoCompany, on_delete=models.CASCADE, related_name="erasures")
    mark = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "erasure"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["company", "mark"], name="one_row_per_erased_number")
        ]
