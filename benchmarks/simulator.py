"""One simulator in a process of its own: `python -m benchmarks.simulator siigo|escala --invoices N …`.

Its call log keeps the bodies too (GET /_control/calls), so that the same calls can be made again.
"""

from __future__ import annotations

import argparse
from typing import Any, get_args

from benchmarks import work
from siigo_escala.simulators import serving
from siigo_escala.simulators.messages import CallLog, Request


class FullLog(CallLog):
    """A call log that keeps what was sent."""

    def begin(self, request: Request) -> dict[str, Any]:
        """Notes a call with its body."""
        entry = super().begin(request)
        entry["body"] = request.body.decode()
        return entry


def main() -> None:
    """Serves until SIGTERM; prints one line with the address."""
    parser = argparse.ArgumentParser()
    parser.add_argument("system", choices=("siigo", "escala"))
    parser.add_argument("--kind", choices=get_args(work.Kind), default="new")
    parser.add_argument("--invoices", type=int, required=True)
    parser.add_argument("--customers", type=int, required=True)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--keep-bodies", action="store_true")
    given = parser.parse_args()
    make = work.siigo if given.system == "siigo" else work.escala
    simulator = make(given.kind, invoices=given.invoices, customers=given.customers)
    if given.keep_bodies:
        simulator.calls = FullLog()
    serving.serve_forever(simulator, port=0, latency_s=given.latency_ms / 1000, name=given.system)


if __name__ == "__main__":
    main()
