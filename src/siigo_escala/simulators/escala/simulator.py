"""The Escala simulator: accounts by key, the gateway before them, scenarios and its own control address."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from siigo_escala.simulators import clock as clocks
from siigo_escala.simulators import faults as faulting
from siigo_escala.simulators import scenario as scenarios
from siigo_escala.simulators.escala import refusals
from siigo_escala.simulators.escala.account import Account
from siigo_escala.simulators.escala.operations import Operations
from siigo_escala.simulators.escala.refusals import Refused
from siigo_escala.simulators.escala.routes import Routes
from siigo_escala.simulators.escala.switches import Switches
from siigo_escala.simulators.messages import CallLog, Request, Response

DEFAULT_KEY = "llave-de-ejemplo"


class EscalaSimulator(Operations):
    """An Escala with one account or several (`add_account`); the operations are those of the first.

    Serve it with `serving.start(simulator)`. State may be read and changed from tests at any time.
    """

    def __init__(
        self,
        *,
        api_key: str = DEFAULT_KEY,
        switches: Mapping[str, object] | None = None,
        now: Callable[[], datetime] | None = None,
        seed: int = 1,
    ) -> None:
        self.clock = clocks.Clock(now)
        self.faults = faulting.Faults()
        self.calls = CallLog()
        self.lock = threading.RLock()
        self.switches = Switches()
        self.switches.change(switches or {})
        self._seed = seed
        self._recent: deque[float] = deque()
        self._doors: dict[str, tuple[Account, Routes]] = {}
        super().__init__(self._opened(api_key), self.lock)

    @property
    def api_key(self) -> str:
        """The key that opens the first account now."""
        return next(key for key, (account, _) in self._doors.items() if account is self.account)

    def add_account(self, api_key: str) -> Operations:
        """Another furnished account behind a key of its own; what people do there."""
        with self.lock:
            return Operations(self._opened(api_key), self.lock)

    def on(self, api_key: str) -> Operations:
        """What people do in the account that this key opens."""
        return Operations(self._doors[api_key][0], self.lock)

    def rotate_key(self, new_key: str, *, old_key: str | None = None) -> None:
        """A new key for an account; the old one is refused from now on."""
        with self.lock:
            self._doors[new_key] = self._doors.pop(old_key or self.api_key)

    def load(self, **parts: Iterable[Any]) -> None:
        """Store records of the first account as they are; see `Account.load`."""
        with self.lock:
            self.account.load(**parts)

    def state(self) -> dict[str, Any]:
        """Everything the first account holds, in the form of a scenario's `state`."""
        with self.lock:
            return self.account.state()

    def set_up(self, scenario: scenarios.Scenario) -> None:
        """Add what a scenario says to this simulator; `latency_s` is the server's.

        A part of `state` that lists pipelines, owners or custom fields takes the place of the furnished ones.
        """
        account, state = self.account, scenario.state
        with self.lock:
            with scenarios.part("switches"):
                self.switches.change(scenario.switches)
            with scenarios.part("faults"):
                self.faults.add_json(scenario.faults)
            for part, furnished in (
                ("pipelines", account.pipelines.all),
                ("owners", account.setting.owners),
                ("custom_fields", account.setting.custom_fields),
            ):
                if part in state:
                    furnished.clear()
            with scenarios.part("state"):
                account.load(**state)
        if scenario.invoices:
            from siigo_escala.simulators import data

            with scenarios.part("invoices"):
                company = data.company(
                    seed=scenario.seed,
                    invoices=scenario.invoices,
                    customers=scenario.customers,
                    today=scenario.today or self.clock.now().date(),
                    days=scenario.days,
                )
            data.load_escala(self, company)

    def reset(self, scenario: scenarios.Scenario) -> None:
        """Begin anew with one furnished account as a scenario describes; ValueError names an unknown key."""
        Switches().change(scenario.switches)
        with self.lock:
            key = self.api_key
            self.switches = Switches()
            self._seed = scenario.seed
            self._doors.clear()
            self.account = self._opened(key)
            self.calls.clear()
            self.faults.clear()
            self.set_up(scenario)

    def handle(self, request: Request) -> Response:
        """Answer one call of the public API."""
        if self._is_throttled():
            wait = self.switches.rate_retry_after
            answer = refusals.gateway(429, "Too Many Requests")
            return Response(429, answer.body, {"Retry-After": f"{wait:g}"} if wait else {})
        door = self._doors.get(request.headers.get("x-api-key", ""))
        if door is None:
            return refusals.gateway(int(self.switches.key_refused), "Forbidden")
        try:
            answer_or_none = door[1].answer(request)
        except Refused as refused:
            return refusals.answer(refused, self.switches)
        if answer_or_none is not None:
            return answer_or_none
        if self.switches.unknown_path == "404":
            return refusals.gateway(404, "Not Found")
        return refusals.gateway(403, "Missing Authentication Token")

    def control(self, request: Request) -> Response | None:
        """Answer a call of the control address: state, switches, act, reset."""
        match request.method, request.path.removeprefix("/_control/").rstrip("/"):
            case "GET", "state":
                return Response(200, self.state())
            case "GET", "switches":
                return Response(200, self.switches.as_json())
            case "PUT", "switches":
                self.switches.change(request.json())
                return Response(200, self.switches.as_json())
            case "POST", "act":
                return Response(200, {"result": self._act(dict(request.json()))})
            case "POST", "reset":
                self.reset(scenarios.parse(request.json()))
                return Response(200, {"done": True})
            case _:
                return None

    def _act(self, order: dict[str, Any]) -> object:
        name = order.pop("do", "")
        key = order.pop("account", None)
        if name in ("rotate_key", "load"):
            return getattr(self, name)(**order)
        if name == "add_account":
            self.add_account(**order)
            return None
        if name.startswith("_") or name not in vars(Operations):
            known = [one for one in vars(Operations) if not one.startswith("_")]
            raise ValueError(f"unknown operation {name!r}; known: {', '.join(sorted(known))}")
        try:
            return getattr(self.on(key) if key else self, name)(**order)
        except Refused as refused:
            raise ValueError(refused.message) from refused

    def _opened(self, api_key: str) -> Account:
        account = Account(clock=self.clock, switches=self.switches, seed=f"{self._seed}:{api_key}")
        account.furnish()
        self._doors[api_key] = (account, Routes(account))
        return account

    def _is_throttled(self) -> bool:
        allowed = self.switches.calls_per_second
        if not allowed:
            return False
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if len(self._recent) >= allowed:
            return True
        self._recent.append(now)
        return False
