"""Another writer beside us: noticed when deals are read, and nothing is created until a person has acted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from siigo_escala.store import models
from siigo_escala.sync import other_writer
from tests.sync.world import World, codes, counts


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One store: nothing here depends on it."""
    return sqlite_url


def _made(world: World, more: str = "") -> dict[str, Any]:
    """An invoice that is in Escala because of us."""
    (invoice,) = world.invoices(1, total=1000)
    world.connect(more)
    assert counts(world.sync()) == {"read": 1, "created": 1}
    world.pass_time(minutes=20)
    return invoice


def _another(world: World, invoice: dict[str, Any], **fields: Any) -> str:
    """A deal of the same invoice by somebody else, and a new invoice that is to be created."""
    base: dict[str, Any] = {"name": f"Factura {invoice['name']}", "value": 1000}
    made = world.escala.create_deal(**(base | fields))
    world.siigo.create_invoice(invoice["customer"]["id"], total=5)
    return made


def _enable(world: World) -> None:
    other_writer.accept(models.Connection.objects.get(name="acme"), now=world.now())


def test_what_would_be_created_waits_until_a_person_says_that_no_other_writer_is_left(world: World) -> None:
    invoice = _made(world)
    foreign = _another(world, invoice)
    world.siigo.edit_invoice(invoice["name"], items=[{"code": "INST-01", "quantity": 1, "price": 950}])
    told = world.sync(dry_run=True)
    result = world.sync()
    assert told.document["invoices"] == result.document["invoices"]
    assert counts(result) == {"read": 2, "updated": 1, "needs_attention": 1}, "all else goes on"
    assert codes(result) == ["OTHER_WRITER_SEEN"] * 2
    general, held = result.document["problems"]
    assert general["invoice"] is None
    assert foreign in general["message"]
    assert invoice["name"] in general["message"]
    assert held["invoice"] != invoice["name"]
    assert not models.Connection.objects.get().paused
    world.escala.delete_deal(foreign)
    world.pass_time(hours=2)
    assert counts(world.sync())["needs_attention"] == 1, "it stays so though the deal is gone"
    _enable(world)
    assert counts(world.sync()) == {"read": 1, "created": 1}


def test_after_enable_only_a_later_deal_is_a_finding(world: World) -> None:
    invoice = _made(world)
    _another(world, invoice)
    assert "OTHER_WRITER_SEEN" in codes(world.sync())
    world.escala.create_deal(name=f"Otra {invoice['name']}", value=1000)
    world.pass_time(minutes=1)
    _enable(world)
    world.pass_time(hours=2)
    assert counts(world.sync())["created"] == 1
    world.escala.create_deal(name=f"Más {invoice['name']}", value=1000)
    world.siigo.create_invoice(invoice["customer"]["id"], total=6)
    assert "OTHER_WRITER_SEEN" in codes(world.sync())


def test_the_sweep_notices_it_where_nothing_is_to_be_created(world: World) -> None:
    invoice = _made(world)
    world.escala.create_deal(name=f"Factura {invoice['name']}", value=1000)
    world.pass_time(days=1)
    result = world.sync()
    assert counts(result) == {"read": 1, "unchanged": 1}
    assert codes(result) == ["OTHER_WRITER_SEEN"]
    assert result.exit_code == 0


def test_a_deal_of_a_clock_that_is_ahead_of_ours_is_accepted_where_it_was_seen(world: World) -> None:
    invoice = _made(world)
    world.escala.clock.advance(600)
    _another(world, invoice)
    assert "OTHER_WRITER_SEEN" in codes(world.sync())
    _enable(world)
    world.escala.switches.change({"since_mode": "error500"})
    world.pass_time(minutes=61)
    assert counts(world.sync())["created"] == 1


@pytest.mark.parametrize(
    "other",
    [
        "before ours",
        "another invoice",
        "disagrees",
        "bound",
        "of a deleted one",
        "adopted before",
        "name twice",
    ],
)
def test_what_says_nothing_of_another_writer_stops_nothing(world: World, other: str) -> None:
    invoice = _made(world)
    given: dict[str, dict[str, Any]] = {
        "before ours": {"created": world.now() - timedelta(hours=1)},
        "another invoice": {"name": "Factura FV-9-77"},
        "disagrees": {"value": 7},
    }
    if other == "of a deleted one":
        world.escala.delete_deal(world.deal_of(invoice["name"])["id"])
        world.pass_time(days=1)
        world.sync()
    if other == "name twice":
        world.siigo.delete_invoice(invoice["name"])
        world.siigo.create_invoice(invoice["customer"]["id"], name=invoice["name"], total=1000)
    if other == "adopted before":
        models.Invoice.objects.update(adopted=True, sent_at=world.now() + timedelta(minutes=5))
    made = _another(world, invoice, **given.get(other, {}))
    if other == "bound":
        row = models.Invoice.objects.get()
        models.Invoice.objects.create(
            connection=row.connection, escala=row.escala, siigo_id="x", deal_id=made, due=False
        )
    result = world.sync()
    assert "OTHER_WRITER_SEEN" not in codes(result)
    assert counts(result)["created"] == 1


@pytest.mark.parametrize(
    ("mark", "marked", "noticed"), [("OTRA", True, False), ("OTRA", False, True), ("acme", True, True)]
)
def test_the_mark_of_another_connection_is_no_other_writers(
    world: World, mark: str, marked: bool, noticed: bool
) -> None:
    invoice = _made(world, 'mark = "ACME"')
    first = models.Connection.objects.get()
    file = {**first.file, "name": "otra", "opportunities": {**first.file["opportunities"], "mark": mark}}
    models.Connection.objects.create(
        name="otra",
        direction=first.direction,
        file=file,
        siigo=models.SiigoCompany.objects.create(),
        escala=first.escala,
        siigo_username="otra",
        created_at=world.now(),
        start=first.start,
    )
    _another(world, invoice, name=f"{invoice['name']} [{mark}] - Empresa" if marked else invoice["name"])
    result = world.sync()
    assert ("OTHER_WRITER_SEEN" in codes(result)) is noticed
    assert not models.Connection.objects.get(name="otra").others, "it is not that connection's invoice"


def test_what_another_connection_reads_is_noticed_for_this_one_too(world: World) -> None:
    """The index is the account's: whoever reads the deal looks at it for all."""
    invoice = _made(world)
    _another(world, invoice)
    first = models.Connection.objects.get()
    first.others_since = world.now() - timedelta(days=1)
    first.save()
    assert "OTHER_WRITER_SEEN" in codes(world.sync())
    seen = models.Connection.objects.get().others["seen"]
    assert [one["invoice"] for one in seen] == [invoice["name"]]
    world.pass_time(days=1)
    world.sync()
    assert models.Connection.objects.get().others["seen"] == seen, "told once"
