"""A company leaves: its credentials, or everything that is known of it, after a backup.

What two connections share stays for the other one: accounts, what stands in them, and how their calls count.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction

from siigo_escala.store import backup, models
from siigo_escala.store import lease as leases
from siigo_escala.store.errors import LeaseTaken
from siigo_escala.store.models import Connection
from siigo_escala.sync import access

_CHUNK = 1000


def take_credentials(connection: Connection) -> None:
    """Removes both secrets, and the token that one of them got; the ledger stays."""
    with transaction.atomic():
        connection.siigo_key_sealed = connection.escala_key_sealed = ""
        connection.forgotten = True
        connection.save(update_fields=["siigo_key_sealed", "escala_key_sealed", "forgotten"])
        # The assistant keeps what was typed until it comes to its end.
        models.ConnectionDraft.objects.filter(connection=connection).delete()
        if not _others_on(connection, "siigo"):
            company = connection.siigo
            company.token_sealed, company.token_expires, company.token_username = "", None, ""
            company.save(update_fields=["token_sealed", "token_expires", "token_username"])


def forget(connection: Connection, *, home: Path, keys: Sequence[str], now: datetime) -> Path:
    """Removes every row of a connection and of the accounts that no other uses; the backup made before.

    LeaseTaken while a run of its accounts is under way, and nothing was changed.
    """
    try:
        lease = leases.take(connection)
    except LeaseTaken:
        raise LeaseTaken(
            f"Una sincronización de las cuentas de «{connection.name}» está en curso: espere a que termine. "
            "No se cambió nada."
        ) from None
    try:
        kept = backup.aside(home, f"forget-{connection.name}", keys=keys, now=now)
        _remove(connection)
    finally:
        lease.release()
    return kept


def _remove(connection: Connection) -> None:
    """Invoices by the thousand, so that a large ledger needs little memory; all of it or nothing."""
    company, account = connection.siigo, connection.escala
    company_is_shared = _others_on(connection, "siigo")
    account_is_shared = _others_on(connection, "escala")
    user = connection.siigo_username
    user_is_shared = Connection.objects.filter(siigo_username=user).exclude(pk=connection.pk).exists()
    with transaction.atomic():
        models.InvoiceEvent.objects.filter(invoice__connection=connection).delete()
        models.CreditNote.objects.filter(connection=connection).delete()
        models.OpportunityEvent.objects.filter(opportunity__connection=connection).delete()
        while chunk := list(connection.opportunities.values_list("pk", flat=True)[:_CHUNK]):
            models.Opportunity.objects.filter(pk__in=chunk).delete()
        while chunk := list(connection.invoices.values_list("pk", flat=True)[:_CHUNK]):
            models.Invoice.objects.filter(pk__in=chunk).delete()
        if not user_is_shared:
            access.begin_anew(connection)
            models.Limit.objects.filter(account=access.first_limit(user)).delete()
        connection.delete()
        if not company_is_shared:
            # Earlier users, too.
            models.CallHour.objects.filter(account__startswith=f"siigo:{company.pk}:").delete()
            models.Limit.objects.filter(account=f"siigo:{company.pk}").delete()
            company.delete()
        if not account_is_shared:
            models.CallHour.objects.filter(account=f"escala:{account.pk}").delete()
            models.Limit.objects.filter(account=f"escala:{account.pk}").delete()
            account.delete()


def _others_on(connection: Connection, system: str) -> bool:
    """Whether another connection uses the same account."""
    same = {f"{system}_id": getattr(connection, f"{system}_id")}
    return Connection.objects.filter(**same).exclude(pk=connection.pk).exists()
