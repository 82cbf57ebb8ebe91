"""What is seen and what to do, for whatever an account or this installation answers."""

from __future__ import annotations

import pytest

from siigo_escala.domain.rules import FileProblem
from siigo_escala.rest.errors import AccessDenied, Rejected, TryLater, UnexpectedAnswer
from siigo_escala.sync.brake import Braked
from siigo_escala.sync.checking.budget import Spent
from siigo_escala.web import refusals


@pytest.mark.parametrize(
    ("problem", "said", "step", "where"),
    [
        (Braked("Frenamos las llamadas.", system="siigo"), "Frenamos", "", "siigo"),
        (
            AccessDenied("no", system="siigo", status=403, raw="Partner-Id", cause="permission"),
            "el nombre de la aplicación",
            "SIIGO_ESCALA_PARTNER_ID",
            "siigo",
        ),
        (Rejected("no", system="siigo", status=400, raw="Partner-Id"), "el nombre de", "Ajustes", "siigo"),
        (AccessDenied("no", system="escala", status=403, cause="permission"), "Escala no", "copie", "escala"),
        (Spent("usado", system="escala"), "tarda demasiado", "Espere un minuto", "escala"),
        (
            TryLater("Escala no dio una respuesta (no respondió a tiempo).", system="escala"),
            "public-api.escala.com no respondió a tiempo.",
            "proxy",
            "escala",
        ),
        (
            TryLater("Siigo no dio una respuesta (no se pudo establecer la conexión).", system="siigo"),
            "No pudimos conectar con api.siigo.com.",
            "Revise la red",
            "siigo",
        ),
        (
            TryLater("Siigo no dio una respuesta (no se encontró el servidor).", system="siigo"),
            "No encontramos api.siigo.com.",
            "Revise la red",
            "siigo",
        ),
        (
            TryLater("Siigo no dio una respuesta (la conexión segura falló).", system="siigo"),
            "La conexión segura con api.siigo.com falló.",
            "Revise la red",
            "siigo",
        ),
        (UnexpectedAnswer("Siigo respondió otra cosa.", system="siigo"), "otra cosa", "", "siigo"),
        (FileProblem("name", "«name» debe cambiar."), "debe cambiar", "", ""),
    ],
)
def test_each_cause_has_its_sentence_and_its_step(
    problem: Exception, said: str, step: str, where: str
) -> None:
    told = refusals.told(problem)
    assert said in told.text
    assert step in told.step
    assert bool(told.step) is bool(step)
    assert told.where == where
