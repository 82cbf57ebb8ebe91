"""The two directions in the words of people, and the ledger that each of them keeps."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from siigo_escala.domain.directions import BACK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from siigo_escala.store.models import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a direction counts, where it goes, and the parts of its ledger."""

    key: str
    """Of the counts in documents."""
    many: str
    one: str
    target: str
    parts: Mapping[str, str]

    def state(self, part: str) -> str:
        """The part that one record stands in: the words are regular participles, or do not change."""
        return self.parts[part].removesuffix("s")


FORWARD_WORDS = Words(
    key="invoices",
    many="Facturas",
    one="Factura",
    target="Escala",
    parts={
        "in_escala": "En Escala",
        "excluded": "Excluidas",
        "annulled": "Anuladas",
        "needs_attention": "Por revisar",
        "failed": "Fallidas",
    },
)
BACK_WORDS = Words(
    key="opportunities",
    many="Oportunidades",
    one="Oportunidad",
    target="Siigo",
    parts={
        "invoiced": "Facturadas",
        "excluded": "Excluidas",
        "needs_attention": "Por revisar",
        "failed": "Fallidas",
    },
)


def of(direction: str) -> Words:
    """The words of a direction."""
    return BACK_WORDS if direction == BACK else FORWARD_WORDS


def of_document(document: Mapping[str, Any]) -> Words:
    """The words of a document, by what it counts."""
    return BACK_WORDS if BACK_WORDS.key in document else FORWARD_WORDS


def ledger(connection: Connection) -> ModuleType:
    """The module that tells a connection's ledger."""
    if connection.direction == BACK:
        from siigo_escala.sync.invoicing import report as back

        return back
    from siigo_escala.sync import report as forward

    return forward
