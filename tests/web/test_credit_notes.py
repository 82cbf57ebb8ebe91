"""Credit notes on the page of their invoice and in Conciliación: in pesos as the invoice counts them."""

from __future__ import annotations

from typing import Any

import pytest

from siigo_escala.store import models
from siigo_escala.web.queries import credit_notes
from tests.web.screens import Screens, words

A = "/empresas/acme/"
DOLLARS: dict[str, Any] = {"currency": {"code": "USD", "exchange_rate": 4100}, "total": 100}
WITH_TAX: dict[str, Any] = {
    "items": [{"code": "CAF-500", "quantity": 10, "price": 100_000, "taxes": [{"id": 13156}]}]
}
"""1.000.000 before taxes, 1.190.000 with them."""


def _credited(
    screens: Screens,
    rule: str,
    *,
    of: dict[str, Any],
    note: int,
    currency: dict[str, Any] | None = None,
) -> tuple[str, str]:
    """What the invoice's page and Conciliación say once a run has read its note."""
    (invoice,) = screens.world.invoices(1, **of)
    screens.world.connect(rule)
    screens.world.sync()
    made = screens.world.siigo.credit_note(invoice["name"], total=note)
    if currency is not None:
        screens.world.siigo.distort(made["id"], kind="credit_notes", currency=currency)
    screens.world.sync()
    browser, row = screens.person("EMP"), screens.world.row(invoice["name"])
    page = words(browser.get(f"{A}facturas/{row.siigo_id}/"))
    return page, words(browser.get(f"{A}conciliacion/?desde=2020-01-01"))


@pytest.mark.parametrize(
    ("note", "currency", "counts"),
    [
        (96, {"code": "USD"}, "393.600,00"),
        (96, {"code": "USD", "exchange_rate": 4300}, "393.600,00"),
        (10, {"code": "EUR", "exchange_rate": 4500}, "45.000,00"),
    ],
    ids=["without a rate", "at a rate of its own", "in another currency"],
)
def test_a_foreign_note_is_told_with_what_it_takes_off(
    screens: Screens, note: int, currency: dict[str, Any], counts: str
) -> None:
    page, account = _credited(screens, "", of=DOLLARS, note=note, currency=currency)
    assert f"menos $ {counts} por nota crédito" in page
    assert f": $ {counts}" in page.partition("Nota crédito NC-1-1 del ")[2].partition(" Cómo se llama")[0]
    assert f"Notas crédito del periodo, fuera de la suma: 1 por $ {counts} ." in account


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_however_many_foreign_notes_each_counts_by_its_invoice_or_else_by_itself(screens: Screens) -> None:
    (invoice,) = screens.world.invoices(1, **DOLLARS)
    company = screens.world.connect()
    screens.world.sync()
    read = screens.world.row(invoice["name"]).siigo_id
    # The invoice comes last: after a chunk of those that were never read.
    unread = [f"!{number}" for number in range(credit_notes.CHUNK)]
    models.CreditNote.objects.bulk_create(
        models.CreditNote(
            connection=company, siigo_id=f"n{one}", invoice_siigo_id=one, value=2, currency="USD", amount=1
        )
        for one in (*unread, read)
    )
    models.CreditNote.objects.create(connection=company, siigo_id="n", invoice_siigo_id=read, value=7)
    found = credit_notes.in_span(company, None, None)
    assert found.count == credit_notes.CHUNK + 2
    assert found.value == 2 * credit_notes.CHUNK + 4100 + 7


def test_of_a_value_before_taxes_the_notes_share_is_told_beside_their_own_amount(screens: Screens) -> None:
    page, account = _credited(screens, 'value = "subtotal"', of=WITH_TAX, note=595_000)
    assert "descuenta parte de la factura: $ 500.000,00 del valor de la oportunidad" in page
    assert (
        ": $ 595.000,00 Lo que descuentan del valor $ 500.000,00: su parte, pues el valor no es el " in page
    )
    assert "Total en Siigo: $ 1.190.000,00 Valor según sus reglas: $ 1.000.000,00" in page
    assert "Notas crédito del periodo, por su total y fuera de la suma: 1 por $ 595.000,00 ." in account


@pytest.mark.parametrize(
    ("rule", "named"), [("", "Total en Siigo"), ('value = "gross"', "Valor según sus reglas")]
)
def test_what_notes_take_off_is_told_once_where_it_is_their_amount(
    screens: Screens, rule: str, named: str
) -> None:
    page, _ = _credited(screens, rule, of=WITH_TAX, note=595_000)
    assert "descuenta parte de la factura: $ 595.000,00 del valor de la oportunidad" in page
    assert "Lo que descuentan" not in page
    assert f"{named}: $ 1.190.000,00" in page
    assert ("Valor según sus reglas" in page) == bool(rule)
