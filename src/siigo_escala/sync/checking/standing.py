"""Findings about how the connection stands: pause, schedule, last run, what waits, who else writes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from siigo_escala.domain import rules
from siigo_escala.domain.directions import BACK
from siigo_escala.domain.mapping import invoice_to_deal
from siigo_escala.domain.reasons import Code
from siigo_escala.store import models
from siigo_escala.store.models import Invoicing, State
from siigo_escala.sync import run_row
from siigo_escala.sync.checking.findings import Check, Finding, failed, ok, quoted, warning
from siigo_escala.sync.opening import Opened

_NAMED = 3
"""So many invoices are named in a sentence."""


def all_of(opened: Opened, *, now: datetime) -> Iterator[Check]:
    """Every finding about the connection's own state."""
    yield pause(opened)
    yield schedule(opened)
    yield last_run(opened)
    yield last_success(opened, now=now)
    yield waiting(opened)
    yield unknown_outcomes(opened)
    yield neighbours(opened)


def pause(opened: Opened) -> Check:
    """Whether the connection rests, or creates nothing because of another writer."""
    connection = opened.connection
    if connection.paused:
        return warning(
            Finding.PAUSE,
            f"La conexión está en pausa [{connection.paused}]: {connection.paused_text}",
            remedy=f"Corrija la causa y use «siigo-escala enable {connection.name}».",
        )
    seen = sorted({one["invoice"] for one in connection.others.get("seen", [])})
    if seen and opened.file.direction != BACK:
        more = f" y {len(seen) - _NAMED} más" if len(seen) > _NAMED else ""
        return warning(
            Finding.PAUSE,
            f"No se crea ninguna oportunidad más [{Code.OTHER_WRITER_SEEN}]: otro programa también crea las "
            f"de sus facturas ({', '.join(seen[:_NAMED])}{more}).",
            remedy="Apague la app nativa de Siigo o la otra instalación, y confirme con «siigo-escala enable "
            f"{connection.name}».",
        )
    return ok(Finding.PAUSE, "La conexión no está en pausa.")


def schedule(opened: Opened) -> Check:
    """Whether and when the connection runs by itself."""
    connection, wanted = opened.connection, opened.file.schedule
    if not connection.enabled:
        return warning(
            Finding.SCHEDULE,
            "El horario está apagado: solo se sincroniza a mano.",
            remedy=f"Enciéndalo con «siigo-escala enable {connection.name}».",
        )
    if not wanted.daily_at and not wanted.every_minutes:
        return ok(
            Finding.SCHEDULE,
            "Sin hora («schedule.daily_at», «schedule.every_minutes»): solo se sincroniza cuando se le pide.",
        )
    parts = [f"todos los días a las {wanted.daily_at}"] if wanted.daily_at else []
    parts += [f"cada {wanted.every_minutes} minutos"] if wanted.every_minutes else []
    return ok(Finding.SCHEDULE, f"Horario: {' y '.join(parts)} ({opened.file.time_zone}).")


def last_run(opened: Opened) -> Check:
    """How the last run ended."""
    last = opened.connection.runs.order_by("-pk").first()
    if last is None:
        return ok(Finding.LAST_RUN, "Todavía no se ha sincronizado.")
    when = _local(opened, last.started)
    again = f"Repita «siigo-escala sync {opened.connection.name}»: sigue donde quedó y no duplica nada."
    match last.exit_code:
        case 0 | 1:
            return ok(Finding.LAST_RUN, f"La última sincronización ({when}) llegó a su fin.")
        case None if run_row.under_way(opened.connection) is not None:
            return ok(Finding.LAST_RUN, f"Hay una sincronización en curso desde el {when}.")
        case None | 130 | 143:
            return warning(
                Finding.LAST_RUN, f"La última sincronización ({when}) se interrumpió.", remedy=again
            )
        case 3:
            return warning(
                Finding.LAST_RUN,
                f"La última sincronización ({when}) no pudo entrar.",
                remedy="Revise las credenciales y conecte de nuevo.",
            )
        case 4:
            return warning(
                Finding.LAST_RUN,
                f"La última sincronización ({when}) se quedó sin respuesta de Siigo o Escala.",
                remedy=again,
            )
        case _:
            return warning(
                Finding.LAST_RUN, f"La última sincronización ({when}) no pudo terminar.", remedy=again
            )


