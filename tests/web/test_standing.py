"""The table of the status sentence: each row by the facts that bring it about, and never green by mistake."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siigo_escala.web import standing
from siigo_escala.web.told import Amount, Facts, Going, HeldOff, Outage, Resting

NOW = datetime(2026, 11, 24, 19, 5, tzinfo=UTC)  # 14:05 in Bogotá
HOUR = timedelta(hours=1)


def _amount(count: int, value: str = "") -> Amount:
    return Amount(count=count, value=Decimal(value or str(count * 1000)))


WELL = Facts(
    now=NOW,
    zone=ZoneInfo("America/Bogota"),
    month=date(2026, 11, 1),
    parts={"en-escala": _amount(396, "172483912.50"), "excluida": _amount(9), "anulada": _amount(3)},
    read_until=NOW,
    last_success=NOW - HOUR,
    next_run=NOW + HOUR,
)
BACK: dict[str, Any] = {
    "back": True,
    "noun": "oportunidad,oportunidades",
    "stage": "Ganada",
    "parts": {"en-escala": _amount(5), "excluida": _amount(3)},
}
WAITING = _amount(4, "4212404.50")
ROWS: dict[str, tuple[dict[str, Any], int, str, str, str]] = {
    "the worker is silent": (
        {"working": False, "waiting": WAITING},
        1,
        "red",
        "El motor no responde desde hoy a las 13:05; 4 facturas esperan y no sabemos si hay nuevas.",
        "Ver qué hacer",
    ),
    "nothing can be stored": (
        {"storage": "no hay espacio en el disco"},
        2,
        "red",
        "No podemos guardar datos (no hay espacio en el disco); nada se envía hasta que se resuelva.",
        "Ver qué hacer",
    ),
    "three were made for a trial": (
        {"step": 5, "ever_sent": True},
        3,
        "grey",
        "Falta el paso 5 de 5 para traer las demás facturas.",
        "Continuar",
    ),
    "set-up unfinished": (
        {"step": 3, "ever_sent": False},
        3,
        "grey",
        "Falta el paso 3 de 5 para traer la primera factura.",
        "Continuar",
    ),
    "credentials taken away": (
        {"forgotten": True},
        3,
        "grey",
        "Faltan las credenciales: se quitaron y hay que conectarla de nuevo.",
        "Conectar de nuevo",
    ),
    "Siigo blocked the user": (
        {"paused": "USER_BLOCKED", "paused_at": NOW, "waiting": WAITING},
        4,
        "red",
        "Siigo bloqueó el usuario API hoy a las 14:05; 4 facturas esperan envío y no vemos las nuevas.",
        "Ver qué hacer",
    ),
    "Siigo refused": (
        {"paused": "CREDENTIALS_REFUSED", "paused_at": NOW, "paused_text": "Siigo dijo no"},
        5,
        "red",
        (
            "Siigo rechazó el usuario o la clave de acceso hoy a las 14:05; desde entonces no se "
            "leen facturas y 0 facturas esperan envío."
        ),
        "Actualizar la clave de Siigo",
    ),
    "Escala refused": (
        {
            "paused": "CREDENTIALS_REFUSED",
            "paused_at": NOW,
            "paused_text": "Escala dijo no",
            "waiting": _amount(1),
        },
        6,
        "red",
        "Escala rechazó la clave de API hoy a las 14:05; 1 factura por $ 1.000 espera envío.",
        "Actualizar la clave de Escala",
    ),
    "our own brake": (
        {"paused": "BRAKED", "refused_share": 0.52},
        7,
        "red",
        "Frenamos las llamadas a Siigo: falló el 52 % en 7 días y Siigo bloquea al llegar a 80 %.",
        "Ver las fallas",
    ),
    "something of the rules is gone": (
        {"gone": "Prospecto", "attention": WAITING},
        8,
        "red",
        "«Prospecto» ya no existe en Escala; 4 facturas por $ 4.212.404,50 esperan.",
        "Elegir otra",
    ),
    "another writer": (
        {"other_writer": ("FV-2-1",)},
        8,
        "red",
        (
            "Otro programa también crea oportunidades de sus facturas (FV-2-1); no creamos ninguna "
            "más hasta que usted confirme que lo apagó."
        ),
        "Ya la apagué",
    ),
    "paused": (
        {"paused": "RUN_CRASHES", "paused_at": NOW, "paused_text": "se cayó tres veces."},
        9,
        "grey",
        (
            "La sincronización está en pausa desde hoy a las 14:05 (se cayó tres veces); 0 facturas "
            "esperan envío."
        ),
        "Reanudar",
    ),
    "a person paused it": (
        {
            "automatic": False,
            "resting": Resting(since=NOW, who="ana@acme.example", why="Cierre de mes."),
            "waiting": WAITING,
        },
        9,
        "grey",
        (
            "La sincronización está en pausa desde hoy a las 14:05 (ana@acme.example: Cierre de mes); "
            "4 facturas esperan envío."
        ),
        "Reanudar",
    ),
    "the direction changes": (
        {"going": Going(number=7, done=4, total=12, turning=True)},
        10,
        "blue",
        "La dirección nueva empieza al terminar la sincronización 7: faltan 8 registros.",
        "Ver en vivo",
    ),
    "a system asked for a pause": (
        {
            "going": Going(number=7, done=4, total=12),
            "held_off": HeldOff(system="Siigo", until=NOW + timedelta(minutes=4)),
        },
        12,
        "blue",
        "Siigo pidió esperar: seguimos hoy a las 14:09, van 4 de 12.",
        "Ver en vivo",
    ),
    "the first one goes on": (
        {"going": Going(number=1, done=400, total=1200, first=True, left_s=240)},
        11,
        "blue",
        "Primera sincronización: van 400 de 1.200 facturas y faltan unos 4 minutos.",
        "Ver en vivo",
    ),
    "one goes on": (
        {"going": Going(number=7, done=4, total=12)},
        13,
        "blue",
        "Van 4 de 12; todo lo anterior a hoy a las 14:05 ya estaba leído.",
        "Ver en vivo",
    ),
    "out of reach": (
        {"outage": Outage(system="Escala", since=NOW - HOUR, tries=3, again=NOW + HOUR), "waiting": WAITING},
        14,
        "blue",
        (
            "Escala no responde desde hoy a las 13:05 (3 intentos); 4 facturas esperan y "
            "reintentamos hoy a las 15:05."
        ),
        "Probar ahora",
    ),
    "interrupted": (
        {"interrupted": Going(number=7, done=4, total=12)},
        15,
        "blue",
        "La sincronización 7 se interrumpió en 4 de 12; se retoma sola.",
        "Ver en vivo",
    ),
    "stopped": (
        {"stopped": Going(number=7, done=4, total=12), "waiting": WAITING},
        16,
        "amber",
        "La última sincronización se detuvo en 4 de 12; 4 facturas por $ 4.212.404,50 siguen por enviar.",
        "Continuar",
    ),
    "stale": (
        {"last_success": NOW - 27 * HOUR, "read_until": NOW - 27 * HOUR},
        17,
        "amber",
        (
            "Hace 27 horas que no se completa una sincronización; no sabemos de facturas "
            "posteriores a ayer a las 11:05."
        ),
        "Sincronizar ahora",
    ),
    "the sum does not add up": (
        {"sum_differs": _amount(2)},
        18,
        "red",
        "La cuenta de noviembre no cuadra por 2 facturas ($ 2.000); vea cuáles.",
        "Ver la diferencia",
    ),
    "some need a person": (
        {"attention": WAITING, "parts": {**WELL.parts, "atencion": _amount(3), "error": _amount(1)}},
        19,
        "amber",
        "4 facturas de noviembre, por $ 4.000, necesitan su decisión; las otras 408 están en orden.",
        "Resolver 4 facturas",
    ),
    "some need a person, others are not sent": (
        {"attention": _amount(1), "parts": {"atencion": _amount(1), "por-enviar": _amount(2)}},
        19,
        "amber",
        "1 factura de noviembre, por $ 1.000, necesita su decisión; 0 están en orden y 2 por enviar.",
        "Resolver 1 factura",
    ),
    "one needs a person, another is fine": (
        {"attention": _amount(1), "parts": {"atencion": _amount(1), "excluida": _amount(1)}},
        19,
        "amber",
        "1 factura de noviembre, por $ 1.000, necesita su decisión; la otra está en orden.",
        "Resolver 1 factura",
    ),
    "only one opportunity, and it needs a person": (
        {**BACK, "attention": _amount(1), "parts": {"atencion": _amount(1)}},
        19,
        "amber",
        "1 oportunidad por $ 1.000 necesita su decisión.",
        "Resolver 1 oportunidad",
    ),
    "only of other months": (
        {"attention": WAITING},
        19,
        "amber",
        "4 facturas de meses anteriores, por $ 4.212.404,50, necesitan su decisión.",
        "Resolver 4 facturas",
    ),
    "unknown outcomes": (
        {"unknown": _amount(2)},
        20,
        "blue",
        "2 oportunidades, por $ 2.000, están por confirmar: Escala no respondió al crearlas.",
        "Buscar ahora",
    ),
    "values differ": (
        {"differing": _amount(1)},
        21,
        "amber",
        "1 oportunidad vale en Escala $ 1.000 distinto de Siigo.",
        "Ver diferencias",
    ),
    "not sent yet": (
        {"waiting": WAITING},
        22,
        "blue",
        "4 facturas por $ 4.212.404,50 salen en la próxima sincronización, hoy a las 15:05.",
        "Sincronizar ahora",
    ),
    "nothing has run yet": (
        {"ever_read": False},
        23,
        "grey",
        "Las facturas de los últimos 30 días esperan su vista previa.",
        "Ver la vista previa",
    ),
    "by hand": (
        {"automatic": False},
        24,
        "grey",
        (
            "Las 408 facturas leídas hasta hoy a las 14:05 están en orden; la sincronización automática está "
            "apagada."
        ),
        "Sincronizar ahora",
    ),
    "opportunities that need a person": (
        {**BACK, "attention": _amount(2)},
        19,
        "amber",
        "2 oportunidades por $ 2.000 necesitan su decisión; las otras 8 están en orden.",
        "Resolver 2 oportunidades",
    ),
    "no opportunity yet": (
        {**BACK, "ever_read": False},
        23,
        "grey",
        "Las oportunidades en «Ganada» esperan su primera sincronización.",
        "Ver la vista previa",
    ),
    "opportunities, all well": (
        BACK,
        27,
        "green",
        (
            "Dirección activa: Escala a Siigo; 5 de 8 oportunidades en «Ganada» ya tienen factura y "
            "3 quedaron fuera por sus reglas."
        ),
        "Sincronizar ahora",
    ),
    "opportunities, all well, some invoices are drafts": (
        {**BACK, "drafts": 2},
        27,
        "green",
        (
            "Dirección activa: Escala a Siigo; 5 de 8 oportunidades en «Ganada» ya tienen factura "
            "(2 en borrador) y 3 quedaron fuera por sus reglas."
        ),
        "Sincronizar ahora",
    ),
    "an empty month": (
        {"parts": {}},
        25,
        "green",
        "Siigo no tiene facturas de noviembre; las anteriores están en orden.",
        "Sincronizar ahora",
    ),
    "all well": (
        {},
        26,
        "green",
        (
            "Las 408 facturas de noviembre, por $ 172.495.912,50, están en orden: 396 en Escala y "
            "12 fuera por sus reglas."
        ),
        "Sincronizar ahora",
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_in_the_other_direction_opportunities_are_what_is_read_and_waits(name: str) -> None:
    more, row, *_ = ROWS[name]
    if row in (25, 26) or "other_writer" in more:
        return  # of the first direction alone
    said = standing.of(replace(WELL, **{**BACK, **more, "back": True})).sentence
    rest = (
        said.replace("no se hacen facturas", "")
        .replace("la primera factura", "")
        .replace("las demás facturas", "")
        .replace("ya tienen factura", "")
    )
    assert "factura" not in rest.replace("al facturarlas", ""), said


@pytest.mark.parametrize("name", ROWS)
def test_each_row_is_said_where_its_facts_hold(name: str) -> None:
    facts, row, tone, sentence, button = ROWS[name]
    told = standing.of(replace(WELL, **facts))
    assert told.sentence.replace("\u00a0", " ") == sentence
    assert (told.row, told.tone, told.button.replace("\u00a0", " ")) == (row, tone, button)
    assert told.under.startswith(f"{'Escala' if facts.get('back') else 'Siigo'} leído hasta")


@pytest.mark.parametrize(
    ("ever_read", "under"),
    [(True, "Siigo se ha leído solo en parte."), (False, "Siigo no se ha leído todavía.")],
)
def test_what_was_not_read_whole_is_said(under: str, *, ever_read: bool) -> None:
    told = standing.of(replace(WELL, step=5, read_until=None, ever_read=ever_read))
    assert told.under.startswith(under)


@given(st.lists(st.sampled_from(sorted(ROWS)), min_size=1, max_size=5))
def test_the_worst_comes_first_and_green_hides_nothing(names: list[str]) -> None:
    facts: dict[str, Any] = {}
    for name in names:
        facts |= ROWS[name][0]
    found = list(standing.all_of(replace(WELL, **facts)))
    assert [one.row for one in found] == sorted(one.row for one in found)
    if any(one.row < 24 for one in found):
        assert found[0].tone != "green"
