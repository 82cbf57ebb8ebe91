"""Custom fields that Escala shows: the key, a name and a kind guessed from it, a sample."""

from __future__ import annotations

import pytest

from siigo_escala.sync import fields
from siigo_escala.sync.fields import SeenField
from tests.sync import inside
from tests.sync.world import FIELD, World


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One store: fields are asked for, not kept."""
    return sqlite_url


@pytest.mark.parametrize(
    ("key", "name", "kind"),
    [
        ("cf_contact_cedula_kwzt_text", "Cedula", "text"),
        ("cf_deal_numero_de_factura_abcd_text", "Numero de factura", "text"),
        ("cf_deal_fecha_date", "Fecha", "date"),
        ("cf_cedula_text", "Cedula", "text"),
        ("cf_", "cf_", ""),
        ("cf_Algo-raro", "Algo-raro", ""),
    ],
)
def test_a_key_tells_name_and_kind_as_far_as_it_has_them(key: str, name: str, kind: str) -> None:
    seen = fields.described(key, entity="contact", sample="1")
    assert seen == SeenField(key=key, entity="contact", name=name, kind=kind, sample="1")
    assert seen.to_json() == {"key": key, "entity": "contact", "name": name, "type": kind, "sample": "1"}


def test_fields_of_contacts_and_deals_are_told_once_each_with_a_short_sample(world: World) -> None:
    world.escala.create_contact(custom={FIELD: " 900100200 ", "cf_contact_zona_text": "  "})
    world.escala.create_contact(custom={FIELD: "900100201", "otro": "no es un campo"})
    world.escala.create_deal(name="Una", custom={"cf_deal_nota_text": "muy\nlarga " * 20})
    world.connect()
    with inside.session(world) as session:
        seen = fields.seen(session.escala)
        assert session.calls.escala <= 4
    assert [(one.entity, one.key) for one in seen] == [("contact", FIELD), ("deal", "cf_deal_nota_text")]
    assert seen[0].sample in ("900100200", "900100201")
    assert seen[1].sample.startswith("muy larga muy larga")
    assert len(seen[1].sample) <= 60
