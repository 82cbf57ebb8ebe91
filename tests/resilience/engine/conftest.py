"""The minute of chaos is mostly waiting: it begins with the session, and its tests come last."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from tests.resilience.engine import told

_TESTS = Path(__file__).with_name("test_minute.py")
_TOLERANCE_S = 90.0
"""Beside a whole test session a worker waits for its processor, too."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever asks for the verdicts does it when everything else is done."""
    items.sort(key=lambda item: item.path == _TESTS)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Both stores begin, once in a session, where somebody will ask for them."""
    if session.config.option.collectonly or not any(item.path == _TESTS for item in session.items):
        return
    folder = verdicts(session.config)
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "lock"):
        for store in ("sqlite", "postgresql"):
            pid = folder / f"{store}.pid"
            if not pid.exists():
                process = told.started(
                    store, minutes=1.0, seed=0, tolerance_s=_TOLERANCE_S, output=folder / f"{store}.json"
                )
                pid.write_text(str(process.pid))
                # It ends by itself, or with this session; nobody waits for it here.
                process.returncode = 0


def verdicts(config: pytest.Config) -> Path:
    """The folder of all workers of this session."""
    base = Path(config._tmp_path_factory.getbasetemp())  # type: ignore[attr-defined]
    return (base.parent if hasattr(config, "workerinput") else base) / "engine"


@pytest.fixture
def verdict_folder(request: pytest.FixtureRequest) -> Path:
    """Where the verdicts of this session's chaos come to stand."""
    return verdicts(request.config)
