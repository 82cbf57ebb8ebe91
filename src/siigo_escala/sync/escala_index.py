"""The index of what stands in Escala, as far as it was read: what look-ups ask instead of the API."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from django.db import connection

from siigo_escala.domain import identity, money, records
from siigo_escala.domain.crm import Contact, Deal, Product
from siigo_escala.domain.mapping import invoice_to_deal
from siigo_escala.store import models
from siigo_escala.sync import erased_index, seen_names
from siigo_escala.sync.session import Session

_CHUNK = 500
_NOTED = "?"
"""Before a word of a field that is no marker: a reason to ask a person (domain/twins.py), no name."""
_HAS_CONTACT = " UNION ALL ".join(
    f"SELECT 1 FROM {model._meta.db_table} WHERE escala_id = %s AND contact_id = %s"
    for model in (models.KnownContact, models.ContactBinding)
)


def deals_of(session: Session, words: Collection[str]) -> dict[str, list[models.KnownDeal]]:
    """Indexed deals by the word of their name (or marker field) that was asked for, in capitals."""
    account = session.connection.escala_id
    found: dict[str, list[models.KnownDeal]] = {}
    for chunk in _chunks(sorted(words)):
        pairs = list(
            models.DealWord.objects.filter(escala_id=account, word__in=chunk).values_list("word", "deal_id")
        )
        deals = {
            deal.deal_id: deal
            for deal in models.KnownDeal.objects.filter(
                escala_id=account, deal_id__in={deal_id for _, deal_id in pairs}
            )
        }
        for word, deal_id in pairs:
            if deal_id in deals:
                found.setdefault(word, []).append(deals[deal_id])
    return found


def words_of(session: Session, deal_ids: Collection[str]) -> dict[str, set[str]]:
    """Every word with a digit that each of these deals holds in its name or any custom field, in capitals."""
    found: dict[str, set[str]] = {}
    for chunk in _chunks(sorted(deal_ids)):
        pairs = models.DealWord.objects.filter(escala_id=session.connection.escala_id, deal_id__in=chunk)
        for deal_id, word in pairs.values_list("deal_id", "word"):
            found.setdefault(deal_id, set()).add(word.removeprefix(_NOTED))
    return found


def invoices_named(session: Session, deal_ids: Collection[str]) -> dict[str, set[str]]:
    """The invoices' names that each of these deals holds in its name or a marker field, in capitals."""
    found: dict[str, set[str]] = {}
    for chunk in _chunks(sorted(deal_ids)):
        pairs = models.DealWord.objects.filter(escala_id=session.connection.escala_id, deal_id__in=chunk)
        for deal_id, word in pairs.exclude(word__startswith=_NOTED).values_list("deal_id", "word"):
            if invoices := invoices_among([word]):
                found.setdefault(deal_id, set()).update(invoices)
    return found


def invoices_among(words: Iterable[str]) -> set[str]:
    """Those of a deal's words that are an invoice's name."""
    return {name for word in words if (name := invoice_to_deal.names_any_invoice(word))}


def contacts_with(session: Session, keys: Collection[str]) -> dict[str, list[Contact]]:
    """Indexed contacts by key ("id:…", "email:…", "phone:…")."""
    account = session.connection.escala_id
    found: dict[str, list[Contact]] = {}
    aliases = erased_index.aliases(session.erased, keys)
    for chunk in _chunks(sorted({*keys, *aliases})):
        pairs = list(
            models.ContactKey.objects.filter(escala_id=account, key__in=chunk).values_list(
                "key", "contact_id"
            )
        )
        known = {
            row.contact_id: records.to_contact(row.record)
            for row in models.KnownContact.objects.filter(
                escala_id=account, contact_id__in={contact_id for _, contact_id in pairs}
            )
        }
        for key, contact_id in pairs:
            if contact_id in known:
                found.setdefault(key, []).append(known[contact_id])
    return _unaliased(session, found, aliases) if aliases else found


def _unaliased(
    session: Session, found: dict[str, list[Contact]], aliases: dict[str, str]
) -> dict[str, list[Contact]]:
    """The same by the keys that were asked for, with what was asked of those that stand under an alias."""
    asked: dict[str, list[str]] = {}
    for alias in sorted(found.keys() & aliases.keys()):
        for contact in found[alias]:
            asked.setdefault(contact.id, []).append(aliases[alias])
    fields = fields_of(session)
    unaliased: dict[str, list[Contact]] = {}
    for key, contacts in found.items():
        unaliased.setdefault(aliases.get(key, key), []).extend(
            erased_index.with_what_was_asked(contact, asked.get(contact.id, ()), fields)
            for contact in contacts
        )
    return unaliased


def keys_of(contact: Contact, fields: Iterable[str]) -> set[str]:
    """Every key under which a contact is found."""
    keys = {f"email:{email}" for raw in contact.emails if (email := identity.email(raw))}
    keys |= {f"phone:{phone}" for raw in contact.phones if (phone := identity.phone(raw))}
    for name in fields:
        stored = contact.custom.get(name)
        if stored not in (None, ""):
            keys |= {f"id:{key}" for key in identity.stored_keys(str(stored))}
    return keys


