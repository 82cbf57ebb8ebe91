"""Pages, links, order and filters (siigo-api.md 2.1, 3.1, 4)."""

from typing import Any

import httpx2
import pytest

from siigo_escala.simulators.siigo.simulator import SiigoSimulator


def _invoices(siigo: SiigoSimulator, count: int) -> list[str]:
    """As many invoices, one an hour from 1 March 2026, oldest first; their names."""
    return [
        siigo.create_invoice(
            total=1000 + number,
            date=f"2026-03-{1 + number // 24:02d}",
            created=f"2026-03-{1 + number // 24:02d}T{number % 24:02d}:00:00Z",
        )["name"]
        for number in range(count)
    ]


def _names(client: httpx2.Client, **query: Any) -> list[str]:
    answer = client.get("/v1/invoices", params={"page_size": 100, **query})
    assert answer.status_code == 200, answer.text
    return [row["name"] for row in answer.json()["results"]]


def test_pages_are_newest_first_and_together_hold_every_row_once(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    names = _invoices(siigo, 53)
    pages = [client.get("/v1/invoices", params={"page": page}).json() for page in (1, 2, 3)]
    assert [len(page["results"]) for page in pages] == [25, 25, 3]
    assert [row["name"] for page in pages for row in page["results"]] == names[::-1]
    assert pages[0]["pagination"] == {"page": 1, "page_size": 25, "total_results": 53}
    past = client.get("/v1/invoices?page=4").json()
    assert (past["results"], past["pagination"]["total_results"]) == ([], 53)


def test_links_keep_the_filters_and_lead_through_all_pages(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    _invoices(siigo, 30)
    answer = client.get("/v1/invoices?page_size=10&date_start=2026-03-01").json()
    assert "previous" not in answer["_links"]
    seen = len(answer["results"])
    while "next" in answer["_links"]:
        href = answer["_links"]["next"]["href"]
        assert "date_start=2026-03-01" in href
        answer = client.get(href).json()
        assert "previous" in answer["_links"]
        seen += len(answer["results"])
    assert seen == 30


@pytest.mark.parametrize(
    ("position", "key", "last"),
    [("null_next", "_links", {"href": None}), ("__links", "__links", None), ("_links", "_links", None)],
)
def test_the_last_page_shows_its_end_as_the_switch_says(
    client: httpx2.Client, siigo: SiigoSimulator, position: str, key: str, last: object
) -> None:
    siigo.switches["links"] = position
    _invoices(siigo, 1)
    assert client.get("/v1/invoices").json()[key].get("next") == last


def test_links_may_be_missing_or_lead_to_another_host(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    _invoices(siigo, 11)
    siigo.switches["links_host"] = "https://otro.example"
    answer = client.get("/v1/invoices?page_size=10").json()
    assert answer["_links"]["next"]["href"].startswith("https://otro.example/v1/invoices?")
    siigo.switches["links"] = "none"
    assert "_links" not in client.get("/v1/invoices").json()


@pytest.mark.parametrize(
    ("position", "asked", "told"),
    [("clamp", 1, 10), ("clamp", 300, 100), ("clamp", 50, 50), ("honour", 2, 2), ("honour", 300, 300)],
)
def test_the_page_size_is_what_the_answer_says(
    client: httpx2.Client, siigo: SiigoSimulator, position: str, asked: int, told: int
) -> None:
    siigo.switches["page_size"] = position
    assert client.get(f"/v1/invoices?page_size={asked}").json()["pagination"]["page_size"] == told


def test_a_page_size_over_the_maximum_may_be_refused(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    siigo.switches["page_size"] = "reject"
    assert client.get("/v1/invoices?page_size=101").status_code == 400
    assert client.get("/v1/invoices?page_size=5").json()["pagination"]["page_size"] == 5


def test_the_order_of_invoices_is_a_switch(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    names = _invoices(siigo, 30)
    siigo.switches["invoice_order"] = "oldest"
    assert _names(client) == names
    siigo.switches["invoice_order"] = "shuffled"
    first = _names(client)
    assert first not in (names, names[::-1])
    assert sorted(first) == sorted(names)
    assert first == _names(client), "shuffled, but stable"


def test_a_row_that_appears_between_two_pages_shifts_the_others(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    _invoices(siigo, 30)
    siigo.switches["insert_between_pages"] = 1
    first = client.get("/v1/invoices?page=1").json()
    second = client.get("/v1/invoices?page=2").json()
    assert second["results"][0]["id"] == first["results"][-1]["id"]
    assert second["pagination"]["total_results"] == 31


def test_a_row_that_goes_between_two_pages_hides_another(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    names = _invoices(siigo, 30)
    siigo.switches["delete_between_pages"] = 1
    seen = _names(client, page=1, page_size=10) + _names(client, page=2, page_size=10)
    assert names[::-1][10] not in seen


def test_a_page_may_repeat_rows(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    names = _invoices(siigo, 3)
    siigo.switches["repeated_rows"] = 1
    assert _names(client) == [*names[::-1], names[-1]]


def test_created_and_updated_bounds_are_inclusive_instants(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    names = _invoices(siigo, 5)
    bounds = {"created_start": "2026-03-01T01:00:00Z", "created_end": "2026-03-01T03:00:00.000Z"}
    assert _names(client, **bounds) == names[3:0:-1]
    assert _names(client, created_start="2026-02-28T22:00:00-05:00") == names[4:2:-1]


def test_a_bare_date_is_midnight_in_utc_or_in_bogota(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    names = _invoices(siigo, 30)
    assert _names(client, created_start="2026-03-02") == names[:23:-1]
    siigo.switches["bare_dates"] = "bogota"
    assert _names(client, created_start="2026-03-02") == names[:28:-1]


def test_updated_start_shows_only_what_was_modified_unless_switched(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    names = _invoices(siigo, 3)
    siigo.edit_invoice(names[1], observations="corregida")
    assert _names(client, updated_start="2026-01-01T00:00:00Z") == [names[1]]
    assert _names(client, updated_start="2099-01-01T00:00:00Z") == []
    siigo.switches["updated_start"] = "includes_unmodified"
    assert set(_names(client, updated_start="2026-01-01T00:00:00Z")) == set(names)


def test_invoice_dates_filter_by_day_and_the_end_is_a_switch(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    names = _invoices(siigo, 72)
    span = {"date_start": "2026-03-02", "date_end": "2026-03-02"}
    assert _names(client, **span) == names[47:23:-1]
    assert _names(client, date_start="2026-03-02T00:00:00.000Z", date_end="2026-03-02") == names[47:23:-1]
    siigo.switches["date_end"] = "exclusive"
    assert _names(client, date_start="2026-03-01", date_end="2026-03-02") == names[23::-1]


def test_filters_of_invoices_combine_with_and(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    siigo.create_customer(identification="1032456789", branch_office=2)
    mine = siigo.create_invoice("1032456789", document=24450, total=5)
    names = _invoices(siigo, 3)
    assert _names(client, name=names[0]) == [names[0]]
    assert _names(client, customer_identification="1032456789") == [mine["name"]]
    assert _names(client, customer_branch_office=2) == [mine["name"]]
    assert _names(client, document_id=24450) == [mine["name"]]
    assert _names(client, document_id=24450, name=names[0]) == []
    assert _names(client, document_id=24446, created_start="2026-03-01T01:00:00Z") == names[2:0:-1]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("created_start=ayer", "invalid_date"),
        ("date_start=2026-13-01", "invalid_date"),
        ("page=0", "invalid_type"),
        ("page_size=x", "invalid_type"),
        ("document_id=x", "invalid_type"),
        ("customer_branch_office=x", "invalid_type"),
        ("created_start=2026-03-02&created_end=2026-03-01", "invalid_date_range"),
        ("date_start=2026-03-02&date_end=2026-03-01", "invalid_date_range"),
    ],
)
def test_a_bad_filter_value_is_400(client: httpx2.Client, query: str, code: str) -> None:
    answer = client.get(f"/v1/invoices?{query}")
    assert (answer.status_code, answer.json()["Errors"][0]["Code"]) == (400, code)


def test_with_list_lag_a_new_invoice_is_found_by_id_before_the_list_shows_it(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    siigo.switches["list_lag_s"] = 60
    invoice = siigo.create_invoice()
    assert client.get(f"/v1/invoices/{invoice['id']}").status_code == 200
    assert _names(client) == []
    siigo.clock.advance(61)
    assert _names(client) == [invoice["name"]]


def test_annulled_invoices_stay_in_the_list_unless_switched(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    names = _invoices(siigo, 2)
    siigo.annul_invoice(names[0])
    assert _names(client) == names[::-1]
    siigo.switches["annulled_in_list"] = False
    assert _names(client) == names[1:]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 4),
        ("?identification=900482137", 2),
        ("?identification=900482137&branch_office=1", 1),
        ("?active=false", 1),
        ("?type=Supplier", 1),
        ("?person_type=Person", 1),
        ("?created_start=2099-01-01", 0),
        ("?date_start=2020-01-01", 4),
        ("?date_end=2020-01-01", 0),
    ],
)
def test_customers_are_filtered_and_come_in_all_types(
    client: httpx2.Client, siigo: SiigoSimulator, query: str, count: int
) -> None:
    siigo.create_customer()
    siigo.create_customer(branch_office=1)
    siigo.create_customer(identification="800111222", type="Supplier")
    siigo.create_customer(identification="79482615", person_type="Person", name=["Diego", "P"], active=False)
    assert client.get(f"/v1/customers{query}").json()["pagination"]["total_results"] == count


def test_the_customers_list_may_hold_active_customers_only(
    client: httpx2.Client, siigo: SiigoSimulator
) -> None:
    siigo.create_customer()
    siigo.create_customer(identification="800111222", type="Supplier")
    siigo.create_customer(identification="79482615", active=False)
    siigo.switches["customers_list"] = "active_customers"
    assert client.get("/v1/customers").json()["pagination"]["total_results"] == 1


def test_users_come_in_an_envelope_or_as_a_bare_array(client: httpx2.Client, siigo: SiigoSimulator) -> None:
    siigo.deactivate_user(630)
    answer = client.get("/v1/users").json()
    assert answer["pagination"]["total_results"] == 2
    assert [user["active"] for user in answer["results"]] == [True, False]
    siigo.switches["users_shape"] = "array"
    assert [user["id"] for user in client.get("/v1/users").json()] == [629, 630]
