"""The questions of a self-check, most important first: ten calls at most, one page of each list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from siigo_escala.domain.accounting import Invoice
from siigo_escala.domain.crm import Deal
from siigo_escala.escala.client import EscalaClient
from siigo_escala.rest.errors import AccessDenied, RemoteError, TryLater
from siigo_escala.rest.scrolling import SIZE
from siigo_escala.siigo.client import SiigoClient
from siigo_escala.sync.checking.budget import Spent
from siigo_escala.sync.checking.seen import Seen

_RECENT = timedelta(days=60)


def siigo(client: SiigoClient, seen: Seen, *, now: Callable[[], datetime]) -> None:
    """Users, one page of recent invoices, kinds of document, one page of credit notes.

    Raises what keeps users or invoices from being read; the rest is optional, as in a run.
    """
    seen.users = client.users()
    page = next(client.invoices(created_start=now() - _RECENT))
    seen.invoices = [one for one in page.records if isinstance(one, Invoice)]
    seen.unreadable = len(page.records) - len(seen.invoices)
    seen.compare("siigo", page.server_date, now())
    try:
        seen.document_types = client.document_types()
    except RemoteError:
        seen.document_types = None
    try:
        next(client.credit_notes(created_start=now() - _RECENT))
        seen.credit_notes = "yes"
    except AccessDenied as problem:
        seen.credit_notes = "refused" if problem.cause == "permission" else "unknown"
    except RemoteError:
        seen.credit_notes = "unknown"


def siigo_catalogues(client: SiigoClient, seen: Seen) -> None:
    """What invoices are made with: users, kinds of document, ways of paying, taxes. Raises as a run would."""
    seen.users = client.users()
    seen.document_types = client.document_types()
    seen.payment_types = client.payment_types()
    seen.taxes = client.taxes()


def escala(client: EscalaClient, seen: Seen, *, now: Callable[[], datetime]) -> None:
    """Pipelines, one page of contacts and of deals. Raises what keeps them from being read."""
    seen.pipelines = client.pipelines()
    contacts = client.contacts()
    seen.contacts = list(next(iter(contacts), ()))
    seen.compare("escala", contacts.server_date, now())
    seen.deals = list(next(iter(client.deals()), ()))


def catalogue(client: EscalaClient, seen: Seen) -> None:
    """One page of products: what is asked while no run has read the catalogue."""
    try:
        page = next(iter(client.products()), ())
    except RemoteError:
        return
    seen.products = list(page)
    seen.products_cut = len(page) >= SIZE


def habits(client: EscalaClient, seen: Seen, *, now: Callable[[], datetime]) -> None:
    """Whether `since` is obeyed and whether contacts can be looked up by e-mail, where not known yet."""
    _since(client, seen.deals, now=now)
    if client.capabilities.email_filter == "unknown":
        email = next((email for contact in seen.contacts for email in contact.emails), None)
        if email is not None:
            try:
                client.contacts_with_email(email)
            except RemoteError:
                return


def _since(client: EscalaClient, known: list[Deal], *, now: Callable[[], datetime]) -> None:
    """Asks for what changed since the newest record: proven where it comes and nothing older does."""
    if client.capabilities.since_deals != "unknown":
        return
    newest = max((one for one in known if one.modified is not None), key=_moment, default=None)
    if newest is None or newest.modified is None or not any(_moment(one) < newest.modified for one in known):
        # With nothing older in the account no answer tells whether the bound was obeyed.
        return
    try:
        page = next(iter(client.deals(since=newest.modified_text)), ())
    except (AccessDenied, Spent):
        return
    except TryLater:
        client.learn_since("deals", "broken", now=now())
        return
    except RemoteError:
        return
    moments = [one.modified for one in page if one.modified is not None]
    if any(moment < newest.modified - timedelta(seconds=1) for moment in moments):
        client.learn_since("deals", "ignored", now=now())
    elif newest.id in {one.id for one in page}:
        client.learn_since("deals", "works", now=now())


def _moment(record: Deal) -> datetime:
    return record.modified or datetime.min.replace(tzinfo=UTC)
