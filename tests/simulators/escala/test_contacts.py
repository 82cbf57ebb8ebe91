"""Contacts over the API: shapes, identity, duplicates, validation, updates, tags."""

import pytest

from tests.simulators.escala.conftest import Caller


def test_a_created_contact_comes_back_whole(call: Caller) -> None:
    body = {
        "assignedTo": "laura@empresa.example",
        "notes": "Creado desde Siigo",
        "personal": {"firstName": "Ferretería El Roble", "email": "compras@elroble.example", "city": ""},
        "company": {"name": "Ferretería El Roble SAS", "email": None},
        "custom": {"cf_contact_cedula_kwzt_text": "900123456"},
    }
    made = call("POST", "/crm/contacts", body)
    assert made.status == 201
    assert made.body == {
        "id": made.body["id"],
        "created": "2026-03-02T15:04:05",
        "modified": "2026-03-02T15:04:05",
        "assignedTo": "laura@empresa.example",
        "contacted": False,
        "marketable": False,
        "status": "lead",
        "priority": 0,
        "notes": "Creado desde Siigo",
        "personal": {"firstName": "Ferretería El Roble", "email": "compras@elroble.example"},
        "company": {"name": "Ferretería El Roble SAS"},
        "custom": {"cf_contact_cedula_kwzt_text": "900123456"},
    }
    assert call("GET", f"/crm/contacts/{made.body['id']}").body == made.body
    assert call("GET", "/crm/contacts").body["items"] == [made.body]
    assert made.body["id"][14] == "1"


def test_an_unknown_contact_is_not_found(call: Caller) -> None:
    assert call("GET", "/crm/contacts/nobody").status == 404


@pytest.mark.parametrize(
    "personal",
    [
        {"email": "ANA@Example.com"},
        {"phoneNumber": "+57 310 456-7890"},
        {"secondaryPhoneNumber": "573104567890"},
        {"email": "otra@example.com"},
        {"phoneNumber": "6015551234"},
    ],
)
def test_an_email_or_phone_that_exists_is_a_duplicate(call: Caller, personal: dict[str, str]) -> None:
    call.simulator.create_contact(
        first_name="Ana",
        email="ana@example.com",
        phone="573104567890",
        alternative_emails=["otra@example.com"],
        alternative_phones=["601 555 1234"],
    )
    answer = call("POST", "/crm/contacts", {"personal": {"firstName": "Otra", **personal}})
    assert answer.status == 409
    assert "already exists" in answer.body["message"]
    call.switch(duplicate_contact="reject400")
    assert call("POST", "/crm/contacts", {"personal": {"firstName": "Otra", **personal}}).status == 400
    assert call("GET", "/crm/contacts").body["total"] == 1


def test_names_never_make_a_duplicate(call: Caller) -> None:
    call.contact()
    call.contact()
    assert call("GET", "/crm/contacts").body["total"] == 2


def test_duplicates_may_be_allowed(call: Caller) -> None:
    call.switch(duplicate_contact="allow")
    assert call.contact(email="ana@example.com") != call.contact(email="ana@example.com")


def test_a_duplicate_may_update_the_contact_that_exists(call: Caller) -> None:
    call.switch(duplicate_contact="upsert", alternatives="shown")
    first = call.contact(email="ana@example.com")
    body = {"personal": {"firstName": "Ana María", "email": "ana@example.com", "phoneNumber": "573104567890"}}
    again = call("POST", "/crm/contacts", body)
    assert (again.status, again.body["id"]) == (200, first)
    assert again.body["personal"]["firstName"] == "Ana María"
    assert again.body["personal"]["phoneNumber"] == "573104567890"
    body["personal"]["email"] = "nueva@example.com"
    third = call("POST", "/crm/contacts", body).body["personal"]
    assert (third["email"], third["alternativeEmails"]) == ("ana@example.com", ["nueva@example.com"])


