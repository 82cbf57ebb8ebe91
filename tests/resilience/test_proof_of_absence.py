"""What proves that a write did not happen, and what does not: lists that lag, reads cut short, people."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from siigo_escala.simulators import faults
from siigo_escala.simulators.messages import Request, Response
from tests.resilience import lives
from tests.sync.world import World, codes, counts

CONTACTS, DEALS = "/crm/contacts", "/crm/deals"
SHORT_READS: tuple[dict[str, Any], ...] = (
    {"scroll_cap": 4},
    {"scroll_cap": 4, "scroll_cap_total": "cap"},
    {"scroll_cap": 4, "total": "missing"},
    {"cursor_style": "stuck"},
    {"cursor_style": "stuck", "total": "missing"},
    {"scroll_key": "none"},
    {"scroll_key": "none", "total": "missing"},
)
LOST_CURSORS = ("404", "400", "500", "empty")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One store: what a read proves does not depend on where the ledger lies."""
    return sqlite_url


def _lose(world: World, path: str, *, after: int = 1) -> None:
    """One write is stored and its answer lost."""
    world.escala.faults.add(
        faults.Fault(kind="store_then_lost", method="POST", path=path, times=1, after=after)
    )


def _assert_nothing_doubled(world: World) -> None:
    deals = Counter(deal["name"].split()[0] for deal in world.deals())
    contacts = Counter(lives.end(world).contacts)
    assert max(deals.values()) == 1, deals
    assert max(contacts.values()) == 1, contacts


@pytest.mark.parametrize("path", [CONTACTS, DEALS])
@pytest.mark.parametrize("repeats", ["reject409", "allow"])
@pytest.mark.parametrize("lag_s", [0.5, 4.0], ids=["shorter", "longer"])
def test_a_list_that_lags_behind_proves_nothing(world: World, path: str, repeats: str, lag_s: float) -> None:
    lives.begin(world)
    world.escala.switches.change({"list_lag_s": lag_s, "duplicate_contact": repeats})
    _lose(world, path)
    result = world.sync()
    counts(result)
    _assert_nothing_doubled(world)
    known = lives.bound(world)
    world.pass_time(seconds=30)
    if result.exit_code == 0:
        lives.assert_settled_by(world, result, known_before=0)
    else:
        assert set(codes(result)) <= {"OUTCOME_UNKNOWN", "NOT_REACHED", "ESCALA_LIST_INCOMPLETE"}
        lives.assert_settled_by(world, world.sync(), known_before=known)


@pytest.mark.parametrize("path", [CONTACTS, DEALS])
@pytest.mark.parametrize("switches", SHORT_READS, ids=lambda one: "-".join(map(str, one.values())))
def test_a_read_that_ends_too_soon_never_leads_to_a_second_post(
    world: World, path: str, switches: Mapping[str, Any]
) -> None:
    lives.begin(world)
    world.escala.switches.change({"page_cap": 2, **switches})
    _lose(world, path)
    counts(world.sync())
    _assert_nothing_doubled(world)
    known = lives.bound(world)
    world.escala.switches.change(
        {
            "page_cap": 0,
            "scroll_cap": 0,
            "cursor_style": "fresh",
            "scroll_key": "scrollId",
            "total": "present",
        }
    )
    after = world.sync()
    assert lives.end(world) == lives.UNDISTURBED
    assert counts(after).get("created", 0) == len(lives.NEW) - known
    lives.assert_nothing_left(world)


@pytest.mark.parametrize("answer", LOST_CURSORS)
@pytest.mark.parametrize("path", [CONTACTS, DEALS])
def test_a_cursor_that_expires_never_leads_to_a_second_post(world: World, answer: str, path: str) -> None:
    lives.begin(world)
    world.escala.switches.change({"page_cap": 2, "cursor_expired": answer, "cursor_life_s": 0})
    _lose(world, path)
    counts(world.sync())
    _assert_nothing_doubled(world)
    known = lives.bound(world)
    world.escala.switches.change({"cursor_life_s": 60})
    after = world.sync()
    assert lives.end(world) == lives.UNDISTURBED
    assert counts(after).get("created", 0) == len(lives.NEW) - known