def last_success(opened: Opened, *, now: datetime) -> Check:
    """Whether the last success is younger than the connection wants."""
    connection, hours = opened.connection, opened.file.alerts.stale_hours
    if connection.last_success is None:
        return ok(Finding.LAST_SUCCESS, "Ninguna sincronización completa todavía.")
    when = _local(opened, connection.last_success)
    if connection.enabled and now - connection.last_success > timedelta(hours=hours):
        return warning(
            Finding.LAST_SUCCESS,
            f"La última sincronización completa fue el {when}, hace más de {hours} horas "
            f"(«alerts.stale_hours = {hours}»).",
            remedy=f"Ejecute «siigo-escala sync {connection.name}» y mire por qué el horario no lo hizo.",
        )
    return ok(Finding.LAST_SUCCESS, f"La última sincronización completa fue el {when}.")


def waiting(opened: Opened) -> Check:
    """Invoices, or opportunities, that wait for a person."""
    name = opened.connection.name
    if opened.file.direction == BACK:
        return _opportunities_waiting(opened)
    count = opened.connection.invoices.filter(state=State.NEEDS_ATTENTION).count()
    if count:
        return warning(
            Finding.WAITING,
            f"{count} facturas esperan por usted." if count > 1 else "1 factura espera por usted.",
            remedy=f"Véalas con «siigo-escala invoices {name} --open».",
        )
    return ok(Finding.WAITING, "Ninguna factura espera por usted.")


def _opportunities_waiting(opened: Opened) -> Check:
    connection = opened.connection
    count = connection.opportunities.filter(state=Invoicing.NEEDS_ATTENTION).count()
    if count:
        return warning(
            Finding.WAITING,
            f"{count} oportunidades esperan por usted." if count > 1 else "1 oportunidad espera por usted.",
            remedy=f"Véalas con «siigo-escala invoices {connection.name} --open».",
        )
    return ok(Finding.WAITING, "Ninguna oportunidad espera por usted.")


def unknown_outcomes(opened: Opened) -> Check:
    """Writes of which nobody knows yet whether they were made."""
    connection = opened.connection
    sales = connection.opportunities.filter(state=Invoicing.SENDING).count()
    if sales:
        return warning(
            Finding.UNKNOWN_OUTCOMES,
            f"{sales} facturas se enviaron a Siigo y no se sabe si quedaron.",
            remedy=f"«siigo-escala sync {connection.name}» las busca en Siigo antes de enviar nada más.",
        )
    deals = connection.invoices.filter(state=State.SENDING).count()
    contacts = models.ContactBinding.objects.filter(
        escala=connection.escala, contact_id=None, intent_at__isnull=False
    ).count()
    if deals + contacts:
        return warning(
            Finding.UNKNOWN_OUTCOMES,
            f"{deals} oportunidades y {contacts} contactos se enviaron y no se sabe si quedaron.",
            remedy=f"«siigo-escala sync {connection.name}» los busca en Escala antes de enviar nada más.",
        )
    return ok(Finding.UNKNOWN_OUTCOMES, "Todo lo enviado tiene un resultado cierto.")


def neighbours(opened: Opened) -> Check:
    """Other connections that write into the same Escala account: each needs a mark of its own."""
    connection = opened.connection
    others = models.Connection.objects.filter(escala=connection.escala).exclude(pk=connection.pk)
    if opened.file.direction == BACK:
        return ok(Finding.NEIGHBOURS, "Esta conexión no crea oportunidades en Escala.")
    others = others.exclude(direction=BACK)
    ours = invoice_to_deal.folded_mark(opened.file.opportunities.mark)
    marks = {other.name: rules.from_json(other.file).opportunities.mark for other in others}
    same = [
        name for name, mark in marks.items() if not ours or invoice_to_deal.folded_mark(mark) in ("", ours)
    ]
    if same:
        return failed(
            Finding.NEIGHBOURS,
            f"En la misma cuenta de Escala escriben, sin una marca que las distinga: {quoted(same)}.",
            remedy="Ponga en cada conexión «opportunities.mark» con un texto distinto y conecte de nuevo.",
        )
    if marks:
        return ok(Finding.NEIGHBOURS, f"Comparten la cuenta de Escala, con otra marca: {quoted(marks)}.")
    return ok(Finding.NEIGHBOURS, "Ninguna otra conexión de esta instalación usa la misma cuenta de Escala.")


def _local(opened: Opened, moment: datetime) -> str:
    return moment.astimezone(ZoneInfo(opened.file.time_zone)).strftime("%d/%m/%Y a las %H:%M")
