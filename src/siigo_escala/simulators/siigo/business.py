"""What people do in Siigo's own screens: the operations of tests and of the control address.

They refuse nothing that Siigo's screens might allow; the refusals of the API stand in `documents.py`.
Every method acts on `company`, the simulator's first one unless told otherwise. An invoice is named by
id or name (FV-2-1045), a customer by id or identification.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from siigo_escala.simulators.siigo import arithmetic, checking, customers, documents, notes
from siigo_escala.simulators.siigo import company as companies
from siigo_escala.simulators.siigo.company import Company
from siigo_escala.simulators.siigo.table import Record

_TOTALLED = frozenset({"items", "retentions", "global_discounts", "currency"})
_CREDIT_DAYS = 30


class Business:
    """The operations; `SiigoSimulator` is one."""

    company: Company

    def create_customer(self, *, company: Company | None = None, **fields: Any) -> Record:
        """A new customer: the example one with these fields of the canonical shape instead."""
        return customers.example(company or self.company, fields)

    def edit_customer(self, customer: str, *, company: Company | None = None, **fields: Any) -> Record:
        """Changes fields; `last_updated` moves."""
        at = company or self.company
        record = companies.find(at, "customers", customer)
        record.update(fields)
        companies.touch(at, "customers", record)
        return record

    def delete_customer(self, customer: str, *, company: Company | None = None) -> None:
        """The customer is gone; its invoices stay."""
        at = company or self.company
        at.customers.remove(companies.find(at, "customers", customer)["id"])

    def create_invoice(
        self,
        customer: str | None = None,
        *,
        items: Iterable[Mapping[str, Any]] | None = None,
        total: Decimal | int | str | None = None,
        document: int | None = None,
        date: str | None = None,
        created: str | None = None,
        stamp: str | None = "Accepted",
        cash: bool = False,
        number: int | None = None,
        company: Company | None = None,
        **fields: Any,
    ) -> Record:
        """A new invoice of today, totalled by the rules of 3.6.

        `customer` None: the example customer, made where missing. `items` in the shape of POST (code,
        quantity, price, discount, taxes [{"id"}]); without them one untaxed line of `total`, or two mugs.
        `document` None: the first invoice type. `stamp` is a status, None for the type's own start.
        On credit of 30 days unless `cash`.
        `fields`: seller, observations, retentions, currency, prefix, name, id and further canonical keys.
        """
        at = company or self.company
        buyer = self._buyer(at, customer)
        kind = _invoice_type(at, document)
        day = date or at.today()
        lines = [documents_line(at, line) for line in items or [_line(total)]]
        draft = {"seller": at.users[0]["id"], **fields, "items": lines, "date": day}
        record = documents.assemble(
            at,
            _completed(at, draft, kind),
            kind=kind,
            customer=buyer,
            number=number if number is not None else at.next_number(kind),
            payments=[],
        )
        record |= {key: value for key, value in fields.items() if key not in _TOTALLED}
        if created:
            record["metadata"] = {"created": created, "last_updated": None}
        _terms(at, record, day, cash=cash)
        at.invoices.add(record, born=at.clock.now().timestamp())
        if stamp and record["stamp"]:
            self.stamp(record["id"], stamp, company=at)
        return record

    def edit_invoice(self, invoice: str, *, company: Company | None = None, **fields: Any) -> Record:
        """Changes fields, totals anew where lines or retentions change; `last_updated` moves."""
        at = company or self.company
        record = companies.find(at, "invoices", invoice)
        old_total = Decimal(record["total"])
        record.update(fields)
        if _TOTALLED & set(fields) and "total" not in fields:
            kind = at.entry("document_types", record["document"]["id"]) or {}
            lines = [documents_line(at, line) for line in record["items"]]
            record.update(_completed(at, {**record, "items": lines}, kind))
        if "balance" not in fields:
            record["balance"] = max(Decimal(0), Decimal(record["balance"]) + record["total"] - old_total)
        for payment in record["payments"][:1]:
            payment["value"] = record["total"]
        companies.touch(at, "invoices", record)
        return record

    def annul_invoice(self, invoice: str, *, company: Company | None = None) -> Record:
        """Annulled: the row stays, balance and total as the switches say."""
        at = company or self.company
        record = companies.find(at, "invoices", invoice)
        documents.annul(at, record)
        return record

    def delete_invoice(self, invoice: str, *, company: Company | None = None) -> None:
        """Gone without a trace."""
        at = company or self.company
        record = companies.find(at, "invoices", invoice)
        at.invoices.remove(record["id"])
        at.stamping.pop(record["id"], None)

    def stamp(
        self,
        invoice: str,
        status: str = "Accepted",
        *,
        errors: Iterable[str] = (),
        company: Company | None = None,
    ) -> Record:
        """The DIAN's answer at once (Accepted, Rejected), or Sending, Draft or any other status."""
        at = company or self.company
        record = companies.find(at, "invoices", invoice)
        at.stamping.pop(record["id"], None)
        companies.finish_stamp(at, record, status, errors)
        return record

    def credit_note(
        self,
        invoice: str,
        *,
        total: Decimal | int | str | None = None,
        link: bool = True,
        reason: str = "2",
        company: Company | None = None,
    ) -> Record:
        """A note over the whole invoice, or over `total`; `link` False leaves its `invoice` out."""
        at = company or self.company
        record = companies.find(at, "invoices", invoice)
        kind = next(one for one in at.document_types if one["type"] == "NC")
        amount = Decimal(record["total"]) if total is None else Decimal(str(total))
        lines = record["items"] if total is None else [{**_line(amount), "total": amount}]
        terms = [{**record["payments"][0], "value": amount}] if record["payments"] else []
        return notes.add_note(
            at,
            record,
            kind=kind,
            customer=dict(record["customer"]),
            total=amount,
            items=[dict(line) for line in lines],
            payments=terms,
            fields={"seller": record["seller"], "reason": reason},
            is_linked=link,
        )

    def pay(
        self, invoice: str, value: Decimal | int | str | None = None, *, company: Company | None = None
    ) -> Record:
        """A cash receipt over `value`, or over the whole balance."""
        at = company or self.company
        record = companies.find(at, "invoices", invoice)
        amount = Decimal(record["balance"]) if value is None else Decimal(str(value))
        kind = next(one for one in at.document_types if one["type"] == "RC")
        prefix = record["name"].rpartition("-")[0]
        due = {"prefix": prefix, "consecutive": record["number"], "quote": 1, "date": record["date"]}
        fields = {"customer": dict(record["customer"]), "items": [{"due": due, "value": amount}]}
        return notes.add_voucher(at, kind=kind, fields=fields, paid=[(record, amount)])

    def distort(
        self,
        wanted: str,
        *,
        kind: str = "invoices",
        remove: Iterable[str] = (),
        company: Company | None = None,
        **fields: Any,
    ) -> None:
        """Damages a record on the wire only: keys taken away, values that do not belong there."""
        at = company or self.company
        identity = companies.find(at, kind, wanted)["id"]
        at.tables[kind].distortions[identity] = {"remove": set(remove), "fields": fields}

    def add_user(self, *, company: Company | None = None, **fields: Any) -> Record:
        """A further user (seller)."""
        at = company or self.company
        identity = max((user["id"] for user in at.users), default=0) + 1
        user = {**at.users[0], "id": identity, **fields} if at.users else {"id": identity, **fields}
        at.users.append(user)
        return user

    def deactivate_user(self, user: int, *, company: Company | None = None) -> None:
        """The user leaves; the id stays on invoices."""
        found = (company or self.company).entry("users", user)
        if found is None:
            raise ValueError(f"no such user: {user}")
        found["active"] = False

    def revoke_tokens(self, *, company: Company | None = None) -> None:
        """Every token so far is void."""
        (company or self.company).tokens.clear()

    def block_user(self, blocked: bool = True, *, company: Company | None = None) -> None:
        """401 on everything, or no longer."""
        (company or self.company).is_blocked = blocked

    def change_access_key(self, access_key: str, *, company: Company | None = None) -> None:
        """A new key; the old one and the tokens are void."""
        at = company or self.company
        at.access_key = access_key
        at.tokens.clear()

    def change_username(self, username: str, *, company: Company | None = None) -> None:
        """Another API user of the same company; the tokens are void."""
        at = company or self.company
        at.username = username
        at.tokens.clear()

    def set_plan(self, has_api: bool = False, *, company: Company | None = None) -> None:
        """Whether the plan of the company includes the API."""
        (company or self.company).has_api_plan = has_api

    def _buyer(self, at: Company, wanted: str | None) -> Record:
        if wanted is not None:
            return companies.find(at, "customers", wanted)
        known = at.customers.by_identification.get("900482137")
        return at.customers.peek(next(iter(known))) if known else customers.example(at, {})


