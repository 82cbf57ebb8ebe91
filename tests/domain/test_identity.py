"""Identifications, e-mails, phones and names have one normal form each."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.co import nit

from siigo_escala.domain import identity

NUMBER = st.from_regex(r"[1-9][0-9]{4,10}", fullmatch=True)
TYPES = st.sampled_from(["11", "12", "13", "21", "22", "31", "41", "50", "R-00-PN", ""])
TYPED = st.text(st.sampled_from("0123456789 .-ABxñ"), max_size=16) | st.text(max_size=16)
EMAILS = st.emails() | st.text(st.sampled_from("aA1.@-_ ñ+"), max_size=20)
PHONES = st.text(st.sampled_from("0123456789 +-()x"), max_size=18) | st.from_regex(
    r"(57)?(3[0-9]{9}|60[1-8][0-9]{7})", fullmatch=True
)


def denotes(stored: str, *, id_type: str, identification: str) -> bool:
    wanted = identity.customer_keys(id_type=id_type, identification=identification)
    return bool(identity.stored_keys(stored) & wanted)


@given(TYPES, TYPED)
def test_the_normal_form_of_an_identification_is_its_own_normal_form(id_type: str, typed: str) -> None:
    found = identity.of_customer(id_type=id_type, identification=typed)
    if found is not None:
        assert identity.of_customer(id_type=id_type, identification=found.number) == found


@given(TYPES, TYPED)
def test_what_siigo_says_denotes_the_customer_where_it_is_stored(id_type: str, typed: str) -> None:
    if identity.of_customer(id_type=id_type, identification=typed) is not None:
        assert denotes(typed, id_type=id_type, identification=typed)


@given(NUMBER)
def test_a_nit_is_found_with_and_without_its_right_check_digit(number: str) -> None:
    digit = nit.calc_check_digit(number)
    dotted = f"{int(number):,}".replace(",", ".")
    for stored in (
        number,
        number + digit,
        f"{number}-{digit}",
        f"{dotted} - {digit}",
        f"NIT. {number}-{digit}",
    ):
        assert denotes(stored, id_type="31", identification=number), stored


@given(NUMBER, st.integers(1, 9))
def test_a_wrong_check_digit_denotes_another(number: str, away: int) -> None:
    wrong = str((int(nit.calc_check_digit(number)) + away) % 10)
    assert not denotes(f"{number}-{wrong}", id_type="31", identification=number)
    assert not denotes(number + wrong, id_type="31", identification=number)


@given(NUMBER)
def test_a_cedula_carries_its_check_digit_only_after_a_hyphen(number: str) -> None:
    digit = nit.calc_check_digit(number)
    assert denotes(f"{number}-{digit}", id_type="13", identification=number)
    assert not denotes(number + digit, id_type="13", identification=number)


@pytest.mark.parametrize(
    "stored",
    [
        *("900.123.456-8", "9001234568", "900123456", "900 123 456", "900123456.0", "nit900123456"),
        *("Nit. No. 900123456", "NIT N° 900.123.456-8", "N.I.T.: Nº900123456", "No. 900123456"),
    ],
)
def test_the_ways_a_nit_is_written_by_hand(stored: str) -> None:
    assert denotes(stored, id_type="31", identification="900123456")


@pytest.mark.parametrize(
    "stored",
    [
        *("CC 1032456789", "C.C. 1.032.456.789", "c.c.1032456789", "C. C. No. 1032456789", "CC1032456789-7"),
        *("Cédula 1032456789", "cedula: 1,032,456,789", "Cédula de ciudadanía N° 1'032.456.789"),
    ],
)
def test_the_ways_a_cedula_is_labelled_by_hand(stored: str) -> None:
    assert denotes(stored, id_type="13", identification="1032456789")


@pytest.mark.parametrize(
    "stored", ["CC123AB", "CC 123 AB", "No. 123AB", "CCC123", "Cédula", "C.C. No.", "Nit AB1"]
)
def test_a_label_is_left_out_before_a_number_alone(stored: str) -> None:
    letters = "".join(re.findall("[A-Z0-9]", stored.upper()))
    assert identity.stored_keys(stored) == {letters, letters.removeprefix("NIT")}


LABELS = st.sampled_from(
    ["CC", "CC ", "C.C. ", "cc-", "NO", "No. ", "Nº", "NIT", "NIT ", "Nit. No. ", "Cédula ", "cedula: "]
)
LETTERED = st.sampled_from(["21", "22", "41", "42", "50", "R-00-PN"])
NUMERIC = st.sampled_from(["11", "12", "13", "31"])


@given(LABELS, NUMBER, LETTERED, NUMERIC)
def test_a_passport_that_looks_labelled_is_not_the_number_behind_it(
    label: str, number: str, id_type: str, numeric: str
) -> None:
    passport = label + number
    keys = identity.customer_keys(id_type=id_type, identification=passport)
    others = identity.customer_keys(id_type=numeric, identification=number)
    assert not keys & others
    assert not denotes(number, id_type=id_type, identification=passport)
    assert denotes(passport, id_type=id_type, identification=passport), "its own contact"
    assert denotes(passport, id_type=numeric, identification=number), "or typed with a label by people"


@given(NUMBER)
def test_a_label_typed_into_a_contact_is_no_part_of_a_cedula_or_nit(number: str) -> None:
    digit = nit.calc_check_digit(number)
    for stored in (f"CC {number}", f"CC{number}", f"C.C. {int(number):,}", f"C.C. No. {number}"):
        assert denotes(stored, id_type="13", identification=number), stored
    for stored in (f"NIT {number}-{digit}", f"NIT {number}", f"NIT{number}{digit}"):
        assert denotes(stored, id_type="31", identification=number), stored
    assert not denotes(f"CC {number}{digit}", id_type="13", identification=number)


@given(st.one_of(TYPED, st.builds("".join, st.tuples(LABELS, TYPED))), TYPES)
def test_a_text_denotes_a_number_and_its_letters_at_most(typed: str, id_type: str) -> None:
    stored = identity.stored_keys(typed)
    assert len(stored) <= 2
    assert all(stored | identity.customer_keys(id_type=id_type, identification=typed)), "never nobody's"


def test_a_label_alone_is_nothing() -> None:
    assert identity.stored_keys("NIT.") == frozenset()
    assert identity.stored_keys("NIT -") == frozenset()


def test_a_text_of_endless_blanks_is_no_work() -> None:
    assert identity.stored_keys(f"NIT C.C. No. {' .' * 200_000} x") == {"CCNOX", "NITCCNOX"}


def test_letters_compare_in_capitals_and_without_punctuation() -> None:
    assert denotes("ab-123.456", id_type="41", identification="AB123456")
    assert not denotes("AB123457", id_type="41", identification="AB123456")
    assert identity.of_customer(id_type="41", identification=" ab 12 ") == identity.Identity(
        key="41:AB12", number="AB12"
    )


def test_the_four_numeric_types_are_one_identity() -> None:
    keys = {
        identity.of_customer(id_type=kind, identification="1.032.456.789")
        for kind in ("11", "12", "13", "31")
    }
    assert keys == {identity.Identity(key="1032456789", number="1032456789")}
    assert identity.of_customer(id_type="", identification="1032456789") in keys


@pytest.mark.parametrize(
    ("id_type", "identification"), [("13", ""), ("31", "sin dato"), ("41", " .- "), ("", "")]
)
def test_nothing_usable_is_nobody(id_type: str, identification: str) -> None:
    assert identity.of_customer(id_type=id_type, identification=identification) is None
    assert identity.customer_keys(id_type=id_type, identification=identification) == frozenset()
    assert identity.stored_keys(" .- ") == frozenset()


@pytest.mark.parametrize(
    "generic", ["222222222222", "222.222.222.222", "444444001", "444444ABC", "00000", "9999999"]
)
def test_generic_buyers_are_walk_ins(generic: str) -> None:
    assert identity.is_walk_in(generic)


@pytest.mark.parametrize("somebody", ["900123456", "2222", "4444440012", "1222222222", "", "AAAAAA"])
def test_everybody_else_is_somebody(somebody: str) -> None:
    assert not identity.is_walk_in(somebody)


@given(EMAILS)
def test_the_normal_form_of_an_email_is_its_own_normal_form(typed: str) -> None:
    address = identity.email(typed)
    if address is not None:
        assert identity.email(address) == address
        assert identity.email(f"  {address.upper()} ") == address


@pytest.mark.parametrize(
    "typed",
    [
        *("", "a", "a@b", "@b.co", "a@", "a b@c.co", "a@b@c.co", ".a@b.co", "a..b@c.co", "a@-b.co", "a@b.c"),
        *("straße@b.co", "o\ufb01cina@b.co", "\u212aelly@b.co", "ana@ﬁnca.co"),
        *("ñ@b.co", "a@b.co;c@d.co", f"{'a' * 65}@b.co", f"a@{'b' * 250}.co"),
    ],
)
def test_an_email_without_valid_form_is_none(typed: str) -> None:
    assert identity.email(typed) is None


@given(PHONES)
def test_the_normal_form_of_a_phone_is_its_own_normal_form(typed: str) -> None:
    number = identity.phone(typed)
    if number is not None:
        assert number.isdigit()
        assert identity.phone(number) == number


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("3001234567", "573001234567"),
        ("+57 300 123 4567", "573001234567"),
        ("573001234567", "573001234567"),
        ("6013456789", "576013456789"),
        ("(601) 345 6789 Ext. 132", "576013456789"),
        ("57 6013456789 extensión 12", "576013456789"),
        ("6013456789 (ext 4)", "576013456789"),
        ("Fax 6013456789x3", "576013456789"),
        ("018000123456", "5718000123456"),
        ("56912345678", "56912345678"),
        ("+1 212 555 0123", "12125550123"),
        ("3991234567", "573991234567"),
        ("00573001234567", "573001234567"),
        ("0057 601 3456789 ext. 2", "576013456789"),
        ("005 57 300 1234567", "573001234567"),
        ("0058 412 1234567", "584121234567"),
        ("Tel. (00) 34 600 123 456", "34600123456"),
        ("0051 987654321", "51987654321"),
        ("0044 20 7946 0018", "442079460018"),
        ("005 1 305 555 1234", "13055551234"),
        ("007 1 305 555 1234", "13055551234"),
        ("009 1 305 555 1234", "13055551234"),
        ("009 34 600 123 456", "34600123456"),
    ],
)
def test_phones_are_digits_with_country_code(typed: str, number: str) -> None:
    assert identity.phone(typed) == number


@pytest.mark.parametrize("typed", ["", "123", "sin teléfono", "3456789", "57300123456", "00", "1" * 40])
def test_what_cannot_be_dialled_from_abroad_is_no_phone(typed: str) -> None:
    assert identity.phone(typed) is None


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("001 305 055 1234", id="only possible"),
        pytest.param("009 1 055 555 1234", id="only possible, with or without a carrier"),
        pytest.param("006 1 305 555 1234", id="006 is no carrier"),
        pytest.param("009 1 786 555 1234", id="Miami by a carrier, or India"),
    ],
)
def test_what_is_dialled_abroad_must_be_one_valid_number(typed: str) -> None:
    assert identity.phone(typed) is None


def test_a_foreign_number_that_reads_as_a_local_one_without_its_plus_is_left_out() -> None:
    assert identity.phone("+32 2 123 45 67") is None


def test_another_country_reads_its_own_numbers() -> None:
    assert identity.phone("912345678", country="CL") == "56912345678"


def same(names: list[str], first_name: str = "", last_name: str = "", company_name: str = "") -> bool:
    return identity.same_name(names, first_name=first_name, last_name=last_name, company_name=company_name)


@given(st.lists(st.sampled_from(["Ana", "María", "El", "Roble", "Niño"]), min_size=1))
def test_all_words_in_any_order_and_case_are_the_same_name(words: list[str]) -> None:
    assert same([" ".join(words)], " ".join(reversed(words)).upper())


@pytest.mark.parametrize(
    "form", ["S.A.S.", "SAS", "S. A. S.", "Ltda.", "& Cía. Ltda.", "S.A. E.S.P.", "SAS BIC"]
)
def test_the_legal_form_does_not_count(form: str) -> None:
    assert same([f"Ferretería El Roble {form}"], "FERRETERIA", "el roble")


def test_a_missing_word_is_another_name() -> None:
    assert not same(["Ana", "Gómez Ruiz"], "Ana", "Gómez")
    assert same(["Ana", "Gómez"], "Ana María", "Gómez Ruiz")
    assert same(["Ana", "Gómez"], company_name="Ana Gómez y hermanas")


def test_a_name_without_words_agrees_with_nothing() -> None:
    assert not same([], "Ana")
    assert not same([".", "-"], "Ana")
    assert same(["S.A.S."], "SAS")


def test_what_no_type_says_is_a_number_only_where_it_is_nothing_but_digits() -> None:
    assert identity.of_customer(id_type="", identification="AB12") == identity.Identity(
        key=":AB12", number="AB12"
    )
    assert identity.of_customer(id_type="41", identification="123") == identity.Identity(
        key="41:123", number="123"
    )


@pytest.mark.parametrize(("local", "whole", "valid"), [(64, 254, True), (65, 254, False), (64, 255, False)])
def test_an_email_is_at_most_as_long_as_mail_servers_take_it(local: int, whole: int, *, valid: bool) -> None:
    name, end = "a" * local + "@", ".co"
    address = name + "b" * (whole - len(name) - len(end)) + end
    assert identity.email(address) == (address if valid else None)


def test_a_phone_of_another_country_is_never_read_as_a_colombian_one() -> None:
    assert identity.phone("3001234567", country="US") == "13001234567"


@pytest.mark.parametrize("typed", ["57 1 3456789", "5713456789", "0057 1 3456789", "13456789", "9001234567"])
def test_ten_digits_that_colombia_does_not_have_are_no_phone(typed: str) -> None:
    assert identity.phone(typed) is None
    assert identity.phone(f"+{typed}") is None


@pytest.mark.parametrize(
    ("phone", "parts"),
    [
        ("573001234567", ("57", "3001234567")),
        ("34600123456", ("34", "600123456")),
        ("50761234567", ("507", "61234567")),
        ("390612345678", ("39", "0612345678")),
    ],
)
def test_a_phone_is_dialled_by_country_code_and_national_number(phone: str, parts: tuple[str, str]) -> None:
    assert identity.phone(phone) == phone
    assert identity.dialled(phone) == parts
