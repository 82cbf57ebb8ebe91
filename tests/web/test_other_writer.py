"""Another writer as people see it: the first line says so everywhere, and a page takes the confirmation."""

from __future__ import annotations

from siigo_escala.cli import status
from siigo_escala.store import models
from tests.sync.world import counts
from tests.web.screens import Screens, audited, words

HOME = "/empresas/acme/"
PAGE = f"{HOME}otro-programa/"


def _seen(screens: Screens) -> str:
    """An invoice of which somebody else has made an opportunity, too; its name."""
    world = screens.world
    (invoice,) = world.invoices(1, total=1000)
    world.connect()
    world.sync()
    world.pass_time(minutes=20)
    world.escala.create_deal(name=f"Factura {invoice['name']}", value=1000)
    world.siigo.create_invoice(invoice["customer"]["id"], total=5)
    assert counts(world.sync())["needs_attention"] == 1
    return str(invoice["name"])


def test_the_first_line_names_it_before_anything_else_that_waits(screens: Screens) -> None:
    name = _seen(screens)
    told = status.of(screens.company, now=screens.world.now())
    assert told.tone == "failed"
    assert f"Otro programa también crea oportunidades de sus facturas ({name})" in told.sentence
    models.Connection.objects.update(
        others={"seen": [{"deal": str(n), "invoice": f"FV-1-{n}"} for n in range(5)]}
    )
    told = status.of(screens.company, now=screens.world.now())
    assert "(FV-1-0, FV-1-1, FV-1-2 y 2 más)" in told.sentence


def test_who_says_that_it_is_off_lets_opportunities_be_made_again(screens: Screens) -> None:
    name = _seen(screens)
    person = screens.person("EMP")
    assert "Ya la apagué" in words(person.get(f"{HOME}pendientes/"))
    assert name in words(person.get(PAGE))
    assert person.post(PAGE).headers["Location"] == HOME
    assert audited("Otro programa apagado").after == {"facturas": [name]}
    assert counts(screens.world.sync()) == {"read": 1, "created": 1}
    assert "No hemos visto otro programa" in words(person.get(PAGE))
