"""A minute of the engine under everything that can go wrong, on both stores."""

from __future__ import annotations

import json
from pathlib import Path

import psutil
import pytest

from tests.resilience.engine import moments

_PATIENCE_S = 280.0


@pytest.mark.timeout(300)
@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_a_minute_of_chaos_loses_and_doubles_nothing_and_keeps_every_schedule(
    verdict_folder: Path, store: str
) -> None:
    output = verdict_folder / f"{store}.json"
    process = int((verdict_folder / f"{store}.pid").read_text())
    deadline = moments.Deadline(_PATIENCE_S)
    while not output.exists() and psutil.pid_exists(process) and not deadline.passed():
        moments.pause(0.2)
    assert output.exists(), output.with_suffix(".err").read_text()
    verdict = json.loads(output.read_text())
    assert not verdict["wrong"], "\n".join([verdict["told"], *verdict["wrong"], str(verdict["figures"])])
    figures = verdict["figures"]
    assert figures["deaths"]
    assert figures["invoices"] > 20
    assert figures["daily runs"] == 2
