"""The status sentence: the first line of every company, a pure function of stored facts.

The first row that applies wins. Never green while anything is open; what is not known is said as not known.
The facts come from `queries/facts.py`; `tests/web/test_standing.py` is the table.
"""

from __future__ import annotations

from collections.abc import Iterator

from siigo_escala.web.saying import Standing
from siigo_escala.web.saying import at as _at
from siigo_escala.web.saying import blue as _blue
from siigo_escala.web.saying import green as _green
from siigo_escala.web.saying import reached as _reached
from siigo_escala.web.saying import red as _red
from siigo_escala.web.saying import roughly as _roughly
from siigo_escala.web.saying import seen as _seen
from siigo_escala.web.saying import wait as _wait
from siigo_escala.web.states import FOR_PEOPLE
from siigo_escala.web.templatetags.words import MONTH_NAMES, counted, noun, number
from siigo_escala.web.templatetags.words import pesos_in_words as pesos
from siigo_escala.web.told import Amount, Facts

_NAMED = 3


def of(facts: Facts) -> Standing:
    """The sentence that is true now."""
    return next(all_of(facts))


def all_of(facts: Facts) -> Iterator[Standing]:
    """Every row that applies, the worst first; the last one always does."""
    for rows in (_off, _refused, _held, _moving, _open, _well):
        for standing in rows(facts):
            yield _with_line(standing, facts)


def _off(facts: Facts) -> Iterator[Standing]:
    """Rows 1 to 3: nothing works until somebody acts."""
    wait = _wait(facts)
    if not facts.working:
        since = f" desde {_at(facts, facts.last_success)}" if facts.last_success else ""
        yield _red(
            1, f"El motor no responde{since}; {wait} y no sabemos si hay nuevas.", "Ver qué hacer", "help"
        )
    if facts.storage:
        said = f"No podemos guardar datos ({facts.storage}); nada se envía hasta que se resuelva."
        yield _red(2, said, "Ver qué hacer", "help")
    if facts.forgotten:
        said = "Faltan las credenciales: se quitaron y hay que conectarla de nuevo."
        yield Standing(
            row=3,
            tone="grey",
            word="Por configurar",
            sentence=said,
            button="Conectar de nuevo",
            target="credentials_siigo",
        )
    if facts.step:
        aim = "hacer" if facts.back else "traer"
        which = "las demás facturas" if facts.ever_sent else "la primera factura"
        said = f"Falta el paso {facts.step} de 5 para {aim} {which}."
        yield Standing(
            row=3, tone="grey", word="Por configurar", sentence=said, button="Continuar", target="connect"
        )


def _refused(facts: Facts) -> Iterator[Standing]:
    """Rows 4 to 7: an account does not let us in, or we hold back."""
    wait, at = _wait(facts), _at(facts, facts.paused_at)
    match facts.paused:
        case "USER_BLOCKED":
            said = f"Siigo bloqueó el usuario API {at}; {wait} envío y no vemos las nuevas."
            yield _red(4, said, "Ver qué hacer", "help")
        case "CREDENTIALS_REFUSED" if "Escala" in facts.paused_text and "Siigo" not in facts.paused_text:
            held = f"{counted(facts.waiting.count, facts.noun)} por {pesos(facts.waiting.value)}"
            said = (
                f"Escala rechazó la clave de API {at}; {held} "
                f"{noun(facts.waiting.count, 'espera,esperan')} envío."
            )
            yield _red(6, said, "Actualizar la clave de Escala", "credentials_escala")
        case "CREDENTIALS_REFUSED":
            said = (
                f"Siigo rechazó el usuario o la clave de acceso {at}; desde entonces no se "
                f"{'hacen' if facts.back else 'leen'} facturas y {wait} envío."
            )
            yield _red(5, said, "Actualizar la clave de Siigo", "credentials_siigo")
        case "BRAKED":
            share = f"{facts.refused_share:.0%}".replace("%", "\u00a0%")
            said = (
                f"Frenamos las llamadas a Siigo: falló el {share} en 7 días y Siigo bloquea al llegar a "
                "80\u00a0%."
            )
            yield _red(7, said, "Ver las fallas", "runs")


