"""The reading screens of a connection whose opportunities become invoices answer; they tell little yet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.test import Client

CALLS = {"calls": {"siigo": 1, "escala": 1}, "plan": {"calls": {"siigo": 1, "escala": 1}, "seconds": 1}}
pytestmark = [
    pytest.mark.usefixtures("installed"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


@pytest.mark.parametrize(
    "page",
    ["", "pendientes/", "facturas/", "conciliacion/", "historial/", "sincronizar/", "historial/{run}/"],
)
def test_a_page_answers(visitor: Client, company: Callable[..., Any], page: str) -> None:
    from siigo_escala.store import models

    acme = company(direction="opportunities_to_invoices", file={"name": "acme", "invoices": {}})
    run = models.Run.objects.create(
        connection=acme, kind="sync", started=datetime.now(UTC), finished=datetime.now(UTC), exit_code=0,
        document={"opportunities": {"read": 1, "created": 1}, "value": {"created": "5.00"}, **CALLS},
    )  # fmt: skip
    models.User.objects.make("ana@acme.example", "una-clave-larga-de-ejemplo", is_installer=True)
    entered = visitor.post(
        "/entrar/", {"email": "ana@acme.example", "password": "una-clave-larga-de-ejemplo"}
    )
    assert entered.status_code == 302
    answer = visitor.get(f"/empresas/acme/{page.format(run=run.pk)}")
    assert answer.status_code == 200, answer.content[-2000:]
