"""What people choose from: pipelines, stages, owners, fields, document types, sellers of both accounts.

They are stored whenever an account tells them; before the first run some were never told, and are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from siigo_escala.config.env import Environment
from siigo_escala.domain.crm import UNASSIGNED, Contact, Deal
from siigo_escala.domain.rules import ConnectionFile
from siigo_escala.rest.errors import RemoteError
from siigo_escala.store import models
from siigo_escala.store.errors import StoreProblem
from siigo_escala.store.models import Connection
from siigo_escala.store.vault import Vault
from siigo_escala.sync import catalogues, clients, connect, fields, look, opening, sellers
from siigo_escala.sync.account import Calls
from siigo_escala.sync.clients import Clients
from siigo_escala.sync.fields import SeenField
from siigo_escala.sync.opening import Opened
from siigo_escala.sync.session import Listener

_PAGES = 2
_EVERYTHING = ("las listas de Siigo", "las listas de Escala")
_PATIENCE_S = 3
_LONGEST_S = 10.0
"""A person waits for a page: an account that is slower is out of reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Custom fields that were seen, of contacts and of deals."""

    contacts: tuple[SeenField, ...]
    deals: tuple[SeenField, ...]


def fields_of(connection: Connection) -> Fields:
    """The custom fields that this account was seen to have; one whose key names neither may be of both."""
    seen = [fields.described(key, entity="", sample="") for key in connection.escala.seen_fields]
    return Fields(
        contacts=tuple(one for one in seen if not one.key.startswith(("cf_deal_", "cf_product_"))),
        deals=tuple(one for one in seen if not one.key.startswith(("cf_contact_", "cf_product_"))),
    )


def owners_of(connection: Connection) -> list[str]:
    """E-mails of Escala users that are known: seen as owners, or named by the rules."""
    file = connection.file
    named = {file.get("opportunities", {}).get("default_owner", ""), *file.get("sellers", {}).values()}
    return sorted({*connection.escala.seen_owners, *named} - {"", UNASSIGNED})


def never_told(connection: Connection, *, selling: bool = False) -> bool:
    """Whether a list that people choose from is empty because nobody has asked for it."""
    account, company = connection.escala, connection.siigo
    if selling and not (company.selling.get("payment_types") and "cost_centers" in company.selling):
        return True
    return not (
        account.pipelines
        and company.document_types
        and company.sellers
        and (account.seen_fields or account.contacts_read_at)
    )


def ask(
    environment: Environment,
    connection: Connection,
    vault: Vault,
    *,
    now: Callable[[], datetime],
    selling: bool = False,
) -> list[str]:
    """Asks both accounts, eight calls at most, and keeps what they tell; in Spanish, what was not read.

    `selling`: four calls more, for what invoices are made with; each list that was read is kept.
    """
    if connection.paused or connection.forgotten:
        return list(_EVERYTHING)  # whoever is kept out does not knock
    opened = Opened(
        environment=replace(environment, patience_seconds=min(_PATIENCE_S, environment.patience_seconds)),
        connection=connection,
        file=ConnectionFile(name=connection.name),
        vault=vault,
    )
    try:
        pair = opening.client_pair(
            opened,
            connection,
            calls=Calls(),
            listener=Listener(),
            now=now,
            bounds=clients.Bounds(longest_s=lambda _: _LONGEST_S),
        )
    except StoreProblem:
        return list(_EVERYTHING)
    unread = []
    try:
        for name, asked in (("Siigo", _ask_siigo), ("Escala", _ask_escala)):
            try:
                asked(connection, pair)
            except RemoteError:
                unread.append(f"las listas de {name}")
        if selling:
            unread += _ask_selling(connection, pair)
    finally:
        pair.close()
    return unread


def _ask_siigo(connection: Connection, pair: Clients) -> None:
    company = connection.siigo
    sellers.keep(company, pair.siigo.users())
    company.document_types = connect.types_to_json(pair.siigo.document_types())
    company.save(update_fields=["document_types"])


def _ask_selling(connection: Connection, pair: Clients) -> list[str]:
    company, unread = connection.siigo, []
    asked: tuple[tuple[str, str, Callable[[], Iterable[Any]]], ...] = (
        ("document_types", "los tipos de factura", pair.siigo.document_types),
        ("payment_types", "las formas de pago", pair.siigo.payment_types),
        ("taxes", "los impuestos", pair.siigo.taxes),
        ("cost_centers", "los centros de costo", pair.siigo.cost_centers),
        ("warehouses", "las bodegas", pair.siigo.warehouses),
    )
    for name, word, ask_it in asked:
        try:
            catalogues.note(company, **{name: ask_it()})
        except RemoteError:
            unread.append(word)
    company.save(update_fields=["selling"])
    return unread


def _ask_escala(connection: Connection, pair: Clients) -> None:
    account = connection.escala
    account.pipelines = look.to_json(pair.escala.pipelines())
    account.save(update_fields=["pipelines"])
    for contacts in islice(iter(pair.escala.contacts()), _PAGES):
        _note(account, contacts)
    for deals in islice(iter(pair.escala.deals()), _PAGES):
        _note(account, deals)


def _note(account: models.EscalaAccount, records: Iterable[Contact | Deal]) -> None:
    """Owners and fields that these show."""
    owners, keys = set(account.seen_owners), set(account.seen_fields)
    for record in records:
        owners |= {record.owner} - {"", UNASSIGNED}
        keys |= {key for key, value in record.custom.items() if key.startswith("cf_") and str(value).strip()}
    account.seen_owners, account.seen_fields = sorted(owners), sorted(keys)
    account.save(update_fields=["seen_owners", "seen_fields"])
