"""What a run tells of itself: at once where it comes to another phase, else once a second."""

from __future__ import annotations

from siigo_escala.sync.session import Progress, Reached


def test_another_phase_is_told_at_once_and_the_same_one_not_twice_a_second() -> None:
    reached = Reached()
    assert reached.due() is None, "nothing was told"
    reached.told = first = Progress(phase="invoices", done=1)
    assert reached.due() == first
    assert reached.due() is None, "nothing new"
    reached.told = Progress(phase="invoices", done=2)
    assert reached.due() is None, "a moment ago"
    reached.told = other = Progress(phase="opportunities", done=2)
    assert reached.due() == other


def test_a_phase_without_a_call_yet_says_so() -> None:
    told = Progress(phase="invoices").to_json()
    assert told == {"phase": "invoices", "done": 0, "total": None, "calls": {"siigo": 0, "escala": 0}}
