"""Which Escala product is a Siigo code: the catalogue read once a day, an unknown code asked once a day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from siigo_escala.domain.crm import Product, ProductDraft, ProductId
from siigo_escala.domain.reasons import Code
from siigo_escala.rest.errors import AccessDenied, RemoteError
from siigo_escala.store import models
from siigo_escala.store.models import EscalaAccount
from siigo_escala.sync import escala_index
from siigo_escala.sync.session import Session

_DAY = timedelta(days=1)


def by_code(session: Session, codes: Collection[str]) -> dict[str, ProductId]:
    """The product of each Siigo code that Escala has; of two with one SKU the older."""
    if session.file.opportunities.products == "none" or not codes:
        return {}
    read_now = _refresh(session)
    found = indexed(session, codes)
    if not read_now:
        for code in sorted(set(codes) - found.keys()):
            _ask(session, code)
        found = indexed(session, codes)
    return found


def register(session: Session, draft: ProductDraft) -> ProductId | None:
    """Registers a product that Escala lacks; None where it was refused or its outcome is not certain."""
    try:
        made = session.escala.create_product(draft)
    except AccessDenied:
        raise
    except RemoteError:
        _look_up(session, draft.sku)
        return indexed(session, [draft.sku]).get(draft.sku)
    product_id = ProductId(made.id)
    # Escala may have answered with a product that it had under another spelling: its row is here already.
    known = Product(id=product_id, sku=draft.sku, created=session.now())
    with session.index():
        escala_index.keep_products(session, [known])
    return product_id


def _refresh(session: Session) -> bool:
    """Reads the catalogue where the last read is a day old; True where it was read in this run."""
    if session.products_read:
        return True
    account = EscalaAccount.objects.get(pk=session.connection.escala_id)
    now = session.now()
    if account.products_read_at is not None and now - account.products_read_at < _DAY:
        return False
    session.products_read = True
    listing = session.escala.products()
    ids: set[str] = set()
    try:
        for page in listing:
            session.check_stop()
            with session.index():
                escala_index.keep_products(session, page)
            ids |= {product.id for product in page}
    except AccessDenied:
        raise
    except RemoteError:
        # One failing resource never stops the others: the value counts, the products can be added by hand.
        session.tally.note(Code.PRODUCTS_UNREADABLE)
        return True
    if listing.ending is not None and listing.ending.complete:
        models.KnownProduct.objects.filter(escala=account).exclude(product_id__in=ids).delete()
        EscalaAccount.objects.filter(pk=account.pk).update(products_read_at=now)
    return True


def indexed(session: Session, codes: Collection[str]) -> dict[str, ProductId]:
    """The product of each code, from the index alone."""
    found: dict[str, ProductId] = {}
    wanted = sorted(codes)
    for start in range(0, len(wanted), 500):
        rows = models.KnownProduct.objects.filter(
            escala_id=session.connection.escala_id, sku__in=wanted[start : start + 500]
        ).order_by("created", "pk")
        for row in rows:
            found.setdefault(row.sku, ProductId(row.product_id))
    return found


def _ask(session: Session, code: str) -> None:
    """Asks for one code, unless it was asked for within a day."""
    now = session.now()
    recent = models.MissingSku.objects.filter(
        escala_id=session.connection.escala_id, sku=code[:255], asked_at__gt=now - _DAY
    )
    if recent.exists():
        return
    if _look_up(session, code) == ():
        models.MissingSku.objects.update_or_create(
            escala_id=session.connection.escala_id, sku=code[:255], defaults={"asked_at": now}
        )


def _look_up(session: Session, code: str) -> tuple[Product, ...] | None:
    """Escala's products of this code, now in the index; None where it does not say."""
    try:
        found = session.escala.products_with_sku(code)
    except AccessDenied:
        raise
    except RemoteError:
        return None
    with session.index():
        escala_index.keep_products(session, found)
    return found
