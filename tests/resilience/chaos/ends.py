"""What there is at the end of a day, in the words both worlds share: no ids, no instants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from tests.resilience.chaos.people import Staff
from tests.resilience.chaos.story import Story
from tests.sync.world import FIELD


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Escala's deals, contacts and products, the ledger, and its sums."""

    deals: Sequence[str]
    contacts: Sequence[str]
    products: Sequence[str]
    ledger: Sequence[str]
    sums: Sequence[str]

    def differences(self, other: End) -> list[str]:
        """What this world has and the undisturbed one has not, and the reverse."""
        told = []
        for part in fields(self):
            here, there = Counter(getattr(self, part.name)), Counter(getattr(other, part.name))
            told += [f"{part.name}: only disturbed: {one}" for one in (here - there).elements()]
            told += [f"{part.name}: only undisturbed: {one}" for one in (there - here).elements()]
        return told


def end_of(staff: Staff, story: Story) -> End:
    """What there is now."""
    world = staff.world
    contacts, products = world.contacts(), world.escala.state()["products"]
    whose = {one["id"]: _whose(one) for one in contacts}
    skus = {one["id"]: str(one["sku"]) for one in products}
    stages = {
        stage["id"]: stage["name"] for one in world.escala.state()["pipelines"] for stage in one["stages"]
    }
    renamed = {
        staff.customers[number]["identification"] for number in story.renamed if number < len(staff.customers)
    }
    report = world.report()
    return End(
        deals=sorted(
            " | ".join(
                (
                    _name(deal, renamed=whose.get(deal["contactId"]) in renamed),
                    f"{Decimal(str(deal['value'])):.2f}",
                    whose.get(deal["contactId"], "nobody"),
                    stages.get(deal["stageId"], "nowhere"),
                    deal["assignedTo"],
                    _lines(deal, skus) if story.lines_certain else "",
                    str(dict(deal["custom"])),
                    deal["description"],
                )
            )
            for deal in world.deals()
        ),
        contacts=sorted(_contact(one, shared=story.shared, renamed=renamed) for one in contacts),
        products=sorted(skus.values() if story.lines_certain else []),
        ledger=sorted(
            " | ".join(
                f"{row[key]}"
                for key in ("invoice", "status", "code", "value", "siigo_total", "open", "customer", "date")
            )
            + f" | {'bound' if row['deal_id'] else 'free'}"
            for row in report["rows"]
        ),
        sums=[f"{part} {key}: {one}" for part in ("invoices", "value") for key, one in report[part].items()],
    )


def broken_rules(staff: Staff, made: Counter[str]) -> list[str]:
    """What must hold in any world, said without the other one."""
    told = []
    living = Counter(name for _, name in staff.invoices)
    told += [
        f"{count} deals were made for {name}, of which there were {living[name]}"
        for name, count in made.items()
        if count > living[name]
    ]
    rows = staff.world.report()["rows"]
    told += [
        f"the ledger holds {deal} {count} times"
        for deal, count in Counter(row["deal_id"] for row in rows if row["deal_id"]).items()
        if count > 1
    ]
    known = {row["siigo_id"] for row in rows}
    there = set(staff.world.siigo.company.invoices)
    told += [f"{name} is not in the ledger" for one, name in staff.invoices if one in there - known]
    told += _unfaithful(staff, rows)
    identities = Counter(_whose(contact) for contact in staff.world.contacts())
    told += [
        f"{count} contacts of {one}" for one, count in identities.items() if count > 1 and one != "nobody"
    ]
    return told


def _unfaithful(staff: Staff, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Bound deals that are another customer's."""
    whose = {one["id"]: _whose(one) for one in staff.world.contacts()}
    deals = {deal["id"]: deal for deal in staff.world.deals()}
    told = []
    for row in rows:
        deal = deals.get(row["deal_id"])
        person = whose.get(deal["contactId"], "") if deal else ""
        if person not in ("", "nobody", row["customer"]) and not staff.merged:
            told.append(f"the deal of {row['invoice']} is on {person}, its customer is {row['customer']}")
    return told


def _whose(contact: Mapping[str, Any]) -> str:
    return str(contact["custom"].get(FIELD) or "nobody")


def _name(deal: Mapping[str, Any], *, renamed: bool) -> str:
    return str(deal["name"].split()[0] if renamed else deal["name"])


def _lines(deal: Mapping[str, Any], skus: Mapping[str, str]) -> str:
    return ", ".join(
        sorted(
            f"{skus.get(line['productId'], 'gone')} x {Decimal(str(line['quantity'])):f}"
            for line in deal["products"]
        )
    )


def _contact(contact: Mapping[str, Any], *, shared: bool, renamed: set[str]) -> str:
    whose = _whose(contact)
    personal = contact["personal"]
    parts = [whose]
    if not shared:
        parts += [str(personal.get("email")), str(personal.get("phoneNumber"))]
    if whose not in renamed:
        parts += [str(personal.get("firstName")), str(contact["company"].get("name"))]
    return " | ".join(parts)
