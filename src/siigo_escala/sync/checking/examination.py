"""The self-check of a connection ("doctor"): read-only, at most ten calls and fifteen seconds, each finding
with its remedy. Only what an account's API was seen to do is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from siigo_escala.domain import reasons
from siigo_escala.domain.directions import BACK
from siigo_escala.domain.reasons import Code
from siigo_escala.escala import capabilities
from siigo_escala.escala.capabilities import Capabilities
from siigo_escala.rest import errors
from siigo_escala.rest.errors import AccessDenied, OutcomeUnknown, RemoteError, System, TryLater
from siigo_escala.siigo.client import SiigoClient
from siigo_escala.store import models
from siigo_escala.store.lease import Lease
from siigo_escala.sync import access, clients, opening
from siigo_escala.sync.account import Calls
from siigo_escala.sync.checking import (
    asking,
    escala_side,
    invoicing_side,
    machine,
    siigo_side,
    standing,
    write_probe,
)
from siigo_escala.sync.checking.budget import Budget, Spent
from siigo_escala.sync.checking.findings import Check, Finding, failed, ok, warning
from siigo_escala.sync.checking.seen import Seen
from siigo_escala.sync.checking.witness import Witness
from siigo_escala.sync.checking.write_probe import Probed
from siigo_escala.sync.opening import Opened
from siigo_escala.sync.session import Listener

_PATIENCE_S = 1
_PROBE_PATIENCE_S = 10
_ACCESS: dict[System, Finding] = {"siigo": Finding.SIIGO_ACCESS, "escala": Finding.ESCALA_ACCESS}


@dataclass(slots=True, kw_only=True)
class Examination:
    """What a check found, and the exit code: 0, 1 something failed, 3 refused, 4 out of reach."""

    checks: list[Check] = field(default_factory=list)
    exit_code: int = 0
    witness: Witness = field(default_factory=Witness)
    capabilities: Capabilities = field(default_factory=Capabilities)
    calls: Calls = field(default_factory=Calls)
    probed: Probed | None = None
    """What the write probe found, where it was asked for and took place."""

    def note(self, check: Check) -> None:
        """One more finding."""
        self.checks.append(check)
        if check.result == "failed" and self.exit_code == 0:
            self.exit_code = 1


def examine(opened: Opened, *, now: Callable[[], datetime], budget: Budget | None = None) -> Examination:
    """Asks both accounts and looks at this installation; nothing is written in either account.

    Without the key that opens the credentials no call is made: what needs one is told as not looked at.
    """
    found = Examination(capabilities=capabilities.from_json(opened.connection.escala.capabilities))
    seen = Seen()
    if machine.key(opened).result == "failed":
        for code, name in ((Finding.SIIGO_ACCESS, "Siigo"), (Finding.ESCALA_ACCESS, "Escala")):
            found.note(
                warning(
                    code,
                    f"No se pudo comprobar: sin la clave no se entra a {name}.",
                    remedy="Corrija primero la clave [KEY] y repita la revisión.",
                )
            )
        _conclude(found, opened, seen, answered=(False, False), now=now)
        return found
    budget = budget or Budget()
    learned = clients.Learned(opened.connection.escala)
    hurried = replace(opened, environment=replace(opened.environment, patience_seconds=_PATIENCE_S))
    pair = opening.client_pair(
        hurried,
        opened.connection,
        calls=found.calls,
        listener=Listener(),
        now=now,
        on_learned=learned.tell,
        bounds=clients.Bounds(
            limited=budget.limited,
            longest_s=budget.longest_s,
            on_answer=found.witness.answered,
            wait=budget.wait,
        ),
    )
    try:
        siigo = _asked(found, "siigo", lambda: _ask_siigo(opened, pair.siigo, seen, now=now))
        escala = _asked(found, "escala", lambda: asking.escala(pair.escala, seen, now=now))
        if escala:
            if opened.connection.escala.products_read_at is None:
                asking.catalogue(pair.escala, seen)
            asking.habits(pair.escala, seen, now=now)
        found.capabilities = pair.escala.capabilities
    finally:
        pair.close()
    learned.keep()
    _conclude(found, opened, seen, answered=(siigo, escala), now=now)
    return found


def probe(found: Examination, opened: Opened, lease: Lease, *, now: Callable[[], datetime]) -> None:
    """The write probe, after an examination that found nothing in its way; its verdicts join the rest."""
    if _makes_invoices(opened):
        # A trial opportunity would stand in the stage that makes invoices.
        found.note(
            warning(
                Finding.WRITE_PROBE,
                "La prueba de escritura no se hizo: crearía una oportunidad en la etapa que se factura.",
                remedy="Hágala con la conexión en la dirección de Siigo a Escala.",
            )
        )
        return
    if found.exit_code:
        not_probed(found)
        return
    learned = clients.Learned(opened.connection.escala)
    account = models.EscalaAccount.objects.get(pk=opened.connection.escala_id)
    opened.connection.escala = account
    pair = opening.client_pair(
        replace(opened, environment=replace(opened.environment, patience_seconds=_PROBE_PATIENCE_S)),
        opened.connection,
        calls=found.calls,
        listener=Listener(),
        now=now,
        on_learned=learned.tell,
        bounds=clients.Bounds(on_answer=found.witness.answered),
        before_write=lease.prove_anew,
    )
    try:
        found.probed = write_probe.probe(opened, pair.escala, lease, now=now())
        before = pair.escala.capabilities.probed
        pair.escala.learn(probed={**before, **found.probed.verdicts})
        found.capabilities = pair.escala.capabilities
    finally:
        pair.close()
        learned.keep()
    # What was not known before is known now.
    updates = escala_side.updates(found.capabilities)
    found.checks = [updates if one.code == updates.code else one for one in found.checks]
    found.note(found.probed.check())
    if isinstance(found.probed.problem, AccessDenied):
        found.exit_code = 3
    elif isinstance(found.probed.problem, TryLater | OutcomeUnknown):
        found.exit_code = 4


def not_probed(found: Examination) -> None:
    """The write probe was asked for and something fails that keeps it from taking place."""
    found.note(
        warning(
            Finding.WRITE_PROBE,
            "La prueba de escritura no se hizo: hay algo que falla.",
            remedy="Corrija primero lo de arriba y repítala.",
        )
    )


def hindered(opened: Opened) -> bool:
    """Whether this installation itself cannot write, in its own folder or anywhere."""
    here = (machine.key(opened), machine.storage(opened.environment.home))
    return any(one.result == "failed" for one in here)


def _conclude(
    found: Examination,
    opened: Opened,
    seen: Seen,
    *,
    answered: tuple[bool, bool],
    now: Callable[[], datetime],
) -> None:
    siigo, escala = answered
    checks: list[Check] = []
    back = _makes_invoices(opened)
    if siigo:
        checks += (
            invoicing_side.of_siigo(opened, seen) if back else siigo_side.all_of(opened, seen, now=now())
        )
    if escala:
        side = invoicing_side.of_escala if back else escala_side.all_of
        checks += side(opened, seen, found.capabilities, now=now())
    checks += [machine.clock(system, difference) for system, difference in seen.clocks.items()]
    checks += machine.all_of(opened, now=now)
    checks += standing.all_of(opened, now=now())
    for check in checks:
        found.note(check)


def _makes_invoices(opened: Opened) -> bool:
    return opened.file.direction == BACK


def _ask_siigo(opened: Opened, client: SiigoClient, seen: Seen, *, now: Callable[[], datetime]) -> None:
    if _makes_invoices(opened):
        asking.siigo_catalogues(client, seen)
    else:
        asking.siigo(client, seen, now=now)


def _remedy(problem: AccessDenied, system: System) -> str:
    """What helps against this refusal: another key, Siigo's support, or patience."""
    reason = access.code_of(problem)
    if reason != Code.CREDENTIALS_REFUSED:
        return f"{reasons.catalogue[reason].remedy}."
    key = "siigo.access_key" if system == "siigo" else "escala.api_key"
    return f"Corrija «{key}» en el archivo y conecte de nuevo."


