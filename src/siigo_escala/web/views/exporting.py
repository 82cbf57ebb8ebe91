"""Exports of exactly the rows that a list shows, without its pages; each is told in the audit."""

from __future__ import annotations

from collections.abc import Iterator
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
from siigo_escala.web.queries import filters, ledger, left_over, rows
from siigo_escala.web.states import STATES

HEAD = (
    "Factura", "Fecha", "Identificación", "Cliente", "Vendedor", "Dueño en Escala", "Valor", "Estado",
    "Código", "Motivo",
    "Saldo en Siigo", "Oportunidad en Escala", "Id en Siigo", "De más en Escala",
)  # fmt: skip
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@access.reader
@require_safe
def invoices(request: Visit, kind: str) -> HttpResponseBase:
    """`csv`, streamed, or `xlsx` with a sheet of sums."""
    if kind not in ("csv", "xlsx"):
        raise Http404
    company = request.company
    asked = filters.read(request.GET, rows.sellers_of(company))
    chosen = filters.chosen(company, asked)
    total = ledger.whole(chosen)
    if kind == "xlsx" and total.count > exports.LONGEST:
        messages.warning(request, f"Son más de {exports.LONGEST} filas: solo caben en CSV.")
        return redirect("web:invoices", empresa=company.name)
    audit.record(
        f"Exportación de facturas ({kind.upper()})",
        who=request.user.email,
        now=datetime.now(UTC),
        connection=company,
        after={"filtro": asked.address(), "filas": total.count},
    )
    marked = left_over.marked(company, chosen).defer("intent", "applied")
    found = marked.order_by("date", "pk").iterator(chunk_size=500)
    lines = (_cells(row) for row in rows.by_chunks(company, found))
    name = _name(company.name, asked)
    if kind == "csv":
        answer: HttpResponseBase = StreamingHttpResponse(
            exports.csv_lines(HEAD, lines), content_type="text/csv; charset=utf-8"
        )
        answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return answer
    parts = ledger.account(chosen)
    sums: Iterator[list[Cell]] = ([STATES[key].many, part.count, part.value] for key, part in parts.items())
    left = left_over.of(company, chosen).amount
    total_row: list[Cell] = ["Facturas en Siigo", total.count, total.value]
    left_row: list[Cell] = ["De más en Escala: oportunidades sin su venta en Siigo", left.count, left.value]
    book = exports.xlsx_file(
        [
            ("Facturas", HEAD, lines),
            ("Resumen", ("Estado", "Facturas", "Valor"), [*sums, total_row, left_row]),
        ]
    )
    return FileResponse(book, as_attachment=True, filename=f"{name}.xlsx", content_type=_XLSX)


def _cells(row: rows.Row) -> list[Cell]:
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
    ]


def _name(company: str, asked: filters.Filters) -> str:
    """`facturas-elroble-2026-11-01-a-2026-11-24`."""
    parts = ["facturas", company]
    if asked.date_from:
        parts.append(asked.date_from.isoformat())
    if asked.date_to:
        parts.append(f"a-{asked.date_to.isoformat()}")
    return "-".join(parts)
