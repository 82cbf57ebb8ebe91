"""The connection file: what it accepts, what it refuses with which key, and how it is written back."""

from __future__ import annotations

import json
import tomllib
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from siigo_escala.domain import rules
from siigo_escala.domain.rules import ConnectionFile, FileProblem

LEAST = """
name = "acme"
[siigo]
username = "api@acme.example"
access_key = "env:ACME_SIIGO_KEY"
[escala]
api_key = "file:/run/secrets/escala"
[opportunities]
pipeline = "Ventas"
stage = "Prospecto"
identification_field = "cf_contact_cedula_kwzt_text"
"""
LEAST_OF_DIRECTION_2 = """
name = "acme"
direction = "opportunities_to_invoices"
[siigo]
username = "api@acme.example"
access_key = "clave"
[escala]
api_key = "otra"
[invoices]
trigger_pipeline = "Ventas"
trigger_stage = "Ganada"
document_type = 24446
payment_type = 5636
seller = "ventas@acme.example"
identification_field = "cf_contact_cedula_kwzt_text"
"""
TEXTS = st.text(alphabet='aÑñ 0.-_#"\\\n\t{}[]=🙂', max_size=20)
CHOICES: dict[str, dict[str, list[Any]]] = {
    "opportunities": {
        "description": ["", "Venta {total} de {cliente} { x } {}", 'comilla " y \\ barra'],
        "value": ["total", "gross", "subtotal"],
        "default_owner": ["unassigned", "gerencia@acme.example"],
        "create_for_unlinked_sellers": [True, False],
        "products": ["match", "register", "none"],
        "document_types": [[], [1], [24446, 7]],
        "start": ["", "2026-03-01"],
        "mark": ["", "ACME", "sede norte"],
        "stamp": ["any", "accepted"],
        "walk_in": ["skip", "one_contact"],
        "on_annulled": ["report", "lost_stage"],
        "on_credited": ["report", "subtract"],
        "on_edited": ["update", "report"],
        "number_field": ["", "cf_deal_numero_hqpe_text"],
        "possible_twins": ["hold", "ignore"],
    },
    "invoices": {
        "existing": ["skip", "invoice"],
        "taxes": ["product", [], [13156]],
        "due_days": [0, 30],
        "on_value_difference": ["attention", "lines"],
        "default_city": ["", "11001"],
        "stamp": [True, False],
        "warehouse": [0, 12],
    },
    "schedule": {"daily_at": ["", "00:00", "23:59"], "every_minutes": [0, 15, 1440]},
    "alerts": {
        "email": [[], ["a@acme.example"]],
        "urls": [[], ["slack://a/b/c"]],
        "stale_hours": [1, 26],
        "heartbeat_url": ["", "https://hc.example/x"],
        "mute": [[], ["stale", "recovered"]],
        "attention_over": [0, 20],
    },
}
WRONG_TYPES: list[tuple[str, str, Any]] = [
    (table, key, wrong)
    for table, model in (
        ("", ConnectionFile),
        ("siigo", rules.SiigoAccess),
        ("escala", rules.EscalaAccess),
        ("opportunities", rules.OpportunityRules),
        ("invoices", rules.InvoiceRules),
        ("schedule", rules.Schedule),
        ("alerts", rules.Alerts),
    )
    for key in model.model_fields
    if key != "inactive"
    for wrong in (3.5, datetime(2026, 3, 1))  # noqa: DTZ001 - what TOML gives for a date written without quotes
]


def data_of(text: str) -> dict[str, Any]:
    """The tables of a TOML text."""
    return tomllib.loads(text)


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """The plain tables of a whole valid file."""
    data = data_of(draw(st.sampled_from([LEAST, LEAST_OF_DIRECTION_2])))
    for table, keys in CHOICES.items():
        chosen = draw(st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in keys.items()}))
        data.setdefault(table, {}).update(chosen)
    active = "opportunities" if "direction" not in data else "invoices"
    data[active]["pipeline" if active == "opportunities" else "trigger_pipeline"] = "P" + draw(TEXTS)
    data["enabled"] = draw(st.booleans())
    data["sellers"] = draw(
        st.dictionaries(st.sampled_from(["v@a.example", "629", "w@a.example"]), st.just("u@b.example"))
    )
    return data


