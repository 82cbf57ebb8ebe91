"""Contacts and their identity: e-mail and phone digits, principal and alternative alike (section 3)."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from siigo_escala.simulators.escala import checks
from siigo_escala.simulators.escala.refusals import Refused, duplicate, not_found
from siigo_escala.simulators.escala.setting import Setting
from siigo_escala.simulators.escala.table import Record, Table

MAX_ALTERNATIVES = 10
WRITABLE = ("assignedTo", "contacted", "marketable", "status", "priority", "source", "notes")
NESTED = ("personal", "company", "custom")
_DEMANDED: Mapping[str, set[str]] = {
    "no": set(),
    "yes": {"email"},
    "phone": {"phoneNumber"},
    "or_phone": {"email", "phoneNumber"},
}
_NOT_DIGITS = re.compile(r"\D")


def phone_digits(phone: str) -> str:
    """What two equal phones have in common."""
    return _NOT_DIGITS.sub("", phone)


class Contacts:
    """The contacts of one account. Further values: `alternativeEmails`, `alternativePhones`."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.table = Table(setting.clock, setting.switches)
        self._by_email: dict[str, list[str]] = {}
        self._by_phone: dict[str, list[str]] = {}

    def existing(self, contact_id: object) -> Record:
        """The contact with this id, or the refusal 404."""
        found = self.table.get(contact_id)
        if found is None:
            raise not_found("contact")
        return found

    def create(self, body: Mapping[str, Any]) -> tuple[Record, bool]:
        """Store a contact; False where `duplicate_contact` is upsert and an existing one was updated."""
        record = self._written({}, body)
        twin = self.twin_of(record)
        if twin is not None and self._setting.switches.duplicate_contact == "upsert":
            return self._upserted(twin, record), False
        self._refuse_twin(twin)
        now = self._setting.clock.now()
        ends: Record = {"alternativeEmails": [], "alternativePhones": [], "tags": []}
        return self.store(
            {"id": self._setting.ids.timed(), "created": now, "modified": now, **record, **ends}
        ), True

    def update(self, contact_id: str, body: Mapping[str, Any], *, merge: bool) -> Record:
        """Write a contact anew: as a whole, or merged into what is there."""
        before = self.existing(contact_id)
        written = self._written(before if merge else {}, body)
        record = {**{key: before[key] for key in before if key not in WRITABLE + NESTED}, **written}
        self._refuse_twin(self.twin_of(record))
        return self.store(record, touch=True)

    def retag(self, contact_id: str, add: Iterable[str], remove: Iterable[str]) -> Record:
        """Apply and take off tags by id."""
        before = self.existing(contact_id)
        kept = [tag for tag in before["tags"] if tag not in set(remove)]
        return self.store({**before, "tags": [*kept, *(tag for tag in add if tag not in kept)]}, touch=True)

    def store(self, record: Record, *, touch: bool = False) -> Record:
        """Put a record into the table and the indexes without any check."""
        if touch:
            record = {**record, "modified": self._setting.clock.now()}
        before = self.table.get(record["id"])
        if before is not None:
            self._unindex(before)
        for index, values in ((self._by_email, emails(record)), (self._by_phone, phones(record))):
            for value in values:
                index.setdefault(value, []).append(record["id"])
        return self.table.put(record)

    def remove(self, contact_id: str) -> Record:
        """Take a contact away."""
        self._unindex(self.existing(contact_id))
        return self.table.remove(contact_id)

    def with_email(self, address: str) -> list[str]:
        """Ids of the contacts that have this e-mail."""
        return list(self._by_email.get(address.strip().casefold(), ()))

    def with_phone(self, phone: str) -> list[str]:
        """Ids of the contacts that have this phone."""
        return list(self._by_phone.get(phone_digits(phone), ()))

    def twin_of(self, record: Record) -> Record | None:
        """Another contact with an e-mail or a phone of this one; e-mail goes first."""
        own = record.get("id")
        for index, values in ((self._by_email, emails(record)), (self._by_phone, phones(record))):
            for value in values:
                for contact_id in index.get(value, ()):
                    if contact_id != own:
                        return self.table.get(contact_id)
        return None

    def _unindex(self, record: Record) -> None:
        for index, values in ((self._by_email, emails(record)), (self._by_phone, phones(record))):
            for value in values:
                index[value].remove(record["id"])
                if not index[value]:
                    del index[value]

    def _refuse_twin(self, twin: Record | None) -> None:
        switches = self._setting.switches
        if twin is not None and switches.duplicate_contact in ("reject409", "reject400"):
            status = int(switches.duplicate_contact[-3:])
            raise duplicate("contact", "personal.email", status=status, switches=switches)

    def _upserted(self, twin: Record, record: Record) -> Record:
        merged = absorbed(twin, record)
        for key in NESTED:
            merged[key] = {**twin[key], **record[key], **_identity(merged[key])}
        return self.store(merged, touch=True)

    def _written(self, before: Record, body: Mapping[str, Any]) -> Record:
        setting = self._setting
        personal = _texts(body, "personal", before)
        company = _texts(body, "company", before)
        custom = dict(before.get("custom", {}))
        for key in checks.mapping(body.get("custom"), "custom"):
            custom.pop(key, None)
        custom |= checks.custom(body.get("custom"), setting.custom_fields, setting.switches)
        checks.email(personal.get("email"), "personal.email")
        checks.email(company.get("email"), "company.email")
        demanded = _DEMANDED[setting.switches.email_required]
        if demanded and not demanded & personal.keys():
            field = f"personal.{min(demanded)}"
            raise Refused(f"{field} should not be empty", field=field)
        if not {"firstName", "email", "phoneNumber"} & personal.keys():
            raise Refused("personal.firstName should not be empty", field="personal.firstName")
        whole = {**{key: before[key] for key in WRITABLE if key in before}, **body}
        record = {
            "assignedTo": checks.owner(whole, setting.owners, setting.switches),
            "contacted": checks.flag(whole.get("contacted"), "contacted"),
            "marketable": checks.flag(whole.get("marketable"), "marketable"),
            "status": checks.text(whole.get("status"), "status") or "lead",
            "priority": checks.priority(body, before, switches=setting.switches),
        }
        for key in ("source", "notes"):
            if checks.text(whole.get(key), key):
                record[key] = whole[key]
        return {**record, "personal": personal, "company": company, "custom": custom}


