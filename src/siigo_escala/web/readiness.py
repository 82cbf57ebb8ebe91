"""Whether this installation can work: each part looked at, in milliseconds, without changing anything."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import Count, Min, Q

from siigo_escala.config.env import Environment
from siigo_escala.store import causes, keys, locks, models, schema
from siigo_escala.store.errors import StoreProblem
from siigo_escala.store.vault import Vault

LEAST_FREE_MB = 50
"""With less, SQLite soon cannot commit: the same figure as `check`'s."""
_UNSEEN = "No se pudo mirar: la base de datos no responde."


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that work needs. `counts`: whether the whole is not ready without it."""

    ok: bool
    message: str
    counts: bool = True
    more: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As /readyz shows it."""
        return {"ok": self.ok, "message": self.message, **self.more}


def parts(environment: Environment, *, now: datetime) -> dict[str, Part]:
    """Every part by its name. No company is named: whoever reaches the port may read it."""
    found = {"database": _database(), "disk": _disk(environment)}
    reachable = found["database"].ok
    looks: dict[str, Callable[[], Part]] = {
        "schema": _schema,
        "key": lambda: _key(environment),
        "worker": _worker,
        "freshness": lambda: _freshness(now),
    }
    for name, look in looks.items():
        found[name] = _looked(look) if reachable else Part(ok=False, message=_UNSEEN)
    return found


def is_ready(found: dict[str, Part]) -> bool:
    """Whether all that counts is as it must be."""
    return all(part.ok for part in found.values() if part.counts)


def trouble(environment: Environment) -> str:
    """Why nothing can be stored, inside of a sentence; "" where it can."""
    disk, key = _disk(environment), _looked(lambda: _key(environment))
    if not disk.ok and disk.counts:
        return _inside(disk.message)
    return "" if key.ok else "falta la llave con que se cifran las claves"


def _inside(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:].rstrip(".")


def _looked(look: Callable[[], Part]) -> Part:
    try:
        return look()
    except (DatabaseError, OSError) as problem:
        return Part(ok=False, message=f"No se pudo mirar: {_why(problem)}.")


def _why(problem: Exception) -> str:
    """The cause without any path of this machine."""
    return causes.of_file(problem) if isinstance(problem, OSError) else causes.in_spanish(problem)


def _database() -> Part:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, OSError) as problem:
        why = _why(problem)
        return Part(ok=False, message=f"{why[0].upper()}{why[1:]}.")
    return Part(ok=True, message="La base de datos responde.")


def _disk(environment: Environment) -> Part:
    """Database, logs and copies grow there. With PostgreSQL only logs do, so it holds nothing up."""
    own = environment.database_url.startswith("sqlite")
    try:
        free = shutil.disk_usage(environment.home).free // 1_000_000
    except OSError as problem:
        return Part(ok=False, message=f"La carpeta no se puede mirar: {causes.of_file(problem)}.", counts=own)
    return Part(
        ok=free >= LEAST_FREE_MB,
        message=f"Quedan {free} MB en el disco.",
        counts=own,
        more={"free_mb": free},
    )


def _schema() -> Part:
    if schema.is_current():
        return Part(ok=True, message="La base de datos tiene el esquema de esta versión.")
    return Part(
        ok=False,
        message="La base de datos es de otra versión: ejecute «siigo-escala migrate» con la más nueva.",
    )


def _key(environment: Environment) -> Part:
    """Whether stored credentials can be opened; with none stored there is nothing to open."""
    sealed = (
        models.Connection.objects.exclude(siigo_key_sealed="")
        .order_by("pk")
        .values_list("siigo_key_sealed", flat=True)
        .first()
    )
    if sealed is None:
        return Part(ok=True, message="Todavía no hay credenciales guardadas.")
    try:
        found = keys.known(environment.secret_keys, home=environment.home)
    except StoreProblem:
        found = ()
    if found and Vault(found).opens(sealed):
        return Part(ok=True, message="La clave abre las credenciales guardadas.")
    return Part(ok=False, message="La clave de esta instalación no abre las credenciales guardadas.")


def _worker() -> Part:
    """A living worker holds a lock that the system frees when it dies."""
    count = locks.held("worker")
    said = f"Hay {count} motores en marcha." if count != 1 else "Hay 1 motor en marcha."
    if not count:
        said = "No hay ningún motor en marcha: «siigo-escala run» o «siigo-escala worker» lo arranca."
    return Part(ok=count > 0, message=said, more={"count": count})


def _freshness(now: datetime) -> Part:
    """How old the oldest last success is among connections that run by schedule. Told, and holds nothing up:
    what one company's credentials or Siigo itself prevent does not make this installation unable to work.
    """
    scheduled = models.Connection.objects.filter(enabled=True, forgotten=False)
    sums = scheduled.aggregate(
        count=Count("pk"),
        never=Count("pk", filter=Q(last_success__isnull=True)),
        paused=Count("pk", filter=~Q(paused="")),
        oldest=Min("last_success"),
    )
    stale = models.Alert.objects.filter(kind="stale").count()
    oldest: datetime | None = sums["oldest"]
    age = max(0, round((now - oldest).total_seconds())) if oldest else None
    said = "Todas las conexiones activas están al día."
    if stale:
        said = f"Sin éxito desde hace demasiado: {stale}."
    return Part(
        ok=not stale,
        message=said,
        counts=False,
        more={
            "enabled": sums["count"],
            "never": sums["never"],
            "paused": sums["paused"],
            "stale": stale,
            "oldest_success": oldest.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if oldest else None,
            "oldest_success_seconds": age,
        },
    )
