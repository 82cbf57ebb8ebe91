"""Rules of this direction are checked against what Siigo and Escala have, when they are saved."""

from __future__ import annotations

from datetime import timedelta

import pytest

from siigo_escala.domain.rules import FileProblem
from siigo_escala.store.models import Connection
from tests.sync.two.scene import Scene


def _refused(scene: Scene, old: str, new: str) -> FileProblem:
    from siigo_escala.sync import connect, opening

    text = scene.file().replace(old, new)
    assert text != scene.file()
    with pytest.raises(FileProblem) as caught:
        connect.connect(
            scene.world.environment,
            opening.vault_of(scene.world.environment),
            text,
            environ={},
            now=scene.world.now,
        )
    assert not Connection.objects.exists()
    return caught.value


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ('"Ventas"', '"Otro"', "trigger_pipeline", "«Ventas»"),
        ('"Ganada"', '"Otra"', "trigger_stage", "«Ganada»"),
        ("24446", "1", "document_type", "«24446 (Factura electrónica)»"),
        ("5636", "1", "payment_type", "«5637 (Efectivo)»"),
        ("ventas@laceiba.example", "x@laceiba.example", "seller", "«cartera@laceiba.example»"),
        ("payment_type", "taxes = [9]\npayment_type", "taxes", "«13156 (IVA 19%)»"),
        ("payment_type", "taxes = [34072]\npayment_type", "taxes", "retención del documento"),
        ("payment_type", "taxes = [13156, 13157]\npayment_type", "taxes", "un impuesto de cada clase"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_the_accounts_do_not_have_is_an_error_that_lists_what_they_do(
    scene: Scene, old: str, new: str, key: str, said: str
) -> None:
    problem = _refused(scene, old, new)
    assert problem.key == f"invoices.{key}"
    assert (
        said.replace("uno de", "uno de") in problem.message or "un impuesto de cada clase" in problem.message
    )


def test_what_cannot_be_used_is_an_error_too(scene: Scene) -> None:
    company = scene.world.siigo.company
    kind, payment = company.entry("document_types", 24446), company.entry("payment_types", 5636)
    assert kind is not None
    assert payment is not None
    kind["automatic_number"] = False
    with pytest.raises(FileProblem, match="numeración manual"):
        scene.connect()
    kind["automatic_number"], kind["active"] = True, False
    with pytest.raises(FileProblem, match="está inactivo"):
        scene.connect()
    kind["active"], kind["cost_center_mandatory"] = True, True
    with pytest.raises(FileProblem, match="exige un centro de costo"):
        scene.connect()
    kind["cost_center_mandatory"], payment["active"] = False, False
    with pytest.raises(FileProblem, match="está inactiva"):
        scene.connect()


def test_connecting_asks_for_no_more_than_it_may(scene: Scene) -> None:
    asked: list[str] = []
    for app in (scene.world.siigo, scene.world.escala):
        handle = app.handle

        def seeing(request: object, handle: object = handle) -> object:
            asked.append(request.path)  # type: ignore[attr-defined]  # a request
            return handle(request)  # type: ignore[operator]  # a handler

        app.handle = seeing  # type: ignore[method-assign, assignment]  # watched
    scene.connect()
    assert sorted(asked) == [
        "/auth",
        "/crm/pipelines",
        "/v1/document-types",
        "/v1/payment-types",
        "/v1/taxes",
        "/v1/users",
    ]


def test_the_activation_is_the_second_that_passes_before_connect_ends(scene: Scene) -> None:
    before = scene.world.now()
    connection = scene.connect()
    assert connection.activated_at is not None
    assert connection.activated_at.microsecond == 0
    assert before < connection.activated_at <= scene.world.now() <= before + timedelta(seconds=5)
    again = scene.connect("due_days = 8")
    assert again.activated_at == connection.activated_at
    scene.world.connect()
    assert Connection.objects.get().activated_at is None


def test_what_was_never_seen_in_escala_is_a_warning(scene: Scene) -> None:
    from siigo_escala.sync import connect, opening

    done = connect.connect(
        scene.world.environment,
        opening.vault_of(scene.world.environment),
        scene.file('number_field = "cf_deal_numero_hqpe_text"'),
        environ={},
        now=scene.world.now,
    )
    assert [("cf_contact" in one, "cf_deal" in one) for one in done.warnings] == [
        (True, False),
        (False, True),
    ]


def test_the_linked_seller_makes_the_invoice(scene: Scene) -> None:
    contact = scene.ready(tables='[sellers]\n"cartera@laceiba.example" = "laura@acme.example"\n')
    scene.deal(contact, name="Suya", owner="Laura@acme.example")
    scene.deal(contact, name="Ajena", owner="otro@acme.example")
    scene.sync()
    assert sorted(one["seller"] for one in scene.invoices()) == [629, 630]


def test_the_rules_reach_the_invoice(scene: Scene) -> None:
    from decimal import Decimal

    contact = scene.ready("cost_center = 235\nwarehouse = 1270\nprice_includes_taxes = true")
    scene.deal(contact)
    scene.sync()
    (invoice,) = scene.invoices()
    assert (invoice["cost_center"], invoice["total"]) == (235, Decimal("170000.00"))
    assert invoice["items"][0]["warehouse"]["id"] == 1270
    assert invoice["payments"][0]["due_date"] is not None
