"""A company of 100,000 invoices in an account that people have filled: calls and memory."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks import product, systems, work
from benchmarks.measurements import Row
from benchmarks.process import Measured

_CONNECTIONS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Size:
    customers: int
    """In Siigo, branches among them."""
    contacts: int
    deals: int
    products: int
    notes: int
    """Credit notes in Siigo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lived:
    """A cold run and the one after it: what was there, what they called, how they ran."""

    size: _Size
    read: int
    made: int
    filled: int
    siigo: int
    escala: int
    cold: Measured
    again_calls: int
    again: Measured

    @property
    def siigo_most(self) -> int:
        """Calls to Siigo that the formula allows, cold, without the pages of credit notes."""
        return _pages(self.read) + min(_pages(self.size.customers), self.size.customers) + 5

    @property
    def escala_most(self) -> int:
        """The same for Escala."""
        there = (self.size.contacts, self.size.deals, self.size.products)
        return self.made + sum(_pages(count) for count in there) + 5


def scale(invoices: int, customers: int, *, small: int) -> list[Row]:
    """A large account against a small one of the same kind."""
    little = _lived(small, max(customers * small // invoices, 20))
    large = _lived(invoices, customers)
    size = large.size
    ratio = large.cold.peak_mb / little.cold.peak_mb
    again_ratio = large.again.peak_mb / little.again.peak_mb
    title = (
        f"{invoices:,} invoices, {size.customers:,} customers, "
        f"{size.contacts:,} contacts and {size.deals:,} deals in Escala"
    )
    own_ms = large.cold.cpu_s * 1000 / invoices
    return [
        Row(
            # The formula knows one page of credit notes; so large a company has more.
            what=f"{title}: Siigo calls, cold, and the pages of {size.notes:,} credit notes",
            figure=f"≤ {large.siigo_most:,} + {_pages(size.notes)}",
            measured=f"{large.siigo - _pages(size.notes):,} + {_pages(size.notes)}",
            reached=large.siigo - _pages(size.notes) <= large.siigo_most,
        ),
        Row(
            # As in the small account: each contact is filled in once for ever (ADR 0010).
            what=f"Escala calls, cold (of them {large.made:,} that create), and 2 for each contact found by "
            "its e-mail that is given its identification",
            figure=f"≤ {large.escala_most:,} + {2 * large.filled:,}",
            measured=f"{large.escala - 2 * large.filled:,} + {2 * large.filled:,}",
            reached=large.escala - 2 * large.filled <= large.escala_most,
        ),
        Row(
            what="nothing new: calls",
            figure="≤ 4",
            measured=f"{large.again_calls} ({large.again.seconds:.0f} s: the open rows are decided anew)",
            reached=large.again_calls <= 4,
        ),
        Row(
            what=f"peak memory against {small:,} invoices, cold",
            figure="≤ 1.3 ×",
            measured=f"{large.cold.peak_mb:.0f} MB against {little.cold.peak_mb:.0f} MB: {ratio:.2f} × "
            f"({large.cold.seconds:.0f} s, {own_ms:.1f} ms of processor an invoice)",
            reached=ratio <= 1.3,
        ),
        Row(
            what="the same of the run after it",
            figure="≤ 1.3 ×",
            measured=f"{large.again.peak_mb:.0f} MB against {little.again.peak_mb:.0f} MB: "
            f"{again_ratio:.2f} ×",
            reached=again_ratio <= 1.3,
        ),
    ]


def _lived(invoices: int, customers: int) -> _Lived:
    with (
        systems.running("lived_in", invoices=invoices, customers=customers) as both,
        tempfile.TemporaryDirectory() as folder,
    ):
        there = {name: len(part) for name, part in both.control("escala", "GET", "state").items()}
        (company,) = both.control("siigo", "GET", "state")["companies"]
        installed = product.installed(
            both, Path(folder) / "home", connections=_CONNECTIONS, limits=product.NO_LIMITS
        )
        cold = installed.sync()
        filled = sum(call["method"] in ("PUT", "PATCH") for call in both.calls("escala"))
        again = installed.sync()
    found = cold.document
    return _Lived(
        size=_Size(
            customers=work.buyers(invoices=invoices, customers=customers),
            contacts=there["contacts"],
            deals=there["deals"],
            products=there["products"],
            notes=company["credit_notes"],
        ),
        read=found["invoices"]["read"],
        made=found["contacts"]["created"] + found["invoices"]["created"],
        filled=filled,
        siigo=found["calls"]["siigo"],
        escala=found["calls"]["escala"],
        cold=cold.measured,
        again_calls=sum(again.document["calls"].values()),
        again=again.measured,
    )


def _pages(count: int) -> int:
    return -(-count // 100)
