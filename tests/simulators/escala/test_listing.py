"""Pages, scrolls, `since`, and each way they may differ from what one hopes for."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.simulators.escala.conftest import MOMENT, Caller


def fill(call: Caller, count: int) -> list[str]:
    made = []
    for number in range(count):
        moment = MOMENT + timedelta(seconds=number)
        made.append(call.simulator.create_deal(name=f"deal {number}", created=moment))
    return made


def flat(pages: list[list[str]]) -> list[str]:
    return [one for page in pages for one in page]


def test_pages_count_from_zero_and_end_with_an_empty_one(call: Caller) -> None:
    ids = fill(call, 45)
    pages = [call("GET", "/crm/deals", page=number).body for number in range(4)]
    assert [len(one["items"]) for one in pages] == [20, 20, 5, 0]
    assert [item["id"] for one in pages for item in one["items"]] == ids
    assert {one["total"] for one in pages} == {45}


@pytest.mark.parametrize("query", [{"size": 201}, {"size": 0}, {"size": "x"}, {"page": -1}, {"page": "²"}])
def test_a_page_that_cannot_be_is_refused(call: Caller, query: dict[str, object]) -> None:
    assert call("GET", "/crm/deals", **query).status == 400


def test_the_server_may_give_shorter_pages_than_asked(call: Caller) -> None:
    ids = fill(call, 25)
    call.switch(page_cap=10)
    assert call.scroll("/crm/deals/scroll", size=100) == [ids[:10], ids[10:20], ids[20:]]
    assert [one["id"] for one in call("GET", "/crm/deals", page=2, size=100).body["items"]] == ids[20:]


def test_a_page_beyond_the_result_window_is_a_server_error(call: Caller) -> None:
    assert call("GET", "/crm/deals", page=99, size=100).status == 200
    assert call("GET", "/crm/deals", page=100, size=100).status == 500
    call.switch(result_window=0)
    assert call("GET", "/crm/deals", page=100, size=100).status == 200


@pytest.mark.parametrize("envelope", ["data", "array"])
def test_lists_come_in_other_envelopes(call: Caller, envelope: str) -> None:
    fill(call, 2)
    call.switch(envelope=envelope)
    body = call("GET", "/crm/deals").body
    assert len(body if envelope == "array" else body["data"]) == 2


def test_the_total_may_be_missing(call: Caller) -> None:
    call.switch(total="missing")
    assert call("GET", "/crm/deals").body == {"items": []}


def test_an_open_scroll_keeps_the_order_it_began_with(call: Caller) -> None:
    ids = fill(call, 3)
    first = call("GET", "/crm/deals/scroll", size=2).body
    call.simulator.account.deals.table.all().reverse()
    rest = call("GET", "/crm/deals/scroll", size=2, scrollId=first["scrollId"]).body
    assert [one["id"] for one in first["items"] + rest["items"]] == ids


def test_lists_may_come_in_other_orders(call: Caller) -> None:
    ids = fill(call, 30)
    call.switch(order="newest")
    assert flat(call.scroll("/crm/deals/scroll")) == ids[::-1]
    call.switch(order="scrambled")
    scrambled = flat(call.scroll("/crm/deals/scroll"))
    assert sorted(scrambled) == sorted(ids)
    assert scrambled != ids


def test_a_scroll_ends_with_an_empty_page_by_default(call: Caller) -> None:
    fill(call, 2)
    first = call("GET", "/crm/deals/scroll", size=2).body
    second = call("GET", "/crm/deals/scroll", size=2, scrollId=first["scrollId"]).body
    assert second == {"items": [], "total": 2}


def test_a_scroll_may_end_without_a_cursor(call: Caller) -> None:
    fill(call, 4)
    call.switch(scroll_end="no_cursor")
    first = call("GET", "/crm/deals/scroll", size=2).body
    second = call("GET", "/crm/deals/scroll", size=2, scrollId=first["scrollId"]).body
    assert len(second["items"]) == 2
    assert "scrollId" not in second


@pytest.mark.parametrize("key", ["nextScrollId", "nested", "header", "none"])
def test_the_cursor_may_stand_elsewhere(call: Caller, key: str) -> None:
    fill(call, 3)
    call.switch(scroll_key=key)
    answer = call("GET", "/crm/deals/scroll", size=2)
    found = {
        "nextScrollId": answer.body.get("nextScrollId"),
        "nested": answer.body.get("scroll", {}).get("id"),
        "header": answer.headers.get("X-Scroll-Id"),
        "none": None,
    }
    assert [name for name, value in found.items() if value] == ([] if key == "none" else [key])
    if key != "none":
        following = call("GET", "/crm/deals/scroll", size=2, scrollId=found[key])
        assert len(following.body["items"]) == 1


@pytest.mark.parametrize("total", ["truth", "cap"])
def test_a_scroll_may_end_silently_before_its_end(call: Caller, total: str) -> None:
    fill(call, 10)
    call.switch(scroll_cap=6, scroll_cap_total=total)
    assert call("GET", "/crm/deals/scroll", size=4).body["total"] == (10 if total == "truth" else 6)
    assert [len(one) for one in call.scroll("/crm/deals/scroll", size=4)] == [4, 2]


@pytest.mark.parametrize("status", [404, 400, 500])
def test_a_cursor_lives_for_a_minute(call: Caller, status: int) -> None:
    fill(call, 3)
    call.switch(cursor_expired=status)
    cursor = call("GET", "/crm/deals/scroll", size=2).body["scrollId"]
    call.simulator.clock.advance(60)
    assert call("GET", "/crm/deals/scroll", size=2, scrollId=cursor).status == 200
    call.simulator.clock.advance(61)
    assert call("GET", "/crm/deals/scroll", size=2, scrollId=cursor).status == status
    assert call("GET", "/crm/deals/scroll", scrollId="junk").status == status


def test_an_expired_cursor_may_look_like_the_end(call: Caller) -> None:
    call.switch(cursor_expired="empty")
    assert call("GET", "/crm/deals/scroll", scrollId="junk").body == {"items": []}


def test_asking_a_page_again_gives_it_again(call: Caller) -> None:
    fill(call, 5)
    cursor = call("GET", "/crm/deals/scroll", size=2).body["scrollId"]
    again = [call("GET", "/crm/deals/scroll", size=2, scrollId=cursor).body for _ in range(2)]
    assert again[0] == again[1]


def test_one_cursor_may_serve_all_pages(call: Caller) -> None:
    ids = fill(call, 5)
    call.switch(cursor_style="same")
    assert call.scroll("/crm/deals/scroll", size=2) == [ids[:2], ids[2:4], ids[4:]]


def test_a_cursor_may_be_stuck(call: Caller) -> None:
    fill(call, 5)
    call.switch(cursor_style="stuck")
    first = call("GET", "/crm/deals/scroll", size=2).body
    assert call("GET", "/crm/deals/scroll", size=2, scrollId=first["scrollId"]).body == first


def test_a_scroll_shows_what_was_there_at_its_first_page(call: Caller) -> None:
    ids = fill(call, 4)
    first = call("GET", "/crm/deals/scroll", size=2).body
    call.simulator.delete_deal(ids[0])
    call.simulator.delete_deal(ids[3])
    fill(call, 1)
    second = call("GET", "/crm/deals/scroll", size=2, scrollId=first["scrollId"]).body
    assert [one["id"] for one in second["items"]] == ids[2:]


def test_contacts_scroll_as_deals_do(call: Caller) -> None:
    ids = [call.contact() for _ in range(3)]
    assert call.scroll("/crm/contacts/scroll", size=2) == [ids[:2], ids[2:]]


def test_since_includes_its_moment_and_sees_changes(call: Caller) -> None:
    ids = fill(call, 5)
    call.simulator.clock.advance(60)
    call.simulator.rename_deal(ids[0], "otro nombre")
    since = (MOMENT + timedelta(seconds=3)).replace(tzinfo=None).isoformat()
    assert call.scroll("/crm/deals/scroll", since=since) == [[ids[3], ids[4], ids[0]]]
    assert call("GET", "/crm/deals", since=since).body["total"] == 3


@pytest.mark.parametrize("form", ["naive", "Z", "ms", "msZ", "offset"])
def test_what_was_read_can_be_sent_back_as_since(call: Caller, form: str) -> None:
    call.switch(timestamps=form)
    ids = fill(call, 3)
    read = call("GET", "/crm/deals").body["items"]
    assert call.scroll("/crm/deals/scroll", since=read[1]["modified"]) == [ids[1:]]
    call.switch(since_mode="exclusive")
    assert call.scroll("/crm/deals/scroll", since=read[1]["modified"]) == [ids[2:]]


def test_since_may_fail_while_the_whole_scroll_works(call: Caller) -> None:
    ids = fill(call, 2)
    call.switch(since_mode="error500")
    assert call("GET", "/crm/deals/scroll", since="2026-03-02T15:04:05").status == 500
    assert call.scroll("/crm/deals/scroll") == [ids]


def test_since_may_be_ignored(call: Caller) -> None:
    ids = fill(call, 2)
    call.switch(since_mode="ignored")
    assert call.scroll("/crm/deals/scroll", since="2027-01-01T00:00:00") == [ids]


def test_since_that_is_no_date_is_refused(call: Caller) -> None:
    assert call("GET", "/crm/deals/scroll", since="ayer").status == 400


def test_a_write_shows_in_lists_only_after_the_lag(call: Caller) -> None:
    call.switch(list_lag_s=5)
    [made] = fill(call, 1)
    assert call.scroll("/crm/deals/scroll") == []
    assert call("GET", f"/crm/deals/{made}").status == 200
    call.simulator.clock.advance(5)
    assert call.scroll("/crm/deals/scroll") == [[made]]


def test_a_change_shows_in_lists_only_after_the_lag(call: Caller) -> None:
    [made] = fill(call, 1)
    call.switch(list_lag_s=5)
    call.simulator.edit_deal(made, {"value": 1})
    call.simulator.edit_deal(made, {"value": 2})
    assert [one["value"] for one in call("GET", "/crm/deals").body["items"]] == [0]
    assert call("GET", f"/crm/deals/{made}").body["value"] == 2
    call.simulator.clock.advance(6)
    assert [one["value"] for one in call("GET", "/crm/deals").body["items"]] == [2]


def test_activities_are_listed_by_owner_or_fail_for_ever(call: Caller) -> None:
    call.simulator.load(
        activities=[
            {
                "title": "Llamada",
                "assignedTo": "laura@empresa.example",
                "status": "pending",
                "created": MOMENT,
            },
            {"title": "Visita", "assignedTo": "otra@empresa.example", "status": "completed"},
        ]
    )
    assert call("GET", "/crm/activities", assignedTo="laura@empresa.example").body["total"] == 1
    assert call("GET", "/crm/activities").body["total"] == 2
    call.switch(activities="error500")
    assert call("GET", "/crm/activities").status == 500


def test_filters_of_deals_are_ignored_unless_switched_on(call: Caller) -> None:
    contact = call.contact(email="ana@example.com")
    named = call.deal(contact, value=Decimal(5))
    fill(call, 2)
    assert call("GET", "/crm/deals", contactId=contact).body["total"] == 3
    call.switch(deal_filters="all")
    assert [one["id"] for one in call("GET", "/crm/deals", contactId=contact).body["items"]] == [named]
    call.switch(deal_filters="error400")
    assert call("GET", "/crm/deals", contactId=contact).status == 400
