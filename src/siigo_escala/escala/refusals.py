"""What a refusal of Escala is about, by the fields and words it names (escala-api.md 2.4, U11, U12, U17)."""

from __future__ import annotations

import re

from siigo_escala.escala.outcomes import UpdateImpossible
from siigo_escala.rest.errors import AccessDenied, Rejected, RemoteError, UnexpectedAnswer

_PRIORITY = re.compile(r"priorit|priorid", re.IGNORECASE)
_PRODUCTS = re.compile(r"product|quantit|cantidad", re.IGNORECASE)
_QUANTITY = re.compile(r"quantit|cantidad|integer|entero|decimal", re.IGNORECASE)
_NAMES = re.compile(r"\bcf_\w+|\S+@\S+")
"""Custom keys and e-mails hold words of their own ("cf_deal_prioridad_…")."""
_NO_SUCH_ADDRESS = re.compile(r"missing authentication token", re.IGNORECASE)
_NO_SUCH_VERB = re.compile(r"missing authentication token|method", re.IGNORECASE)
_CLEAN = (400, 422)


def blames_priority(refused: Rejected) -> bool:
    """Whether `priority` was what Escala did not like."""
    return refused.status in _CLEAN and _PRIORITY.search(_words(refused)) is not None


def blames_products(refused: Rejected) -> bool:
    """Whether the product lines were."""
    return refused.status in _CLEAN and _PRODUCTS.search(_words(refused)) is not None


def blames_quantity(refused: Rejected) -> bool:
    """Whether a quantity was."""
    texts = [_words(refused), *(problem.message for problem in refused.problems)]
    return _QUANTITY.search(" ".join(texts)) is not None


def is_no_such_verb(refused: RemoteError) -> bool:
    """Whether the API has no such verb for a record (2.3, 5.4, 14): a 404, a 405, or a gateway's words.

    The record must be known to be there: a 404 says of one that was deleted nothing else.
    Any other 403 speaks of the key, as it does everywhere else (U17): updates are not given up for it.
    """
    if refused.status == 403:
        return _NO_SUCH_VERB.search(refused.raw) is not None
    return refused.status in (404, 405)


def read_refused(problem: AccessDenied) -> RemoteError:
    """What a 401 or 403 to a read means: a gateway's words for an unknown address speak of no key."""
    if _NO_SUCH_ADDRESS.search(problem.raw) is None:
        return key_refused(problem)
    return UnexpectedAnswer(
        "La API de esta cuenta de Escala no ofrece esa consulta.",
        system="escala",
        status=problem.status,
        raw=problem.raw,
    )


def key_refused(problem: AccessDenied) -> AccessDenied:
    """401 and 403 alike: the key is not valid or the API is not enabled (U17)."""
    return AccessDenied(
        "Escala no acepta la clave de API, o la API no está habilitada. Revísela en Escala: Perfil y "
        "configuraciones, CRM, Apps, Conectar API Escala.",
        system="escala",
        status=problem.status,
        raw=problem.raw,
        cause="credentials",
    )


def no_pipelines(status: int | None, raw: str) -> UnexpectedAnswer:
    """The API does not show what every opportunity needs (U20)."""
    return UnexpectedAnswer(
        "La API de esta cuenta de Escala no muestra sus pipelines y etapas; escriba a soporte de Escala.",
        system="escala",
        status=status,
        raw=raw,
    )


def impossible() -> UpdateImpossible:
    """No verb changes this record and leaves the rest of it alone."""
    return UpdateImpossible("Escala no permite modificar este registro por el API.", system="escala")


def _words(refused: Rejected) -> str:
    """What names the refused field: the complaint's own fields, else its text."""
    named = [name for problem in refused.problems for name in problem.fields]
    texts = named or [problem.message for problem in refused.problems]
    return _NAMES.sub(" ", " ".join(texts))