def problem(text: str) -> FileProblem:
    """The problem of a file that is refused."""
    with pytest.raises(FileProblem) as caught:
        rules.parse(text)
    return caught.value


def refused(text: str, old: str, new: str) -> FileProblem:
    """The problem after one change of a good file."""
    assert old in text
    return problem(text.replace(old, new, 1))


def test_a_file_with_the_required_keys_has_the_defaults_of_the_contract() -> None:
    file = rules.parse(LEAST)
    assert (file.enabled, file.direction) == (True, "invoices_to_opportunities")
    assert (file.time_zone, file.currency) == ("America/Bogota", "COP")
    assert file.opportunities.value == "total"
    assert file.opportunities.default_owner == "unassigned"
    assert file.opportunities.create_for_unlinked_sellers
    assert file.opportunities.products == "match"
    assert file.opportunities.start is None
    assert file.opportunities.possible_twins == "hold"
    assert (file.schedule.daily_at, file.schedule.every_minutes) == ("02:00", 0)
    assert file.alerts.stale_hours == 26


def test_the_other_direction_needs_its_own_keys_only() -> None:
    file = rules.parse(LEAST_OF_DIRECTION_2)
    assert file.invoices.document_type == 24446
    assert file.invoices.taxes == "product"
    assert file.invoices.due_days == 30
    assert file.invoices.default_fiscal_responsibility == "R-99-PN"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (LEAST, "name"),
        (LEAST, "siigo.username"),
        (LEAST, "siigo.access_key"),
        (LEAST, "escala.api_key"),
        (LEAST, "opportunities.pipeline"),
        (LEAST, "opportunities.stage"),
        (LEAST, "opportunities.identification_field"),
        (LEAST_OF_DIRECTION_2, "invoices.trigger_pipeline"),
        (LEAST_OF_DIRECTION_2, "invoices.trigger_stage"),
        (LEAST_OF_DIRECTION_2, "invoices.document_type"),
        (LEAST_OF_DIRECTION_2, "invoices.payment_type"),
        (LEAST_OF_DIRECTION_2, "invoices.seller"),
        (LEAST_OF_DIRECTION_2, "invoices.identification_field"),
    ],
)
def test_a_missing_required_key_is_named(text: str, key: str) -> None:
    word = key.rpartition(".")[2]
    lines = [line for line in text.splitlines() if not line.startswith(f"{word} =")]
    found = problem("\n".join(lines))
    assert found.key == key
    assert f"«{key}»" in found.message


