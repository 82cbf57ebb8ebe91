"""The self-check: what it asks and costs, what each breakage shows, and which exit code follows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest

from siigo_escala.domain.crm import Product, ProductId
from siigo_escala.domain.reasons import Code
from siigo_escala.simulators import faults
from siigo_escala.store import lease as leases
from siigo_escala.store import models
from siigo_escala.store.counting import CallCounter
from siigo_escala.store.models import State
from siigo_escala.sync import access, opening
from siigo_escala.sync.checking import escala_side, examination
from siigo_escala.sync.checking.budget import Budget, Spent
from siigo_escala.sync.checking.examination import Examination
from siigo_escala.sync.checking.findings import Finding, failed, listed, warning
from siigo_escala.sync.checking.seen import Seen
from siigo_escala.sync.opening import Opened
from tests.sync.world import FIELD, World

Break = Callable[[World], None]
NUMBER = "cf_deal_factura_abcd_text"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One store: a check writes nothing but what it learnt."""
    return sqlite_url


def _opened(world: World) -> Opened:
    return opening.open_connection(world.environment, "acme", vault_of=opening.vault_or_shut)


def _examined(world: World, **options: Any) -> Examination:
    before = world.contacts(), world.deals()
    found = examination.examine(_opened(world), now=world.now, **options)
    assert (world.contacts(), world.deals()) == before
    assert found.calls.siigo + found.calls.escala <= 10
    codes = [one.code for one in found.checks]
    assert len(codes) == len(set(codes)), "a finding stands once"
    return found


def _wrong(found: Examination) -> dict[Finding, str]:
    return {one.code: one.result for one in found.checks if one.result != "ok"}


@pytest.fixture
def healthy(world: World) -> World:
    """A connection of which nothing can be said against; two invoices are in Escala."""
    world.escala.add_custom_field(NUMBER)
    world.escala.add_product("TAZA", "Taza")
    world.invoices(2, customers=2, items=[{"code": "TAZA", "quantity": 1, "price": 1000}])
    user = world.siigo.company.users[0]
    world.connect(
        f'default_owner = "laura@empresa.example"\nnumber_field = "{NUMBER}"\n'
        f"document_types = [{world.siigo.company.document_types[0]['id']}]",
        tables=f'\n[sellers]\n"{user["id"]}" = "laura@empresa.example"\n',
    )
    world.sync()
    return world


def test_a_healthy_connection_is_ok_throughout_and_every_finding_is_looked_at(healthy: World) -> None:
    found = _examined(healthy)
    assert _wrong(found) == {}
    assert found.exit_code == 0
    assert {one.code for one in found.checks} == set(Finding) - {Finding.WRITE_PROBE, Finding.INVOICING_RULES}
    assert len(found.checks) >= 20
    for one in found.checks:
        assert one.message.endswith("."), one
        assert one.remedy == "", one
        assert one.to_json() == {
            "code": one.code.value, "result": one.result, "message": one.message, "remedy": one.remedy
        }  # fmt: skip


def test_a_first_check_of_two_empty_accounts_fails_nothing(world: World) -> None:
    world.connect()
    found = _examined(world)
    assert found.exit_code == 0
    assert set(_wrong(found)) == {Finding.SELLERS, Finding.IDENTIFICATION_FIELD}


# Each row breaks one thing; what follows from it besides is named.


def _other_types(world: World) -> None:
    company = world.siigo.company
    for kind in company.document_types:
        kind["id"] += 900_000


def _no_type(world: World) -> None:
    company = world.siigo.company
    company.catalogues["document_types"] = company.document_types[1:]


def _idle_type(world: World) -> None:
    world.siigo.company.document_types[0]["active"] = False


def _foreign(world: World) -> None:
    for _ in range(3):
        invoice = world.siigo.create_invoice(items=[{"code": "TAZA", "quantity": 1, "price": 10}])
        world.siigo.distort(invoice["id"], currency={"code": "USD", "exchange_rate": 4000})


def _walk_in(world: World) -> None:
    buyer = world.customer(9, identification="222222222222")
    for _ in range(3):
        world.siigo.create_invoice(buyer["id"], items=[{"code": "TAZA", "quantity": 1, "price": 10}])


