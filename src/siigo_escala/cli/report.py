"""`siigo-escala report`: every invoice accounted for, from the ledger, without a call."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from siigo_escala.cli import arguments, directions, output, setup, stored
from siigo_escala.cli.failures import CommandProblem

PARTS = directions.FORWARD_WORDS.parts


def parts(*, running: bool, words: directions.Words = directions.FORWARD_WORDS) -> Mapping[str, str]:
    """The parts in the words of people: while a run goes on, what it has not reached is on its way."""
    return {**words.parts, "failed": "Por llegar"} if running else words.parts


def report(
    name: arguments.Name,
    *,
    date_from: arguments.From = None,
    date_to: arguments.To = None,
    as_json: arguments.Json = False,
) -> int:
    """Dónde está cada factura u oportunidad, en cantidad y pesos, según el registro; no llama a nadie."""
    if date_from and date_to and date_from > date_to:
        raise CommandProblem("USAGE", "--from es posterior a --to: ponga primero el día menor.", key="--from")
    setup.prepared(reads_only=True)
    connection = stored.named(name)
    document = directions.ledger(connection).report(connection, date_from=date_from, date_to=date_to)
    if as_json:
        output.document(document)
    else:
        from siigo_escala.sync import run_row

        show(document, running=run_row.under_way(connection) is not None)
    return 0


def show(document: dict[str, Any], *, running: bool = False) -> None:
    """The reconciliation, and how many wait for a person."""
    from siigo_escala.domain import money

    words = directions.of_document(document)
    counts, value = document[words.key], document["value"]
    rows = [
        [title, output.number(counts[key]), money.to_pesos(Decimal(value[key]))]
        for key, title in (*parts(running=running, words=words).items(), ("total", "Total"))
    ]
    span = _span(document["from"], document["to"])
    output.table(
        [(f"«{document['connection']}»{span}", "left"), (words.many, "right"), ("Pesos", "right")], rows
    )
    invoiced = document.get("invoiced")
    if invoiced is not None and invoiced["count"]:
        many = (
            "la factura suma"
            if invoiced["count"] == 1
            else f"las {output.number(invoiced['count'])} facturas suman"
        )
        output.say(
            f"En Siigo {many} {money.to_pesos(Decimal(invoiced['total']))}, con impuestos; la tabla suma el "
            "valor de las oportunidades."
        )
    if running:
        output.say("Hay una sincronización en curso: las cifras cambian mientras avanza.")
    waiting = sum(1 for row in document["rows"] if row["open"])
    if waiting:
        output.say(
            f"{output.number(waiting)} {'espera' if waiting == 1 else 'esperan'} por usted: «siigo-escala "
            f"invoices {document['connection']} --open»."
        )


def _span(begin: str | None, end: str | None) -> str:
    shown = [
        f" {word} {'/'.join(reversed(day.split('-')))}"
        for word, day in (("desde", begin), ("hasta", end))
        if day
    ]
    return "".join(shown)
