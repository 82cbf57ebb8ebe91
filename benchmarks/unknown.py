"""What one write without certain outcome costs in an account of 50,000 deals: reads, until it is settled."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import product, systems
from benchmarks.measurements import Row

_MOST = {"ok": 4, "error500": 2 * 501 + 4}
_HOW = {"store_then_lost": "stored, answer lost", "drop": "never arrived"}
_SETTLE_S = "1"


def unknown() -> Iterator[Row]:
    """Where `since` works and where it does not; the deal stored or not."""
    for mode, most in _MOST.items():
        with (
            systems.running("crowded", invoices=20, customers=10) as both,
            tempfile.TemporaryDirectory() as folder,
        ):
            both.control("escala", "PUT", "switches", {"since_mode": mode})
            installed = product.installed(
                both,
                Path(folder) / "home",
                connections=1,
                limits={**product.NO_LIMITS, "SIIGO_ESCALA_SETTLE_SECONDS": _SETTLE_S},
            )
            installed.sync()
            _reads(both, installed)  # the buyer's contact and the products are new once
            usual = _reads(both, installed)
            for kind, told in _HOW.items():
                both.control("escala", "POST", "faults", _lost(kind))
                reads = _reads(both, installed) - usual
                yield Row(
                    what=f"one unknown deal ({told}) in an account of 50,000, `since` "
                    f"{'works' if mode == 'ok' else 'does not work'}: reads of Escala more than without it",
                    figure="≤ 4" if mode == "ok" else "two complete reads",
                    measured=f"{reads:,}",
                    reached=reads <= most,
                )


def _lost(kind: str) -> dict[str, object]:
    return {"kind": kind, "method": "POST", "path": "/.*deals?/?", "times": 1}


def _reads(both: systems.Systems, installed: product.Product) -> int:
    """Sells one invoice; the reads of Escala until it has its deal, over as many runs as that takes."""
    both.control("siigo", "POST", "act", {"do": "create_invoice", "total": 119000})
    both.forget_calls()
    while installed.sync().document["invoices"]["failed"]:
        pass
    return sum(call["method"] == "GET" for call in both.calls("escala"))
