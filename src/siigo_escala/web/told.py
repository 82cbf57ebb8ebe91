"""What is stored about a company, in the shape from which its status sentence is made (standing.py)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """So many invoices, worth so much."""

    count: int = 0
    value: Decimal = Decimal(0)

    def __add__(self, other: Amount) -> Amount:
        return Amount(count=self.count + other.count, value=self.value + other.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """A run under way, or the last one that did not come to its end."""

    number: int
    done: int = 0
    total: int | None = None
    started: datetime | None = None
    first: bool = False
    left_s: float | None = None
    turning: bool = False
    """It began in the direction that the rules no longer say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOff:
    """A system that asked for a pause: nobody calls it before."""

    system: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """Who switched the schedule off, and why."""

    since: datetime
    who: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A system that gives no usable answer. `again`: when the engine tries next."""

    system: str
    since: datetime
    tries: int
    again: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is stored about a company, as of `now`. Amounts of the month by the keys of `states.STATES`."""

    now: datetime
    zone: ZoneInfo
    month: date
    parts: dict[str, Amount]
    total: Amount = field(default_factory=Amount)
    """All of them, counted apart."""
    back: bool = False
    """Opportunities become invoices: the parts are those of the whole ledger."""
    noun: str = "factura,facturas"
    drafts: int = 0
    """Invoices of ours that nobody has sent to the DIAN yet."""
    stage: str = ""
    """Where opportunities become invoices."""
    waiting: Amount = field(default_factory=Amount)
    """Not sent yet, of all months."""
    attention: Amount = field(default_factory=Amount)
    """Needs a person or failed, of all months."""
    unknown: Amount = field(default_factory=Amount)
    working: bool = True
    """A worker lives."""
    storage: str = ""
    """Why nothing can be stored."""
    forgotten: bool = False
    step: int = 0
    """Of the assistant that connects it, while that has not come to its end."""
    paused: str = ""
    paused_at: datetime | None = None
    paused_text: str = ""
    refused_share: float = 0.0
    gone: str = ""
    """A stage, field or pipeline of the rules that Escala no longer has."""
    other_writer: tuple[str, ...] = ()
    """Invoices of which somebody else has made opportunities, until a person says that it is off."""
    going: Going | None = None
    held_off: HeldOff | None = None
    outage: Outage | None = None
    interrupted: Going | None = None
    stopped: Going | None = None
    ever_read: bool = True
    """Something was read: a run that found its system out of reach is none yet."""
    ever_sent: bool = True
    read_until: datetime | None = None
    last_success: datetime | None = None
    stale_after: timedelta = timedelta(hours=26)
    sum_differs: Amount = field(default_factory=Amount)
    differing: Amount = field(default_factory=Amount)
    """Deals whose value in Escala is not what was sent."""
    automatic: bool = True
    resting: Resting | None = None
    """Where a person paused it; None: the schedule was never on, or its file says so."""
    next_run: datetime | None = None
