"""The connections that are stored, by name; reading them needs no key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siigo_escala.cli.failures import CommandProblem

if TYPE_CHECKING:
    from siigo_escala.store.models import Connection


def named(name: str) -> Connection:
    """The connection of that name. CONNECTION_UNKNOWN, with those there are."""
    from siigo_escala.store import models

    found = models.Connection.objects.select_related("siigo", "escala").filter(name=name).first()
    if found is None:
        there = ", ".join(f"«{one}»" for one in names()) or "todavía ninguna"
        raise CommandProblem(
            "CONNECTION_UNKNOWN", f"No hay una conexión «{name}»; las conexiones son: {there}."
        )
    return found


def names() -> list[str]:
    """Every connection's name."""
    from siigo_escala.store import models

    return list(models.Connection.objects.order_by("name").values_list("name", flat=True))
