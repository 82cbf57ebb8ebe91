"""Refused access: what pauses a connection, what resumes it, and what a paused one does not do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from siigo_escala.rest.errors import AccessDenied
from siigo_escala.simulators.faults import Fault
from siigo_escala.store import counting, lease, models
from siigo_escala.store.counting import CallCounter
from siigo_escala.store.errors import LeaseTaken, StoreProblem
from siigo_escala.sync import access
from siigo_escala.sync.brake import Braked
from tests.sync.world import World, codes, counts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _connection() -> models.Connection:
    return models.Connection.objects.get(name="acme")


def _refused_before(world: World, *, calls: int, refused: int) -> None:
    """So many calls, the last of them refused."""
    counter = CallCounter(access.counter_name(_connection()), now=world.now)
    for number in range(calls):
        counter.add(refused=number >= calls - refused)
    counter.close()


def _refused() -> int:
    return sum(row.refused for row in models.CallHour.objects.filter(account__startswith="siigo:"))


def _braked(world: World) -> None:
    """Connected, one invoice read, and the brake pulled by a run."""
    world.invoices(1)
    world.connect()
    world.sync()
    _refused_before(world, calls=40, refused=30)
    result = world.sync()
    assert result.exit_code == 3
    assert codes(result) == ["BRAKED"]


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (Braked("basta", system="siigo", cause="blocked"), "BRAKED"),
        (AccessDenied("bloqueado", system="siigo", cause="blocked"), "USER_BLOCKED"),
        (AccessDenied("no", system="escala"), "CREDENTIALS_REFUSED"),
    ],
)
def test_each_refusal_has_its_code(database: str, problem: AccessDenied, code: str) -> None:
    assert access.code_of(problem) == code


def test_the_second_refusal_in_a_row_pauses_and_a_paused_connection_makes_no_call(world: World) -> None:
    world.invoices(1)
    world.connect()
    world.siigo.change_access_key("otra")
    models.SiigoCompany.objects.update(token_sealed="")
    first = world.sync()
    assert (first.exit_code, codes(first)) == (3, ["CREDENTIALS_REFUSED"])
    assert not _connection().paused, "once may be bad luck"
    assert world.sync().exit_code == 3
    assert _connection().paused == "CREDENTIALS_REFUSED"
    calls = len(world.siigo.calls) + len(world.escala.calls)
    with pytest.raises(StoreProblem) as refused:
        world.sync()
    assert refused.value.code == "CREDENTIALS_REFUSED"
    assert len(world.siigo.calls) + len(world.escala.calls) == calls


def test_a_success_between_two_refusals_begins_the_count_anew(world: World) -> None:
    world.invoices(1)
    world.connect()
    for _ in range(2):
        world.escala.faults.add(Fault(kind="refuse", path=".*/pipelines.*", status=403, body={}, times=1))
        world.invoices(1)
        assert world.sync().exit_code == 3
        assert world.sync().exit_code == 0
    assert not _connection().paused
    assert len(world.deals()) == 3


def test_a_refusal_in_a_dry_run_counts_for_nothing(world: World) -> None:
    world.connect()
    world.siigo.change_access_key("otra")
    models.SiigoCompany.objects.update(token_sealed="")
    for _ in range(2):
        assert world.sync(dry_run=True).exit_code == 3
    assert (_connection().refusals, _connection().paused) == (0, "")


def test_the_brake_pauses_at_once_and_one_probe_an_hour_later_resumes(world: World) -> None:
    _braked(world)
    assert _connection().paused == "BRAKED"
    world.pass_time(minutes=59)
    with pytest.raises(StoreProblem):
        world.sync()
    world.pass_time(minutes=2)
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    assert not _connection().paused
    assert _refused() == 30, "nobody but a person begins the count anew"


def test_a_probe_that_is_refused_takes_room_and_the_rest_doubles_up_to_a_day(world: World) -> None:
    world.connect()
    _refused_before(world, calls=39, refused=39)
    assert codes(world.sync()) == ["BRAKED"]
    world.siigo.faults.add(Fault(kind="refuse", path="/v1/users", status=400, body={"Errors": []}))
    for refused, hours in enumerate((1, 2, 4, 8, 16, 24, 24), start=40):
        world.pass_time(hours=hours, minutes=-1)
        with pytest.raises(StoreProblem):
            world.sync()
        world.pass_time(minutes=2)
        result = world.sync()
        assert (result.exit_code, codes(result)) == (3, ["BRAKED"])
        assert (_connection().paused, _refused()) == ("BRAKED", refused)
    world.siigo.faults.clear()
    world.pass_time(hours=24)
    assert world.sync().exit_code == 0


def test_where_not_one_more_refusal_has_room_even_a_probe_makes_no_call(world: World) -> None:
    world.connect()
    _refused_before(world, calls=50, refused=50)
    assert codes(world.sync()) == ["BRAKED"]
    calls = len(world.siigo.calls)
    world.pass_time(hours=25)
    assert codes(world.sync()) == ["BRAKED"]
    assert len(world.siigo.calls) == calls
    world.pass_time(hours=24 * 6)
    assert world.sync().exit_code == 0, "what is older than seven days weighs no more"


def test_after_a_probe_the_first_refusal_pauses_again_while_all_of_seven_days_stand_at_half(
    world: World,
) -> None:
    _braked(world)
    world.pass_time(hours=1)
    world.siigo.faults.add(Fault(kind="refuse", path="/v1/invoices", status=500))
    before = len(world.siigo.calls)
    assert codes(world.sync()) == ["BRAKED"]
    refused = [one for one in world.siigo.calls.entries()[before:] if one["status"] != 200]
    assert len(refused) == 1
    world.siigo.faults.clear()
    world.pass_time(hours=1)
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    assert not _connection().paused


def test_a_pause_that_a_wrong_clock_noted_days_ahead_keeps_nobody_waiting(world: World) -> None:
    _braked(world)
    models.Connection.objects.update(paused_at=world.now() + timedelta(days=4))
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}
    assert not _connection().paused


def test_a_dry_run_lifts_no_pause(world: World) -> None:
    _braked(world)
    world.pass_time(hours=2)
    with pytest.raises(StoreProblem):
        world.sync(dry_run=True)
    assert _connection().paused == "BRAKED"


def test_a_run_that_does_not_get_the_lease_lifts_no_pause(world: World) -> None:
    _braked(world)
    world.pass_time(hours=2)
    held = lease.take(_connection())
    try:
        with pytest.raises(LeaseTaken):
            world.sync()
    finally:
        held.release()
    assert _connection().paused == "BRAKED"
    assert models.CallHour.objects.filter(refused__gt=0).exists()
    assert world.sync().exit_code == 0


def test_new_credentials_lift_the_pause_that_the_old_ones_caused(world: World) -> None:
    _braked(world)
    world.siigo.change_access_key("nueva")
    models.SiigoCompany.objects.update(token_sealed="")
    text = world.file().replace("clave-de-ejemplo", "nueva")
    from siigo_escala.sync import connect, opening

    connect.connect(world.environment, opening.vault_of(world.environment), text, environ={}, now=world.now)
    assert not _connection().paused
    assert counts(world.sync()) == {"read": 1, "unchanged": 1}


def test_connecting_in_vain_counts_and_is_one_refusal_more_however_few_have_room(world: World) -> None:
    world.connect()
    _refused_before(world, calls=50, refused=50)
    world.siigo.faults.add(Fault(kind="refuse", path="/v1/.*", status=503))
    with pytest.raises(Braked):
        world.connect()
    assert _refused() == 51
    world.siigo.faults.clear()
    world.connect()
    assert _refused() == 51, "the same credentials begin nothing anew"


def test_the_same_credentials_once_more_lift_nothing(world: World) -> None:
    _braked(world)
    world.connect()
    assert _connection().paused == "BRAKED"


@pytest.mark.parametrize("lacking", ["an e-mail", "its customer"])
def test_thirty_records_without_data_never_block_an_account(world: World, lacking: str) -> None:
    world.escala.switches.change({"email_required": "yes"})
    for number in range(30):
        buyer = world.customer(number, contacts=[])
        world.siigo.create_invoice(buyer["id"], total=1000 + number)
        if lacking == "its customer":
            world.siigo.delete_customer(buyer["id"])
    world.connect()
    for run in range(3):
        sent = world.escala.calls.count("POST")
        result = world.sync()
        assert counts(result) == {"read": 30, "needs_attention": 30}, codes(result)
        assert run == 0 or world.escala.calls.count("POST") == sent, "what was refused is not sent again"
        assert not _connection().paused
        world.pass_time(hours=1)
    counted = counting.stretches(access.counter_name(_connection()), now=world.now())
    assert sum(one.calls for one in counted) > 0
    assert not any(one.refused for one in counted)


def test_a_pause_that_is_not_the_brakes_is_never_probed(world: World) -> None:
    connection = world.connect()
    long_ago = world.now() - timedelta(days=30)
    for code, since, may in (
        ("CREDENTIALS_REFUSED", long_ago, False),
        ("", long_ago, False),
        ("BRAKED", None, False),
        ("BRAKED", long_ago, True),
    ):
        connection.paused, connection.paused_at = code, since
        assert access.may_probe(connection, now=world.now()) is may, (code, since)
