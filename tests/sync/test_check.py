"""The self-check: what it asks, what it finds, and which exit code follows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from siigo_escala.domain.accounting import Seller, SellerId
from siigo_escala.domain.crm import Pipeline, PipelineId
from siigo_escala.simulators import faults
from siigo_escala.store import models
from siigo_escala.store.counting import CallCounter
from siigo_escala.sync import access, check, findings, opening
from siigo_escala.sync.account import Calls
from siigo_escala.sync.check import Examination
from siigo_escala.sync.findings import Check, Seen
from siigo_escala.sync.opening import Opened
from siigo_escala.sync.session import Listener
from tests.domain import examples
from tests.sync.world import FIELD, World


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One store: a check writes nothing."""
    return sqlite_url


def _opened(world: World) -> Opened:
    return opening.open_connection(world.environment, "acme")


def _examined(world: World) -> Examination:
    before = len(world.contacts()), len(world.deals())
    found = check.examine(_opened(world), now=world.now)
    assert (len(world.contacts()), len(world.deals())) == before
    return found


def _results(found: Examination) -> dict[str, str]:
    return {one.code: one.result for one in found.checks}


def test_a_healthy_connection_is_ok_throughout(world: World) -> None:
    world.invoices(1, items=[{"code": "TAZA", "quantity": 1, "price": 1000}])
    world.escala.add_product("TAZA", "Taza")
    user = world.siigo.company.users[0]
    world.connect(tables=f'\n[sellers]\n"{user["id"]}" = "laura@empresa.example"\n')
    world.sync()
    found = _examined(world)
    assert found.exit_code == 0
    assert _results(found) == {
        "SIIGO_ACCESS": "ok", "ESCALA_ACCESS": "ok", "STAGE": "ok", "IDENTIFICATION_FIELD": "ok",
        "PRODUCTS": "ok", "SELLERS": "ok", "CLOCK": "ok", "LIMITS": "ok", "STORAGE": "ok", "PAUSE": "ok",
    }  # fmt: skip
    for one in found.checks:
        assert one.message, one
        assert not one.remedy, one
        assert one.to_json() == {
            "code": one.code, "result": one.result, "message": one.message, "remedy": one.remedy
        }  # fmt: skip


def test_a_check_of_two_empty_accounts_fails_nothing(world: World) -> None:
    world.connect()
    found = _examined(world)
    assert found.exit_code == 0
    assert _results(found)["IDENTIFICATION_FIELD"] == "warning"


@pytest.mark.parametrize("system", ["siigo", "escala"])
def test_a_refused_key_is_exit_3_and_the_other_system_is_looked_at_all_the_same(
    world: World, system: str
) -> None:
    world.connect()
    if system == "siigo":
        world.siigo.change_access_key("otra")
    else:
        world.escala.rotate_key("otra")
    found = _examined(world)
    assert found.exit_code == 3
    results = _results(found)
    assert results[f"{system.upper()}_ACCESS"] == "failed"
    assert results["ESCALA_ACCESS" if system == "siigo" else "SIIGO_ACCESS"] == "ok"
    assert ("SELLERS" in results) is (system == "escala")
    assert ("STAGE" in results) is (system == "siigo")


@pytest.mark.parametrize("silent", [("siigo",), ("escala",), ("siigo", "escala")])
def test_a_system_that_does_not_answer_is_exit_4(world: World, silent: tuple[str, ...]) -> None:
    world.connect()
    for system in silent:
        simulator = world.siigo if system == "siigo" else world.escala
        simulator.faults.add(faults.Fault(kind="refuse", status=503))
    assert _examined(world).exit_code == 4


def test_a_refusal_weighs_more_than_silence(world: World) -> None:
    world.connect()
    world.siigo.change_access_key("otra")
    world.escala.faults.add(faults.Fault(kind="refuse", status=503))
    assert _examined(world).exit_code == 3


@pytest.mark.parametrize("gone", ["PIPELINE", "STAGE"])
def test_a_pipeline_or_stage_that_is_gone_is_exit_1_and_what_there_is_gets_named(
    world: World, gone: str
) -> None:
    world.escala.add_pipeline("Posventa", [("Nueva", "open")])
    world.connect()
    if gone == "PIPELINE":
        world.escala.delete_pipeline("Ventas")
    else:
        world.escala.delete_stage("Prospecto", pipeline="Ventas")
    found = _examined(world)
    assert found.exit_code == 1
    (failed,) = [one for one in found.checks if one.result == "failed"]
    assert failed.code == gone
    named = "Posventa" if gone == "PIPELINE" else "Ventas"
    assert named in failed.remedy + failed.message
    assert "conecte de nuevo" in failed.remedy


