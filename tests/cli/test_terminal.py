"""At a terminal: the first writing run asks, a bar is drawn, and documents stay documents."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import time

import pytest

from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator
from tests.cli.conftest import PROGRAM, Program

pytestmark = pytest.mark.slow


def _typed(program: Program, *words: str, answer: str | None = "") -> tuple[int, str]:
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
        if b"[s/N]" in shown and not answered:
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
