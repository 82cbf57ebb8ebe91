"""`sync` and `retry`: the document, the counting rules, the options, several companies."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from tests.cli.conftest import FIELD, Program

pytestmark = pytest.mark.slow

PARTS = ("created", "updated", "unchanged", "excluded", "needs_attention", "failed")
KEYS = {
    "schema", "run", "connection", "direction", "dry_run", "from", "to", "started", "finished", "invoices",
    "value", "contacts", "products", "calls", "plan", "sweep", "problems",
}  # fmt: skip


def _sums_hold(document: dict[str, Any]) -> None:
    counts, value = document["invoices"], document["value"]
    assert set(counts) == set(value) == {"read", *PARTS}
    assert counts["read"] == sum(counts[part] for part in PARTS)
    assert Decimal(value["read"]) == sum(Decimal(value[part]) for part in PARTS)
    assert all(len(text.rpartition(".")[2]) == 2 for text in value.values())


def _writes(escala: EscalaSimulator) -> int:
    return sum(entry["method"] != "GET" for entry in escala.calls.entries())


def test_invoices_become_opportunities_once(
    connected_twice: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    for total in (100_000, 250_000):
        siigo.create_invoice(total=total)
    done = connected_twice("sync", "acme", "--json")
    assert done.code == 0
    document = done.document
    assert set(document) == KEYS
    assert document["connection"] == "acme"
    assert document["direction"] == "invoices_to_opportunities"
    assert (document["dry_run"], document["from"], document["to"]) == (False, None, None)
    assert document["invoices"]["created"] == 2
    assert document["value"]["created"] == "350000.00"
    assert document["contacts"] == {"created": 1, "matched": 1}
    assert set(document["products"]) == {"attached", "missing", "registered"}
    assert set(document["plan"]) == {"calls", "seconds"}
    assert set(document["sweep"]) == {"done", "calls"}
    assert document["calls"]["escala"] == len(escala.calls.entries()) - 1  # connect's pipelines
    _sums_hold(document)
    written = _writes(escala)
    again = connected_twice("sync", "acme", "--json")
    assert (again.code, again.document["invoices"]["created"]) == (0, 0)
    assert _writes(escala) == written
    assert len(escala.state()["deals"]) == 2


def test_a_dry_run_tells_the_numbers_of_the_run_after_it_and_writes_nothing(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    siigo.create_invoice(total=100_000)
    siigo.annul_invoice(siigo.create_invoice(total=70_000)["name"])
    dry = connected("sync", "acme", "--dry-run", "--json")
    assert (dry.code, dry.document["run"], dry.document["dry_run"]) == (0, None, True)
    assert _writes(escala) == 0
    assert connected("report", "acme", "--json").document["invoices"]["total"] == 0
    wet = connected("sync", "acme", "--json").document
    for part in ("invoices", "value", "contacts", "products"):
        assert dry.document[part] == wet[part]
    assert wet["invoices"] | {"read": 0} == dict.fromkeys(("read", *PARTS), 0) | {"created": 1, "excluded": 1}


def test_a_limit_leaves_the_rest_for_the_next_run(connected: Program, siigo: SiigoSimulator) -> None:
    for total in (10_000, 20_000, 30_000):
        siigo.create_invoice(total=total)
    first = connected("sync", "acme", "--limit", "1", "--json")
    assert first.code == 1
    assert (first.document["invoices"]["created"], first.document["invoices"]["failed"]) == (1, 2)
    assert {problem["code"] for problem in first.document["problems"]} == {"NOT_REACHED"}
    _sums_hold(first.document)
    second = connected("sync", "acme", "--json")
    assert (second.code, second.document["invoices"]["created"]) == (0, 2)


def test_a_span_of_dates_is_read_whole_and_told_in_the_document(
    connected: Program, siigo: SiigoSimulator
) -> None:
    siigo.create_invoice(total=10_000, date="2026-03-01")
    siigo.create_invoice(total=20_000, date="2026-03-31")
    siigo.create_invoice(total=30_000, date="2026-04-01")
    done = connected("sync", "acme", "--from", "2026-03-01", "--to", "2026-03-31", "--json").document
    assert (done["from"], done["to"]) == ("2026-03-01", "2026-03-31")
    assert (done["invoices"]["read"], done["value"]["created"]) == (2, "30000.00")
    report = connected("report", "acme", "--from", "2026-03-31", "--json").document
    assert (report["from"], report["to"]) == ("2026-03-31", None)
    assert [row["value"] for row in report["rows"]] == ["20000.00"]


def test_one_invoice_by_its_exact_name_and_one_that_is_not_there(
    connected: Program, siigo: SiigoSimulator
) -> None:
    name = siigo.create_invoice(total=10_000)["name"]
    siigo.create_invoice(total=20_000)
    done = connected("sync", "acme", "--invoice", name, "--invoice", "FV-9-9", "--json")
    assert done.code == 1
    counts = done.document["invoices"]
    assert (counts["read"], counts["created"], counts["failed"]) == (2, 1, 1)
    assert done.document["value"]["failed"] == "0.00"
    (problem,) = done.document["problems"]
    assert (problem["invoice"], problem["code"]) == ("FV-9-9", "INVOICE_NOT_FOUND")
    missing = connected("retry", "acme", "--invoice", "FV-9-9", "--json")
    assert (missing.code, missing.document["invoices"]["failed"]) == (1, 1)


def test_a_sweep_is_done_when_asked_for_and_left_when_not(connected: Program, siigo: SiigoSimulator) -> None:
    name = siigo.create_invoice(total=10_000)["name"]
    assert connected("sync", "acme").code == 0
    siigo.delete_invoice(name)
    without = connected("sync", "acme", "--no-sweep", "--json")
    assert (without.code, without.document["sweep"]["done"]) == (0, False)
    swept = connected("sync", "acme", "--sweep", "--json")
    assert (swept.code, swept.document["sweep"]["done"]) == (1, True)
    assert swept.document["sweep"]["calls"] > 0
    assert [problem["code"] for problem in swept.document["problems"]] == ["INVOICE_DELETED"]


def test_what_a_person_has_mended_is_made_by_retry(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    siigo.create_invoice(total=10_000)
    escala.switches.change({"unknown_custom_key": "reject"})
    escala.remove_custom_field(FIELD)
    first = connected("sync", "acme", "--json")
    assert (first.code, first.document["invoices"]["needs_attention"]) == (1, 1)
    _sums_hold(first.document)
    escala.add_custom_field(FIELD)
    again = connected("retry", "acme", "--json")
    assert again.code == 0
    assert again.document["invoices"]["created"] == 1


def test_several_companies_run_in_the_order_of_their_names_and_one_that_fails_stops_no_other(
    connected: Program, write_file: Callable[..., str], siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    other = siigo.add_company(username="b@empresa.example", access_key="clave-b")
    escala.add_account("llave-b")
    file = write_file(
        "beta", siigo_user=("b@empresa.example", "clave-b"), api_key="llave-b", top="enabled = false"
    )
    assert connected("connect", file).code == 0
    siigo.create_invoice(total=10_000, company=other)
    told = connected("sync", "beta", "nadie", "acme", "--json")
    assert told.code == 2
    beta, nobody, acme = told.document["runs"]
    assert (beta["connection"], beta["invoices"]["created"]) == ("beta", 1)
    assert nobody["error"]["code"] == "CONNECTION_UNKNOWN"
    assert acme["connection"] == "acme"
    whole = connected("sync", "--all", "--json")
    assert whole.code == 0
    assert [run["connection"] for run in whole.document["runs"]] == ["acme", "beta"]
    people = connected("sync", "--all")
    assert "«acme»" in people.out
    assert "«beta»" in people.out
    assert people.out.endswith("2 conexiones: 2 sin nada pendiente.\n")
    assert "«beta»:\n" in people.err
    mixed = connected("sync", "beta", "nadie")
    assert mixed.out.endswith("2 conexiones: 1 sin nada pendiente; 1 sin terminar («nadie»).\n")


def test_all_of_no_connections_is_nothing_to_do(single: Program) -> None:
    told = single("sync", "--all", "--json")
    assert (told.code, told.document["runs"]) == (0, [])


def test_an_option_of_the_other_direction_is_a_mistake(connected: Program) -> None:
    told = connected("sync", "acme", "--opportunity", "x", "--json")
    assert (told.code, told.error["code"], told.error["key"]) == (2, "USAGE", "--opportunity")


def test_people_read_counts_pesos_problems_and_what_to_do(connected: Program, siigo: SiigoSimulator) -> None:
    siigo.create_invoice(total=Decimal("1234567.50"))
    name = siigo.create_invoice(total=10_000)["name"]
    siigo.distort(name, total="mucho")
    done = connected("sync", "acme")
    assert done.code == 1
    assert "$ 1.234.567,50" in done.out
    assert "Por revisar" in done.out
    assert "[VALUE_INVALID]" in done.out
    assert "siigo-escala retry acme" in " ".join(done.out.split())
    assert max(len(line) for line in done.out.splitlines()) <= 100
    assert "Escribiendo en Escala" in done.err
    assert "llamadas: Siigo" in done.err


def test_people_read_why_something_is_left_out_and_that_what_waits_needs_nothing(
    connected: Program, siigo: SiigoSimulator
) -> None:
    siigo.annul_invoice(siigo.create_invoice(total=70_000)["name"])
    for total in (10_000, 20_000, 30_000):
        siigo.create_invoice(total=total)
    done = connected("sync", "acme", "--limit", "1")
    assert done.code == 1
    words = " ".join(done.out.split())
    assert "Excluidas por: 1 · " in words
    assert "[INVOICE_ANNULLED]" in words
    assert (
        "sin alcanzar por el límite que usted puso (--limit 1): 2. No hay nada que corregir en ellas" in words
    )
    assert "Por enviar 2 " in words
    assert "Fallidas" not in words
    assert "retry" not in words
    assert "sigue donde quedó" in words
    assert connected("sync", "acme").code == 0
    assert "o queda excluido" in " ".join(connected("sync", "acme", "--from", "2000-01-01").out.split())


@pytest.mark.parametrize("span", [("0001-01-01", "9999-12-31"), ("0001-01-01", "0001-01-02")])
def test_days_before_and_after_everything_are_days(
    connected: Program, siigo: SiigoSimulator, span: tuple[str, str]
) -> None:
    siigo.create_invoice(total=10_000)
    done = connected("sync", "acme", "--from", span[0], "--to", span[1], "--json")
    assert done.code == 0
    assert done.document["invoices"]["created"] == (span[1] > "2000")
    assert (done.document["from"], done.document["to"]) == span


def test_a_start_long_ago_is_the_beginning(single: Program, write_file: Callable[..., str]) -> None:
    assert single("connect", write_file(start='"0001-01-01"')).code == 0
    assert single("sync", "acme", "--json").code == 0


def test_a_run_whose_system_falls_silent_ends_with_4_and_its_sums_hold(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    for total in (10_000, 20_000):
        siigo.create_invoice(total=total)
    escala.faults.add_json({"kind": "refuse", "method": "POST", "path": "/crm/contacts", "status": 503})
    told = connected("sync", "acme", "--json")
    assert told.code in (1, 4)
    assert "error" not in told.document, "something was read"
    _sums_hold(told.document)
    siigo.switches.update({"failures": "500"})
    silent = connected("sync", "acme", "--json")
    assert silent.code == 4
    assert any(problem["code"] == "SIIGO_UNREACHABLE" for problem in silent.document["problems"])
    assert silent.document["error"]["code"] == "SIIGO_UNREACHABLE"
    assert connected("status", "acme", "--json").document["tone"] == "failed"


def test_refused_credentials_end_with_3_and_pause_at_the_second_time(
    connected: Program, siigo: SiigoSimulator
) -> None:
    siigo.change_access_key("otra")
    for _ in range(2):
        told = connected("sync", "acme", "--json")
        assert told.code == 3
        (problem,) = told.document["problems"]
        assert problem["code"] == "CREDENTIALS_REFUSED"
        # Nothing was read: its document is told as the error that it is, too.
        assert told.document["error"] == {"code": problem["code"], "message": problem["message"], "key": None}
        assert told.document["invoices"]["read"] == 0
    before = len(siigo.calls.entries())
    for command in ("sync", "retry"):
        paused = connected(command, "acme", "--json")
        assert (paused.code, paused.error["code"]) == (3, "CREDENTIALS_REFUSED")
    assert len(siigo.calls.entries()) == before
