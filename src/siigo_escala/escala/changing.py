"""The body of an update: what is there, merged with what changes (escala-api.md 3.4, 5.4, U9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from siigo_escala.domain.crm import UNASSIGNED, Deal, DealChange
from siigo_escala.escala import wire
from siigo_escala.escala.capabilities import Verb
from siigo_escala.rest.fields import cents, mapping, number, text

__all__ = ["Verb", "attempts", "contact_whole", "deal_patch", "deal_whole"]

_CONTACT_TEXTS = ("assignedTo", "status", "source", "notes")
_CONTACT_FLAGS = ("contacted", "marketable")


def attempts(
    known: Verb, *, whole: Mapping[str, object] | None, patch: Mapping[str, object]
) -> Iterator[tuple[Verb, Mapping[str, object]]]:
    """Verbs worth trying and their bodies: the one that worked before first, PUT before PATCH else."""
    if whole is not None and known != "patch":
        yield "put", whole
    yield "patch", patch
    if whole is not None and known == "patch":
        yield "put", whole


def deal_patch(change: DealChange) -> dict[str, object]:
    """Only what changes."""
    patch: dict[str, object] = {}
    if change.value is not None:
        patch["value"] = cents(change.value)
    if change.lines is not None:
        patch["products"] = wire.products_body(change.lines)
    if change.description is not None:
        patch["description"] = change.description[: wire.DESCRIPTION_LIMIT]
    if change.stage_id is not None:
        patch["stageId"] = change.stage_id
    if change.custom:
        patch["custom"] = wire.custom_out(change.custom)
    patch["triggerWorkflow"] = False
    return patch


def deal_whole(found: Mapping[str, object], patch: Mapping[str, object]) -> dict[str, object] | None:
    """The deal as it is, in the shape of a write, with the change in it.

    None where the answer left out what a replacement would lose: then only a PATCH is safe.
    """
    deal = wire.deal(found)
    custom = wire.custom_as_is(found.get("custom"))
    if "description" not in patch and "description" not in found:
        return None
    if "products" not in patch and not _lines_known(found, deal):
        return None
    if deal.contact_id is None or deal.pipeline_id is None or deal.stage_id is None:
        return None
    whole: dict[str, object] = {
        "name": deal.name,
        "contactId": deal.contact_id,
        "pipelineId": deal.pipeline_id,
        "stageId": deal.stage_id,
        "assignedTo": deal.owner or UNASSIGNED,
    }
    if (priority := number(found.get("priority"))) is not None:
        whole["priority"] = wire.plain(priority)
    if deal.description:
        whole["description"] = deal.description
    if deal.lines:
        whole["products"] = wire.products_body(deal.lines)
    if deal.value is not None:
        whole["value"] = cents(deal.value)
    if custom or "custom" in patch:
        patch = {**patch, "custom": {**custom, **mapping(patch.get("custom"))}}
    return {**whole, **patch}


def contact_whole(found: Mapping[str, object], patch: Mapping[str, object]) -> dict[str, object]:
    """The contact as it is, without what Escala itself keeps, with the change in it."""
    whole: dict[str, object] = {}
    for key in _CONTACT_TEXTS:
        if value := text(found.get(key)):
            whole[key] = value
    for key in _CONTACT_FLAGS:
        if isinstance(found.get(key), bool):
            whole[key] = found[key]
    if (priority := number(found.get("priority"))) is not None:
        whole["priority"] = wire.plain(priority)
    for key in ("personal", "company"):
        if part := {
            name: value for name, value in mapping(found.get(key)).items() if value not in (None, "")
        }:
            whole[key] = part
    return {**whole, **patch}


def _lines_known(found: Mapping[str, object], deal: Deal) -> bool:
    """Whether every product line can be written back. An answer with other optional keys has no products."""
    if deal.lines is None:
        return any(key in found for key in ("priority", "custom"))
    return all(line.quantity is not None for line in deal.lines)