def test_alternative_values_are_not_shown_by_default(call: Caller) -> None:
    made = call.simulator.create_contact(first_name="Ana", alternative_emails=["a@example.com"])
    assert call("GET", f"/crm/contacts/{made}").body["personal"] == {"firstName": "Ana"}


@pytest.mark.parametrize(
    ("mode", "by_email", "by_phone"), [("ignored", 3, 3), ("email_only", 1, 3), ("all", 1, 1)]
)
def test_filters_may_work_or_be_ignored(call: Caller, mode: str, by_email: int, by_phone: int) -> None:
    call.contact(email="a@example.com", phoneNumber="573100000001")
    call.contact(email="b@example.com", phoneNumber="573100000002")
    call.contact()
    call.switch(contact_filters=mode)
    assert call("GET", "/crm/contacts", email="A@example.com").body["total"] == by_email
    assert call("GET", "/crm/contacts", phoneNumber="+573100000002").body["total"] == by_phone


def test_a_filter_for_nobody_finds_nobody_or_is_refused(call: Caller) -> None:
    call.contact(email="a@example.com")
    call.switch(contact_filters="all")
    assert call("GET", "/crm/contacts", email="nadie@example.com").body["total"] == 0
    assert call("GET", "/crm/contacts", phoneNumber="1").body["total"] == 0
    call.switch(contact_filters="error400")
    assert call("GET", "/crm/contacts", email="a@example.com").status == 400
    assert call("GET", "/crm/contacts", page=0, size=1).status == 200


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"personal": {"lastName": "sin nombre"}}, "personal.firstName"),
        ({"personal": "Ana"}, "personal"),
        ({"personal": {"firstName": 3}}, "personal.firstName"),
        ({"personal": {"firstName": "Ana", "city": ["x"]}}, "personal.city"),
        ({"personal": {"firstName": "Ana", "email": "a b@example"}}, "personal.email"),
        ({"personal": {"firstName": "Ana"}, "company": {"email": "x"}}, "company.email"),
        ({"personal": {"firstName": "Ana"}, "priority": -1}, "priority"),
        ({"personal": {"firstName": "Ana"}, "contacted": "si"}, "contacted"),
        ({"personal": {"firstName": "Ana"}, "notes": 1}, "notes"),
        ({"personal": {"firstName": "Ana"}, "custom": []}, "custom"),
        ({"personal": {"firstName": "Ana"}, "custom": {"cf_contact_cedula_kwzt_text": {}}}, "custom"),
    ],
)
def test_a_contact_with_invalid_data_is_refused(call: Caller, body: object, named: str) -> None:
    answer = call("POST", "/crm/contacts", body)
    assert answer.status == 400
    assert named in answer.body["message"]
    assert call("GET", "/crm/contacts").body["total"] == 0


def test_an_email_may_be_demanded(call: Caller) -> None:
    call.switch(email_required="yes")
    answer = call("POST", "/crm/contacts", {"personal": {"firstName": "Ana", "phoneNumber": "573104567890"}})
    assert "personal.email" in answer.body["message"]
    call.switch(email_required="or_phone")
    call.contact(phoneNumber="573104567890")
    assert call("POST", "/crm/contacts", {"personal": {"firstName": "Ana"}}).status == 400
    call.switch(email_required="phone")
    answer = call("POST", "/crm/contacts", {"personal": {"email": "ana@example.com"}})
    assert answer.body["message"] == "personal.phoneNumber should not be empty"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("exists", "A contact with this personal.email already exists"),
        ("duplicate", "Duplicate contact"),
        ("registrado", "personal.email: ya se encuentra registrado"),
    ],
)
def test_a_duplicate_is_told_in_several_ways(call: Caller, text: str, message: str) -> None:
    call.switch(duplicate_text=text)
    call.contact(email="ana@example.com")
    answer = call("POST", "/crm/contacts", {"personal": {"email": "ana@example.com"}})
    assert answer.body == {"message": message}


