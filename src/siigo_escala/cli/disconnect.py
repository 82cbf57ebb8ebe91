"""`siigo-escala disconnect`: credentials away, or everything that is known of a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from siigo_escala.cli import arguments, output, setup, stored
from siigo_escala.cli.failures import CommandProblem

if TYPE_CHECKING:
    from siigo_escala.store.models import Connection

_CHUNK = 1000


def disconnect(
    name: arguments.Name,
    *,
    forget: Annotated[
        bool,
        typer.Option(
            "--forget", help="Borra también el registro de facturas y todo lo demás de la conexión."
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Confirma; sin ella no se hace nada.")] = False,
    as_json: arguments.Json = False,
) -> int:
    """Quita las credenciales guardadas; con --forget, todo lo que se sabe de la conexión.

    Lo que ya está en Escala y en Siigo no se toca.
    """
    setup.prepared()
    connection = stored.named(name)
    if not yes:
        raise CommandProblem(
            "USAGE", f"Para desconectar «{name}» confirme con --yes; no se cambió nada.", key="--yes"
        )
    if forget:
        _forget(connection)
    else:
        _take_credentials(connection)
    if as_json:
        output.document({"schema": 1, "connection": name, "done": True, "warnings": []})
    elif forget:
        output.say(f"«{name}»: se borró todo lo que se sabía de ella. Lo que está en Escala sigue allí.")
    else:
        output.say(
            f"«{name}»: ya no tiene credenciales. El registro de facturas se conserva; para volver, conecte "
            "de nuevo con su archivo."
        )
    return 0


def _take_credentials(connection: Connection) -> None:
    from django.db import transaction

    with transaction.atomic():
        connection.siigo_key_sealed = connection.escala_key_sealed = ""
        connection.forgotten = True
        connection.save(update_fields=["siigo_key_sealed", "escala_key_sealed", "forgotten"])
        if not _shared(connection, "siigo"):
            company = connection.siigo
            company.token_sealed, company.token_expires, company.token_username = "", None, ""
            company.save(update_fields=["token_sealed", "token_expires", "token_username"])


def _forget(connection: Connection) -> None:
    """Invoices by the thousand, so that a large ledger needs little memory; all of it or nothing."""
    from django.db import transaction

    from siigo_escala.store import models
    from siigo_escala.store.counting import CallCounter
    from siigo_escala.sync import access

    company, account = connection.siigo, connection.escala
    company_is_shared, account_is_shared = _shared(connection, "siigo"), _shared(connection, "escala")
    with transaction.atomic():
        models.InvoiceEvent.objects.filter(invoice__connection=connection).delete()
        models.CreditNote.objects.filter(connection=connection).delete()
        while chunk := list(connection.invoices.values_list("pk", flat=True)[:_CHUNK]):
            models.Invoice.objects.filter(pk__in=chunk).delete()
        CallCounter(access.counter_name(connection), now=setup.now).begin_anew()
        connection.delete()
        if not company_is_shared:
            models.Limit.objects.filter(account=f"siigo:{company.pk}").delete()
            company.delete()
        if not account_is_shared:
            models.Limit.objects.filter(account=f"escala:{account.pk}").delete()
            account.delete()


def _shared(connection: Connection, system: str) -> bool:
    """Whether another connection uses the same account."""
    from siigo_escala.store import models

    same = {f"{system}_id": getattr(connection, f"{system}_id")}
    return models.Connection.objects.filter(**same).exclude(pk=connection.pk).exists()
