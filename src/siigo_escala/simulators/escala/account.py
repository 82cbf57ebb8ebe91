"""One Escala account: everything a key opens, and how records enter it as they are."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from siigo_escala.simulators import clock as clocks
from siigo_escala.simulators.escala.catalogue import Pipelines, Products
from siigo_escala.simulators.escala.contacts import Contacts
from siigo_escala.simulators.escala.deals import Deals
from siigo_escala.simulators.escala.ids import Ids
from siigo_escala.simulators.escala.setting import Setting
from siigo_escala.simulators.escala.switches import Switches
from siigo_escala.simulators.escala.table import Record, Table

STAGES = (("Prospecto", "open"), ("Negociación", "open"), ("Ganada", "won"), ("Perdida", "lost"))
OWNERS = ("laura@empresa.example", "gerencia@empresa.example")
CUSTOM_FIELDS = (
    "cf_contact_cedula_kwzt_text",
    "cf_deal_numero_de_factura_hqpe_text",
    "cf_deal_fecha_wbnx_text",
    "cf_deal_vencimiento_tmrc_text",
)
PARTS = ("pipelines", "owners", "custom_fields", "contacts", "products", "deals", "tags", "activities")


class Account:
    """Contacts, deals, catalogue, tags, activities, users and custom fields behind one key."""

    def __init__(self, *, clock: clocks.Clock, switches: Switches, seed: str) -> None:
        self.switches = switches
        self.setting = Setting(clock=clock, ids=Ids(clock, seed=seed), switches=switches)
        self.contacts = Contacts(self.setting)
        self.products = Products(self.setting)
        self.pipelines = Pipelines()
        self.deals = Deals(
            self.setting, contacts=self.contacts, products=self.products, pipelines=self.pipelines
        )
        self.tags = Table(clock, switches)
        self.activities = Table(clock, switches)

    def furnish(self) -> None:
        """What a fresh account of the examples has: a pipeline, two users and four custom fields."""
        self.load(owners=OWNERS, custom_fields=CUSTOM_FIELDS)
        self.add_pipeline("Ventas", STAGES, default=True)

    def add_pipeline(self, name: str, stages: Iterable[tuple[str, str]], *, default: bool = False) -> Record:
        """Store a pipeline; ids come from the seed, so they outlive a restart."""
        ids, now = self.setting.ids, self.setting.clock.now()
        pipeline: Record = {
            "id": ids.fixed(),
            "name": name,
            "default": default,
            "created": now,
            "modified": now,
        }
        pipeline["stages"] = [{"id": ids.scattered(), "name": one, "type": kind} for one, kind in stages]
        self.pipelines.all.append(pipeline)
        return pipeline

    def load(self, **parts: Iterable[Any]) -> None:
        """Store records as they are: the parts of `PARTS`, in read or write shape, or as `state` gives them.

        Missing ids and times are made up; custom keys that are met become known. Unknown parts and keys
        that name nothing raise ValueError.
        """
        unknown = sorted(parts.keys() - set(PARTS))
        if unknown:
            raise ValueError(f"unknown part of the state {unknown[0]!r}; known: {', '.join(PARTS)}")
        for part in PARTS:
            for one in parts.get(part, ()):
                getattr(self, f"_load_{part}")(one)

    def state(self) -> dict[str, list[Any]]:
        """Everything, in the form `load` takes; instants as ISO text."""
        return {
            "pipelines": [_as_text(one) for one in self.pipelines.all],
            "owners": list(self.setting.owners.values()),
            "custom_fields": [
                {"key": key, "pattern": one} for key, one in self.setting.custom_fields.items()
            ],
            "contacts": [_as_text(one) for one in self.contacts.table.all()],
            "products": [_as_text(one) for one in self.products.table.all()],
            "deals": [_as_text(one) for one in self.deals.table.all()],
            "tags": [_as_text(one) for one in self.tags.all()],
            "activities": [_as_text(one) for one in self.activities.all()],
        }

    def _load_pipelines(self, one: Mapping[str, Any]) -> None:
        ids = self.setting.ids
        stages = [{"id": ids.scattered(), "type": "open", **stage} for stage in one.get("stages", ())]
        named = {"id": ids.fixed(), "default": False, **one, "stages": stages}
        self.pipelines.all.append({**named, **self._times(one)})

    def _load_owners(self, one: str) -> None:
        self.setting.owners[one.casefold()] = one

    def _load_custom_fields(self, one: str | Mapping[str, str]) -> None:
        key, pattern = (one, "") if isinstance(one, str) else (one["key"], one.get("pattern", ""))
        self.setting.custom_fields[key] = pattern

    def _load_contacts(self, one: Mapping[str, Any]) -> None:
        standard = {"assignedTo": "unassigned", "contacted": False, "marketable": False, "status": "lead"}
        lists: Record = {"priority": 0, "alternativeEmails": [], "alternativePhones": [], "tags": []}
        parts = {part: dict(one.get(part) or {}) for part in ("personal", "company", "custom")}
        self.contacts.store({**standard, **lists, **self._based(one), **parts})

    def _load_products(self, one: Mapping[str, Any]) -> None:
        standard: Record = {"name": "", "sku": "", "price": Decimal(0), "currency": "COP", "isDigital": False}
        self.products.store({**standard, **self._based(one), "custom": dict(one.get("custom") or {})})

    def _load_deals(self, one: Mapping[str, Any]) -> None:
        pipeline = one.get("pipeline") or {}
        default = self.pipelines.all[0]
        lines = one.get("products") or []
        place: Record = {
            "contactId": one.get("contactId") or (one.get("contact") or {}).get("id"),
            "pipelineId": one.get("pipelineId") or pipeline.get("id") or default["id"],
            "stageId": one.get("stageId") or pipeline.get("stageId") or default["stages"][0]["id"],
            "products": list(lines["items"] if isinstance(lines, Mapping) else lines),
            "custom": dict(one.get("custom") or {}),
        }
        standard: Record = {"name": "", "assignedTo": "unassigned", "priority": 3, "value": Decimal(0)}
        kept = {key: value for key, value in self._based(one).items() if key not in ("contact", "pipeline")}
        self.deals.table.put({**standard, "description": "", **kept, **place})

    def _load_tags(self, one: Mapping[str, Any]) -> None:
        self.tags.put(self._based(one))

    def _load_activities(self, one: Mapping[str, Any]) -> None:
        self.activities.put(self._based(one))

    def _based(self, one: Mapping[str, Any]) -> Record:
        for key in one.get("custom") or {}:
            self.setting.custom_fields.setdefault(key, "")
        return {"id": self.setting.ids.timed(), **one, **self._times(one)}

    def _times(self, one: Mapping[str, Any]) -> Record:
        created = instant(one.get("created")) or self.setting.clock.now()
        return {"created": created, "modified": instant(one.get("modified")) or created}


def instant(value: object) -> datetime | None:
    """An instant, from text too; no offset means UTC. ValueError for other text."""
    if value is None or value == "":
        return None
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _as_text(record: Record) -> Record:
    return {key: one.isoformat() if isinstance(one, datetime) else one for key, one in record.items()}
