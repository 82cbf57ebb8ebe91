"""The self-check of a connection ("doctor"): read-only, at most ten calls, each finding with its remedy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from siigo_escala.domain.accounting import Invoice
from siigo_escala.rest.errors import AccessDenied, RemoteError
from siigo_escala.sync import findings, opening
from siigo_escala.sync.account import Calls
from siigo_escala.sync.clients import Clients
from siigo_escala.sync.opening import Opened
from siigo_escala.sync.session import Listener


@dataclass(slots=True, kw_only=True)
class Examination:
    """What a check found, and the exit code: 0, 1 something failed, 3 refused, 4 out of reach."""

    checks: list[findings.Check] = field(default_factory=list)
    exit_code: int = 0

    def note(self, check: findings.Check) -> None:
        """One more finding."""
        self.checks.append(check)
        if check.result == "failed" and self.exit_code == 0:
            self.exit_code = 1


def examine(opened: Opened, *, now: Callable[[], datetime]) -> Examination:
    """Asks both accounts and looks at this installation; nothing is written anywhere."""
    found = Examination()
    seen = findings.Seen()
    calls = Calls()
    pair = opening.client_pair(opened, opened.connection, calls=calls, listener=Listener(), now=now)
    try:
        siigo = _asked(found, "SIIGO_ACCESS", "Siigo", lambda: _ask_siigo(pair, seen, now=now))
        escala = _asked(found, "ESCALA_ACCESS", "Escala", lambda: _ask_escala(pair, seen, now=now))
        if escala:
            for check in (
                findings.pipeline(opened, seen),
                findings.field(opened, seen),
                findings.products(opened, seen, pair),
            ):
                found.note(check)
        if siigo:
            found.note(findings.sellers(opened, seen))
        for system, difference in seen.clocks.items():
            found.note(findings.clock(system, difference))
    finally:
        pair.close()
    for check in (*findings.limits(opened, now=now), *findings.storage(opened), findings.pause(opened)):
        found.note(check)
    return found


def _asked(found: Examination, code: str, system: str, ask: Callable[[], None]) -> bool:
    """Whether a system answers us; its refusal or silence decides the exit code."""
    try:
        ask()
    except AccessDenied as problem:
        found.exit_code = 3
        found.note(
            findings.Check(
                code=code,
                result="failed",
                message=problem.message,
                remedy="Corrija la credencial en el archivo y conecte de nuevo.",
            )
        )
        return False
    except RemoteError as problem:
        found.exit_code = found.exit_code if found.exit_code == 3 else 4
        found.note(
            findings.Check(
                code=code,
                result="failed",
                message=problem.message,
                remedy="Espere unos minutos y repita; revise también su conexión a internet.",
            )
        )
        return False
    found.note(
        findings.Check(code=code, result="ok", message=f"{system} acepta las credenciales y responde.")
    )
    return True


def _ask_siigo(pair: Clients, seen: findings.Seen, *, now: Callable[[], datetime]) -> None:
    """Users and one page of recent invoices: three calls with the sign-in."""
    seen.users = pair.siigo.users()
    since = now() - timedelta(days=60)
    page = next(pair.siigo.invoices(created_start=since))
    seen.invoices = [one for one in page.records if isinstance(one, Invoice)]
    seen.compare("Siigo", page.server_date, now())


def _ask_escala(pair: Clients, seen: findings.Seen, *, now: Callable[[], datetime]) -> None:
    """Pipelines (two calls at most) and one page of contacts."""
    seen.pipelines = pair.escala.pipelines()
    listing = pair.escala.contacts()
    seen.contacts = list(next(iter(listing), ()))
    seen.compare("Escala", listing.server_date, now())
