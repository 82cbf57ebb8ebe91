"""The same worlds as for the run's own tests: both systems, both stores."""

from __future__ import annotations

from tests.sync.conftest import world

__all__ = ["world"]
