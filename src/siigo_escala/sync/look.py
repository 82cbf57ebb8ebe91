"""Look before sending: what a run reads of Escala before its first POST, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Min

from siigo_escala.domain.crm import Pipeline
from siigo_escala.domain.planning import NeedsAttention
from siigo_escala.domain.reasons import Code
from siigo_escala.store import models, place
from siigo_escala.store.models import EscalaAccount
from siigo_escala.sync import escala_index, escala_reading, other_writer
from siigo_escala.sync.session import Session
from siigo_escala.sync.view import Reading, Resource, View

_OVERLAP = timedelta(minutes=2)
_FRESH = timedelta(hours=1)
"""A complete read younger than this counts where `since` does not work."""
_LEDGER_OLD = timedelta(days=7)
"""A ledger that has not looked for longer reads everything before it writes."""


def ensure(session: Session) -> View:
    """The view of this run; the first call reads, a run that creates nothing never calls."""
    if session.view is None:
        session.view = _look(session)
    return session.view


def oldest_intent(session: Session) -> datetime | None:
    """When the oldest write without certain outcome of this Escala account was sent; None: there is none."""
    account = session.connection.escala_id
    moments = [
        models.Invoice.objects.filter(escala_id=account, state=models.State.SENDING).aggregate(
            m=Min("intent_at")
        )["m"],
        models.ContactBinding.objects.filter(escala_id=account, contact_id=None).aggregate(
            m=Min("intent_at")
        )["m"],
    ]
    known = [moment for moment in moments if moment is not None]
    return min(known) if known else None


def again(session: Session, *, contacts: bool) -> View:
    """A second look, after the first: deals changed since the oldest open outcome, and `contacts` where one
    is open. Whatever else the first look saw stands.
    """
    before = ensure(session)
    session.tell("escala")
    open_since = oldest_intent(session)
    deals = _refresh(session, "deals", open_since=open_since, anew=True)
    read = _refresh(session, "contacts", open_since=open_since, anew=True) if contacts else before.contacts
    return _view(session, deals, read, hold=before.hold)


def everything(session: Session) -> Reading:
    """Reads pipelines and all deals: the sweep of Escala's side. What this run looked at before stays."""
    hold = _destination(session, session.escala.pipelines())
    reading = escala_reading.whole(session, "deals")
    hold = other_writer.hold(session) or hold
    if session.view is not None:
        session.view.hold = hold
        if reading.counts:
            session.view.deals = reading
    return reading


def lost_stage(session: Session) -> str:
    """The first lost stage of the configured pipeline, as last read; "" where it has none."""
    pipelines = EscalaAccount.objects.values_list("pipelines", flat=True).get(pk=session.connection.escala_id)
    stages = [
        stage
        for pipeline in pipelines
        if pipeline["id"] == session.connection.pipeline_id
        for stage in pipeline["stages"]
    ]
    return next((stage["id"] for stage in stages if stage["kind"] == "lost"), "")


def _look(session: Session) -> View:
    session.tell("escala")
    hold = _destination(session, session.escala.pipelines())
    open_since = oldest_intent(session)
    deals = _refresh(session, "deals", open_since=open_since)
    return _view(session, deals, _refresh(session, "contacts", open_since=open_since), hold=hold)


def _view(
    session: Session, deals: Reading | None, contacts: Reading | None, *, hold: NeedsAttention | None
) -> View:
    unsure = [reading for reading in (deals, contacts) if reading is not None and not reading.counts]
    if not unsure:
        EscalaAccount.objects.filter(pk=session.connection.escala_id).update(
            must_read_all=False, read_place=place.here()
        )
    return View(
        sure=not unsure,
        why=unsure[0].why if unsure else "",
        hold=other_writer.hold(session) or hold,
        deals=deals,
        contacts=None if contacts is None else replace(contacts, ids=None),
    )


def _refresh(
    session: Session, resource: Resource, *, open_since: datetime | None, anew: bool = False
) -> Reading | None:
    """Reads what is needed of a resource; None where an earlier complete read still counts."""
    account = EscalaAccount.objects.get(pk=session.connection.escala_id)
    now = session.now()
    read_at = account.deals_read_at if resource == "deals" else account.contacts_read_at
    looked_at = account.deals_looked_at if resource == "deals" else account.contacts_looked_at
    unindexed = resource == "contacts" and set(escala_index.fields_of(session)) - set(account.contacts_fields)
    elsewhere = account.must_read_all or account.read_place != place.here()
    if elsewhere or unindexed or read_at is None or looked_at is None:
        return escala_reading.whole(session, resource)
    if now - looked_at > _LEDGER_OLD:
        return escala_reading.whole(session, resource)
    trusted = session.escala.capabilities.since_usable(resource, now=now)
    # A read of the future was noted by a clock that was wrong.
    if timedelta(0) <= now - read_at < _FRESH and not (anew or open_since or trusted):
        return None
    moment = looked_at - _OVERLAP
    if open_since is not None:
        # Changes since then are needed even if a later read took place: an outcome of then is open.
        moment = min(moment, open_since - escala_reading.SKEW)
    return escala_reading.changes(session, resource, moment)


def _destination(session: Session, pipelines: tuple[Pipeline, ...]) -> NeedsAttention | None:
    """Whether the configured pipeline and stage still stand: what holds every creation where they do not."""
    connection = session.connection
    EscalaAccount.objects.filter(pk=connection.escala_id).update(pipelines=to_json(pipelines))
    wanted = session.file.opportunities
    pipeline = next((known for known in pipelines if known.id == connection.pipeline_id), None)
    if pipeline is None:
        return NeedsAttention(code=Code.PIPELINE_GONE, data={"pipeline": wanted.pipeline})
    if all(stage.id != connection.stage_id for stage in pipeline.stages):
        return NeedsAttention(code=Code.STAGE_GONE, data={"stage": wanted.stage, "pipeline": pipeline.name})
    return None


def to_json(pipelines: tuple[Pipeline, ...]) -> list[dict[str, object]]:
    """As the account keeps them."""
    return [
        {
            "id": pipeline.id,
            "name": pipeline.name,
            "stages": [{"id": stage.id, "name": stage.name, "kind": stage.kind} for stage in pipeline.stages],
        }
        for pipeline in pipelines
    ]
