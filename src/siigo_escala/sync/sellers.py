"""Which Escala user is a Siigo seller: the connection's links, by e-mail or id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from siigo_escala.domain.accounting import Seller
from siigo_escala.domain.crm import UNASSIGNED
from siigo_escala.rest.errors import AccessDenied, RemoteError
from siigo_escala.store.models import SiigoCompany
from siigo_escala.sync.session import Session


def link(session: Session, known: Sequence[dict[str, Any]]) -> None:
    """Joins the links of the connection file with Siigo's users."""
    session.owners = owners_of(session.file.sellers, known)
    for seller in known:
        session.seller_names[seller["id"]] = seller["name"]
    session.rules = replace(session.rules, linked_sellers=frozenset(session.owners))


def owners_of(links: Mapping[str, str], known: Sequence[dict[str, Any]]) -> dict[int, str]:
    """The Escala user of each linked seller, by Siigo's id; a link by id goes before one by e-mail."""
    folded = {key.strip().casefold(): owner for key, owner in links.items()}
    owners = {int(key): owner for key, owner in folded.items() if key.isdigit()}
    for seller in known:
        owner = folded.get(seller["email"].strip().casefold())
        if owner is not None:
            owners.setdefault(seller["id"], owner)
    return owners


def owner_of(session: Session, seller: int | None) -> str:
    """The Escala user of an invoice's seller, else the default owner."""
    return session.owners.get(seller or 0) or session.file.opportunities.default_owner or UNASSIGNED


def ensure(session: Session, ids: Iterable[int | None]) -> None:
    """Reads Siigo's users again, once a run, where an invoice names one that is not known yet."""
    unknown = {seller for seller in ids if seller is not None} - session.seller_names.keys()
    if not unknown or session.sellers_read:
        return
    session.sellers_read = True
    try:
        users = session.siigo.users()
    except AccessDenied:
        raise
    except RemoteError:
        return
    keep(session.connection.siigo, users)
    link(session, session.connection.siigo.sellers)


def keep(company: SiigoCompany, users: Sequence[Seller]) -> None:
    """Stores a company's users."""
    company.sellers = [
        {"id": user.id, "name": user.name, "email": user.email, "active": user.active} for user in users
    ]
    company.save(update_fields=["sellers"])
