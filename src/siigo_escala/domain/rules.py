"""What the user chose: the connection file, validated once and whole, and written back.

Everything that needs no account is checked here. The table of the direction that is not active is checked for
keys and types only and kept as it was written. Source: docs/reference/settings.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from siigo_escala.domain import rules_checks as checks
from siigo_escala.domain import rules_problems, rules_toml
from siigo_escala.domain.directions import BACK, FORWARD, Direction
from siigo_escala.domain.rules_problems import FileProblem

__all__ = [
    "Alerts",
    "ConnectionFile",
    "Direction",
    "EscalaAccess",
    "FileProblem",
    "InvoiceRules",
    "OpportunityRules",
    "Schedule",
    "SiigoAccess",
    "from_json",
    "parse",
    "to_json",
    "to_toml",
]

AlertEvent = Literal["failed", "attention", "stale", "refused", "braked", "backup", "recovered"]
"""What people can be told of."""
_TABLE_OF: Mapping[str, str] = {
    FORWARD: "opportunities",
    BACK: "invoices",
}
_SECRETS = {"siigo": "access_key", "escala": "api_key"}
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "opportunities": ("pipeline", "stage", "identification_field"),
    "invoices": (
        "trigger_pipeline",
        "trigger_stage",
        "document_type",
        "payment_type",
        "seller",
        "identification_field",
    ),
}


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class SiigoAccess(_Table):
    """`access_key` is the key itself, `env:NAME` or `file:PATH`; "" once it was stored elsewhere."""

    username: checks.Username = ""
    access_key: checks.Secret = Field(default="", repr=False)


class EscalaAccess(_Table):
    """`api_key` like Siigo's `access_key`."""

    api_key: checks.Secret = Field(default="", repr=False)


class OpportunityRules(_Table):
    """Direction 1: invoices become opportunities. `start` None: 30 days before the connection was made."""

    pipeline: str = ""
    stage: str = ""
    description: checks.Description = "Factura {factura} del {fecha}"
    value: Literal["total", "gross", "subtotal"] = "total"
    default_owner: checks.Owner = checks.UNASSIGNED
    create_for_unlinked_sellers: bool = True
    identification_field: checks.CustomField = ""
    products: Literal["match", "register", "none"] = "match"
    document_types: checks.Ids = ()
    start: checks.Day = None
    mark: checks.Mark = ""
    stamp: Literal["any", "accepted"] = "any"
    walk_in: Literal["skip", "one_contact"] = "skip"
    on_annulled: Literal["report", "lost_stage"] = "report"
    on_credited: Literal["report", "subtract"] = "report"
    on_edited: Literal["update", "report"] = "update"
    number_field: checks.CustomField = ""
    date_field: checks.CustomField = ""
    due_field: checks.CustomField = ""
    possible_twins: Literal["hold", "ignore"] = "hold"


class InvoiceRules(_Table):
    """Direction 2: opportunities become invoices. Ids are Siigo's; 0: none."""

    trigger_pipeline: str = ""
    trigger_stage: str = ""
    existing: Literal["skip", "invoice"] = "skip"
    document_type: checks.Id = 0
    payment_type: checks.Id = 0
    due_days: checks.DueDays = 30
    seller: checks.SellerKey = ""
    taxes: checks.Taxes = "product"
    price_includes_taxes: bool = False
    on_value_difference: Literal["attention", "lines", "single"] = "attention"
    lines: Literal["products", "single"] = "products"
    single_item: str = ""
    create_customers: bool = True
    default_city: checks.City = ""
    default_fiscal_responsibility: checks.Responsibility = "R-99-PN"
    cost_center: checks.Id = 0
    warehouse: checks.Id = 0
    stamp: bool = False
    identification_field: checks.CustomField = ""
    number_field: checks.CustomField = ""


class Schedule(_Table):
    """`daily_at` is local time, "" for never; `every_minutes` 0: only the daily run."""

    daily_at: checks.Hour = "02:00"
    every_minutes: checks.Minutes = 0


class Alerts(_Table):
    """Whom to tell. Addresses of other services may hold tokens: they have no repr."""

    email: checks.Emails = ()
    urls: checks.Addresses = Field(default=(), repr=False)
    stale_hours: checks.Hours = 26
    heartbeat_url: checks.WebAddress = Field(default="", repr=False)
    mute: Annotated[tuple[AlertEvent, ...], BeforeValidator(checks.as_list)] = ()
    """Of these nobody is told."""
    attention_over: checks.Many = 0
    """More than so many have to wait for a person before anybody is told."""