@pytest.mark.parametrize(("table", "key", "wrong"), WRONG_TYPES)
@pytest.mark.parametrize("text", [LEAST, LEAST_OF_DIRECTION_2])
def test_every_wrong_type_names_its_key(text: str, table: str, key: str, wrong: object) -> None:
    data = data_of(text)
    (data.setdefault(table, {}) if table else data)[key] = wrong
    with pytest.raises(FileProblem) as caught:
        rules.from_json(data)
    assert caught.value.key == (f"{table}.{key}" if table else key)
    assert caught.value.message.startswith(f"«{caught.value.key}» debe ser ")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('name = "acme"', 'name = "acme co"', "name"),
        ('name = "acme"', 'name = "-acme"', "name"),
        ('name = "acme"', 'name = "acme"\ndirection = "both"', "direction"),
        ('name = "acme"', 'name = "acme"\ntime_zone = "America/Bogta"', "time_zone"),
        ('name = "acme"', 'name = "acme"\ntime_zone = "/etc/passwd"', "time_zone"),
        ('name = "acme"', 'name = "acme"\ncurrency = "pesos"', "currency"),
        ("api@acme.example", "api acme", "siigo.username"),
        ('"env:ACME_SIIGO_KEY"', '"env:"', "siigo.access_key"),
        ('"file:/run/secrets/escala"', '"file:"', "escala.api_key"),
        ('"Prospecto"', '"Prospecto"\nvalue = "neto"', "opportunities.value"),
        ('"Prospecto"', '"Prospecto"\ndefault_owner = "laura"', "opportunities.default_owner"),
        ('"Prospecto"', '"Prospecto"\nstart = "01/03/2026"', "opportunities.start"),
        ('"Prospecto"', '"Prospecto"\nstart = "2026-02-30"', "opportunities.start"),
        ('"Prospecto"', '"Prospecto"\nnumber_field = "numero"', "opportunities.number_field"),
        ('"Prospecto"', '"Prospecto"\ndocument_types = [0]', "opportunities.document_types"),
        ('"Prospecto"', '"Prospecto"\nmark = "a\\nb"', "opportunities.mark"),
        ('"Prospecto"', '"Pros\\u0000pecto"', "opportunities.stage"),
        ("cf_contact_cedula_kwzt_text", "cedula", "opportunities.identification_field"),
        ("[siigo]", '[schedule]\ndaily_at = "24:00"\n[siigo]', "schedule.daily_at"),
        ("[siigo]", "[schedule]\nevery_minutes = 1441\n[siigo]", "schedule.every_minutes"),
        ("[siigo]", '[alerts]\nemail = ["yo"]\n[siigo]', "alerts.email"),
        ("[siigo]", '[alerts]\nurls = ["yo"]\n[siigo]', "alerts.urls"),
        ("[siigo]", "[alerts]\nstale_hours = 0\n[siigo]", "alerts.stale_hours"),
        ("[siigo]", '[alerts]\nmute = ["nada"]\n[siigo]', "alerts.mute"),
        ("[siigo]", '[alerts]\nmute = "stale"\n[siigo]', "alerts.mute"),
        ("[siigo]", "[alerts]\nattention_over = -1\n[siigo]", "alerts.attention_over"),
        ("[siigo]", '[alerts]\nheartbeat_url = "ftp://x"\n[siigo]', "alerts.heartbeat_url"),
        ("[siigo]", '[alerts]\nheartbeat_url = "http://[x"\n[siigo]', "alerts.heartbeat_url"),
        ("[siigo]", '[sellers]\n"" = "laura@acme.example"\n[siigo]', "sellers"),
        ("[siigo]", '[sellers]\nlaura = "laura@acme.example"\n[siigo]', "sellers"),
        ("[siigo]", '[sellers]\n629 = "laura"\n[siigo]', "sellers"),
        ("[siigo]", '[sellers]\n"A@a.co" = "x@a.co"\n"a@A.co" = "y@a.co"\n[siigo]', "sellers"),
        ("[siigo]", "[sellers]\n629 = 629\n[siigo]", "sellers.629"),
    ],
)
def test_a_value_that_is_not_allowed_names_its_key(old: str, new: str, key: str) -> None:
    found = refused(LEAST, old, new)
    assert found.key == key
    assert f"«{key}»" in found.message


@pytest.mark.parametrize(
    "mark", ["\u200b", "nor\u200bte", "sede  norte", " norte", "<norte", "[n]", "\ufe64"]
)
def test_a_mark_that_a_name_would_not_show_as_it_is_typed_is_refused(mark: str) -> None:
    data = data_of(LEAST)
    data["opportunities"]["mark"] = mark
    with pytest.raises(FileProblem, match=r"debe ser un texto de hasta 40 letras, sin < > ") as caught:
        rules.from_json(data)
    assert caught.value.key == "opportunities.mark"


@pytest.mark.parametrize(
    ("extra", "key"),
    [
        ('default_city = "Bogotá"', "invoices.default_city"),
        ('default_fiscal_responsibility = ""', "invoices.default_fiscal_responsibility"),
        ('taxes = "iva"', "invoices.taxes"),
        ("taxes = [0]", "invoices.taxes"),
        ('taxes = ["19"]', "invoices.taxes"),
        ("due_days = -1", "invoices.due_days"),
        ('lines = "single"', "invoices.single_item"),
        ('on_value_difference = "single"', "invoices.single_item"),
    ],
)
def test_rules_of_direction_2_are_checked_where_it_is_active(extra: str, key: str) -> None:
    assert problem(LEAST_OF_DIRECTION_2 + extra).key == key


