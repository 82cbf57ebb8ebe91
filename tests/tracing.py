"""Whose steps are looked at for the coverage report: those of the tests that it is about. They come first.

Tracing costs a test a third of its time, wherever its code lies: under it Python asks before every step of
every library. These tests cover the packages of the report to the last branch, and on SQLite alone, so the
others run without it.
It is switched off once and stays off: with threads under way Python refuses to switch it on again.
"""

from __future__ import annotations

import coverage
import pytest

_TRACED = (
    "domain/",
    "rest/",
    "siigo/",
    "escala/",
    "sync/",
    # What these screens ask of sync they alone try to the end.
    "web/test_connecting.py",
    "web/test_direction.py",
    "web/test_previewing.py",
    "web/test_rules.py",
    "web/test_sellers.py",
)
"""Parts of the folder of tests."""


def traced_first(items: list[pytest.Item]) -> None:
    """Otherwise their order stays as it is."""
    items.sort(key=lambda item: not _is_traced(item))


def stop_before(item: pytest.Item) -> None:
    """Nothing is traced from the first test on that need not be."""
    current = coverage.Coverage.current()
    if current is not None and not _is_traced(item):
        current.stop()


def _is_traced(item: pytest.Item) -> bool:
    if "postgresql" in item.nodeid and "machine" not in item.nodeid:
        return False  # but where the database itself is what is looked at
    return item.nodeid.removeprefix("tests/").startswith(_TRACED)
