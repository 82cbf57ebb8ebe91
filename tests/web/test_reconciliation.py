"""Conciliación: what Escala holds more than Siigo is said beside the account that adds up, and exported."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from siigo_escala.store import models
from siigo_escala.web.queries import ledger, left_over, reconciliation
from siigo_escala.web.queries.left_over import LeftOver
from siigo_escala.web.told import Amount
from tests.sync import people
from tests.sync.world import FIELD
from tests.web import attacks
from tests.web.screens import Screens, words

A = "/empresas/acme/"
VALUE = Decimal("69999.99")


@pytest.fixture
def screens(screens: Screens) -> Screens:
    """Five invoices in Escala, three of which Siigo no longer has as sales."""
    world = screens.world
    names = [one["name"] for one in world.invoices(5)]
    world.connect()
    world.sync()
    world.siigo.annul_invoice(names[0])
    world.siigo.delete_invoice(names[1])
    world.siigo.credit_note(names[2])
    world.pass_time(days=1)
    world.sync()
    return screens


@pytest.fixture
def emp(screens: Screens) -> Client:
    """Its administrator."""
    return screens.person("EMP")


def _page(browser: Client) -> str:
    return words(browser.get(f"{A}conciliacion/?desde=2020-01-01"))


def _left(screens: Screens) -> LeftOver:
    return left_over.of(screens.company, ledger.in_span(screens.company, None, None))


def _amount(screens: Screens) -> tuple[int, Decimal]:
    found = _left(screens).amount
    return found.count, found.value


def _moved(screens: Screens, name: str, stage: str) -> None:
    """A person drags the opportunity to another stage; Escala is looked at again."""
    (found,) = [
        one["id"]
        for pipeline in screens.world.escala.state()["pipelines"]
        for one in pipeline["stages"]
        if one["name"] == stage
    ]
    screens.world.escala.edit_deal(screens.world.row(name).deal_id or "", {"stageId": found})
    screens.world.pass_time(days=1)
    screens.world.sync()


def test_what_still_stands_in_escala_without_its_sale_is_told_with_its_pesos(
    emp: Client, screens: Screens
) -> None:
    told = _page(emp)
    assert "Cuadra: 5 facturas por $ 349.999,95 en Siigo; cada una está explicada." in told
    assert (
        "Escala tiene $ 209.999,97 más que Siigo: 3 oportunidades sin su venta en Siigo (anulada, borrada o "
        "con nota crédito por el total) siguen abiertas o ganadas." in told
    )
    assert "De más en Escala, sin su venta en Siigo $ 209.999,97 en 3 oportunidades" in told
    table = told.partition("Oportunidades que siguen en Escala sin su venta en Siigo")[2]
    assert all(one in table for one in ("Anulada", "Borrada", "Con nota crédito por el total"))
    assert "Valor enviado $ 139.999,98" in told, "only of sales that stand"
    # Said to be seen to is not closed: it goes on being told. Lost, it is closed; a won one is not.
    first, second, third = (row.name for row in _left(screens).rows)
    models.Invoice.objects.filter(name=first).update(state="in_escala")
    _moved(screens, second, "Ganada")
    assert _amount(screens) == (3, 3 * VALUE)
    _moved(screens, third, "Perdida")
    assert _amount(screens) == (2, 2 * VALUE)
    screens.world.escala.edit_deal(screens.world.row(second).deal_id or "", {"value": 0})
    screens.world.pass_time(days=1)
    screens.world.sync()
    assert "1 oportunidad sin su venta en Siigo (anulada, borrada o con nota crédito por el total) sigue" in (
        _page(emp)
    )
    screens.world.escala.delete_deal(screens.world.row(first).deal_id or "")
    screens.world.pass_time(days=1)
    screens.world.sync()
    assert "De más" not in _page(emp)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_exports_say_it_of_each_invoice_and_in_the_sums(emp: Client, screens: Screens) -> None:
    text = attacks.body(emp.get(f"{A}facturas/exportar/csv/")).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert sorted(row["De más en Escala"] for row in rows) == ["", "", "69999,99", "69999,99", "69999,99"]
    book = zipfile.ZipFile(io.BytesIO(attacks.body(emp.get(f"{A}facturas/exportar/xlsx/"))))
    texts = b"".join(book.read(name) for name in book.namelist()).decode("utf-8", "replace")
    assert "De más en Escala: oportunidades sin su venta en Siigo" in texts
    assert "<v>3</v>" in texts
    assert "<v>209999.97</v>" in texts


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_our_rule_closed_is_not_told_and_what_people_open_again_is(screens: Screens) -> None:
    world = screens.world
    world.connect('on_annulled = "lost_stage"')
    world.sync()
    assert _amount(screens) == (0, Decimal(0)), "though Escala was not looked at since"
    first = next(name for name, row in world.rows().items() if row.annulled)
    _moved(screens, first, "Prospecto")
    assert _amount(screens) == (1, VALUE)


def test_what_a_note_over_a_part_leaves_too_much_in_escala_is_told(emp: Client, screens: Screens) -> None:
    standing = next(row for row in models.Invoice.objects.filter(state="in_escala") if not row.credited)
    screens.world.siigo.stamp(standing.siigo_id, "Accepted")
    screens.world.siigo.credit_note(standing.siigo_id, total=10_000)
    screens.world.pass_time(days=1)
    screens.world.sync()
    told = _page(emp)
    assert "Escala tiene $ 219.999,97 más que Siigo: 3 oportunidades sin su venta" in told
    assert (
        "siguen abiertas o ganadas, y 1 oportunidad con nota crédito por una parte conserva su valor." in told
    )
    assert "De más en Escala, por notas crédito de una parte $ 10.000,00 en 1 oportunidad" in told
    screens.world.escala.edit_deal(standing.deal_id or "", {"value": float(VALUE - 10_000)})
    screens.world.pass_time(days=1)
    screens.world.sync()
    assert "por una parte" not in _page(emp), "somebody has lowered it"


def _credited_partly(screens: Screens) -> models.Invoice:
    """One of those that stand, after a note of 10.000 that a run has read."""
    row = models.Invoice.objects.filter(state="in_escala", credited=0).earliest("pk")
    screens.world.siigo.stamp(row.siigo_id, "Accepted")
    screens.world.siigo.credit_note(row.siigo_id, total=10_000)
    screens.world.pass_time(days=1)
    screens.world.sync()
    return models.Invoice.objects.get(pk=row.pk)


def _typed(screens: Screens, row: models.Invoice, value: Decimal) -> None:
    """A person gives the opportunity this value; Escala is looked at again."""
    screens.world.escala.edit_deal(row.deal_id or "", {"value": float(value)})
    screens.world.pass_time(days=1)
    screens.world.sync()


@pytest.mark.parametrize("rule", ["report", "subtract"])
@pytest.mark.parametrize(
    ("typed", "over", "difference", "mark"),
    [
        (VALUE - 10_000, 0, 0, "igual"),
        (VALUE, 10_000, 0, "igual"),
        (VALUE - 4_000, 6_000, 0, "de su equipo"),
        (VALUE - 15_000, 0, -5_000, "distinto"),
        (VALUE + 500, 10_000, 500, "distinto"),
    ],
)
def test_a_note_over_a_part_that_a_person_has_seen_to_is_told_in_one_place(
    emp: Client, screens: Screens, rule: str, typed: Decimal, over: int, difference: int, mark: str
) -> None:
    row = _credited_partly(screens)
    people.say(screens.world, "done", row.name)
    # Whatever the rule says from now on: what was seen to stays so.
    screens.world.connect(f'on_credited = "{rule}"')
    _typed(screens, row, typed)
    row = models.Invoice.objects.get(pk=row.pk)
    assert (row.state, row.code) == ("in_escala", "INVOICE_CREDITED_PARTLY")
    chosen = ledger.in_span(screens.company, None, None)
    against = reconciliation.against_escala(screens.company, chosen)
    held = left_over.by_part(screens.company, chosen)
    assert held == ({row.pk: Decimal(over)} if over else {})
    assert against.there - against.sent == difference
    assert against.there == 2 * VALUE - 10_000 + over + difference, "all that Escala holds is explained"
    count = 1 if difference else 0
    assert reconciliation.differing(screens.company, chosen) == Amount(
        count=count, value=Decimal(abs(difference))
    )
    told = _page(emp)
    assert ("vale distinto" in told) == bool(difference)
    assert ("por una parte conserva su valor" in told) == bool(over)
    pair = words(emp.get(f"{A}facturas/{row.siigo_id}/")).partition("Valor ")[2].partition("Etapa")[0]
    assert pair.startswith("$ 69.999,99, menos $ 10.000,00 por nota crédito $ ")
    assert pair.strip().endswith(mark)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_table_shows_what_the_difference_is_of(emp: Client, screens: Screens) -> None:
    row = _credited_partly(screens)
    people.say(screens.world, "done", row.name)
    _typed(screens, row, VALUE - 15_000)
    table = _page(emp).partition("Oportunidades que valen distinto")[2]
    assert f"{row.name} Empresa 0 SAS $ 59.999,99 $ 54.999,99" in table


def test_what_a_person_puts_back_after_the_rule_took_it_off_is_a_difference_alone(
    emp: Client, screens: Screens
) -> None:
    screens.world.connect('on_credited = "subtract"')
    row = _credited_partly(screens)
    _typed(screens, row, VALUE - 3_000)
    told = _page(emp)
    assert "1 oportunidad vale distinto en Escala: $ 7.000,00 de diferencia" in told
    assert "por una parte" not in told
    pair = words(emp.get(f"{A}facturas/{row.siigo_id}/")).partition("Valor ")[2].partition("Etapa")[0]
    assert pair.strip().endswith("distinto")


def test_an_adopted_opportunity_of_another_value_is_told_here_and_in_its_history(
    emp: Client, screens: Screens
) -> None:
    world = screens.world
    customer = world.siigo.create_customer()
    invoice = world.siigo.create_invoice(customer["id"], total=5000)
    contact = world.escala.create_contact(first_name="Ana", custom={FIELD: customer["identification"]})
    world.escala.create_deal(name=f"Obra {invoice['name']}", contact_id=contact, value=4321)
    result = world.sync()
    assert world.row(invoice["name"]).adopted
    assert not [one for one in result.document["problems"] if one["invoice"] == invoice["name"]]
    told = _page(emp)
    assert "Oportunidades que valen distinto" in told
    assert f"{invoice['name']} " in told.partition("Oportunidades que valen distinto")[2]
    assert "$ 4.321,00" in told
    assert "Enlazada con una oportunidad que ya existía" in words(emp.get(f"{A}facturas/{invoice['id']}/"))


def test_what_we_wrote_is_compared_to_the_cent(screens: Screens) -> None:
    screens.world.connect('on_credited = "subtract"')
    row = _credited_partly(screens)
    shows = {**row.applied, "value": "59999.43"}
    # Escala was looked at before: it is known by what we wrote.
    models.Invoice.objects.filter(pk=row.pk).update(value=Decimal("69999.43"), applied=shows)
    before = row.events.latest("at").at - timedelta(hours=1)
    models.KnownDeal.objects.filter(deal_id=row.deal_id).update(seen_at=before)
    assert left_over.by_part(screens.company, ledger.in_span(screens.company, None, None)) == {}


def test_more_credited_than_the_value_that_counts_leaves_nothing_and_no_less(screens: Screens) -> None:
    screens.world.connect('on_credited = "subtract"')
    row = _credited_partly(screens)
    # The rule counts the value before taxes; a note takes taxes off too.
    models.Invoice.objects.filter(pk=row.pk).update(value=9_000)
    models.KnownDeal.objects.filter(deal_id=row.deal_id).update(value=0)
    chosen = ledger.in_span(screens.company, None, None)
    assert reconciliation.differing(screens.company, chosen) == Amount()
    assert left_over.by_part(screens.company, chosen) == {}
    screens.world.connect('on_credited = "report"')
    models.KnownDeal.objects.filter(deal_id=row.deal_id).update(value=9_000)
    assert left_over.by_part(screens.company, chosen) == {row.pk: Decimal(9_000)}


def test_what_escala_did_not_show_waits_for_no_look(emp: Client, screens: Screens) -> None:
    gone, bare = models.Invoice.objects.filter(state="in_escala").order_by("pk")
    models.KnownDeal.objects.filter(deal_id=gone.deal_id).delete()
    told = _page(emp)
    assert "De ello, no visto en la última lectura de Escala $ 69.999,99 en 1 oportunidad: Escala no" in told
    models.KnownDeal.objects.filter(deal_id=bare.deal_id).update(value=None)
    told = _page(emp)
    assert "enviado después de la última mirada" not in told
    assert "$ 139.999,98 en 2 oportunidades: Escala no las mostró, o no dio su valor" in told
    assert "Valor enviado $ 139.999,98" in told
    assert "Valor en Escala, como se vio la última vez $ 0,00 Diferencia $ 0,00" in told
    text = attacks.body(emp.get(f"{A}facturas/exportar/csv/")).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert sorted(row["Enviado, no visto en Escala"] for row in rows) == ["", "", "", "69999,99", "69999,99"]
    assert {row["Enviado, por comparar con Escala"] for row in rows} == {""}
    book = zipfile.ZipFile(io.BytesIO(attacks.body(emp.get(f"{A}facturas/exportar/xlsx/"))))
    texts = b"".join(book.read(name) for name in book.namelist()).decode("utf-8", "replace")
    assert "Enviado y no visto en la última lectura de Escala" in texts
    assert "<v>139999.98</v>" in texts


def test_what_was_written_since_escala_was_looked_at_is_told_apart(emp: Client, screens: Screens) -> None:
    assert "enviado después de la última mirada" not in _page(emp)
    (row, *_) = models.Invoice.objects.filter(state="in_escala")
    assert row.sent_at is not None
    models.KnownDeal.objects.filter(deal_id=row.deal_id).update(seen_at=row.sent_at - timedelta(days=9))
    told = _page(emp)
    assert "De ello, enviado después de la última mirada a Escala $ 69.999,99 en 1 oportunidad" in told
    assert "Valor enviado $ 139.999,98" in told


def test_what_the_rule_has_subtracted_is_told_no_more_though_escala_was_not_looked_at_since(
    emp: Client, screens: Screens
) -> None:
    world = screens.world
    standing = [row for row in models.Invoice.objects.filter(state="in_escala") if not row.credited]
    for row in standing:
        world.siigo.stamp(row.siigo_id, "Accepted")
        world.siigo.credit_note(row.siigo_id, total=10_000)
    world.pass_time(days=1)
    world.sync()
    told = _page(emp)
    assert "y 2 oportunidades con nota crédito por una parte conservan su valor." in told
    assert "De más en Escala, por notas crédito de una parte $ 20.000,00 en 2 oportunidades" in told
    text = attacks.body(emp.get(f"{A}facturas/exportar/csv/")).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    told_of = sorted(row["De más por nota crédito de una parte"] for row in rows)
    assert told_of == ["", "", "", "10000,00", "10000,00"]
    world.connect('on_credited = "subtract"')
    world.sync()
    deals = {one["id"]: one for one in world.escala.state()["deals"]}
    assert {deals[row.deal_id]["value"] for row in standing} == {VALUE - 10_000}
    # Escala was looked at before that: it is known by what we wrote.
    before = models.Invoice.objects.get(pk=standing[0].pk).events.latest("at").at - timedelta(hours=1)
    models.KnownDeal.objects.filter(deal_id__in=deals).update(seen_at=before)
    models.KnownDeal.objects.filter(deal_id__in=[row.deal_id for row in standing]).update(value=VALUE)
    told = _page(emp)
    assert "por una parte" not in told
    assert "De ello, enviado después de la última mirada a Escala $ 119.999,98 en 2 oportunidades" in told


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_exports_say_what_is_still_to_be_compared(emp: Client, screens: Screens) -> None:
    models.KnownDeal.objects.update(seen_at=timezone.now() - timedelta(days=99))
    text = attacks.body(emp.get(f"{A}facturas/exportar/csv/")).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    column = sorted(row["Enviado, por comparar con Escala"] for row in rows)
    assert column == ["", "", "", "69999,99", "69999,99"]
    book = zipfile.ZipFile(io.BytesIO(attacks.body(emp.get(f"{A}facturas/exportar/xlsx/"))))
    texts = b"".join(book.read(name) for name in book.namelist()).decode("utf-8", "replace")
    assert "Enviado después de la última mirada a Escala: se compara en el próximo repaso" in texts
    assert "<v>139999.98</v>" in texts