def test_a_list_of_allowed_words_is_told() -> None:
    found = refused(LEAST, '"Prospecto"', '"Prospecto"\nproducts = "all"')
    assert "match, register, none" in found.message


def test_an_unknown_key_is_told_with_the_nearest_one_first() -> None:
    found = refused(LEAST, "stage =", "stagge =")
    assert found.key == "opportunities.stagge"
    assert "puede usar: stage, pipeline, " in found.message
    found = refused(LEAST, "[opportunities]", "[oportunities]")
    assert found.key == "oportunities"
    assert "puede usar: opportunities, name, " in found.message
    assert problem(LEAST + "[inactive]\n").key == "inactive"


def test_an_unknown_placeholder_is_told_with_the_list_and_other_braces_stay() -> None:
    found = refused(LEAST, '"Prospecto"', '"Prospecto"\ndescription = "{nit}"')
    assert found.key == "opportunities.description"
    assert "{factura}, {fecha}, {cliente}, {identificacion}, {vendedor}, {total}" in found.message
    text = "{factura} {} { fecha } {a b} }{"
    file = rules.parse(LEAST.replace('"Prospecto"', f'"Prospecto"\ndescription = "{text}"', 1))
    assert file.opportunities.description == text


def test_the_other_directions_table_is_checked_for_keys_and_types_only() -> None:
    file = rules.parse(LEAST + '[invoices]\ndefault_city = "Bogotá"\nlines = "any"\ndocument_type = -4\n')
    assert rules.to_json(file)["invoices"] == {
        "default_city": "Bogotá",
        "lines": "any",
        "document_type": -4,
    }
    assert problem(LEAST + "[invoices]\nlines = 3\n").key == "invoices.lines"
    assert problem(LEAST + "[invoices]\nlinez = 3\n").key == "invoices.linez"
    assert problem("invoices = 3\n" + LEAST).key == "invoices"


def test_a_text_that_is_no_toml_tells_the_place() -> None:
    found = refused(LEAST, "[siigo]", "[siigo")
    assert found.key == ""
    assert "línea" in found.message


def test_e_mails_of_sellers_are_kept_without_regard_to_case() -> None:
    file = rules.parse(LEAST + '[sellers]\n"Ventas@Acme.example" = "laura@acme.example"\n')
    assert file.sellers == {"ventas@acme.example": "laura@acme.example"}


def test_a_start_is_a_day() -> None:
    file = rules.parse(LEAST.replace('"Prospecto"', '"Prospecto"\nstart = "2026-03-01"', 1))
    assert file.opportunities.start == date(2026, 3, 1)


def test_a_byte_order_mark_does_no_harm() -> None:
    assert rules.parse("\ufeff" + LEAST).name == "acme"


def test_secrets_are_shown_and_stored_nowhere() -> None:
    text = LEAST.replace("env:ACME_SIIGO_KEY", "s3cret-siigo").replace("file:/run/secrets/escala", "s3cret-e")
    file = rules.parse(text)
    assert file.siigo.access_key == "s3cret-siigo"
    for shown in (repr(file), str(file), json.dumps(rules.to_json(file)), rules.to_toml(file)):
        assert "s3cret" not in shown
    with pytest.raises(FileProblem) as caught:
        rules.parse(text.replace("s3cret-e", "env:s3cret-e ", 1))
    assert "s3cret" not in caught.value.message


@given(tables())
def test_what_is_stored_comes_back_the_same(data: dict[str, Any]) -> None:
    file = rules.from_json(data)
    stored = json.loads(json.dumps(rules.to_json(file)))
    again = rules.from_json(stored)
    assert rules.to_json(again) == stored
    active = "opportunities" if file.direction == "invoices_to_opportunities" else "invoices"
    assert getattr(again, active) == getattr(file, active)
    assert (again.sellers, again.inactive, again.alerts) == (file.sellers, file.inactive, file.alerts)


