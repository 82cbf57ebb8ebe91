"""What a visitor of the demonstration makes happen in Escala: a sale that is won, moved back, worth more."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from siigo_escala.cli.demo_business import Stage
from siigo_escala.cli.demo_site import happenings
from siigo_escala.simulators.data_escala import IDENTIFICATION_FIELD
from siigo_escala.simulators.escala.simulator import EscalaSimulator
from siigo_escala.simulators.siigo.simulator import SiigoSimulator


@pytest.fixture
def stage(siigo: SiigoSimulator, escala: EscalaSimulator) -> Stage:
    """A contact who can be sold coffee to, and one who says not who they are."""
    escala.create_contact(
        first_name="Marcela", last_name="Ibarra", custom={IDENTIFICATION_FIELD: "900482137"}
    )
    escala.create_contact(first_name="Nadie")
    escala.add_product("CAF-500", "Café tostado 500 g", price=85000)
    escala.add_product("OTRO", "Lo que Siigo no tiene", price=1000)
    return Stage(siigo=siigo, escala=escala, siigo_url="", escala_url="", file="")


def test_a_sale_is_made_won_moved_back_and_worth_more(stage: Stage) -> None:
    (contact,), (product,) = happenings.contacts(stage), happenings.wares(stage)
    assert (contact["word"], product["sku"]) == ("Marcela Ibarra", "CAF-500")
    sale = {"accion": "vender", "contacto": contact["id"], "articulo": "CAF-500", "cantidad": "2"}
    said = happenings.do(stage, sale)
    assert "en «Prospecto»" in said
    assert "por $ 170.000,00" in said
    assert "en «Ganada»" in happenings.do(stage, sale | {"ganada": "1"})
    assert sorted(one["stage"] for one in happenings.deals(stage)) == ["Ganada", "Prospecto"]
    (first,) = [one for one in happenings.deals(stage) if one["stage"] == "Prospecto"]
    assert first["name"] == "Café tostado 500 g para Marcela Ibarra"
    for action, told in (("ganar", "Ganada"), ("devolver", "Prospecto"), ("valor", "$ 220.000,00")):
        assert told in happenings.do(stage, {"accion": action, "oportunidad": first["id"]})
    for wrong in (
        {"contacto": ""},
        {"articulo": "OTRO"},
        {"cantidad": "muchas"},
        {"cantidad": "0"},
        {"cantidad": "NaN"},
    ):
        with pytest.raises(happenings.Refused):
            happenings.do(stage, sale | wrong)


def test_whoever_looks_at_the_deals_leaves_their_order_as_it_was(stage: Stage) -> None:
    made = [
        stage.escala.create_deal(name=f"{day}", created=datetime(2026, 3, day, tzinfo=UTC)) for day in (1, 2)
    ]
    assert [one["name"] for one in happenings.deals(stage)] == ["2", "1"]
    assert [one["id"] for one in stage.escala.account.deals.table.all()] == made