def _new_seller(world: World) -> None:
    world.siigo.add_user(id=77, email="nueva@empresa.example")
    world.siigo.create_invoice(seller=77, items=[{"code": "TAZA", "quantity": 1, "price": 10}])


def _unlinked_left_out(world: World) -> None:
    _set(world, "opportunities", create_for_unlinked_sellers=False)
    _new_seller(world)


def _lost(world: World) -> None:
    _set(world, "opportunities", on_annulled="lost_stage")
    world.escala.delete_stage("Perdida", pipeline="Ventas")


def _born_lost(world: World) -> None:
    place = next(
        stage
        for pipeline in world.escala.state()["pipelines"]
        for stage in pipeline["stages"]
        if stage["type"] == "lost"
    )
    models.Connection.objects.update(stage_id=place["id"])


def _set(world: World, table: str, **values: Any) -> None:
    connection = models.Connection.objects.get(name="acme")
    connection.file = {**connection.file, table: {**connection.file.get(table, {}), **values}}
    connection.save(update_fields=["file"])


def _without_identification(world: World) -> None:
    for number in range(4):
        world.escala.create_contact(first_name=f"Otra {number}")
    world.pass_time(days=2)
    world.siigo.create_invoice(items=[{"code": "TAZA", "quantity": 1, "price": 10}])
    world.sync()


def _half_without_identification(world: World) -> None:
    models.KnownContact.objects.all().delete()
    account = models.EscalaAccount.objects.get()
    for number in range(4):
        custom = {FIELD: "900100200"} if number % 2 else {}
        models.KnownContact.objects.create(
            escala=account, contact_id=f"c{number}", record={"custom": custom}, seen_at=world.now()
        )


def _learned(**habits: Any) -> Break:
    def set_(world: World) -> None:
        account = models.EscalaAccount.objects.get()
        account.capabilities = {**account.capabilities, **habits}
        account.save(update_fields=["capabilities"])

    return set_


def _refused_calls(world: World) -> None:
    models.CallHour.objects.all().delete()
    counter = CallCounter(access.counter_name(models.Connection.objects.get()), now=world.now)
    for number in range(20):
        counter.add(refused=number < 10)
    counter.close()


def _loose(world: World) -> None:
    world.environment.home.chmod(0o755)


def _gone_folder(world: World) -> None:
    world.configured(home=world.environment.home / "gone")


def _two_keys(world: World) -> None:
    key = world.environment.secret_keys[0]
    world.configured(secret_keys=())
    path = world.environment.home / "secret.key"
    path.write_text(f"nueva-clave,{key}")
    path.chmod(0o600)


def _field(name: str, value: Any) -> Break:
    def set_(world: World) -> None:
        models.Connection.objects.update(**{name: value})

    return set_


def _ended(code: int | None) -> Break:
    def set_(world: World) -> None:
        run = models.Run.objects.order_by("-pk").first()
        assert run is not None
        models.Run.objects.filter(pk=run.pk).update(exit_code=code)

    return set_


def _row(**values: Any) -> Break:
    def set_(world: World) -> None:
        row = models.Invoice.objects.order_by("pk").first()
        assert row is not None
        models.Invoice.objects.filter(pk=row.pk).update(**values)

    return set_


def _contact_under_way(world: World) -> None:
    models.ContactBinding.objects.create(
        escala=models.EscalaAccount.objects.get(), identity="31:1", intent_at=world.now()
    )


def _neighbour(world: World) -> None:
    connection = models.Connection.objects.get()
    other = models.SiigoCompany.objects.create()
    connection.pk, connection.name, connection.siigo = None, "otra", other
    connection.save(force_insert=True)


def _refused_notes(world: World) -> None:
    world.siigo.faults.add(faults.Fault(kind="refuse", status=403, path="/v1/credit-notes"))


def _distorted(**damage: Any) -> Break:
    def distort(world: World) -> None:
        invoice = world.siigo.create_invoice(items=[{"code": "TAZA", "quantity": 1, "price": 10}])
        world.siigo.distort(invoice["id"], **damage)

    return distort