@given(tables())
def test_an_exported_file_with_its_keys_filled_in_is_the_same_file(data: dict[str, Any]) -> None:
    file = rules.from_json(data)
    text = rules.to_toml(file).replace("# access_key", "access_key").replace("# api_key", "api_key")
    assert rules.to_json(rules.parse(text)) == rules.to_json(file)


EDGES: list[tuple[str, str, Any, Any]] = [
    ("opportunities", "default_owner", "a" * 245 + "@b.co.com", "a" * 246 + "@b.co.com"),
    ("opportunities", "mark", "m" * 40, "m" * 41),
    ("opportunities", "document_types", [1], [0]),
    ("opportunities", "document_types", [10**12], [10**12 + 1]),
    ("invoices", "taxes", [1], [0]),
    ("invoices", "cost_center", 10**12, 10**12 + 1),
    ("invoices", "due_days", 3650, 3651),
    ("schedule", "every_minutes", 1440, 1441),
    ("alerts", "stale_hours", 8760, 8761),
    ("alerts", "attention_over", 100_000, 100_001),
]


@pytest.mark.parametrize(("table", "key", "most", "more"), EDGES)
def test_what_is_just_within_a_bound_is_taken_and_what_is_just_beyond_is_not(
    table: str, key: str, most: Any, more: Any
) -> None:
    data = data_of(LEAST_OF_DIRECTION_2 if table == "invoices" else LEAST)
    data.setdefault(table, {})[key] = most
    kept = getattr(getattr(rules.from_json(data), table), key)
    assert (list(kept) if isinstance(kept, tuple) else kept) == most
    data[table][key] = more
    with pytest.raises(FileProblem) as caught:
        rules.from_json(data)
    assert caught.value.key.startswith(f"{table}.{key}")


def test_what_is_not_said_is_as_the_contract_has_it() -> None:
    plain = rules.parse(LEAST_OF_DIRECTION_2)
    assert plain.invoices.create_customers is True
    assert (plain.invoices.cost_center, plain.invoices.warehouse, plain.alerts.attention_over) == (0, 0, 0)


def test_rules_are_read_and_never_changed() -> None:
    file = rules.parse(LEAST)
    with pytest.raises(ValidationError, match="frozen"):
        file.opportunities.stage = "Otra"  # type: ignore[misc]  # that is what is tried


def test_addresses_that_hold_tokens_are_not_shown() -> None:
    text = LEAST + '[alerts]\nurls = ["slack://t0ken/b/c"]\nheartbeat_url = "https://hc.example/t0ken"\n'
    assert "t0ken" not in repr(rules.parse(text))


def test_where_a_file_cannot_be_read_is_told_by_line_and_column() -> None:
    with pytest.raises(FileProblem, match=r"\(línea 2, columna \d+\)"):
        rules.parse('name = "acme"\nstage = \n')


def test_a_time_zone_is_proposed_where_none_is_like_it() -> None:
    with pytest.raises(FileProblem, match="como America/Bogota"):
        rules.parse(LEAST.replace('name = "acme"', 'name = "acme"\ntime_zone = "0000"'))


def test_three_time_zones_that_are_like_it_are_proposed() -> None:
    with pytest.raises(FileProblem, match="como America/Bogota, ") as told:
        rules.parse(LEAST.replace('name = "acme"', 'name = "acme"\ntime_zone = "America/Bogotá"'))
    assert str(told.value).count("/") == 3


def test_a_key_that_does_not_exist_is_told_with_where_it_stands() -> None:
    with pytest.raises(FileProblem, match=r"en \[opportunities\] puede usar"):
        rules.parse(LEAST.replace('stage = "Prospecto"', 'stage = "Prospecto"\nstages = "x"'))
    with pytest.raises(FileProblem, match="en el archivo puede usar"):
        rules.parse(LEAST.replace('name = "acme"', 'name = "acme"\nnames = "x"'))
