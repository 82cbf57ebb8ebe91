"""One call that got past the door: its company, its body, and what routes share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from siigo_escala.simulators.messages import Request, Response
from siigo_escala.simulators.siigo import errors, listing, wire
from siigo_escala.simulators.siigo.company import Company
from siigo_escala.simulators.siigo.switches import Switches
from siigo_escala.simulators.siigo.table import Record, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a route gets; `identity` is the id in the path, empty without one."""

    company: Company
    request: Request
    switches: Switches
    lister: listing.Lister
    identity: str = ""

    def body(self) -> Any:
        """The JSON of a POST or PUT; 415 for another content type, 400 for what is no JSON."""
        if not self.request.headers.get("content-type", "").lower().startswith("application/json"):
            raise errors.ApiError(415, "unsupported_media_type", "The Content-Type must be application/json")
        try:
            return self.request.json()
        except ValueError:
            raise errors.invalid("invalid_type", "body", "The body is not valid JSON") from None

    def page(self, kind: str) -> Response:
        """A page of one of the company's tables."""
        table = self.company.tables[kind]
        url = self.url()
        version = self.switches.version
        return Response(200, self.lister.page(kind, table, self.request.query, url=url, version=version))

    def url(self) -> str:
        """This list's own address with its query, under the host of the switch `links_host` or as called."""
        base = self.switches["links_host"] or f"http://{self.request.headers.get('host', 'localhost')}"
        pairs = self.request.query.items()
        return listing.with_query(base + self.request.path, pairs)

    def found(self, table: Table, what: str) -> Record:
        """The live record of the id in the path; 404 without one."""
        record = table.get(self.identity)
        if record is None:
            raise errors.not_found(what)
        return record

    def shown(self, kind: str, record: Record, status: int = 200) -> Response:
        """One record as the answer."""
        shown = wire.show(kind, record, self.switches, in_list=False)
        distortion = self.company.tables[kind].distortions.get(record["id"])
        return Response(status, wire.distorted(shown, distortion))


Route = Callable[[Call], Response]
