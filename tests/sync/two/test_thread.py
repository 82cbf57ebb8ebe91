"""A won opportunity becomes one draft invoice in Siigo, and stays one."""

from __future__ import annotations

from decimal import Decimal

from tests.sync.two.scene import Scene, codes, counts


def test_a_won_opportunity_becomes_one_draft_invoice(scene: Scene) -> None:
    contact = scene.ready()
    deal = scene.deal(contact)
    result = scene.sync()
    assert (counts(result), codes(result), result.exit_code) == ({"read": 1, "created": 1}, [], 0)
    (invoice,) = scene.invoices()
    assert invoice["total"] == Decimal(202300)
    assert invoice["stamp"]["status"] == "Draft"
    assert invoice["observations"].endswith(f"[escala:{deal}:1]")
    assert invoice["customer"]["identification"] == "900482137"
    assert [payment["id"] for payment in invoice["payments"]] == [5636]
    assert result.document["direction"] == "opportunities_to_invoices"
    assert result.document["customers"] == {"created": 0, "matched": 1}
    assert counts(scene.sync()) == {}
    assert len(scene.invoices()) == 1
    assert scene.row(deal).invoice == invoice["name"]
    (row,) = scene.report()["rows"]
    assert (row["opportunity"], row["status"], row["invoice"]) == (deal, "invoiced", invoice["name"])
