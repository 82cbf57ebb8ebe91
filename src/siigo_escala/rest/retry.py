"""What is repeated, by method and cause, and what a failure means for the caller.

Reads and safe writes are repeated while patience lasts. A POST that makes a record is repeated only where it
certainly did nothing: after a 429, or where the connection never stood. Else it is OutcomeUnknown.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace
from typing import Literal

from siigo_escala.rest import errors, reading
from siigo_escala.rest.errors import (
    AccessDenied,
    Duplicate,
    NotFound,
    OutcomeUnknown,
    Rejected,
    RemoteError,
    TryLater,
    UnexpectedAnswer,
)
from siigo_escala.rest.limiter import LONGEST_PAUSE_S, LONGEST_WAIT_S, TooLong
from siigo_escala.rest.transport import Answer, Ask, Silence, Transport, http_date

Kind = Literal["read", "rewrite", "create"]

DEFAULT_WAIT_S = 60.0
_FIRST_DELAY_S = 0.5
_LONGEST_DELAY_S = 20.0
_TIME = r"(\d[\d.,]*)\s*(s(?:ec|eg)|min(?:ute|uto))"
_TIMES = re.compile(_TIME, re.IGNORECASE)
_TIMES_ASKED = re.compile(rf"\b(?:in|after|wait|en|de|espere)\s+{_TIME}", re.IGNORECASE)
"""Not a quota, as "1000 calls per 60 minutes"."""
_NAMES = {"siigo": "Siigo", "escala": "Escala"}


def read(transport: Transport, ask: Ask, *, tries: int | None = None) -> Answer:
    """The answer to a GET, with its JSON. At most `tries` calls, else as long as patience lasts.

    Raises TryLater, NotFound, Rejected, AccessDenied, UnexpectedAnswer (a redirect).
    """
    return _insist(transport, ask, kind="read", tries=tries)


def rewrite(transport: Transport, ask: Ask) -> Answer:
    """The answer to a write that may be repeated; `data` None where it has no JSON. Raises as `read`."""
    return _insist(transport, ask, kind="rewrite", tries=None)


def create(transport: Transport, ask: Ask) -> Answer:
    """The 2xx answer to a POST that makes a record; `data` None where it has no JSON.

    Raises TryLater, Rejected, AccessDenied (nothing was made), Duplicate, OutcomeUnknown.
    """
    return _insist(transport, ask, kind="create", tries=None)


def _insist(transport: Transport, ask: Ask, *, kind: Kind, tries: int | None) -> Answer:
    attempt = failures = 0
    held = 0.0
    while True:
        attempt += 1
        try:
            outcome = transport.exchange(ask)
        except TooLong as pause:
            raise _too_long(transport, pause.seconds) from None
        if isinstance(outcome, Answer) and outcome.status == 429:
            held += _hold(transport, outcome, held)
            continue
        problem = _trouble(outcome) if isinstance(outcome, Answer) else outcome.why
        if problem is None and isinstance(outcome, Answer):
            try:
                answer = _judged(transport, outcome, kind)
            except reading.Unusable as unusable:
                problem = str(unusable)
            else:
                transport.patience.answered()
                return replace(answer, tries=attempt)
        failures += 1
        transport.patience.failed()
        error = _failure(transport, outcome, kind, problem or "")
        if isinstance(error, OutcomeUnknown) or _enough(transport, failures, tries):
            raise error
        delay = min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2 ** (failures - 1)) * _jitter()
        transport.wait(min(delay, max(transport.patience.left, 0.05)))


def _enough(transport: Transport, failures: int, tries: int | None) -> bool:
    if tries is not None:
        return failures >= tries
    return failures >= 2 and transport.patience.left <= 0


def _trouble(answer: Answer) -> str | None:
    """Why this status is worth another try; None where it is the system's last word."""
    if answer.status == 408 or answer.status >= 500:
        return f"HTTP {answer.status}"
    return None


def _failure(transport: Transport, outcome: Answer | Silence, kind: Kind, why: str) -> RemoteError:
    name = _NAMES[transport.system]
    raw = reading.raw_text(outcome.content, secrets=transport.secrets) if isinstance(outcome, Answer) else ""
    if kind == "create" and (isinstance(outcome, Answer) or outcome.sent):
        return OutcomeUnknown(
            f"{name} no confirmó la escritura ({why}); se verificará antes de enviarla de nuevo.",
            system=transport.system,
            status=outcome.status,
            raw=raw,
        )
    return TryLater(
        f"{name} no dio una respuesta utilizable ({why}). {errors.WAIT}",
        system=transport.system,
        status=outcome.status,
        raw=raw,
    )


