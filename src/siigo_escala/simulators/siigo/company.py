"""One Siigo company: its credentials, its records and its counters."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from siigo_escala.simulators import clock as clocks
from siigo_escala.simulators.siigo import examples
from siigo_escala.simulators.siigo.table import Record, Table

BOGOTA = timedelta(hours=-5)
CATALOGUES = (
    "users",
    "document_types",
    "payment_types",
    "taxes",
    "cost_centers",
    "warehouses",
    "price_lists",
    "account_groups",
    "fixed_assets",
)
TABLES = ("customers", "products", "invoices", "credit_notes", "vouchers", "quotations")
_SPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


class Company:
    """State of one company; the second and later ones (`ordinal`) have other document type ids.

    `catalogues` hold lists of dicts, `tables` the records with ids. `sign_ins` only grows: no token is ever
    given twice, not even within the second in which another was revoked.
    """

    def __init__(
        self,
        *,
        username: str,
        access_key: str,
        clock: clocks.Clock,
        switches: Mapping[str, Any],
        ordinal: int = 0,
    ) -> None:
        self.company_key = f"EMPRESA{ordinal + 1}"
        self.switches = switches
        self.username = username
        self.access_key = access_key
        self.clock = clock
        self.is_blocked = False
        self.has_api_plan = True
        self.tokens: dict[str, float] = {}
        self.sign_ins = 0
        self.call_times: list[float] = []
        self.outcomes: list[tuple[float, bool]] = []
        self.idempotency: dict[str, str] = {}
        self.related: dict[str, set[str]] = {}
        self.stamping: dict[str, tuple[float, str]] = {}
        self.stamp_errors: dict[str, list[str]] = {}
        self.webhooks: list[Record] = []
        self.batch_errors: list[Record] = []
        self.catalogues: dict[str, list[Record]] = {name: examples.catalogue(name) for name in CATALOGUES}
        self.tables: dict[str, Table] = {
            name: Table(date_key=None if name in ("customers", "products") else "date") for name in TABLES
        }
        for kind in self.document_types:
            kind["id"] += 100000 * ordinal
        self._issued = 0
        self._codes: dict[str, Record] = {}
        self._codes_of = -1
        self.tables["products"].load(examples.products())

    @property
    def users(self) -> list[Record]:
        """Sellers and other users."""
        return self.catalogues["users"]

    @property
    def document_types(self) -> list[Record]:
        """FV, NC, RC and C types."""
        return self.catalogues["document_types"]

    @property
    def customers(self) -> Table:
        """Customers and suppliers."""
        return self.tables["customers"]

    @property
    def products(self) -> Table:
        """Products and services."""
        return self.tables["products"]

    @property
    def invoices(self) -> Table:
        """Sales invoices."""
        return self.tables["invoices"]

    @property
    def credit_notes(self) -> Table:
        """Credit notes."""
        return self.tables["credit_notes"]

    @property
    def quotations(self) -> Table:
        """Quotations."""
        return self.tables["quotations"]

    @property
    def vouchers(self) -> Table:
        """Cash receipts."""
        return self.tables["vouchers"]

    def taxes(self) -> dict[int, Record]:
        """The taxes by id."""
        return {tax["id"]: tax for tax in self.catalogues["taxes"]}

    def product_codes(self) -> dict[str, Record]:
        """The products by code, to read only."""
        if self._codes_of != self.products.version:
            self._codes = {product["code"]: product for product in self.products.values()}
            self._codes_of = self.products.version
        return self._codes

    def entry(self, catalogue: str, identity: object) -> Record | None:
        """The catalogue's entry with that integer id, None where there is none."""
        return next((one for one in self.catalogues[catalogue] if one["id"] == identity), None)

    def new_id(self) -> str:
        """A GUID that is the same in each run of the same calls."""
        self._issued += 1
        return str(uuid.uuid5(_SPACE, f"{self.username}/{self._issued}"))

    def timestamp(self) -> str:
        """Now, canonical: UTC seconds with Z."""
        return canonical(self.clock.now())

    def today(self) -> str:
        """Today's date in Bogotá."""
        return (self.clock.now() + BOGOTA).date().isoformat()

    def load(self, records: Mapping[str, Iterable[Record]]) -> None:
        """Put many canonical records in. A catalogue replaces the example one, tables grow.

        Keys are those of CATALOGUES and TABLES; ValueError names another. Loaded invoices move the
        consecutive of their document type; loaded credit notes count as related to their invoice.
        """
        for name, rows in records.items():
            if name in CATALOGUES:
                self.catalogues[name] = [dict(row) for row in rows]
            elif name in TABLES:
                known = dict(self.product_codes()) if name == "products" else {}
                self.tables[name].load(self._noted(name, rows))
                self._only_newest(known)
            else:
                kinds = ", ".join([*CATALOGUES, *TABLES])
                raise ValueError(f"unknown kind of record {name!r}; known: {kinds}")

    def _only_newest(self, known: Mapping[str, Record]) -> None:
        """One code, one product: those of before whose code was loaded again are gone."""
        for product in list(known.values()):
            if self.product_codes()[product["code"]]["id"] != product["id"]:
                self.products.remove(product["id"])

    def _noted(self, name: str, rows: Iterable[Record]) -> Iterable[Record]:
        highest: dict[int, int] = {}
        for row in rows:
            row.setdefault("id", self.new_id())
            row.setdefault("metadata", {"created": self.timestamp(), "last_updated": None})
            document = (row.get("document") or {}).get("id")
            if isinstance(document, int) and isinstance(row.get("number"), int):
                highest[document] = max(highest.get(document, 0), row["number"])
            if name == "credit_notes" and row.get("invoice"):
                self.related.setdefault(row["invoice"]["id"], set()).add(row["id"])
            yield row
        for kind in self.document_types:
            kind["consecutive"] = max(kind.get("consecutive") or 1, highest.get(kind["id"], 0) + 1)

    def next_number(self, document_type: Record) -> int:
        """Takes the next consecutive of a document type."""
        number = int(document_type.get("consecutive") or 1)
        document_type["consecutive"] = number + 1
        return number

    def settle(self) -> list[str]:
        """Ends every stamping whose time has come; gives the invoices it changed."""
        if not self.stamping:
            return []
        now = self.clock.now().timestamp()
        ended = [identity for identity, (due, _) in self.stamping.items() if due <= now]
        for identity in ended:
            _, outcome = self.stamping.pop(identity)
            if identity in self.invoices:
                finish_stamp(self, self.invoices[identity], outcome)
        return ended


