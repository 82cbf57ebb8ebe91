"""The same world as the tests of the run have."""

from __future__ import annotations

from tests.sync.conftest import world

__all__ = ["world"]