def test_unknown_custom_keys_are_dropped_or_refused(call: Caller) -> None:
    body = {"personal": {"firstName": "Ana"}, "custom": {"cf_contact_nada_xxxx_text": "1"}}
    assert "custom" not in call("POST", "/crm/contacts", body).body
    call.switch(unknown_custom_key="reject")
    answer = call("POST", "/crm/contacts", body)
    assert answer.status == 400
    assert answer.body == {"message": "custom.cf_contact_nada_xxxx_text is not allowed"}
    call.switch(wording="exist")
    answer = call("POST", "/crm/contacts", body)
    assert answer.body == {"message": "custom.cf_contact_nada_xxxx_text should not exist"}


def test_a_value_must_match_the_pattern_of_its_field(call: Caller) -> None:
    call.simulator.add_custom_field("cf_contact_nit_abcd_text", pattern=r"\d{9}")
    body = {"personal": {"firstName": "Ana"}, "custom": {"cf_contact_nit_abcd_text": "900-1"}}
    assert call("POST", "/crm/contacts", body).status == 400
    body["custom"] = {"cf_contact_nit_abcd_text": "900123456"}
    assert call("POST", "/crm/contacts", body).status == 201


@pytest.mark.parametrize("kind", ["number", "decimal"])
def test_a_field_of_numbers_takes_numbers_and_text_only_where_switched(call: Caller, kind: str) -> None:
    field = f"cf_contact_nit_abcd_{kind}"
    call.simulator.add_custom_field(field)
    bodies = [
        {"personal": {"firstName": "Ana"}, "custom": {field: one}} for one in (900123456, "900123456", "")
    ]
    answers = [call("POST", "/crm/contacts", body) for body in bodies]
    assert [one.status for one in answers] == [201, 400, 201]
    assert answers[0].body["custom"] == {field: 900123456}
    assert answers[1].body == {"message": f"custom.{field} must be a number"}
    call.switch(text_in_number="accept")
    assert call("POST", "/crm/contacts", bodies[1]).body["custom"] == {field: "900123456"}


@pytest.mark.parametrize(
    ("shape", "key"), [("list", "key"), ("list_fieldId", "fieldId"), ("list_name", "name")]
)
def test_custom_values_may_be_read_as_a_list(call: Caller, shape: str, key: str) -> None:
    call.switch(custom_shape=shape)
    body = {"personal": {"firstName": "Ana"}, "custom": {"cf_contact_cedula_kwzt_text": "1"}}
    read = call("POST", "/crm/contacts", body).body["custom"]
    assert read == [{key: "cf_contact_cedula_kwzt_text", "value": "1"}]


@pytest.mark.parametrize(("values", "expected"), [("null", None), ("empty", "")])
def test_absent_values_may_be_null_or_empty(call: Caller, values: str, expected: object) -> None:
    call.switch(absent_values=values, unknown_keys="yes")
    read = call("GET", f"/crm/contacts/{call.contact()}").body
    assert read["personal"]["email"] == expected
    assert read["custom"] == {}
    assert "futureKey" in read


def test_an_unknown_owner_may_be_refused(call: Caller) -> None:
    body = {"personal": {"firstName": "Ana"}, "assignedTo": "nadie@empresa.example"}
    assert call("POST", "/crm/contacts", body).status == 201
    call.switch(unknown_owner="reject400")
    assert "assignedTo" in call("POST", "/crm/contacts", body).body["message"]
    assert call("POST", "/crm/contacts", {**body, "assignedTo": "Laura@empresa.example"}).status == 201
    assert call("POST", "/crm/contacts", {**body, "assignedTo": ""}).status == 201