def _to_come(world: World) -> None:
    models.Connection.objects.update(start=world.today() + timedelta(days=9))


def _stale(world: World) -> None:
    models.Connection.objects.update(last_success=world.now() - timedelta(hours=27))


def _idle_seller(world: World) -> None:
    world.siigo.deactivate_user(world.siigo.company.users[0]["id"])


def _other_account(world: World) -> None:
    models.EscalaAccount.objects.update(pipelines=[])


def _no_pipeline(world: World) -> None:
    world.escala.add_pipeline("Posventa", [("Nueva", "open")])
    world.escala.delete_pipeline("Ventas")


def _no_stage(world: World) -> None:
    world.escala.delete_stage("Prospecto", pipeline="Ventas")


def _unseen_field(world: World) -> None:
    _set(world, "opportunities", identification_field="cf_otro_text")


def _unknown_product(world: World) -> None:
    world.siigo.create_invoice(items=[{"code": "X", "quantity": 1, "price": 9}])


def _doubled_product(world: World) -> None:
    account = models.EscalaAccount.objects.get()
    models.KnownProduct.objects.create(escala=account, product_id="2", sku="TAZA")


def _changed(table: str, **values: Any) -> Break:
    return lambda world: _set(world, table, **values)


W, F = "warning", "failed"
NEVER = "2999-01-01T00:00:00+00:00"
BREAKAGES: list[tuple[str, Break, dict[Finding, str], str]] = [
    ("other company", _other_types, {Finding.SIIGO_COMPANY: F, Finding.DOCUMENT_TYPES: F}, "siigo.username"),
    ("a kind of invoice is gone", _no_type, {Finding.DOCUMENT_TYPES: F}, "opportunities.document_types"),
    ("a kind of invoice is idle", _idle_type, {Finding.DOCUMENT_TYPES: W}, "opportunities.document_types"),
    ("credit notes are refused", _refused_notes, {Finding.CREDIT_NOTES: W}, "permiso"),
    ("a row is no invoice", _distorted(remove=["id"]), {Finding.INVOICES_READABLE: W}, "--facts"),
    ("a total is no number", _distorted(total="mucho"), {Finding.INVOICES_READABLE: W}, "VALUE_INVALID"),
    ("a date is no date", _distorted(date="ayer"), {Finding.INVOICES_READABLE: W}, "VALUE_INVALID"),
    ("most sales are in another currency", _foreign, {Finding.CURRENCY: W}, "pesos"),
    ("most sales are walk-in", _walk_in, {Finding.WALK_IN: W}, "walk_in"),
    ("the start is still to come", _to_come, {Finding.START: W}, "opportunities.start"),
    ("a seller is linked with nobody", _new_seller, {Finding.SELLERS: W}, "[sellers]"),
    ("such sellers are left out", _unlinked_left_out, {Finding.SELLERS: W}, "[sellers]"),
    ("a linked seller is inactive", _idle_seller, {Finding.SELLERS_ACTIVE: W}, "[sellers]"),
    (
        "a linked seller is unknown",
        _changed("sellers", **{"x@empresa.example": "laura@empresa.example"}),
        {Finding.SELLERS_ACTIVE: W},
        "[sellers]",
    ),
    ("another account", _other_account, {Finding.ESCALA_ACCOUNT: F}, "escala.api_key"),
    ("no pipeline", _no_pipeline, {Finding.ESCALA_ACCOUNT: F, Finding.PIPELINE: F}, "Posventa"),
    ("the stage is gone", _no_stage, {Finding.STAGE: F}, "opportunities.stage"),
    ("the stage is one of lost deals", _born_lost, {Finding.STAGE: W}, "opportunities.stage"),
    ("no stage for annulled ones", _lost, {Finding.LOST_STAGE: F}, 'on_annulled = "report"'),
    (
        "the field was never seen",
        _unseen_field,
        {Finding.IDENTIFICATION_FIELD: W, Finding.IDENTIFICATION_FILLED: W},
        "siigo-escala fields",
    ),
    (
        "the field holds numbers alone",
        _changed("opportunities", identification_field="cf_contact_cedula_kwzt_number"),
        {Finding.IDENTIFICATION_FIELD: W, Finding.IDENTIFICATION_FILLED: W},
        "campo de texto",
    ),
    ("contacts lack it", _without_identification, {Finding.IDENTIFICATION_FILLED: W}, "correo"),
    (
        "a field of deals was never seen",
        _changed("opportunities", due_field="cf_deal_vence_abcd_date"),
        {Finding.DEAL_FIELDS: W},
        "siigo-escala fields",
    ),
    (
        "an owner was never seen",
        _changed("opportunities", default_owner="nadie@empresa.example"),
        {Finding.OWNERS: W},
        "default_owner",
    ),
    ("a product is not there", _unknown_product, {Finding.PRODUCTS: W}, 'products = "register"'),
    ("a product is there twice", _doubled_product, {Finding.SKU_TWICE: W}, "SKU"),
    (
        "since is broken",
        _learned(since_deals="broken", since_deals_until=NEVER),
        {Finding.CHANGES_READ: W},
        "every_minutes",
    ),
    ("updates are off", _learned(update_deals="none"), {Finding.UPDATES: W}, 'on_edited = "report"'),
    ("Siigo refused much", _refused_calls, {Finding.BRAKE: W}, "50 %"),
    ("others may read the folder", _loose, {Finding.PRIVACY: W}, "chmod"),
    ("the folder is gone", _gone_folder, {Finding.STORAGE: F}, "SIIGO_ESCALA_HOME"),
    ("a change of key is half done", _two_keys, {Finding.KEY: W}, "clave"),
    ("paused", _field("paused", "BRAKED"), {Finding.PAUSE: W}, "enable acme"),
    (
        "another writer was seen",
        _field("others", {"seen": [{"deal": "d1", "invoice": "FV-2-7"}]}),
        {Finding.PAUSE: W},
        "Apague la app nativa de Siigo o la otra instalación, y confirme con «siigo-escala enable acme».",
    ),
    ("switched off", _field("enabled", False), {Finding.SCHEDULE: W}, "enable acme"),
    ("the last run was killed", _ended(None), {Finding.LAST_RUN: W}, "sync acme"),
    ("the last run was interrupted", _ended(130), {Finding.LAST_RUN: W}, "sync acme"),
    ("the last run was refused", _ended(3), {Finding.LAST_RUN: W}, "credenciales"),
    ("the last run had no answer", _ended(4), {Finding.LAST_RUN: W}, "sync acme"),
    ("the last run could not store", _ended(2), {Finding.LAST_RUN: W}, "sync acme"),
    ("stale", _stale, {Finding.LAST_SUCCESS: W}, "sync acme"),
    (
        "an invoice waits",
        _row(state=State.NEEDS_ATTENTION, code=Code.DEAL_NAME_TAKEN),
        {Finding.WAITING: W},
        "--open",
    ),
    ("an invoice is under way", _row(state=State.SENDING), {Finding.UNKNOWN_OUTCOMES: W}, "sync acme"),
    ("a contact is under way", _contact_under_way, {Finding.UNKNOWN_OUTCOMES: W}, "sync acme"),
    ("a neighbour without a mark", _neighbour, {Finding.NEIGHBOURS: F}, "opportunities.mark"),
]


