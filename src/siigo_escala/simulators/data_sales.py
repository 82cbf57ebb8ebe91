"""The invented invoices and credit notes in Siigo's canonical shape, right to the cent, one at a time."""

import heapq
import random
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any

from siigo_escala.simulators import data_calendar as calendar
from siigo_escala.simulators import data_catalogue as catalogue
from siigo_escala.simulators import data_ids as ids
from siigo_escala.simulators import data_people as people
from siigo_escala.simulators import data_words as words
from siigo_escala.simulators.data_catalogue import Ware
from siigo_escala.simulators.data_plan import Sale
from siigo_escala.simulators.siigo import arithmetic

Record = dict[str, Any]

_PUBLIC = "https://documentview.siigo.com/document?data=ejemplo"
_LINES = (1, 2, 3, 4, 5, 7, 12, 40)
_LINE_WEIGHTS = tuple(accumulate((34, 27, 17, 10, 6, 4, 1.7, 0.3)))
_QUANTITIES = (1, 2, 3, 4, 5, 6, 10, 12, 20, 24)
_QUANTITY_WEIGHTS = tuple(accumulate((36, 20, 10, 7, 6, 6, 6, 5, 2, 2)))
_LITTLE = Decimal(700_000)
_WITHHELD_FROM = Decimal(500_000)
_DOLLAR = Decimal("0.01")


