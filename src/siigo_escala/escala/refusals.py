"""What a refusal of Escala is about, by the fields and words it names (escala-api.md 2.4, U11, U12, U17)."""

from __future__ import annotations

import re

from siigo_escala.rest.errors import AccessDenied, Rejected, RemoteError

_PRIORITY = re.compile(r"priorit|priorid", re.IGNORECASE)
_PRODUCTS = re.compile(r"product|quantit|cantidad", re.IGNORECASE)
_QUANTITY = re.compile(r"quantit|cantidad|integer|entero|decimal", re.IGNORECASE)
_CUSTOM_KEY = re.compile(r"\bcf_\w+")
_NO_SUCH_CALL = re.compile(r"missing authentication token", re.IGNORECASE)
_CLEAN = (400, 422)


def blames_priority(refused: Rejected) -> bool:
    """Whether `priority` was what Escala did not like."""
    return refused.status in _CLEAN and _PRIORITY.search(_words(refused)) is not None


def blames_products(refused: Rejected) -> bool:
    """Whether the product lines were."""
    return refused.status in _CLEAN and _PRODUCTS.search(_words(refused)) is not None


def blames_quantity(refused: Rejected) -> bool:
    """Whether a quantity was."""
    return _QUANTITY.search(_words(refused)) is not None


def is_no_such_call(refused: RemoteError) -> bool:
    """Whether the account's API has no call of this verb at this address (2.3, 14)."""
    if refused.status in (404, 405, 501):
        return True
    return refused.status == 403 and _NO_SUCH_CALL.search(refused.raw) is not None


def key_refused(problem: AccessDenied) -> AccessDenied:
    """401 and 403 alike: the key is not valid or the API is not enabled (U17)."""
    return AccessDenied(
        "Escala no acepta la clave de API, o el API no está habilitada. Revísela en Escala: Perfil y "
        "configuraciones, CRM, Apps, Conectar API Escala.",
        system="escala",
        status=problem.status,
        raw=problem.raw,
        cause="credentials",
    )


def _words(refused: Rejected) -> str:
    """Everything that names a field; custom keys hold words of their own ("cf_deal_prioridad_…")."""
    texts = [refused.message]
    for problem in refused.problems:
        texts += [problem.code, problem.message, *problem.fields]
    return _CUSTOM_KEY.sub(" ", " ".join(texts))
