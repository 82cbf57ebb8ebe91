"""Read shapes: how a stored record looks in an answer (sections 3.1, 5.2, 6, 7), as the switches say."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from siigo_escala.simulators.escala.account import Account
from siigo_escala.simulators.escala.switches import Switches
from siigo_escala.simulators.escala.table import Record

_PERSONAL = (
    "firstName",
    "lastName",
    "email",
    "phoneNumber",
    "secondaryPhoneNumber",
    "address",
    "city",
    "country",
)


def stamp(moment: datetime, switches: Switches) -> str:
    """A timestamp as the API writes it: UTC, by default without saying so."""
    naive = moment.replace(tzinfo=None)
    match switches.timestamps:
        case "ms":
            return naive.isoformat(timespec="milliseconds")
        case "msZ":
            return naive.isoformat(timespec="milliseconds") + "Z"
        case "Z":
            return naive.isoformat(timespec="seconds") + "Z"
        case "offset":
            return naive.isoformat(timespec="seconds") + "+00:00"
        case _:
            return naive.isoformat(timespec="seconds")


def contact(account: Account, record: Record) -> Record:
    """A contact as `GET /crm/contacts/{id}` and its lists give it."""
    switches = account.switches
    shown = _stamped(record, switches) | {
        key: record[key]
        for key in ("contacted", "marketable", "status", "priority", "source", "notes")
        if key in record
    }
    shown["assignedTo"] = record["assignedTo"]
    shown["personal"] = _filled(record["personal"], _PERSONAL, switches)
    if record["company"]:
        shown["company"] = record["company"]
    if switches.alternatives == "shown":
        shown["personal"] = shown["personal"] | {
            "alternativeEmails": record["alternativeEmails"],
            "alternativePhoneNumbers": record["alternativePhones"],
        }
    return _ended(_owned(shown, switches), record["custom"], switches)


def deal(account: Account, record: Record, *, listed: bool) -> Record:
    """A deal in the read shape: `contact` and `pipeline` nested, the contact as it is now."""
    switches = account.switches
    shown = _stamped(record, switches)
    shown |= {"name": record["name"], "assignedTo": record["assignedTo"], "value": record["value"]}
    person = account.contacts.table.get(record["contactId"])
    if person is not None:
        personal = person["personal"]
        shown["contact"] = {"id": person["id"]} | {
            key: personal[source]
            for key, source in (
                ("firstName", "firstName"),
                ("lastName", "lastName"),
                ("email", "email"),
                ("phone", "phoneNumber"),
            )
            if source in personal
        }
    place = account.pipelines.place_of(record["stageId"])
    if place is not None:
        pipeline, stage = place
        shown["pipeline"] = {
            "id": pipeline["id"],
            "name": pipeline["name"],
            "stageId": stage["id"],
            "stageType": stage["type"],
        }
    if switches.deal_description == "everywhere" or (switches.deal_description == "get" and not listed):
        shown["description"] = record["description"]
    shown = _owned(shown, switches)
    if switches.deal_extra_keys == "no":
        return shown | ({"futureKey": {"any": None}} if switches.unknown_keys == "yes" else {})
    shown["priority"] = record["priority"]
    shown |= _lines(record["products"], switches)
    return _ended(shown, record["custom"], switches)


def product(account: Account, record: Record) -> Record:
    """A product of the catalogue."""
    shown = _stamped(record, account.switches)
    shown |= {key: record[key] for key in ("name", "sku", "price", "currency", "isDigital")}
    return _ended(shown, record["custom"], account.switches)


def pipeline(account: Account, record: Record) -> Record:
    """A pipeline with its stages."""
    return record | _stamped(record, account.switches)


def plain(record: Record, switches: Switches) -> Record:
    """A tag or an activity: as stored, instants as text."""
    return {key: stamp(one, switches) if isinstance(one, datetime) else one for key, one in record.items()}


def _stamped(record: Record, switches: Switches) -> Record:
    return {
        "id": record["id"],
        "created": stamp(record["created"], switches),
        "modified": stamp(record["modified"], switches),
    }


def _filled(values: Record, keys: tuple[str, ...], switches: Switches) -> Record:
    if switches.absent_values == "omit":
        return dict(values)
    absent = None if switches.absent_values == "null" else ""
    return dict.fromkeys(keys, absent) | values


def _owned(shown: Record, switches: Switches) -> Record:
    if shown["assignedTo"] == "unassigned":
        match switches.unassigned:
            case "empty":
                shown["assignedTo"] = ""
            case "null":
                shown["assignedTo"] = None
            case "absent":
                del shown["assignedTo"]
    return shown


def _lines(lines: list[Record], switches: Switches) -> Record:
    shown = [_line(line, switches) for line in lines]
    match switches.deal_products_shape:
        case "object":
            return {"products": {"items": shown}}
        case "productId":
            return {"productId": lines[0]["productId"]} if lines else {}
        case _:
            return {"products": shown}


def _line(line: Record, switches: Switches) -> Record:
    match switches.quantity_read:
        case "text":
            return {**line, "quantity": f"{Decimal(line['quantity']):f}"}
        case "missing":
            return {"productId": line["productId"]}
        case _:
            return line


def _ended(shown: Record, custom: Record, switches: Switches) -> Record:
    if custom or switches.absent_values != "omit":
        shown["custom"] = _custom(custom, switches)
    if switches.unknown_keys == "yes":
        shown["futureKey"] = {"any": None}
    return shown


def _custom(values: Record, switches: Switches) -> Any:
    if switches.custom_shape == "object":
        return values
    key = {"list_fieldId": "fieldId", "list_name": "name"}.get(switches.custom_shape, "key")
    return [{key: name, "value": value} for name, value in values.items()]
