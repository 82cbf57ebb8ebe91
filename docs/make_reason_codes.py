"""Writes docs/reference/reason-codes.md from the catalogue that the program itself uses."""

from __future__ import annotations

import re
from pathlib import Path

from siigo_escala.domain import reasons

PAGE = Path(__file__).parent / "reference" / "reason-codes.md"
_GROUPS = {
    "excluded": "Se dejan fuera",
    "needs_attention": "Esperan a una persona",
    "failed": "Se intentarán de nuevo",
    "notice": "Avisos: la sincronización sigue",
    "configuration": "No hay sincronización hasta corregir algo",
    "access": "Un sistema no deja entrar",
}

_INTRODUCTION = (
    "Lo que no llega a Escala, o no como está en Siigo, tiene un código, una causa y un remedio. Esta\n"
    "página sale del mismo catálogo que usa el programa (`python docs/make_reason_codes.py`)."
)


def page() -> str:
    """The page: every code with its title, its cause and its remedy, by group."""
    parts = ["# Códigos de motivo", _INTRODUCTION]
    for group, title in _GROUPS.items():
        rows = [reason for reason in reasons.catalogue.values() if reason.group == group]
        lines = ["| código | qué pasó | causa | qué hacer |", "|---|---|---|---|"]
        lines += [
            f"| `{reason.code}` | {reason.title} | {_plain(reason.cause)} | {_plain(reason.remedy)} |"
            for reason in rows
        ]
        parts += [f"## {title}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def _plain(template: str) -> str:
    """A template as a sentence without data: what depends on a value is left out."""
    text = re.sub(r"\[[^\[\]]*\]", "", template)
    return re.sub(r"\{\w+\}", "…", text).replace("|", "\\|").rstrip(".") + "."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
