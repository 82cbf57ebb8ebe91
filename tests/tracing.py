"""What coverage follows: the tests of the packages it reports, on one store, and no simulator.

Python runs at half its speed in every thread that is traced, so the rest of the tests go without. What only a
test elsewhere reaches counts as untried: each package is tried whole by its own tests.
"""

from __future__ import annotations

import socketserver
import sys
from collections.abc import Mapping
from typing import Any

import pytest

_FOLLOWED = {"domain", "rest", "siigo", "escala", "sync"}
"""Folders of tests, named like their packages."""


def is_followed(item: pytest.Item, parameters: Mapping[str, object]) -> bool:
    """Whether what this test runs counts."""
    folder = item.path.relative_to(item.config.rootpath / "tests").parts[0]
    return folder in _FOLLOWED and parameters.get("database_url") != "postgresql"


def leave_out_servers() -> None:
    """Threads that answer as Siigo or Escala are never traced."""
    answer = socketserver.ThreadingMixIn.process_request_thread

    def answer_untraced(self: Any, request: Any, client_address: Any) -> None:
        sys.settrace(None)
        answer(self, request, client_address)

    socketserver.ThreadingMixIn.process_request_thread = answer_untraced  # type: ignore[method-assign]
