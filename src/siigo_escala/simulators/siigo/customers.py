"""Customers as the API takes them: required fields, uniqueness, check digit."""

from collections.abc import Mapping
from typing import Any

from siigo_escala.simulators.siigo import company as companies
from siigo_escala.simulators.siigo import errors, examples
from siigo_escala.simulators.siigo.company import Company
from siigo_escala.simulators.siigo.table import Record

ID_TYPES: Mapping[str, str] = {
    "11": "Registro civil",
    "12": "Tarjeta de identidad",
    "13": "Cédula de ciudadanía",
    "21": "Tarjeta de extranjería",
    "22": "Cédula de extranjería",
    "31": "NIT",
    "41": "Pasaporte",
    "42": "Documento de identificación extranjero",
    "43": "Sin identificación del exterior o para uso definido por la DIAN",
    "47": "Permiso especial de permanencia PEP",
    "48": "Permiso protección temporal PPT",
    "50": "NIT de otro país",
    "89": "Salvoconducto de permanencia",
    "91": "NUIP",
    "R-00-PN": "No obligado a registrarse en el RUT PN",
}
_WEIGHTS = (3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71)


def check_digit(identification: str) -> str | None:
    """The DIAN's check digit of a number of digits only; None for anything else."""
    if not identification.isascii() or not identification.isdigit():
        return None
    rest = (
        sum(int(digit) * weight for digit, weight in zip(reversed(identification), _WEIGHTS, strict=False))
        % 11
    )
    return str(rest if rest < 2 else 11 - rest)


def at(company: Company, identification: str, branch_office: int) -> Record | None:
    """The customer with that identification and branch."""
    for identity in company.customers.by_identification.get(identification, []):
        record = company.customers.peek(identity)
        if (record.get("branch_office") or 0) == branch_office:
            return company.customers[identity]
    return None


def create(company: Company, body: Any) -> Record:
    """POST /v1/customers."""
    fields = _checked(body)
    if at(company, fields["identification"], fields["branch_office"]) is not None:
        raise errors.ApiError(
            company.switches["duplicate_status"],
            "already_exists",
            "The customer already exists",
            ["identification", "branch_office"],
        )
    return company.customers.add({**fields, "id": company.new_id(), "metadata": _new(company)})


def replace(company: Company, record: Record, body: Any) -> Record:
    """PUT /v1/customers/{id}: the whole record but its id and dates."""
    fields = _checked(body)
    other = at(company, fields["identification"], fields["branch_office"])
    if other is not None and other["id"] != record["id"]:
        raise errors.ApiError(400, "already_exists", "The customer already exists", ["identification"])
    kept = {"id": record["id"], "metadata": record["metadata"]}
    record.clear()
    record.update({**fields, **kept})
    companies.touch(company, "customers", record)
    return record


def example(company: Company, fields: Mapping[str, Any]) -> Record:
    """A customer made by people: the example one with these fields; ValueError for an unknown one."""
    unknown = set(fields) - set(examples.CUSTOMER)
    if unknown:
        raise ValueError(f"a customer has no {', '.join(sorted(unknown))}")
    record = {**examples.customer(), **fields, "id": fields.get("id") or company.new_id()}
    if "identification" in fields and "check_digit" not in fields:
        record["check_digit"] = check_digit(str(fields["identification"]))
    record["metadata"] = {**_new(company), **(fields.get("metadata") or {})}
    return company.customers.add(record)


def _new(company: Company) -> Record:
    return {"created": company.timestamp(), "last_updated": None}


def _checked(body: Any) -> Record:
    if not isinstance(body, dict):
        raise errors.invalid("invalid_type", "body", "The body must be an object")
    for name in ("person_type", "id_type", "identification", "name", "address", "contacts"):
        if body.get(name) in (None, "", [], {}):
            raise errors.required(name)
    id_type = body["id_type"]["code"] if isinstance(body["id_type"], dict) else str(body["id_type"])
    if id_type not in ID_TYPES:
        raise errors.invalid("invalid_reference", "id_type")
    identification = str(body["identification"])
    _check_identification(id_type, identification)
    _check_names(body["person_type"], body["name"])
    _check_address(body["address"])
    _check_contacts(body)
    defaults = {key: None for key in examples.CUSTOMER if key not in ("id", "metadata")}
    known = {key: value for key, value in body.items() if key in defaults}
    return {
        **defaults,
        "type": "Customer",
        "active": True,
        "phones": [],
        "custom_fields": [],
        **known,
        "branch_office": int(body.get("branch_office") or 0),
        "identification": identification,
        "id_type": {"code": id_type, "name": ID_TYPES[id_type]},
        "check_digit": check_digit(identification),
    }


def _check_address(address: Any) -> None:
    if not isinstance(address, dict) or not address.get("address"):
        raise errors.required("address.address")
    city = address.get("city")
    for name in ("country_code", "state_code", "city_code"):
        if not isinstance(city, dict) or not city.get(name):
            raise errors.required(f"address.city.{name}")


def _check_identification(id_type: str, identification: str) -> None:
    if id_type in ("13", "31", "11"):
        fits = identification.isdigit() and 3 <= len(identification) <= 13
    else:
        fits = identification.isalnum() and len(identification) <= 20
    if not fits or not identification.isascii():
        raise errors.invalid("invalid_identification", "identification")


def _check_names(person_type: Any, names: Any) -> None:
    if person_type not in ("Person", "Company"):
        raise errors.invalid("invalid_value", "person_type")
    wanted = 2 if person_type == "Person" else 1
    if not isinstance(names, list) or len(names) != wanted or not all(isinstance(one, str) for one in names):
        raise errors.invalid("invalid_name", "name")


def _check_contacts(body: Record) -> None:
    for contact in body["contacts"]:
        if not contact.get("first_name"):
            raise errors.required("contacts.first_name")
        if contact.get("email") and "@" not in contact["email"]:
            raise errors.invalid("invalid_email", "contacts.email")
    for phone in body.get("phones") or []:
        if len(str(phone.get("number") or "")) > 10:
            raise errors.invalid("length_max", "phones.number")
