"""Fills a ledger through the models, inside the program: `python -m benchmarks.web_work ROWS`.

Every invoice that a synchronisation has left is copied until there are so many, over five years, each with
its customer, its deal and its history. The answer is JSON: the cookie of somebody who may see it, and what to
look for.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

_YEARS = 5
_CHUNK = 2000
_PER_CUSTOMER = 25
_STATES = {
    **dict.fromkeys(range(0, 200, 20), ("excluded", "WALK_IN_BUYER")),
    1: ("needs_attention", "POSSIBLE_TWIN"),
    2: ("failed", "ESCALA_REJECTED"),
}
"""Of two hundred; all others are in Escala."""


def main() -> None:
    """Fills, signs in, tells."""
    from siigo_escala.cli import setup

    environment = setup.prepared()
    from siigo_escala.web import signing

    signing.use_keys(environment)
    found = _fill(int(sys.argv[1]))
    print(json.dumps({"cookie": _cookie(), **found}))


def _fill(wanted: int) -> dict[str, Any]:
    from django.db import connection as database

    from siigo_escala.store import models

    templates = list(models.Invoice.objects.filter(deal_id__isnull=False).order_by("pk"))
    customers = {row.siigo_id: row for row in models.KnownCustomer.objects.all()}
    missing = wanted - models.Invoice.objects.count()
    _customers(customers, missing // _PER_CUSTOMER + 1)
    deals = {row.deal_id: row for row in models.KnownDeal.objects.all()}
    today = datetime.now(UTC).date()
    for first in range(0, missing, _CHUNK):
        _invoices(range(first, min(first + _CHUNK, missing)), missing, templates, deals, today)
    with database.cursor() as cursor:
        # What every database does by itself after a while.
        cursor.execute("VACUUM (ANALYZE)" if database.vendor == "postgresql" else "ANALYZE")
    row = models.Invoice.objects.filter(name=f"FV-9-{missing // 2}").get()
    return {
        "number": f"9-{missing // 2}",
        "plain_number": str(missing // 2),
        "nit": row.customer,
        "customer": "Empresa copiada 17",
        "value": f"{row.value:.2f}".replace(".", ","),
        "siigo_id": row.siigo_id,
        "seller": str(row.seller or ""),
        "rows": models.Invoice.objects.count(),
    }


def _customers(known: dict[str, Any], count: int) -> None:
    from siigo_escala.store import models

    (one, *_) = known.values()
    for first in range(0, count, _CHUNK):
        models.KnownCustomer.objects.bulk_create(
            models.KnownCustomer(
                company_id=one.company_id,
                siigo_id=f"copia-{number}",
                identity=str(700_000_000 + number),
                words=f"empresa copiada {number} sas",
                record={
                    **one.record,
                    "id": f"copia-{number}",
                    "identification": str(700_000_000 + number),
                    "names": [f"Empresa copiada {number} S.A.S."],
                },
                read_at=one.read_at,
            )
            for number in range(first, min(first + _CHUNK, count))
        )


def _invoices(numbers: range, missing: int, templates: list[Any], deals: dict[str, Any], today: date) -> None:
    from siigo_escala.store import models

    made, copied = [], []
    for number in numbers:
        one = templates[number % len(templates)]
        values = {field.attname: getattr(one, field.attname) for field in one._meta.concrete_fields}
        day = today - timedelta(days=365 * _YEARS * (missing - number) // missing)
        customer = number // _PER_CUSTOMER
        deal = deals.get(one.deal_id)
        state, code = _STATES.get(number % 200, ("in_escala", ""))
        values |= {
            "id": None,
            "siigo_id": f"copia-{number}",
            "name": f"FV-9-{number}",
            "date": day,
            # What was made within the last hour must be in Escala's list.
            "sent_at": datetime.combine(day, time(12), tzinfo=UTC) - timedelta(days=2),
            "customer": str(700_000_000 + customer),
            "customer_id": f"copia-{customer}",
            "deal_id": f"copia-{number}" if state == "in_escala" else None,
            "state": state,
            "code": code,
            "due": False,
        }
        made.append(models.Invoice(**values))
        if deal is not None and state == "in_escala":
            told = {field.attname: getattr(deal, field.attname) for field in deal._meta.concrete_fields}
            copied.append(models.KnownDeal(**told | {"id": None, "deal_id": f"copia-{number}"}))
    models.Invoice.objects.bulk_create(made)
    models.KnownDeal.objects.bulk_create(copied)
    rows = models.Invoice.objects.filter(siigo_id__in=[one.siigo_id for one in made])
    moment = datetime.now(UTC) - timedelta(days=1)
    models.InvoiceEvent.objects.bulk_create(
        models.InvoiceEvent(invoice_id=pk, at=moment, kind=kind)
        for pk in rows.values_list("pk", flat=True)
        for kind in ("decided", "created")
    )


def _cookie() -> str:
    """Of somebody who has signed in."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib import auth

    from siigo_escala.store import models

    user = models.User.objects.make("medir@acme.example", None, is_installer=True)
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[auth.SESSION_KEY] = str(user.pk)
    session[auth.BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[auth.HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


if __name__ == "__main__":
    main()
