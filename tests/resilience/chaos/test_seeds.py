"""Whatever goes wrong, the end is that of an undisturbed run: forty seeds in every test, 200 in full."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.resilience.chaos import seeds, story

_ALWAYS = range(40)
_FULL = range(40, 200)


def _come_to_the_same_end(request: pytest.FixtureRequest, seed: int, templates: Path) -> None:
    store = seeds.store_of(seed)
    server = request.getfixturevalue("postgresql_server") if store == "postgresql" else ""
    blocker: Any = request.getfixturevalue("django_db_blocker")
    verdict = seeds.live(seed, store=store, server=server, templates=templates, blocker=blocker)
    assert not verdict.problem, verdict.told


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", _ALWAYS)
def test_a_disturbed_life_comes_to_the_undisturbed_end(
    request: pytest.FixtureRequest, shared_folder: Path, seed: int
) -> None:
    _come_to_the_same_end(request, seed, shared_folder)


@pytest.mark.full
@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", _FULL)
def test_many_more_disturbed_lives_come_to_the_undisturbed_end(
    request: pytest.FixtureRequest, shared_folder: Path, seed: int
) -> None:
    _come_to_the_same_end(request, seed, shared_folder)


def test_a_seed_tells_the_same_story_every_time_and_another_tells_another() -> None:
    assert story.draw(7).told() == story.draw(7).told()
    assert story.draw(7).told() != story.draw(8).told()