def canonical(moment: datetime) -> str:
    """A timestamp as the simulator keeps it: UTC, seconds, Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def finish_stamp(company: Company, invoice: Record, outcome: str, errors: Iterable[str] = ()) -> None:
    """Gives an invoice its stamp: a CUFE where accepted, the DIAN's errors where rejected."""
    stamp: Record = {"status": outcome, "cufe": None, "observations": None, "errors": None}
    if outcome == "Accepted":
        name = f"{company.username}/{invoice['id']}"
        stamp["cufe"] = uuid.uuid5(_SPACE, name).hex + uuid.uuid5(_SPACE, name + "/2").hex
    if outcome == "Rejected":
        listed = list(errors) or ["FAJ44: la identificación del adquirente no coincide con el RUT"]
        stamp["errors"] = "; ".join(listed)
        company.stamp_errors[invoice["id"]] = listed
    else:
        company.stamp_errors.pop(invoice["id"], None)
    invoice["stamp"] = stamp
    happened(company, "stamp", "invoices", invoice)


def touch(company: Company, name: str, record: Record) -> None:
    """Moves `last_updated` to now."""
    record["metadata"] = {**(record.get("metadata") or {}), "last_updated": company.timestamp()}
    company.tables[name].changed(record)


def happened(company: Company, event: str, name: str, record: Record) -> None:
    """Index a record after a business event, and move `last_updated` where the switches say so."""
    if event in company.switches["last_updated_moves_on"]:
        touch(company, name, record)
    else:
        company.tables[name].changed(record)


def find(company: Company, name: str, wanted: str) -> Record:
    """A record of a table by id, name or identification; ValueError where there is none."""
    rows = company.tables[name]
    if wanted in rows:
        return rows[wanted]
    for known in (rows.by_name.get(wanted), rows.by_identification.get(wanted)):
        if known:
            return rows[next(iter(known))]
    raise ValueError(f"no such record in {name}: {wanted}")