def keep_contacts(session: Session, contacts: Sequence[Contact], *, just_made: bool = False) -> None:
    """Puts contacts into the index, in place of what it held of them; it holds nothing of those just made."""
    account = session.connection.escala_id
    fields = fields_of(session)
    now = session.now()
    rows: list[dict[str, object]] = []
    keys: list[dict[str, object]] = []
    erased = erased_index.contacts_among(session, contacts, fields)
    for contact in {contact.id: contact for contact in contacts}.values():
        theirs = contact.id in erased
        rows.append(
            {
                "escala_id": account,
                "contact_id": contact.id,
                "record": erased_index.record_of(contact, fields)
                if theirs
                else records.from_contact(contact),
                "modified": contact.modified,
                "modified_text": contact.modified_text,
                "seen_at": now,
            }
        )
        keys += [
            {
                "escala_id": account,
                "key": session.erased.alias(key) if theirs else key[:320],
                "contact_id": contact.id,
            }
            for key in keys_of(contact, fields)
        ]
    if not just_made:
        ids = [contact.id for contact in contacts]
        models.ContactKey.objects.filter(escala_id=account, contact_id__in=ids).delete()
    models.insert_values(
        models.KnownContact,
        rows,
        unique=["escala", "contact_id"],
        update=["record", "modified", "modified_text", "seen_at"],
    )
    models.insert_values(models.ContactKey, keys, unique=["escala", "key", "contact_id"])
    if just_made:
        seen_names.of_records(session, contacts)


def keep_deals(session: Session, deals: Sequence[Deal], *, just_made: bool = False) -> None:
    """Puts deals into the index, in place of what it held of them; it holds nothing of those just made."""
    account = session.connection.escala_id
    now = session.now()
    rows: list[dict[str, object]] = []
    words: list[dict[str, object]] = []
    names = erased_index.names_of(session, deals)
    fields = number_fields(session)
    for deal in {deal.id: deal for deal in deals}.values():
        rows.append(
            {
                "escala_id": account,
                "deal_id": deal.id,
                "name": names.get(deal.id, deal.name),
                "contact_id": deal.contact_id or "",
                "value": deal.value if deal.value is not None and money.is_amount(deal.value) else None,
                "stage_id": deal.stage_id or "",
                "created": deal.created,
                "modified": deal.modified,
                "modified_text": deal.modified_text,
                "seen_at": now,
            }
        )
        named = _words([names.get(deal.id, deal.name), *(deal.custom.get(field, "") for field in fields)])
        noted = {_NOTED + word for word in _words(deal.custom.values()) - named}
        words += [{"escala_id": account, "word": word, "deal_id": deal.id} for word in sorted(named | noted)]
    if not just_made:
        ids = [deal.id for deal in deals]
        models.DealWord.objects.filter(escala_id=account, deal_id__in=ids).delete()
    models.insert_values(
        models.KnownDeal,
        rows,
        unique=["escala", "deal_id"],
        update=["name", "contact_id", "value", "stage_id", "created", "modified", "modified_text", "seen_at"],
    )
    models.insert_values(models.DealWord, words, unique=["escala", "word", "deal_id"])
    if just_made:
        seen_names.of_records(session, deals)


def keep_products(session: Session, products: Sequence[Product]) -> None:
    """Puts products into the index."""
    models.KnownProduct.objects.bulk_create(
        [
            models.KnownProduct(
                escala=session.connection.escala,
                product_id=product.id,
                sku=product.sku.strip()[:255],
                created=product.created,
            )
            for product in {product.id: product for product in products}.values()
        ],
        update_conflicts=True,
        unique_fields=["escala", "product_id"],
        update_fields=["sku", "created"],
        batch_size=_CHUNK,
    )


def has_contact(session: Session, contact_id: str) -> bool:
    """Whether the index holds this contact, or a customer is bound to it."""
    account = session.connection.escala_id
    with connection.cursor() as cursor:
        cursor.execute(_HAS_CONTACT, [account, contact_id, account, contact_id])
        return cursor.fetchone() is not None


def belongs_to_another(session: Session, contact_id: str, who: str) -> bool:
    """Whether another customer than `who` is bound to this contact."""
    account = session.connection.escala_id
    bound = models.ContactBinding.objects.filter(escala_id=account, contact_id=contact_id)
    return bound.exclude(identity=who).exists()


def forget_contact(session: Session, contact_id: str) -> None:
    """A contact that Escala no longer knows: out of the index."""
    account = session.connection.escala_id
    models.ContactKey.objects.filter(escala_id=account, contact_id=contact_id).delete()
    models.KnownContact.objects.filter(escala_id=account, contact_id=contact_id).delete()


def forget_deals(session: Session, deal_ids: Collection[str]) -> None:
    """Deals that Escala no longer has: out of the index."""
    account = session.connection.escala_id
    for chunk in _chunks(sorted(deal_ids)):
        models.DealWord.objects.filter(escala_id=account, deal_id__in=chunk).delete()
        models.KnownDeal.objects.filter(escala_id=account, deal_id__in=chunk).delete()


def fields_of(session: Session) -> list[str]:
    """The identification fields of every connection of this Escala account, as the run found them."""
    if session.identification_fields is None:
        files = models.Connection.objects.filter(escala_id=session.connection.escala_id).values_list(
            "file", flat=True
        )
        named = {file.get("opportunities", {}).get("identification_field", "") for file in files} - {""}
        session.identification_fields = sorted(named)
    return session.identification_fields


def number_fields(session: Session) -> set[str]:
    """The marker fields: those of deals into which a connection of this Escala account writes the number.

    What people note in any other field ("factura anterior") names no invoice, it makes us ask at most.
    """
    files = models.Connection.objects.filter(escala_id=session.connection.escala_id)
    named = files.values_list("file__opportunities__number_field", flat=True)
    return {field for field in named if field}


def _words(texts: Iterable[object]) -> set[str]:
    return {word for text in texts for word in invoice_to_deal.name_words(str(text))}


def _chunks(items: Sequence[str]) -> Iterable[Sequence[str]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
