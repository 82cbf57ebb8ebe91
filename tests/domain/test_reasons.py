"""The catalogue of reasons is whole, and its sentences survive whatever data they are given."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siigo_escala.domain import reasons, rules
from siigo_escala.domain.reasons import Code

CONTRACT = {
    "INVOICE_ANNULLED",
    "INVOICE_ANNULLED_LATER",
    "INVOICE_DELETED",
    "INVOICE_CREDITED",
    "INVOICE_CREDITED_PARTLY",
    "INVOICE_EDITED",
    "BEFORE_START",
    "DOCUMENT_TYPE_LEFT_OUT",
    "NOT_ACCEPTED_YET",
    "WALK_IN_BUYER",
    "SELLER_UNLINKED",
    "BORN_IN_ESCALA",
    "IGNORED_BY_PERSON",
    "DEAL_DELETED",
    "DEAL_FOUND_TWICE",
    "DEAL_NAME_TAKEN",
    "POSSIBLE_TWIN",
    "INVOICE_NAME_TWICE",
    "OTHER_WRITER_SEEN",
    "CONTACT_AMBIGUOUS",
    "CONTACT_REFUSED",
    "CONTACT_DATA_MISSING",
    "CUSTOMER_MISSING",
    "VALUE_INVALID",
    "FIELD_REFUSED",
    "OWNER_REFUSED",
    "STAGE_GONE",
    "PIPELINE_GONE",
    "FIELD_GONE",
    "ESCALA_ERROR",
    "UPDATE_NOT_POSSIBLE",
    "UNEXPECTED_ANSWER",
    "OUTCOME_UNKNOWN",
    "NOT_REACHED",
    "INVOICE_NOT_FOUND",
    "CUSTOMER_DATA_MISSING",
    "VALUE_DIFFERS",
    "PRODUCT_UNKNOWN_IN_SIIGO",
    "ALREADY_IN_STAGE",
    "CREDENTIALS_REFUSED",
    "USER_BLOCKED",
    "OTHER_COMPANY",
    "ACCOUNTS_TAKEN",
    "KEY_MISSING",
    "RUN_IN_PROGRESS",
    "RUN_CRASHES",
    "SCHEMA_OLD",
    "BRAKED",
}
TEXTS = st.text(alphabet="aÁ 0.-{}[]«\n\0😀")
OPTIONAL = re.compile(r"\[[^\[\]]*\]")


def test_every_code_of_the_contract_exists() -> None:
    assert {code.value for code in Code} >= CONTRACT


@pytest.mark.parametrize("code", Code)
def test_every_code_has_a_title_a_text_a_cause_and_a_remedy(code: Code) -> None:
    reason = reasons.catalogue[code]
    assert reason.code is code
    assert reason.title
    assert reason.text
    assert reason.cause.endswith(".")
    assert reason.remedy
    assert not reason.remedy.endswith(".")


@pytest.mark.parametrize("code", Code)
def test_no_text_depends_on_data_that_may_be_missing(code: Code) -> None:
    reason = reasons.catalogue[code]
    for template in (reason.text, reason.remedy, reason.of_adopted):
        assert "{" not in OPTIONAL.sub("", template)
        for part in OPTIONAL.findall(template):
            assert "{" in part


@pytest.mark.parametrize("code", Code)
def test_a_message_without_data_is_one_whole_sentence(code: Code) -> None:
    said = reasons.message(code, {})
    assert said.endswith(".")
    assert not re.search(r"[{}\[\]]|  |None|«»|\(\)", said)


@given(
    code=st.sampled_from(Code),
    data=st.dictionaries(
        st.sampled_from(["invoice", "value", "before", "candidates", "message", "field", "start", "odd"]),
        st.none() | TEXTS | st.integers() | st.decimals() | st.dates() | st.lists(TEXTS),
    ),
)
def test_no_data_breaks_a_message(code: Code, data: dict[str, object]) -> None:
    assert reasons.message(code, data).endswith(".")


def test_a_message_names_the_record_the_cause_and_the_remedy() -> None:
    said = reasons.message(Code.CONTACT_AMBIGUOUS, {"invoice": "FV-2-1045", "candidates": ["a1", "b2"]})
    assert said.startswith("FV-2-1045: en Escala hay más de un contacto")
    assert "a1, b2" in said
    assert "elija el contacto" in said


def test_an_opportunity_or_a_connection_is_named_where_there_is_no_invoice() -> None:
    assert reasons.message(Code.ALREADY_IN_STAGE, {"opportunity": "d1"}).startswith("Oportunidad d1: la ")
    assert reasons.message(Code.BRAKED, {"connection": "acme"}).startswith("Conexión acme: frenamos ")


def test_names_keep_their_capital_inside_a_sentence() -> None:
    assert ": Siigo no tiene" in reasons.message(Code.INVOICE_NOT_FOUND, {"invoice": "FV-2-9"})


def test_amounts_are_shown_as_pesos_and_days_as_people_write_them() -> None:
    said = reasons.message(Code.INVOICE_EDITED, {"before": Decimal("1110054.5"), "value": "980000.00"})
    assert "$ 1.110.054,50" in said
    assert "$ 980.000,00" in said
    assert "-$ 5,00" in reasons.message(Code.INVOICE_EDITED, {"before": Decimal(-5), "value": "1"})
    assert "(01/03/2026)" in reasons.message(Code.BEFORE_START, {"start": date(2026, 3, 1)})
    assert "(01/03/2026)" in reasons.message(Code.BEFORE_START, {"start": "2026-03-01"})


def test_what_is_said_of_an_opportunity_has_its_own_words_named_or_not() -> None:
    invoice = reasons.message(Code.IGNORED_BY_PERSON, {"invoice": "FV-2-1"})
    assert invoice.startswith("FV-2-1: una persona decidió dejar la factura fuera")
    for said in (
        reasons.message(Code.IGNORED_BY_PERSON, {"opportunity": "d1"}),
        reasons.message(Code.IGNORED_BY_PERSON, {}, of_deal=True),
    ):
        assert "que la oportunidad no se facture" in said


def test_a_value_of_three_hundred_letters_is_shown_whole_and_a_longer_one_cut() -> None:
    def shown(length: int) -> str:
        return reasons.message(Code.ESCALA_ERROR, {"message": "ñ" * length})

    assert shown(300).count("ñ") - shown(1).count("ñ") == 299
    assert "…" not in shown(300)
    assert shown(301).count("ñ") == shown(300).count("ñ") - 1
    assert "ñ…" in shown(301)


def test_long_values_and_long_lists_are_cut() -> None:
    assert len(reasons.message(Code.ESCALA_ERROR, {"message": "x" * 4000})) < 500
    assert "c4 y 3 más" in reasons.message(Code.DEAL_FOUND_TWICE, {"candidates": [f"c{n}" for n in range(8)]})


@pytest.mark.parametrize("value", ["mucho", "NaN", "Infinity", "1e999"])
def test_an_amount_that_is_no_plain_number_is_shown_as_it_came(value: str) -> None:
    said = reasons.message(Code.VALUE_INVALID, {"invoice": "FV-2-1", "field": "total", "value": value})
    assert f"({value})" in said


def test_an_amount_is_shown_as_pesos_up_to_thirty_digits() -> None:
    def said(value: str) -> str:
        return reasons.message(Code.VALUE_INVALID, {"invoice": "FV-2-1", "field": "total", "value": value})

    assert "($ 1.000" in said("1e30")
    assert "(1e31)" in said("1e31")


def test_a_remedy_that_lies_in_the_connection_file_names_its_key() -> None:
    tables = {*rules.OpportunityRules.model_fields, *rules.InvoiceRules.model_fields}
    for reason in reasons.catalogue.values():
        named = re.findall(r"«([a-z_]+)(?: = [^»]*)?»", reason.remedy)
        assert {key for key in named if "_" in key} <= tables, reason.remedy
        if re.search(r"\bsus reglas\b|\bla regla\b", reason.remedy):
            assert set(named) & tables, reason.remedy
    assert '«on_annulled = "lost_stage"»' in reasons.catalogue[Code.INVOICE_ANNULLED_LATER].remedy


UNDONE = (Code.INVOICE_ANNULLED_LATER, Code.INVOICE_DELETED, Code.INVOICE_CREDITED)


@pytest.mark.parametrize("adopted", [False, True])
@pytest.mark.parametrize("code", UNDONE)
def test_what_is_undone_says_how_to_end_it_and_does_not_claim_that_its_opportunity_is_open(
    code: Code, adopted: bool
) -> None:
    said = reasons.message(code, {"invoice": "FV-2-1", "deal": "d1", "adopted": adopted})
    assert "; si su oportunidad d1 sigue abierta, ciérrela en Escala" in said
    assert said.count("sigue abierta") == 1
    assert "«resolve --done»" in said
    assert "«Ya lo resolví»" in reasons.message(code, {"adopted": adopted}, on_screen=True)


@pytest.mark.parametrize(
    ("code", "rule"),
    [(Code.INVOICE_ANNULLED_LATER, "on_annulled"), (Code.INVOICE_CREDITED_PARTLY, "on_credited")],
)
def test_a_rule_is_not_advised_where_it_changes_nothing(code: Code, rule: str) -> None:
    assert "para las que creamos nosotros, cambie en Reglas" in reasons.message(code, {"adopted": False})
    assert rule in reasons.message(code, {})
    adopted = reasons.message(code, {"adopted": True})
    assert rule not in adopted
    assert "Reglas" not in adopted
    assert "(no la creamos nosotros y no se cambia sola)" in adopted


def test_on_a_screen_there_is_a_button_for_what_is_typed_elsewhere() -> None:
    typed = re.compile(r"siigo-escala |resolve --|«[a-z_]*_[a-z_]*")
    for reason in reasons.catalogue.values():
        if reason.group in ("configuration", "access") or reason.code == Code.DECISION_NOT_POSSIBLE:
            continue  # said at the terminal alone
        for template in (reason.text, reason.remedy, reason.of_adopted, *(reason.of_deal or ())):
            assert not typed.search(reasons.for_screens(template)), reason.code
            filled = dict.fromkeys(re.findall(r"\{(\w+)\}", template), "1a-2b") | {"setting": "default_city"}
            for data in ({}, filled, {**filled, "opportunity": "d1"}):
                whole = reasons.message(reason.code, data)
                assert not typed.search(reasons.for_screens(whole)), "a preview words them before it is drawn"
    on_screen = reasons.message(Code.CUSTOMER_DATA_MISSING, {"setting": "default_city"}, on_screen=True)
    assert "default_city" not in on_screen
    assert "un valor por defecto" in on_screen
    assert "default_city" in reasons.message(Code.CUSTOMER_DATA_MISSING, {"setting": "default_city"})


def test_where_writing_only_rests_nobody_is_sent_to_resume_it() -> None:
    for on_screen in (True, False):
        said = reasons.message(Code.WRITES_RESTED, {}, on_screen=on_screen)
        assert "se vuelven a hacer solas" in said
        assert "Reanudar" not in said
        assert "enable" not in said
