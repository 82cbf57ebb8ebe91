"""Products by SKU, pipelines with their stages, and tags (sections 6 to 8)."""

from collections.abc import Iterator, Mapping
from typing import Any

from siigo_escala.simulators.escala import checks
from siigo_escala.simulators.escala.refusals import Refused, duplicate, not_found
from siigo_escala.simulators.escala.setting import Setting
from siigo_escala.simulators.escala.table import Record, Table

MAX_NAME = 255
MAX_SKU = 40


class Products:
    """The product catalogue of one account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.table = Table(setting.clock, setting.switches)
        self._by_sku: dict[str, list[str]] = {}

    def existing(self, product_id: object) -> Record:
        """The product with this id, or the refusal 404."""
        found = self.table.get(product_id)
        if found is None:
            raise not_found("product")
        return found

    def create(self, body: Mapping[str, Any]) -> Record:
        """Store a product; a second one with its SKU as `duplicate_sku` says."""
        now = self._setting.clock.now()
        record = {"id": self._setting.ids.timed(), "created": now, "modified": now, **self._written(body)}
        self._refuse_twin(record)
        return self.store(record)

    def update(self, product_id: str, body: Mapping[str, Any]) -> Record:
        """Write a product anew as a whole."""
        before = self.existing(product_id)
        record = {"id": product_id, "created": before["created"], **self._written(body)}
        self._refuse_twin(record)
        return self.store({**record, "modified": self._setting.clock.now()})

    def store(self, record: Record) -> Record:
        """Put a product into the table and the index without any check."""
        before = self.table.get(record["id"])
        if before is not None:
            self._by_sku[before["sku"]].remove(before["id"])
        self._by_sku.setdefault(record["sku"], []).append(record["id"])
        return self.table.put(record)

    def remove(self, product_id: str) -> Record:
        """Take a product away."""
        self._by_sku[self.existing(product_id)["sku"]].remove(product_id)
        return self.table.remove(product_id)

    def with_sku(self, sku: str) -> list[Record]:
        """What `?sku=` finds in the visible catalogue."""
        match self._setting.switches.sku_filter:
            case "prefix":
                return [one for one in self.table.visible() if one["sku"].startswith(sku)]
            case "ignored":
                return self.table.visible()
            case _ if self._setting.switches.list_lag_s:
                return [one for one in self.table.visible() if one["sku"] == sku]
            case _:
                return [self.existing(one) for one in self._by_sku.get(sku, ())]

    def _refuse_twin(self, record: Record) -> None:
        others = [one for one in self._by_sku.get(record["sku"], ()) if one != record["id"]]
        if record["sku"] and others and self._setting.switches.duplicate_sku != "allow":
            status = int(self._setting.switches.duplicate_sku[-3:])
            raise duplicate("product", "sku", status=status, switches=self._setting.switches)

    def _written(self, body: Mapping[str, Any]) -> Record:
        setting = self._setting
        name = checks.text(body.get("name"), "name")
        sku = checks.text(body.get("sku"), "sku")
        if not name:
            raise Refused("name should not be empty", field="name")
        for value, field, limit in ((name, "name", MAX_NAME), (sku, "sku", MAX_SKU)):
            if len(value) > limit:
                raise Refused(f"{field} must be shorter than or equal to {limit} characters", field=field)
        return {
            "name": name,
            "sku": sku,
            "price": checks.amount(body.get("price", 0), "price"),
            "currency": checks.text(body.get("currency"), "currency") or "COP",
            "isDigital": checks.flag(body.get("isDigital"), "isDigital"),
            "custom": checks.custom(body.get("custom"), setting.custom_fields, setting.switches),
        }


class Pipelines:
    """Pipelines in order, each with its stages in board order; changed by people only."""

    def __init__(self) -> None:
        self.all: list[Record] = []

    def find(self, name_or_id: str) -> Record:
        """A pipeline by id or name; KeyError where there is none."""
        for pipeline in self.all:
            if name_or_id in (pipeline["id"], pipeline["name"]):
                return pipeline
        raise KeyError(name_or_id)

    def find_stage(self, name_or_id: str, pipeline: str | None = None) -> tuple[Record, Record]:
        """A pipeline and its stage by id or name, in one pipeline or in any; KeyError where there is none."""
        for owner, stage in self.stages():
            if name_or_id in (stage["id"], stage["name"]) and pipeline in (None, owner["id"], owner["name"]):
                return owner, stage
        raise KeyError(name_or_id)

    def place_of(self, stage_id: str) -> tuple[Record, Record] | None:
        """A stage and its pipeline by the stage's id."""
        return next((place for place in self.stages() if place[1]["id"] == stage_id), None)

    def stages(self) -> Iterator[tuple[Record, Record]]:
        """Every stage with its pipeline."""
        for pipeline in self.all:
            for stage in pipeline["stages"]:
                yield pipeline, stage