def _held(facts: Facts) -> Iterator[Standing]:
    """Rows 8 and 9: what only a person can set right."""
    if facts.gone:
        held = f"{counted(facts.waiting.count + facts.attention.count, facts.noun)}"
        said = (
            f"«{facts.gone}» ya no existe en Escala; {held} por "
            f"{pesos((facts.waiting + facts.attention).value)} "
            f"{noun(facts.waiting.count + facts.attention.count, 'espera,esperan')}."
        )
        yield _red(8, said, "Elegir otra", "rules")
    if facts.other_writer:
        more = len(facts.other_writer) - _NAMED
        of = ", ".join(facts.other_writer[:_NAMED]) + (f" y {number(more)} más" if more > 0 else "")
        said = (
            f"Otro programa también crea oportunidades de sus facturas ({of}); no creamos ninguna más hasta "
            "que usted confirme que lo apagó."
        )
        yield _red(8, said, "Ya la apagué", "other_writer")
    if facts.paused not in ("", "USER_BLOCKED", "CREDENTIALS_REFUSED", "BRAKED"):
        why = f" ({facts.paused_text.rstrip('.')})" if facts.paused_text else ""
        at = _at(facts, facts.paused_at)
        said = f"La sincronización está en pausa desde {at}{why}; {_wait(facts)} envío."
        yield Standing(row=9, tone="grey", word="En pausa", sentence=said, button="Reanudar", target="resume")
    elif facts.resting is not None and not facts.automatic:
        why = f": {facts.resting.why.rstrip('.')}" if facts.resting.why else ""
        said = (
            f"La sincronización está en pausa desde {_at(facts, facts.resting.since)} "
            f"({facts.resting.who}{why}); {_wait(facts)} envío."
        )
        yield Standing(row=9, tone="grey", word="En pausa", sentence=said, button="Reanudar", target="resume")


