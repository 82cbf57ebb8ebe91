"""The people of a story: how a company is set up, and what those who work in Siigo and Escala do."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from siigo_escala.simulators.siigo.switches import EVENTS

if TYPE_CHECKING:
    from tests.resilience.chaos.story import Event

_SIIGO_SWITCHES: Mapping[str, Sequence[Any]] = {
    "invoice_order": ("newest", "oldest", "shuffled"),
    "page_size": ("clamp", "honour"),
    "timestamps": ("seconds", "ms", "ticks", "naive", "year_one_in_list"),
    "updated_start": ("excludes_unmodified", "includes_unmodified"),
    "empty_keys": ("omitted", "null"),
    "annulled_balance": ("zero", "unchanged"),
    "annulled_total": ("unchanged", "zero"),
    "annulled_in_list": (True, False),
    "auth_status": (200, 201),
    "last_updated_moves_on": (["edit"], ["edit", "annul"], list(EVENTS)),
    "repeated_rows": (0, 2),
}  # fmt: skip
_ESCALA_SWITCHES: Mapping[str, Sequence[Any]] = {
    "scroll_key": ("scrollId", "nextScrollId", "nested", "header"),
    "scroll_end": ("empty_page", "no_cursor"),
    "cursor_style": ("fresh", "same"),
    "total": ("present", "missing"),
    "envelope": ("items", "data", "array"),
    "order": ("created", "newest", "scrambled"),
    "since_mode": ("ok", "ok", "ok", "error500", "ignored", "exclusive"),
    "list_lag_s": (0, 0, 0, 5),
    "id_shape": ("id", "id", "data.id", "entity.id", "location", "empty"),
    "timestamps": ("naive", "Z", "ms"),
    "custom_shape": ("object", "list"),
    "deal_products_shape": ("list", "object"),
    "deal_description": ("get", "everywhere"),
    "duplicate_contact": ("reject409", "reject400", "upsert", "allow"),
    "duplicate_sku": ("reject409", "reject400", "allow"),
    "contact_filters": ("ignored", "email_only", "all"),
    "update_verb": ("put_full", "put_partial", "patch", "none"),
    "alternatives": ("hidden", "shown"),
    "key_refused": ("403", "401"),
}


_LATER_RULES: Sequence[tuple[str, Sequence[str]]] = (
    ("walk_in", ('"skip"', '"one_contact"')),
    ("stamp", ('"any"', '"accepted"')),
    ("possible_twins", ('"hold"', '"ignore"')),
    ("on_annulled", ('"report"', '"lost_stage"')),
    ("value", ('"total"', '"gross"', '"subtotal"')),
    ("create_for_unlinked_sellers", ("true", "false")),
)
"""What a company may think better of; what decides whether an edit follows stays as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How this company works: its rules, both systems' ways."""

    rules: str
    siigo: Mapping[str, Any]
    escala: Mapping[str, Any]
    edits_follow: bool
    """An edit comes to the same end whether the opportunity was made before or after it."""
    credits_follow: bool
    accepted_only: bool
    shared: bool


def draw_manner(dice: random.Random) -> Manner:
    """A company's ways."""
    edited = dice.choice(("update", "update", "report"))
    credited = dice.choice(("report", "subtract"))
    stamp = dice.choice(("any", "any", "accepted"))
    rules = [
        f'on_edited = "{edited}"',
        f'on_credited = "{credited}"',
        f'on_annulled = "{dice.choice(("report", "lost_stage"))}"',
        f'products = "{dice.choice(("match", "match", "register", "none"))}"',
        f'stamp = "{stamp}"',
        f'walk_in = "{dice.choice(("skip", "one_contact"))}"',
        f'value = "{dice.choice(("total", "total", "gross", "subtotal"))}"',
    ]
    if dice.random() < 0.3:
        rules.append('mark = "ACME"')
    if dice.random() < 0.3:
        rules.append('number_field = "cf_deal_numero_de_factura_hqpe_text"')
    escala = _some(dice, _ESCALA_SWITCHES)
    updates = escala.get("update_verb", "put_full") != "none"
    return Manner(
        rules="\n".join(rules),
        siigo=_some(dice, _SIIGO_SWITCHES),
        escala=escala,
        edits_follow=edited == "update" and updates,
        credits_follow=credited == "subtract" and updates,
        accepted_only=stamp == "accepted",
        shared=dice.random() < 0.3,
    )