@pytest.mark.parametrize(
    ("shape", "id_of"),
    [
        ("data.id", lambda one: one.body["data"]["id"]),
        ("entity.id", lambda one: one.body["entity"]["id"]),
        ("location", lambda one: one.headers["Location"].rpartition("/")[2]),
    ],
)
def test_the_new_id_may_stand_elsewhere(call: Caller, shape: str, id_of: object) -> None:
    assert callable(id_of)
    call.switch(id_shape=shape)
    made = call("POST", "/crm/contacts", {"personal": {"firstName": "Ana"}})
    assert call("GET", f"/crm/contacts/{id_of(made)}").status == 200


def test_the_new_id_may_not_be_told(call: Caller) -> None:
    call.switch(id_shape="empty", created_status="200")
    made = call("POST", "/crm/contacts", {"personal": {"firstName": "Ana"}})
    assert (made.status, made.body) == (200, "")
    assert call("GET", "/crm/contacts").body["total"] == 1


def test_a_full_put_takes_away_what_it_does_not_name(call: Caller) -> None:
    made = call.contact(email="ana@example.com", city="Bogotá")
    call.simulator.clock.advance(5)
    answer = call("PUT", f"/crm/contacts/{made}", {"personal": {"firstName": "Ana"}})
    assert (answer.status, answer.body["personal"]) == (200, {"firstName": "Ana"})
    assert answer.body["created"] < answer.body["modified"]
    call.contact(email="ana@example.com")


def test_a_partial_put_keeps_what_it_does_not_name(call: Caller) -> None:
    call.switch(update_verb="put_partial")
    made = call.contact(email="ana@example.com", city="Bogotá")
    assert [call("PUT", f"/crm/contacts/{made}", {"priority": one}).body["priority"] for one in (3, 0)] == [
        3,
        0,
    ]
    changes = {"personal": {"city": None}, "custom": {"cf_contact_cedula_kwzt_text": "1"}}
    answer = call("PUT", f"/crm/contacts/{made}", changes)
    assert answer.body["personal"] == {"firstName": "Ana", "email": "ana@example.com"}
    assert answer.body["custom"] == {"cf_contact_cedula_kwzt_text": "1"}
    again = call("PUT", f"/crm/contacts/{made}", {"custom": {"cf_contact_cedula_kwzt_text": ""}})
    assert "custom" not in again.body


@pytest.mark.parametrize(
    ("verb", "put", "patch"),
    [("put_full", 200, 405), ("put_partial", 200, 405), ("patch", 405, 200), ("none", 405, 405)],
)
def test_one_verb_updates_or_none(call: Caller, verb: str, put: int, patch: int) -> None:
    made = call.contact()
    call.switch(update_verb=verb)
    body = {"personal": {"firstName": "Ana"}}
    assert [call(one, f"/crm/contacts/{made}", body).status for one in ("PUT", "PATCH")] == [put, patch]


def test_an_update_must_not_take_the_email_of_another(call: Caller) -> None:
    call.contact(email="ana@example.com")
    other = call.contact(email="otra@example.com")
    body = {"personal": {"firstName": "Otra", "email": "ana@example.com"}}
    assert call("PUT", f"/crm/contacts/{other}", body).status == 409
    assert call("PUT", "/crm/contacts/nobody", body).status == 404


def test_tags_are_put_on_contacts_by_id(call: Caller) -> None:
    contact = call.contact()
    tag = call("POST", "/crm/tags", {"name": "siigo"}).body["id"]
    assert call("GET", "/crm/tags").body["items"][0]["name"] == "siigo"
    assert call("PUT", f"/crm/contacts/{contact}/tags", {"addTags": [tag]}).status == 200
    assert call.simulator.state()["contacts"][0]["tags"] == [tag]
    assert call("PUT", f"/crm/contacts/{contact}/tags", {"removeTags": [tag]}).status == 200
    assert call.simulator.state()["contacts"][0]["tags"] == []
    assert call("PUT", f"/crm/contacts/{contact}/tags", {"addTags": ["siigo"]}).status == 400
    assert call("PUT", f"/crm/contacts/{contact}/tags", {"addTags": "siigo"}).status == 400
