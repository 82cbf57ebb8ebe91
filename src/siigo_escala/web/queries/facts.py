"""What is stored about a company, gathered for its status sentence (standing.py)."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from siigo_escala.config import env
from siigo_escala.domain.reasons import Code
from siigo_escala.engine import due
from siigo_escala.store import counting, locks, models
from siigo_escala.store.models import Connection, Run, State
from siigo_escala.sync import access, run_row
from siigo_escala.web import directions, frame, readiness
from siigo_escala.web.queries import ledger, opportunities, reconciliation, resting
from siigo_escala.web.states import FOR_PEOPLE
from siigo_escala.web.told import Amount, Facts, Going, HeldOff, Outage

_GONE = (Code.STAGE_GONE, Code.PIPELINE_GONE, Code.FIELD_GONE)
_A_MOMENT = timedelta(seconds=5)


def of(company: Connection, *, month: date | None = None, now: datetime) -> Facts:
    """The facts as of `now`; `month`: first day of the one that the account is of, else this one."""
    zone = ZoneInfo(frame.zone_of(company))
    first = month or now.astimezone(zone).date().replace(day=1)
    back = directions.is_back(company)
    in_month = ledger.in_span(company, first, last_day(first))
    if back:
        parts = opportunities.account(opportunities.of(company))
        total = sum(parts.values(), Amount())
    else:
        parts, total = ledger.checked(in_month)
    everything = parts if back else ledger.still_open(company)
    held = company.opportunities if back else company.invoices
    going = run_row.under_way(company)
    last = company.runs.order_by("-pk").first()
    turn = models.Turn.objects.filter(connection=company).first()
    interrupted, stopped = _not_whole(last, turn) if going is None else (None, None)
    return Facts(
        now=now,
        zone=zone,
        month=first,
        parts=parts,
        back=back,
        drafts=opportunities.drafts(company) if back else 0,
        noun=directions.noun(company),
        stage=str(company.file.get("invoices", {}).get("trigger_stage", "")),
        waiting=everything["por-enviar"],
        attention=sum((everything[key] for key in FOR_PEOPLE), Amount()),
        unknown=everything["por-confirmar"],
        working=locks.held("worker") > 0,
        storage=readiness.trouble(env.read(os.environ)),
        forgotten=company.forgotten,
        step=_step(company),
        paused=company.paused,
        paused_at=company.paused_at,
        paused_text=company.paused_text,
        refused_share=_refused_share(company, now=now) if company.paused == Code.BRAKED else 0.0,
        gone=_gone(company),
        other_writer=()
        if back
        else tuple(sorted({one["invoice"] for one in company.others.get("seen", [])})),
        going=_going(going, company, now=now) if going is not None else None,
        outage=_outage(last, turn) if going is None else None,
        interrupted=interrupted,
        stopped=stopped,
        ever_read=read_until(company) is not None or held.exists(),
        ever_sent=held.filter(**{"siigo_id__isnull" if back else "deal_id__isnull": False}).exists(),
        read_until=read_until(company),
        last_success=company.last_success,
        stale_after=_stale_after(company),
        held_off=_held_off(company, now=now) if going is not None else None,
        differing=Amount() if back else reconciliation.differing(company, in_month),
        total=total,
        sum_differs=ledger.difference(parts, total),
        automatic=company.enabled,
        resting=None if company.enabled else resting.of(company),
        next_run=due.next_start(company, now=now),
    )


def read_until(company: Connection) -> datetime | None:
    """Until when everything was read; runs with dates alone move no mark, and say it by their success."""
    back = directions.is_back(company)
    return company.last_success if back else company.invoices_mark or company.last_success


def _step(company: Connection) -> int:
    """Where the assistant goes on; 0 where it has come to its end, or was never needed."""
    draft = models.ConnectionDraft.objects.filter(connection=company).only("step").first()
    return min(draft.step + 1, 5) if draft is not None else 0


def last_day(first: date) -> date:
    """Of the month that begins on `first`."""
    return (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _refused_share(company: Connection, *, now: datetime) -> float:
    """Of the Siigo user's calls of seven days, the share that was refused."""
    counted = counting.stretches(access.counter_name(company), now=now)
    calls = sum(one.calls for one in counted)
    return sum(one.refused for one in counted) / calls if calls else 0.0


def _going(run: Run, company: Connection, *, now: datetime) -> Going:
    progress = run.progress
    planned = progress.get("seconds")
    left = max(planned - (now - run.started).total_seconds(), 0.0) if planned else None
    return Going(
        number=run.pk,
        done=progress.get("done", 0),
        total=progress.get("total") if progress.get("phase") in ("opportunities", "invoices") else None,
        started=run.started,
        first=company.last_success is None,
        left_s=left,
        turning=run.document.get("direction", company.direction) != company.direction,
    )


def _held_off(company: Connection, *, now: datetime) -> HeldOff | None:
    """The longer of the pauses that the two systems asked for; a moment's is not told."""
    rows = models.Limit.objects.filter(
        account__in=(f"siigo:{company.siigo_id}", f"escala:{company.escala_id}"),
        not_before__gt=(now + _A_MOMENT).timestamp(),
    ).order_by("-not_before")
    row = rows.first()
    if row is None:
        return None
    until = datetime.fromtimestamp(row.not_before, tz=UTC)
    return HeldOff(system="Siigo" if row.account.startswith("siigo") else "Escala", until=until)


def _not_whole(last: Run | None, turn: models.Turn | None) -> tuple[Going | None, Going | None]:
    """The last run where it did not come to its end: it goes on by itself, or a person stopped it."""
    if last is None or last.exit_code in (0, 1, 2, 3, 4, 5):
        return None, None
    counts = last.document.get("invoices") or last.document.get("opportunities", {})
    read = counts.get("read", 0)
    run = Going(number=last.pk, done=read - counts.get("failed", 0), total=read or None)
    if last.exit_code is None and turn is not None and turn.begun:
        return run, None
    return None, run


def _outage(last: Run | None, turn: models.Turn | None) -> Outage | None:
    if turn is None or not turn.failures or last is None or last.exit_code != 4:
        return None
    # Runs of earlier versions do not say which system it was.
    guess = "escala" if last.document.get("calls", {}).get("escala") else "siigo"
    system = last.document.get("unreachable", guess).capitalize()
    return Outage(system=system, since=last.started, tries=turn.failures, again=turn.retry_at)


def _gone(company: Connection) -> str:
    if directions.is_back(company):
        held = models.Opportunity.objects.filter(connection=company, state=State.NEEDS_ATTENTION)
        stopped = held.filter(code__in=_GONE).only("data").first()
        return str(stopped.data.get("stage") or stopped.data.get("pipeline")) if stopped is not None else ""
    row = (
        models.Invoice.objects.filter(Q(code__in=_GONE), connection=company, state=State.NEEDS_ATTENTION)
        .only("code", "data")
        .first()
    )
    if row is None:
        return ""
    rules = company.file.get("opportunities", {})
    configured = {Code.STAGE_GONE: "stage", Code.PIPELINE_GONE: "pipeline"}.get(
        Code(row.code), "identification_field"
    )
    return str(row.data.get("field") or rules.get(configured, "") or row.code)


def _stale_after(company: Connection) -> timedelta:
    hours = int(company.file.get("alerts", {}).get("stale_hours", 26))
    every = int(company.file.get("schedule", {}).get("every_minutes", 0))
    return max(timedelta(hours=hours), 3 * timedelta(minutes=every))
