"""Owners and custom fields that an account was seen to have: Escala lists neither.

What was read shows them, and so does the answer to a write. That a write was accepted alone does not: there
are systems that leave out what they do not know without a word.
"""

from __future__ import annotations

from collections.abc import Iterable

from siigo_escala.domain.crm import UNASSIGNED, Contact, Deal
from siigo_escala.store import models
from siigo_escala.store.models import EscalaAccount
from siigo_escala.sync.session import Session


def of_records(session: Session, records: Iterable[Deal | Contact]) -> None:
    """Keeps the names that these records show; what was only sent has no moment yet and shows nothing."""
    owners: set[str] = set()
    fields: set[str] = set()
    for record in records:
        if record.modified is None:
            continue
        owners.add(record.owner)
        fields |= record.custom.keys()
    keep(session, owners=owners, fields=fields)


def keep(session: Session, *, owners: set[str], fields: set[str]) -> None:
    """Keeps names that were seen; nothing is written where none is new."""
    learn(session.connection.escala, owners=owners, fields=fields)


def learn(known: EscalaAccount, *, owners: set[str], fields: set[str]) -> None:
    """The same without a run: whoever introduced the account had read some of its records."""
    owners = owners - {"", UNASSIGNED}
    if owners <= set(known.seen_owners) and fields <= set(known.seen_fields):
        return
    account = EscalaAccount.objects.get(pk=known.pk)
    known.seen_owners = sorted({*account.seen_owners, *owners})
    known.seen_fields = sorted({*account.seen_fields, *fields})
    EscalaAccount.objects.filter(pk=known.pk).update(
        seen_owners=known.seen_owners, seen_fields=known.seen_fields
    )


def has_field(account: EscalaAccount, field: str) -> bool:
    """Whether a custom field was seen, in what was learnt or in a contact of the index."""
    if field in account.seen_fields:
        return True
    shown = models.KnownContact.objects.filter(escala_id=account.pk, modified__isnull=False)
    return shown.filter(record__custom__has_key=field).exists()
