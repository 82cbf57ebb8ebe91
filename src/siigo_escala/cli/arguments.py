"""Arguments and options that several commands take, each described once."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

import typer


def day(text: str) -> date:
    """A day written yyyy-mm-dd."""
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise typer.BadParameter(f"«{text}» no es una fecha de la forma aaaa-mm-dd")


Name = Annotated[str, typer.Argument(metavar="NOMBRE", help="Nombre de la conexión.")]
Json = Annotated[
    bool, typer.Option("--json", help="Un documento JSON en la salida estándar, y nada más en ella.")
]
From = Annotated[
    date | None,
    typer.Option("--from", metavar="FECHA", parser=day, help="Desde este día (aaaa-mm-dd), inclusive."),
]
To = Annotated[
    date | None,
    typer.Option("--to", metavar="FECHA", parser=day, help="Hasta este día (aaaa-mm-dd), inclusive."),
]
Invoices = Annotated[
    list[str] | None,
    typer.Option(
        "--invoice", metavar="FV-…", help="Solo esta factura, con su nombre exacto; puede repetirse."
    ),
]
Opportunities = Annotated[
    list[str] | None,
    typer.Option(
        "--opportunity",
        metavar="ID",
        help="Solo esta oportunidad (dirección de Escala a Siigo); puede repetirse.",
    ),
]
Wait = Annotated[
    str | None,
    typer.Option(
        "--wait",
        metavar="[SEGUNDOS]",
        help="Espera el turno si hay otra sincronización de la empresa; sin número, lo que haga falta.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="No pregunta.")]
