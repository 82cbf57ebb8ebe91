"""What people decide, as `siigo-escala resolve` stores it."""

from __future__ import annotations

from typing import cast

from siigo_escala.domain.decisions import Kind, Wish
from siigo_escala.store import models
from siigo_escala.sync import resolve
from tests.sync.world import World


def say(world: World, kind: str, *invoices: str, target: str = "") -> list[str]:
    """One decision on these invoices; its warnings."""
    wishes = [Wish(kind=cast("Kind", kind), invoice=invoice, target=target) for invoice in invoices]
    return store(world, *wishes)


def store(world: World, *wishes: Wish) -> list[str]:
    """These decisions, all or none; their warnings."""
    return resolve.store(models.Connection.objects.get(name="acme"), wishes, now=world.now())