def test_an_account_without_pipelines_or_stages_says_so(world: World) -> None:
    world.connect()
    opened = _opened(world)
    assert "ninguno" in findings.pipeline(opened, Seen()).remedy
    bare = Seen(pipelines=(Pipeline(id=PipelineId(opened.connection.pipeline_id), name="Ventas"),))
    assert "ninguna" in findings.pipeline(opened, bare).remedy


def test_the_identification_field_is_known_from_earlier_runs_or_from_a_contact(world: World) -> None:
    world.connect()
    opened = _opened(world)
    assert findings.field(opened, Seen()).result == "warning"
    assert findings.field(opened, Seen(contacts=[examples.contact()])).result == "warning"
    held = examples.contact()
    held = type(held)(id=held.id, custom={FIELD: "900100200"})
    assert findings.field(opened, Seen(contacts=[held])).result == "ok"
    opened.connection.escala.seen_fields = [FIELD]
    assert findings.field(opened, Seen()).result == "ok"


@pytest.mark.parametrize(("switch", "fate"), [("true", "gerencia@empresa.example"), ("false", "no se crean")])
def test_sellers_without_a_link_are_named_with_the_fate_of_their_invoices(
    world: World, switch: str, fate: str
) -> None:
    world.siigo.add_user(email="Linked@Empresa.example")
    world.siigo.add_user(id=7, email="siete@empresa.example")
    world.connect(
        f'create_for_unlinked_sellers = {switch}\ndefault_owner = "gerencia@empresa.example"',
        tables='\n[sellers]\n"Linked@Empresa.example " = "laura@e.example"\n"7" = "laura@e.example"',
    )
    people = (
        Seller(id=SellerId(1), email="linked@empresa.example"),
        Seller(id=SellerId(2), email="unlinked@empresa.example"),
        Seller(id=SellerId(3), email="idle@empresa.example"),
        Seller(id=SellerId(4), email="gone@empresa.example", active=False),
        Seller(id=SellerId(5)),
    )
    selling = [examples.invoice(seller=SellerId(number)) for number in (1, 2, 4, 5, 6, 7)]
    told = findings.sellers(_opened(world), Seen(users=people, invoices=[*selling, examples.invoice()]))
    assert told.result == "warning"
    assert "unlinked@empresa.example, gone@empresa.example, 5, 6;" in told.message
    assert fate in told.message
    without_invoices = findings.sellers(_opened(world), Seen(users=people))
    assert "unlinked@empresa.example, idle@empresa.example, 5;" in without_invoices.message
    assert findings.sellers(_opened(world), Seen(users=people[:1])).result == "ok"


def test_many_sellers_without_a_link_are_counted(world: World) -> None:
    world.connect()
    people = tuple(Seller(id=SellerId(number)) for number in range(1, 14))
    assert "10 y 3 más;" in findings.sellers(_opened(world), Seen(users=people)).message


@pytest.mark.parametrize(
    ("rule", "known", "result"),
    [
        ("none", (), "ok"),
        ("match", ("CAF-500", "INST-01"), "ok"),
        ("match", ("CAF-500",), "warning"),
        ("register", (), "ok"),
    ],
)
def test_the_share_of_recent_lines_with_a_product_is_told(
    world: World, rule: str, known: tuple[str, ...], result: str
) -> None:
    for sku in known:
        world.escala.add_product(sku, sku)
    world.connect(f'products = "{rule}"')
    opened = _opened(world)
    pair = opening.client_pair(opened, opened.connection, calls=Calls(), listener=Listener(), now=world.now)
    try:
        found = findings.products(opened, Seen(invoices=[examples.invoice()]), pair)
        nothing = findings.products(opened, Seen(), pair)
    finally:
        pair.close()
    assert found.result == result
    if result == "warning":
        assert "(50 %)" in found.message
        assert "INST-01" in found.message
    assert nothing.result == "ok"


def test_what_the_ledger_holds_stands_in_for_recent_invoices(world: World) -> None:
    world.invoices(1, items=[{"code": "TAZA", "quantity": 1, "price": 1000}])
    world.connect()
    world.sync()
    world.pass_time(days=61)
    found = _examined(world)
    (told,) = [one for one in found.checks if one.code == "PRODUCTS"]
    assert "De 1 líneas recientes, 0 (0 %)" in told.message


