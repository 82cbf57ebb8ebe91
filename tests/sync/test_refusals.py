"""What Escala does not take, as the reason a person reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from siigo_escala.domain import reasons
from siigo_escala.domain.planning import NeedsAttention
from siigo_escala.rest.errors import FieldProblem, Rejected
from siigo_escala.sync import refusals


def _refusal(
    message: str = "", *, fields: tuple[str, ...] = (), status: int = 400, raw: str = ""
) -> Rejected:
    problems = [FieldProblem(message=message, fields=fields)] if message or fields else []
    return Rejected("Escala lo rechazó.", system="escala", status=status, raw=raw, problems=problems)


@pytest.mark.parametrize(
    ("message", "fields", "contact", "deal"),
    [
        ("unknown key", ("custom.cf_x",), "FIELD_GONE", "FIELD_GONE"),
        ("custom.cf_x is not allowed", (), "FIELD_GONE", "FIELD_GONE"),
        ("El campo cf_x no existe", (), "FIELD_GONE", "FIELD_GONE"),
        ("cf_x: value not allowed", (), "FIELD_REFUSED", "FIELD_REFUSED"),
        ("cf_contact_cedula_kwzt_text is not valid", (), "FIELD_REFUSED", "FIELD_REFUSED"),
        ("no such user", ("assignedTo",), "OWNER_REFUSED", "OWNER_REFUSED"),
        ("Owner does not exist", (), "OWNER_REFUSED", "OWNER_REFUSED"),
        ("should not be empty", ("personal.email",), "CONTACT_DATA_MISSING", "ESCALA_ERROR"),
        ("El teléfono es obligatorio", (), "CONTACT_DATA_MISSING", "ESCALA_ERROR"),
        ("is gone", ("stageId",), "CONTACT_REFUSED", "STAGE_GONE"),
        ("is gone", ("pipelineId",), "CONTACT_REFUSED", "PIPELINE_GONE"),
        ("no", (), "CONTACT_REFUSED", "ESCALA_ERROR"),
        ("", (), "CONTACT_REFUSED", "ESCALA_ERROR"),
    ],
)
def test_the_field_or_the_words_of_a_refusal_say_which_reason_it_is(
    message: str, fields: tuple[str, ...], contact: str, deal: str
) -> None:
    refusal = _refusal(message, fields=fields)
    assert refusals.of_contact(refusal).code == contact
    assert refusals.of_deal(refusal).code == deal


@pytest.mark.parametrize(
    ("field", "named"), [("personal.email", "correo"), ("personal.phoneNumber", "teléfono")]
)
def test_what_a_contact_lacks_is_named(field: str, named: str) -> None:
    held = refusals.of_contact(_refusal("should not be empty", fields=(field,)))
    assert held.data["field"] == named


@pytest.mark.parametrize(
    ("message", "fields", "blamed"),
    [
        ("contact 12 does not exist", (), True),
        ("is unknown", ("contactId",), True),
        ("no", (), False),
        ("cf_contact_cedula_kwzt_text is not valid", (), False),
        ("the stage has no such contact", (), False),
        ("pipeline without contacts", (), False),
    ],
)
def test_a_deal_refused_for_its_contact_is_told_from_one_refused_for_a_field_of_that_name(
    message: str, fields: tuple[str, ...], *, blamed: bool
) -> None:
    assert refusals.blames_contact(_refusal(message, fields=fields)) is blamed


@pytest.mark.parametrize(
    ("message", "status", "clear"),
    [("value is too large", 400, True), ("no", 422, True), ("", 400, False), ("conflict", 409, False)],
)
def test_a_refusal_is_clear_where_it_says_what_it_does_not_take(
    message: str, status: int, *, clear: bool
) -> None:
    assert refusals.is_clear(_refusal(message, status=status)) is clear


@pytest.mark.parametrize("reason", [refusals.of_contact, refusals.of_deal])
def test_the_answer_is_kept_short_and_printable(reason: Callable[[Rejected], NeedsAttention]) -> None:
    said: dict[str, Any] = dict(reason(_refusal("no\x00 \u202e  es\nposible " + "x" * 300)).data)
    assert said["status"] == 400
    assert said["answer"].startswith("no es posible xxx")
    assert len(said["answer"]) == 200
    assert reason(_refusal(raw="<p>error</p>")).data["answer"] == "<p>error</p>"


@pytest.mark.parametrize("reason", [refusals.of_contact, refusals.of_deal])
def test_a_refused_field_is_named(reason: Callable[[Rejected], NeedsAttention]) -> None:
    gone = reason(_refusal("custom.cf_deal_x should not exist"))
    assert reasons.message(gone.code, {"invoice": "FV-1", **gone.data}).startswith(
        "FV-1: el campo personalizado «cf_deal_x» de sus reglas ya no existe en Escala; "
    )
    refused = reason(_refusal("custom.cf_deal_x does not match its pattern"))
    assert "el campo «cf_deal_x» (custom.cf_deal_x does not match its pattern)" in reasons.message(
        refused.code, refused.data
    )
    assert "field" not in reason(_refusal("custom fields are off")).data
