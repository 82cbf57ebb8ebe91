"""Historial: what began each synchronisation, while it goes on and afterwards."""

from __future__ import annotations

from typing import Literal

import pytest

from siigo_escala.sync import requests
from siigo_escala.sync.session import Options
from tests.web.screens import Screens, words

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HISTORY = "/empresas/acme/historial/?todas=1"


def test_each_says_what_began_it(screens: Screens) -> None:
    world = screens.world
    world.connect()
    company, now = screens.company, world.now()
    whys: tuple[Literal["person", "rules"], ...] = ("person", "rules")
    asked = [
        requests.options_of(requests.ask(company, Options(sweep=why == "rules"), why=why, now=now))
        for why in whys
    ]
    retry = requests.options_of(requests.ask(company, Options(kind="retry"), now=now))
    world.sync()
    world.sync(by="command")
    for options in (*asked, retry):
        world.sync(kind=options.kind, sweep=options.sweep, by=options.by)
    told = words(screens.person("CONS").get(HISTORY))
    at = [
        told.find(f" {origin} ")
        for origin in ("Reintento", "Cambio de reglas", "A demanda", "Línea de comandos", "Automática")
    ]
    assert -1 not in at, told
    assert at == sorted(at), "the newest first"