class ConnectionFile(_Table):
    """The whole file. Of `opportunities` and `invoices` only the active direction's holds what was chosen."""

    name: checks.Name
    enabled: bool = True
    direction: Direction = FORWARD
    time_zone: checks.Zone = "America/Bogota"
    currency: checks.CurrencyCode = "COP"
    siigo: SiigoAccess = SiigoAccess()
    escala: EscalaAccess = EscalaAccess()
    opportunities: OpportunityRules = OpportunityRules()
    invoices: InvoiceRules = InvoiceRules()
    sellers: checks.Sellers = {}
    """Siigo seller (e-mail in lower case, or id as text) to Escala user's e-mail."""
    schedule: Schedule = Schedule()
    alerts: Alerts = Alerts()
    inactive: dict[str, Any] = {}
    """The other direction's table as it was written: right keys, right types, unchecked values."""


def parse(text: str) -> ConnectionFile:
    """The connection file that a TOML text holds. FileProblem names the first key that is wrong."""
    try:
        data = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise FileProblem("", _not_toml(str(error))) from None
    file = from_json(data)
    for table, key in _SECRETS.items():
        if not getattr(getattr(file, table), key):
            raise rules_problems.missing(f"{table}.{key}")
    return file


def from_json(data: Mapping[str, Any]) -> ConnectionFile:
    """The connection file again from `to_json` (or any plain tables); its secrets may be absent."""
    _refuse_control_characters(data, key="")
    _refuse_unknown_keys(data)
    other = _other_table(data)
    given = {key: value for key, value in data.items() if key != other}
    if other in data:
        given["inactive"] = _typed(other, data[other])
    try:
        file = ConnectionFile.model_validate(given)
    except ValidationError as error:
        raise rules_problems.first_of(error.errors(include_url=False)) from None
    _refuse_missing_keys(file)
    return file


def to_json(file: ConnectionFile) -> dict[str, Any]:
    """Plain tables to be stored, every key written out, without the two secrets."""
    data = file.model_dump(mode="json", exclude={"siigo": {"access_key"}, "escala": {"api_key"}})
    data[_other_table(data)] = data.pop("inactive")
    return {key: value for key, value in data.items() if value or key not in ("opportunities", "invoices")}


def to_toml(file: ConnectionFile) -> str:
    """The file as text, without the two secrets: a comment stands where each belongs."""
    notes = {
        table: f'La clave no se exporta: escríbala aquí.\n{key} = "env:{table.upper()}_{key.upper()}"'
        for table, key in _SECRETS.items()
    }
    return rules_toml.document(to_json(file), notes=notes)


def _other_table(data: Mapping[str, Any]) -> str:
    """The name of the table of the direction that is not active."""
    active = _TABLE_OF.get(str(data.get("direction", "")), "opportunities")
    return "invoices" if active == "opportunities" else "opportunities"


def _typed(name: str, table: object) -> object:
    """The inactive table, unless a value has the wrong type."""
    model = OpportunityRules if name == "opportunities" else InvoiceRules
    try:
        model.model_validate(table)
    except ValidationError as error:
        types = [one for one in error.errors(include_url=False) if rules_problems.is_type(one)]
        if types:
            raise rules_problems.first_of(types, prefix=name) from None
    return table


def _refuse_unknown_keys(data: Mapping[str, Any]) -> None:
    allowed = [key for key in ConnectionFile.model_fields if key != "inactive"]
    for key, value in data.items():
        if key not in allowed:
            raise rules_problems.unknown_key(key, allowed)
        model = ConnectionFile.model_fields[key].annotation
        if isinstance(value, Mapping) and isinstance(model, type) and issubclass(model, _Table):
            known = list(model.model_fields)
            for inner in value:
                if inner not in known:
                    raise rules_problems.unknown_key(f"{key}.{inner}", known)


def _refuse_missing_keys(file: ConnectionFile) -> None:
    if not file.siigo.username:
        raise rules_problems.missing("siigo.username")
    table = _TABLE_OF[file.direction]
    rules = getattr(file, table)
    for key in _REQUIRED[table]:
        value = getattr(rules, key)
        if not (value.strip() if isinstance(value, str) else value):
            raise rules_problems.missing(f"{table}.{key}")
    if table == "invoices":
        single = "single" in (file.invoices.lines, file.invoices.on_value_difference)
        if single and not file.invoices.single_item.strip():
            raise rules_problems.missing("invoices.single_item")


def _refuse_control_characters(value: object, *, key: str) -> None:
    """PostgreSQL stores no NUL, and no name or code has a reason to hold a control character."""
    if isinstance(value, Mapping):
        for inner, one in value.items():
            _refuse_control_characters(str(inner), key=key)
            _refuse_control_characters(one, key=f"{key}.{inner}" if key else str(inner))
    elif isinstance(value, (list, tuple)):
        for one in value:
            _refuse_control_characters(one, key=key)
    elif isinstance(value, str) and re.search(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", value):
        raise FileProblem(key, f"«{key}» lleva caracteres de control, que no se admiten.")


def _not_toml(said: str) -> str:
    place = re.search(r"line (\d+), column (\d+)", said)
    where = f" (línea {place[1]}, columna {place[2]})" if place else ""
    return f"El archivo no se puede leer como TOML{where}: revise comillas, corchetes y signos de igual."
