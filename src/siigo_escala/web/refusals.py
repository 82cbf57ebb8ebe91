"""Why an account, or this installation, does not let a person go on: what is seen, and the next step."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

import structlog

from siigo_escala.config import env
from siigo_escala.domain.rules import FileProblem
from siigo_escala.rest import transport
from siigo_escala.rest.errors import AccessDenied, RemoteError, System
from siigo_escala.store.errors import StoreProblem
from siigo_escala.sync.brake import Braked
from siigo_escala.sync.checking.budget import Spent
from siigo_escala.web.templatetags.words import counted, local

Where = Literal["siigo", "escala", ""]
log = structlog.get_logger()
_WRONG = {
    "siigo": (
        "Siigo no aceptó el usuario o la clave de acceso.",
        "Cópielos de nuevo; si alguien generó otra clave, la anterior ya no sirve.",
    ),
    "escala": (
        "Escala no aceptó la clave de API, o la API no está habilitada.",
        "En Escala: Conectar API Escala, y copie la clave nueva.",
    ),
}
_BLOCKED = (
    "Siigo bloqueó el usuario por demasiados errores.",
    "Espere su correo o escriba a Siigo; no insista: cada error cuenta.",
)
_NO_PERMISSION = (
    "Su plan de Siigo no incluye la API, o el usuario API no puede ver lo que se le pide.",
    "Pídalo al administrador de Siigo.",
)
_PARTNER = (
    "Siigo no aceptó el nombre de la aplicación.",
    "Ajustes › Nombre ante Siigo (SIIGO_ESCALA_PARTNER_ID): de 3 a 100 letras y números, sin espacios.",
)
_NO_KEY = ("Falta la llave con que se cifran las claves.", "Restaure «secret.key» del respaldo.")
_NO_NETWORK = {
    transport.NOT_FOUND: "No encontramos {server}.",
    transport.NOT_SECURE: "La conexión segura con {server} falló.",
    transport.TOO_LATE: "{server} no respondió a tiempo.",
    transport.NO_CONNECTION: "No pudimos conectar con {server}.",
}
_OURS = (
    "Algo falló de nuestro lado; quedó en el registro.",
    "Vuelva a intentarlo; si sigue, envíenos ese registro.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A refusal for people: what is seen, what to do, and whose it is."""

    text: str
    step: str
    where: Where = ""

    def to_json(self) -> dict[str, str]:
        """As an errand keeps it."""
        return {"text": self.text, "step": self.step, "where": self.where}


def told(problem: Exception) -> Told:
    """The sentence and the step for whatever was raised; what nobody foresaw is logged."""
    if isinstance(problem, Braked):
        return Told(text=problem.message, step="", where="siigo")
    if isinstance(problem, AccessDenied):
        return _refused(problem)
    if isinstance(problem, RemoteError):
        return _silent(problem)
    if isinstance(problem, StoreProblem):
        text, step = _NO_KEY if problem.code == "KEY_MISSING" else (problem.message, "")
        return Told(text=text, step=step)
    if isinstance(problem, FileProblem):
        return Told(text=problem.message, step="")
    log.error("screen failed", exc_info=problem)
    return Told(text=_OURS[0], step=_OURS[1])


def _refused(problem: AccessDenied) -> Told:
    if "partner" in problem.raw.casefold():
        text, step = _PARTNER
    elif problem.cause == "blocked":
        text, step = _BLOCKED
    elif problem.cause == "permission" and problem.system == "siigo":
        text, step = _NO_PERMISSION
    else:
        text, step = _WRONG[problem.system]
    return Told(text=text, step=step, where=problem.system)


def _silent(problem: RemoteError) -> Told:
    """No answer, a limit, or an answer that cannot be used."""
    system = problem.system
    wait = getattr(problem, "retry_after_s", None)
    if wait:
        again = local(datetime.now(UTC) + timedelta(seconds=wait))
        return Told(
            text=f"{system.capitalize()} pide esperar {counted(round(wait), 'segundo,segundos')}; puede que "
            "otra integración use el mismo cupo.",
            step=f"Pulse de nuevo después de {again}.",
            where=system,
        )
    if isinstance(problem, Spent):
        text = f"{system.capitalize()} tarda demasiado en responder, o limita las llamadas."
        return Told(text=text, step="Espere un minuto y pulse de nuevo.", where=system)
    if "partner" in problem.raw.casefold():
        return Told(text=_PARTNER[0], step=_PARTNER[1], where=system)
    for why, text in _NO_NETWORK.items():
        if problem.status is None and why in problem.message:
            step = "Revise la red o el proxy de este equipo."
            return Told(text=text.format(server=_server(system)), step=step, where=system)
    return Told(text=problem.message, step="", where=system)


def _server(system: System) -> str:
    environment = env.read(os.environ)
    address = environment.siigo_url if system == "siigo" else environment.escala_url
    return urlsplit(address).hostname or system.capitalize()