@pytest.mark.parametrize(
    ("break_", "wrong", "remedy"), [row[1:] for row in BREAKAGES], ids=[row[0] for row in BREAKAGES]
)
def test_what_is_broken_is_found_and_nothing_else(
    healthy: World, break_: Break, wrong: dict[Finding, str], remedy: str
) -> None:
    break_(healthy)
    found = _examined(healthy)
    assert _wrong(found) == wrong
    assert found.exit_code == (1 if "failed" in wrong.values() else 0)
    told = [one for one in found.checks if one.result != "ok"]
    assert all(one.remedy.endswith(".") for one in told)
    assert any(remedy in one.remedy for one in told), told


def test_what_stops_creation_without_a_pause_is_named_where_pauses_are_told(healthy: World) -> None:
    seen = [{"deal": f"d{number}", "invoice": f"FV-2-{number}"} for number in (1, 2, 2, 3, 4)]
    models.Connection.objects.update(others={"seen": seen})
    (told,) = [one.message for one in _examined(healthy).checks if one.code == Finding.PAUSE]
    assert told == (
        "No se crea ninguna oportunidad más [OTHER_WRITER_SEEN]: otro programa también crea las de sus "
        "facturas (FV-2-1, FV-2-2, FV-2-3 y 1 más)."
    )


