"""Read by the server that forks the processes to be killed: what each of them needs, before any is begun."""

from __future__ import annotations

from tests import ready

ready.load()
