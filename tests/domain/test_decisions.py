"""Decisions as people give them in a spreadsheet: what `invoices --csv` wrote, filled in."""

from __future__ import annotations

import pytest

from siigo_escala.domain import decisions
from siigo_escala.domain.decisions import DecisionProblem, Wish

HEADER = "siigo_id,invoice,code,candidates,decision,target"


def _read(text: str) -> list[Wish]:
    wishes, wrong = decisions.from_csv(text)
    assert wrong == []
    return wishes


def _told(text: str) -> str:
    """What is wrong with a file, in one answer."""
    try:
        _, wrong = decisions.from_csv(text)
    except DecisionProblem as problem:
        return problem.message
    return decisions.together(wrong).message


def test_rows_with_a_decision_are_taken_and_the_others_left_alone() -> None:
    text = f"{HEADER}\r\ni-1,FV-2-1,POSSIBLE_TWIN,d-1 d-2,deal,d-2\r\ni-2,FV-2-2,POSSIBLE_TWIN,d-1,,\r\n\r\n"
    (wish,) = _read(text)
    assert wish == Wish(
        kind="deal", invoice="FV-2-1", siigo_id="i-1", target="d-2", code="POSSIBLE_TWIN", line=2
    )


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("before", ["", "sep=;\r\n"])
def test_a_spreadsheet_may_save_it_with_semicolons_a_mark_and_words_in_capitals(
    mark: str, before: str
) -> None:
    text = f"{mark}{before}{HEADER.replace(',', ';').upper()}\ni-1;FV-2-1;;;  Create ;\n"
    (wish,) = _read(text)
    assert (wish.kind, wish.siigo_id, wish.line) == ("create", "i-1", 3 if before else 2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_whatever_a_spreadsheet_saves_is_read(encoding: str, separator: str) -> None:
    text = f"{HEADER}\r\ni-1,ñ-1,,,ignore,\r\n".replace(",", separator)
    content = text.encode(encoding)
    assert decisions.any_in(decisions.decoded(content, errors="replace"))
    (wish,) = _read(decisions.decoded(content))
    assert (wish.siigo_id, wish.invoice, wish.kind) == ("i-1", "ñ-1", "ignore")


@pytest.mark.parametrize("content", ["niño".encode("latin-1"), b"\xff\x00", b"a\0\0\0b\0\0\0"])
def test_what_is_no_text_of_a_spreadsheet_is_refused_or_holds_no_decision(content: bytes) -> None:
    try:
        text = decisions.decoded(content)
    except UnicodeError:
        text = decisions.decoded(content, errors="replace")
    assert not decisions.any_in(text)


@pytest.mark.parametrize("text", ["=1+1", "+57", "-x", "@a", "\tb", "\rc", "'=quoted", "plain", "'", ""])
def test_a_cell_that_no_spreadsheet_calculates_reads_back_as_it_was(text: str) -> None:
    cell = decisions.safe_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert decisions.plain_cell(cell) == text.strip()


def test_columns_may_be_left_out_moved_and_added() -> None:
    text = "target,note,decision,invoice\n,,ignore,FV-2-1\nk-1,x,contact,FV-2-2"
    assert [(wish.kind, wish.invoice, wish.target) for wish in _read(text)] == [
        ("ignore", "FV-2-1", ""),
        ("contact", "FV-2-2", "k-1"),
    ]


def test_rows_may_have_fewer_cells_than_there_are_columns_or_more() -> None:
    text = "invoice,decision,target,note\nFV-2-1,ignore\nFV-2-2,create,,x,y,z\n"
    assert [(wish.invoice, wish.kind) for wish in _read(text)] == [
        ("FV-2-1", "ignore"),
        ("FV-2-2", "create"),
    ]


@pytest.mark.parametrize("word", ["create", "ignore", "done"])
def test_a_target_beside_a_decision_that_takes_none_is_a_contradiction(word: str) -> None:
    told = _told(f"{HEADER}\ni-1,,,,ignore,\ni-2,FV-2-2,POSSIBLE_TWIN,d-1,{word},d-1\n")
    assert told.startswith(f"Línea 3: la factura «FV-2-2» trae «{word}», que no lleva id")
    assert "«deal»" in told
    assert "deje «target» vacío" in told


def test_a_row_without_a_decision_is_left_alone_whatever_its_target() -> None:
    wishes, wrong = decisions.from_csv(f"{HEADER}\ni-1,,POSSIBLE_TWIN,d-1,,d-1\ni-2,,,,ignore,\n")
    assert ([wish.siigo_id for wish in wishes], wrong) == (["i-2"], [])


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ('i-1,FV-2-1,,,ignore,\ni-2,"FV-2-2,,,create,\ni-3,FV-2-3,,,ignore,\n', 3),
        ('i-1,"FV-2-1"x,,,ignore,\n', 2),
        ('i-1,FV-2-1,,"d-1,,\ni-2,FV-2-2,,d-2",create,\n', 2),
        ('i-1,FV-2-1,,"d-1,,\ni-2,FV-2-2,,create,\ni-3,FV-2-3,,d-2",,\n', 2),
    ],
)
def test_a_quote_that_is_left_open_never_hides_the_rows_after_it(rows: str, line: int) -> None:
    with pytest.raises(decisions.UnreadableFile) as caught:
        decisions.from_csv(f"{HEADER}\n{rows}")
    assert caught.value.message.startswith(f"Línea {line}: ")
    assert "comilla" in caught.value.message
    assert decisions.any_in(f"{HEADER}\n{rows}"), "somebody's work may be in it"