def test_a_linked_seller_who_left_is_told_from_one_who_is_switched_off(healthy: World) -> None:
    _idle_seller(healthy)
    (told,) = [one.message for one in _examined(healthy).checks if one.code == Finding.SELLERS_ACTIVE]
    assert "están inactivos: " in told
    assert "ya no están" not in told


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ({"daily_at": "", "every_minutes": 0}, "Sin hora"),
        ({"daily_at": "05:00", "every_minutes": 0}, "Horario: todos los días a las 05:00 (America/Bogota)."),
        ({"daily_at": "", "every_minutes": 60}, "Horario: cada 60 minutos (America/Bogota)."),
        (
            {"daily_at": "05:00", "every_minutes": 60},
            "Horario: todos los días a las 05:00 y cada 60 minutos (America/Bogota).",
        ),
    ],
)
def test_the_timetable_is_told_as_it_is(healthy: World, schedule: dict[str, Any], said: str) -> None:
    _set(healthy, "schedule", **schedule)
    (told,) = [one.message for one in _examined(healthy).checks if one.code == Finding.SCHEDULE]
    assert told.startswith(said)


def test_contacts_of_which_half_have_the_identification_are_enough(healthy: World) -> None:
    _half_without_identification(healthy)
    found = _examined(healthy)
    assert _wrong(found) == {}
    assert any(one.message.startswith("2 de 4 contactos") for one in found.checks)


def test_the_breakages_cover_what_can_be_broken_inside_an_account_or_this_machine() -> None:
    broken = {code for _, _, wrong, _ in BREAKAGES for code in wrong}
    elsewhere = {
        Finding.SIIGO_ACCESS, Finding.ESCALA_ACCESS, Finding.SIIGO_CLOCK, Finding.ESCALA_CLOCK,
        Finding.LIMITS, Finding.FREE_SPACE, Finding.DATABASE, Finding.WRITE_PROBE, Finding.INVOICING_RULES,
    }  # fmt: skip
    assert broken | elsewhere == set(Finding)


@pytest.mark.parametrize(
    ("kept", "said"),
    [(None, "Falta la clave"), (b"otra", "no es la que cifró"), (b"\xff\xfe\x00", "no es un texto")],
    ids=["missing", "another", "no text"],
)
def test_without_the_key_no_call_is_made_and_everything_else_is_looked_at(
    healthy: World, kept: bytes | None, said: str
) -> None:
    healthy.configured(secret_keys=())
    path = healthy.environment.home / "secret.key"
    if kept is not None:
        path.write_bytes(kept)
        path.chmod(0o600)
    assert examination.hindered(_opened(healthy))
    found = _examined(healthy)
    access = dict.fromkeys((Finding.SIIGO_ACCESS, Finding.ESCALA_ACCESS), "warning")
    assert _wrong(found) == {**access, Finding.KEY: "failed"}
    (key,) = [one for one in found.checks if one.code == Finding.KEY]
    assert said in key.message
    assert "SIIGO_ESCALA_SECRET_KEY" in key.remedy or "disconnect acme" in key.remedy
    assert found.exit_code == 1
    assert found.calls.siigo + found.calls.escala == 0
    assert {Finding.STORAGE, Finding.DATABASE, Finding.WAITING} <= {one.code for one in found.checks}
    assert path.exists() is (kept is not None), "a check makes no key"
    examination.not_probed(found)
    assert (found.checks[-1].code, found.exit_code) == (Finding.WRITE_PROBE, 1)


