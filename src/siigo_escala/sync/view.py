"""What a run knows of Escala: how sure its reads were, and what holds every creation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from siigo_escala.domain.compact import IdSet
from siigo_escala.domain.planning import NeedsAttention

Resource = Literal["deals", "contacts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One read of deals or contacts. `counts`: absence from it means absence there, as of `started`.

    Moments are Escala's.

    `ids` holds every id for a complete read, None where only changes were read.
    """

    resource: Resource
    counts: bool
    why: str = ""
    lagging: bool = False
    """It does not count for one reason alone: it lacks deals that we made within the last hour."""
    started: datetime
    ids: IdSet | None = None
    since: datetime | None = None


@dataclass(slots=True, kw_only=True)
class View:
    """What this run knows of Escala. `sure`: absence from the index means absence there."""

    sure: bool
    why: str = ""
    hold: NeedsAttention | None = None
    """The configured pipeline or stage is gone: nothing can be created."""
    deals: Reading | None = None
    contacts: Reading | None = None
