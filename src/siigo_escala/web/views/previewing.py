"""Vista previa: what a run would make, seen before it happens; the last step of the assistant, and on demand.

The dry run is an errand of this process; what is then created, the engine creates.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from siigo_escala.domain import reasons
from siigo_escala.domain.crm import UNASSIGNED
from siigo_escala.store import locks, models
from siigo_escala.store.models import Connection, ConnectionDraft, Errand, State, audit
from siigo_escala.sync import opening, preview, requests, run_row
from siigo_escala.sync.session import Options, Progress
from siigo_escala.web import access, catalogue, directions, drafting, errands, frame
from siigo_escala.web.access import Visit
from siigo_escala.web.errands import Tell
from siigo_escala.web.queries.invoice import stage_name
from siigo_escala.web.views import syncing

KIND = "preview"
PILOT = 3
DAYS = 30
RANGES = (
    ("30", "Últimos 30 días"),
    ("90", "Últimos 90 días"),
    ("mes", "Este mes"),
    ("mes-anterior", "Mes anterior"),
)


@access.connecting
@require_http_methods(["GET", "HEAD", "POST"])
def assistant(request: Visit) -> HttpResponse:
    """Step 5: what the last 30 days would make. Nothing was written yet."""
    draft = request.draft
    if draft is None:
        return redirect("web:home", empresa=request.company.name)
    company = draft.connection
    if company is None:
        return redirect("web:connect", empresa=draft.name)
    if request.method == "POST":
        return _acted(request, draft, company)
    context = {
        **shown(company),
        "draft": draft,
        "steps": drafting.steps(draft, here=5),
        "number": 5,
        "ranges": RANGES,
        "pilot": (pilot := _pilot(company)),
        "left": _left(company) if pilot is not None and not pilot["busy"] else 0,
        "working": locks.held("worker") > 0,
        **_unlinked(draft),
    }
    return render(request, "web/connect_preview.html" + ("#preview" if request.htmx else ""), context)


@access.administrator
@require_http_methods(["GET", "HEAD", "POST"])
def demand(request: Visit) -> HttpResponse:
    """The same over the dates or the invoice of Sincronizar a demanda."""
    company = request.company
    if request.method == "POST":
        form = syncing.form_of(company, request.POST, today=_today(company))
        if not form.is_valid():
            return syncing.page(request, form)
        options = syncing.options_of(form)
        begin(company, options)
        return redirect("web:sync_preview", empresa=company.name)
    context = {**shown(company), "working": locks.held("worker") > 0, "back": directions.is_back(company)}
    return render(request, "web/sync_preview.html" + ("#preview" if request.htmx else ""), context)


def _unlinked(draft: ConnectionDraft) -> dict[str, Any]:
    """How many sellers nobody is linked with, and what becomes of their sales."""
    chosen = draft.chosen["opportunities"]
    return {
        "unlinked": drafting.unlinked(draft),
        "left_out_sales": not chosen.get("create_for_unlinked_sellers", True),
        "owner": chosen.get("default_owner", UNASSIGNED),
        "nobody": UNASSIGNED,
    }


def begin_last_days(company: Connection) -> None:
    """The preview that the assistant ends in is under way when its page opens."""
    last = _today(company)
    begin(company, Options(date_from=last - timedelta(days=DAYS), date_to=last))


def begin(company: Connection, options: Options) -> Errand:
    """A preview under way."""
    environment, _ = drafting.environment_and_vault()
    name = company.name

    def work(tell: Tell) -> dict[str, Any]:
        def told(progress: Progress) -> None:
            tell(progress.to_json())

        return preview.make(
            opening.open_connection(environment, name),
            date_from=options.date_from,
            date_to=options.date_to,
            invoices=options.invoices,
            opportunities=options.opportunities,
            now=lambda: datetime.now(UTC),
            progress=told,
        )

    return errands.begin(KIND, work, of=company, asked=options.to_json())


def shown(company: Connection) -> dict[str, Any]:
    """The newest preview of a company as its page draws it."""
    errand, now = errands.newest(KIND, of=company), datetime.now(UTC)
    if errand is None:
        return {"errand": None}
    result = errand.result
    context: dict[str, Any] = {
        "errand": errand,
        "asked": _options(errand),
        "busy": errands.under_way(errand, now=now),
        "died": errands.died(errand, now=now),
    }
    if result:
        context |= {
            "result": result,
            "created_value": Decimal(result["value"]["created"]),
            "left_out": [
                {"reason": _reason(code), "count": count} for code, count in result["left_out"].items()
            ],
            "problems": catalogue.drawn(result["problems"]),
            "rows": [_row(one) for one in result["rows"]],
            "linked": [_row(one) for one in result["linked"]],
            "calls": result["plan"]["calls"]["siigo"] + result["plan"]["calls"]["escala"],
            "nothing": result["invoices"]["unchanged"] - result["linked_count"],
            "attention": result["invoices"]["needs_attention"] + result["invoices"]["failed"],
        }
    return context


def _acted(request: Visit, draft: ConnectionDraft, company: Connection) -> HttpResponse:
    """One of the buttons of step 5."""
    errand = errands.newest(KIND, of=company)
    match request.POST.get("hacer", ""):
        case "crear" if errand is not None and errand.result:
            _ask(request, company, _options(errand))
            drafting.finish(draft, automatic=True)
            messages.success(request, syncing.promise(company))
            return redirect("web:runs", empresa=company.name)
        case "tres" if errand is not None and errand.result:
            asked = _ask(request, company, _options(errand, limit=PILOT))
            errand.asked = {**errand.asked, "pilot": asked.pk}
            errand.save(update_fields=["asked"])
        case "guardar":
            drafting.finish(draft, automatic=False)
            _audit(request, company, "Guardada sin sincronizar")
            messages.success(
                request,
                "La empresa quedó guardada. La sincronización automática está apagada hasta que usted la "
                "encienda.",
            )
            return redirect("web:home", empresa=company.name)
        case "ver":
            first, last = _range(request.POST.get("rango", ""), _today(company))
            begin(company, Options(date_from=first, date_to=last))
        case _:
            messages.warning(request, "Primero calcule la vista previa.")
    return redirect("web:connect_preview", empresa=draft.name)


def _ask(request: Visit, company: Connection, options: Options) -> models.Request:
    made = requests.ask(company, options, now=datetime.now(UTC))
    told = {key: value for key, value in options.to_json().items() if value}
    _audit(request, company, "Sincronización a demanda", told)
    return made


def _pilot(company: Connection) -> dict[str, Any] | None:
    """The three opportunities that were made to be looked at; None: nobody asked for them."""
    errand = errands.newest(KIND, of=company)
    asked = (
        models.Request.objects.filter(pk=errand.asked.get("pilot")).first() if errand is not None else None
    )
    if asked is None:
        return None
    if asked.waiting or run_row.under_way(company) is not None:
        return {"busy": True}
    made = company.invoices.filter(deal_id__isnull=False, adopted=False).order_by("-sent_at")[:PILOT]
    deals = {
        one.deal_id: one
        for one in models.KnownDeal.objects.filter(
            escala=company.escala, deal_id__in=[row.deal_id or "" for row in made]
        )
    }
    return {
        "busy": False,
        "run": asked.run_id,
        "rows": [
            {
                "invoice": row,
                "name": deal.name,
                "stage": stage_name(company, deal.stage_id),
                "value": deal.value,
            }
            for row in made
            if (deal := deals.get(row.deal_id or "")) is not None
        ],
    }


def _left(company: Connection) -> int:
    """Opportunities of the preview that the pilot left to be made."""
    return company.invoices.filter(deal_id=None, due=True, state__in=(State.PENDING, State.FAILED)).count()


def _options(errand: Errand, *, limit: int | None = None) -> Options:
    """What was previewed, as a run takes it."""
    asked = errand.asked
    return Options(
        date_from=_day(asked["from"]),
        date_to=_day(asked["to"]),
        invoices=tuple(asked["invoices"]),
        opportunities=tuple(asked.get("opportunities", ())),
        limit=limit,
    )


def _range(name: str, today: date) -> tuple[date, date]:
    first = today.replace(day=1)
    spans = {
        "90": (today - timedelta(days=90), today),
        "mes": (first, today),
        "mes-anterior": ((first - timedelta(days=1)).replace(day=1), first - timedelta(days=1)),
    }
    return spans.get(name, (today - timedelta(days=DAYS), today))


def _row(one: dict[str, Any]) -> dict[str, Any]:
    return {
        **one,
        "day": _day(one["day"]),
        "value": Decimal(one["value"]),
        "before": Decimal(one["before"]) if one["before"] else None,
    }


def _reason(code: str) -> reasons.Reason:
    return reasons.catalogue[reasons.Code(code)]


def _audit(request: Visit, company: Connection, action: str, after: dict[str, Any] | None = None) -> None:
    audit.record(action, who=request.user.email, now=datetime.now(UTC), connection=company, after=after or {})


def _today(company: Connection) -> date:
    return datetime.now(ZoneInfo(frame.zone_of(company))).date()


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
