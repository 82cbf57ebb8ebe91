"""Deals ("oportunidades"): no duplicate check, a value of their own, lines of known products (section 5)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from siigo_escala.simulators.escala import checks
from siigo_escala.simulators.escala.catalogue import Pipelines, Products
from siigo_escala.simulators.escala.contacts import Contacts
from siigo_escala.simulators.escala.refusals import Refused, not_found, unknown
from siigo_escala.simulators.escala.setting import Setting
from siigo_escala.simulators.escala.table import Record, Table

MAX_NAME = 255
MAX_DESCRIPTION = 5_000


class Deals:
    """The deals of one account, kept in the write shape (`contactId`, `pipelineId`, `stageId`)."""

    def __init__(
        self, setting: Setting, *, contacts: Contacts, products: Products, pipelines: Pipelines
    ) -> None:
        self._setting = setting
        self._contacts = contacts
        self._products = products
        self._pipelines = pipelines
        self.table = Table(setting.clock, setting.switches)

    def existing(self, deal_id: object) -> Record:
        """The deal with this id, or the refusal 404."""
        found = self.table.get(deal_id)
        if found is None:
            raise not_found("deal")
        return found

    def create(self, body: Mapping[str, Any]) -> Record:
        """Store a deal; its creation date is now."""
        now = self._setting.clock.now()
        written = self._written({}, body)
        return self.table.put({"id": self._setting.ids.timed(), "created": now, "modified": now, **written})

    def update(self, deal_id: str, body: Mapping[str, Any], *, merge: bool) -> Record:
        """Write a deal anew: as a whole, or merged into what is there."""
        before = self.existing(deal_id)
        written = self._written(before if merge else {}, body)
        return self.table.put({"id": deal_id, "created": before["created"], **written, **self._now()})

    def change(self, deal_id: str, changes: Mapping[str, Any], *, touch: bool = True) -> Record:
        """Set fields of the stored record without any check."""
        return self.table.put({**self.existing(deal_id), **changes, **(self._now() if touch else {})})

    def _now(self) -> dict[str, Any]:
        return {"modified": self._setting.clock.now()}

    def _written(self, before: Record, body: Mapping[str, Any]) -> Record:
        setting = self._setting
        whole = {**before, **body}
        name = checks.text(whole.get("name"), "name")
        if not name.strip():
            raise Refused("name should not be empty", field="name")
        description = checks.text(whole.get("description"), "description")
        contact_id = checks.text(whole.get("contactId"), "contactId")
        if ("contactId" in body or not before) and contact_id not in self._contacts.table:
            raise unknown("contactId", f"contact {contact_id}", setting.switches)
        custom = dict(before.get("custom", {}))
        for key in checks.mapping(body.get("custom"), "custom"):
            custom.pop(key, None)
        record = {
            "name": checks.limited(name, "name", limit=MAX_NAME, switches=setting.switches),
            "contactId": contact_id or None,
            **self._place(whole),
            "assignedTo": checks.owner(whole, setting.owners, setting.switches),
            "priority": checks.priority(body, before, switches=setting.switches),
            "value": checks.amount(0 if whole.get("value") is None else whole["value"], "value"),
            "description": checks.limited(
                description, "description", limit=MAX_DESCRIPTION, switches=setting.switches
            ),
            "products": before.get("products", []),
            "custom": custom | checks.custom(body.get("custom"), setting.custom_fields, setting.switches),
        }
        if body.get("products") is not None:
            record |= self._lines(checks.mapping(body["products"], "products"))
        return record

    def _place(self, whole: Mapping[str, Any]) -> Record:
        pipeline_id = checks.text(whole.get("pipelineId"), "pipelineId")
        stage_id = checks.text(whole.get("stageId"), "stageId")
        for pipeline in self._pipelines.all:
            if pipeline["id"] == pipeline_id:
                if any(stage["id"] == stage_id for stage in pipeline["stages"]):
                    return {"pipelineId": pipeline_id, "stageId": stage_id}
                raise Refused(f"stageId: stage {stage_id} does not belong to the pipeline", field="stageId")
        raise unknown("pipelineId", f"pipeline {pipeline_id}", self._setting.switches)

    def _lines(self, products: Mapping[str, Any]) -> Record:
        listed = products.get("items") or []
        if not isinstance(listed, list):
            raise Refused("products.items must be an array", field="products.items")
        lines: list[Record] = []
        total = Decimal(0)
        for number, item in enumerate(listed):
            line = checks.mapping(item, f"products.items.{number}")
            field = f"products.items.{number}.productId"
            product = self._products.table.get(line.get("productId"))
            if product is None:
                raise unknown(field, "product", self._setting.switches)
            field = f"products.items.{number}.quantity"
            quantity = checks.amount(line.get("quantity", 1), field)
            if self._setting.switches.decimal_quantity == "reject" and quantity != int(quantity):
                raise Refused(f"{field} must be an integer number", field=field)
            lines.append({"productId": product["id"], "quantity": quantity})
            total += product["price"] * quantity
        recomputed = checks.flag(products.get("updateValue"), "products.updateValue")
        return {"products": lines, **({"value": total} if recomputed else {})}
