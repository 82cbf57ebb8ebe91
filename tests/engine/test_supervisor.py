"""Several processes as one: what dies comes again, what cannot start ends all, nobody is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from siigo_escala.engine import parent
from siigo_escala.engine.supervisor import Pace, Supervisor

QUICK = Pace(first_s=0.01, most_s=0.04, steady_s=60, drain_s=20, refusals=3)
LIVES = "import sys; sys.stdin.read()"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); {told}; time.sleep(60)"
WAIT_S = 20


class Stage:
    """Stand-ins for processes: each notes its starts in a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def command(self, name: str, program: str = LIVES, *, told_first: bool = True) -> list[str]:
        told = f"open({str(self._folder / name)!r}, 'a').write(str(__import__('os').getpid()) + '\\n')"
        body = program.format(told=told) if "{told}" in program else program
        return [sys.executable, "-c", f"{told}\n{body}" if told_first else body]

    def pids(self, name: str) -> list[int]:
        path = self._folder / name
        return [int(line) for line in path.read_text().split()] if path.exists() else []


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def _until(true: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def _run(supervisor: Supervisor, meanwhile: Callable[[], None]) -> str | None:
    """Runs here, and `meanwhile` beside; what went wrong in it is raised here."""
    wrong: list[BaseException] = []

    def beside() -> None:
        try:
            meanwhile()
        except BaseException as problem:  # noqa: BLE001 - raised again below
            wrong.append(problem)
        supervisor.ask_to_end()

    thread = threading.Thread(target=beside)
    thread.start()
    outcome = supervisor.run()
    thread.join()
    if wrong:
        raise wrong[0]
    return outcome


def _supervisor(pace: Pace = QUICK, **commands: list[str]) -> Supervisor:
    return Supervisor(commands=commands, environ=os.environ, pace=pace)


def test_all_of_them_end_when_that_is_asked(stage: Stage) -> None:
    supervisor = _supervisor(web=stage.command("web"), worker=stage.command("worker"))
    assert _run(supervisor, lambda: _until(lambda: stage.pids("web") and stage.pids("worker"))) is None
    assert not [pid for name in ("web", "worker") for pid in stage.pids(name) if psutil.pid_exists(pid)]


def test_what_is_killed_comes_again_and_the_other_is_left_alone(stage: Stage) -> None:
    def kill() -> None:
        _until(lambda: stage.pids("web") and stage.pids("worker"))
        os.kill(stage.pids("web")[0], signal.SIGKILL)
        _until(lambda: len(stage.pids("web")) == 2)

    assert _run(_supervisor(web=stage.command("web"), worker=stage.command("worker")), kill) is None
    assert len(stage.pids("worker")) == 1


def test_pauses_grow_up_to_the_longest(stage: Stage) -> None:
    with capture_logs() as logged:
        _run(
            _supervisor(web=stage.command("web", "raise SystemExit(1)")),
            lambda: _until(lambda: len(stage.pids("web")) >= 5),
        )
    ended = [one for one in logged if one["event"] == "process ended"]
    assert [one["next_start_in_s"] for one in ended][:4] == [0.01, 0.02, 0.04, 0.04]
    assert {one["exit_code"] for one in ended} == {1}


def test_after_a_while_alive_the_first_pause_counts_again(stage: Stage) -> None:
    pace = Pace(first_s=0.01, most_s=60, steady_s=0, drain_s=20)
    with capture_logs() as logged:
        _run(
            _supervisor(pace, web=stage.command("web", "raise SystemExit(2)")),
            lambda: _until(lambda: len(stage.pids("web")) >= 5),
        )
    assert {one["next_start_in_s"] for one in logged if one["event"] == "process ended"} == {0.01}


def test_what_refuses_to_start_three_times_in_a_row_ends_the_whole(stage: Stage) -> None:
    supervisor = _supervisor(web=stage.command("web", "raise SystemExit(2)"), worker=stage.command("worker"))
    assert supervisor.run() == "web"
    assert len(stage.pids("web")) == 3
    assert not [pid for pid in stage.pids("worker") if psutil.pid_exists(pid)]


def test_a_crash_between_refusals_begins_their_count_anew(stage: Stage, tmp_path: Path) -> None:
    codes = tmp_path / "codes"
    codes.write_text("2 2 1 2 2 2 0")
    program = (
        f"import pathlib; path = pathlib.Path({str(codes)!r}); first, *rest = path.read_text().split()\n"
        "path.write_text(' '.join(rest)); raise SystemExit(int(first))"
    )
    assert _supervisor(web=stage.command("web", program)).run() == "web"
    assert codes.read_text() == "0"


def test_what_does_not_end_in_time_is_killed(stage: Stage) -> None:
    pace = Pace(drain_s=0.2)
    supervisor = _supervisor(pace, web=stage.command("web", STUBBORN, told_first=False))
    with capture_logs() as logged:
        assert _run(supervisor, lambda: _until(lambda: stage.pids("web"))) is None
    assert "process killed" in [one["event"] for one in logged]
    assert not psutil.pid_exists(stage.pids("web")[0])


def test_who_asks_twice_waits_no_longer(stage: Stage) -> None:
    supervisor = _supervisor(web=stage.command("web", STUBBORN, told_first=False))

    def ask_once_more() -> None:
        _until(lambda: stage.pids("web"))
        supervisor.ask_to_end()

    begun = time.monotonic()
    assert _run(supervisor, ask_once_more) is None
    assert time.monotonic() - begun < QUICK.drain_s
    assert not psutil.pid_exists(stage.pids("web")[0])


def test_what_is_waiting_for_its_next_start_does_not_hold_up_the_end(stage: Stage) -> None:
    supervisor = _supervisor(Pace(first_s=60), web=stage.command("web", "raise SystemExit(1)"))
    with capture_logs() as logged:
        ended = lambda: any(one["event"] == "process ended" for one in logged)  # noqa: E731 - shortest
        assert _run(supervisor, lambda: _until(ended)) is None


def test_a_supervisor_that_is_killed_leaves_nobody_behind(stage: Stage) -> None:
    child = stage.command(
        "worker",
        "import threading\nfrom siigo_escala.engine import parent\nend = threading.Event()\n"
        "parent.watch(end.set)\n{told}\nend.wait(60)",
        told_first=False,
    )
    program = (
        "import os; from siigo_escala.engine.supervisor import Supervisor\n"
        f"Supervisor(commands={{'worker': {child!r}}}, environ=os.environ).run()"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
    _until(lambda: stage.pids("worker"))
    (left,) = stage.pids("worker")
    supervisor.kill()
    supervisor.wait()
    _until(lambda: not psutil.pid_exists(left) or psutil.Process(left).status() == psutil.STATUS_ZOMBIE)


def test_a_process_that_nobody_supervises_does_not_look_at_its_standard_input() -> None:
    called: list[bool] = []
    assert parent.watch(lambda: called.append(True), environ={}) is False
    assert not called


def test_a_closed_pipe_says_that_the_parent_is_gone_whatever_was_written_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exits: list[int] = []
    monkeypatch.setattr(os, "_exit", exits.append)
    monkeypatch.setattr(parent, "LAST_S", 0.0)
    read_end, write_end = os.pipe()
    gone = threading.Event()
    assert parent.watch(gone.set, environ=parent.marked({}), fd=read_end)
    os.write(write_end, b"x")
    assert not gone.wait(0.05)
    os.close(write_end)
    assert gone.wait(WAIT_S)
    _until(lambda: exits == [1])
    os.close(read_end)


def test_a_pipe_that_cannot_be_read_counts_as_a_parent_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    exits: list[int] = []
    monkeypatch.setattr(os, "_exit", exits.append)
    # With its real patience it would outlive the test, and end the process of the tests.
    monkeypatch.setattr(parent, "LAST_S", 0.0)
    read_end, write_end = os.pipe()
    os.close(write_end)
    os.close(read_end)
    gone = threading.Event()
    assert parent.watch(gone.set, environ=parent.marked({}), fd=read_end)
    assert gone.wait(WAIT_S)
    _until(lambda: exits == [1])
