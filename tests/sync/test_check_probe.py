"""The write probe: which doubts it settles, what it leaves behind; nothing takes it for an invoice."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import F

from siigo_escala.cli import failures
from siigo_escala.simulators.faults import Fault
from siigo_escala.simulators.messages import Request, Response
from siigo_escala.store import lease as leases
from siigo_escala.store import models
from siigo_escala.store.errors import LeaseLost
from siigo_escala.sync import opening
from siigo_escala.sync.checking import doubts, examination
from siigo_escala.sync.checking.examination import Examination
from siigo_escala.sync.checking.findings import Check, Finding
from tests.sync.world import World, counts

DEFAULT = {
    "U3": "refused 409", "U9": "put", "U10": "optional", "U11": "accepted", "U12": "accepted",
    "U14": "accepted", "U16": "255 and 5000 kept",
}  # fmt: skip


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One store: what an API does is not stored differently in the other."""
    return sqlite_url


@pytest.fixture
def synced(world: World) -> World:
    """A connection whose first run has read the account, its one product among it."""
    world.escala.add_product("TAZA", "Taza")
    world.invoices(1, items=[{"code": "TAZA", "quantity": 1, "price": 1000}])
    world.connect()
    assert world.sync().exit_code == 0
    return world


def _probed(world: World) -> Examination:
    opened = opening.open_connection(world.environment, "acme")
    lease = leases.take(opened.connection)
    try:
        found = examination.examine(opened, now=world.now)
        examination.probe(found, opened, lease, now=world.now)
    finally:
        lease.release()
    return found


def _told(found: Examination) -> Check:
    (told,) = [one for one in found.checks if one.code == Finding.WRITE_PROBE]
    return told


def test_the_probe_settles_what_only_writing_can_and_names_what_it_made(synced: World) -> None:
    found = _probed(synced)
    assert found.exit_code == 0
    assert found.probed is not None
    assert found.probed.verdicts == DEFAULT
    told = _told(found)
    assert told.result == "warning"
    made = [*synced.contacts(), *synced.deals()]
    ours = [one for one in made if "PRUEBA siigo-escala" in (one.get("name") or one["personal"]["firstName"])]
    assert len(ours) == 5
    assert {one.id for one in found.probed.left} == {one["id"] for one in ours}
    assert all(one["id"] in told.remedy for one in ours)
    assert all(len(word) < 80 for word in told.remedy.split())
    (updates,) = [one.message for one in found.checks if one.code == Finding.UPDATES]
    assert updates == "Escala deja modificar oportunidades."
    assert all({"name", "kind", "id"} == set(one.to_json()) for one in found.probed.left)
    deals = {one["id"] for one in synced.deals()}
    named = {one.id for one in found.probed.left if one.kind == "oportunidad"}
    assert named == deals & {one["id"] for one in ours}
    assert {one.kind for one in found.probed.left} == {"oportunidad", "contacto"}
    assert found.calls.siigo + found.calls.escala <= 30
    assert models.EscalaAccount.objects.get().capabilities["update_deals"] == "put"
    later = examination.examine(opening.open_connection(synced.environment, "acme"), now=synced.now)
    evidence = doubts.Evidence(witness=later.witness, capabilities=later.capabilities)
    known = {one.code: one.verdict for one in doubts.verdicts(evidence)}
    assert known == {**known, **DEFAULT}, "the next check knows what the probe settled"


@pytest.mark.parametrize(
    ("switches", "verdicts"),
    [
        ({"duplicate_contact": "reject400"}, {"U3": "refused 400"}),
        ({"duplicate_contact": "upsert"}, {"U3": "the same record"}),
        ({"duplicate_contact": "allow"}, {"U3": "a second record"}),
        ({"email_required": "yes"}, {"U10": "compulsory"}),
        ({"priority": "reject"}, {"U11": "refused"}),
        ({"decimal_quantity": "reject"}, {"U12": "refused"}),
        ({"unknown_owner": "reject400"}, {"U14": "refused"}),
        ({"text_limits": "cut"}, {"U16": "255 and 5000 kept"}),
        ({"deal_description": "never", "update_verb": "patch"}, {"U9": "patch"}),
        ({"deal_description": "never"}, {"U16": "name of 255 kept, description not shown", "U9": "not safe"}),
        ({"update_verb": "patch"}, {"U9": "patch"}),
        ({"update_verb": "none"}, {"U9": "none"}),
        ({"update_effect": "ignored"}, {"U9": "without effect"}),
    ],
)
def test_each_doubt_is_settled_as_the_account_behaves(
    synced: World, switches: dict[str, Any], verdicts: dict[str, str]
) -> None:
    synced.escala.account.switches.change(switches)
    probed = _probed(synced).probed
    assert probed is not None
    assert {code: probed.verdicts[code] for code in verdicts} == verdicts


