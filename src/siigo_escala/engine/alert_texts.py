"""What people are told, in Spanish: one title and one text for each kind of alert, and for its end.

Invoices go by their names; customers' names and identifications stay here, since mail and chats keep what
they are sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from siigo_escala.domain import money

Kind = Literal["refused", "failed", "attention", "stale", "braked", "backup"]
_LONGEST_CAUSE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent. Plain text."""

    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One invoice that waits for a person: its name and the title of its reason."""

    invoice: str
    reason: str


def refused(name: str, *, why: str, paused: bool) -> Message:
    """Siigo or Escala does not let us in, or the connection is paused for another cause."""
    if paused:
        return Message(
            title=f"«{name}»: la conexión está en pausa",
            body=_lines(
                f"La conexión «{name}» quedó en pausa y no sincroniza más por sí sola.",
                _cause(why),
                f"Qué hacer: corrija la causa y use «siigo-escala enable {name}», o conecte de nuevo "
                "con otras credenciales.",
            ),
        )
    return Message(
        title=f"«{name}»: no se pudo entrar",
        body=_lines(
            f"Siigo o Escala no aceptó las credenciales de «{name}». Si ocurre de nuevo, la conexión queda "
            "en pausa.",
            _cause(why),
            f"Qué hacer: revise las credenciales; «siigo-escala check {name}» dice cuál de las dos cuentas "
            "rechaza.",
        ),
    )


def braked(name: str, *, why: str) -> Message:
    """Too many calls to Siigo were refused."""
    return Message(
        title=f"«{name}»: frenamos las llamadas a Siigo",
        body=_lines(
            f"Siigo rechaza demasiadas llamadas de «{name}»: se hace una pausa para que no bloquee al "
            "usuario.",
            _cause(why),
            "Qué hacer: corrija la causa. En una hora se prueba de nuevo sin que usted haga nada y, mientras "
            f"no sirva, cada vez más tarde; «siigo-escala enable {name}» lo hace antes.",
        ),
    )


def failed(name: str, *, why: str, outage: bool) -> Message:
    """A run broke off."""
    begin = (
        f"«{name}» lleva dos sincronizaciones sin respuesta de Siigo o Escala. Se sigue intentando."
        if outage
        else f"La sincronización de «{name}» no pudo terminar."
    )
    return Message(
        title=f"«{name}»: la sincronización falla",
        body=_lines(
            begin,
            _cause(why),
            "Lo ya enviado no se duplica y lo que falta no se pierde.",
            f"Qué hacer: {'si sigue así mañana, ' if outage else ''}vea «siigo-escala status {name}» y "
            f"«siigo-escala check {name}».",
        ),
    )


def attention(
    name: str, *, count: int, value: Decimal, first: Sequence[Waiting], new: int | None = None
) -> Message:
    """One digest of everything that waits for a person. `new`: how many joined since the last one."""
    many = "facturas esperan" if count != 1 else "factura espera"
    joined = f", {_number(new)} de ellas nueva{'s' if new != 1 else ''}" if new is not None else ""
    listed = [f"- {one.invoice}: {one.reason}" for one in first]
    if count > len(first):
        listed.append(f"- y {_number(count - len(first))} más")
    return Message(
        title=f"«{name}»: {_number(count)} {many} por usted",
        body=_lines(
            f"{_number(count)} {many} por usted en «{name}»{joined}: {money.to_pesos(value)} en total.",
            "\n".join(listed),
            f"Qué hacer: «siigo-escala invoices {name} --open» las muestra todas con su motivo; corrija en "
            f"Siigo o en Escala y use «siigo-escala retry {name}», o decida con «siigo-escala resolve "
            f"{name}».",
        ),
    )


def stale(name: str, *, last: datetime | None, now: datetime, made: datetime, zone: ZoneInfo) -> Message:
    """Nothing was synchronised for too long."""
    since = f"desde el {_local(last, zone)}" if last else "desde que se conectó"
    return Message(
        title=f"«{name}»: hace {_age(now - (last or made))} que no se sincroniza",
        body=_lines(
            f"«{name}» no se sincroniza con éxito {since}.",
            f"Qué hacer: vea «siigo-escala status {name}» y «siigo-escala runs {name}», y que el equipo "
            "donde corre siigo-escala esté encendido.",
        ),
    )


def backup(name: str, *, why: str) -> Message:
    """The daily copy could not be made."""
    return Message(
        title=f"«{name}»: no se pudo hacer el respaldo diario",
        body=_lines(
            f"El respaldo automático de esta instalación, que lleva los datos de «{name}», no se pudo hacer.",
            _cause(why),
            "Los respaldos anteriores siguen intactos, y se intenta de nuevo cada hora.",
            "Qué hacer: revise el disco del equipo y, en Ajustes › Respaldo, pulse «Crear respaldo ahora».",
        ),
    )


_OVER: dict[str, str] = {
    "refused": "la conexión ya no está en pausa ni rechazada",
    "braked": "Siigo vuelve a aceptar las llamadas",
    "failed": "la sincronización volvió a terminar bien",
    "attention": "ya no hay facturas que esperen por usted",
    "stale": "se sincronizó de nuevo",
    "backup": "el respaldo diario se hizo",
}


def over(name: str, kind: str, *, since: datetime, now: datetime, zone: ZoneInfo) -> Message:
    """What was told before is no longer so."""
    return Message(
        title=f"«{name}»: ya está resuelto",
        body=_lines(
            f"«{name}»: ya está resuelto: {_OVER[kind]}.",
            f"Duró {_age(now - since)}, desde el {_local(since, zone)}.",
        ),
    )


def test(name: str) -> Message:
    """A message that only shows that messages arrive."""
    return Message(
        title=f"«{name}»: mensaje de prueba",
        body=_lines(
            f"Este es un mensaje de prueba de la conexión «{name}» de siigo-escala.",
            "Si lo lee, los avisos de esta conexión llegan aquí. No hay nada que hacer.",
        ),
    )


def _lines(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _cause(why: str) -> str:
    text = " ".join(why.split()).rstrip(".")
    if not text:
        return ""
    return f"Motivo: {text if len(text) <= _LONGEST_CAUSE else text[: _LONGEST_CAUSE - 1] + '…'}."


def _number(count: int) -> str:
    return f"{count:,}".replace(",", ".")


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%d/%m/%Y a las %H:%M")


def _age(span: timedelta) -> str:
    """A span in words: "5 minutos", "3 horas", "2 días"."""
    minutes = max(int(span.total_seconds() // 60), 1)
    for length, one, more in ((2880, "día", "días"), (120, "hora", "horas"), (1, "minuto", "minutos")):
        if minutes >= length:
            count = minutes // {"día": 1440, "hora": 60, "minuto": 1}[one]
            return f"{_number(count)} {one if count == 1 else more}"
    return "1 minuto"
