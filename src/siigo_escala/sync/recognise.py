"""Whose account is this? Recognised by what it holds, never by the user or key that opens it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from siigo_escala.domain.accounting import DocumentType, InvoiceId
from siigo_escala.domain.crm import DealId, Pipeline
from siigo_escala.escala.client import EscalaClient
from siigo_escala.rest.errors import NotFound
from siigo_escala.siigo.client import SiigoClient
from siigo_escala.store import models
from siigo_escala.store.errors import StoreProblem
from siigo_escala.store.models import Connection, EscalaAccount, SiigoCompany

_KNOWN = 5
"""So many known records are asked for where the catalogues do not tell."""


def company(
    document_types: Sequence[DocumentType], siigo: SiigoClient, known: Connection | None
) -> SiigoCompany | None:
    """The company these credentials open, None: one not seen before. OTHER_COMPANY where it changed."""
    types = {kind.id for kind in document_types}
    if known is not None:
        if types & {kind["id"] for kind in known.siigo.document_types}:
            return known.siigo
        ids = known.invoices.order_by("-date").values_list("siigo_id", flat=True)[:_KNOWN]
        if any(_exists(partial(siigo.invoice, InvoiceId(one))) for one in ids):
            return known.siigo
        if known.invoices.exists() or known.siigo.document_types:
            raise _other("Siigo", known)
        return known.siigo
    for other in SiigoCompany.objects.order_by("pk"):
        if types & {kind["id"] for kind in other.document_types}:
            return other
    return None


def account(
    pipelines: Sequence[Pipeline], escala: EscalaClient, known: Connection | None
) -> EscalaAccount | None:
    """The Escala account this key opens, None: one not seen before. OTHER_COMPANY where it changed."""
    ids_now = {pipeline.id for pipeline in pipelines}
    if known is not None:
        if ids_now & {pipeline["id"] for pipeline in known.escala.pipelines}:
            return known.escala
        ids = (
            models.Invoice.objects.filter(escala=known.escala, deal_id__isnull=False)
            .order_by("-sent_at")
            .values_list("deal_id", flat=True)[:_KNOWN]
        )
        if any(_exists(partial(escala.deal, DealId(one or ""))) for one in ids):
            return known.escala
        raise _other("Escala", known)
    for other in EscalaAccount.objects.order_by("pk"):
        if ids_now & {pipeline["id"] for pipeline in other.pipelines}:
            return other
    return None


def neighbours(pipelines: Iterable[str], types: Iterable[int] = ()) -> list[Connection]:
    """Connections to the Escala account that shows these pipelines, by name; with `types` those to a Siigo
    company of these, too.
    """
    shown, kinds = set(pipelines), set(types)
    return [
        one
        for one in Connection.objects.select_related("siigo", "escala").order_by("name")
        if shown & {pipeline["id"] for pipeline in one.escala.pipelines}
        and (not kinds or kinds & {kind["id"] for kind in one.siigo.document_types})
    ]


def _exists(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except NotFound:
        return False
    return True


def _other(system: str, known: Connection) -> StoreProblem:
    return StoreProblem(
        "OTHER_COMPANY",
        f"Las credenciales nuevas de «{known.name}» abren otra cuenta de {system}: use las de la "
        "misma cuenta, o conecte la otra con otro nombre. No se cambió nada.",
    )
