"""Why an invoice is not in Escala, or not as it should be: every reason with its code and its Spanish text.

The screens, the command line and the manual all take their words from `catalogue`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from siigo_escala.domain import (
    money,
    reasons_decisions_es,
    reasons_invoices_es,
    reasons_opportunities_es,
    reasons_runs_es,
)
from siigo_escala.domain.reason_codes import Code, Group, Reason

__all__ = ["Code", "Group", "Reason", "catalogue", "message"]

catalogue: Mapping[Code, Reason] = MappingProxyType(
    {
        entry.code: entry
        for entry in (
            *reasons_invoices_es.ENTRIES,
            *reasons_decisions_es.ENTRIES,
            *reasons_opportunities_es.ENTRIES,
            *reasons_runs_es.ENTRIES,
        )
    }
)

#: Keys whose values are amounts in pesos.
_AMOUNTS = frozenset({"value", "before", "credited", "calculated"})
_LONGEST_VALUE = 300
_MOST_LISTED = 5
_NAMES = ("Siigo", "Escala")
_KEY = re.compile(r"\{(\w+)\}")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")


#: What a person types into a file or a terminal: names of settings and orders, in brackets after the remedy.
_TYPED = re.compile(
    r" ?\(«(?:resolve --[a-z]+|[a-z_.]+(?: = \"[a-z_]+\")?|\{setting\})»?(?:(?:,| y| o)+ «[a-z_]+»)*"
    r"(?:»|\[ --opportunity \{confirm\}\]| --opportunity [^()]+)?\)"
)
_BUTTONS = {
    "reintente con «siigo-escala retry»": "pulse «Reintentar»",
    "y use «siigo-escala enable»": "y pulse «Reanudar»",
    "confirme con «siigo-escala enable»": "confirme con «Ya la apagué»",
    "con «resolve --ignore»": "con «Excluir»",
    "«siigo-escala sync» con --dry-run": "una vista previa",
    "está siempre en «siigo-escala report»": "está siempre en Oportunidades",
    "en «sellers», o use «create_for_unlinked_sellers = true»": "en Vendedores, o cambie en Reglas qué pasa "
    "con las ventas de quien no está enlazado",
}


def for_screens(text: str) -> str:
    """A template, or a whole message, without what is typed into a file or a terminal: on a screen there is a
    button for it.
    """
    found = _TYPED.sub("", text)
    for typed, button in _BUTTONS.items():
        found = found.replace(typed, button)
    return found


def message(code: Code, data: Mapping[str, object], *, of_deal: bool = False, on_screen: bool = False) -> str:
    """One sentence: the record, what happened and what to do about it.

    The record is `invoice` (number or Siigo id), `opportunity` or `connection` of `data`; the other keys fill
    the text (`value`, `before`, `credited` are pesos), and `adopted` says that the invoice's opportunity was
    there before. Missing and unknown keys do no harm. `of_deal`: it is an opportunity, though the sentence is
    not to name it. `on_screen`: as `for_screens`.
    """
    reason = catalogue[code]
    text, remedy = reason.text, reason.remedy
    if reason.of_deal is not None and (of_deal or data.get("opportunity")):
        text, remedy = reason.of_deal
    elif reason.of_adopted and data.get("adopted"):
        remedy = reason.of_adopted
    if on_screen:
        text, remedy = for_screens(text), for_screens(remedy)
    said = f"{_fill(text, data)}; {_inside(_fill(remedy, data))}."
    record = _record(data)
    return f"{record}: {_inside(said)}" if record else said


def _record(data: Mapping[str, object]) -> str:
    for key, noun in (("invoice", ""), ("opportunity", "Oportunidad "), ("connection", "Conexión ")):
        if shown := _shown(key, data.get(key)):
            return noun + shown
    return ""


def _fill(template: str, data: Mapping[str, object]) -> str:
    """The template with its values; optional parts without theirs are dropped."""
    values = {key: _shown(key, data.get(key)) for key in _KEY.findall(template)}

    def optional(match: re.Match[str]) -> str:
        part = match.group(1)
        return part if all(values[key] for key in _KEY.findall(part)) else ""

    return _KEY.sub(lambda match: values[match.group(1)], _OPTIONAL.sub(optional, template))


def _inside(sentence: str) -> str:
    """The sentence as it reads after a colon: without its capital, unless it begins with a name."""
    if sentence.startswith(_NAMES):
        return sentence
    return sentence[:1].lower() + sentence[1:]


def _shown(key: str, value: object) -> str:
    """A value as people read it; "" where there is none."""
    if value is None or value == "":
        return ""
    if isinstance(value, (list, tuple, set, frozenset)):
        return _listed([_shown(key, one) for one in value])
    if isinstance(value, date):
        return (value.date() if isinstance(value, datetime) else value).strftime("%d/%m/%Y")
    if key in _AMOUNTS and (amount := _pesos(str(value))):
        return amount
    text = " ".join(str(value).split())
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return "/".join(reversed(text.split("-")))
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _listed(texts: list[str]) -> str:
    shown = texts[:_MOST_LISTED]
    more = len(texts) - len(shown)
    return ", ".join(shown) + (f" y {more} más" if more else "")


def _pesos(text: str) -> str:
    """`1110054.5` as `$ 1.110.054,50`; "" where the text is no plain number."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return ""
    if not amount.is_finite() or abs(amount.adjusted()) > 30:
        return ""
    return money.to_pesos(amount)
