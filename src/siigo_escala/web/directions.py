"""Which way a company's flow goes, for screens."""

from __future__ import annotations

from siigo_escala.domain.directions import BACK
from siigo_escala.store.models import Connection


def is_back(company: Connection) -> bool:
    """Whether opportunities become invoices."""
    return company.direction == BACK


def noun(company: Connection) -> str:
    """What is counted, one and many."""
    return "oportunidad,oportunidades" if is_back(company) else "factura,facturas"
