"""Which Escala user is a Siigo seller: the connection's links, by e-mail or id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from siigo_escala.domain.accounting import Seller
from siigo_escala.rest.errors import AccessDenied, RemoteError
from siigo_escala.store.models import SiigoCompany
from siigo_escala.sync.session import Session


def link(session: Session, known: Sequence[dict[str, Any]]) -> None:
    """Joins the links of the connection file with Siigo's users."""
    links = {key.strip().casefold(): owner for key, owner in session.file.sellers.items()}
    session.owners = {int(key): owner for key, owner in links.items() if key.isdigit()}
    for seller in known:
        session.seller_names[seller["id"]] = seller["name"]
        owner = links.get(seller["email"].strip().casefold())
        if owner is not None:
            session.owners.setdefault(seller["id"], owner)
    session.rules = replace(session.rules, linked_sellers=frozenset(session.owners))


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
