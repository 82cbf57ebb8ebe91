"""A pipeline and one of its stages as one field: chosen by ids, written by name where that is clear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from siigo_escala.store.models import Connection

_AND = "|"


def chosen(company: Connection, pipeline: str, stage: str) -> str:
    """The field's value for what the file names."""
    return _AND.join(_found(company, pipeline, stage))


def choices(company: Connection, pipeline: str, stage: str) -> list[tuple[str, Any]]:
    """Stages grouped by their pipeline; the chosen one stands among them even where it is gone."""
    places: list[tuple[str, Any]] = [
        (
            one["name"],
            [(f"{one['id']}{_AND}{of['id']}", f"{one['name']} › {of['name']}") for of in one["stages"]],
        )
        for one in company.escala.pipelines
    ]
    here = chosen(company, pipeline, stage)
    if not any(here == value for _, stages in places for value, _ in stages):
        gone = f"{pipeline} › {stage} (ya no existe)" if stage else "Elija una"
        places.insert(0, (here if stage else "", gone))
    return places


def named(company: Connection, place: str, *, before: tuple[str, str]) -> tuple[str, str]:
    """Pipeline and stage as the file writes them: as before where they are the same, by name where it can."""
    if place == chosen(company, *before):
        return before
    pipeline, _, stage = place.partition(_AND)
    known = next(one for one in company.escala.pipelines if one["id"] == pipeline)
    return _name(company.escala.pipelines, pipeline), _name(known["stages"], stage)


def _found(company: Connection, pipeline: str, stage: str) -> tuple[str, str]:
    """Ids of the pipeline and stage that the file names; what is not there any more stays as written."""
    for one in company.escala.pipelines:
        if _is(one, pipeline):
            for of in one["stages"]:
                if _is(of, stage):
                    return one["id"], of["id"]
    return pipeline, stage


def _is(thing: Mapping[str, Any], wanted: str) -> bool:
    return wanted in (thing["id"], thing["name"]) or thing["name"].casefold() == wanted.strip().casefold()


def _name(things: Sequence[Mapping[str, Any]], wanted: str) -> str:
    name = next(str(one["name"]) for one in things if one["id"] == wanted)
    return name if sum(_is(one, name) for one in things) == 1 else wanted
