"""One small life of a company, undisturbed or disturbed: what its end must be, and that it is the same.

Three invoices of two customers are synchronised; then one is edited, one is credited in part, and four new
ones of two new customers come. The run that carries this over is the one that tests kill and lie to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from siigo_escala.sync import opening, run
from siigo_escala.sync.run import Result
from siigo_escala.sync.session import Options
from tests.sync.world import World, counts

NEW = ("FV-2-4", "FV-2-5", "FV-2-6", "FV-2-7")
RULES = 'on_credited = "subtract"'
_IDENTIFICATIONS = {
    "FV-2-1": "900100200", "FV-2-2": "900100201", "FV-2-3": "900100200", "FV-2-4": "900100205",
    "FV-2-5": "900100206", "FV-2-6": "900100205", "FV-2-7": "900100206",
}  # fmt: skip
_VALUES = {
    "FV-2-1": "500000.00", "FV-2-2": "170000.00", "FV-2-3": "300000.00", "FV-2-4": "100000.00",
    "FV-2-5": "100001.00", "FV-2-6": "100002.00", "FV-2-7": "100003.00",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """What Escala holds in the end, and what the ledger says of it."""

    deals: tuple[tuple[str, str, str], ...]
    """Invoice, value, identification of the contact; one entry a deal, so that a second one shows."""
    contacts: tuple[str, ...]
    ledger: tuple[tuple[str, str, str | None], ...]


UNDISTURBED = End(
    deals=tuple((name, _VALUES[name], _IDENTIFICATIONS[name]) for name in sorted(_VALUES)),
    contacts=tuple(sorted(set(_IDENTIFICATIONS.values()))),
    ledger=tuple((name, "in_escala", None) for name in sorted(_VALUES)),
)
"""Written down, not computed: what the life of this company must come to."""


def begin(world: World, rules: str = RULES) -> None:
    """The first run, then everything that happens in Siigo after it; the second run is yet to come."""
    first = [world.customer(number) for number in range(2)]
    made = [
        world.siigo.create_invoice(first[number % 2]["id"], total=100000 * (number + 1))
        for number in range(3)
    ]
    world.connect(rules)
    assert world.sync().exit_code == 0
    world.siigo.edit_invoice(made[0]["id"], items=[_line(500000)])
    world.siigo.credit_note(made[1]["id"], total=30000)
    later = [world.customer(number) for number in (5, 6)]
    for number in range(4):
        world.siigo.create_invoice(later[number % 2]["id"], total=100000 + number)
    world.siigo.calls.clear()
    world.escala.calls.clear()


def again(world: World, *, wait_s: float = 5.0, **options: Any) -> Result:
    """A run in this process that grants a killed one's server session a moment to be noticed."""
    opened = opening.open_connection(world.environment, "acme")
    return run.run(opened, Options(**options), world.listener(), now=world.now, wait_s=wait_s)


def end(world: World) -> End:
    """What there is now."""
    identifications = {contact["id"]: _identification(contact) for contact in world.contacts()}
    return End(
        deals=tuple(
            sorted(
                (
                    deal["name"].split()[0],
                    f"{Decimal(str(deal['value'])):.2f}",
                    identifications.get(deal["contactId"], "nobody"),
                )
                for deal in world.deals()
            )
        ),
        contacts=tuple(sorted(identifications.values())),
        ledger=tuple(sorted((row["invoice"], row["status"], row["code"]) for row in world.report()["rows"])),
    )


def bound(world: World) -> int:
    """How many of the new invoices the ledger knows to be in Escala."""
    rows = world.rows()
    return sum(1 for name in NEW if name in rows and rows[name].deal_id is not None)


def assert_settled_by(world: World, result: Result, *, known_before: int) -> None:
    """One rerun comes to the undisturbed end, says so in its account, and leaves nothing to do."""
    assert end(world) == UNDISTURBED
    assert result.exit_code == 0, result.document["problems"]
    found = counts(result)
    assert found.get("created", 0) == len(NEW) - known_before, found
    assert_nothing_left(world)


def assert_nothing_left(world: World) -> None:
    """A further run writes nothing."""
    writes = _writes(world)
    last = again(world)
    assert set(counts(last)) <= {"read", "unchanged"}, counts(last)
    assert last.exit_code == 0
    assert _writes(world) == writes


def _writes(world: World) -> int:
    return sum(1 for call in world.escala.calls.entries() if call["method"] != "GET")


def _identification(contact: Mapping[str, Any]) -> str:
    return str(next(iter(contact["custom"].values()), "none"))


def _line(price: int) -> dict[str, Any]:
    return {"code": "INST-01", "quantity": 1, "price": Decimal(price), "taxes": []}
