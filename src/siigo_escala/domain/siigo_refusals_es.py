"""Why Siigo refuses an invoice or a customer, by its own error codes: what happened and what mends it.

Source: docs/reference/siigo-api.md, section 10.3. Both texts are parts of the sentence of SIIGO_REFUSED.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from siigo_escala.domain.planning import NeedsAttention
from siigo_escala.domain.reasons import Code

_DATUM = "Corrija ese dato en Escala o en sus reglas"
_RULES = "Elija otro en sus reglas"
_TYPE = "Revise el tipo de factura en Siigo o elija otro en sus reglas («document_type»)"
_OURS = "Avise a soporte con el número de la oportunidad"

#: Siigo's code: what it means here, and what a person can do.
KNOWN: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "header_required": ("falta un dato de la conexión", _OURS),
        "invalid_partner_id": (
            "el identificador de la integración no es válido",
            "Revise SIIGO_ESCALA_PARTNER_ID",
        ),
        "invalid_idempotency_key": ("no admite la clave de la operación", _OURS),
        "invalid_idempotency-key": ("no admite la clave de la operación", _OURS),
        "parameter_required": ("falta un dato", _DATUM),
        "parameter_empty": ("un dato está vacío", _DATUM),
        "parameter_inactive": (
            "usa algo que está inactivo en Siigo",
            "Actívelo en Siigo o elija otro en sus reglas",
        ),
        "parameter_not_allowed": ("lleva un dato que ese tipo de factura no admite", _TYPE),
        "parameters_exclusive": ("lleva dos datos que se excluyen", _OURS),
        "invalid_type": ("un dato no tiene la forma que Siigo espera", _DATUM),
        "invalid_date": ("la fecha no es válida", "Revise la zona horaria de la conexión"),
        "invalid_date_range": ("las fechas no son válidas", "Revise los días de plazo («due_days»)"),
        "invalid_email": ("el correo del cliente no es válido", "Corríjalo en el contacto de Escala"),
        "invalid_identification": (
            "la identificación del cliente no es válida",
            "Corríjala en el contacto de Escala",
        ),
        "invalid_name": ("el nombre del cliente no es válido", "Corríjalo en el contacto de Escala"),
        "invalid_description": ("la descripción de un producto no es válida", "Corríjala en Siigo"),
        "invalid_code": ("el código de un producto no es válido", "Corrija el SKU en Escala"),
        "invalid_url": ("una dirección web no es válida", _DATUM),
        "invalid_range": ("una cifra está fuera de lo que Siigo admite", _DATUM),
        "invalid_value": ("una cifra no es válida", _DATUM),
        "invalid_array": (
            "los impuestos de un producto no se pueden combinar",
            "Corrija los impuestos del producto en Siigo o los de sus reglas («taxes»)",
        ),
        "length_max": ("un texto es demasiado largo", _DATUM),
        "length_min": ("un texto es demasiado corto", _DATUM),
        "values_limit": ("tiene más productos de los que Siigo admite", "Divida la oportunidad en Escala"),
        "invalid_reference": ("nombra algo que Siigo no tiene", "Créelo en Siigo o elija otro en sus reglas"),
        "invalid_cost_center": ("el centro de costo no existe", f"{_RULES} («cost_center»)"),
        "invalid_currency": ("la moneda no es la del documento", _TYPE),
        "invalid_document": ("el tipo de factura no sirve para esta operación", _TYPE),
        "invalid_payment": ("la forma de pago no sirve", f"{_RULES} («payment_type»)"),
        "invalid_account": ("falta una cuenta contable", "Revise en Siigo las cuentas del producto"),
        "not_found": ("Siigo no encuentra algo de lo que nombra", "Créelo en Siigo"),
        "invalid_amount": ("un valor no es válido", _DATUM),
        "invalid_total_payments": (
            "el pago no suma lo mismo que la factura",
            "Revise en Siigo los impuestos del producto",
        ),
        "invalid_retentions": (
            "las retenciones no son válidas",
            "Quite de sus reglas las retenciones («taxes»), o del producto en Siigo",
        ),
        "invalid_balance": ("el saldo no es válido", _OURS),
        "company_settings": ("a la empresa le falta una configuración", "Complétela en Siigo"),
        "customer_settings": (
            "al cliente le falta una configuración, a menudo su contacto",
            "Complete el cliente en Siigo",
        ),
        "document_settings": (
            "al tipo de factura le falta una configuración, a menudo la resolución de la DIAN",
            "Revise en Siigo la resolución y el tipo de factura",
        ),
        "product_settings": ("a un producto le falta una configuración", "Complete el producto en Siigo"),
        "warehouse_settings": ("la bodega no sirve", f"{_RULES} («warehouse»)"),
        "date_settings": (
            "la fecha no se admite en ese tipo de factura",
            "Revise en Siigo las fechas del tipo de factura y la zona horaria de la conexión",
        ),
        "blocked_transactions": ("el periodo está cerrado", "Ábralo en Siigo"),
        "invalid_plan_type": ("el plan de Siigo no lo permite", "Revise su plan con Siigo"),
        "invalid_dian_resolution": (
            "falta la resolución de la DIAN o está vencida",
            "Regístrela en Siigo para ese tipo de factura",
        ),
        "already_exists": ("Siigo dice que ya existe", "Búsquelo en Siigo"),
        "duplicated_document": ("Siigo dice que esa factura ya existe", "Búsquela en Siigo"),
        "delete_not_allowed": ("no permite borrar", _OURS),
        "update_not_allowed": ("no permite cambiar", _OURS),
        "non_editable": ("el documento no se puede cambiar", _OURS),
        "disabled_functionality": (
            "el usuario de la API no tiene ese permiso",
            "Dé el permiso al usuario de la API en Siigo",
        ),
        "unsupported_media_type": ("no admite la forma del envío", _OURS),
    }
)


def refused(codes: Sequence[str], *, said: str) -> NeedsAttention:
    """What a refusal means, by the first code that is known; `said`: Siigo's own words, for any other."""
    known = next((KNOWN[code] for code in codes if code in KNOWN), None)
    if known is None:
        return NeedsAttention(code=Code.SIIGO_REFUSED, data={"why": said})
    why, fix = known
    return NeedsAttention(
        code=Code.SIIGO_REFUSED, data={"why": f"{why} ({said})" if said else why, "fix": fix}
    )