OPERATIONS = frozenset(name for name in vars(Business) if not name.startswith("_") and name != "company")


def documents_line(company: Company, line: Mapping[str, Any]) -> Record:
    """A line for the arithmetic from either shape, its numbers as Decimal."""
    shown = checking.line_of(company, line)
    shown["taxes"] = [{"id": tax["id"]} for tax in shown.get("taxes") or []]
    for name in ("quantity", "price", "taxed_price", "discount"):
        if isinstance(shown.get(name), int | str | float):
            shown[name] = Decimal(str(shown[name]))
    return shown


def _invoice_type(company: Company, wanted: int | None) -> Record:
    for kind in company.document_types:
        if kind["type"] == "FV" and wanted in (None, kind["id"]):
            return kind
    raise ValueError(f"no such document type: {wanted}")


def _completed(company: Company, draft: Record, kind: Record) -> Record:
    return arithmetic.complete(
        draft,
        taxes=company.taxes(),
        decimals=bool(kind.get("decimals", True)),
        discount_type=kind.get("discount_type") or "Percentage",
    )


def _line(total: Decimal | int | str | None) -> Record:
    if total is None:
        return {"code": "MUG-01", "quantity": 2, "price": Decimal("29411.76"), "taxes": [{"id": 13156}]}
    return {"code": "INST-01", "quantity": 1, "price": Decimal(str(total)), "taxes": []}


def _terms(company: Company, record: Record, day: str, *, cash: bool) -> None:
    kinds = company.catalogues["payment_types"]
    kind = next((one for one in kinds if bool(one.get("due_date")) is not cash), kinds[0])
    due = None if cash else documents.due_in(day, _CREDIT_DAYS)
    record["payments"] = [{"id": kind["id"], "name": kind["name"], "value": record["total"], "due_date": due}]
    record["balance"] = Decimal(0) if cash else record["total"]
