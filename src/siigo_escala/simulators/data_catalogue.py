"""The invented company's catalogues: what it sells, its documents, taxes, ways to pay and people."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from siigo_escala.simulators import data_ids as ids

Record = dict[str, Any]

ELECTRONIC, COUNTER, EXPORT, INTERNAL, CONTINGENCY = 24446, 24450, 24447, 24449, 24448
CREDIT_NOTE = 77775
CREDIT, CASH, TRANSFER, CARD = 5636, 5637, 5638, 5639
IVA_19, IVA_5, CONSUMPTION = 13156, 13157, 13160
RETEFUENTE_GOODS, RETEFUENTE_SERVICES = 13170, 13171
RETEIVA, RETEICA, SELF_WITHHOLDING = 34072, 34080, 34090
SELLER_WHO_IS_NO_LONGER_LISTED = 611
COST_CENTER = 235
WAREHOUSE: Record = {"id": 1270, "name": "Bodega principal"}
_DOMAIN = "elguadual.example"


@dataclass(frozen=True, slots=True)
class Ware:
    """Something for sale. `price` is before taxes in pesos; `weight` how often it is sold."""

    code: str
    name: str
    price: Decimal
    tax: int | None
    weight: int
    is_service: bool
    by_weight: bool
    product_id: str


_WARES = (
    # code, name, price in pesos, tax, weight; S: service, K: sold by weight, I: the price includes IVA
    ("CAF-500", "Café tostado 500 g", 28500, IVA_5, 40, ""),
    ("CAF-2500", "Café tostado en grano 2,5 kg", 128000, IVA_5, 30, ""),
    ("CAF-MOL-250", "Café molido 250 g", 16900, IVA_5, 26, ""),
    ("CAF-DESC-500", "Café descafeinado 500 g", 36400, IVA_5, 8, ""),
    ("CAF-VERDE", "Café verde excelso (kg)", 31800, IVA_5, 6, "K"),
    ("CHO-500", "Chocolate de mesa 500 g", 14300, IVA_5, 14, ""),
    ("AZU-SOB-1000", "Azúcar en sobre x 1.000", 23900, IVA_5, 22, ""),
    ("PAN-KG", "Panela pulverizada (kg)", 6800, None, 10, "K"),
    ("LEC-ENT-12", "Leche entera x 12", 52800, None, 12, ""),
    ("ARO-SURT", "Aromática surtida x 100", 19900, IVA_19, 15, "I"),
    ("VAS-7-50", "Vaso de cartón 7 oz x 50", 11900, IVA_19, 34, "I"),
    ("VAS-12-50", "Vaso de cartón 12 oz x 50", 17500, IVA_19, 24, "I"),
    ("TAP-12-100", "Tapa 12 oz x 100", 15900, IVA_19, 16, "I"),
    ("MEZ-1000", "Mezclador de madera x 1.000", 12900, IVA_19, 18, "I"),
    ("SER-300", "Servilleta x 300", 8900, IVA_19, 20, "I"),
    ("FIL-4-100", "Filtro de papel n.º 4 x 100", 14900, IVA_19, 17, "I"),
    ("POC-CER", "Pocillo de cerámica", 35000, IVA_19, 13, "I"),
    ("POC-TIN-6", "Juego de pocillos tinteros x 6", 89900, IVA_19, 7, "I"),
    ("PREN-1L", "Prensa francesa 1 L", 124900, IVA_19, 8, "I"),
    ("CAFT-ITA-6", "Cafetera italiana 6 tazas", 159900, IVA_19, 6, "I"),
    ("CHEM-6", "Cafetera de goteo en vidrio 6 tazas", 219900, IVA_19, 4, "I"),
    ("BAL-DIG-3", "Balanza digital 3 kg", 139000, IVA_19, 4, "I"),
    ("TER-2L", "Termo de bomba 2 L", 178500, IVA_19, 6, ""),
    ("GRE-40", "Greca industrial 40 tazas", 1290000, IVA_19, 3, ""),
    ("MOL-DEM", "Molino por demanda", 2890000, IVA_19, 2, ""),
    ("MOL-MAN", "Molino manual", 96500, IVA_19, 4, ""),
    ("ESP-1G", "Máquina espresso 1 grupo", 8450000, IVA_19, 1, ""),
    ("ESP-2G", "Máquina espresso 2 grupos", 18900000, IVA_19, 1, ""),
    ("DIS-AGUA", 'Filtro de agua 1/2" con cartucho', 245000, IVA_19, 3, ""),
    ("REP-EMP-58", "Empaque de grupo 58 mm", 24500, IVA_19, 6, ""),
    ("REP-VAP", "Lanza de vapor de repuesto", 112300, IVA_19, 2, ""),
    ("DET-MAQ-900", "Detergente para máquina 900 g", 68400, IVA_19, 8, ""),
    ("JAR-VAI-1", "Jarabe de vainilla 1 L", 42900, IVA_19, 9, "I"),
    ("JAR-CAR-1", "Jarabe de caramelo 1 L", 42900, IVA_19, 8, "I"),
    ("GAL-MAN-24", "Galleta de mantequilla x 24", 21600, IVA_19, 11, "I"),
    ("REFR-EVE", "Refrigerio para evento (por persona)", 16500, CONSUMPTION, 4, "S"),
    ("INST-EQ", "Instalación de equipo", 180000, IVA_19, 3, "S"),
    ("MANT-PREV", "Mantenimiento preventivo", 145000, IVA_19, 7, "S"),
    ("MANT-CORR", "Mantenimiento correctivo (hora)", 92000, IVA_19, 5, "S"),
    ("CAP-BAR", "Capacitación de baristas (día)", 640000, IVA_19, 2, "S"),
    ("ALQ-MAQ", "Alquiler de máquina (mes)", 390000, IVA_19, 5, "S"),
    ("FLETE", "Flete", 25000, None, 8, "S"),
)


def wares(seed: int) -> tuple[Ware, ...]:
    """What the company sells; ids of the products come from the seed."""
    made = []
    for code, name, listed, tax, weight, marks in _WARES:
        price = Decimal(listed)
        if "I" in marks:
            price = (price / Decimal("1.19")).quantize(Decimal("0.000001" if weight % 2 else "0.01"))
        product_id = ids.guid(ids.dice(seed, "product", code))
        made.append(Ware(code, name, price, tax, weight, "S" in marks, "K" in marks, product_id))
    return tuple(made)


def products(of: Sequence[Ware], *, created: str) -> list[Record]:
    """The wares in Siigo's shape of a product."""
    known = {tax["id"]: tax for tax in taxes()}
    return [_product(ware, known, created) for ware in of]