def _asked(found: Examination, system: System, ask: Callable[[], None]) -> bool:
    """Whether a system answers us; its refusal or silence decides the exit code."""
    code, name = _ACCESS[system], system.capitalize()
    try:
        ask()
    except AccessDenied as problem:
        found.exit_code = 3
        found.note(failed(code, problem.message, remedy=_remedy(problem, system)))
        return False
    except RemoteError as problem:
        troubled = found.calls.refused_siigo if system == "siigo" else found.calls.refused_escala
        if isinstance(problem, Spent) and not troubled:
            found.note(
                warning(
                    code,
                    f"{name} no se alcanzó a revisar: el cupo de llamadas está en uso.",
                    remedy="Repita cuando termine la sincronización en curso.",
                )
            )
            return False
        found.exit_code = found.exit_code if found.exit_code == 3 else 4
        slow = f"{name} no dejó terminar la revisión: responde muy despacio o limita las llamadas."
        # The remedy gives the same advice.
        message = slow if isinstance(problem, Spent) else problem.message.removesuffix(errors.WAIT).rstrip()
        found.note(
            failed(
                code,
                message,
                remedy="Espere unos minutos y repita; revise también su conexión a internet.",
            )
        )
        return False
    found.note(ok(code, f"{name} acepta las credenciales y responde."))
    return True