class Sales:
    """Makes documents of planned sales. Nothing depends on what was made before."""

    def __init__(
        self, seed: int, *, buyers: Sequence[people.Buyer], wares: Sequence[Ware], today: date
    ) -> None:
        self._seed = seed
        self._buyers = buyers
        self._wares = wares
        self._weights = tuple(accumulate(ware.weight for ware in wares))
        self._today = today
        self._taxes = {
            tax["id"]: {**tax, "percentage": Decimal(tax["percentage"])} for tax in catalogue.taxes()
        }
        self._kinds = {kind["id"]: kind for kind in catalogue.document_types()}
        self._means = {kind["id"]: kind["name"] for kind in catalogue.payment_types()}
        users = catalogue.users()
        self._staff: list[int] = [user["id"] for user in users if user["active"]]
        self._gone: list[int] = [user["id"] for user in users if not user["active"]]

    def invoice(self, sale: Sale) -> Record:
        """The invoice as it stands at the end of the period, credit notes and payments counted."""
        record = self._issued(sale)
        if sale.annulled:
            record["annulled"] = True
            record["balance"] = Decimal(0)
        elif sale.noted:
            credited = self._note_totals(sale, record)["total"]
            record["balance"] = max(Decimal(0), record["balance"] - credited)
        return record

    def notes(self, planned: Iterator[Sale]) -> Iterator[Record]:
        """The credit notes in the order of their creation, numbered in it."""
        number = self._kinds[catalogue.CREDIT_NOTE]["consecutive"]
        waiting: list[tuple[str, int, Sale]] = []
        for sale in planned:
            while waiting and waiting[0][0] <= calendar.stamp(sale.created):
                yield self._note(heapq.heappop(waiting)[2], number)
                number += 1
            if sale.noted:
                heapq.heappush(waiting, (calendar.stamp(sale.noted), sale.ordinal, sale))
        while waiting:
            yield self._note(heapq.heappop(waiting)[2], number)
            number += 1

    def _issued(self, sale: Sale) -> Record:
        source = ids.dice(self._seed, "invoice", sale.ordinal)
        buyer, kind = self._buyers[sale.buyer], self._kinds[sale.document]
        identity = ids.guid(source)
        day = _dated(source, sale)
        lines, withheld = self._lines(source, sale, buyer)
        done = arithmetic.complete(
            {
                "items": lines,
                "retentions": [{"id": one} for one in withheld],
                "global_discounts": _global_discounts(source),
            },
            taxes=self._taxes,
            decimals=kind["decimals"],
        )
        payments, balance = self._payments(source, buyer, done["total"], day)
        return {
            "id": identity,
            "document": {"id": kind["id"]},
            "prefix": kind["prefix"],
            "number": sale.number,
            "name": f"FV-{kind['code']}-{sale.number}",
            "date": day.isoformat(),
            "customer": _party(buyer),
            "cost_center": catalogue.COST_CENTER if ids.chance(source, 0.2) else None,
            "currency": {"code": "USD", "exchange_rate": _rate(day)} if sale.in_dollars else None,
            "seller": self._seller(source, day),
            "retentions": done["retentions"],
            "advance_payment": None,
            "total": done["total"],
            "balance": balance,
            "observations": source.choice(words.REMARKS) if ids.chance(source, 0.2) else None,
            "items": done["items"],
            "payments": payments,
            "global_discounts": done["global_discounts"],
            "global_charges": [],
            "additional_fields": _orders(source, buyer),
            "stamp": _stamp(source, sale.stamp),
            "mail": _mail(sale.stamp, buyer),
            "public_url": _PUBLIC,
            "annulled": False,
            "metadata": {
                "created": calendar.stamp(sale.created),
                "last_updated": calendar.stamp(sale.edited) if sale.edited else None,
            },
        }

    def _lines(
        self, source: random.Random, sale: Sale, buyer: people.Buyer
    ) -> tuple[list[Record], tuple[int, ...]]:
        """The lines before the arithmetic, and the retentions of the whole document."""
        count = _drawn(source, _LINES, _LINE_WEIGHTS)
        chosen = dict.fromkeys(source.choices(self._wares, cum_weights=self._weights, k=count))
        measured = [(ware, _quantity(source, ware)) for ware in chosen]
        is_large = sum(ware.price * quantity for ware, quantity in measured) >= _WITHHELD_FROM
        withholds = buyer.withholds and is_large and not sale.in_dollars
        lines = [_line(source, ware, quantity, (sale, withholds)) for ware, quantity in measured]
        if not withholds:
            return lines, ()
        further = (catalogue.SELF_WITHHOLDING,) if ids.chance(source, 0.1) else ()
        has_iva = any(ware.tax in (catalogue.IVA_19, catalogue.IVA_5) for ware in chosen)
        return lines, (*((catalogue.RETEIVA,) if has_iva else ()), catalogue.RETEICA, *further)

    def _payments(
        self, source: random.Random, buyer: people.Buyer, total: Decimal, day: date
    ) -> tuple[list[Record], Decimal]:
        """Terms of payment, and what is still owed: on credit most pay about their due date, some never."""
        if buyer.credit_days and ids.chance(source, 0.85):
            due = day + timedelta(days=buyer.credit_days)
            draw = source.random()
            is_paid = due + timedelta(days=int(draw * 40) - 12) < self._today and draw < 0.93
            balance = Decimal(0) if is_paid else total
            if draw > 0.97:
                balance = arithmetic.rounded(total / 2)
            return [self._payment(catalogue.CREDIT, total, due)], balance
        means = source.choice((catalogue.CASH, catalogue.TRANSFER, catalogue.TRANSFER, catalogue.CARD))
        if total > 1 and ids.chance(source, 0.03):
            half = arithmetic.rounded(total / 2, Decimal(1))
            return [self._payment(catalogue.CASH, half), self._payment(means, total - half)], Decimal(0)
        return [self._payment(means, total)], Decimal(0)

    def _payment(self, means: int, value: Decimal, due: date | None = None) -> Record:
        shown = due.isoformat() if due else None
        return {"id": means, "name": self._means[means], "value": value, "due_date": shown}

    def _seller(self, source: random.Random, day: date) -> int:
        """Whoever sold: the inactive one only in the earlier half year, a deleted one now and then."""
        draw = source.random()
        if draw < 0.005:
            return catalogue.SELLER_WHO_IS_NO_LONGER_LISTED
        if draw < 0.12 and (self._today - day).days > 180:
            return source.choice(self._gone)
        return self._staff[int(len(self._staff) * source.random() ** 1.4)]

    def _note(self, sale: Sale, number: int) -> Record:
        invoice = self._issued(sale)
        source = ids.dice(self._seed, "note", sale.ordinal)
        done = self._note_totals(sale, invoice)
        moment = sale.noted or sale.created
        kind = self._kinds[catalogue.CREDIT_NOTE]
        means = invoice["payments"][0]
        return {
            "id": ids.guid(source),
            "document": {"id": kind["id"]},
            "number": number,
            "name": f"NC-{kind['code']}-{number}",
            "date": calendar.bogota_day(moment).isoformat(),
            "invoice": {"id": invoice["id"], "name": invoice["name"]} if sale.note_is_linked else None,
            "customer": invoice["customer"],
            "cost_center": invoice["cost_center"],
            "currency": invoice["currency"],
            "seller": invoice["seller"],
            "retentions": done["retentions"],
            "total": done["total"],
            "items": done["items"],
            "payments": [{**means, "value": done["total"]}],
            "observations": "Anulación de la factura" if sale.note_is_total else "Devolución parcial",
            "reason": "2" if sale.note_is_total else "1",
            "stamp": {"status": "Accepted", "cude": f"{source.getrandbits(384):096x}"},
            "mail": invoice["mail"],
            "metadata": {"created": calendar.stamp(moment), "last_updated": None},
        }

    def _note_totals(self, sale: Sale, invoice: Record) -> Record:
        """Lines, retentions and total of a sale's note: all of the invoice, or half of its first line."""
        if sale.note_is_total:
            return {key: invoice[key] for key in ("items", "retentions", "total")}
        first = invoice["items"][0]
        changed = {"price": arithmetic.rounded(first["price"] / 2)}
        if first["quantity"] >= 2:
            changed = {"quantity": Decimal(int(first["quantity"]) // 2)}
        retentions = [{"id": one["id"]} for one in invoice["retentions"]]
        draft = {"items": [{**first, **changed}], "retentions": retentions}
        return arithmetic.complete(draft, taxes=self._taxes)


def _dated(source: random.Random, sale: Sale) -> date:
    """The invoice's own date: the Bogotá day, or some days earlier where the DIAN does not look."""
    day = calendar.bogota_day(sale.created)
    if sale.stamp is None and ids.chance(source, 0.03):
        day -= timedelta(days=source.randrange(1, 6))
    return day


def _line(source: random.Random, ware: Ware, quantity: Decimal, about: tuple[Sale, bool]) -> Record:
    sale, withholds = about
    price, listed = ware.price, [ware.tax] if ware.tax else []
    if sale.in_dollars:
        price, listed = (price / 4000).quantize(_DOLLAR), []
    if withholds:
        listed.append(catalogue.RETEFUENTE_SERVICES if ware.is_service else catalogue.RETEFUENTE_GOODS)
    discount = source.choice((3, 5, 5, 10, 15)) if ids.chance(source, 0.1) else None
    return {
        "id": ware.product_id,
        "code": ware.code,
        "description": ware.name,
        "quantity": quantity,
        "price": price,
        "discount": discount,
        "taxes": [{"id": one} for one in listed],
        "warehouse": None if ware.is_service else catalogue.WAREHOUSE,
    }


def _quantity(source: random.Random, ware: Ware) -> Decimal:
    if ware.price > _LITTLE:
        return Decimal(1)
    if ware.by_weight:
        return Decimal(source.randrange(25, 3000, 25)) / 100
    return Decimal(_drawn(source, _QUANTITIES, _QUANTITY_WEIGHTS))


def _drawn(source: random.Random, values: Sequence[int], weights: Sequence[float]) -> int:
    """One of the values by cumulative weights; `random.choices` takes four times as long for one."""
    return values[bisect(weights, source.random() * weights[-1])]


def _global_discounts(source: random.Random) -> list[Record]:
    if not ids.chance(source, 0.02):
        return []
    return [{"id": 901, "name": "Descuento comercial", "percentage": source.choice((2, 3, 5))}]


def _party(buyer: people.Buyer) -> Record:
    return {key: buyer.record[key] for key in ("id", "identification", "branch_office")}


def _orders(source: random.Random, buyer: people.Buyer) -> Mapping[str, Any]:
    if not buyer.withholds or not ids.chance(source, 0.4):
        return {}
    return {"purchase_order": {"prefix": "OC", "number": str(source.randrange(100, 9999))}}


def _stamp(source: random.Random, status: str | None) -> Record | None:
    if status is None:
        return None
    cufe = f"{source.getrandbits(384):096x}" if status == "Accepted" else None
    refused = source.choice(words.REJECTIONS) if status == "Rejected" else None
    return {"status": status, "cufe": cufe, "observations": None, "errors": refused}


def _mail(status: str | None, buyer: people.Buyer) -> Record:
    reachable = any(contact["email"] for contact in buyer.record["contacts"])
    if status == "Accepted" and reachable:
        return {"status": "sent", "observations": "The invoice has been sent by mail"}
    return {"status": "not_sent", "observations": "The invoice has not been sent by mail"}


def _rate(day: date) -> Decimal:
    """Pesos for a dollar on a day: it wanders slowly about 4,000."""
    wave = (day.toordinal() * 37) % 365
    return Decimal(390_000 + abs(wave - 182) * 110 + day.day * 7) / 100
