"""What people do in Escala's own screens while an integration works: the same by method and by control.

Stages and pipelines are named by id or name. Nothing here is validated as the API validates.
"""

import threading
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from siigo_escala.simulators.escala.account import Account, instant
from siigo_escala.simulators.escala.contacts import absorbed
from siigo_escala.simulators.escala.table import Record


class Operations:
    """The screens of one account. Unknown ids raise `Refused` (404), unknown names KeyError."""

    def __init__(self, account: Account, lock: threading.RLock) -> None:
        self.account = account
        self._lock = lock

    def create_contact(
        self,
        *,
        first_name: str = "",
        last_name: str = "",
        email: str = "",
        phone: str = "",
        company: str = "",
        owner: str = "unassigned",
        custom: Mapping[str, Any] | None = None,
        alternative_emails: Iterable[str] = (),
        alternative_phones: Iterable[str] = (),
    ) -> str:
        """A contact made by a person, duplicate or not; its id."""
        named = {"firstName": first_name, "lastName": last_name, "email": email, "phoneNumber": phone}
        record: Record = {
            "personal": {key: one for key, one in named.items() if one},
            "custom": dict(custom or {}),
        }
        record |= {"company": {"name": company} if company else {}, "assignedTo": owner}
        record |= {
            "alternativeEmails": list(alternative_emails),
            "alternativePhones": list(alternative_phones),
        }
        with self._lock:
            self.account.load(contacts=[{**record, "id": (made := self.account.setting.ids.timed())}])
        return made

    def edit_contact(self, contact_id: str, changes: Mapping[str, Any]) -> None:
        """Change fields of a contact; `personal`, `company`, `custom` are merged, None removes a value."""
        with self._lock:
            before = self.account.contacts.existing(contact_id)
            after = {**before, **changes}
            for part in ("personal", "company", "custom"):
                merged = {**before[part], **changes.get(part, {})}
                after[part] = {key: value for key, value in merged.items() if value is not None}
            for key in after["custom"]:
                self.account.setting.custom_fields.setdefault(key, "")
            self.account.contacts.store(after, touch=True)

    def merge_contacts(self, winner_id: str, loser_id: str) -> None:
        """One contact out of two: the loser is gone, its e-mails, phones, custom values and deals move."""
        with self._lock:
            contacts, deals = self.account.contacts, self.account.deals
            winner, loser = contacts.existing(winner_id), contacts.existing(loser_id)
            contacts.remove(loser_id)
            contacts.store(
                {**absorbed(winner, loser), "custom": loser["custom"] | winner["custom"]}, touch=True
            )
            for deal in deals.table.all():
                if deal["contactId"] == loser_id:
                    deals.change(deal["id"], {"contactId": winner_id})

    def delete_contact(self, contact_id: str) -> None:
        """A contact is gone; its deals stay without one."""
        with self._lock:
            self.account.contacts.remove(contact_id)
            for deal in self.account.deals.table.all():
                if deal["contactId"] == contact_id:
                    self.account.deals.change(deal["id"], {"contactId": None})

    def create_deal(
        self,
        *,
        name: str = "",
        contact_id: str | None = None,
        value: Decimal | int | str = 0,
        stage: str | None = None,
        owner: str = "unassigned",
        description: str = "",
        custom: Mapping[str, Any] | None = None,
        products: Iterable[Mapping[str, Any]] = (),
        created: datetime | str | None = None,
    ) -> str:
        """A deal made by a person or by another program, named or not, now or at `created`; its id."""
        with self._lock:
            made = self.account.setting.ids.timed()
            record: Record = {"id": made, "name": name, "contactId": contact_id, "value": Decimal(str(value))}
            record |= {"assignedTo": owner, "description": description, "products": list(products)}
            record |= {
                "custom": dict(custom or {}),
                "created": created,
                **(self._place(stage) if stage else {}),
            }
            self.account.load(deals=[record])
        return made

    def rename_deal(self, deal_id: str, name: str) -> None:
        """A person gives a deal another name."""
        self.edit_deal(deal_id, {"name": name})

    def move_deal(self, deal_id: str, stage: str) -> None:
        """A person drags a deal to another stage."""
        with self._lock:
            self.account.deals.change(deal_id, self._place(stage))

    def edit_deal(self, deal_id: str, changes: Mapping[str, Any]) -> None:
        """Set fields of a deal in the write shape (`value`, `description`, `assignedTo`, `contactId`…)."""
        with self._lock:
            exact = {"value": Decimal(str(changes["value"]))} if "value" in changes else {}
            times = {key: instant(changes[key]) for key in ("created", "modified") if key in changes}
            for key in changes.get("custom", {}):
                self.account.setting.custom_fields.setdefault(key, "")
            self.account.deals.change(deal_id, {**changes, **exact, **times}, touch="modified" not in times)

    def delete_deal(self, deal_id: str) -> None:
        """A deal is gone."""
        with self._lock:
            self.account.deals.existing(deal_id)
            self.account.deals.table.remove(deal_id)

    def add_product(
        self, sku: str, name: str, *, price: Decimal | int | str = 0, created: datetime | str | None = None
    ) -> str:
        """A product made by a person, its SKU taken or not; its id."""
        with self._lock:
            made = self.account.setting.ids.timed()
            record = {"id": made, "sku": sku, "name": name, "price": Decimal(str(price)), "created": created}
            self.account.load(products=[record])
        return made

    def delete_product(self, product_id: str) -> None:
        """A product is gone; the lines of deals that name it stay."""
        with self._lock:
            self.account.products.remove(product_id)

    def add_pipeline(self, name: str, stages: Iterable[Iterable[str]]) -> str:
        """Another pipeline; `stages` are pairs of name and type. Its id."""
        with self._lock:
            pairs = [(one, kind) for one, kind in stages]
            return str(self.account.add_pipeline(name, pairs)["id"])

    def add_stage(self, pipeline: str, name: str, kind: str = "open") -> str:
        """Another stage at the end of a pipeline; its id."""
        with self._lock:
            stage = {"id": self.account.setting.ids.scattered(), "name": name, "type": kind}
            self._changed(self.account.pipelines.find(pipeline))["stages"].append(stage)
            return stage["id"]

    def rename_pipeline(self, pipeline: str, name: str) -> None:
        """A pipeline gets another name; its id stays."""
        with self._lock:
            self._changed(self.account.pipelines.find(pipeline))["name"] = name

    def delete_pipeline(self, pipeline: str) -> None:
        """A pipeline is gone; its deals stay, placed nowhere."""
        with self._lock:
            self.account.pipelines.all.remove(self.account.pipelines.find(pipeline))

    def rename_stage(self, stage: str, name: str, *, pipeline: str | None = None) -> None:
        """A stage gets another name; its id stays."""
        with self._lock:
            owner, found = self.account.pipelines.find_stage(stage, pipeline)
            self._changed(owner)
            found["name"] = name

    def delete_stage(self, stage: str, *, pipeline: str | None = None) -> None:
        """A stage is gone; its deals stay, placed nowhere."""
        with self._lock:
            owner, found = self.account.pipelines.find_stage(stage, pipeline)
            self._changed(owner)["stages"].remove(found)

    def add_custom_field(self, key: str, *, pattern: str = "") -> None:
        """A custom field becomes known; values must match the pattern where there is one."""
        self.account.setting.custom_fields[key] = pattern

    def remove_custom_field(self, key: str) -> None:
        """A custom field is gone, with its values in every record."""
        with self._lock:
            del self.account.setting.custom_fields[key]
            account = self.account
            for table in (account.contacts.table, account.deals.table, account.products.table):
                for one in table.all():
                    if key in one["custom"]:
                        kept = {name: value for name, value in one["custom"].items() if name != key}
                        table.put({**one, "custom": kept})

    def add_owner(self, email: str) -> None:
        """A user joins the account."""
        self.account.setting.owners[email.casefold()] = email

    def remove_owner(self, email: str) -> None:
        """A user leaves; what is assigned to that e-mail stays so."""
        del self.account.setting.owners[email.casefold()]

    def _place(self, stage: str) -> dict[str, str]:
        owner, found = self.account.pipelines.find_stage(stage)
        return {"pipelineId": owner["id"], "stageId": found["id"]}

    def _changed(self, pipeline: Record) -> Record:
        pipeline["modified"] = self.account.setting.clock.now()
        return pipeline
