"""Exports of exactly the rows that a list shows, without its pages; each is told in the audit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from siigo_escala.store.models import audit
from siigo_escala.web import access, exports
from siigo_escala.web.access import Visit
from siigo_escala.web.exports import Cell
from siigo_escala.web.queries import filters, ledger, left_over, reconciliation, rows
from siigo_escala.web.queries import opportunities as deals
from siigo_escala.web.queries.filters import Filters
from siigo_escala.web.states import STATES
from siigo_escala.web.told import Amount

HEAD = (
    "Factura", "Fecha", "Identificación", "Cliente", "Vendedor", "Dueño en Escala", "Valor", "Estado",
    "Código", "Motivo",
    "Saldo en Siigo", "Oportunidad en Escala", "Id en Siigo", "De más en Escala",
    "De más por nota crédito de una parte", "Enviado, por comparar con Escala",
    "Enviado, no visto en Escala",
)  # fmt: skip
HEAD_BACK = (
    "Oportunidad", "Modificada", "Identificación", "Cliente", "Valor", "Estado", "Código", "Motivo",
    "Factura en Siigo", "Total de la factura", "Id en Escala", "Id en Siigo",
)  # fmt: skip
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@access.reader
@require_safe
def invoices(request: Visit, kind: str) -> HttpResponseBase:
    """`csv`, streamed, or `xlsx` with a sheet of sums."""
    company = request.company
    asked = filters.read(request.GET, rows.sellers_of(company))
    chosen = filters.chosen(company, asked)
    marked = reconciliation.marked(company, left_over.marked(company, chosen)).defer("intent", "applied")
    found = marked.order_by("date", "pk").iterator(chunk_size=500)
    partly = left_over.by_part(company, chosen)
    against = reconciliation.against_escala(company, chosen)
    return _answer(
        request,
        kind,
        asked,
        called="facturas",
        head=HEAD,
        lines=(_cells(row, partly) for row in rows.by_chunks(company, found, rows.shown)),
        sums=[(STATES[key].many, part) for key, part in ledger.account(chosen).items()],
        total=("Facturas en Siigo", ledger.whole(chosen)),
        beside=[
            ("De más en Escala: oportunidades sin su venta en Siigo", left_over.of(company, chosen).amount),
            ("De más en Escala: oportunidades con nota crédito por una parte", left_over.amount_of(partly)),
            (
                "Enviado después de la última mirada a Escala: se compara en el próximo repaso",
                against.later,
            ),
            ("Enviado y no visto en la última lectura de Escala", against.unseen),
        ],
        back_to="web:invoices",
    )


@access.reader
@require_safe
def opportunities(request: Visit, kind: str) -> HttpResponseBase:
    """The same of the other direction."""
    company = request.company
    asked = deals.read(request.GET)
    chosen = deals.chosen(company, asked)
    found = chosen.order_by("modified", "pk").defer("body", "earlier").iterator(chunk_size=500)
    return _answer(
        request,
        kind,
        asked,
        called="oportunidades",
        head=HEAD_BACK,
        lines=(_cells_of_deal(row) for row in rows.by_chunks(company, found, deals.shown)),
        sums=[(deals.WORDS[key].many, part) for key, part in deals.account(chosen).items()],
        total=("Oportunidades", ledger.whole(chosen)),
        back_to="web:opportunities",
    )


def _answer(
    request: Visit,
    kind: str,
    asked: Filters,
    *,
    called: str,
    head: Sequence[str],
    lines: Iterable[list[Cell]],
    sums: Iterable[tuple[str, Amount]],
    total: tuple[str, Amount],
    back_to: str,
    beside: Iterable[tuple[str, Amount]] = (),
) -> HttpResponseBase:
    """The file; `sums`, `total` and what stands `beside` it are a sheet of their own."""
    if kind not in ("csv", "xlsx"):
        raise Http404
    company, count = request.company, total[1].count
    if kind == "xlsx" and count > exports.LONGEST:
        messages.warning(request, f"Son más de {exports.LONGEST} filas: solo caben en CSV.")
        return redirect(back_to, empresa=company.name)
    audit.record(
        f"Exportación de {called} ({kind.upper()})",
        who=request.user.email,
        now=datetime.now(UTC),
        connection=company,
        after={"filtro": asked.address(), "filas": count},
    )
    name = _name(called, company.name, asked)
    if kind == "csv":
        answer: HttpResponseBase = StreamingHttpResponse(
            exports.csv_lines(head, lines), content_type="text/csv; charset=utf-8"
        )
        answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return answer
    summary: Iterator[list[Cell]] = ([word, part.count, part.value] for word, part in (*sums, total, *beside))
    noun = called.capitalize()
    book = exports.xlsx_file([(noun, head, lines), ("Resumen", ("Estado", noun, "Valor"), summary)])
    return FileResponse(book, as_attachment=True, filename=f"{name}.xlsx", content_type=_XLSX)


def _cells(row: rows.Row, partly: Mapping[int, Decimal]) -> list[Cell]:
    one = row.invoice
    return [
        one.name,
        one.date,
        one.customer,
        row.customer,
        row.seller,
        row.owner if one.deal_id else "",
        one.value,
        STATES[row.state].word,
        row.code,
        row.title,
        Decimal(one.balance) if one.balance else None,
        one.deal_id or "",
        one.siigo_id,
        one.left_over,  # type: ignore[attr-defined]  # annotated by the query
        partly.get(one.pk),
        one.later,  # type: ignore[attr-defined]  # the same
        one.unseen,  # type: ignore[attr-defined]  # the same
    ]


def _cells_of_deal(row: deals.Row) -> list[Cell]:
    one = row.opportunity
    return [
        one.name,
        row.day,
        one.customer,
        row.customer,
        one.value,
        row.word,
        row.code,
        row.title,
        one.invoice,
        one.total if one.siigo_id else None,
        one.deal_id,
        one.siigo_id or "",
    ]


def _name(called: str, company: str, asked: Filters) -> str:
    """`facturas-elroble-2026-11-01-a-2026-11-24`."""
    parts = [called, company]
    if asked.date_from:
        parts.append(asked.date_from.isoformat())
    if asked.date_to:
        parts.append(f"a-{asked.date_to.isoformat()}")
    return "-".join(parts)
