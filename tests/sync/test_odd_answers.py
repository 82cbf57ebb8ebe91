"""Odd answers and refused access: a run ends with the code that says so, and the next finds the way."""

from __future__ import annotations

from typing import Any

import pytest

from siigo_escala.rest.errors import AccessDenied, RemoteError
from siigo_escala.simulators.faults import Fault
from siigo_escala.store import models
from siigo_escala.sync.run import Result
from tests.sync.world import FIELD, World, codes, counts

ODD: dict[str, dict[str, Any]] = {
    "html": {"kind": "html", "status": 200},
    "empty": {"kind": "empty"},
    "cut": {"kind": "cut"},
    "oversized": {"kind": "oversized", "size": 40 * 1024 * 1024},
    "latin1": {"kind": "latin1"},
    "bad_encoding": {"kind": "bad_encoding"},
    "drop": {"kind": "drop"},
    "array": {"kind": "refuse", "status": 200, "body": [1, "x", None]},
    "text": {"kind": "refuse", "status": 200, "body": "hola"},
    "other": {"kind": "refuse", "status": 200, "body": {"hola": 1}},
    "redirect": {
        "kind": "refuse",
        "status": 302,
        "headers": {"Location": "https://otro.example/"},
        "body": {},
    },
    "teapot": {"kind": "refuse", "status": 418, "body": {}},
}
READS = {
    "siigo": ["/auth", "/v1/invoices", "/v1/customers/.*", "/v1/credit-notes", "/v1/users"],
    "escala": ["/crm/pipelines", "/crm/deals/scroll", "/crm/contacts/scroll", "/pms/products"],
}
ROUTES = [(system, path) for system, paths in READS.items() for path in paths]
_WHOLE = ("/auth", "/v1/invoices", "/crm/deals/scroll")
"""Routes that meet every odd answer; the others meet some."""
READ_IN_ODD_WAYS = [
    (system, path, odd) for system, path in ROUTES for odd in sorted(ODD)
    if path in _WHOLE or odd in ("html", "cut", "other", "teapot")
]  # fmt: skip
SECONDARY = ("/v1/credit-notes", "/pms/products", "/v1/users")
"""What a run goes on without."""


def _prepared(world: World) -> list[dict[str, Any]]:
    # Latin-1 bytes differ from UTF-8 only where a letter has an accent.
    customer = world.customer(1, name=["Ferretería Ñandú SAS"])
    world.escala.create_contact(first_name="José", email="jose@otro.example")
    world.escala.create_deal(name="Café")
    world.escala.add_product("OTRO", "Café")
    made = [world.siigo.create_invoice(customer["id"], total=1000 + n, observations="año") for n in range(2)]
    world.siigo.add_user(first_name="Íñigo", email="inigo@laceiba.example")
    return made


@pytest.mark.parametrize(("system", "path", "odd"), READ_IN_ODD_WAYS)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_odd_answer_to_a_read_doubles_and_loses_nothing(
    world: World, system: str, path: str, odd: str
) -> None:
    invoices = _prepared(world)
    world.connect()
    world.configured(patience_seconds=0)
    if path == "/auth":
        world.siigo.revoke_tokens()
    at = world.siigo if system == "siigo" else world.escala
    at.faults.add(Fault(path=path if system == "siigo" else f".*{path}", **ODD[odd]))
    try:
        result = world.sync()
    finally:
        at.faults.clear()
    counts(result)
    assert result.exit_code in ((0, 1) if path in SECONDARY else (0, 1, 4))
    assert result.exit_code or counts(result) == {"read": 2, "created": 2}, "another way was found"
    assert result.exit_code != 4 or {"SIIGO_UNREACHABLE", "ESCALA_UNREACHABLE"} & set(codes(result))
    world.pass_time(hours=25)
    world.sync()
    assert len(world.deals()) == 3
    for invoice in invoices:
        world.deal_of(invoice["name"])
    assert len(world.contacts()) == 2
    assert not world.sync().document["problems"]


@pytest.mark.parametrize("odd", sorted(name for name in ODD if ODD[name]["kind"] != "refuse"))
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_one_odd_answer_to_each_read_is_nothing_to_a_patient_run(world: World, odd: str) -> None:
    _prepared(world)
    for system, path in ROUTES:
        at = world.siigo if system == "siigo" else world.escala
        at.faults.add(Fault(path=path if system == "siigo" else f".*{path}", times=1, **ODD[odd]))
    world.configured(patience_seconds=20)
    world.connect()
    assert counts(world.sync()) == {"read": 2, "created": 2}


def _siigo_key(world: World) -> None:
    world.siigo.change_access_key("otra")


def _siigo_user(world: World) -> None:
    world.siigo.change_username("otro@empresa.example")


def _siigo_blocked(world: World) -> None:
    world.siigo.block_user()


def _siigo_plan(world: World) -> None:
    world.siigo.set_plan(False)
    world.siigo.revoke_tokens()


def _escala_key(world: World) -> None:
    world.escala.rotate_key("nueva")


