"""What the index of Escala holds of erased persons: enough to find their contact again, and no more.

Their contacts stand under aliases in place of identification, e-mail and phone. Whoever asks with one of
these in hand finds the contact and gets it with just what was asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from siigo_escala.domain import records, stripped
from siigo_escala.domain.crm import Contact, Deal
from siigo_escala.domain.rules import from_json
from siigo_escala.store import erasing, models
from siigo_escala.store.erasing import Erased
from siigo_escala.sync.session import Session


def contacts_among(session: Session, contacts: Iterable[Contact], fields: Collection[str]) -> set[str]:
    """Which of these are an erased person's: by their identification, or because they were before."""
    if not session.erased:
        return set()
    found = list(contacts)
    by_number = {
        contact.id
        for contact in found
        if any(session.erased.covers_text(str(contact.custom.get(name, ""))) for name in fields)
    }
    return by_number | _known(session, [contact.id for contact in found])


def names_of(session: Session, deals: Iterable[Deal]) -> dict[str, str]:
    """The name that the index keeps of each deal of an erased person, by deal.

    A deal of such a contact is known by itself from then on: the contact may be deleted, or merged.
    """
    erased = session.erased
    if not erased:
        return {}
    found: dict[str, Deal] = {deal.id: deal for deal in deals}
    contacts = {deal.contact_id for deal in found.values() if deal.contact_id}
    theirs = _known(session, contacts) | {one for one in contacts if erased.covers_contact(one)}
    marked = {one for one in found if erased.covers_deal(one)}
    fresh = {deal.id for deal in found.values() if deal.contact_id in theirs} - marked
    if fresh and not session.dry:
        erasing.keep(session.connection.escala_id, erased, map(erasing.of_deal, fresh), now=session.now())
    hers = fresh | marked | _bound(session, found)
    if not hers:
        return {}
    marks = marks_of(session)
    return {one: stripped.deal_name(found[one].name, marks, hidden=erased.covers_text) for one in hers}


def kept_reason(session: Session, row: models.Invoice, data: dict[str, Any]) -> dict[str, Any]:
    """What the ledger keeps of what the reason of an invoice is told with."""
    return stripped.told(data) if _hides(session, row) else data


def kept_event(session: Session, row: models.Invoice, data: dict[str, Any], *, raw: str) -> dict[str, Any]:
    """What the history of an invoice keeps of an event."""
    return {"data": stripped.event(data), "raw": ""} if _hides(session, row) else {"data": data, "raw": raw}


def _hides(session: Session, row: models.Invoice) -> bool:
    """Whether it is an erased person's: of these the ledger holds no identification."""
    return bool(session.erased) and not row.customer


def marks_of(session: Session) -> list[str]:
    """What the names of deals that any connection of this account made may end with."""
    of_account = models.Connection.objects.filter(escala_id=session.connection.escala_id)
    return [from_json(file).opportunities.mark for file in of_account.values_list("file", flat=True)]


def aliases(erased: Erased, keys: Iterable[str]) -> dict[str, str]:
    """The key by its alias, for each key under which an erased person's contact may stand."""
    return {erased.alias(key): key for key in keys} if erased else {}


def record_of(contact: Contact, fields: Iterable[str]) -> dict[str, object]:
    """What the index keeps of an erased person's contact."""
    return records.from_contact(stripped.contact(contact, fields))


def with_what_was_asked(contact: Contact, keys: Iterable[str], fields: Iterable[str]) -> Contact:
    """A stripped contact with the identification, e-mail and phone by which it was found."""
    for key in keys:
        kind, _, value = key.partition(":")
        if kind == "id":
            contact = replace(contact, custom=dict.fromkeys(fields, value))
        elif kind == "email":
            contact = replace(contact, emails=(*contact.emails, value))
        else:
            contact = replace(contact, phones=(*contact.phones, value))
    return contact


def _bound(session: Session, deal_ids: Collection[str]) -> set[str]:
    """Deals among these that show an erased person's invoice."""
    rows = models.Invoice.objects.filter(
        escala_id=session.connection.escala_id, deal_id__in=deal_ids, customer=""
    )
    return {one for one in rows.values_list("deal_id", flat=True) if one}


def _known(session: Session, contact_ids: Collection[str]) -> set[str]:
    """Contacts among these that stand under an alias already."""
    account = session.connection.escala_id
    bound = models.ContactBinding.objects.filter(
        escala_id=account, contact_id__in=contact_ids, identity__startswith=erasing.ALIAS
    )
    keyed = models.ContactKey.objects.filter(
        escala_id=account, contact_id__in=contact_ids, key__startswith=erasing.ALIAS
    )
    return {one for rows in (bound, keyed) for one in rows.values_list("contact_id", flat=True) if one}
