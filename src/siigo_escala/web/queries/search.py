"""What somebody types into the one search field: the number of an invoice, a NIT, a value, or words of a
name.

Case, accents, dots, blanks and hyphens do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from functools import reduce
from operator import or_
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from siigo_escala.domain import text
from siigo_escala.store import models
from siigo_escala.store.models import Connection, Invoice, Opportunity

_AMOUNT = re.compile(r"\$?\s*(\d{1,3}(\.\d{3})+|\d+)([.,]\d{1,2})?")
_MOST_DIGITS = 15
"""Of pesos: more than that no column holds."""
_LEAST_OF_AN_IDENTIFICATION = 5
LONGEST = 100
_FEW = 500
_ACCENTS = {
    same[0]: f"[{same}{same.upper()}]" for same in ("aàáâãä", "eèéêë", "iìíîï", "oòóôõö", "uùúûü", "nñ", "cç")
}
"""Databases know the case of letters without accents alone."""
One = TypeVar("One", bound=Model)


def found(chosen: QuerySet[Invoice], company: Connection, words: str) -> QuerySet[Invoice]:
    """Those invoices that `words` may mean."""
    typed = words.strip()[:LONGEST]
    ways = (
        _by_number(typed, "name"),
        _by_identification(typed),
        _by_value(typed, "value"),
        _by_customer(company, typed),
    )
    return _among(chosen, models.Invoice.objects.filter(connection=company), ways)


def deals(chosen: QuerySet[Opportunity], company: Connection, words: str) -> QuerySet[Opportunity]:
    """Those opportunities that `words` may mean: also by the number and total of their invoice, or their
    id.
    """
    typed = words.strip()[:LONGEST]
    ways = (
        _by_words(typed, "name"),
        _by_number(typed, "invoice"),
        _by_identification(typed),
        _by_value(typed, "value"),
        _by_value(typed, "total"),
        _by_contact(company, typed),
        Q(deal_id=typed),
    )
    return _among(chosen, models.Opportunity.objects.filter(connection=company), ways)


def _among(chosen: QuerySet[One], ledger: QuerySet[One], ways: Iterable[Q]) -> QuerySet[One]:
    # Each by its own index: together in one condition, they would be asked of every row.
    keys = ledger.order_by().values_list("pk", flat=True)
    found = [keys.filter(way) for way in ways if way]
    if not found:
        return chosen.none()
    ids = found[0].union(*found[1:]) if len(found) > 1 else found[0]
    few = list(ids[: _FEW + 1])
    # A page asks for the rows and for their sum: few are looked for once.
    return chosen.filter(pk__in=few) if len(few) <= _FEW else chosen.filter(pk__in=ids)


def _by_number(typed: str, field: str) -> Q:
    """`1045`, `fv2 1045` and `FV-2-1045` all find FV-2-1045."""
    parts = re.findall(r"[A-Za-z]+|\d+", typed)
    if not parts or re.sub(r"[A-Za-z0-9\s.\-]", "", typed):
        return Q()
    if sum(part.isalpha() for part in parts) > 1:
        return Q()  # words of a customer
    # The range is that of every name: it makes the databases read their index of names and not the rows.
    named = Q(**{f"{field}__gt": ""})
    if len(parts) == 1 and parts[0].isdigit():
        return named & (Q(**{f"{field}__iendswith": f"-{parts[0]}"}) | Q(**{field: parts[0]}))
    pattern = r"^" + r"[^A-Za-z0-9]*".join(parts) + r"$"
    # The end first: few names are left for the pattern.
    return named & Q(**{f"{field}__iendswith": parts[-1]}) & Q(**{f"{field}__iregex": pattern})


def _by_identification(typed: str) -> Q:
    """With or without the check digit after a hyphen, dots or not."""
    plain = re.sub(r"^(nit|cc)\b\.?", "", typed, flags=re.IGNORECASE).strip()
    if re.sub(r"[\d\s.\-]", "", plain):
        return Q()
    base = re.sub(r"\D", "", re.sub(r"-\s*\d\s*$", "", plain))
    if len(base) < _LEAST_OF_AN_IDENTIFICATION:
        return Q()
    return Q(customer__startswith=base) | Q(customer=re.sub(r"\D", "", plain))


def _by_value(typed: str, field: str) -> Q:
    """Without cents: whatever cents it has."""
    if not _AMOUNT.fullmatch(typed):
        return Q()
    digits = typed.replace("$", "").strip()
    cents = re.search(r"[.,](\d{1,2})$", digits)
    whole = digits[: cents.start()] if cents else digits
    if len(re.sub(r"\D", "", whole)) > _MOST_DIGITS:
        return Q()
    try:
        value = Decimal(f"{whole.replace('.', '')}.{cents[1] if cents else '0'}")
    except InvalidOperation:
        return Q()
    if cents:
        return Q(**{field: value})
    return Q(**{f"{field}__gte": value, f"{field}__lt": value + 1})


def _by_words(typed: str, field: str) -> Q:
    """Every word stands somewhere in a name that is kept as people typed it."""
    found = Q()
    for word in re.findall(r"\w+", text.fold(typed)):
        found &= Q(**{f"{field}__iregex": _loose(word)})
    return found


def _by_contact(company: Connection, typed: str) -> Q:
    """Every word stands somewhere in the names that Escala shows of the contact."""
    words = re.findall(r"\w+", text.fold(typed))
    if not any(len(word) > 1 and not word.isdigit() for word in words):
        return Q()
    contacts = models.KnownContact.objects.filter(escala_id=company.escala_id)
    for word in words:
        parts = (f"record__{part}__iregex" for part in ("first_name", "last_name", "company_name"))
        contacts = contacts.filter(reduce(or_, (Q(**{part: _loose(word)}) for part in parts)))
    return Q(contact_id__in=contacts.values("contact_id"))


def _loose(word: str) -> str:
    """A pattern that finds a folded word with whatever accents it is written."""
    return "".join(_ACCENTS.get(letter, letter) for letter in word)


def _by_customer(company: Connection, typed: str) -> Q:
    """Every word stands somewhere in the customer's names."""
    words = re.findall(r"\w+", text.fold(typed))
    if not any(len(word) > 1 and not word.isdigit() for word in words):
        return Q()
    customers = models.KnownCustomer.objects.filter(company_id=company.siigo_id, words__gt="")
    for word in words:
        customers = customers.filter(words__contains=word)
    return Q(customer_id__in=customers.values("siigo_id"))
