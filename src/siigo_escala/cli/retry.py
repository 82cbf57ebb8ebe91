"""`siigo-escala retry`: reads again what failed or needs attention, and tries it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siigo_escala.cli import arguments, output, running, setup, stopping, sync

if TYPE_CHECKING:
    from siigo_escala.sync.opening import Opened


def retry(
    name: arguments.Name,
    *,
    invoices: arguments.Invoices = None,
    opportunities: arguments.Opportunities = None,
    wait: arguments.Wait = None,
    as_json: arguments.Json = False,
) -> int:
    """Vuelve a leer lo que falló o está por revisar, con su cliente, y lo intenta."""
    sync.check_names(invoices or [], opportunities or [])
    wait_s = running.wait_seconds(wait)
    environment = setup.prepared()
    from siigo_escala.sync.session import Options

    def check(opened: Opened) -> None:
        sync.check_direction(opened, options)

    options = Options(
        kind="retry",
        invoices=tuple(dict.fromkeys(invoices or [])),
        opportunities=tuple(dict.fromkeys(one.strip() for one in opportunities or [])),
        by="command",
    )
    with stopping.gently() as heard:
        ended = running.one(environment, name, options, wait_s=wait_s, ask=False, heard=heard, check=check)
    if as_json:
        output.document(ended.document)
    else:
        sync.show(ended)
    return ended.exit_code
