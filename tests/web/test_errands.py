"""Work that a page waits for: begun once, told while it lasts, and what became of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from siigo_escala.store.errors import StoreProblem
from siigo_escala.web import errands

if TYPE_CHECKING:
    from siigo_escala.store import models

pytestmark = pytest.mark.usefixtures("installed")


def test_the_same_is_begun_once_and_another_takes_its_place(
    company: Callable[..., models.Connection],
) -> None:
    acme, hold = company(), threading.Event()

    def work(tell: errands.Tell) -> dict[str, Any]:
        tell({"done": 1})
        tell({"done": 2})
        hold.wait(20)
        return {"made": True}

    first = errands.begin("look", work, of=acme, asked={"days": 30})
    assert errands.begin("look", work, of=acme, asked={"days": 30}) == first
    other = errands.begin("look", work, of=acme, asked={"days": 90})
    hold.set()
    errands.wait()
    found = errands.newest("look", of=acme)
    assert found == other
    assert found is not None
    # Told at most once a second.
    assert (found.result, found.progress) == ({"made": True}, {"done": 1})
    assert not errands.died(found, now=datetime.now(UTC) + timedelta(days=1))
    again = errands.begin("look", lambda _: {}, of=acme, asked={"days": 90})
    errands.wait()
    assert again != other


@pytest.mark.parametrize(
    ("problem", "said", "logged"),
    [
        (StoreProblem("KEY_MISSING", "La clave no abre."), "Falta la llave", 0),
        (StoreProblem("CONNECTION_UNKNOWN", "No hay tal conexión."), "No hay tal conexión.", 0),
        (KeyError("secreto"), "Algo falló de nuestro lado", 1),
    ],
)
def test_what_goes_wrong_is_told_to_whoever_waits(
    company: Callable[..., models.Connection], problem: Exception, said: str, logged: int
) -> None:
    acme = company()

    def work(_: errands.Tell) -> dict[str, Any]:
        raise problem

    with capture_logs() as seen:
        errands.begin("look", work, of=acme, asked={})
        errands.wait()
    found = errands.newest("look", of=acme)
    assert found is not None
    assert said in found.problem["text"]
    assert "secreto" not in str(found.problem)
    assert len(seen) == logged


def test_what_cannot_be_kept_is_logged(company: Callable[..., models.Connection]) -> None:
    acme = company()
    with capture_logs() as seen:
        errands.begin("look", lambda _: {"no": object()}, of=acme, asked={})
        errands.wait()
    assert [one["event"] for one in seen] == ["errand not kept"]
    found = errands.newest("look", of=acme)
    assert found is not None
    assert errands.died(found, now=datetime.now(UTC) + timedelta(hours=1))
