"""Every doubt about Siigo (siigo-api.md, 13 and 14): the same life ends alike, whatever is true."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from siigo_escala.simulators.siigo import switches
from tests.sync.world import World, counts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

_SAID = [
    (name, position)
    for name, positions in switches.POSITIONS.items()
    for position in positions[1:]
    # Access has tests of its own in test_odd_answers.py; a bare token alone is no doubt of the reference.
    if name
    not in ("failures", "blocked_user", "blocks_on_errors", "plan_has_api", "page_size", "error_shape")
    and position != "bare_only"
]
POSITIONS: list[tuple[str, Any]] = [
    ("auth_status", 200),
    *_SAID,
    ("page_size", "honour"),
    ("last_updated_moves_on", list(switches.EVENTS)),
    ("last_updated_moves_on", []),
    ("token_life_s", 700),
    ("repeated_rows", 2),
    ("links_host", "https://otro.example"),
]


def _live(world: World) -> list[tuple[Any, ...]]:
    """A month in small: two runs over invoices of three customers, changes in between, and a third run."""
    siigo = world.siigo
    company = world.customer(1, commercial_name="La Una")
    person = world.customer(
        2,
        person_type="Person",
        id_type={"code": "13"},
        identification="1032456789",
        name=["Ana", "Paz"],
        contacts=[],
    )
    shared = world.customer(
        3, contacts=[{"first_name": "Eva", "last_name": "Rey", "email": "COMPRAS1@empresa.example"}]
    )
    first = siigo.create_invoice(company["id"], total=1000)
    edited = siigo.create_invoice(company["id"], total=2000, stamp="Draft")
    annulled = siigo.create_invoice(person["id"], total=3000, stamp="Draft")
    credited = siigo.create_invoice(shared["id"], total=4000)
    deleted = siigo.create_invoice(shared["id"], total=5000, stamp="Draft")
    siigo.create_invoice(
        company["id"], total="10.5", currency={"code": "USD", "exchange_rate": Decimal("4000.25")}
    )
    left_out = siigo.create_invoice(person["id"], total=6000)
    siigo.annul_invoice(left_out["name"])
    world.connect('on_credited = "subtract"\nstart = "2026-01-01"')
    result = world.sync()
    hidden = 0 if siigo.switches["annulled_in_list"] else 1
    assert counts(result) == {"read": 7 - hidden, "created": 6} | ({} if hidden else {"excluded": 1})
    world.pass_time(minutes=30)
    siigo.edit_invoice(edited["name"], items=[{"code": "INST-01", "quantity": 1, "price": 2500}])
    siigo.annul_invoice(annulled["name"])
    siigo.credit_note(credited["name"], total=500)
    siigo.delete_invoice(deleted["name"])
    siigo.pay(first["name"], 300)
    siigo.create_invoice(company["id"], total=7000)
    world.pass_time(days=1)
    world.sync()
    writes = world.escala.calls.count(method="POST") + world.escala.calls.count(method="PUT")
    again = world.sync(date_from=world.today() - timedelta(days=5))
    # What was deleted, or is annulled and hidden, is known by now and not there to be read.
    assert counts(again) == (
        {"read": 5, "unchanged": 5}
        if hidden
        else {"read": 7, "unchanged": 5, "excluded": 1, "needs_attention": 1}
    )
    assert world.escala.calls.count(method="POST") + world.escala.calls.count(method="PUT") == writes
    return world.end_state()


def _expected(*, first_seen_annulled: str = "6000.00") -> list[tuple[Any, ...]]:
    one, two, three = "900100201", "1032456789", "900100203"
    deals = [
        ("FV-2-1 - Empresa 1 SAS", "1000.00", one),
        ("FV-2-2 - Empresa 1 SAS", "2500.00", one),
        ("FV-2-3 - Ana Paz", "3000.00", two),
        ("FV-2-4 - Empresa 3 SAS", "3500.00", three),
        ("FV-2-5 - Empresa 3 SAS", "5000.00", three),
        ("FV-2-6 - Empresa 1 SAS", "42002.63", one),
        ("FV-2-8 - Empresa 1 SAS", "7000.00", one),
    ]
    ledger = [
        ("ledger", "FV-2-1", "in_escala", None, "1000.00"),
        ("ledger", "FV-2-2", "in_escala", None, "2500.00"),
        ("ledger", "FV-2-3", "annulled", "INVOICE_ANNULLED_LATER", "3000.00"),
        ("ledger", "FV-2-4", "in_escala", None, "4000.00"),
        ("ledger", "FV-2-5", "annulled", "INVOICE_DELETED", "5000.00"),
        ("ledger", "FV-2-6", "in_escala", None, "42002.63"),
        ("ledger", "FV-2-7", "annulled", "INVOICE_ANNULLED", first_seen_annulled),
        ("ledger", "FV-2-8", "in_escala", None, "7000.00"),
    ]
    contacts = [("contact", one), ("contact", two), ("contact", three)]
    return [*sorted(deals), *sorted(contacts), *sorted(ledger)]


@pytest.mark.parametrize(("switch", "position"), POSITIONS)
def test_the_end_state_is_the_same_in_every_position(world: World, switch: str, position: Any) -> None:
    world.siigo.switches.update({switch: position})
    state = _live(world)
    # An annulled invoice keeps its last value; one that was annulled before anybody read it has only Siigo's.
    nothing = (switch, position) == ("annulled_total", "zero")
    expected = _expected(first_seen_annulled="0.00" if nothing else "6000.00")
    if (switch, position) == ("annulled_in_list", False):
        expected = [row for row in expected if row[1] != "FV-2-7"]
    assert state == expected