def _moving(facts: Facts) -> Iterator[Standing]:
    """Rows 10 to 17: something goes on, or should."""
    going = facts.going
    if going is not None and going.turning:
        rest = f": faltan {number(going.total - going.done)} registros" if going.total else ""
        said = f"La dirección nueva empieza al terminar la sincronización {going.number}{rest}."
        yield _blue(10, "Cambiando", said, "Ver en vivo", "run")
    if going is not None:
        left = f" y faltan unos {_roughly(going.left_s)}" if going.left_s else ""
        if going.first:
            total = f" de {counted(going.total, facts.noun)}" if going.total else f" {_seen(facts)}"
            said = f"Primera sincronización: van {number(going.done)}{total}{left}."
            yield _blue(11, "Sincronizando", said, "Ver en vivo", "run")
        if facts.held_off is not None:
            far = f", van {number(going.done)} de {number(going.total)}" if going.total else ""
            said = f"{facts.held_off.system} pidió esperar: seguimos {_at(facts, facts.held_off.until)}{far}."
            yield _blue(12, "Esperando", said, "Ver en vivo", "run")
        if not going.first:
            far = f"Van {number(going.done)} de {number(going.total)}" if going.total else "Leyendo"
            until = (
                f"; todo lo anterior a {_at(facts, facts.read_until)} ya estaba leído"
                if facts.read_until
                else ""
            )
            yield _blue(13, "Sincronizando", f"{far}{until}.", "Ver en vivo", "run")
    if facts.outage is not None:
        out = facts.outage
        again = f" y reintentamos {_at(facts, out.again)}" if out.again else ""
        said = (
            f"{out.system} no responde desde {_at(facts, out.since)} "
            f"({counted(out.tries, 'intento,intentos')}); "
            f"{_wait(facts)}{again}."
        )
        yield _blue(14, "Esperando", said, "Probar ahora", "sync")
    if facts.interrupted is not None:
        said = (
            f"La sincronización {facts.interrupted.number} se interrumpió{_reached(facts.interrupted)}; "
            "se retoma sola."
        )
        yield _blue(15, "Retomando", said, "Ver en vivo", "run")
    if facts.stopped is not None:
        still = noun(facts.waiting.count, "sigue,siguen")
        said = (
            f"La última sincronización se detuvo{_reached(facts.stopped)}; "
            f"{counted(facts.waiting.count, facts.noun)} "
            f"por {pesos(facts.waiting.value)} {still} por enviar."
        )
        yield Standing(
            row=16, tone="amber", word="Incompleta", sentence=said, button="Continuar", target="sync"
        )
    if facts.automatic and facts.last_success and facts.now - facts.last_success > facts.stale_after:
        hours = int((facts.now - facts.last_success).total_seconds() // 3600)
        said = (
            f"Hace {counted(hours, 'hora,horas')} que no se completa una sincronización; no sabemos de "
            f"{_seen(facts)} posteriores a {_at(facts, facts.read_until or facts.last_success)}."
        )
        yield Standing(
            row=17, tone="amber", word="Atrasada", sentence=said, button="Sincronizar ahora", target="sync"
        )


def _open(facts: Facts) -> Iterator[Standing]:
    """Rows 18 to 23: everything works, and something is not done."""
    name = MONTH_NAMES[facts.month.month - 1]
    if facts.sum_differs.count or facts.sum_differs.value:
        said = (
            f"La cuenta de {name} no cuadra por {counted(facts.sum_differs.count, facts.noun)} "
            f"({pesos(facts.sum_differs.value)}); vea cuáles."
        )
        yield Standing(
            row=18,
            tone="red",
            word="Error nuestro",
            sentence=said,
            button="Ver la diferencia",
            target="reconciliation",
        )
    if facts.attention.count:
        yield _attention_back(facts) if facts.back else _attention(facts, name)
    if facts.unknown.count:
        are = noun(facts.unknown.count, "oportunidad,oportunidades")
        verb = noun(facts.unknown.count, "está,están")
        said = (
            f"{number(facts.unknown.count)} {are}, por {pesos(facts.unknown.value)}, {verb} por confirmar: "
            f"{'Siigo no respondió al facturarlas' if facts.back else 'Escala no respondió al crearlas'}."
        )
        yield _blue(20, "Confirmando", said, "Buscar ahora", "sync")
    if facts.differing.count:
        are = noun(facts.differing.count, "oportunidad vale,oportunidades valen")
        said = (
            f"{number(facts.differing.count)} {are} en Escala {pesos(facts.differing.value)} distinto de "
            "Siigo."
        )
        yield Standing(
            row=21,
            tone="amber",
            word="Con diferencias",
            sentence=said,
            button="Ver diferencias",
            target="reconciliation",
        )
    if facts.waiting.count:
        when = f", {_at(facts, facts.next_run)}" if facts.next_run else ""
        said = (
            f"{counted(facts.waiting.count, facts.noun)} por {pesos(facts.waiting.value)} "
            f"{noun(facts.waiting.count, 'sale,salen')} en la próxima sincronización{when}."
        )
        yield _blue(22, "Por enviar", said, "Sincronizar ahora", "sync")
    if not facts.ever_read:
        said = (
            f"Las oportunidades en «{facts.stage}» esperan su primera sincronización."
            if facts.back
            else "Las facturas de los últimos 30 días esperan su vista previa."
        )
        yield Standing(
            row=23, tone="grey", word="Todo listo", sentence=said, button="Ver la vista previa", target="sync"
        )


def _attention(facts: Facts, name: str) -> Standing:
    of_month = sum((facts.parts.get(key, Amount()) for key in FOR_PEOPLE), Amount())
    if not of_month.count:
        many = facts.attention
        verb = noun(many.count, "necesita,necesitan")
        said = (
            f"{counted(many.count, facts.noun)} de meses anteriores, por {pesos(many.value)}, {verb} su "
            "decisión."
        )
    else:
        many = of_month
        fine = sum(facts.parts.get(key, Amount()).count for key in ("en-escala", "excluida", "anulada"))
        unsent = sum(facts.parts.get(key, Amount()).count for key in ("por-enviar", "por-confirmar"))
        verb = noun(many.count, "necesita,necesitan")
        said = f"{counted(many.count, facts.noun)} de {name}, por {pesos(many.value)}, {verb} su decisión"
        if unsent:
            said += f"; {number(fine)} {noun(fine, 'está,están')} en orden y {number(unsent)} por enviar."
        else:
            said += _others(fine)
    return Standing(
        row=19,
        tone="amber",
        word="Requiere su atención",
        sentence=said,
        button=f"Resolver {counted(facts.attention.count, facts.noun)}",
        target="pending",
    )


def _others(fine: int) -> str:
    """How the sentence of what waits ends: those that do not."""
    if not fine:
        return "."
    return "; la otra está en orden." if fine == 1 else f"; las otras {number(fine)} están en orden."


def _attention_back(facts: Facts) -> Standing:
    """Row 19 of the other direction, whose ledger knows no months."""
    many = facts.attention
    fine = sum(facts.parts.get(key, Amount()).count for key in ("en-escala", "excluida"))
    said = (
        f"{counted(many.count, facts.noun)} por {pesos(many.value)} {noun(many.count, 'necesita,necesitan')} "
        f"su decisión{_others(fine)}"
    )
    return Standing(
        row=19,
        tone="amber",
        word="Requiere su atención",
        sentence=said,
        button=f"Resolver {counted(many.count, facts.noun)}",
        target="pending",
    )


def _well(facts: Facts) -> Iterator[Standing]:
    """Rows 24 to 27: nothing is open."""
    name = MONTH_NAMES[facts.month.month - 1]
    total = Amount()
    for part in facts.parts.values():
        total += part
    verb, article = noun(total.count, "está,están"), noun(total.count, "La,Las")
    if not facts.automatic:
        until = f" hasta {_at(facts, facts.read_until)}" if facts.read_until else ""
        said = (
            f"{article} {counted(total.count, facts.noun)} {noun(total.count, 'leída,leídas')}{until} {verb} "
            "en orden; la sincronización automática está apagada."
        )
        yield Standing(
            row=24, tone="grey", word="Manual", sentence=said, button="Sincronizar ahora", target="sync"
        )
    there = facts.parts.get("en-escala", Amount()).count
    out = facts.parts.get("excluida", Amount()).count + facts.parts.get("anulada", Amount()).count
    if facts.back:
        drafts = f" ({number(facts.drafts)} en borrador)" if facts.drafts else ""
        said = (
            f"Dirección activa: Escala a Siigo; {number(there)} de {number(total.count)} oportunidades en "
            f"«{facts.stage}» ya {noun(there, 'tiene,tienen')} factura{drafts} y {number(out)} "
            f"{noun(out, 'quedó,quedaron')} fuera por sus reglas."
        )
        yield _green(27, said)
        return
    if not total.count:
        said = f"Siigo no tiene facturas de {name}; las anteriores están en orden."
        yield _green(25, said)
    said = (
        f"{article} {counted(total.count, facts.noun)} de {name}, por {pesos(total.value)}, {verb} en orden: "
    )
    said += f"{number(there)} en Escala"
    said += f" y {number(out)} fuera por sus reglas." if out else "."
    yield _green(26, said)


def _with_line(standing: Standing, facts: Facts) -> Standing:
    """The line that always stands under it."""
    system = "Escala" if facts.back else "Siigo"
    read = (
        f"{system} leído hasta {_at(facts, facts.read_until)}."
        if facts.read_until
        else f"{system} {'se ha leído solo en parte' if facts.ever_read else 'no se ha leído todavía'}."
    )
    if not facts.automatic:
        ahead = "Sincronización automática apagada."
    elif facts.next_run is not None and facts.working:
        ahead = f"Próxima sincronización: {_at(facts, facts.next_run)}."
    else:
        ahead = "Sin próxima sincronización a la vista."
    return Standing(
        row=standing.row,
        tone=standing.tone,
        word=standing.word,
        sentence=standing.sentence,
        button=standing.button,
        target=standing.target,
        under=f"{read} {ahead}",
    )