def test_a_wrong_key_of_the_environment_is_named_by_its_variable(healthy: World) -> None:
    assert not examination.hindered(_opened(healthy))
    healthy.configured(secret_keys=("otra",))
    (key,) = [one for one in _examined(healthy).checks if one.code == Finding.KEY]
    assert (key.result, "SIIGO_ESCALA_SECRET_KEY" in key.message) == ("failed", True)


@pytest.mark.parametrize("system", ["siigo", "escala"])
def test_a_refused_key_is_exit_3_and_the_other_system_is_looked_at_all_the_same(
    healthy: World, system: str
) -> None:
    if system == "siigo":
        healthy.siigo.change_access_key("otra")
    else:
        healthy.escala.rotate_key("otra")
    found = _examined(healthy)
    assert found.exit_code == 3
    refused, other = Finding.SIIGO_ACCESS, Finding.STAGE
    if system == "escala":
        refused, other = Finding.ESCALA_ACCESS, Finding.SELLERS
    assert _wrong(found) | {Finding.BRAKE: "warning"} == {refused: "failed", Finding.BRAKE: "warning"}
    assert other in {one.code for one in found.checks}


@pytest.mark.parametrize("silent", [("siigo",), ("escala",), ("siigo", "escala")])
def test_a_system_that_does_not_answer_is_exit_4(healthy: World, silent: tuple[str, ...]) -> None:
    for system in silent:
        simulator = healthy.siigo if system == "siigo" else healthy.escala
        simulator.faults.add(faults.Fault(kind="refuse", status=503))
    found = _examined(healthy)
    assert found.exit_code == 4
    assert Finding.STORAGE in {one.code for one in found.checks}
    told = [f"{one.message} {one.remedy}" for one in found.checks if one.result == "failed"]
    assert [one.count("Espere unos minutos") for one in told] == [1] * len(silent)


def test_a_refusal_weighs_more_than_silence(healthy: World) -> None:
    healthy.siigo.change_access_key("otra")
    healthy.escala.faults.add(faults.Fault(kind="refuse", status=503))
    assert _examined(healthy).exit_code == 3


def test_a_system_that_is_slow_leaves_the_other_its_time(healthy: World) -> None:
    healthy.siigo.faults.add(faults.Fault(kind="slow", seconds=2.5))
    began = monotonic()
    found = _examined(healthy, budget=Budget(until_s={"siigo": 1.0, "escala": 3.0}))
    assert monotonic() - began < 4
    assert found.exit_code == 4
    assert _wrong(found) == {Finding.SIIGO_ACCESS: "failed"}


@pytest.mark.parametrize("kind", ["429_header", "429_bare"])
def test_a_system_that_asks_to_wait_is_not_waited_for(healthy: World, kind: str) -> None:
    healthy.escala.faults.add(faults.Fault(kind=kind, retry_after=60))
    began = monotonic()
    found = _examined(healthy)
    assert monotonic() - began < 5
    assert _wrong(found) == {Finding.ESCALA_ACCESS: "failed"}
    assert found.exit_code == 4


def test_a_check_whose_turn_does_not_come_says_so_and_fails_nothing(healthy: World) -> None:
    found = _examined(healthy, budget=Budget(calls=0))
    assert _wrong(found) == {Finding.SIIGO_ACCESS: "warning", Finding.ESCALA_ACCESS: "warning"}
    assert found.exit_code == 0


def test_a_budget_that_is_used_up_leaves_out_what_matters_least(world: World) -> None:
    for number in range(3):
        contact = world.escala.create_contact(email=f"c{number}@e.example")
        world.escala.create_deal(name=f"Trato {number}", contact_id=contact)
        world.pass_time(hours=1)
    world.connect()
    models.SiigoCompany.objects.update(token_sealed="", token_expires=None)
    found = _examined(world)
    assert found.calls.siigo + found.calls.escala == 10
    assert found.capabilities.since_deals == "works"
    assert found.capabilities.email_filter == "unknown"
    again = _examined(world)
    assert again.calls.siigo + again.calls.escala <= 9
    assert again.capabilities.email_filter == "ignored"


