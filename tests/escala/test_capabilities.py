"""What an account was seen to do: kept, read back, forgotten where it may have changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siigo_escala.escala import capabilities
from siigo_escala.escala.capabilities import Capabilities

NOW = datetime(2026, 8, 27, tzinfo=UTC)
_SINCE = st.sampled_from(["unknown", "works", "broken", "ignored"])
_VERB = st.sampled_from(["unknown", "put", "patch", "none"])
_MOMENT = st.none() | st.datetimes(timezones=st.just(UTC))


@given(
    st.builds(
        Capabilities,
        since_deals=_SINCE,
        since_deals_until=_MOMENT,
        since_contacts=_SINCE,
        since_contacts_until=_MOMENT,
        update_deals=_VERB,
        update_deals_until=_MOMENT,
        update_deals_refused_by=st.text(),
        update_contacts=_VERB,
        update_contacts_until=_MOMENT,
        update_contacts_refused_by=st.text(),
        email_filter=st.sampled_from(["unknown", "works", "ignored", "refused"]),
        decimal_quantity_refused=st.booleans(),
        priority_refused=st.booleans(),
        probed=st.dictionaries(st.sampled_from(["U3", "U16"]), st.text()),
    )
)
def test_what_is_kept_comes_back(known: Capabilities) -> None:
    assert capabilities.from_json(capabilities.to_json(known)) == known


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"since_deals": "perhaps", "update_deals": 5, "email_filter": None},
        {"since_deals_until": "soon", "since_contacts_until": "2026-08-27T00:00:00"},
        {"update_deals_until": "soon", "update_contacts_refused_by": 5},
        {"probed": {"U3": 5}},
        {"probed": ["U3"]},
        {"since_deals_until": 7, "priority_refused": "yes", "envelope": "items"},
    ],
)
def test_what_is_not_understood_counts_as_not_known(kept: dict[str, Any]) -> None:
    assert capabilities.from_json(kept) == Capabilities()


@pytest.mark.parametrize("resource", ["deals", "contacts"])
def test_reads_of_changes_are_tried_until_they_fail_and_again_after_a_day(resource: Any) -> None:
    def usable(since: str, until: datetime | None) -> bool:
        kept = {f"since_{resource}": since, f"since_{resource}_until": until.isoformat() if until else None}
        return capabilities.from_json(kept).since_usable(resource, now=NOW)

    assert usable("unknown", None)
    assert usable("works", None)
    assert not usable("broken", NOW + timedelta(seconds=1))
    assert not usable("ignored", None)
    assert usable("ignored", NOW)


def test_updates_count_as_possible_until_they_are_refused() -> None:
    assert Capabilities().updates_possible
    assert Capabilities(update_deals="patch").updates_possible
    assert not Capabilities(update_deals="none").updates_possible


@pytest.mark.parametrize("resource", ["deals", "contacts"])
def test_refused_updates_are_tried_anew_after_a_day_or_where_a_person_asks(resource: Any) -> None:
    none = Capabilities().verbs_refused(resource, "a", now=NOW)
    day = timedelta(days=1)
    assert (
        none.verb(resource) == none.tried_anew(now=NOW + day - timedelta(seconds=1)).verb(resource) == "none"
    )
    assert none.tried_anew(now=NOW + day).verb(resource) == "unknown"
    assert none.tried_anew(now=NOW, asked=True).verb(resource) == "unknown"


@pytest.mark.parametrize("resource", ["deals", "contacts"])
def test_a_record_that_refused_before_does_not_turn_updates_off_again(resource: Any) -> None:
    anew = Capabilities().verbs_refused(resource, "a", now=NOW).tried_anew(now=NOW, asked=True)
    assert anew.verbs_refused(resource, "a", now=NOW).verb(resource) == "unknown", (
        "the others have their turn"
    )
    assert anew.verbs_refused(resource, "b", now=NOW).verb(resource) == "none"
    assert anew.verb_worked(resource, "put") == Capabilities().verb_worked(resource, "put")


def test_updates_that_did_harm_are_not_tried_anew_by_themselves() -> None:
    harmful = Capabilities(update_deals="none")
    assert harmful.tried_anew(now=NOW + timedelta(days=365), asked=True) == harmful