def test_a_note_of_ones_own_may_have_several_lines() -> None:
    (wish,) = _read('invoice,decision,target,note\nFV-2-1,ignore,,"una\ndos"\n')
    assert wish.kind == "ignore"


def test_every_bad_line_is_told_at_once_ten_at_most() -> None:
    bad = "".join(f"i-{number},,,,borrar,\n" for number in range(10))
    assert _told(f"{HEADER}\n{bad}").count("\n") == 9
    told = _told(f"{HEADER}\n{bad}i-a,,,,ignore,\n,,,,ignore,\n,,,,ignore,\n").split("\n")
    assert [one.partition(":")[0] for one in told[:-1]] == [f"Línea {line}" for line in range(2, 12)]
    assert told[-1] == "… y 2 más."
    assert _told(f"{HEADER}\n{bad * 200}").endswith("\n… y 1.990 más.")


def test_of_one_line_the_first_that_is_wrong_is_told() -> None:
    wrong = [DecisionProblem(text, line=line) for text, line in (("Dos.", 2), ("Uno.", 1), ("Otra.", 2))]
    assert decisions.together(wrong).message == "Línea 1: uno.\nLínea 2: dos."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "vacío"),
        ("sep=;", "vacío"),
        ("siigo_id,invoice,target\n", "Línea 1: al archivo le falta la columna «decision»"),
        ("siigo_id,decision\n", "«target»"),
        ("decision,target\n", "«siigo_id»"),
        ("nada\n", "«siigo_id»"),
        (f"{HEADER}\ni-1,,,,ignore,\ni-2,,,,borrar,", "Línea 3: no existe la decisión «borrar»"),
        (f"{HEADER}\ni-1,,,d-1,deal,", "Línea 2: la decisión «deal» necesita en «target»"),
        (f"{HEADER}\ni-1,,,,contact, ", "«contact» necesita"),
        (f"{HEADER}\n,,,,ignore,", "Línea 2: falta la factura"),
        (f"{HEADER}\ni-1,,,,again,", "Línea 2: «again» vuelve a facturar"),
        (f'{HEADER}\ni-1,"a\0b",,,ignore,', ""),
        (f"{HEADER}\n{'x' * 200_000},,,,ignore,", "Línea 2: no se puede leer como CSV"),
        (f"sep=,\n{HEADER}\n{'x' * 200_000},,,,ignore,", "Línea 3: no se puede leer como CSV"),
    ],
)
def test_a_row_that_cannot_be_read_names_its_line(text: str, said: str) -> None:
    if said == "":
        # Some versions of the reader take a NUL: then it is an id that no invoice has.
        assert len(_read(text)) == 1
        return
    assert said in _told(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{HEADER}\ni-1,,,,ignore,", True),
        (f"\ufeff{HEADER.replace(',', ';')}\ni-1;;;;;\ni-2;;;;crear;", True),
        (f"{HEADER}\ni-1,,,d-1, ,d-1", False),
        ("invoice,total\nFV-2-1,3", False),
        ("", False),
    ],
)
def test_a_file_with_anything_under_decision_holds_somebodys_work(text: str, *, found: bool) -> None:
    assert decisions.any_in(text) is found


def test_a_problem_of_no_line_is_told_as_it_is_and_first() -> None:
    whole = DecisionProblem("El archivo está vacío.")
    assert whole.message == "El archivo está vacío."
    both = decisions.together([DecisionProblem("Uno.", line=1), whole])
    assert both.message == "El archivo está vacío.\nLínea 1: uno."


TEN = ", ".join(f"FV-2-{number}" for number in range(10))


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, []),
        (1, ["«FV-2-0» ya se decidió; su fila no cambia nada."]),
        (2, ["2 ya se decidieron; sus filas no cambian nada: FV-2-0, FV-2-1."]),
        (10, [f"10 ya se decidieron; sus filas no cambian nada: {TEN}."]),
        (1011, [f"1.011 ya se decidieron; sus filas no cambian nada: {TEN} y 1.001 más."]),
    ],
)
def test_rows_that_were_obeyed_before_are_told_ten_by_name(count: int, said: list[str]) -> None:
    names = [f"FV-2-{number}" for number in range(count)]
    assert decisions.answered(names, one="«{}» ya se decidió", many="{} ya se decidieron") == said


def test_decisions_of_opportunities_are_read_by_their_ids() -> None:
    text = "opportunity;name;code;decision\nd1;Una;;Again\nd2;Otra;;\n"
    assert decisions.of_deals(text) == ([decisions.DealWish(kind="again", deal_id="d1", line=2)], [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("opportunity,decision\nd,deal\n", "create, ignore, done, again"),
        ("opportunity,decision\n,create\n", "«opportunity»"),
        ("siigo_id,decision\nd,create\n", "«opportunity»"),
        ("opportunity,target\nd,x\n", "«decision»"),
    ],
)
def test_a_file_of_opportunities_that_cannot_be_read_says_why(text: str, said: str) -> None:
    try:
        _, wrong = decisions.of_deals(text)
    except DecisionProblem as problem:
        wrong = [problem]
    (told,) = wrong
    assert said in told.message