def test_a_catalogue_of_many_pages_is_read_in_part_and_one_that_fails_is_a_warning(world: World) -> None:
    for number in range(350):
        world.escala.add_product(f"P-{number}", "Producto")
    world.invoices(1, items=[{"code": "TAZA", "quantity": 1, "price": 1000}])
    world.connect()
    assert _results(_examined(world))["PRODUCTS"] == "warning"
    world.escala.faults.add(faults.Fault(kind="refuse", status=500, path="/pms/products"))
    found = _examined(world)
    assert found.exit_code == 0
    (told,) = [one for one in found.checks if one.code == "PRODUCTS"]
    assert "sin ellos se crea igual" in told.remedy


@pytest.mark.parametrize(
    ("difference", "result", "side"),
    [
        (timedelta(seconds=119), "ok", "119 s"),
        (timedelta(seconds=121), "warning", "adelantado 121 s"),
        (timedelta(hours=-1), "warning", "atrasado 3600 s"),
    ],
)
def test_a_clock_that_is_two_minutes_off_is_told(difference: timedelta, result: str, side: str) -> None:
    told = findings.clock("Siigo", difference)
    assert told.result == result
    assert side in told.message


def test_an_answer_without_a_date_says_nothing_of_a_clock(world: World) -> None:
    seen = Seen()
    seen.compare("Siigo", None, world.now())
    assert not seen.clocks


def test_both_clocks_are_compared(world: World) -> None:
    world.connect()
    world.now_offset += timedelta(minutes=10)
    told = [one.message for one in _examined(world).checks if one.code == "CLOCK"]
    assert ["Siigo" in message for message in told] == [True, False]
    assert all("adelantado" in message for message in told)


@pytest.mark.parametrize(
    ("refused", "accepted", "result"), [(0, 0, "ok"), (2, 8, "ok"), (3, 7, "warning"), (5, 0, "warning")]
)
def test_many_refused_calls_are_a_warning_before_the_brake_acts(
    world: World, refused: int, accepted: int, result: str
) -> None:
    world.connect()
    opened = _opened(world)
    models.CallHour.objects.all().delete()
    counter = CallCounter(access.counter_name(opened.connection), now=world.now)
    for number in range(refused + accepted):
        counter.add(refused=number < refused)
    counter.close()
    (told,) = findings.limits(opened, now=world.now)
    assert told.result == result
    assert f"{refused} de {refused + accepted}" in told.message
    assert "sin límite propio" in told.message


def test_the_rates_that_are_allowed_are_told(world: World) -> None:
    world.connect()
    world.configured(siigo_rate=60, escala_rate=4)
    (told,) = findings.limits(_opened(world), now=world.now)
    assert "Siigo 60 por minuto, Escala 4 por segundo" in told.message


def test_a_folder_that_others_may_read_is_a_warning(world: World) -> None:
    world.connect()
    home = world.environment.home
    assert [one.result for one in findings.storage(_opened(world))] == ["ok"]
    home.chmod(0o755)
    (told,) = findings.storage(_opened(world))
    assert (told.result, told.code) == ("warning", "STORAGE")
    assert home.name in told.message


def test_a_folder_that_is_not_there_is_a_failure(world: World) -> None:
    world.connect()
    world.configured(home=world.environment.home / "gone")
    assert [one.result for one in findings.storage(_opened(world))] == ["failed"]


def test_a_pause_and_a_schedule_that_is_off_are_told(world: World) -> None:
    world.connect()
    opened = _opened(world)
    assert findings.pause(opened).result == "ok"
    opened.connection.enabled = False
    assert "apagado" in findings.pause(opened).message
    opened.connection.paused, opened.connection.paused_text = "BRAKED", "Muchas llamadas rechazadas."
    told = findings.pause(opened)
    assert "[BRAKED]" in told.message
    assert "enable acme" in told.remedy


def test_the_first_failure_decides_the_exit_code_and_warnings_do_not() -> None:
    found = Examination()
    found.note(Check(code="A", result="warning", message="."))
    assert found.exit_code == 0
    found.note(Check(code="B", result="failed", message="."))
    assert found.exit_code == 1
    found.exit_code = 4
    found.note(Check(code="C", result="failed", message="."))
    assert found.exit_code == 4
