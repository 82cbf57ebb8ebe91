"""`siigo-escala status`: one honest sentence about a connection, and its figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from siigo_escala.cli import arguments, directions, listing, output, report, setup, stored
from siigo_escala.domain.directions import BACK

if TYPE_CHECKING:
    from siigo_escala.store.models import Connection, Run

Tone = Literal["ok", "warning", "failed", "neutral"]
_NAMED = 3
"""So many invoices are named in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a connection stands. `counts`: the parts of `report`, and `open`, what waits for a person."""

    sentence: str
    tone: Tone
    counts: dict[str, int]
    running: bool = False
    """A run goes on at this moment: what it has not reached yet is no failure."""


def status(name: arguments.Name, *, as_json: arguments.Json = False) -> int:
    """Cómo está una conexión: una frase y sus cifras."""
    setup.prepared(reads_only=True)
    connection = stored.named(name)
    standing = of(connection, now=setup.now())
    if as_json:
        output.document(
            {
                "schema": 1,
                **listing.entry(connection),
                "sentence": standing.sentence,
                "tone": standing.tone,
                "counts": standing.counts,
            }
        )
        return 0
    words = directions.of(connection.direction)
    parts = report.parts(running=standing.running, words=words)
    output.say(standing.sentence)
    output.table(
        [(f"«{name}»", "left"), (words.many, "right")],
        [
            [title, output.number(standing.counts[part])]
            for part, title in (*parts.items(), ("total", "Total"))
        ],
    )
    output.say(
        f"Dirección: {listing.DIRECTIONS[connection.direction]}. Horario: {listing.schedule(connection)}. "
        f"Último éxito: {listing.last_success(connection)}."
    )
    if ahead := _ahead(connection, now=setup.now()):
        output.say(ahead)
    return 0


def _ahead(connection: Connection, *, now: datetime) -> str:
    """When it runs by itself next, and whether anything is there to run it; "" where it never does."""
    from siigo_escala.engine import due
    from siigo_escala.store import locks

    moment = due.next_start(connection, now=now)
    if moment is None:
        return ""
    try:
        working = locks.held("worker")
    except OSError:
        # A folder that can only be read: who works in it is not for us to find out.
        return ""
    if not working:
        return "El motor no está en marcha: con «siigo-escala run» se sincroniza por sí sola."
    return f"Próxima sincronización: {_local(connection, moment)}."


def of(connection: Connection, *, now: datetime) -> Standing:
    """The sentence that is true of a connection now."""
    from siigo_escala.sync import run_row

    counts = counted(connection)
    run = run_row.under_way(connection)
    if run is not None:
        return Standing(
            sentence=f"Sincronizando desde el {_local(connection, run.started)}; «siigo-escala runs "
            f"{connection.name} --follow» muestra el avance.",
            tone="neutral",
            counts=counts,
            running=True,
        )
    sentence, tone = _said(connection, counts, now=now)
    return Standing(sentence=sentence, tone=tone, counts=counts)


def counted(connection: Connection) -> dict[str, int]:
    """Invoices, or opportunities, of the ledger by part."""
    from django.db.models import Count

    from siigo_escala.store import models
    from siigo_escala.sync import report as reporting

    if connection.direction == BACK:
        return dict(directions.ledger(connection).counted(connection))
    counts = {"total": 0} | dict.fromkeys(reporting.PARTS, 0) | {"open": 0}
    kinds = ("state", "code", "annulled", "deleted")
    groups = (
        models.Invoice.objects.filter(connection=connection)
        .order_by()
        .values(*kinds)
        .annotate(count=Count("pk"))
    )
    for group in groups:
        invoice = models.Invoice(**{kind: group[kind] for kind in kinds})
        counts["total"] += group["count"]
        counts[reporting.status_of(invoice)] += group["count"]
        counts["open"] += group["count"] if reporting.is_open(invoice) else 0
    return counts


def _said(connection: Connection, counts: dict[str, int], *, now: datetime) -> tuple[str, Tone]:
    if connection.forgotten:
        return "Desconectada: ya no tiene credenciales; vuelva a conectar con su archivo.", "neutral"
    if connection.paused:
        why = connection.paused_text.strip().rstrip(".")
        return f"En pausa [{connection.paused}]: {why or 'espera por usted'}.", "failed"
    words = directions.of(connection.direction)
    last = connection.runs.order_by("-pk").first()
    if last is None:
        return "Todavía no se ha sincronizado.", "neutral"
    broken = _broken(connection, last)
    if broken is not None:
        return broken
    if seen := sorted({one["invoice"] for one in connection.others.get("seen", [])}):
        more = f" y {output.number(len(seen) - _NAMED)} más" if len(seen) > _NAMED else ""
        sentence = (
            f"Otro programa también crea oportunidades de sus facturas ({', '.join(seen[:_NAMED])}{more}); "
            "no se crea ninguna más hasta que lo apague y lo confirme con «siigo-escala enable "
            f"{connection.name}»."
        )
        return sentence, "failed"
    if counts["open"]:
        return f"{_waiting(counts['open'], words)} por usted.", "warning"
    if counts["failed"]:
        many = counts["failed"] > 1
        verbs = "no han llegado a {} y se intentarán" if many else "no ha llegado a {} y se intentará"
        noun = (words.many if many else words.one).lower()
        return f"{output.number(counts['failed'])} {noun} {verbs.format(words.target)} de nuevo.", "warning"
    return _whole(connection, last, now=now)


def _waiting(open_: int, words: directions.Words) -> str:
    if open_ > 1:
        return f"Hay {output.number(open_)} {words.many.lower()} que esperan"
    return f"Hay 1 {words.one.lower()} que espera"


def _broken(connection: Connection, last: Run) -> tuple[str, Tone] | None:
    """What is wrong with the last run; None where it came to its end."""
    when = _local(connection, last.started)
    match last.exit_code:
        case 0 | 1:
            return None
        case None | 130 | 143:
            return (
                f"La última sincronización ({when}) se interrumpió; la próxima sigue donde quedó.",
                "warning",
            )
        case 3:
            return f"La última sincronización ({when}) no pudo entrar: revise las credenciales.", "failed"
        case 4:
            return (
                f"La última sincronización ({when}) se quedó sin respuesta de Siigo o Escala; "
                "la próxima sigue donde quedó."
            ), "failed"
        case _:
            return f"La última sincronización ({when}) no pudo terminar.", "failed"


def _part(connection: Connection, last: Run) -> str:
    """What was synchronised where no run has taken on everything yet."""
    words, asked = directions.of(connection.direction), last.asked
    begin, end = ("/".join(reversed((asked.get(key) or "").split("-"))) for key in ("from", "to"))
    many = words.many.lower()
    if begin and end:
        what = f"las {many} del {begin} al {end}"
    elif begin or end:
        what = f"las {many} desde el {begin}" if begin else f"las {many} hasta el {end}"
    elif asked.get("invoices") or asked.get("opportunities"):
        what = f"las {many} que se nombraron"
    elif last.kind == "retry":
        what = "lo que esperaba"
    else:
        what = "una parte"
    return (
        f"Hasta ahora solo se ha sincronizado {what}, el {_local(connection, last.started)}; «siigo-escala "
        f"sync {connection.name}» trae todo lo demás."
    )


def _whole(connection: Connection, last: Run, *, now: datetime) -> tuple[str, Tone]:
    if connection.last_success is None:
        return _part(connection, last), "neutral"
    target = directions.of(connection.direction).target
    said = f"Todo lo leído hasta el {_local(connection, connection.last_success)} está en {target}"
    allowed = timedelta(hours=int(connection.file.get("alerts", {}).get("stale_hours", 26)))
    age = now - connection.last_success
    if connection.enabled and age > allowed:
        hours = int(age.total_seconds() // 3600)
        return f"{said}, pero hace {output.number(hours)} horas que no se sincroniza.", "warning"
    return f"{said}.", "ok"


def _local(connection: Connection, moment: datetime) -> str:
    zone = ZoneInfo(str(connection.file.get("time_zone", "America/Bogota")))
    return moment.astimezone(zone).strftime("%d/%m/%Y a las %H:%M")
