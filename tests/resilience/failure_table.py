"""Where a run can die or an answer be lost, and what follows: the data of docs/failure-table.md.

The page is rendered from here (`python -m tests.resilience.failure_table` writes it) and the kill and
fault tests are generated from here, so neither can promise what the other does not show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

System = Literal["siigo", "escala"]
PAGE = Path(__file__).parents[2] / "docs" / "failure-table.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that the second run of `lives.py` makes, and how often at most."""

    key: str
    system: System
    method: str
    path: str
    times: int
    """How often; written down so that tests can be generated before anything runs."""
    write: Literal["", "contact", "deal", "update"] = ""


CALLS = (
    Call(key="credit notes", system="siigo", method="GET", path="/v1/credit-notes", times=1),
    Call(key="invoices", system="siigo", method="GET", path="/v1/invoices", times=2),
    Call(key="customers", system="siigo", method="GET", path="/v1/customers", times=1),
    Call(key="pipelines", system="escala", method="GET", path="/crm/pipelines", times=1),
    Call(key="deals", system="escala", method="GET", path="/crm/deals/scroll", times=2),
    Call(key="contacts", system="escala", method="GET", path="/crm/contacts/scroll", times=2),
    Call(key="products", system="escala", method="GET", path="/pms/products", times=1),
    Call(key="one deal", system="escala", method="GET", path="/crm/deals/[0-9a-f-]{36}", times=3),
    Call(
        key="change of a deal",
        system="escala",
        method="PUT",
        path="/crm/deals/[0-9a-f-]{36}",
        times=2,
        write="update",
    ),
    Call(key="new contact", system="escala", method="POST", path="/crm/contacts", times=2, write="contact"),
    Call(key="new deal", system="escala", method="POST", path="/crm/deals", times=4, write="deal"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lie:
    """What the other side does to a call, with what it says of the outcome.

    `outcome`: "refused" ends the run with 3, "later" is waited for and sent again by the same run, "unknown"
    is looked up, and so is "exists", after which a contact is made without what others have.
    """

    key: str
    fault: Mapping[str, object]
    outcome: Literal["refused", "later", "unknown", "exists"] = "unknown"


LIES = (
    Lie(key="stored then 500", fault={"kind": "store_then_status", "status": 500}),
    Lie(key="stored then 504", fault={"kind": "store_then_status", "status": 504}),
    Lie(key="stored then closed", fault={"kind": "store_then_lost"}),
    Lie(key="stored then cut", fault={"kind": "cut"}),
    Lie(key="stored then HTML", fault={"kind": "html", "stored": True}),
    Lie(key="stored then empty", fault={"kind": "empty"}),
    Lie(key="stored then too late", fault={"kind": "slow_after", "seconds": 1.3}),
    Lie(key="stored then a redirect", fault={"kind": "store_then_status", "status": 302}),
    Lie(key="HTML alone", fault={"kind": "html"}),
    Lie(key="closed alone", fault={"kind": "drop"}),
    Lie(key="500 alone", fault={"kind": "refuse", "status": 500}),
    Lie(key="503 alone", fault={"kind": "refuse", "status": 503}),
    Lie(key="408 alone", fault={"kind": "refuse", "status": 408}),
    Lie(key="409 alone", fault={"kind": "refuse", "status": 409}, outcome="exists"),
    Lie(key="stored then 409", fault={"kind": "store_then_status", "status": 409}),
    Lie(key="stored then 400 without words", fault={"kind": "store_then_status", "status": 400}),
    Lie(key="429 with a header", fault={"kind": "429_header"}, outcome="later"),
    Lie(key="429 with words", fault={"kind": "429_message"}, outcome="later"),
    Lie(key="401", fault={"kind": "refuse", "status": 401}, outcome="refused"),
    Lie(key="403", fault={"kind": "refuse", "status": 403}, outcome="refused"),
)
"""What happens to writes in the fault tests."""
COMMITS = 18
"""How many transactions that run commits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the page: a point, what stands then in the ledger and in Escala, what the next run does."""

    point: str
    ledger: str
    escala: str
    following: str


KILLED = (
    Row(
        point="before, during or after any read of Siigo or Escala, or a sign-in",
        ledger="as of the last commit; the mark has not moved",
        escala="nothing more than the ledger knows",
        following="reads the same window again and goes on",
    ),
    Row(
        point="before the commit of a page of invoices, of customers, or of what was read of Escala",
        ledger="without that page",
        escala="nothing more than the ledger knows",
        following="reads the page again; the mark moves only after the last page",
    ),
    Row(
        point="new contact: before its intent is committed",
        ledger="row `pending`, no binding",
        escala="no contact",
        following="makes contact and deal",
    ),
    Row(
        point="new contact: intent committed, the call not sent or without effect",
        ledger="row `pending`, binding without contact, with its intent",
        escala="no contact",
        following="two reads that count and agree, the second a settle time after the intent, show none: "
        "intent taken back, contact and deal made",
    ),
    Row(
        point="new contact: stored, and the answer never came or was not recorded",
        ledger="row `pending`, binding without contact, with its intent",
        escala="the contact",
        following="reads before it writes, finds the contact by its identification, binds it, makes the deal",
    ),
    Row(
        point="new deal: before its intent is committed",
        ledger="row `pending`; the contact, if it was new, still without outcome",
        escala="the contact, no deal",
        following="settles the contact as above, makes the deal",
    ),
    Row(
        point="new deal: intent committed, the call not sent or without effect",
        ledger="row `sending`",
        escala="no deal",
        following="two reads that count and agree show none: row `pending`, deal made. Until then the row "
        "waits and the rest of the run goes on",
    ),
    Row(
        point="new deal: stored, and the answer never came or was not recorded",
        ledger="row `sending`",
        escala="the deal",
        following="finds it by the invoice's name and contact or value and binds it: counted as created",
    ),
    Row(
        point="change of a deal: before, during or after the call",
        ledger="row `in_escala`, what was applied is the old state, so the row is still to be changed",
        escala="the old or the new state",
        following="changes it again: the same values, so a second time does nothing new",
    ),
    Row(
        point="before the commit of an outcome (created, changed, refused, adopted)",
        ledger="as before the call: `sending`, or a binding with its intent",
        escala="whatever the call did",
        following="as for an answer that was not recorded",
    ),
    Row(
        point="before the mark moves or the sweep is noted as done",
        ledger="every row recorded, the mark old",
        escala="everything",
        following="reads the window again and finds nothing to do; the sweep stays due",
    ),
    Row(
        point="before the run's own document is kept",
        ledger="complete; the run has no end",
        escala="everything",
        following="writes nothing",
    ),
)
LOST = (
    Row(
        point="connection never stood, 401, 403, or a refusal in Escala's own shape",
        ledger="intent taken back at once",
        escala="nothing: certainly not sent",
        following="401, 403: exit 3, the next run sends it. Refused data: needs attention until it changes",
    ),
    Row(
        point="429, with a header, with words only, bare",
        ledger="intent stays while the call waits",
        escala="nothing: certainly not sent",
        following="the same run waits as told and sends it",
    ),
    Row(
        point="new contact or deal: connection closed, time-out, 5xx, 408, 409, 3xx, HTML, a cut or empty "
        "answer, a 2xx without an id",
        ledger="intent stays; row counted as failed, `OUTCOME_UNKNOWN`",
        escala="perhaps the record",
        following="the same run, at its end: waits for the settle time, reads again, binds what it finds or "
        "sends what two reads prove absent. If it is ended before, the next run does",
    ),
    Row(
        point="change of a deal: the same",
        ledger="what was applied is the old state",
        escala="the old or the new state",
        following="repeated within the call while patience lasts, else by the next run; where Escala answers "
        "about something else, the others go on (three such records a run)",
    ),
    Row(
        point="a read of invoices, pipelines, deals or contacts that never succeeds",
        ledger="as before; rows read so far count as failed, `NOT_REACHED`",
        escala="nothing more than the ledger knows",
        following="exit 4; the next run reads it again. Credit notes and products that cannot be read are a "
        "warning and stop nothing",
    ),
    Row(
        point="a read of deals or contacts that is not complete: cursor lost, a cap, fewer than announced, "
        "or without a deal made in the hour before",
        ledger="rows without outcome stay `sending`; rows not begun count as `NOT_REACHED`",
        escala="unknown",
        following="no POST; the next run reads again",
    ),
)
STORES = {
    "SQLite": "the system frees the file lock with the process; the journal (WAL, `synchronous=FULL`) holds "
    "whole transactions only, what was committed is on disk before the call leaves",
    "PostgreSQL": "the server ends the session with its connection: the advisory lock is free and the open "
    "transaction rolled back; what was committed is in the server's log before the call leaves",
}


_TEMPLATE = """# Failure table

Every point at which a run can die or an answer be lost, what stands then in the ledger and in Escala, and
what the next run does. Rendered from `tests/resilience/failure_table.py`, from which the kill and fault tests
are generated too; change it there and run `python -m tests.resilience.failure_table`. Why it is so:
[ADR 0002](adr/0002-exactly-once-by-intent-and-look-up.md).

## What a killed process leaves, by store

{stores}
The rows below are the same on both: the ledger is the last committed transaction, and nobody holds the lease.

## The process dies

{killed}
## An answer is lost, or says no

{lost}
## Calls of a run

Tests kill the command at each of these: reads before the call takes effect, writes before that, after it was
stored and after it was answered; and before each of the {commits} transactions of the run is committed.

{calls}"""


def page() -> str:
    """The page as it stands in docs/."""
    return _TEMPLATE.format(
        stores=_table(("store", "after `kill -9`"), list(STORES.items())),
        killed=_rows(KILLED),
        lost=_rows(LOST),
        commits=COMMITS,
        calls=_table(
            ("call", "address", "times", "writes"),
            [
                (
                    call.key,
                    f"`{call.method} {call.path.replace('[0-9a-f-]{36}', '…')}` ({call.system})",
                    str(call.times),
                    call.write or "no",
                )
                for call in CALLS
            ],
        ),
    )


def _rows(rows: tuple[Row, ...]) -> str:
    titles = ("point", "store", "ledger", "Escala", "next run")
    return _table(titles, [(row.point, "both", row.ledger, row.escala, row.following) for row in rows])


def _table(titles: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [titles, tuple("---" for _ in titles), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
