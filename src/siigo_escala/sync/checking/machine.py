"""Findings about this installation: limits, brake, folder, disk, database, key, clocks."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection as database

from siigo_escala.config.env import Environment
from siigo_escala.rest.errors import System
from siigo_escala.store import causes, counting, keys, vault
from siigo_escala.store.errors import StoreProblem
from siigo_escala.sync import access
from siigo_escala.sync.checking.findings import Check, Finding, failed, listed, ok, warning
from siigo_escala.sync.opening import Opened

_SKEW = timedelta(minutes=2)
_WORRY = 0.3
"""Share of refused calls from which the brake is near."""
_FASTEST_SIIGO = 100
"""Calls a minute that Siigo allows a company, all of its integrations together (siigo-api.md 11)."""
_LITTLE_MB = 500
_NONE_MB = 50
_MOUNTS = Path("/proc/self/mounts")
_NETWORK = ("nfs", "cifs", "smb", "9p", "fuse.sshfs", "glusterfs", "ceph", "afs")
_OLDEST_POSTGRESQL = 14
_VARIABLE = "SIIGO_ESCALA_SECRET_KEY"


def all_of(opened: Opened, *, now: Callable[[], datetime]) -> Iterator[Check]:
    """Every finding about this machine."""
    home = opened.environment.home
    yield limits(opened.environment)
    yield brake(opened, now=now)
    yield storage(home)
    yield privacy(home)
    if home.exists():
        yield free_space(home, free=shutil.disk_usage(home).free)
    yield stored_in(mounts=_MOUNTS.read_text(errors="replace") if _MOUNTS.exists() else "")
    yield key(opened)


def clock(system: System, difference: timedelta) -> Check:
    """How far this machine's clock is from theirs."""
    code = Finding.SIIGO_CLOCK if system == "siigo" else Finding.ESCALA_CLOCK
    name = system.capitalize()
    seconds = abs(round(difference.total_seconds()))
    if abs(difference) <= _SKEW:
        return ok(code, f"El reloj de este equipo va con el de {name} ({seconds} s).")
    side = "adelantado" if difference > timedelta(0) else "atrasado"
    return warning(
        code,
        f"El reloj de este equipo está {side} {seconds} s respecto al de {name}.",
        remedy="Active la hora automática del equipo.",
    )


def limits(environment: Environment) -> Check:
    """What this program allows itself."""
    allowed = [
        f"Siigo {environment.siigo_rate} por minuto" if environment.siigo_rate else "Siigo sin límite propio",
        f"Escala {environment.escala_rate} por segundo"
        if environment.escala_rate
        else "Escala sin límite propio",
    ]
    message = f"Llamadas permitidas: {', '.join(allowed)}."
    local = environment.siigo_url.startswith("http://")
    if not local and not 0 < environment.siigo_rate <= _FASTEST_SIIGO:
        return warning(
            Finding.LIMITS,
            f"{message} Siigo permite {_FASTEST_SIIGO} por minuto a toda la empresa.",
            remedy="Ponga SIIGO_ESCALA_SIIGO_RATE en 60 o menos: Siigo bloquea a quien insiste.",
        )
    return ok(Finding.LIMITS, message)


def brake(opened: Opened, *, now: Callable[[], datetime]) -> Check:
    """How many of the calls of seven days Siigo refused."""
    counted = counting.stretches(access.counter_name(opened.connection), now=now())
    calls, refused = sum(one.calls for one in counted), sum(one.refused for one in counted)
    share = refused / calls if calls else 0.0
    message = f"Siigo rechazó en siete días {refused} de {calls} llamadas ({round(100 * share)} %)."
    if calls and share >= _WORRY:
        return warning(
            Finding.BRAKE,
            message,
            remedy="Corrija la causa: desde el 50 % este programa se detiene, y desde el 80 % Siigo bloquea.",
        )
    return ok(Finding.BRAKE, message)


def storage(home: Path) -> Check:
    """Whether the folder can be written to."""
    if not os.access(home, os.W_OK | os.X_OK):
        return failed(
            Finding.STORAGE,
            f"No se puede escribir en «{home}».",
            remedy="Corrija los permisos de la carpeta, o ponga otra en SIIGO_ESCALA_HOME.",
        )
    return ok(Finding.STORAGE, f"Se puede escribir en «{home}».")


