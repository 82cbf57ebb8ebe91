"""What is to be done where opportunities become invoices: those that wait for a person, by reason."""

from __future__ import annotations

from django.db.models import QuerySet

from siigo_escala.domain.reasons import Code
from siigo_escala.store.models import Connection, Opportunity
from siigo_escala.web.queries import opportunities
from siigo_escala.web.queries.doing import Group, by_reason
from siigo_escala.web.states import FOR_PEOPLE


def waiting(company: Connection) -> QuerySet[Opportunity]:
    """Every opportunity that does not go on by itself, as the lists show it."""
    return opportunities.of(company).filter(shown__in=FOR_PEOPLE)


def draft(company: Connection) -> str:
    """The opportunity whose draft a person is to confirm, by its id; "" where none waits for that."""
    found = waiting(company).filter(code=Code.DRAFT_UNCONFIRMED).order_by("pk").only("data").first()
    return str(found.data.get("confirm", "")) if found is not None else ""


def groups(company: Connection) -> list[Group]:
    """By reason, ordered by the pesos that each holds up."""
    return by_reason(waiting(company))
