"""What the ledger keeps of what was made or decided, in plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from siigo_escala.domain import identity
from siigo_escala.domain.crm import Contact, ContactDraft, ContactId, Deal, DealDraft, DealId
from siigo_escala.escala.outcomes import Made


def plain(data: Mapping[str, object]) -> dict[str, Any]:
    """A decision's data as JSON."""
    return {
        key: list(value)
        if isinstance(value, tuple | list)
        else value
        if isinstance(value, str | int | bool | None)
        else str(value)
        for key, value in data.items()
    }


def deal(deal_id: DealId, draft: DealDraft, made: Made | None = None) -> Deal:
    """The deal that was made: as the answer shows it, else as it was sent."""
    if made is not None and isinstance(made.record, Deal):
        return made.record
    return Deal(
        id=deal_id,
        name=draft.name,
        contact_id=draft.contact_id,
        pipeline_id=draft.pipeline_id,
        stage_id=draft.stage_id,
        owner=draft.owner,
        value=draft.value,
    )


def contact(contact_id: ContactId, draft: ContactDraft, made: Made | None = None) -> Contact:
    """The contact that was made: as the answer shows it, else as it was sent."""
    if made is not None and isinstance(made.record, Contact):
        return made.record
    return Contact(
        id=contact_id,
        first_name=draft.first_name,
        last_name=draft.last_name,
        company_name=draft.company_name,
        emails=(draft.email,) if identity.email(draft.email) else (),
        phones=(draft.phone,) if draft.phone else (),
        owner=draft.owner,
        custom=draft.custom,
    )
