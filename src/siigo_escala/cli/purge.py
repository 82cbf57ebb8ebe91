"""`siigo-escala purge`: what is older than it may become goes."""

from __future__ import annotations

from typing import Annotated

import typer

from siigo_escala.cli import arguments, output, setup

_KINDS = {
    "raw_answers": "Respuestas tal como llegaron (30 días)",
    "customers": "Clientes sin facturas recientes (90 días)",
    "history": "Historia de las facturas (2 años)",
    "raw_answers_of_opportunities": "Respuestas de Siigo al facturar (30 días)",
    "history_of_opportunities": "Historia de las oportunidades facturadas (2 años)",
    "runs": "Sincronizaciones (2 años; sin novedades, 30 días)",
    "call_counts": "Conteo de llamadas (30 días)",
    "missing_codes": "Códigos que Escala no tiene (30 días)",
    "previews": "Vistas previas y comprobaciones (7 días)",
    "copies": "Copias automáticas (90 días)",
}


def purge(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Solo cuenta qué se borraría.")] = False,
    as_json: arguments.Json = False,
) -> int:
    """Borra lo que ya cumplió su plazo de conservación. El registro de facturas no se toca."""
    environment = setup.prepared()
    from siigo_escala.store import retention

    removed = retention.purge(home=environment.home, now=setup.now(), dry_run=dry_run)
    if as_json:
        output.document(
            {"schema": 1, "done": not dry_run, "dry_run": dry_run, "warnings": [], "removed": removed}
        )
        return 0
    output.table(
        [("Se borraría" if dry_run else "Borrado", "left"), ("Cantidad", "right")],
        [[_KINDS[kind], output.number(count)] for kind, count in removed.items()],
    )
    return 0