def test_fewer_records_than_announced_never_lead_to_a_second_post(world: World) -> None:
    lives.begin(world)
    hidden = _Hiding(world)
    _lose(world, DEALS)
    result = world.sync()
    counts(result)
    assert result.exit_code == 1
    assert "OUTCOME_UNKNOWN" in codes(result)
    _assert_nothing_doubled(world)
    known = lives.bound(world)
    hidden.stop()
    lives.assert_settled_by(world, world.sync(), known_before=known)


@pytest.mark.parametrize("mode", ["ok", "error500", "ignored", "exclusive"])
@pytest.mark.parametrize("path", [CONTACTS, DEALS])
def test_a_read_of_changes_settles_as_well_as_a_whole_one(world: World, mode: str, path: str) -> None:
    lives.begin(world)
    world.pass_time(minutes=30)
    world.escala.switches.change({"since_mode": mode})
    _lose(world, path)
    lives.assert_settled_by(world, world.sync(), known_before=0)


def test_a_deal_that_was_renamed_while_its_outcome_was_open_is_still_ours(world: World) -> None:
    lives.begin(world)
    _lose(world, DEALS)
    _at_the_loss(world, lambda deal_id: world.escala.rename_deal(deal_id, "Negocio grande"))
    result = world.sync()
    assert counts(result)["created"] == len(lives.NEW)
    assert len(world.deals()) == len(lives.UNDISTURBED.deals)
    assert lives.bound(world) == len(lives.NEW)
    lives.assert_nothing_left(world)


@pytest.mark.parametrize("path", [CONTACTS, DEALS])
def test_a_write_that_escala_stores_after_we_gave_it_up_is_found(world: World, path: str) -> None:
    # Time-out and settle time are equal here: the second read counts from the moment of giving up.
    assert world.environment.settle_seconds == 1
    world.invoices(1)
    world.connect()
    world.escala.faults.add(faults.Fault(kind="slow", method="POST", path=path, seconds=1.5, times=1))
    assert counts(world.sync(stop=threading.Event())) == {"read": 1, "created": 1}, "a run that really waits"
    assert all(call["status"] for call in world.escala.calls.entries()), "the late write is over by now"
    assert (len(world.contacts()), len(world.deals())) == (1, 1)


def test_a_deal_deleted_while_its_outcome_was_open_leaves_one_deal(world: World) -> None:
    lives.begin(world)
    _lose(world, DEALS)
    _at_the_loss(world, world.escala.delete_deal)
    lives.assert_settled_by(world, world.sync(), known_before=0)


def test_the_deal_of_a_like_invoice_is_not_taken_for_a_renamed_one(world: World) -> None:
    customer = world.customer()
    for _ in range(3):
        world.siigo.create_invoice(customer["id"], total=5000)
    world.connect()
    world.escala.faults.add(faults.Fault(kind="drop", method="POST", path=DEALS, times=1, after=1))
    assert counts(world.sync()) == {"read": 3, "created": 3}
    assert sorted(deal["name"].split()[0] for deal in world.deals()) == ["FV-2-1", "FV-2-2", "FV-2-3"]


class _Hiding:
    """A list of deals that announces all of them and leaves out the one whose answer is lost."""

    def __init__(self, world: World) -> None:
        self._app, self._handle = world.escala, world.escala.handle
        world.escala.handle = self._handled  # type: ignore[method-assign]

    def stop(self) -> None:
        """Everything is shown again."""
        self._app.handle = self._handle  # type: ignore[method-assign]

    def _handled(self, request: Request) -> Response:
        answer = self._handle(request)
        if request.method == "GET" and request.path in (DEALS, f"{DEALS}/scroll"):
            body = answer.body
            assert isinstance(body, dict)
            stored = [deal["id"] for deal in self._app.state()["deals"]]
            hidden = stored[4:5]
            shown = [deal for deal in body["items"] if deal["id"] not in hidden]
            return replace(answer, body={**body, "items": shown})
        return answer


def _at_the_loss(world: World, act: Callable[[str], None]) -> None:
    """Does something to the second new deal as soon as it is stored, before anybody looks."""
    handle, made = world.escala.handle, 0

    def handled(request: Request) -> Response:
        nonlocal made
        answer = handle(request)
        if (request.method, request.path) == ("POST", DEALS):
            made += 1
            if made == 2:
                act(world.deals()[-1]["id"])
        return answer

    world.escala.handle = handled  # type: ignore[method-assign]
