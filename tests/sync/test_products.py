"""Products: the catalogue once a day, an unknown code once a day; registering; none of it stops a deal."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from siigo_escala.domain.crm import ProductDraft
from siigo_escala.simulators import faults
from siigo_escala.store import models
from siigo_escala.sync import products, read
from tests.sync import inside
from tests.sync.world import World, codes, counts

CATALOGUE = "/pms/products"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One store: look-ups are plain SQL."""
    return sqlite_url


def _line(code: str, *, quantity: Any = 1) -> dict[str, Any]:
    return {"code": code, "description": f"Producto {code}", "quantity": quantity, "price": 1000, "taxes": []}


def _asked(world: World) -> int:
    return world.escala.calls.count(method="GET", path=f".*{CATALOGUE}")


def test_the_catalogue_is_read_once_a_day_and_an_unknown_code_asked_once_a_day(world: World) -> None:
    customer = world.customer()["id"]
    world.escala.add_product("A", "Uno")
    world.siigo.create_invoice(customer, items=[_line("A")])
    world.connect()
    world.sync()
    whole = _asked(world)
    world.siigo.create_invoice(customer, items=[_line("A")])
    world.sync()
    assert _asked(world) == whole, "a known code asks nothing"
    for _ in range(2):
        world.siigo.create_invoice(customer, items=[_line("B")])
        world.sync()
        assert _asked(world) == whole + 1
    late = world.escala.add_product("B", "Dos")
    world.pass_time(hours=25)
    invoice = world.siigo.create_invoice(customer, items=[_line("B")])
    result = world.sync()
    assert result.document["products"] == {"attached": 1, "missing": 0, "registered": 0}
    assert world.deal_of(invoice["name"])["products"][0]["productId"] == late


def test_an_unknown_code_that_came_since_is_found_by_its_sku(world: World) -> None:
    customer = world.customer()["id"]
    world.siigo.create_invoice(customer, items=[_line("A")])
    world.connect()
    world.sync()
    world.escala.add_product("B", "Dos")
    world.siigo.create_invoice(customer, items=[_line("B"), _line("C")])
    assert world.sync().document["products"] == {"attached": 1, "missing": 1, "registered": 0}
    assert [row.sku for row in models.MissingSku.objects.all()] == ["C"]


def test_one_run_reads_the_catalogue_once_and_asks_for_no_code_after_it(world: World) -> None:
    world.escala.add_product("A", "Uno")
    world.connect()
    with inside.session(world) as session:
        assert list(products.by_code(session, ["A"])) == ["A"]
        whole = _asked(world)
        assert list(products.by_code(session, ["A", "B"])) == ["A"]
        assert products.by_code(session, []) == {}
    assert _asked(world) == whole


def test_a_product_deleted_in_escala_is_forgotten_by_the_next_whole_read(world: World) -> None:
    customer = world.customer()["id"]
    gone = world.escala.add_product("A", "Uno")
    world.siigo.create_invoice(customer, items=[_line("A")])
    world.connect()
    world.sync()
    world.escala.delete_product(gone)
    world.pass_time(hours=25)
    world.siigo.create_invoice(customer, items=[_line("A")])
    assert world.sync().document["products"] == {"attached": 0, "missing": 1, "registered": 0}


def test_a_whole_read_that_ends_too_soon_forgets_nothing_and_is_due_again(world: World) -> None:
    customer = world.customer()["id"]
    for number in range(120):
        world.escala.add_product(f"P{number}", "Producto")
    world.siigo.create_invoice(customer, items=[_line("P110")])
    world.connect()
    world.sync()
    assert models.KnownProduct.objects.count() == 120
    world.pass_time(hours=25)
    world.siigo.create_invoice(customer, items=[_line("P110")])
    world.escala.faults.add(
        faults.Fault(kind="refuse", path=CATALOGUE, query={"page": "1"}, status=200, body={"items": []})
    )
    assert world.sync().document["products"]["attached"] == 1
    assert models.KnownProduct.objects.count() == 120
    read_at = models.EscalaAccount.objects.get().products_read_at
    assert read_at is not None
    assert (world.now() - read_at).total_seconds() > 24 * 3600


def test_a_catalogue_that_fails_is_told_and_the_opportunities_come_without_products(world: World) -> None:
    world.escala.add_product("A", "Uno")
    world.invoices(1, items=[_line("A")])
    world.connect()
    world.escala.faults.add(faults.Fault(kind="refuse", path=CATALOGUE, status=500))
    result = world.sync()
    assert counts(result) == {"read": 1, "created": 1}
    assert "PRODUCTS_UNREADABLE" in codes(result)
    assert result.exit_code == 0
    asked = [one["query"] for one in world.escala.calls.entries() if one["path"].endswith("/pms/products")]
    assert len({str(query) for query in asked}) == 1, "nor is it asked for one code after another"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_key_at_the_catalogue_ends_the_run(world: World, method: str) -> None:
    world.invoices(1, items=[_line("A")])
    world.connect('products = "register"')
    world.escala.faults.add(faults.Fault(kind="refuse", path=CATALOGUE, method=method, status=401))
    assert world.sync().exit_code == 3
    assert not world.deals()