def emails(record: Record) -> list[str]:
    """Every e-mail of a contact, case-folded, once."""
    listed = [record["personal"].get("email", ""), *record.get("alternativeEmails", ())]
    return list(dict.fromkeys(one.strip().casefold() for one in listed if one and one.strip()))


def phones(record: Record) -> list[str]:
    """Every phone of a contact as digits, once."""
    personal = record["personal"]
    listed = [personal.get("phoneNumber", ""), personal.get("secondaryPhoneNumber", "")]
    digits = (phone_digits(str(one)) for one in [*listed, *record.get("alternativePhones", ())])
    return list(dict.fromkeys(one for one in digits if one))


def absorbed(winner: Record, other: Record) -> Record:
    """`winner` with the e-mails and phones of `other` as alternatives, principal ones where it had none."""
    merged = {**winner, "personal": dict(winner["personal"])}
    for principal, alternatives, own, more in (
        ("email", "alternativeEmails", emails(winner), emails(other)),
        ("phoneNumber", "alternativePhones", phones(winner), phones(other)),
    ):
        new = [value for value in more if value not in own]
        if new and not merged["personal"].get(principal):
            merged["personal"][principal] = new.pop(0)
        merged[alternatives] = [*winner[alternatives], *new][:MAX_ALTERNATIVES]
    return merged


def _identity(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: values[key] for key in ("email", "phoneNumber") if key in values}


def _texts(body: Mapping[str, Any], part: str, before: Record) -> dict[str, Any]:
    kept = dict(before.get(part, {}))
    for key, value in checks.mapping(body.get(part), part).items():
        field = f"{part}.{key}"
        if isinstance(value, dict | list):
            raise Refused(f"{field} has an invalid value", field=field)
        if key in ("firstName", "lastName", "email", "phoneNumber", "name"):
            checks.text(value, field)
        if value is None or value == "":
            kept.pop(key, None)
        else:
            kept[key] = value
    return kept