def privacy(home: Path) -> Check:
    """Whether others on this machine can read what is stored."""
    kept = (home, home / "secret.key", home / "siigo-escala.db")
    loose = [
        path.name or str(path) for path in kept if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    if loose:
        return warning(
            Finding.PRIVACY,
            f"Otras personas de este equipo pueden leer: {listed(loose)}.",
            remedy=f"Ejecute «chmod -R go= {home}».",
        )
    return ok(Finding.PRIVACY, f"Solo usted puede leer «{home}».")


def free_space(home: Path, *, free: int) -> Check:
    """Whether the disk has room for what is still to come. `free` in bytes."""
    megabytes = free // 1_000_000
    message = f"En el disco de «{home}» quedan {megabytes} MB."
    remedy = "Libere espacio, o mueva SIIGO_ESCALA_HOME a un disco con más."
    if megabytes < _NONE_MB:
        return failed(Finding.FREE_SPACE, message, remedy=remedy)
    if megabytes < _LITTLE_MB:
        return warning(Finding.FREE_SPACE, message, remedy=remedy)
    return ok(Finding.FREE_SPACE, message)


def stored_in(*, mounts: str) -> Check:
    """Whether the database keeps its promises where it is. `mounts`: the text of /proc/self/mounts."""
    if database.vendor != "sqlite":
        with database.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            return postgresql(int(cursor.fetchone()[0]) // 10_000)
    path = Path(str(database.settings_dict["NAME"]))
    kind = filesystem(path, mounts)
    if kind.startswith(_NETWORK):
        return failed(
            Finding.DATABASE,
            f"La base de datos está en un disco de red ({kind}), donde sus candados no valen.",
            remedy="Ponga SIIGO_ESCALA_HOME en un disco de este equipo, o use PostgreSQL.",
        )
    with database.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        (mode,) = cursor.fetchone()
    return journal(str(mode))


def journal(mode: str) -> Check:
    """Whether SQLite writes ahead, so that readers and a power cut do no harm."""
    if mode != "wal":
        return warning(
            Finding.DATABASE,
            f"La base de datos SQLite trabaja en modo «{mode}» y no en «wal».",
            remedy="Ese disco no admite memoria compartida: ponga SIIGO_ESCALA_HOME en otro.",
        )
    return ok(Finding.DATABASE, "La base de datos SQLite está en un disco de este equipo y en modo «wal».")


def postgresql(version: int) -> Check:
    """Whether the server is new enough."""
    if version < _OLDEST_POSTGRESQL:
        return warning(
            Finding.DATABASE,
            f"El servidor PostgreSQL es de la versión {version}.",
            remedy=f"Actualícelo: este programa se prueba desde la {_OLDEST_POSTGRESQL}.",
        )
    return ok(Finding.DATABASE, f"PostgreSQL {version} responde.")


def filesystem(path: Path, mounts: str) -> str:
    """The kind of file system a path lies on; "" where this machine does not tell."""
    best, kind = "", ""
    for line in mounts.splitlines():
        parts = line.split()
        point = parts[1].replace("\\040", " ") if len(parts) > 2 else ""
        if point and path.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, parts[2]
    return kind


def key(opened: Opened) -> Check:
    """Where the key of the stored credentials is, whether it opens them, and whether a change was left half
    done. Asked before any call: without it there is none.
    """
    environment, connection = opened.environment, opened.connection
    path = environment.home / keys.FILE
    try:
        found = keys.known(environment.secret_keys, home=environment.home)
    except (OSError, StoreProblem) as problem:
        why = causes.of_file(problem) if isinstance(problem, OSError) else "no es un texto"
        return failed(
            Finding.KEY,
            f"La clave que cifra las credenciales no se puede leer en «{path}» ({why}).",
            remedy=f"Corrija los permisos de ese archivo o restáurelo, o ponga la clave en {_VARIABLE}.",
        )
    if not found:
        return failed(
            Finding.KEY,
            f"Falta la clave con que se cifraron las credenciales ({path.name}).",
            remedy=f"Restaure «{path}», o ponga la clave en {_VARIABLE}. {_lost(connection.name)}",
        )
    sealed = (connection.siigo_key_sealed, connection.escala_key_sealed)
    if not all(vault.Vault(found).opens(one) for one in sealed):
        where = _VARIABLE if environment.secret_keys else f"«{path.name}»"
        return failed(
            Finding.KEY,
            f"La clave de {where} no es la que cifró las credenciales guardadas.",
            remedy=f"Ponga la clave con que se guardaron. {_lost(connection.name)}",
        )
    if environment.secret_keys:
        return ok(Finding.KEY, f"La clave que cifra las credenciales viene de {_VARIABLE}.")
    if len(found) > 1:
        return warning(
            Finding.KEY,
            f"«{path.name}» tiene más de una clave: un cambio de clave quedó a medias.",
            remedy="Todo sigue funcionando; repita el cambio de clave para terminarlo.",
        )
    return ok(Finding.KEY, f"La clave que cifra las credenciales está en «{path.name}»; guárdela aparte.")


def _lost(name: str) -> str:
    return f"Si se perdió, use «siigo-escala disconnect {name} --yes» y conecte de nuevo con su archivo."