def test_a_single_question_that_fails_costs_its_line_alone_and_is_not_remembered(world: World) -> None:
    customer = world.customer()["id"]
    world.siigo.create_invoice(customer, items=[_line("A")])
    world.connect()
    world.sync()
    world.siigo.create_invoice(customer, items=[_line("B")])
    world.escala.faults.add(faults.Fault(kind="refuse", path=CATALOGUE, status=500))
    assert counts(world.sync())["created"] == 1
    assert not models.MissingSku.objects.filter(sku="B").exists()
    world.escala.faults.clear()
    world.escala.faults.add(faults.Fault(kind="refuse", path=CATALOGUE, status=401))
    world.siigo.create_invoice(customer, items=[_line("B")])
    assert world.sync().exit_code == 3


# Registering.


def test_products_that_escala_lacks_are_registered_once_for_all_steps(world: World) -> None:
    world.invoices(3, items=[_line(" A "), _line("B"), _line(""), _line("X" * 41)])
    world.connect('products = "register"')
    result = world.sync()
    assert counts(result) == {"read": 3, "created": 3}
    assert result.document["products"]["registered"] == 2
    assert world.escala.calls.count(method="POST", path=f".*{CATALOGUE}") == 2
    made = {product["sku"]: product["name"] for product in world.escala.state()["products"]}
    assert made == {"A": "Producto  A ".strip(), "B": "Producto B"}


@pytest.mark.parametrize(
    ("fault", "registered"),
    [
        ({"kind": "store_then_lost"}, 1),
        ({"kind": "refuse", "status": 400, "body": {"message": "sku is odd"}}, 0),
        ({"kind": "refuse", "status": 409, "body": {"message": "sku already exists"}}, 0),
    ],
)
def test_a_product_that_could_not_be_registered_is_missing_and_stops_nothing(
    world: World, fault: dict[str, Any], registered: int
) -> None:
    world.invoices(1, items=[_line("A")])
    world.connect('products = "register"')
    world.escala.faults.add(faults.parse({**fault, "method": "POST", "path": CATALOGUE}))
    result = world.sync()
    assert counts(result) == {"read": 1, "created": 1}
    assert result.document["products"] == {
        "attached": registered, "missing": 1 - registered, "registered": registered
    }  # fmt: skip


def test_where_nobody_knows_whether_it_was_registered_the_opportunity_comes_without_it(world: World) -> None:
    world.invoices(1)
    world.connect()
    world.escala.faults.add(faults.Fault(kind="refuse", path=CATALOGUE, status=500))
    with inside.session(world) as session:
        assert products.register(session, ProductDraft(sku="A", name="Uno", price=Decimal(0))) is None
    world.escala.faults.clear()
    with inside.session(world) as session:
        made = products.register(session, ProductDraft(sku="A", name="Uno", price=Decimal(0)))
        assert products.indexed(session, ["A", "B"]) == {"A": made}


@pytest.mark.parametrize("rule", ["match", "register", "none"])
def test_a_dry_run_foretells_products_as_the_run_counts_them(world: World, rule: str) -> None:
    world.escala.add_product("A", "Uno")
    world.invoices(2, items=[_line("A"), _line("B"), _line("X" * 41)])
    world.connect(f'products = "{rule}"')
    foretold = world.sync(dry_run=True).document["products"]
    assert world.sync().document["products"] == foretold
    expected = {"match": (2, 4, 0), "register": (4, 2, 1), "none": (0, 0, 0)}[rule]
    assert tuple(foretold.values()) == expected


def test_lines_that_escala_refuses_count_as_missing(world: World) -> None:
    world.escala.switches.change({"decimal_quantity": "reject"})
    world.escala.add_product("A", "Uno")
    world.invoices(1, items=[_line("A", quantity="1.5"), _line("B")])
    world.connect()
    result = world.sync()
    assert counts(result) == {"read": 1, "created": 1}
    assert result.document["products"] == {"attached": 0, "missing": 2, "registered": 0}


def test_a_product_that_was_refused_is_not_sent_again_by_another_batch_of_the_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "FIRST_PAGES", 1)
    world.invoices(102, items=[{"code": "RARO", "quantity": 1, "price": 1000}])
    world.connect('products = "register"')
    world.escala.faults.add(
        faults.Fault(kind="refuse", method="POST", path="/pms/products", status=400, body={"message": "no"})
    )
    result = world.sync(limit=101)
    assert result.document["products"]["registered"] == 0
    posts = [call for call in world.escala.calls.entries() if call["path"].endswith("/pms/products")]
    assert [call["method"] for call in posts].count("POST") == 1


def test_a_product_that_escala_had_under_another_spelling_stops_no_run(world: World) -> None:
    had = world.escala.add_product("Café 1", "Uno")
    customer = world.customer()["id"]
    invoices = [world.siigo.create_invoice(customer, items=[_line(code)]) for code in ("Café 1", "CAFE 1")]
    world.connect('products = "register"')
    answer = {"id": had, "sku": "Café 1", "name": "Uno"}
    world.escala.faults.add(
        faults.Fault(kind="refuse", method="POST", path=CATALOGUE, status=201, body=answer)
    )
    assert counts(world.sync()) == {"read": 2, "created": 2}
    for code in ("Café 1", "CAFE 1"):
        invoices.append(world.siigo.create_invoice(customer, items=[_line(code)]))
        assert counts(world.sync())["created"] == 1
    carried = [world.deal_of(invoice["name"])["products"] for invoice in invoices]
    assert [[line["productId"] for line in lines] for lines in carried] == [[had]] * 4
    assert models.KnownProduct.objects.count() == 1
