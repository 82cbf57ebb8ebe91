"""Which Escala user a Siigo seller may be."""

from __future__ import annotations

import pytest

from siigo_escala.domain import suggested_owners


@pytest.mark.parametrize(
    ("email", "name", "users", "user", "evidence"),
    [
        ("Laura@Acme.example ", "Otra", ["laura@acme.example"], "laura@acme.example", "email"),
        (
            "ventas@acme.example",
            "Laura Rojas",
            ["laura.rojas@acme.example"],
            "laura.rojas@acme.example",
            "name",
        ),
        ("", "Ana Paz", ["ana.paz@acme.example", "jo.x@acme.example"], "ana.paz@acme.example", "name"),
        ("", "LÁURA ROJAS", ["laura@acme.example", "diego@acme.example"], "laura@acme.example", "name"),
    ],
)
def test_the_same_email_goes_before_a_like_name(
    email: str, name: str, users: list[str], user: str, evidence: str
) -> None:
    found = suggested_owners.suggest(email=email, name=name, users=users)
    assert found == suggested_owners.Suggestion(user=user, evidence=evidence)  # type: ignore[arg-type]  # of the table


@pytest.mark.parametrize(
    ("name", "users"),
    [
        ("Laura Rojas", ["laura@a.example", "rojas@a.example"]),
        ("Laura Rojas", ["lr@a.example", "ventas@a.example", "123@a.example"]),
        ("", []),
    ],
)
def test_two_alike_or_none_suggest_nobody(name: str, users: list[str]) -> None:
    assert suggested_owners.suggest(email="", name=name, users=users) is None
