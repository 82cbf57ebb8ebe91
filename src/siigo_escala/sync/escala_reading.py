"""Reading deals and contacts of Escala, and how sure each read is.

A read that counts is either complete (every record, proved: rest/scrolling.py) or of everything changed since
a moment, where the answer itself proves that `since` is obeyed: it holds a record known to be that old, and
none older (docs/adr/0002).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from siigo_escala.domain.compact import IdSet
from siigo_escala.domain.crm import Contact, Deal
from siigo_escala.rest.errors import AccessDenied, NotFound, RemoteError
from siigo_escala.rest.scrolling import Listing
from siigo_escala.store import models
from siigo_escala.store.models import EscalaAccount
from siigo_escala.sync import other_writer, seen_names
from siigo_escala.sync.escala_index import fields_of, forget_contact, forget_deals, keep_contacts, keep_deals
from siigo_escala.sync.session import Session
from siigo_escala.sync.view import Reading, Resource

SKEW = timedelta(minutes=5)
"""So far apart may a moment that we noted and one that Escala noted be."""
CANARY = timedelta(hours=1)
_CANARY_QUESTIONS = 5


@dataclass(slots=True)
class _Taken:
    ids: IdSet = field(default_factory=IdSet)
    older: bool = False
    known: bool = False
    owners: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)


def changes(session: Session, resource: Resource, moment: datetime) -> Reading:
    """Reads what changed since a moment of Escala's clock, or everything where `since` proves nothing."""
    since = _known_before(session, resource, moment)
    if since is not None:
        reading = _read_changes(session, resource, since)
        if reading is not None:
            return reading
    return whole(session, resource)


def whole(session: Session, resource: Resource) -> Reading:
    """Reads everything."""
    began = session.now()
    listing = _listing(session, resource, None)
    taken = _take(session, listing, not_before=None)
    return _settled(session, resource, listing, taken, began=began, since=None)


def _known_before(session: Session, resource: Resource, moment: datetime) -> str | None:
    """The `modified` of a known record from which on changes are asked for; None: everything must be read."""
    if not session.escala.capabilities.since_usable(resource, now=session.now()):
        return None
    model = models.KnownDeal if resource == "deals" else models.KnownContact
    text: str | None = (
        model.objects.filter(escala_id=session.connection.escala_id, modified__lte=moment)
        .exclude(modified_text="")
        .order_by("-modified")
        .values_list("modified_text", flat=True)
        .first()
    )
    return text


def _read_changes(session: Session, resource: Resource, since: str) -> Reading | None:
    """A read of changes, None where it proved nothing (then everything is read)."""
    began = session.now()
    listing = _listing(session, resource, since)
    moment = _moment(session, resource, since)
    try:
        taken = _take(session, listing, not_before=moment)
    except AccessDenied:
        raise
    except RemoteError:
        session.escala.learn_since(resource, "broken", now=began)
        return None
    if taken.older:
        session.escala.learn_since(resource, "ignored", now=began)
        # It was a read of everything then; it counts as one where its ending says so.
        return _settled(session, resource, listing, taken, began=began, since=None)
    if not taken.known:
        return None
    session.escala.learn_since(resource, "works", now=began)
    return _settled(session, resource, listing, taken, began=began, since=moment)


def _settled(
    session: Session,
    resource: Resource,
    listing: Listing[Deal] | Listing[Contact],
    taken: _Taken,
    *,
    began: datetime,
    since: datetime | None,
) -> Reading:
    """What a finished listing is worth, kept on the account. `began`: by our clock."""
    started = began + (session.escala_ahead or timedelta(0))
    seen_names.keep(session, owners=taken.owners, fields=taken.fields)
    if resource == "deals":
        other_writer.notice(session, began=began)
    ending = listing.ending
    counts, why = (ending.complete, ending.why) if ending is not None else (False, "")
    lagging = False
    if counts and resource == "deals":
        counts, why = _canary(session, taken.ids, started=started, since=since)
        lagging = not counts
    if counts:
        fields = {f"{resource}_looked_at": started}
        if since is None:
            fields[f"{resource}_read_at"] = began
            _purge(session, resource, taken.ids, began=began)
            if resource == "contacts":
                EscalaAccount.objects.filter(pk=session.connection.escala_id).update(
                    contacts_fields=fields_of(session)
                )
        EscalaAccount.objects.filter(pk=session.connection.escala_id).update(**fields)
    return Reading(
        resource=resource,
        counts=counts,
        why=why,
        lagging=lagging,
        started=started,
        ids=taken.ids if since is None else None,
        since=since,
    )


