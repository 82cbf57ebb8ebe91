"""A Siigo Nube on this machine: state, behaviour and control, written from siigo-api.md alone."""

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from siigo_escala.simulators import clock as clocks
from siigo_escala.simulators import faults as faulting
from siigo_escala.simulators import scenario as scenarios
from siigo_escala.simulators.messages import CallLog, Request, Response
from siigo_escala.simulators.siigo import (
    access,
    business,
    errors,
    examples,
    invoice_routes,
    listing,
    other_routes,
)
from siigo_escala.simulators.siigo.calls import Call, Route
from siigo_escala.simulators.siigo.company import CATALOGUES, TABLES, Company
from siigo_escala.simulators.siigo.switches import Switches
from siigo_escala.simulators.siigo.table import Record

ROUTES: Mapping[tuple[str, str], Route] = {**invoice_routes.ROUTES, **other_routes.ROUTES}
_PATHS = {path for _, path in ROUTES}
_LISTS = ("invoices", "credit-notes", "customers", "vouchers")


class SiigoSimulator(business.Business):
    """One simulated Siigo; `serving.start(simulator)` puts it on a port.

    `company` is the first company; `add_company` makes further ones with credentials of their own.
    `now` replaces the machine's clock. Without `load` it has the catalogues, two users and three products
    of the reference, and no customer or document.
    """

    def __init__(
        self,
        *,
        username: str = "api@empresa.example",
        access_key: str = "clave-de-ejemplo",
        switches: Mapping[str, Any] | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self.clock = clocks.Clock(now)
        self.faults = faulting.Faults()
        self.calls = CallLog()
        self.lock = threading.RLock()
        self.switches = Switches(switches)
        self._lister = listing.Lister(self.switches, self.clock.now)
        self.companies: list[Company] = []
        self.company = self.add_company(username=username, access_key=access_key)

    def add_company(self, *, username: str, access_key: str) -> Company:
        """A further company; its document types have other ids."""
        if any(one.username == username for one in self.companies):
            raise ValueError(f"there is a company with the user {username} already")
        added = Company(
            username=username,
            access_key=access_key,
            clock=self.clock,
            switches=self.switches,
            ordinal=len(self.companies),
        )
        self.companies.append(added)
        return added

    def load(self, *, company: Company | None = None, **records: Iterable[Record]) -> None:
        """Puts canonical records in, by kind (`users`, `document_types`, `customers`, `invoices`, ...).

        Catalogues replace the example ones; iterables are read once and may be generators.
        """
        (company or self.company).load(records)

    def set_up(self, scenario: scenarios.Scenario) -> None:
        """Adds what a scenario says to this simulator."""
        with scenarios.part("switches"):
            self.switches.update(scenario.switches)
        with scenarios.part("faults"):
            self.faults.add_json(scenario.faults)
        if scenario.invoices:
            from siigo_escala.simulators import data

            today = scenario.today or self.clock.now().astimezone(UTC).date()
            with scenarios.part("invoices"):
                invented = data.company(
                    seed=scenario.seed,
                    invoices=scenario.invoices,
                    customers=scenario.customers,
                    today=today,
                    days=scenario.days,
                )
            data.load_siigo(self, invented)
        with scenarios.part("state"):
            self._load_state(self.company, scenario.state)

    def reset(self, scenario: scenarios.Scenario) -> None:
        """A new start with the same credentials: records, switches, faults, calls and clock offset."""
        first = self.company
        self.switches = Switches()
        self._lister = listing.Lister(self.switches, self.clock.now)
        self.clock.offset_s = 0.0
        self.faults.clear()
        self.calls.clear()
        self.companies = []
        self.company = self.add_company(username=first.username, access_key=first.access_key)
        self.set_up(scenario)

    def handle(self, request: Request) -> Response:
        """Answers one call of the API."""
        try:
            response = self._answer(request)
        except errors.ApiError as error:
            shape = self.switches["error_shape"]
            if error.status == 429 and self.switches["rate_limit_answer"] == "gateway":
                shape = "gateway"
            response = errors.answer(error, shape)
        if self.switches["blocks_on_errors"]:
            access.judge(self.companies, request, is_error=response.status >= 400)
        return response

    def control(self, request: Request) -> Response | None:
        """State, switches, business and reset; see `serving.py` for the rest."""
        match request.method, request.path.removeprefix("/_control/").rstrip("/"):
            case "GET", "state":
                return Response(200, self._state(request.query))
            case "GET", "switches":
                return Response(200, dict(self.switches))
            case "PUT", "switches":
                self.switches.update(request.json() or {})
                return Response(200, dict(self.switches))
            case "POST", "act":
                return Response(200, {"result": self.act(dict(request.json() or {}))})
            case "POST", "reset":
                self.reset(scenarios.parse(request.json()))
                return Response(200, self._state({}))
            case _:
                return None

    def act(self, order: dict[str, Any]) -> Any:
        """Does {"do": operation, ...its arguments}; "company" names a company by its user."""
        name = order.pop("do", None)
        if name == "add_company":
            return {"username": self.add_company(**order).username}
        if name not in business.OPERATIONS:
            known = ", ".join(sorted([*business.OPERATIONS, "add_company"]))
            raise ValueError(f"unknown operation {name!r}; known: {known}")
        if "company" in order:
            order["company"] = self._named(order["company"])
        return getattr(self, name)(**order)

    def _answer(self, request: Request) -> Response:
        for company in self.companies:
            company.settle()
        path = request.path.strip("/")
        if path == "auth" and request.method == "POST":
            return access.sign_in(self.companies, request, self.switches)
        company = access.company_of(self.companies, request, self.switches)
        route, identity = _route(request.method, path.removeprefix("v1/") if path.startswith("v1/") else "")
        self._fail_as_switched(request, path)
        call = Call(
            company=company,
            request=request,
            switches=self.switches,
            lister=self._lister,
            identity=identity,
        )
        return route(call)

    def _fail_as_switched(self, request: Request, path: str) -> None:
        match self.switches["failures"]:
            case "document_query_service" if request.method == "GET" and path.removeprefix("v1/") in _LISTS:
                raise errors.ApiError(503, "document_query_service", "The service is not available")
            case "500":
                raise errors.ApiError(500, "unhandled_error", "An unhandled error has occurred")
            case "504":
                raise errors.ApiError(504, "request_timeout", "The request timed out")

    def _named(self, username: str) -> Company:
        for company in self.companies:
            if company.username == username:
                return company
        raise ValueError(f"no company with the user {username}")

    def _load_state(self, company: Company, state: Mapping[str, Any]) -> None:
        """Explicit records; a customer or an invoice may be partial and is then completed."""
        for name, rows in state.items():
            if name == "companies":
                for row in rows:
                    further = dict(row)
                    records = further.pop("state", {})
                    self._load_state(self.add_company(**further), records)
            elif name == "credentials":
                company.username, company.access_key = rows["username"], rows["access_key"]
            elif name == "customers":
                whole = [row for row in rows if set(examples.CUSTOMER) <= set(row)]
                company.load({name: whole})
                for row in rows:
                    if row not in whole:
                        self.create_customer(company=company, **row)
            elif name == "invoices":
                company.load({name: [row for row in rows if "total" in row and "id" in row]})
                for row in rows:
                    if not ("total" in row and "id" in row):
                        self.create_invoice(company=company, **row)
            else:
                company.load({name: rows})

    def _state(self, query: Mapping[str, str]) -> Record:
        """Counts of each company; ?records=invoices,customers adds the first company's records."""
        shown: Record = {
            "clock": self.clock.now().isoformat(),
            "calls": len(self.calls),
            "companies": [
                {"username": one.username, **{name: len(one.tables[name]) for name in TABLES}}
                for one in self.companies
            ],
        }
        for name in filter(None, query.get("records", "").split(",")):
            if name in TABLES:
                shown[name] = list(self.company.tables[name].values())
            elif name in CATALOGUES:
                shown[name] = self.company.catalogues[name]
            else:
                raise ValueError(
                    f"unknown kind of record {name!r}; known: {', '.join([*TABLES, *CATALOGUES])}"
                )
        return shown


def _route(method: str, path: str) -> tuple[Route, str]:
    parts = path.split("/")
    patterns = [(path, "")]
    if len(parts) > 1:
        patterns.append(("/".join([parts[0], "{id}", *parts[2:]]), parts[1]))
    for pattern, identity in patterns:
        route = ROUTES.get((method, pattern))
        if route is not None:
            return route, identity
    if any(pattern in _PATHS for pattern, _ in patterns):
        raise errors.ApiError(405, "method_not_allowed", "The method is not allowed")
    raise errors.ApiError(404, "not_found", "The resource doesn't exist")