def test_updates_that_were_off_are_tried_anew_by_the_probe(synced: World) -> None:
    models.EscalaAccount.objects.update(capabilities={"update_deals": "none"})
    probed = _probed(synced).probed
    assert probed is not None
    assert probed.verdicts["U9"] == "put"
    assert models.EscalaAccount.objects.get().capabilities["update_deals"] == "put"


@pytest.mark.parametrize("status", [422, 403])
def test_a_probe_whose_change_shows_nothing_leaves_updates_off(synced: World, status: int) -> None:
    models.EscalaAccount.objects.update(capabilities={"update_deals": "none"})
    synced.escala.faults.add(Fault(kind="refuse", method="PUT", status=status, body={"message": "no"}))
    probed = _probed(synced).probed
    assert probed is not None
    assert (probed.verdicts.get("U9"), probed.problem is None) == (
        ("refused 422", True) if status == 422 else (None, False)
    )
    assert models.EscalaAccount.objects.get().capabilities["update_deals"] == "none"


def test_a_change_without_effect_is_no_way_to_modify_opportunities(synced: World) -> None:
    synced.escala.account.switches.change({"update_effect": "ignored"})
    (told,) = [one for one in _probed(synced).checks if one.code == Finding.UPDATES]
    assert (told.result, "UPDATE_NOT_POSSIBLE" in told.message) == ("warning", True)


def test_what_the_probe_made_is_never_taken_for_an_invoice(synced: World) -> None:
    _probed(synced)
    synced.pass_time(days=1)
    synced.invoices(1, customers=1, total=1)
    models.EscalaAccount.objects.update(must_read_all=True)
    result = synced.sync()
    assert counts(result) == {"read": 2, "created": 1, "unchanged": 1}
    assert result.exit_code == 0


def test_a_probe_is_not_begun_where_something_fails_already(synced: World) -> None:
    synced.escala.delete_stage("Prospecto", pipeline="Ventas")
    before = len(synced.contacts())
    found = _probed(synced)
    assert found.exit_code == 1
    assert (_told(found).result, found.probed, len(synced.contacts())) == ("warning", None, before)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "refuse", "status": 403, "body": {"message": "Forbidden"}}, 3),
        ({"kind": "store_then_lost"}, 4),
        ({"kind": "refuse", "status": 400, "body": {"message": "pipelineId is wrong"}}, 1),
    ],
)
def test_a_probe_that_goes_wrong_says_why_and_names_what_may_be_left(
    synced: World, fault: dict[str, Any], code: int
) -> None:
    synced.escala.faults.add(Fault(method="POST", path="/crm/deals", **fault))
    found = _probed(synced)
    assert found.exit_code == code
    told = _told(found)
    assert told.result == "failed"
    assert "PRUEBA siigo-escala" in told.remedy
    assert ("oportunidad «PRUEBA" in told.remedy and "(quizá)" in told.remedy) is (code == 4)


@pytest.fixture
def interrupted(synced: World, request: pytest.FixtureRequest) -> Iterator[World]:
    """A person interrupts what goes on when Escala has stored a deal, or is asked to remove one."""
    method = getattr(request, "param", "POST")
    handle, over = synced.escala.handle, threading.Event()

    def interrupting(request: Request) -> Response:
        answer = handle(request)
        if request.method == method and request.path.startswith("/crm/deals") and not over.is_set():
            os.kill(os.getpid(), signal.SIGUSR1)
            over.wait(1)  # that long the program waits for the answer, as it should
        return answer

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGUSR1, interrupt)
    synced.escala.handle = interrupting  # type: ignore[method-assign]
    yield synced
    over.set()
    signal.signal(signal.SIGUSR1, before)


def test_a_probe_that_is_interrupted_names_what_it_may_have_left(interrupted: World) -> None:
    with pytest.raises(KeyboardInterrupt) as ended:
        _probed(interrupted)
    told = failures.of(ended.value)
    assert (told.code, told.exit_code) == ("INTERRUPTED", 130)
    assert "oportunidad «PRUEBA siigo-escala" in told.message
    assert "(quizá)" in told.message


@pytest.mark.parametrize("interrupted", ["DELETE"], indirect=True)
def test_a_probe_that_is_interrupted_while_it_removes_names_what_is_left(interrupted: World) -> None:
    with pytest.raises(KeyboardInterrupt) as ended:
        _probed(interrupted)
    told = failures.of(ended.value).message
    left = [*interrupted.deals(), *interrupted.contacts()]
    made = [one["id"] for one in left if "PRUEBA" in str(one)]
    assert len(made) > 2
    assert [one for one in made if one not in told] == []