REFUSALS = {
    "wrong key": (_siigo_key, "CREDENTIALS_REFUSED"),
    "wrong user": (_siigo_user, "CREDENTIALS_REFUSED"),
    "blocked user": (_siigo_blocked, "USER_BLOCKED"),
    "plan without API": (_siigo_plan, "CREDENTIALS_REFUSED"),
    "Escala key": (_escala_key, "CREDENTIALS_REFUSED"),
}


def _is_refused(result: Result, code: str) -> bool:
    return result.exit_code == 3 and code in codes(result)


@pytest.mark.parametrize("what", sorted(REFUSALS))
def test_refused_access_is_exit_3_and_twice_in_a_row_pauses(world: World, what: str) -> None:
    refuse, code = REFUSALS[what]
    world.invoices(2)
    world.connect()
    refuse(world)
    assert _is_refused(world.sync(), code)
    assert models.Connection.objects.get(name="acme").paused == ""
    assert _is_refused(world.sync(), code)
    assert models.Connection.objects.get(name="acme").paused == code
    assert not world.deals()


def test_what_is_settled_is_no_failure_of_a_run_that_is_refused(world: World) -> None:
    """Only what Escala would have been asked for was not reached; the rest counts as what it is."""
    done, annulled, twin = world.invoices(3, customers=3, total=100)
    world.siigo.create_invoice(world.customer(7, identification="222222222222")["id"], total=100)
    world.siigo.annul_invoice(annulled["name"])
    contact = world.escala.create_contact(
        first_name="Ana", email="compras2@empresa.example", custom={FIELD: "900100202"}
    )
    world.escala.create_deal(name="Venta", contact_id=contact, value=twin["total"])
    world.connect()
    before = {"read": 4, "excluded": 2, "needs_attention": 1}
    assert counts(world.sync()) == before | {"created": 1}
    world.siigo.create_invoice(done["customer"]["id"], total=100)
    world.pass_time(minutes=5)
    world.escala.rotate_key("nueva")
    result = world.sync()
    assert counts(result) == before | {"read": 5, "unchanged": 1, "failed": 1}
    assert codes(result) == ["CREDENTIALS_REFUSED", "NOT_REACHED", "POSSIBLE_TWIN"]
    world.escala.rotate_key("llave-de-ejemplo")
    assert counts(world.sync()) == before | {"read": 5, "unchanged": 1, "created": 1}


def test_what_was_read_beside_a_batch_that_is_refused_counts_as_what_it_is(world: World) -> None:
    walk_in = world.siigo.create_invoice(world.customer(7, identification="222222222222")["id"], total=100)
    world.connect()
    assert counts(world.sync()) == {"read": 1, "excluded": 1}
    world.pass_time(hours=3)
    world.invoices(450)
    world.siigo.edit_invoice(walk_in["name"], observations="otra")
    world.escala.rotate_key("nueva")
    assert counts(world.sync()) == {"read": 451, "excluded": 1, "failed": 450}


@pytest.mark.parametrize("status", [401, 400])
def test_one_refusal_between_good_runs_pauses_nothing(world: World, status: int) -> None:
    world.siigo.switches.update({"wrong_credentials_status": status})
    world.invoices(1)
    world.connect()
    world.siigo.change_access_key("otra")
    world.sync()
    world.siigo.change_access_key("clave-de-ejemplo")
    assert world.sync().exit_code == 0
    world.siigo.change_access_key("otra")
    world.sync()
    assert models.Connection.objects.get(name="acme").paused == ""


@pytest.mark.parametrize("what", sorted(REFUSALS))
def test_connecting_with_refused_access_saves_nothing(world: World, what: str) -> None:
    REFUSALS[what][0](world)
    with pytest.raises(AccessDenied):
        world.connect()
    assert not models.Connection.objects.exists()


@pytest.mark.parametrize("status", ["403", "401"])
def test_an_escala_key_refused_in_the_middle_ends_the_run_and_counts_the_rest(
    world: World, status: str
) -> None:
    world.escala.switches.change({"key_refused": status})
    world.invoices(4, customers=2)
    world.connect()
    world.escala.faults.add(
        Fault(
            kind="refuse",
            method="POST",
            path=".*/crm/deals",
            after=1,
            status=int(status),
            body={"message": "Forbidden"},
        )
    )
    result = world.sync()
    assert result.exit_code == 3
    assert counts(result) == {"read": 4, "created": 1, "failed": 3}
    assert set(codes(result)) == {"CREDENTIALS_REFUSED", "NOT_REACHED"}
    world.escala.faults.clear()
    assert counts(world.sync()) == {"read": 4, "created": 3, "unchanged": 1}


@pytest.mark.parametrize("gone", ["pipeline", "stage"])
def test_a_pipeline_or_stage_that_is_gone_holds_what_would_be_created(world: World, gone: str) -> None:
    world.invoices(2)
    world.connect()
    world.escala.add_pipeline("Otro", [("Nuevo", "open")])
    if gone == "pipeline":
        world.escala.delete_pipeline("Ventas")
    else:
        world.escala.delete_stage("Prospecto", pipeline="Ventas")
    for _ in range(2):
        result = world.sync()
        assert counts(result) == {"read": 2, "needs_attention": 2}
        assert set(codes(result)) == {f"{gone.upper()}_GONE"}
        assert result.exit_code == 1
    world.file()
    connection = models.Connection.objects.get(name="acme")
    assert connection.paused == ""