def _canary(session: Session, ids: IdSet, *, started: datetime, since: datetime | None) -> tuple[bool, str]:
    """Every deal of ours of the last hour must be in the read; a missing one must be gone for certain."""
    recent = models.Invoice.objects.filter(
        escala_id=session.connection.escala_id,
        sent_at__gte=started - CANARY,
        sent_at__lt=started,
        # One that we only found need not have changed since.
        adopted=False,
    ).exclude(deal_id=None)
    if since is not None:
        recent = recent.filter(sent_at__gt=since + SKEW)
    missing = [
        deal_id for deal_id in recent.values_list("deal_id", flat=True) if deal_id and deal_id not in ids
    ]
    if len(missing) > _CANARY_QUESTIONS:
        return False, "faltan oportunidades recién creadas"
    for deal_id in missing:
        try:
            session.escala.deal(deal_id)
        except NotFound:
            continue
        except RemoteError:
            return False, "no se pudo comprobar una oportunidad recién creada"
        return False, "la lista aún no muestra una oportunidad recién creada"
    return True, ""


def _take(
    session: Session, listing: Listing[Deal] | Listing[Contact], *, not_before: datetime | None
) -> _Taken:
    taken = _Taken()
    for page in listing:
        session.check_stop()
        _learn_clock(session, listing)
        deals = [record for record in page if isinstance(record, Deal)]
        contacts = [record for record in page if isinstance(record, Contact)]
        with session.index():
            if not_before is not None and not taken.known:
                taken.known = _any_known(session, [record.id for record in page])
            if deals:
                keep_deals(session, deals)
            if contacts:
                keep_contacts(session, contacts)
        for record in page:
            taken.ids.add(record.id)
            taken.owners.add(record.owner)
            taken.fields |= record.custom.keys()
            if not_before is not None and record.modified is not None:
                taken.older = taken.older or record.modified < not_before - timedelta(seconds=1)
        session.tell("escala")
    _learn_clock(session, listing)  # an empty account gives no page, and has a clock all the same
    return taken


def _learn_clock(session: Session, listing: Listing[Deal] | Listing[Contact]) -> None:
    """How far Escala's clock is ahead of ours, by the first answer of this run."""
    if session.escala_ahead is None and listing.server_date is not None:
        # The header tells whole seconds; half of one more is the likeliest.
        session.escala_ahead = listing.server_date + timedelta(seconds=0.5) - session.now()


def _any_known(session: Session, ids: Sequence[str]) -> bool:
    account = session.connection.escala_id
    return (
        models.KnownDeal.objects.filter(escala_id=account, deal_id__in=ids).exists()
        or models.KnownContact.objects.filter(escala_id=account, contact_id__in=ids).exists()
    )


def _purge(session: Session, resource: Resource, ids: IdSet, *, began: datetime) -> None:
    """What a complete read did not show is gone, unless it was put into the index since that read began."""
    account = session.connection.escala_id
    if resource == "deals":
        stale = set(
            models.KnownDeal.objects.filter(escala_id=account, seen_at__lt=began).values_list(
                "deal_id", flat=True
            )
        )
        forget_deals(session, [deal_id for deal_id in stale if deal_id not in ids])
        return
    contacts = models.KnownContact.objects.filter(escala_id=account, seen_at__lt=began)
    stale = set(contacts.values_list("contact_id", flat=True))
    for contact_id in [contact_id for contact_id in stale if contact_id not in ids]:
        forget_contact(session, contact_id)


def _listing(session: Session, resource: Resource, since: str | None) -> Listing[Deal] | Listing[Contact]:
    if resource == "deals":
        return session.escala.deals(since=since)
    return session.escala.contacts(since=since)


def _moment(session: Session, resource: Resource, text: str) -> datetime | None:
    model = models.KnownDeal if resource == "deals" else models.KnownContact
    return (
        model.objects.filter(escala_id=session.connection.escala_id, modified_text=text)
        .values_list("modified", flat=True)
        .first()
    )