def test_whatever_ends_a_probe_names_what_it_left(synced: World) -> None:
    ended = LeaseLost()
    ended.add_note("Borre en Escala lo que dejó la prueba: contacto «PRUEBA».")
    assert failures.of(ended).message.endswith("contacto «PRUEBA».")


def test_a_probe_that_lost_its_lease_before_it_wrote_names_nothing(synced: World) -> None:
    opened = opening.open_connection(synced.environment, "acme")
    lease = leases.take(opened.connection)
    models.EscalaAccount.objects.update(epoch=F("epoch") + 1)
    with pytest.raises(LeaseLost) as ended:
        examination.probe(Examination(), opened, lease, now=synced.now)
    lease.release()
    assert not getattr(ended.value, "__notes__", ())


def test_a_probe_whose_first_call_fails_leaves_nothing(synced: World) -> None:
    synced.escala.faults.add(Fault(kind="refuse", method="POST", status=403, body={"message": "Forbidden"}))
    found = _probed(synced)
    assert found.probed is not None
    assert found.probed.left == []
    assert _told(found).remedy == "Corrija la causa y repítala."


def test_what_can_be_removed_is_removed(synced: World) -> None:
    synced.escala.faults.add(Fault(kind="refuse", method="DELETE", status=204))
    found = _probed(synced)
    assert found.probed is not None
    assert found.probed.left == []
    assert _told(found).result == "ok"


def test_a_removal_that_is_refused_ends_the_removing(synced: World) -> None:
    synced.escala.faults.add(Fault(kind="refuse", method="DELETE", status=403, body={"message": "Forbidden"}))
    found = _probed(synced)
    assert found.probed is not None
    assert len(found.probed.left) == 5
    assert found.exit_code == 0


ONE = "/crm/deals/[0-9a-f-]{36}"


def _shown(after: int, **deal: Any) -> Fault:
    """What a read of one deal shows instead of the truth; `after`: so many reads go well before."""
    body = {"id": "d", **deal}
    return Fault(kind="refuse", method="GET", path=ONE, after=after, times=1, status=200, body=body)


def _refused(path: str, after: int = 0, status: int = 400) -> Fault:
    method = "PUT" if path == ONE else "POST"
    body = {"message": "no"}
    return Fault(kind="refuse", method=method, path=path, after=after, times=1, status=status, body=body)


@pytest.mark.parametrize(
    ("fault", "doubt", "verdict"),
    [
        (_shown(0, name="x" * 40), "U16", "name cut at 40"),
        (_shown(0, name="x" * 255, description="corta"), "U16", "description cut at 5"),
        (_refused("/crm/deals"), "U16", "refused"),
        (Fault(kind="refuse", method="PUT", status=200, body={}), "U9", "without effect"),
        (_shown(3, name="otro", value=2), "U9", "changes other fields"),
        (_refused(ONE), "U9", "refused 400"),
        (_shown(4, name="x", assignedTo="unassigned"), "U14", "accepted and dropped"),
        (_refused("/crm/contacts", 1), "U3", "refused 400 in other words"),
        (_refused("/crm/contacts", 2, 409), "U10", None),
    ],
)
def test_odd_answers_have_their_verdict_too(
    synced: World, fault: Fault, doubt: str, verdict: str | None
) -> None:
    synced.escala.faults.add(fault)
    probed = _probed(synced).probed
    assert probed is not None
    assert probed.problem is None
    assert probed.verdicts.get(doubt) == verdict
    kept = models.EscalaAccount.objects.get().capabilities.get("update_deals")
    assert (kept == "none") is (verdict in ("changes other fields", "without effect"))


@pytest.mark.parametrize(
    ("shape", "verdict"),
    [("id", "id"), ("data.id", "data.id"), ("entity.id", "entity.id"), ("location", "elsewhere")],
)
def test_where_the_id_of_what_was_made_stands_is_seen(synced: World, shape: str, verdict: str) -> None:
    synced.escala.account.switches.change({"id_shape": shape})
    found = _probed(synced)
    told = doubts.verdicts(doubts.Evidence(witness=found.witness, capabilities=found.capabilities))
    assert next(one.verdict for one in told if one.code == "U6") == verdict


def test_without_a_product_nothing_is_learnt_of_quantities(synced: World) -> None:
    models.KnownProduct.objects.all().delete()
    probed = _probed(synced).probed
    assert probed is not None
    assert "U12" not in probed.verdicts
