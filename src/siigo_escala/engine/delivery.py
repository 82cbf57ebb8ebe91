"""Carrying messages by apprise, in a process of its own that ends when its time is up.

Whatever one of a hundred services does (hang in a look-up of a name, keep threads, log an address with its
token), the worker does not feel it: the process is told over its standard input, answers on its standard
output and is ended after the time-out. Run as `python -m siigo_escala.engine.delivery`.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import re
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

TIMEOUT_S = 10.0
AT_ONCE = 32
_START_S = 20.0
"""What the process may take to start on a busy machine, beside the time-out itself."""
_STATUS = re.compile(r"error=(\d{3})\b")
_SMTP = re.compile(r"\((\d{3}),")
_REFUSED = re.compile(r"refused: (\d{3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message for one address. `spec`: as apprise makes a service of it; it may hold secrets."""

    spec: str | Mapping[str, Any] = field(repr=False)
    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Whether a letter was taken by the other side, and why not: Spanish, without the address."""

    sent: bool
    why: str = ""


Carrier = Callable[[Sequence[Letter]], list[Outcome]]
_LATE = Outcome(sent=False, why=f"no respondió en {TIMEOUT_S:.0f} segundos")


def apart(letters: Sequence[Letter], *, timeout_s: float = TIMEOUT_S) -> list[Outcome]:
    """Carries letters in processes of their own, at most `AT_ONCE` at a time; never raises."""
    outcomes: list[Outcome] = []
    for start in range(0, len(letters), AT_ONCE):
        outcomes += _in_process(letters[start : start + AT_ONCE], timeout_s=timeout_s)
    return outcomes


def _in_process(letters: Sequence[Letter], *, timeout_s: float) -> list[Outcome]:
    asked = json.dumps({"timeout_s": timeout_s, "letters": [asdict(letter) for letter in letters]})
    try:
        ended = subprocess.run(  # noqa: S603 - our own module, by our own interpreter
            [sys.executable, "-m", __name__],
            input=asked,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=timeout_s + _START_S,
        )
        return [Outcome(**one) for one in json.loads(ended.stdout)]
    except subprocess.TimeoutExpired:
        return [_LATE] * len(letters)
    except (OSError, ValueError):
        return [Outcome(sent=False, why="no se pudo empezar el envío")] * len(letters)


def here(letters: Sequence[Letter], *, timeout_s: float = TIMEOUT_S) -> list[Outcome]:
    """Carries letters in this process, all at once; what takes longer than the time-out is left behind."""
    outcomes = [_LATE] * len(letters)
    _quiet()
    services = [_service(letter.spec) for letter in letters]

    def carry(at: int) -> None:
        outcomes[at] = _carried(letters[at], services[at], timeout_s=timeout_s)

    threads = [threading.Thread(target=carry, args=(at,), daemon=True) for at in range(len(letters))]
    deadline = time.monotonic() + timeout_s
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(deadline - time.monotonic(), 0.05))
    return list(outcomes)


def is_address(url: str) -> bool:
    """Whether apprise can make a service of an address. Asks nobody, logs nothing."""
    _quiet()
    return _service(url) is not None


def _carried(letter: Letter, service: Any, *, timeout_s: float) -> Outcome:
    apprise = _library()
    if service is None:
        return Outcome(sent=False, why="la dirección no tiene la forma que apprise espera")
    try:
        service.socket_connect_timeout = service.socket_read_timeout = timeout_s
        mail = apprise.Apprise(asset=service.asset)
        mail.add(service)
        result = mail.notify(
            body=letter.body,
            title=letter.title,
            body_format=apprise.NotifyFormat.TEXT,
            log_level=logging.DEBUG,
        )
        return Outcome(sent=True) if result else Outcome(sent=False, why=_why(result))
    except Exception as problem:  # noqa: BLE001 - a hundred services, each with failures of its own
        return Outcome(sent=False, why=f"falló el envío ({type(problem).__name__})")


def _service(spec: str | Mapping[str, Any]) -> Any:
    """The service of an address; None where apprise does not know how to make one."""
    with warnings.catch_warnings():
        # Loading its services it imports modules that Python is about to drop.
        warnings.simplefilter("ignore", DeprecationWarning)
        apprise = _library()
        asset = apprise.AppriseAsset(
            app_id="siigo-escala",
            app_desc="siigo-escala",
            app_url="",
            async_mode=False,
            pgp_autogen=False,
            pem_autogen=False,
            http_redirects=False,
            storage_mode=apprise.PersistentStoreMode.MEMORY,
        )
        return apprise.Apprise.instantiate(dict(spec) if isinstance(spec, Mapping) else spec, asset=asset)


def _why(result: Any) -> str:
    """Why a service did not take a letter, from the status alone: what was logged may hold the address."""
    said = " ".join(entry.message for entry in result.logs())
    if found := _STATUS.search(said):
        return f"respondió {found[1]}"
    if found := _SMTP.search(said) or _REFUSED.search(said):
        if found[1] in ("530", "534", "535"):
            return f"el servidor de correo rechazó el usuario o la contraseña ({found[1]})"
        return f"el servidor de correo lo rechazó ({found[1]})"
    if "timed out" in said or "timeout" in said.lower():
        return _LATE.why
    return "no hubo conexión o fue rechazado"


def _library() -> Any:
    """Apprise: a second and 40 MB that only who tells something needs."""
    return importlib.import_module("apprise")


def _quiet() -> None:
    """What apprise logs may hold addresses with their tokens: it goes nowhere."""
    logger = logging.getLogger("apprise")
    logger.propagate = False
    # Captured all the same, since the status of an answer stands nowhere else.
    logger.setLevel(logging.DEBUG)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def main() -> None:
    """Reads letters from standard input, carries them and says what became of each."""
    asked = json.load(sys.stdin)
    outcomes = here([Letter(**one) for one in asked["letters"]], timeout_s=asked["timeout_s"])
    sys.stdout.write(json.dumps([asdict(one) for one in outcomes]))
    sys.stdout.flush()
    # Threads that hang in a service are not waited for.
    os._exit(0)


if __name__ == "__main__":
    main()