@pytest.mark.parametrize(
    ("mode", "verdict"), [("ok", "works"), ("error500", "broken"), ("ignored", "ignored")]
)
def test_a_check_learns_whether_since_is_obeyed_and_keeps_it(world: World, mode: str, verdict: str) -> None:
    for number in range(2):
        world.escala.create_deal(name=f"Trato {number}")
        world.pass_time(hours=1)
    world.connect()
    world.escala.account.switches.change({"since_mode": mode})
    _examined(world)
    assert models.EscalaAccount.objects.get().capabilities["since_deals"] == verdict


def test_one_deal_alone_proves_nothing_of_since(world: World) -> None:
    world.escala.create_deal(name="Trato")
    world.connect()
    assert _examined(world).capabilities.since_deals == "unknown"


def test_a_catalogue_of_many_pages_is_left_to_a_run(world: World) -> None:
    for number in range(120):
        world.escala.add_product(f"P-{number}", "Producto")
    world.invoices(1, items=[{"code": "TAZA", "quantity": 1, "price": 1000}])
    world.connect()
    found = _examined(world)
    (told,) = [one for one in found.checks if one.code == Finding.PRODUCTS]
    assert (told.result, "catálogo" in told.message) == ("ok", True)


def test_a_catalogue_that_fails_is_a_warning(world: World) -> None:
    world.invoices(1, items=[{"code": "TAZA", "quantity": 1, "price": 1000}])
    world.connect()
    world.escala.faults.add(faults.Fault(kind="refuse", status=500, path="/pms/products"))
    found = _examined(world)
    assert found.exit_code == 0
    assert _wrong(found)[Finding.PRODUCTS] == "warning"


def test_both_clocks_are_compared(healthy: World) -> None:
    healthy.now_offset += timedelta(minutes=10)
    found = _examined(healthy)
    assert _wrong(found) == {Finding.SIIGO_CLOCK: "warning", Finding.ESCALA_CLOCK: "warning"}


def test_what_the_ledger_holds_stands_in_for_recent_invoices(healthy: World) -> None:
    healthy.pass_time(days=61)
    models.KnownProduct.objects.all().delete()
    found = _examined(healthy)
    (told,) = [one for one in found.checks if one.code == Finding.PRODUCTS]
    assert "De 2 líneas recientes, 0 (0 %)" in told.message
    assert "Faltan: TAZA." in told.message


def test_a_budget_waits_for_a_turn_that_comes_in_time_and_for_no_other() -> None:
    slept: list[float] = []
    budget = Budget(monotonic=lambda: 0.0, sleep=slept.append)
    budget.take("siigo")
    budget.wait(3)
    with pytest.raises(Spent):
        budget.wait(60)
    assert slept == [3]


def test_the_first_failure_decides_the_exit_code_and_warnings_do_not() -> None:
    found = Examination()
    found.note(warning(Finding.SELLERS, ".", remedy="."))
    assert found.exit_code == 0
    found.note(failed(Finding.STAGE, ".", remedy="."))
    assert found.exit_code == 1
    found.exit_code = 4
    found.note(failed(Finding.PIPELINE, ".", remedy="."))
    assert found.exit_code == 4


def test_a_long_list_is_cut_and_counted() -> None:
    assert listed([]) == "ninguno"
    assert listed(str(number) for number in range(13)).endswith("9 y 3 más")


@pytest.mark.parametrize(("ours", "result"), [("B", "ok"), ("a", "failed")])
def test_a_neighbour_with_another_mark_is_told_and_no_trouble(healthy: World, ours: str, result: str) -> None:
    _neighbour(healthy)
    _set(healthy, "opportunities", mark=ours)
    other = models.Connection.objects.get(name="otra")
    other.file = {**other.file, "opportunities": {**other.file["opportunities"], "mark": "A"}}
    other.save()
    found = _examined(healthy)
    (told,) = [one for one in found.checks if one.code == Finding.NEIGHBOURS]
    assert (told.result, "«otra»" in told.message) == (result, True)


