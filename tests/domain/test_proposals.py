"""What is chosen beforehand, and why."""

from __future__ import annotations

import pytest

from siigo_escala.domain import proposals
from siigo_escala.domain.accounting import Seller, SellerId
from siigo_escala.domain.crm import Pipeline, PipelineId, Stage, StageId
from siigo_escala.domain.proposals import FieldSeen


@pytest.mark.parametrize(
    ("username", "taken", "name"),
    [
        ("api@elroble.com.co", set(), "elroble"),
        ("api@El-Roble.example", {"EL-ROBLE"}, "el-roble-2"),
        ("elroble@gmail.com", set(), "elroble"),
        (f"api@{'r' * 81}.co", set(), "r" * 80),
        ("api@roble.co", {"roble", "ROBLE-2"}, "roble-3"),
        ("ventas@mail.ferretería-niño.co", set(), "ferreteria-nino"),
        ("x@-.co", {"empresa"}, "empresa-2"),
        ("", {"empresa"}, "empresa-2"),
    ],
)
def test_the_name_of_a_company_comes_from_its_users_domain(username: str, taken: set[str], name: str) -> None:
    assert proposals.company_name(username, taken=taken) == name


@pytest.mark.parametrize(
    ("value", "looks"),
    [("52418963", True), ("900.482.137-2", True), (52418963, True), ("Zona 4", False), ("12", False)],
)
def test_an_identification_is_told_from_other_values(value: object, looks: bool) -> None:
    assert proposals.looks_like_identification(value) is looks


def _field(name: str, *, kind: str = "text", count: int = 1, numbers: int = 0) -> FieldSeen:
    return FieldSeen(key=f"cf_{name}", name=name, kind=kind, count=count, numbers=numbers)


def test_the_likeliest_field_is_named_so_or_holds_mostly_numbers() -> None:
    named, filled = _field("Cédula"), _field("Otro", count=90, numbers=80)
    rare, day = _field("Zona", count=200, numbers=3), _field("Cumpleaños", kind="date", count=300)
    assert proposals.identification_fields([rare, day, filled, named]) == [named, filled, rare]
    assert proposals.likely([named]) == "cf_Cédula"
    assert proposals.likely([filled]) == "cf_Otro"
    assert proposals.likely([rare]) == ""
    assert proposals.likely([_field("Otro", count=4, numbers=2)]) == "", "half of them is not most"
    assert proposals.likely([_field("Otro", count=5, numbers=2)]) == ""
    assert proposals.likely([_field("Otro", count=5, numbers=3)]) == "cf_Otro"
    assert proposals.likely([]) == ""


def test_a_field_of_text_goes_before_one_of_numbers_which_cannot_hold_every_identification() -> None:
    number, text = _field("Cédula", kind="number", count=90, numbers=90), _field("NIT", count=5, numbers=5)
    untyped, other = _field("Documento", kind="", count=6, numbers=6), _field("Zona", kind="number", count=9)
    assert proposals.identification_fields([other, number, text, untyped]) == [untyped, text, number, other]


def test_a_field_without_numbers_goes_after_one_that_holds_them_whatever_its_kind() -> None:
    kind = _field("Tipo de documento", kind="dropdown", count=500)
    number = _field("Cédula", kind="number", count=500, numbers=500)
    district, code = _field("Barrio", count=500), _field("Código", kind="number", count=500, numbers=500)
    half = _field("Zona", count=500, numbers=250)
    assert proposals.identification_fields([half, district, kind, code, number]) == [
        *(number, kind, code, half, district)
    ]
    assert proposals.likely(proposals.identification_fields([district, code])) == "cf_Código"


def _pipeline(name: str, *kinds: str) -> Pipeline:
    stages = tuple(Stage(id=StageId(f"{name}-{kind}"), name=kind, kind=kind) for kind in kinds)  # type: ignore[arg-type]  # kinds are named by the test
    return Pipeline(id=PipelineId(name), name=name, stages=stages)


def test_opportunities_begin_at_the_first_open_stage() -> None:
    found = proposals.destination([_pipeline("vacío"), _pipeline("Ventas", "won", "open", "lost")])
    assert found is not None
    assert (found[0].name, found[1].name) == ("Ventas", "open")
    assert proposals.destination([_pipeline("Cerrado", "won")]) is None


@pytest.mark.parametrize(
    ("name", "email", "owner", "why"),
    [
        ("Laura Rojas", "LAURA@x.co", "laura@x.co", "email"),
        ("Laura Rojas", "ventas@x.co", "laura.rojas@y.co", "name"),
        ("Diego Pardo", "", "diego@y.co", "name"),
        ("Natalia Osorio", "natalia@x.co", None, None),
        ("", "", None, None),
        ("Laura Rojas Paz", "", "laura.rojas@y.co", "name"),
        ("Ana Paz", "", "ana.paz.gil@y.co", "name"),
        ("Li Wu", "", None, None),
    ],
)
def test_a_seller_is_the_user_of_the_same_email_else_of_a_similar_name(
    name: str, email: str, owner: str | None, why: str | None
) -> None:
    seller = Seller(id=SellerId(1), name=name, email=email)
    owners = [
        "laura.rojas@y.co",
        "laura@x.co",
        "diego@y.co",
        "diego.osorio@y.co",
        "ana.paz.gil@y.co",
        "li.wu@y.co",
    ]
    found = proposals.owner_of(seller, owners)
    assert (found.owner if found else None, found.why if found else None) == (owner, why)
