"""What somebody types into the one search field: the number of an invoice, a NIT, a value, or words of a
name.

Case, accents, dots, blanks and hyphens do not count.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from django.db.models import Q, QuerySet

from siigo_escala.domain import text
from siigo_escala.store import models
from siigo_escala.store.models import Connection, Invoice

_AMOUNT = re.compile(r"\$?\s*(\d{1,3}(\.\d{3})+|\d+)([.,]\d{1,2})?")
_MOST_DIGITS = 15
"""Of pesos: more than that no column holds."""
_LEAST_OF_AN_IDENTIFICATION = 5
LONGEST = 100
_FEW = 500


def found(chosen: QuerySet[Invoice], company: Connection, words: str) -> QuerySet[Invoice]:
    """Those invoices that `words` may mean."""
    typed = words.strip()[:LONGEST]
    ways = (_by_name(typed), _by_identification(typed), _by_value(typed), _by_customer(company, typed))
    # Each by its own index: together in one condition, they would be asked of every invoice.
    ledger = models.Invoice.objects.filter(connection=company).order_by().values("pk")
    found = [ledger.filter(way) for way in ways if way]
    if not found:
        return chosen.none()
    ids = found[0].union(*found[1:]) if len(found) > 1 else found[0]
    few = [one["pk"] for one in ids[: _FEW + 1]]
    # A page asks for the rows and for their sum: few are looked for once.
    return chosen.filter(pk__in=few) if len(few) <= _FEW else chosen.filter(pk__in=ids)


def _by_name(typed: str) -> Q:
    """`1045`, `fv2 1045` and `FV-2-1045` all find FV-2-1045."""
    parts = re.findall(r"[A-Za-z]+|\d+", typed)
    if not parts or re.sub(r"[A-Za-z0-9\s.\-]", "", typed):
        return Q()
    if sum(part.isalpha() for part in parts) > 1:
        return Q()  # words of a customer
    # The range is that of every name: it makes the databases read their index of names and not the rows.
    named = Q(name__gt="")
    if len(parts) == 1 and parts[0].isdigit():
        return named & (Q(name__iendswith=f"-{parts[0]}") | Q(name=parts[0]))
    pattern = r"^" + r"[^A-Za-z0-9]*".join(parts) + r"$"
    # The end first: few names are left for the pattern.
    return named & Q(name__iendswith=parts[-1]) & Q(name__iregex=pattern)


def _by_identification(typed: str) -> Q:
    """With or without the check digit after a hyphen, dots or not."""
    plain = re.sub(r"^(nit|cc)\b\.?", "", typed, flags=re.IGNORECASE).strip()
    if re.sub(r"[\d\s.\-]", "", plain):
        return Q()
    base = re.sub(r"\D", "", re.sub(r"-\s*\d\s*$", "", plain))
    if len(base) < _LEAST_OF_AN_IDENTIFICATION:
        return Q()
    return Q(customer__startswith=base) | Q(customer=re.sub(r"\D", "", plain))


def _by_value(typed: str) -> Q:
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
    return Q(value=value) if cents else Q(value__gte=value, value__lt=value + 1)


def _by_customer(company: Connection, typed: str) -> Q:
    """Every word stands somewhere in the customer's names."""
    words = re.findall(r"\w+", text.fold(typed))
    if not any(len(word) > 1 and not word.isdigit() for word in words):
        return Q()
    customers = models.KnownCustomer.objects.filter(company_id=company.siigo_id, words__gt="")
    for word in words:
        customers = customers.filter(words__contains=word)
    return Q(customer_id__in=customers.values("siigo_id"))