def _some(dice: random.Random, switches: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """About a third of the switches moved."""
    return {name: dice.choice(values) for name, values in switches.items() if dice.random() < 0.35}


class People:
    """Draws what people do; knows only how many invoices and customers there are, and which are done with."""

    def __init__(self, dice: random.Random, manner: Manner) -> None:
        self._dice, self._manner = dice, manner
        self._customers = 0
        self._invoices = 0
        self._settled: list[int] = []
        """Invoices of earlier days that nothing final has happened to."""
        self._new: list[int] = []
        """Invoices of today."""
        self._untouched: list[int] = []
        """Of the settled, those that nobody has touched tonight."""
        self._held: list[int] = []
        """Invoices whose opportunity somebody has made without naming them: the program asks which it is."""
        self._aside: list[int] = []
        """Invoices of which it matters whether a run or an edit comes first: today nobody changes them."""
        self._rules = dict(line.split(" = ") for line in manner.rules.splitlines())
        self.renamed: set[int] = set()

    def overnight(self, *, first: bool) -> list[Event]:
        """What is done while no run goes on."""
        self._settled += self._new + self._aside
        self._new, self._aside = [], []
        self._untouched = list(self._settled)
        if first:
            return [self._invoice_or_twin(0.2) for _ in range(self._dice.randint(3, 6))]
        acts = [self._answer(invoice) for invoice in list(self._held) if self._dice.random() < 0.75]
        acts += [self._invoice_or_twin(0.15) for _ in range(self._dice.randint(0, 3))]
        acts += [self._changed_rules()] if self._dice.random() < 0.2 else []
        more = [self._overnight_act() for _ in range(self._dice.randint(2, 7))]
        return acts + [act for act in more if act is not None]

    def meanwhile(self, *, settled: bool) -> list[Event]:
        """What is done during a run, or just before the next. `settled`: no invoice is changed."""
        acts = [self._act_any_time(settled=settled) for _ in range(self._dice.choice((0, 0, 1, 2, 3)))]
        return [act for act in acts if act is not None]

    def _invoice_or_twin(self, share: float) -> Event:
        if self._dice.random() >= share:
            return self._invoice()
        made = self._invoice(do="twin", text="plain")
        self._held.append(self._new.pop())
        return made

    def _answer(self, invoice: int) -> Event:
        from tests.resilience.chaos.story import Event

        self._held.remove(invoice)
        self._aside.append(invoice)
        return Event(
            do="answer", invoice=invoice, text=self._dice.choice(("deal", "deal", "create", "ignore"))
        )

    def _changed_rules(self) -> Event:
        from tests.resilience.chaos.story import Event

        key, values = self._dice.choice(_LATER_RULES)
        self._rules[key] = self._dice.choice(values)
        return Event(do="rules", text="\n".join(f"{key} = {value}" for key, value in self._rules.items()))

    def _invoice(self, **more: Any) -> Event:
        from tests.resilience.chaos.story import Event

        dice = self._dice
        fresh = self._customers == 0 or dice.random() < 0.45
        customer = self._customers if fresh else dice.randrange(self._customers)
        self._customers += fresh
        self._new.append(self._invoices)
        self._invoices += 1
        # Today, or what was entered late. What was dated before the first day waits for its own rule.
        fields = {
            "customer": customer,
            "amount": dice.randint(1, 9_000_000),
            "days": dice.choice((0, 0, 0, 1, 3, 12)),
        }
        kind = dice.choice(("plain", "plain", "mugs", "draft", "dollars", "late"))
        return Event(**{"do": "invoice", "text": kind, **fields, **more})

    def _overnight_act(self) -> Event | None:
        from tests.resilience.chaos.story import Event

        dice = self._dice
        final = ("annul", "delete", "credit_whole", "recreate")
        mild = (
            "edit", "credit_part", "pay", "stamp", "rename_deal", "rename_away", "move_deal", "own_deal",
            "value_deal", "describe_deal",
        )  # fmt: skip
        people = (
            "rename_customer",
            "rename_contact",
            "delete_contact",
            "merge_contacts",
            "hand_made",
            "name_taken",
        )
        do = dice.choice((*final, *final, "delete_deal", *mild, *mild, *people))
        if do in ("hand_made", "name_taken"):
            made = self._invoice(do=do, text="plain")
            self._aside.append(self._new.pop())
            return made
        if do == "recreate":
            if (invoice := self._take(final=True)) is None:
                return None
            made = self._invoice(text="plain")
            return Event(do=do, invoice=invoice, customer=made.customer, amount=made.amount)
        if do in people:
            customer, other = dice.randrange(self._customers), dice.randrange(self._customers)
            if do == "rename_customer":
                self.renamed.add(customer)
            return Event(do=do, customer=customer, other=other, text=dice.choice(("Ana", "Óscar", "Li")))
        invoice = self._take(final=do in final or do == "delete_deal")
        if invoice is None:
            return None
        return Event(
            do=do, invoice=invoice, amount=dice.randint(1, 5_000_000), text=f"Nota {dice.randrange(99)}"
        )

    def _act_any_time(self, *, settled: bool) -> Event | None:
        from tests.resilience.chaos.story import Event

        dice = self._dice
        kinds = [
            "invoice",
            "invoice",
            "invoice",
            "pay",
            "move_deal",
            "rename_deal",
            "stray_deal",
            "stray_contact",
        ]
        kinds += ["edit", "edit_new"] if self._manner.edits_follow and not settled else []
        kinds += ["credit_part"] if self._manner.credits_follow and not settled else []
        do = dice.choice(kinds)
        if do == "invoice":
            return self._invoice()
        if do.startswith("stray"):
            return Event(do=do, amount=dice.randint(1, 5_000_000), text=f"Negocio {dice.randrange(999)}")
        pool = self._new if do == "edit_new" else self._untouched
        if not pool:
            return None
        return Event(do=do.removesuffix("_new"), invoice=dice.choice(pool), amount=dice.randint(1, 5_000_000))

    def _take(self, *, final: bool) -> int | None:
        """An invoice that nobody has touched tonight; after something final nobody ever does again."""
        if not self._untouched:
            return None
        invoice = self._untouched.pop(self._dice.randrange(len(self._untouched)))
        if final:
            self._settled.remove(invoice)
        return invoice
