"""What a change of direction does, told before it takes effect: from what is stored, without a call."""

from __future__ import annotations

from siigo_escala.domain import money, rules
from siigo_escala.domain.directions import BACK
from siigo_escala.domain.rules import ConnectionFile, FileProblem
from siigo_escala.store.models import Connection
from siigo_escala.sync import rule_changes, waiting
from siigo_escala.sync.foretelling import Sum
from siigo_escala.sync.invoicing import foretelling


def told(name: str, file: ConnectionFile) -> str:
    """A sentence or two; "" where this file does not turn the stored connection of that name round."""
    connection = Connection.objects.select_related("siigo", "escala").filter(name=name).first()
    if connection is None or connection.direction == file.direction:
        return ""
    waits = waiting.of(connection).open
    if file.direction != BACK:
        return (
            "La dirección cambia: las facturas de Siigo crean oportunidades en Escala, y las oportunidades "
            f"dejan de facturarse. {_kept(waits, 'oportunidad', 'oportunidades')}"
        )
    kept = f"{_kept(waits, 'factura', 'facturas')}{_stage(connection, file)}"
    return (
        "La dirección cambia: las oportunidades que lleguen a la etapa crean facturas en Siigo, y las "
        f"facturas dejan de crear oportunidades. {kept}"
    )


def _kept(waits: Sum, one: str, many: str) -> str:
    if not waits.count:
        return "Nada esperaba en la dirección de antes."
    verb = "espera y queda como está" if waits.count == 1 else "esperan y quedan como están"
    return f"{_counted(waits, one, many)} {verb}."


def _stage(connection: Connection, file: ConnectionFile) -> str:
    """What stands in the stage, where that is known."""
    try:
        _, stage = rule_changes.place_of(connection, file)
    except FileProblem:
        return ""  # connecting says what there is
    before = rules.from_json(rule_changes.as_it_stands(connection))
    found = foretelling.foretell(connection, before, file, stage=stage)
    if found.read_at is None:
        return ""
    there = _counted(found.in_stage, "oportunidad", "oportunidades")
    said = f" En «{file.invoices.trigger_stage}» ya hay {there}"
    count = found.looked_at.count
    if count:
        verb = "factura" if count == 1 else "facturan"
        return f"{said}: se {verb} {_counted(found.looked_at, 'oportunidad', 'oportunidades')}."
    verb = "factura" if found.in_stage.count == 1 else "facturan"
    return f"{said}: no se {verb}, solo las que lleguen desde ahora."


def _counted(some: Sum, one: str, many: str) -> str:
    return f"{some.count} {one if some.count == 1 else many} por {money.to_pesos(some.value)}"
