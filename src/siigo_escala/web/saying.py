"""What a status sentence is made of: its tone and button, and the words that several rows share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from siigo_escala.web.templatetags.words import counted, local, noun, number
from siigo_escala.web.told import Facts, Going

Tone = Literal["green", "blue", "amber", "red", "grey"]
Target = Literal[
    "sync", "pending", "run", "invoices", "reconciliation", "help", "resume", "runs", "rules",
    "other_writer", "connect", "credentials_siigo", "credentials_escala",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is said: a word, a sentence, one button, and always the line under it."""

    row: int
    tone: Tone
    word: str
    sentence: str
    button: str
    target: Target
    under: str = ""

    @property
    def icon(self) -> str:
        """Beside the word: colour never speaks alone."""
        return {
            "green": "circle-check", "blue": "clock", "amber": "alert-triangle", "red": "circle-x", "grey":
            "info-circle",
        }[self.tone]  # fmt: skip


def red(row: int, said: str, button: str, target: Target) -> Standing:
    """Nothing goes on until somebody acts."""
    return Standing(row=row, tone="red", word="Detenida", sentence=said, button=button, target=target)


def blue(row: int, word: str, said: str, button: str, target: Target) -> Standing:
    """Something goes on, or will by itself."""
    return Standing(row=row, tone="blue", word=word, sentence=said, button=button, target=target)


def green(row: int, said: str) -> Standing:
    """All is well."""
    return Standing(
        row=row, tone="green", word="Todo en orden", sentence=said, button="Sincronizar ahora", target="sync"
    )


def wait(facts: Facts) -> str:
    """How many have not been sent."""
    return f"{counted(facts.waiting.count, facts.noun)} {noun(facts.waiting.count, 'espera,esperan')}"


def seen(facts: Facts) -> str:
    """What is read, many of them."""
    return noun(2, facts.noun)


def at(facts: Facts, moment: datetime | None) -> str:
    """A moment inside of a sentence: `hoy a las 14:05`."""
    if moment is None:
        return "una hora desconocida"
    return local(moment, facts.zone, now=facts.now).replace(",\u00a0", " a las\u00a0")


def reached(run: Going) -> str:
    """How far a run came."""
    return f" en {number(run.done)} de {number(run.total)}" if run.total else ""


def roughly(seconds: float) -> str:
    """A time in minutes."""
    minutes = round(seconds / 60)
    return counted(minutes, "minuto,minutos") if minutes else f"{round(seconds)} segundos"
