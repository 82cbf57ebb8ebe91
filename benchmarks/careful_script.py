"""The peer: what a careful developer writes for the same job in an afternoon.

One session a system, retries with growing pauses, contacts looked up by e-mail, a ledger in SQLite so that a
second run sends nothing twice, one call after another. It knows no plan, no report, no edits or annulments,
and a lost answer to a POST makes it send again: what it is measured for is calls and time.
"""

from __future__ import annotations

import argparse
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

import httpx2

_TRIES = 5
_PAGE = 100
_FIELD = "cf_contact_cedula_kwzt_text"


class Api:
    """A session with one system; a call that fails for a passing reason is made again."""

    def __init__(self, base: str, headers: dict[str, str]) -> None:
        self._client = httpx2.Client(base_url=base, headers=headers, timeout=30)
        self.calls = 0

    def call(self, method: str, path: str, *, query: dict[str, Any] | None = None, body: Any = None) -> Any:
        """The JSON of the answer."""
        for attempt in range(_TRIES):
            self.calls += 1
            try:
                answer = self._client.request(method, path, params=query, json=body)
            except httpx2.TransportError:
                time.sleep(2**attempt)
                continue
            if answer.status_code == 429 or answer.status_code >= 500:
                time.sleep(float(answer.headers.get("Retry-After") or 2**attempt))
                continue
            answer.raise_for_status()
            return answer.json()
        raise RuntimeError(f"{method} {path}: no answer after {_TRIES} tries")

    def sign(self, token: str) -> None:
        """Sends this token from now on."""
        self._client.headers["Authorization"] = f"Bearer {token}"


class Script:
    """One run over all invoices since a day."""

    def __init__(self, siigo: Api, escala: Api, ledger: sqlite3.Connection) -> None:
        self._siigo, self._escala, self._ledger = siigo, escala, ledger
        self._customers: dict[str, Any] = {}
        ledger.execute("CREATE TABLE IF NOT EXISTS deal (invoice TEXT PRIMARY KEY, id TEXT)")
        ledger.execute("CREATE TABLE IF NOT EXISTS contact (identification TEXT PRIMARY KEY, id TEXT)")

    def run(self, start: str) -> int:
        """Makes an opportunity of every invoice that has none; how many."""
        stage = self._escala.call("GET", "/crm/pipelines")["items"][0]
        made = 0
        for invoice in self._invoices(start):
            known = self._ledger.execute("SELECT 1 FROM deal WHERE invoice = ?", (invoice["id"],)).fetchone()
            if known or invoice.get("annulled"):
                continue
            deal = {
                "name": f"{invoice['name']} {invoice['customer']['identification']}",
                "contactId": self._contact(invoice["customer"]),
                "pipelineId": stage["id"],
                "stageId": stage["stages"][0]["id"],
                "assignedTo": "unassigned",
                "value": invoice["total"],
                "description": f"Factura {invoice['name']} del {invoice['date']}",
            }
            answer = self._escala.call("POST", "/crm/deals", body=deal)
            with self._ledger:
                self._ledger.execute("INSERT INTO deal VALUES (?, ?)", (invoice["id"], answer["id"]))
            made += 1
        return made

    def _invoices(self, start: str) -> Iterator[Any]:
        number = 1
        while True:
            query = {"date_start": start, "page": number, "page_size": _PAGE}
            page = self._siigo.call("GET", "/v1/invoices", query=query)
            yield from page["results"]
            if number * _PAGE >= page["pagination"]["total_results"]:
                return
            number += 1

    def _contact(self, buyer: Any) -> str:
        """The contact's id: from the ledger, by its e-mail in Escala, or made."""
        who = buyer["identification"]
        row = self._ledger.execute("SELECT id FROM contact WHERE identification = ?", (who,)).fetchone()
        if row is not None:
            return str(row[0])
        customer = self._siigo.call("GET", f"/v1/customers/{buyer['id']}")
        emails = ((one.get("email") or "").strip() for one in customer.get("contacts") or [])
        email = next((one for one in emails if one), None)
        found = self._by_email(email) if email else None
        if found is None:
            names = [*customer["name"], ""]
            personal = {"firstName": names[0], "lastName": names[1]} | ({"email": email} if email else {})
            made = self._escala.call(
                "POST", "/crm/contacts", body={"personal": personal, "custom": {_FIELD: who}}
            )
            found = made["id"]
        with self._ledger:
            self._ledger.execute("INSERT INTO contact VALUES (?, ?)", (who, found))
        return str(found)

    def _by_email(self, email: str) -> str | None:
        items = self._escala.call("GET", "/crm/contacts", query={"email": email, "size": _PAGE})["items"]
        wanted = email.casefold()
        return next(
            (one["id"] for one in items if str(one["personal"].get("email")).casefold() == wanted), None
        )


def main() -> None:
    """Runs once; prints opportunities and calls."""
    parser = argparse.ArgumentParser()
    for name in ("siigo", "escala", "ledger", "start"):
        parser.add_argument(f"--{name}", required=True)
    given = parser.parse_args()
    siigo = Api(given.siigo, {"Partner-Id": "GuionCuidadoso"})
    escala = Api(given.escala, {"x-api-key": "llave-de-ejemplo"})
    key = {"username": "api@empresa.example", "access_key": "clave-de-ejemplo"}
    siigo.sign(siigo.call("POST", "/auth", body=key)["access_token"])
    made = Script(siigo, escala, sqlite3.connect(given.ledger)).run(given.start)
    print(made, siigo.calls + escala.calls)


if __name__ == "__main__":
    main()
