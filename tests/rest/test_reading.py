"""Bodies of answers: JSON without surprises, complaints in every known shape, no secret in a message."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from siigo_escala.rest import fields, reading, writing
from siigo_escala.rest.errors import FieldProblem


def _complaint(body: object) -> reading.Complaint:
    return reading.complaint(json.dumps(body).encode())


def test_amounts_are_read_without_loss() -> None:
    assert reading.decode(b'{"a": 69999.99, "b": 5}') == {"a": Decimal("69999.99"), "b": 5}


def test_a_byte_order_mark_is_tolerated() -> None:
    assert reading.decode(b"\xef\xbb\xbf[]") == []


@pytest.mark.parametrize(
    ("content", "read"),
    [(b'["a\xed\xa0\xbdb"]', ["ab"]), (b'["\xed\xa0\xbd\xed\xb8\x80"]', ["\N{GRINNING FACE}"])],
)
def test_half_a_character_keeps_nothing_else_away(content: bytes, read: list[str]) -> None:
    assert reading.decode(content) == read


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "respuesta vacía"),
        (b"  \n", "respuesta vacía"),
        ("{'ñ'}".encode("latin-1"), "respuesta con otra codificación"),
        (b"<html></html>", "respuesta que no es JSON completo"),
        (b'{"a": [1, 2', "respuesta que no es JSON completo"),
        (b'{"a": NaN}', "respuesta que no es JSON completo"),
        (b"[-Infinity]", "respuesta que no es JSON completo"),
        (b"[" * 100_000, "respuesta que no es JSON completo"),
        (b"1" * 5_000, "respuesta que no es JSON completo"),
        (b"1e99999999999999999999", "respuesta que no es JSON completo"),
    ],
)
def test_what_is_no_json_says_why(content: bytes, why: str) -> None:
    with pytest.raises(reading.Unusable, match=f"^{why}$"):
        reading.decode(content)


def test_siigos_usual_error_gives_code_fields_and_text() -> None:
    found = _complaint(
        {
            "Status": 400,
            "Errors": [{"Code": "invalid_type", "Message": "Bad type", "Params": ["date"], "Detail": None}],
        }
    )
    assert found.own_shape
    assert found.message == "Bad type"
    assert found.problems == (FieldProblem(code="invalid_type", message="Bad type", fields=("date",)),)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"status": 400, "errors": [{"code": "x", "message": "lower"}]}, "lower"),
        ({"Status": 400, "errors": [{"Code": "x", "message": "mixed"}]}, "mixed"),
        ({"Status": 404, "Message": "flat"}, "flat"),
        ({"statusCode": 429, "message": "Rate limit is exceeded."}, "Rate limit is exceeded."),
        ({"message": "Forbidden"}, "Forbidden"),
        ({"message": ["one", "two", "one"]}, "one; two"),
        ({"error": "text"}, "text"),
        ({"error": {"code": "c", "message": "nested"}}, "nested"),
        ({"errors": [{"field": "name", "message": "empty"}]}, "empty"),
        ({"errors": {"name": ["empty", "short"]}}, "empty; short"),
        ({"errors": ["plain"]}, "plain"),
        ({"detail": "detail"}, "detail"),
        ({"detail": [{"loc": ["body", "name"], "msg": "missing"}]}, "missing"),
        ({"message": "Validation failed", "errors": [{"field": "name", "message": "empty"}]}, "empty"),
        ({"Code": "only_code"}, "only_code"),
        ([{"message": "in an array"}], "in an array"),
    ],
)
def test_every_other_shape_of_an_error_is_read(body: object, message: str) -> None:
    found = _complaint(body)
    assert found.own_shape
    assert found.message == message


def test_fields_are_taken_from_any_of_their_keys() -> None:
    assert _complaint({"errors": {"name": ["empty"]}}).problems[0].fields == ("name",)
    assert _complaint({"detail": [{"loc": ["body", 3], "msg": "m"}]}).problems[0].fields == ("body",)
    assert _complaint({"errors": [{"field": "", "message": "m"}]}).problems[0].fields == ()
    assert _complaint({"errors": [{"property": "email", "message": ["a"]}]}).problems[0].fields == ("email",)


@pytest.mark.parametrize("body", [{}, {"foo": 1}, "", "words", 5, None, {"message": ""}, {"message": None}])
def test_a_body_that_says_nothing_is_not_the_systems_own(body: object) -> None:
    assert not _complaint(body).own_shape


@pytest.mark.parametrize("content", [b"", b"<h1>502</h1>", b"plain words"])
def test_a_gateways_page_is_not_the_systems_own(content: bytes) -> None:
    assert not reading.complaint(content).own_shape


def test_the_raw_text_is_cut_at_500_characters() -> None:
    assert len(reading.raw_text(b"x" * 9_000)) == 500


@pytest.mark.parametrize(
    "text",
    [
        'Authorization: "Bearer abc.def"',
        "x-api-key: SECRETO",
        '{"access_token": "SECRETO", "expires_in": 5}',
        '{"access_key":"SECRETO"',
        "apiKey=SECRETO; more",
        "token eyJhbGciOiJSUzI1NiJ9.e30.SECRETO",
        "authorization: bearer SECRETO",
        "the key SECRETO is not valid",
    ],
)
def test_no_secret_survives_in_what_is_kept(text: str) -> None:
    kept = reading.redacted(text, secrets=("SECRETO",))
    assert "SECRETO" not in kept
    assert "abc.def" not in kept


def test_ordinary_words_survive_redaction() -> None:
    text = "El campo name es obligatorio; clave 12"
    assert reading.redacted(text) == text


@pytest.mark.parametrize(
    ("text", "smells"),
    [
        ("A contact with this email already exists", True),
        ("duplicated_document", True),
        ("El correo ya está registrado", True),
        ("El contacto ya existe", True),
        ("contactId does not exist", False),
        ("La etapa no existe", False),
        ("stage doesn't exist", False),
        ("the record no longer exists", False),
        ("el usuario no se encuentra registrado", False),
        ("producto inexistente", False),
        ("name should not be empty", False),
        ("productId does not exist; email already taken", True),
    ],
)
def test_words_of_a_duplicate_are_told_from_words_of_absence(text: str, smells: bool) -> None:
    assert reading.smells_of_duplicate(text) is smells


def test_the_first_spelling_of_a_key_wins() -> None:
    assert reading.lowered({"Errors": 1, "errors": 2}) == {"errors": 1}


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, Decimal(5)),
        (Decimal("1.50"), Decimal("1.50")),
        (" 1250.5 ", Decimal("1250.5")),
        ("1e3", Decimal(1000)),
        ("-3", Decimal(-3)),
        (True, None),
        (None, None),
        ("", None),
        ("NaN", None),
        ("1,250.50", None),
        ("12 pesos", None),
        ("9" * 100, None),
        (10**31, None),
        (Decimal("1e40"), None),
        (Decimal("1e-40"), None),
        (Decimal(0), Decimal(0)),
        (Decimal("NaN"), None),
        ([], None),
        ({}, None),
    ],
)
def test_numbers_are_read_where_they_are_plausible(value: object, number: Decimal | None) -> None:
    assert fields.number(value) == number


@pytest.mark.parametrize(
    ("value", "whole"), [(7, 7), ("7", 7), (Decimal("7.0"), 7), ("7.5", None), (None, None)]
)
def test_whole_numbers_are_read(value: object, whole: int | None) -> None:
    assert fields.integer(value) == whole


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("  hola ", "hola"),
        ("a\x00b", "ab"),
        ("ñ\x00\ud800!", "ñ!"),
        (12, "12"),
        (Decimal("1.5"), "1.5"),
        (True, ""),
        (None, ""),
        ([], ""),
        ({}, ""),
    ],
)
def test_texts_hold_nothing_that_a_database_refuses(value: object, text: str) -> None:
    assert fields.text(value) == text


@pytest.mark.parametrize(
    ("value", "flag"), [(True, True), (False, False), ("TRUE", True), ("0", False), (None, True), ("?", True)]
)
def test_a_flag_falls_back_to_its_default(value: object, flag: bool) -> None:
    assert fields.flag(value, default=True) is flag


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("2026-08-28T00:20:58Z", "2026-08-28T00:20:58+00:00"),
        ("2020-06-15T03:33:17.208Z", "2020-06-15T03:33:17.208000+00:00"),
        ("2025-07-10T20:48:59.8634833+00:00", "2025-07-10T20:48:59.863483+00:00"),
        ("2025-07-10T20:48:59-05:00", "2025-07-11T01:48:59+00:00"),
        ("2026-03-02T15:04:06", "2026-03-02T15:04:06+00:00"),
        ("0001-01-01T00:00:00", None),
        ("0001-01-01T00:00:00+05:00", None),
        ("", None),
        (None, None),
        ("mañana a las 5", None),
    ],
)
def test_instants_are_utc_in_every_form(value: object, instant: str | None) -> None:
    found = fields.instant(value)
    assert (found.isoformat() if found else None) == instant


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2026-08-27", "2026-08-27"),
        ("2026-08-27T10:00:00.000000", "2026-08-27"),
        ("0001-01-01", None),
        ("27/08/2026", None),
        (None, None),
        (5, None),
    ],
)
def test_days_are_read_whatever_time_follows(value: object, day: str | None) -> None:
    found = fields.day(value)
    assert (found.isoformat() if found else None) == day


def test_what_is_sent_keeps_every_digit_and_every_character() -> None:
    body = {
        "value": Decimal("1842500.00"),
        "huge": Decimal("1E+3"),
        "texto": 'ñ "x" \ud800',
        "l": (1, True, None),
    }
    assert writing.encode(body).decode() == (
        '{"value":1842500.00,"huge":1000,"texto":"ñ \\"x\\" ?","l":[1,true,null]}'
    )


def test_what_no_database_can_hold_is_left_out_of_an_answer_in_keys_too() -> None:
    assert reading.decode(rb'{"a\u0000": ["n\u0000\uD800o", {"b": "\ud83d\ude00"}, 1, null]}') == {
        "a": ["no", {"b": "\U0001f600"}, 1, None]
    }