def test_a_stage_that_goes_in_the_middle_holds_the_rest(world: World) -> None:
    world.invoices(3)
    world.connect()
    world.escala.faults.add(
        Fault(
            kind="refuse", method="POST", path=".*/crm/deals", after=1, status=400,
            body={"message": "stageId does not belong to the pipeline"},
        )
    )  # fmt: skip
    result = world.sync()
    assert counts(result) == {"read": 3, "created": 1, "needs_attention": 2}
    assert set(codes(result)) == {"STAGE_GONE"}
    world.escala.faults.clear()
    assert counts(world.sync(kind="retry")) == {"read": 2, "created": 2}


def test_a_refused_deal_stops_no_other_and_is_not_sent_again_unchanged(world: World) -> None:
    world.invoices(3)
    world.connect()
    world.escala.faults.add(
        Fault(kind="refuse", method="POST", path=".*/crm/deals", times=1, status=422, body={"message": "no"})
    )
    result = world.sync()
    assert counts(result) == {"read": 3, "created": 2, "needs_attention": 1}
    assert codes(result) == ["ESCALA_ERROR"]
    posts = world.escala.calls.count(method="POST")
    assert codes(world.sync()) == ["ESCALA_ERROR"]
    assert world.escala.calls.count(method="POST") == posts
    assert counts(world.sync(kind="retry")) == {"read": 1, "created": 1}


@pytest.mark.parametrize(
    "switch", [{"failures": "document_query_service"}, {"failures": "500"}, {"failures": "504"}]
)
def test_a_siigo_that_fails_for_long_is_exit_4_and_the_next_run_goes_on(
    world: World, switch: dict[str, str]
) -> None:
    world.invoices(2)
    world.connect()
    world.configured(patience_seconds=0)
    world.siigo.switches.update(switch)
    result = world.sync()
    assert result.exit_code == 4
    assert codes(result)[-1:] == ["SIIGO_UNREACHABLE"] or "SIIGO_UNREACHABLE" in codes(result)
    world.siigo.switches.update({"failures": "none"})
    assert counts(world.sync()) == {"read": 2, "created": 2}


@pytest.mark.parametrize("shape", ["lower", "mixed", "flat", "gateway", "empty", "html"])
def test_every_shape_of_siigos_errors_says_that_credentials_are_wrong(world: World, shape: str) -> None:
    world.siigo.switches.update({"error_shape": shape})
    world.invoices(1)
    world.connect()
    world.siigo.change_access_key("otra")
    assert _is_refused(world.sync(), "CREDENTIALS_REFUSED")


@pytest.mark.parametrize("shape", ["message", "messages", "error", "errors", "detail"])
@pytest.mark.parametrize("status", ["400", "422"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_shape_of_escalas_errors_names_the_reason(world: World, shape: str, status: str) -> None:
    world.escala.switches.change({"error_shape": shape, "error_status": status, "unknown_owner": "reject400"})
    world.invoices(1)
    world.connect('default_owner = "nadie@acme.example"')
    assert codes(world.sync()) == ["OWNER_REFUSED"]


def test_a_page_size_that_siigo_refuses_is_a_clear_end(world: World) -> None:
    world.siigo.switches.update({"page_size": "reject"})
    world.invoices(1)
    try:
        world.connect()
    except RemoteError:
        return
    result = world.sync()
    assert (result.exit_code, len(world.deals())) in ((0, 1), (4, 0))


@pytest.mark.parametrize(
    "switch", ["insert_between_pages", "delete_between_pages", "repeated_rows", "list_lag_s"]
)
@pytest.mark.parametrize("order", ["newest", "oldest", "shuffled"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_rows_that_move_between_pages_are_neither_doubled_nor_lost(
    world: World, switch: str, order: str
) -> None:
    world.siigo.switches.update({"invoice_order": order, "page_size": "clamp"})
    world.invoices(110, customers=2, total=1000)
    world.siigo.switches.update({switch: 2})
    world.connect()
    world.sync()
    world.siigo.switches.update({switch: 0})
    world.pass_time(hours=25)
    result = world.sync()
    assert not result.document["problems"] or set(codes(result)) == {"INVOICE_DELETED"}
    names = [deal["name"] for deal in world.deals()]
    assert len(names) == len(set(names))
    living = {invoice["name"] for invoice in world.siigo.company.invoices.values()}
    assert living <= {name.split()[0] for name in names}


@pytest.mark.parametrize("where", ["name", "field"])
def test_an_endless_number_in_an_opportunity_stops_no_run(world: World, where: str) -> None:
    endless = f"FV 1 {'1' * 300}"
    if where == "name":
        world.escala.create_deal(name=endless, value=5)
    else:
        world.escala.create_deal(name="Vieja", value=5, custom={"cf_deal_ref_text": endless})
    world.invoices(1)
    world.connect()
    assert counts(world.sync()) == {"read": 1, "created": 1}