def _product(ware: Ware, known: dict[int, Record], created: str) -> Record:
    tax = known[ware.tax] if ware.tax else None
    listed = {"position": 1, "name": "Precio de venta 1", "value": ware.price}
    shown = [{key: tax[key] for key in ("id", "name", "type", "percentage")}] if tax else []
    return {
        "id": ware.product_id,
        "code": ware.code,
        "name": ware.name,
        "account_group": {"id": 1253, "name": "Productos"},
        "type": "Service" if ware.is_service else "Product",
        "stock_control": not ware.is_service,
        "active": True,
        "tax_classification": "Taxed" if tax else "Excluded",
        "tax_included": False,
        "tax_consumption_value": 0,
        "taxes": shown,
        "prices": [{"currency_code": "COP", "price_list": [listed]}],
        "unit": {"code": "KGM", "name": "kilogramo"} if ware.by_weight else {"code": "94", "name": "unidad"},
        "unit_label": "kilogramo" if ware.by_weight else "unidad",
        "reference": None,
        "description": ware.name,
        "additional_fields": {},
        "available_quantity": 0 if ware.is_service else 10 * ware.weight,
        "warehouses": [] if ware.is_service else [{**WAREHOUSE, "quantity": 10 * ware.weight}],
        "metadata": {"created": created, "last_updated": None},
    }


def taxes() -> list[Record]:
    """Taxes and retentions; a retention's percentage of type ReteICA is per mil."""
    return [
        _tax(IVA_19, "IVA 19%", "IVA", 19),
        _tax(IVA_5, "IVA 5%", "IVA", 5),
        _tax(CONSUMPTION, "Impoconsumo 8%", "Impoconsumo", 8),
        _tax(RETEFUENTE_GOODS, "Retefuente 2.5%", "Retefuente", Decimal("2.5")),
        _tax(RETEFUENTE_SERVICES, "Retefuente 4%", "Retefuente", 4),
        _tax(RETEIVA, "ReteIVA 15%", "ReteIVA", 15),
        _tax(RETEICA, "ReteICA 9.66", "ReteICA", Decimal("9.66")),
        _tax(SELF_WITHHOLDING, "Autorretencion 0.8", "Autorretencion", Decimal("0.8")),
    ]


