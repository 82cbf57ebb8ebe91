"""What is known of a company's credentials: whether they work, who stored them, how many calls failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from siigo_escala.domain import reasons
from siigo_escala.rest.errors import System
from siigo_escala.store import counting
from siigo_escala.store.models import Connection
from siigo_escala.sync import access
from siigo_escala.web.states import Tone

CHANGED = {"siigo": "Clave de Siigo cambiada", "escala": "Clave de Escala cambiada"}
JOINED = "Empresa conectada"
PROBED = "Conexión probada"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One system's credentials, without the secret. `share`: of the calls of seven days, what failed."""

    system: System
    name: str
    word: str
    tone: Tone
    icon: str
    said: str
    stored_at: datetime
    stored_by: str
    tried_at: datetime
    """When it was last seen to work: stored, tried by somebody, or used by a whole synchronisation."""
    calls: int
    refused: int

    @property
    def share(self) -> str:
        """`1,8 %`."""
        percent = 100 * self.refused / self.calls if self.calls else 0
        return f"{percent:.1f}".replace(".", ",") + "\u00a0%"


def cards(company: Connection, *, now: datetime) -> list[Card]:
    """Siigo's and Escala's."""
    accounts: dict[System, tuple[str, str]] = {
        "siigo": ("Siigo", access.counter_name(company)),
        "escala": ("Escala", f"escala:{company.escala_id}"),
    }
    return [_card(company, system, *named, now=now) for system, named in accounts.items()]


def blamed(company: Connection) -> System | None:
    """Whose refusal paused the company; None where it is not paused, or for another reason."""
    if not company.paused or company.paused not in ("CREDENTIALS_REFUSED", "USER_BLOCKED", "BRAKED"):
        return None
    only_escala = "Escala" in company.paused_text and "Siigo" not in company.paused_text
    return "escala" if only_escala and company.paused == "CREDENTIALS_REFUSED" else "siigo"


def _card(company: Connection, system: System, name: str, account: str, *, now: datetime) -> Card:
    stretches = counting.stretches(account, now=now)
    actions = (JOINED, CHANGED[system])
    last = company.audit.filter(action__in=actions).order_by("-pk").first()
    stored_at = last.at if last is not None else company.created_at
    probes = company.audit.filter(action=PROBED, after__sistema=name).order_by("-pk")
    tried = probes.filter(after__falla__isnull=True).first()
    worked = [stored_at, *(one for one in (tried.at if tried else None, company.last_success) if one)]
    failed = probes.filter(after__falla__isnull=False).first()
    shown = _state(company, system)
    if failed is not None and failed.at > max(worked) and shown["tone"] == "green":
        said = f"Al probarla {failed.after['falla'][:1].lower()}{failed.after['falla'][1:]}"
        shown = {"word": "No respondió", "tone": "amber", "icon": "alert-triangle", "said": said}
    return Card(
        system=system,
        name=name,
        stored_at=stored_at,
        tried_at=max(worked),
        stored_by=last.who if last is not None else "la línea de comandos",
        calls=sum(one.calls for one in stretches),
        refused=sum(one.refused for one in stretches),
        **shown,
    )


def _state(company: Connection, system: System) -> dict[str, Any]:
    if company.forgotten:
        return {"word": "Sin clave", "tone": "grey", "icon": "info-circle", "said": "La clave se quitó."}
    if blamed(company) == system:
        return {
            "word": "En pausa",
            "tone": "red",
            "icon": "circle-x",
            "said": reasons.for_screens(company.paused_text),
        }
    if company.refusals:
        said = "Una llamada fue rechazada por las credenciales."
        return {"word": "En duda", "tone": "amber", "icon": "alert-triangle", "said": said}
    if not company.runs.filter(exit_code__in=(0, 1)).exists():
        said = "Se comprobó al guardarla; todavía no se ha completado una sincronización."
        return {"word": "Guardada", "tone": "grey", "icon": "info-circle", "said": said}
    return {"word": "Responde", "tone": "green", "icon": "circle-check", "said": ""}