def _judged(transport: Transport, answer: Answer, kind: Kind) -> Answer:
    """The answer with its JSON, or what its status means, raised."""
    if 200 <= answer.status < 300:
        if kind == "read":
            return replace(answer, data=reading.decode(answer.content))
        try:
            return replace(answer, data=reading.decode(answer.content))
        except reading.Unusable:
            return answer
    # A refusal is an answer too: the system is alive.
    transport.patience.answered()
    raise _refusal(transport, answer, kind)


def _refusal(transport: Transport, answer: Answer, kind: Kind) -> RemoteError:
    system, status = transport.system, answer.status
    name = _NAMES[system]
    raw = reading.raw_text(answer.content, secrets=transport.secrets)
    found = reading.complaint(answer.content)
    said = reading.redacted(found.message, secrets=transport.secrets)[:200] or f"HTTP {status}"
    if status in (401, 403):
        return AccessDenied(
            f"{name} negó el acceso ({said}).",
            system=system,
            status=status,
            raw=raw,
            cause="credentials" if status == 401 else "permission",
        )
    if status < 400:
        text = f"{name} respondió con una redirección, que no se sigue (HTTP {status})."
        known = OutcomeUnknown if kind == "create" else UnexpectedAnswer
        return known(text, system=system, status=status, raw=raw)
    if kind == "create":
        if status == 409 or (found.own_shape and reading.smells_of_duplicate(_everything(found))):
            return Duplicate(
                f"{name} dice que el registro ya existe ({said}).",
                system=system,
                status=status,
                raw=raw,
                problems=found.problems,
            )
        if not found.own_shape:
            return OutcomeUnknown(
                f"{name} respondió HTTP {status} sin decir qué pasó; se verificará antes de enviar de nuevo.",
                system=system,
                status=status,
                raw=raw,
            )
    text = (
        f"{name} no tiene ese registro ({said})."
        if status == 404
        else f"{name} rechazó la solicitud ({said})."
    )
    refused = NotFound if status == 404 else Rejected
    return refused(text, system=system, status=status, raw=raw, problems=found.problems, body=found.body)


def _everything(found: reading.Complaint) -> str:
    return " ".join((found.message, *(problem.code for problem in found.problems)))


def _hold(transport: Transport, answer: Answer, held: float) -> float:
    """Obeys a 429: nobody calls. Seconds of the pause; TryLater where it is too long to be waited for."""
    seconds = min(max(1.0, _asked_wait(transport, answer)), LONGEST_PAUSE_S)
    pause = min(seconds + min(1.0, seconds * 0.05) * (_jitter() * 2 - 1), LONGEST_PAUSE_S)
    # Kept although nobody may wait for it: the next run would ask again within it.
    transport.limiter.pause(pause)
    if held + pause > LONGEST_WAIT_S:
        raise _too_long(transport, seconds, answer)
    transport.patience.excuse(pause)
    return pause


def _too_long(transport: Transport, seconds: float, answer: Answer | None = None) -> TryLater:
    """A pause that is not waited for; `answer` is what asked for it now, None where it was asked before."""
    return TryLater(
        f"{_NAMES[transport.system]} pide esperar {seconds:.0f} segundos por exceso de llamadas.",
        system=transport.system,
        status=answer.status if answer else None,
        raw=reading.raw_text(answer.content, secrets=transport.secrets) if answer else "",
        retry_after_s=seconds,
    )


def _jitter() -> float:
    """Between a half and one: callers that failed together do not come back together."""
    return random.uniform(0.5, 1.0)  # noqa: S311 - no secret depends on it


def _asked_wait(transport: Transport, answer: Answer) -> float:
    """`Retry-After` (seconds or a date), else the time that the message asks for, else a minute.

    Words are read as well as may be, and ask for a quarter of an hour at most.
    """
    given = (answer.headers.get("retry-after") or "").strip()
    if given.isdecimal():
        return float(given)
    if (moment := http_date(given)) is not None:
        return (moment - (answer.server_date or transport.now())).total_seconds()
    said = reading.raw_text(answer.content)
    times = _TIMES_ASKED.findall(said) or _TIMES.findall(said)
    return min(_seconds(*times[-1]), LONGEST_WAIT_S) if times else DEFAULT_WAIT_S


def _seconds(number: str, unit: str) -> float:
    spanish = unit.casefold() in ("seg", "minuto")
    plain = re.sub(r"\.(?=\d{3}\b)" if spanish else r",(?=\d{3}\b)", "", number).replace(",", ".")
    try:
        return float(plain) * (60 if unit.casefold().startswith("min") else 1)
    except ValueError:
        return DEFAULT_WAIT_S