@pytest.mark.parametrize("known", ["unknown", "works"])
def test_what_is_known_of_the_look_up_by_email_is_not_asked_again(healthy: World, known: str) -> None:
    healthy.escala.create_contact(first_name="Ana", email="ana@x.example")
    _learned(email_filter=known)(healthy)
    before = len(healthy.escala.calls)
    _examined(healthy)
    asked = [call for call in healthy.escala.calls.entries()[before:] if "email" in call["query"]]
    assert len(asked) == (known == "unknown")


@pytest.mark.parametrize("path", ["/v1/document-types", "/v1/credit-notes"])
def test_a_question_of_less_weight_that_fails_leaves_the_rest(healthy: World, path: str) -> None:
    healthy.siigo.faults.add(faults.Fault(kind="refuse", status=404, path=path, body={}))
    found = _examined(healthy)
    assert (found.exit_code, set(_wrong(found)) - {Finding.BRAKE}) == (0, set())


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 400, "body": {"message": "since"}},
        {"status": 403, "body": {"message": "Forbidden"}},
        {"status": 200, "body": {"items": []}},
    ],
)
def test_an_answer_that_proves_nothing_of_since_teaches_nothing(world: World, fault: dict[str, Any]) -> None:
    for number in range(2):
        world.escala.create_deal(name=f"Trato {number}")
        world.pass_time(hours=1)
    world.connect()
    world.escala.faults.add(faults.Fault(kind="refuse", path="/crm/deals/scroll", after=1, **fault))
    assert _examined(world).capabilities.since_deals == "unknown"


def test_an_email_that_cannot_be_looked_up_teaches_nothing(world: World) -> None:
    world.escala.create_contact(email="ana@cliente.example")
    world.connect()
    world.escala.faults.add(faults.Fault(kind="refuse", path="/crm/contacts", status=500))
    assert _examined(world).capabilities.email_filter == "unknown"


def test_what_is_well_for_another_reason_says_so(healthy: World) -> None:
    _set(healthy, "opportunities", on_annulled="lost_stage", products="none", document_types=[])
    _set(healthy, "schedule", daily_at="", every_minutes=0)
    _learned(update_deals="put")(healthy)
    found = _examined(healthy)
    assert _wrong(found) == {}
    said = {one.code: one.message for one in found.checks}
    assert "«Perdida»" in said[Finding.LOST_STAGE]
    assert 'products = "none"' in said[Finding.PRODUCTS]
    assert said[Finding.UPDATES] == "Escala deja modificar oportunidades."
    assert "cuando se le pide" in said[Finding.SCHEDULE]
    assert "todos los tipos" in said[Finding.DOCUMENT_TYPES]


def test_a_run_under_way_is_no_run_that_died(healthy: World) -> None:
    _ended(None)(healthy)
    lease = leases.take(models.Connection.objects.get())
    try:
        found = _examined(healthy)
    finally:
        lease.release()
    assert _wrong(found) == {}
    assert any("en curso" in one.message for one in found.checks)


@pytest.mark.parametrize(("why", "remedy"), [("blocked", "desbloquee"), ("braked", "active de nuevo")])
def test_a_refusal_that_no_other_key_mends_is_not_answered_with_another_key(
    healthy: World, why: str, remedy: str
) -> None:
    if why == "blocked":
        healthy.siigo.block_user()
    else:
        counter = CallCounter(access.counter_name(models.Connection.objects.get()), now=healthy.now)
        for _ in range(60):
            counter.add(refused=True)
        counter.close()
    found = _examined(healthy)
    assert found.exit_code == 3
    (told,) = [one for one in found.checks if one.code == Finding.SIIGO_ACCESS]
    assert remedy in told.remedy
    assert "access_key" not in told.remedy


def test_a_catalogue_that_was_not_read_whole_is_not_said_to_be_without_doubles(world: World) -> None:
    world.connect()
    opened = opening.open_connection(world.environment, "acme")
    models.EscalaAccount.objects.update(products_read_at=None)
    opened.connection.escala.refresh_from_db()
    assert "no se ha leído" in escala_side.sku_twice(opened, Seen()).message
    seen = Seen(products=[Product(id=ProductId("1"), sku="TAZA")], products_cut=True)
    assert "los demás no se miraron" in escala_side.sku_twice(opened, seen).message
