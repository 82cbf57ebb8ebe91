"""At a terminal: the first writing run asks, a bar is drawn, and documents stay documents."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from siigo_escala.cli import pilot
from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from tests.cli.conftest import FIELD, PROGRAM, Program

pytestmark = pytest.mark.slow


def _typed(program: Program, *words: str, answer: str | None = "", then: str = "") -> tuple[int, str]:
    """A command at a terminal; a person types `answer` once asked, None: Ctrl-C. What the terminal shows."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [PROGRAM, *words],
        env=program.whole,
        cwd=program.folder,
        stdin=follower,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    shown, answered, deadline = b"", False, time.monotonic() + 50
    while time.monotonic() < deadline:
        if not select.select([leader], [], [], 0.5)[0]:
            continue
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
        if b"\xc2\xbfSe ven bien? [s/N]" in shown and then:
            os.write(leader, f"{then}\n".encode())
            then = ""
        if (b"[s/N]" in shown or b"[s/3/N]" in shown) and not answered:
            answered = True
            if answer is None:
                process.send_signal(signal.SIGINT)
            else:
                os.write(leader, f"{answer}\n".encode())
    os.close(leader)
    return process.wait(timeout=20), shown.decode("utf-8", "replace")


def test_the_first_writing_run_says_what_it_will_do_and_asks(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    siigo.create_invoice(total=10_000)
    code, shown = _typed(connected, "sync", "acme", answer="n")
    assert code == 1
    assert "llamadas a Siigo" in shown
    assert "No se escribió nada" in shown
    assert escala.state()["deals"] == []
    code, shown = _typed(connected, "sync", "acme", answer="s")
    assert (code, "¿Continuar?" in shown) == (0, True)
    assert len(escala.state()["deals"]) == 1
    siigo.create_invoice(total=20_000)
    code, shown = _typed(connected, "sync", "acme")
    assert (code, "¿Continuar?" in shown) == (0, False)
    assert len(escala.state()["deals"]) == 2


def test_a_terminal_that_goes_away_keeps_no_run_from_its_work(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    siigo.create_invoice(total=10_000)
    leader, follower = pty.openpty()
    words, void = [str(PROGRAM), "sync", "acme", "--yes"], subprocess.DEVNULL
    process = subprocess.Popen(
        words, env=connected.whole, cwd=connected.folder, stdin=void, stdout=void, stderr=follower
    )
    os.close(follower)
    os.close(leader)
    assert process.wait(timeout=50) == 0
    assert len(escala.state()["deals"]) == 1


def test_a_pilot_of_three_is_written_and_shown_and_the_rest_waits_for_a_word(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    for number in range(5):
        siigo.create_invoice(total=10_000 + number)
    code, shown = _typed(connected, "sync", "acme", answer="3", then="n")
    assert "Creará 5 oportunidades por $ 50.010,00, de 1 vendedor" in shown.replace("\r\n", "\n")
    assert "Oportunidad en Escala" in shown
    assert len(escala.state()["deals"]) == 3
    assert code == 1
    code, _ = _typed(connected, "sync", "acme")
    assert (code, len(escala.state()["deals"])) == (0, 5)


def test_after_a_pilot_that_looks_right_the_rest_follows(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    for number in range(5):
        siigo.create_invoice(total=10_000 + number)
    code, _ = _typed(connected, "sync", "acme", answer="3", then="s")
    assert (code, len(escala.state()["deals"])) == (0, 5)


@pytest.mark.parametrize("option", ["--yes", "--json", "--dry-run"])
def test_some_runs_never_ask(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator, option: str
) -> None:
    siigo.create_invoice(total=10_000)
    code, shown = _typed(connected, "sync", "acme", option)
    assert (code, "¿Continuar?" in shown) == (0, False)
    assert len(escala.state()["deals"]) == (0 if option == "--dry-run" else 1)


def test_ctrl_c_at_the_question_ends_with_130_and_nothing_written(
    connected: Program, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    siigo.create_invoice(total=10_000)
    code, _ = _typed(connected, "sync", "acme", answer=None)
    assert code == 130
    assert escala.state()["deals"] == []


def test_where_the_first_invoices_speak_for_the_rest_the_question_says_so() -> None:
    plan = {
        "calls": {"siigo": 12, "escala": 1300}, "seconds": 60, "opportunities": 1040, "value": "1040000.00",
        "sellers": 2, "exact": False, "seen": 500, "of": 1040,
    }  # fmt: skip
    said = pilot.told("acme", plan)
    assert "Creará cerca de 1.040 oportunidades por cerca de $ 1.040.000,00" in said
    assert "de al menos 2 vendedores (según las primeras 500 de 1.040 facturas)" in said
    assert "según" not in pilot.told("acme", {**plan, "exact": True})


def test_the_first_run_that_makes_invoices_says_so_and_asks(
    single: Program, tmp_path: Path, siigo: SiigoSimulator, escala: EscalaSimulator
) -> None:
    siigo.create_customer()
    contact = escala.create_contact(first_name="Marcela", custom={FIELD: "900482137"})
    file = tmp_path / "acme.toml"
    file.write_text(
        f'name = "acme"\ndirection = "opportunities_to_invoices"\n[siigo]\n'
        f'username = "{siigo.company.username}"\naccess_key = "{siigo.company.access_key}"\n'
        f'[escala]\napi_key = "{escala.api_key}"\n[invoices]\ntrigger_pipeline = "Ventas"\n'
        f'trigger_stage = "Ganada"\ndocument_type = 24446\npayment_type = 5636\n'
        f'seller = "ventas@laceiba.example"\nidentification_field = "{FIELD}"\n'
        f'lines = "single"\nsingle_item = "INST-01"\n',
        encoding="utf-8",
    )
    assert single("connect", str(file)).code == 0
    escala.create_deal(name="Venta", contact_id=contact, value=1000, stage="Ganada")
    code, shown = _typed(single, "sync", "acme", answer="n")
    assert (code, len(siigo.company.invoices)) == (1, 0)
    assert "que escribe en Siigo" in shown
    code, shown = _typed(single, "sync", "acme", answer="s")
    assert (code, len(siigo.company.invoices)) == (0, 1)
    assert "Todo quedó en Siigo" in shown
    code, shown = _typed(single, "sync", "acme", answer="n")
    assert (code, "¿Continuar?" in shown) == (0, False)


def test_a_full_disk_under_standard_error_costs_its_lines_and_not_those_that_come_later() -> None:
    program = (
        "import os\n"
        "from siigo_escala.cli import output\n"
        "here, full = os.dup(2), os.open('/dev/full', os.O_WRONLY)\n"
        "os.dup2(full, 2)\n"
        "output.note('se pierde')\n"
        "print(os.path.samestat(os.fstat(2), os.fstat(full)))\n"
        "os.dup2(here, 2)\n"
        "output.note('se oye')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "True\n")
    assert "se oye" in done.stderr
