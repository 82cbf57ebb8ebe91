"""The invented records of the reference: catalogues, three products and one customer."""

import copy
from decimal import Decimal
from typing import Any

Record = dict[str, Any]

_CREATED = {"created": "2025-01-20T17:10:00Z", "last_updated": None}


def _document_type(identity: int, code: str, name: str, kind: str, electronic: str) -> Record:
    return {
        "id": identity,
        "code": code,
        "name": name,
        "description": name,
        "type": kind,
        "active": True,
        "seller_by_item": False,
        "cost_center": False,
        "cost_center_mandatory": False,
        "automatic_number": True,
        "consecutive": 1,
        "discount_type": "Percentage",
        "decimals": True,
        "advance_payment": False,
        "reteiva": True,
        "reteica": True,
        "self_withholding": False,
        "self_withholding_limit": 0,
        "electronic_type": electronic,
        "cargo_transportation": False,
        "healthcare_company": False,
        "customer_by_item": False,
        "prefix": "SETP" if electronic == "Electronicvoice" and kind == "FV" else None,
    }


def _tax(identity: int, name: str, kind: str, percentage: Any) -> Record:
    return {"id": identity, "name": name, "type": kind, "percentage": percentage, "active": True}


def _user(identity: int, email: str, first: str, last: str, *, active: bool = True) -> Record:
    return {
        "id": identity,
        "username": email,
        "first_name": first,
        "last_name": last,
        "email": email,
        "active": active,
        "identification": f"79482{identity}",
    }


def _payment_type(identity: int, name: str, *, due: bool) -> Record:
    return {"id": identity, "name": name, "type": "Cartera", "active": True, "due_date": due}


def _product(identity: str, code: str, name: str, kind: str, price: Any) -> Record:
    return {
        "id": identity,
        "code": code,
        "name": name,
        "account_group": {"id": 1253, "name": "Productos"},
        "type": kind,
        "stock_control": kind == "Product",
        "active": True,
        "tax_classification": "Taxed",
        "tax_included": False,
        "tax_consumption_value": 0,
        "taxes": [{"id": 13156, "name": "IVA 19%", "type": "IVA", "percentage": 19}],
        "prices": [
            {
                "currency_code": "COP",
                "price_list": [{"position": 1, "name": "Precio de venta 1", "value": price}],
            }
        ],
        "unit": {"code": "94", "name": "unidad"},
        "unit_label": "unidad",
        "reference": None,
        "description": name,
        "additional_fields": {},
        "available_quantity": 48,
        "warehouses": [{"id": 1270, "name": "Bodega principal", "quantity": 48}],
        "metadata": _CREATED,
    }


CATALOGUES: dict[str, list[Record]] = {
    "users": [
        _user(629, "ventas@laceiba.example", "Diego", "Pardo"),
        _user(630, "cartera@laceiba.example", "Natalia", "Osorio"),
    ],
    "document_types": [
        _document_type(24446, "2", "Factura electrónica", "FV", "Electronicvoice"),
        _document_type(24450, "1", "Factura de mostrador", "FV", "NoElectronic"),
        _document_type(77775, "1", "Nota crédito", "NC", "Electronicvoice"),
        _document_type(5210, "1", "Recibo de caja", "RC", "NoElectronic"),
        _document_type(5310, "1", "Cotización", "C", "NoElectronic"),
    ],
    "payment_types": [
        _payment_type(5636, "Crédito", due=True),
        _payment_type(5637, "Efectivo", due=False),
        _payment_type(5638, "Transferencia", due=False),
    ],
    "taxes": [
        _tax(13156, "IVA 19%", "IVA", 19),
        _tax(13157, "IVA 5%", "IVA", 5),
        _tax(13170, "Retefuente 2.5%", "Retefuente", Decimal("2.5")),
        _tax(13171, "Retefuente 4%", "Retefuente", 4),
        _tax(34072, "ReteIVA 15%", "ReteIVA", 15),
        _tax(34080, "ReteICA 9.66", "ReteICA", Decimal("9.66")),
        _tax(34090, "Autorretencion 0.8", "Autorretencion", Decimal("0.8")),
    ],
    "cost_centers": [{"id": 235, "code": "13-1", "name": "Tienda", "active": True}],
    "warehouses": [{"id": 1270, "name": "Bodega principal", "active": True, "has_movements": True}],
    "price_lists": [{"id": 2221, "name": "Precio de venta 1", "active": True, "position": 1}],
    "account_groups": [{"id": 1253, "name": "Productos", "active": True}],
    "fixed_assets": [],
}

CUSTOMER: Record = {
    "id": None,
    "type": "Customer",
    "person_type": "Company",
    "id_type": {"code": "31", "name": "NIT"},
    "identification": "900482137",
    "check_digit": "2",
    "name": ["Tostadora La Ceiba S.A.S."],
    "commercial_name": "La Ceiba Café",
    "branch_office": 0,
    "active": True,
    "vat_responsible": True,
    "fiscal_responsibilities": [{"code": "R-99-PN", "name": "No responsable"}],
    "address": {
        "address": "Cra. 27 # 14-30",
        "city": {
            "country_code": "Co",
            "country_name": "Colombia",
            "state_code": "11",
            "state_name": "Bogotá",
            "city_code": "11001",
            "city_name": "Bogotá",
        },
        "postal_code": "111411",
    },
    "phones": [{"indicative": "57", "number": "6013456789", "extension": "132"}],
    "contacts": [
        {
            "first_name": "Marcela",
            "last_name": "Ibarra",
            "email": "compras@laceiba.example",
            "phone": {"indicative": "57", "number": "3004567812"},
        }
    ],
    "comments": None,
    "related_users": {"seller_id": 629, "collector_id": 630},
    "custom_fields": [],
    "metadata": _CREATED,
}


def catalogue(name: str) -> list[Record]:
    """A fresh copy of an example catalogue."""
    return copy.deepcopy(CATALOGUES[name])


def products() -> list[Record]:
    """The three example products."""
    return [
        _product("19b566b5-a5d8-499e-aacb-d094fade5b62", "CAF-500", "Café tostado 500 g", "Product", 85000),
        _product(
            "0a424524-310d-439d-b1f3-376ced61ccc8", "INST-01", "Instalación de equipo", "Service", 180000
        ),
        _product(
            "51d02b35-26c0-478b-ba94-c8b6947d4965",
            "MUG-01",
            "Pocillo cerámica",
            "Product",
            Decimal("29411.76"),
        ),
    ]


def customer() -> Record:
    """A fresh copy of the example customer."""
    return copy.deepcopy(CUSTOMER)