def _tax(identity: int, name: str, kind: str, percentage: int | Decimal) -> Record:
    return {"id": identity, "name": name, "type": kind, "percentage": percentage, "active": True}


def document_types() -> list[Record]:
    """Electronic, exported, contingency, two without the DIAN (one in whole pesos), and what follows."""
    electronic = {"electronic_type": "Electronicvoice"}
    return [
        _document(ELECTRONIC, ("2", "Factura electrónica"), prefix="FEG", consecutive=1041, **electronic),
        _document(COUNTER, ("1", "Factura de mostrador"), consecutive=20311),
        _document(
            EXPORT,
            ("5", "Factura de exportación"),
            prefix="EXP",
            consecutive=12,
            electronic_type="ExportInvoice",
        ),
        _document(INTERNAL, ("003", "Cuenta interna (pesos enteros)"), consecutive=457, decimals=False),
        _document(
            CONTINGENCY,
            ("4", "Factura de contingencia"),
            prefix="CON",
            electronic_type="ContingencyInvoice",
        ),
        _document(CREDIT_NOTE, ("1", "Nota crédito"), kind="NC", consecutive=58, **electronic),
        _document(5210, ("1", "Recibo de caja"), kind="RC"),
        _document(5310, ("1", "Cotización"), kind="C"),
    ]


def _document(identity: int, named: tuple[str, str], *, kind: str = "FV", **details: Any) -> Record:
    code, name = named
    off = (
        *("seller_by_item", "cost_center", "cost_center_mandatory", "advance_payment", "self_withholding"),
        *("cargo_transportation", "healthcare_company", "customer_by_item"),
    )
    on = ("active", "automatic_number", "reteiva", "reteica", "global_discounts", "global_charges")
    return {
        "id": identity,
        "code": code,
        "name": name,
        "description": name,
        "type": kind,
        "prefix": None,
        "consecutive": 1,
        "discount_type": "Percentage",
        "decimals": True,
        "self_withholding_limit": 0,
        "electronic_type": "NoElectronic",
        **dict.fromkeys(on, True),
        **dict.fromkeys(off, False),
        **details,
    }


def payment_types() -> list[Record]:
    """On credit (with a due date), cash, transfer and card."""
    named = ((CREDIT, "Crédito"), (CASH, "Efectivo"), (TRANSFER, "Transferencia"), (CARD, "Tarjeta débito"))
    return [
        {"id": key, "name": name, "type": "Cartera", "active": True, "due_date": key == CREDIT}
        for key, name in named
    ]


def cost_centers() -> list[Record]:
    """One cost centre that some invoices name."""
    return [{"id": COST_CENTER, "code": "13-1", "name": "Tienda", "active": True}]


def warehouses() -> list[Record]:
    """The one warehouse of invoice lines."""
    return [{**WAREHOUSE, "active": True, "has_movements": True}]


def users() -> list[Record]:
    """Six people who sell: one of them has left (inactive); the first four are linked with Escala."""
    people = (
        (629, "ventas", "Diego", "Pardo", True),
        (630, "natalia.osorio", "Natalia", "Osorio", True),
        (633, "c.bedoya", "Camilo", "Bedoya", True),
        (641, "tienda.norte", "Yolanda", "Rincón", True),
        (652, "gerencia", "Beatriz", "Londoño", True),
        (618, "hernan.tovar", "Hernán", "Tovar", False),
    )
    return [
        {
            "id": key,
            "username": f"{mailbox}@{_DOMAIN}",
            "first_name": first,
            "last_name": last,
            "email": f"{mailbox}@{_DOMAIN}",
            "active": active,
            "identification": f"79482{key}",
        }
        for key, mailbox, first, last, active in people
    ]


def sellers() -> dict[str, str]:
    """Siigo e-mail to Escala e-mail of the linked users; the others are nobody's yet."""
    linked = {"ventas": "diego.pardo", "natalia.osorio": "natalia.osorio", "c.bedoya": "camilo.bedoya"}
    linked["tienda.norte"] = "yolanda.rincon"
    return {f"{siigo}@{_DOMAIN}": f"{escala}@crm.{_DOMAIN}" for siigo, escala in linked.items()}


def owners() -> list[str]:
    """Everybody who can own an opportunity in Escala: the linked sellers and one more."""
    return [*sellers().values(), f"mercadeo@crm.{_DOMAIN}"]
