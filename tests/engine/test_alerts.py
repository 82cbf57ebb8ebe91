"""Who is told what after runs and between them, over a real webhook, on both stores."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
import structlog

from siigo_escala.engine import alerts, delivery
from siigo_escala.engine.delivery import Letter, Outcome
from siigo_escala.store.models import Alert, Connection, Invoice, Run, SiigoCompany, Turn
from siigo_escala.sync import access
from siigo_escala.sync.run import Result
from tests.engine import peers
from tests.engine.peers import Webhook
from tests.sync.world import World

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Where the store makes no difference."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def hook() -> Iterator[Webhook]:
    """Somebody who is told things."""
    with peers.webhook() as made:
        yield made


@pytest.fixture
def connect(world: World, hook: Webhook) -> Callable[..., Connection]:
    """Connects `acme` so that `hook` is told."""

    def connected(more: str = "", *, alerts_: str = "", rules: str = "") -> Connection:
        tables = f'\n[alerts]\nurls = ["{hook.url("t0ken")}"]\n{alerts_}\n{more}'
        return world.connect(rules, tables=tables)

    return connected


def _after(world: World, result: Result, *, carrier: delivery.Carrier = delivery.here) -> None:
    alerts.after_run(
        Connection.objects.get(name="acme"),
        result.document,
        result.exit_code,
        environment=world.environment,
        now=world.now(),
        carrier=carrier,
    )


def _ended(world: World, exit_code: int, *, problem: str = "") -> None:
    """A run that took place somehow and ended so."""
    document: dict[str, Any] = {"problems": [{"invoice": None, "code": "X", "message": problem}]}
    _after(world, Result(document=document, exit_code=exit_code))


def _watch(world: World, *, carrier: delivery.Carrier = delivery.here) -> None:
    alerts.watch(world.environment, now=world.now(), carrier=carrier)


def _change(**values: Any) -> None:
    Connection.objects.filter(name="acme").update(**values)


def test_a_pause_is_told_once_and_its_end_once(
    world: World, hook: Webhook, connect: Callable[..., Connection]
) -> None:
    connection = connect()
    world.siigo.change_access_key("otra")
    SiigoCompany.objects.update(token_sealed="")
    _after(world, world.sync())
    (first,) = hook.messages()
    assert first["title"] == "«acme»: no se pudo entrar"
    _after(world, world.sync())
    (told,) = hook.messages()
    assert told["title"] == "«acme»: la conexión está en pausa"
    assert "siigo-escala enable acme" in told["message"]
    for _ in range(3):
        world.pass_time(minutes=1)
        _watch(world)
    assert not hook.titles()
    connection.refresh_from_db()
    access.resume(connection)
    _watch(world)
    assert hook.titles() == ["«acme»: ya está resuelto"]
    _watch(world)
    assert not hook.titles()
    assert not Alert.objects.exists()


@ON_SQLITE
def test_a_brake_is_told_apart_from_refused_credentials(
    world: World, hook: Webhook, connect: Callable[..., Connection]
) -> None:
    connect()
    _change(paused="BRAKED", paused_text="Siigo rechazó 20 de las últimas 30 llamadas.", refusals=1)
    _watch(world)
    (told,) = hook.messages()
    assert told["title"] == "«acme»: frenamos las llamadas a Siigo"
    assert "20 de las últimas 30" in told["message"]
    _change(paused="", refusals=0)
    _watch(world)
    assert hook.titles() == ["«acme»: ya está resuelto"]


@ON_SQLITE
def test_a_run_that_could_not_end_is_told_at_once_and_an_outage_from_the_second_on(
    world: World, hook: Webhook, connect: Callable[..., Connection]
) -> None:
    connect()
    _ended(world, 4, problem="Siigo no responde.")
    assert not hook.titles()
    _ended(world, 0)
    _ended(world, 4, problem="Siigo no responde.")
    assert not hook.titles(), "two outages with a success between them are not two in a row"
    _ended(world, 4, problem="Siigo no responde.")
    (told,) = hook.messages()
    assert told["title"] == "«acme»: la sincronización falla"
    assert "Motivo: Siigo no responde." in told["message"]
    for code in (4, 5, 130, 4):
        _ended(world, code)
    assert not hook.titles()
    _ended(world, 1)
    assert hook.titles() == ["«acme»: ya está resuelto"]
    alerts.after_run(
        Connection.objects.get(name="acme"),
        {"schema": 1, "error": {"code": "KEY_MISSING", "message": "Falta la clave", "key": None}},
        2,
        environment=world.environment,
        now=world.now(),
        carrier=delivery.here,
    )
    (told,) = hook.messages()
    assert "Motivo: Falta la clave." in told["message"]


@ON_SQLITE
def test_a_run_by_hand_that_works_ends_a_failure_too(
    world: World, hook: Webhook, connect: Callable[..., Connection]
) -> None:
    connection = connect()
    _ended(world, 2)
    assert len(hook.titles()) == 1
    world.pass_time(minutes=5)
    _watch(world)
    assert not hook.titles()
    Run.objects.create(connection=connection, started=world.now(), finished=world.now(), exit_code=0)
    _watch(world)
    assert hook.titles() == ["«acme»: ya está resuelto"]


def test_invoices_that_wait_are_told_in_one_digest_without_their_customers(
    world: World, hook: Webhook, connect: Callable[..., Connection]
) -> None:
    connect(rules='possible_twins = "ignore"')
    customer = world.customer(7, contacts=[], phones=[])
    made = [world.siigo.create_invoice(customer["id"]) for _ in range(12)]
    world.escala.switches.change({"email_required": "yes"})
    result = world.sync()
    assert result.document["invoices"]["needs_attention"] == 12
    _after(world, result)
    (told,) = hook.messages()
    assert told["title"] == "«acme»: 12 facturas esperan por usted"
    body = told["message"]
    assert sum(f"- {invoice['name']}: " in body for invoice in made) == 10
    assert "- y 2 más" in body
    assert "[CONTACT_DATA_MISSING]" in body
    pesos = "$ " + f"{float(result.document['value']['needs_attention']):,.2f}".translate(
        str.maketrans(",.", ".,")
    )
    assert pesos in body
    assert "siigo-escala invoices acme --open" in body
    assert customer["identification"] not in body
    assert "Empresa 7" not in body

    world.pass_time(hours=2)
    _after(world, world.sync())
    assert not hook.titles(), "the same invoices were told again"
    world.siigo.create_invoice(customer["id"])
    _after(world, world.sync())
    assert not hook.titles(), "a second digest on one day"
    world.pass_time(hours=23)
    _watch(world)
    (again,) = hook.messages()
    assert again["title"] == "«acme»: 13 facturas esperan por usted"
    assert "1 de ellas nueva" in again["message"]

    Invoice.objects.update(state="in_escala")
    _after(world, Result(document={}, exit_code=0))
    assert hook.titles() == ["«acme»: ya está resuelto"]


@ON_SQLITE
def test_what_nobody_wants_to_be_told_of_is_not_told(
    world: World, hook: Webhook, connect: Callable[..., Connection]
) -> None:
    connect(alerts_='mute = ["stale", "recovered"]')
    world.pass_time(hours=60)
    _watch(world)
    world.pass_time(hours=1)
    _watch(world)
    assert not hook.titles(), "stale is muted"
    _change(paused="CREDENTIALS_REFUSED", paused_text="Siigo dijo no.")
    _watch(world)
    assert hook.titles() == ["«acme»: la conexión está en pausa"]
    connection = Connection.objects.get(name="acme")
    _change(file={**connection.file, "alerts": {**connection.file["alerts"], "mute": ["refused"]}})
    _change(paused="")
    _watch(world)
    assert not hook.titles(), "muted while it was open: nothing more is said of it"
    assert not Alert.objects.filter(kind="refused").exists()
    _change(file=connection.file, paused="CREDENTIALS_REFUSED")
    _watch(world)
    _change(paused="")
    _watch(world)
    assert hook.titles() == ["«acme»: la conexión está en pausa"], "its end is muted"
    assert not Alert.objects.filter(kind="refused").exists()


@ON_SQLITE
def test_few_that_wait_are_not_told_until_they_are_more(
    world: World, hook: Webhook, connect: Callable[..., Connection]
) -> None:
    connection = connect(alerts_="attention_over = 1")

    def wait(number: int) -> None:
        connection.invoices.create(
            escala=connection.escala, siigo_id=f"s-{number}", name=f"FV-2-{number}", state="needs_attention"
        )

    wait(1)
    _ended(world, 1)
    assert not hook.titles()
    wait(2)
    _ended(world, 1)
    assert hook.titles() == ["«acme»: 2 facturas esperan por usted"]
    connection.invoices.filter(name="FV-2-1").update(state="in_escala")
    _ended(world, 1)
    assert not hook.titles()
    connection.invoices.update(state="in_escala")
    _ended(world, 0)
    assert hook.titles() == ["«acme»: ya está resuelto"]


@ON_SQLITE
def test_a_run_by_hand_is_looked_at_by_the_next_watch(
    world: World, hook: Webhook, connect: Callable[..., Connection]
) -> None:
    connection = connect()
    connection.invoices.create(
        escala=connection.escala, siigo_id="s-1", name="FV-2-1", state="needs_attention"
    )
    _watch(world)
    assert not hook.titles()
    Run.objects.create(connection=connection, started=world.now(), finished=world.now(), exit_code=1)
    _watch(world)
    assert hook.titles() == ["«acme»: 1 factura espera por usted"]


@ON_SQLITE
def test_a_digest_whose_invoices_were_settled_meanwhile_is_not_told(
    world: World, hook: Webhook, connect: Callable[..., Connection]
) -> None:
    connection = connect()
    connection.invoices.create(
        escala=connection.escala, siigo_id="s-1", name="FV-2-1", state="needs_attention"
    )
    hook.status = 500
    _ended(world, 1)
    assert hook.titles() == ["«acme»: 1 factura espera por usted"]
    connection.invoices.update(state="in_escala")
    hook.status = 200
    world.pass_time(minutes=1)
    _watch(world)
    _watch(world)
    assert not hook.titles()


@ON_SQLITE
@pytest.mark.parametrize(
    ("table", "quiet", "loud"),
    [
        ("", 26 * HOUR, 26 * HOUR + 16 * MINUTE),
        ("stale_hours = 3", 3 * HOUR, 3 * HOUR + 16 * MINUTE),
        ("[schedule]\nevery_minutes = 10", 30 * MINUTE, 41 * MINUTE),
    ],
)
def test_a_connection_without_success_for_too_long_is_told_and_so_is_its_next_success(
    world: World,
    hook: Webhook,
    connect: Callable[..., Connection],
    *,
    table: str,
    quiet: timedelta,
    loud: timedelta,
) -> None:
    connect(alerts_=table)
    made = world.now()
    world.now_offset += quiet - MINUTE
    _watch(world)
    assert not hook.titles()
    world.now_offset += 2 * MINUTE
    _watch(world)
    assert not hook.titles(), "it may be about to be made good"
    while world.now() < made + loud:
        world.now_offset += MINUTE
        _watch(world)
    (told,) = hook.messages()
    assert told["title"].endswith("que no se sincroniza")
    assert "desde que se conectó" in told["message"]
    _change(last_success=world.now())
    _watch(world)
    assert hook.titles() == ["«acme»: ya está resuelto"]


@ON_SQLITE
@pytest.mark.parametrize("values", [{"enabled": False}, {"forgotten": True}])
def test_nobody_misses_a_connection_that_was_switched_off(
    world: World, hook: Webhook, connect: Callable[..., Connection], values: dict[str, bool]
) -> None:
    connect()
    world.now_offset += 2 * DAY
    _change(**values)
    for _ in range(20):
        world.now_offset += MINUTE
        _watch(world)
    assert not hook.titles()


@ON_SQLITE
def test_a_schedule_that_was_just_switched_on_is_not_late_yet(
    world: World, hook: Webhook, connect: Callable[..., Connection]
) -> None:
    connection = connect()
    world.now_offset += 10 * DAY
    Turn.objects.filter(connection=connection).update(since=world.now())
    for _ in range(20):
        world.now_offset += MINUTE
        _watch(world)
    assert not hook.titles()
    assert not Alert.objects.exists()


@ON_SQLITE
def test_an_outage_is_not_told_a_second_time_as_a_late_interval(
    world: World, hook: Webhook, connect: Callable[..., Connection]
) -> None:
    connect(alerts_="[schedule]\nevery_minutes = 10")
    _ended(world, 4)
    _ended(world, 4)
    assert hook.titles() == ["«acme»: la sincronización falla"]
    for _ in range(60):
        world.now_offset += MINUTE
        _watch(world)
    assert not hook.titles()


@ON_SQLITE
def test_what_could_not_be_told_is_tried_again_and_told_once(
    world: World, hook: Webhook, connect: Callable[..., Connection]
) -> None:
    connect()
    hook.status = 500
    with structlog.testing.capture_logs() as logged:
        _ended(world, 2)
    assert len(hook.titles()) == 1
    assert [entry["cause"] for entry in logged] == ["respondió 500"]
    assert "t0ken" not in str(logged)
    _watch(world)
    assert not hook.titles(), "it was tried again at once"
    for pause in (1, 5, 15):
        world.pass_time(minutes=pause)
        _watch(world)
        assert len(hook.titles()) == 1
    hook.status = 200
    world.pass_time(hours=1)
    _watch(world)
    assert len(hook.titles()) == 1
    world.pass_time(hours=5)
    _watch(world)
    assert not hook.titles()


def test_two_workers_never_tell_the_same(
    world: World, hook: Webhook, connect: Callable[..., Connection]
) -> None:
    connect()
    _change(paused="RUN_CRASHES", paused_text="Se cayó tres veces.")
    within, told = threading.Event(), []

    def slow(letters: Sequence[Letter]) -> list[Outcome]:
        told.append(len(letters))
        _watch(world, carrier=count)
        within.set()
        return delivery.here(letters)

    def count(letters: Sequence[Letter]) -> list[Outcome]:
        told.append(len(letters))
        return delivery.here(letters)

    _watch(world, carrier=slow)
    assert within.is_set()
    assert told == [1]
    assert hook.titles() == ["«acme»: la conexión está en pausa"]


@ON_SQLITE
def test_a_mail_without_a_server_is_kept_until_there_is_one(world: World) -> None:
    world.connect(tables='\n[alerts]\nemail = ["gerencia@empresa.example"]\n')
    _ended(world, 2)
    alert = Alert.objects.get()
    assert (alert.told_at, alert.tries) == (None, 1)
    world.configured(email_url="smtp://127.0.0.1:1")
    world.pass_time(minutes=1)
    sent: list[Letter] = []

    def carrier(letters: Sequence[Letter]) -> list[Outcome]:
        sent.extend(letters)
        return [Outcome(sent=True) for _ in letters]

    _watch(world, carrier=carrier)
    assert len(sent) == 1
    assert Alert.objects.get().told_at is not None


@ON_SQLITE
def test_without_addresses_nothing_is_kept(world: World, connect: Callable[..., Connection]) -> None:
    connect()
    _ended(world, 2)
    assert Alert.objects.exists()
    world.connect()
    _watch(world)
    assert not Alert.objects.exists()
    _ended(world, 2)
    assert not Alert.objects.exists()


@ON_SQLITE
def test_an_alert_that_fails_stops_no_run_and_no_other_connection(
    world: World, connect: Callable[..., Connection]
) -> None:
    connection = connect()

    def broken(_letters: Sequence[Letter]) -> list[Outcome]:
        raise RuntimeError("no")

    with structlog.testing.capture_logs() as logged:
        _after(world, Result(document={}, exit_code=2), carrier=broken)
        world.pass_time(minutes=1)
        _watch(world, carrier=broken)
        _change(file={**connection.file, "alerts": {**connection.file["alerts"], "stale_hours": "x"}})
        _watch(world)
    assert [entry["event"] for entry in logged] == ["alerts failed"] * 3
    connection.delete()
    _after_gone = Connection(pk=connection.pk, name="acme")
    alerts.after_run(_after_gone, {}, 0, environment=world.environment, now=world.now())


@ON_SQLITE
def test_a_whole_success_calls_the_heartbeat_and_nothing_else_does(world: World, hook: Webhook) -> None:
    world.connect(tables=f'\n[alerts]\nheartbeat_url = "http://127.0.0.1:{hook.port}/ping/t0ken"\n')
    world.invoices(1)
    result = world.sync()
    _after(world, result)
    got = hook.got.get(timeout=10)
    assert (got["title"], got["path"]) == ("GET", "/ping/t0ken")
    assert "authorization" not in hook.headers[0]
    for code in (2, 3, 4, 130):
        _after(world, Result(document=result.document, exit_code=code))
    world.pass_time(seconds=5)
    dated = world.sync(date_from=world.today() - timedelta(days=3))
    assert dated.exit_code == 0
    _after(world, dated)
    assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat"]
    assert hook.got.empty()


@ON_SQLITE
def test_a_test_message_says_for_each_address_whether_it_went(
    world: World, hook: Webhook, connect: Callable[..., Connection]
) -> None:
    connection = connect(alerts_='email = ["gerencia@empresa.example"]')
    done = alerts.send_test(connection, environment=world.environment, carrier=delivery.here)
    assert [(address.shown, address.key, outcome.sent) for address, outcome in done] == [
        ("mailto://…@empresa.example", "alerts.email", False),
        (f"json://127.0.0.1:{hook.port}", "alerts.urls", True),
    ]
    assert "SIIGO_ESCALA_EMAIL_URL" in done[0][1].why
    assert hook.titles() == ["«acme»: mensaje de prueba"]
    assert not Alert.objects.exists()
