"""Text for Escala holds nothing invisible and is cut where a reader would cut."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from siigo_escala.domain import text

ANY = st.text(st.characters(), max_size=60) | st.text(
    "a é\u0301👩\u200d🚀👍🏽\x00\u202e<>\n\r\t", max_size=40
)
LIMIT = st.integers(0, 40)


@given(ANY)
def test_nothing_invisible_or_angled_goes_out(typed: str) -> None:
    for cleaned in (text.line(typed), text.paragraph(typed)):
        assert not set(cleaned) & set("<>\u202e\u200f\ufeff\r")
        assert all(c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs") for c in cleaned)
        cleaned.encode()


@given(ANY, LIMIT)
def test_cleaning_twice_changes_nothing(typed: str, limit: int) -> None:
    for clean in (text.line, text.paragraph):
        once = clean(typed, limit=limit)
        assert clean(once, limit=limit) == once


@given(ANY, LIMIT)
def test_a_cut_keeps_a_beginning_within_the_limit(typed: str, limit: int) -> None:
    cut = text.cut(typed, limit)
    assert typed.startswith(cut)
    assert text.length(cut) <= limit
    assert text.length(cut) == len(cut.encode("utf-16-le", "surrogatepass")) // 2


def test_a_line_folds_every_blank() -> None:
    assert text.line("  Ferretería\u00a0El\r\n\tRoble\u200b\x00 ") == "Ferretería El Roble"


def test_half_a_character_that_no_encoding_can_carry_is_dropped() -> None:
    assert text.line("a\ud83db\x07") == "ab"


def test_a_paragraph_keeps_its_lines_with_one_kind_of_line_end() -> None:
    assert text.paragraph(" uno\r\ndos\rtres\u2028<b>cuatro</b>\n") == "uno\ndos\ntres\nbcuatro/b"


def test_joined_emoji_and_accents_are_never_torn() -> None:
    for tone in "🏻🏽🏿":
        assert text.cut(f"ab👍{tone}", 5) == "ab"
    assert text.cut("ab👩\u200d🚀", 6) == "ab"
    assert text.cut("abe\u0301", 3) == "ab"
    assert text.cut("👍", 1) == ""


def test_without_a_limit_nothing_is_cut() -> None:
    assert text.line("x" * 1000) == "x" * 1000


def test_comparison_forgets_case_accents_and_width() -> None:
    assert text.fold("Ｆerreterı́a ÑANDÚ") == text.fold("ferretería ñandu".replace("í", "ı"))
    assert text.fold("Straße") == "strasse"


def test_what_no_database_holds_is_left_out_wherever_it_stands() -> None:
    odd = {"na\x00me": ["a\x00b", {"k": "\ud800c"}, 7, None, True]}
    assert text.storable(odd) == {"name": ["ab", {"k": "c"}, 7, None, True]}
    assert text.may_be_unstorable(b'{"a": "x\\u0000"}') is True
    assert text.may_be_unstorable(b'{"a": "x"}') is False
