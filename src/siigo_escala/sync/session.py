"""What a run works with: the connection, both clients, the lease, the account, the clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.db import transaction

from siigo_escala.config.env import Environment
from siigo_escala.domain.directions import BACK
from siigo_escala.domain.planning import Rules
from siigo_escala.domain.rules import ConnectionFile
from siigo_escala.escala.client import EscalaClient
from siigo_escala.siigo.client import SiigoClient
from siigo_escala.store import counting, erasing, models
from siigo_escala.store.errors import LeaseLost
from siigo_escala.store.lease import Lease
from siigo_escala.sync.account import Calls, Tally
from siigo_escala.sync.view import View

Phase = Literal["siigo", "escala", "opportunities", "invoices", "settle", "done"]
_PROGRESS_EVERY_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked of a run. Dates are local days, both inclusive."""

    kind: Literal["sync", "retry"] = "sync"
    date_from: date | None = None
    date_to: date | None = None
    invoices: tuple[str, ...] = ()
    opportunities: tuple[str, ...] = ()
    """Ids of deals, in the other direction."""
    limit: int | None = None
    dry_run: bool = False
    sweep: bool | None = None
    """True: even where none is due; False: not even where one is; None: when it is due."""
    by: Literal["schedule", "person", "rules", "command"] = "schedule"
    """What began it: the timetable, a request of a person or of changed rules, or a command."""

    @property
    def by_dates(self) -> bool:
        """The run reads a span of dates whole."""
        return self.date_from is not None or self.date_to is not None

    @property
    def ordinary(self) -> bool:
        """Neither dates nor names: everything new or changed, and what is still open."""
        return not self.by_dates and not self.invoices and not self.opportunities

    @property
    def widened(self) -> bool:
        """A person named what is to be done: `start` leaves none of it out, and it is only a part."""
        return self.kind == "retry" or not self.ordinary

    def to_json(self) -> dict[str, Any]:
        """As a run keeps it."""
        return {
            "from": self.date_from.isoformat() if self.date_from else None,
            "to": self.date_to.isoformat() if self.date_to else None,
            "invoices": list(self.invoices),
            **({"opportunities": list(self.opportunities)} if self.opportunities else {}),
            "limit": self.limit,
            "dry_run": self.dry_run,
            "sweep": self.sweep,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a run is: told often, shown or kept by whoever listens."""

    phase: Phase
    done: int = 0
    total: int | None = None
    siigo_calls: int = 0
    escala_calls: int = 0

    def to_json(self) -> dict[str, Any]:
        """As the run's row keeps it."""
        return {
            "phase": self.phase,
            "done": self.done,
            "total": self.total,
            "calls": {"siigo": self.siigo_calls, "escala": self.escala_calls},
        }


@dataclass(slots=True, kw_only=True)
class Reached:
    """What a run told last, and whether its row should be told again: a new phase, else once a second."""

    told: Progress | None = None
    _kept: Progress | None = None
    _kept_at: float = float("-inf")

    def due(self) -> Progress | None:
        """What the row does not know yet; None: nothing new, or told a moment ago."""
        now = time.monotonic()
        if self.told is None or self.told == self._kept:
            return None
        same_phase = self._kept is not None and self._kept.phase == self.told.phase
        if same_phase and now - self._kept_at < _PROGRESS_EVERY_S:
            return None
        self._kept, self._kept_at = self.told, now
        return self.told


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What a dry run says of one invoice that a run would send, or take as already there."""

    kind: Literal["created", "updated", "linked"]
    invoice: str
    siigo_id: str
    day: date | None
    customer: str
    new_contact: bool = False
    owner: str = ""
    value: Decimal
    before: Decimal | None = None
    """The value that Escala shows by now, of an update."""
    why: str = ""


class Stopped(Exception):
    """A person asked the run to end; what was done is kept, the rest is NOT_REACHED."""


class Declined(Exception):
    """The person said no to the plan: nothing was written."""


@dataclass(slots=True, kw_only=True)
class Listener:
    """How a run is heard and stopped. Each part may be left out."""

    progress: Callable[[Progress], None] = lambda _: None
    say: Callable[[str], None] = lambda _: None
    plan: Callable[[dict[str, Any]], bool] = lambda _: True
    """Told the plan before the first write; False ends the run there."""
    foreseen: Callable[[Foreseen], None] = lambda _: None
    """Told by a dry run of every invoice that would be sent or linked."""
    stop: threading.Event = field(default_factory=threading.Event)
    """The run ends after the call under way."""
    enough: threading.Event = field(default_factory=threading.Event)
    """The run makes no further opportunity, but reads and accounts to its end: others wait for their turn."""

    def wait(self, seconds: float) -> None:
        """Waits, unless the run is asked to stop meanwhile."""
        if self.stop.wait(seconds):
            raise Stopped


@dataclass(slots=True, kw_only=True)
class Session:
    """One run's surroundings. `lease` is None in a dry run, and then nothing of the ledger may change."""

    environment: Environment
    connection: models.Connection
    file: ConnectionFile
    rules: Rules
    siigo: SiigoClient
    escala: EscalaClient
    options: Options
    listener: Listener
    now: Callable[[], datetime]
    calls: Calls
    started: datetime
    keep_learned: Callable[[], None] = lambda: None
    """Stores what the clients learnt of Escala's API since the last call."""
    close: Callable[[], None] = lambda: None
    """Gives the clients' connections back."""
    erased: erasing.Erased = erasing.NOBODY
    """Persons whose data is never kept again (docs/guia/copias-y-datos.md)."""
    lease: Lease | None = None
    supposed: bool = False
    """A dry run by rules that nobody has saved: it is no rehearsal of those that stand."""
    run: models.Run | None = None
    tally: Tally = field(default_factory=Tally)
    notes_unsaved: dict[str, dict[str, models.CreditNote]] = field(default_factory=dict)
    """Credit notes that a dry run read and does not keep, by invoice and note."""
    escala_ahead: timedelta | None = None
    """How far Escala's clock is ahead of ours, by the `Date` header of this run's first list."""
    view: View | None = None
    """What this run read of Escala before its first write; None: it has not looked."""
    identification_fields: list[str] | None = None
    """Custom fields that hold the identification in this Escala account; None: not asked for yet."""
    deals_doubted: int = 0
    """Deals that the index holds of earlier runs and that this one asked for before it took them as there."""
    doubts_read: bool = False
    """All deals were read because so many were doubted: once, whatever that read was worth."""
    products_read: bool = False
    owners: dict[int, str] = field(default_factory=dict)
    """Escala user by Siigo seller, for the linked ones."""
    seller_names: dict[int, str] = field(default_factory=dict)
    refused_parts: dict[str, frozenset[str]] = field(default_factory=dict)
    """What of a customer's contact Escala refused in this run as somebody else's: "email", "phone"."""
    contacts_planned: set[str] = field(default_factory=set)
    """Customers for whom a dry run would make a contact."""
    contacts_fresh: set[str] = field(default_factory=set)
    """Contacts that were made in this run and have no deal yet."""
    products_refused: set[str] = field(default_factory=set)
    """Codes that Escala would not register in this run."""
    products_planned: set[str] = field(default_factory=set)
    """Codes that a dry run would register."""
    sellers_read: bool = False
    born: frozenset[str] | None = None
    """Siigo ids of invoices that the other direction made; None: not asked for yet."""
    update_checked: bool = False
    """An update of this run was read back and had touched nothing but what is ours."""
    claimed: dict[str, str] = field(default_factory=dict)
    """Contacts that this run gave to a customer on the evidence of e-mail or phone: identity by contact."""
    lone_customers: set[str] = field(default_factory=set)
    """Siigo ids that had no answer in this run: not asked for again."""
    lone_failures: int = 0
    """Records of this run that Escala had no answer for."""
    created: int = 0
    """Opportunities made, or in a dry run to be made, so far: what `--limit` counts."""
    gave_way: bool = False
    """Something that this run would have made was left for the next one, because others wait."""
    plan: dict[str, Any] | None = None
    """What the other direction told before its first write, as it stands in the document."""
    planned_s: float | None = None
    """How long the whole run was told to take, once it has a plan."""
    planned_writes: int = 0
    """Opportunities that the plan foretold: what progress is measured by while more is read."""
    calls_kept: tuple[int, int] = (0, 0)
    """Calls to Escala, and those refused, that are counted in the database by now."""
    reached: Reached = field(default_factory=Reached)
    """Where the run is, for those who look at its row from outside."""
    siigo_now: datetime | None = None
    """Siigo's own clock, from its `Date` header at the first read of this run."""

    def escala_now(self) -> datetime:
        """Now by Escala's clock: what is compared with its `created` and `modified` must follow it."""
        return self.now() + (self.escala_ahead or timedelta(0))

    @property
    def invoicing(self) -> bool:
        """Opportunities become invoices, not the reverse."""
        return self.file.direction == BACK

    @property
    def dry(self) -> bool:
        """Nothing of the ledger may change."""
        return self.options.dry_run

    @property
    def first(self) -> bool:
        """The first run of this connection: it reads by invoice date from `start`."""
        return self.options.kind == "sync" and self.options.ordinary and self.connection.invoices_mark is None

    @property
    def zone(self) -> ZoneInfo:
        """The connection's zone: days and schedules are local to it."""
        return ZoneInfo(self.file.time_zone)

    @property
    def run_id(self) -> int:
        """The run's number; 0 in a dry run."""
        return self.run.pk if self.run is not None else 0

    @contextmanager
    def ledger(self) -> Iterator[None]:
        """A transaction in which the ledger may change, for the holder of the lease alone."""
        with self._held().fence():
            yield
            self._keep_progress()

    def prove(self) -> None:
        """The lease is still ours, or LeaseLost: asked before every write to a remote system."""
        self._held().prove()

    def _held(self) -> Lease:
        if self.lease is None:
            raise RuntimeError("a dry run changes nothing but caches")
        return self.lease

    @contextmanager
    def index(self) -> Iterator[None]:
        """A transaction for caches, which a dry run may change too."""
        with self.lease.fence() if self.lease is not None else transaction.atomic():
            if self.lease is None:
                self._still_knows_the_erased()
            yield
            self._keep_progress()

    def _still_knows_the_erased(self) -> None:
        """LeaseLost where a person was erased since this dry run began: what it keeps would bring it back."""
        account = self.connection.escala_id
        # `personal-data erase` changes this row, too: PostgreSQL waits for its end here.
        models.EscalaAccount.objects.select_for_update(no_key=True).filter(pk=account).first()
        if models.Erasure.objects.filter(escala=account).count() != len(self.erased.marks):
            raise LeaseLost

    def check_stop(self) -> None:
        """Raises Stopped where a person asked for it."""
        if self.listener.stop.is_set():
            raise Stopped

    def tell(self, phase: Phase, done: int = 0, total: int | None = None) -> None:
        """Reports where the run is."""
        self.reached.told = Progress(
            phase=phase,
            done=done,
            total=total,
            siigo_calls=self.calls.siigo,
            escala_calls=self.calls.escala,
        )
        self.listener.progress(self.reached.told)

    def keep_calls(self) -> None:
        """Counts the calls to Escala since the last time, along with whatever is being committed."""
        counted = (self.calls.escala, self.calls.refused_escala)
        calls, refused = (now - before for now, before in zip(counted, self.calls_kept, strict=True))
        if calls:
            account = f"escala:{self.connection.escala_id}"
            counting.add(account, calls=calls, refused=refused, now=self.now())
            self.calls_kept = counted

    def _keep_progress(self) -> None:
        """Puts what was told last into the run's row, along with whatever is being committed."""
        if self.run is not None and (told := self.reached.due()) is not None:
            self.keep_calls()
            models.Run.objects.filter(pk=self.run.pk).update(
                progress=told.to_json() | {"seconds": self.planned_s}
            )
