"""What both systems have that an invoice is made of: asked for once a run, where something is made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from siigo_escala.domain import fitness
from siigo_escala.domain.accounting import Seller, SellerId
from siigo_escala.domain.crm import Deal, Pipeline, Place, Product, ProductId
from siigo_escala.domain.mapping import contact_to_customer, deal_to_invoice
from siigo_escala.domain.planning import NeedsAttention
from siigo_escala.domain.reasons import Code
from siigo_escala.domain.selling import Basis, City, SiigoProduct
from siigo_escala.store.models import EscalaAccount, SiigoCompany
from siigo_escala.sync import look
from siigo_escala.sync.session import Session

_CITIES_FOR = timedelta(days=1)
"""Where a customer is to be made, the cities of Siigo's customers are read once a day."""


class Known:
    """The catalogues of one run."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._basis: Basis | NeedsAttention | None = None
        self._codes: dict[str, SiigoProduct] = {}
        self._asked: set[str] = set()
        self._escala_products: dict[ProductId, Product] = {}
        self._products_read = False

    def basis(self) -> Basis | NeedsAttention:
        """What deals are translated with, or what holds every invoice until the rules are mended."""
        if self._basis is None:
            self._basis = self._read()
        return self._basis

    def products_of(self, deal: Deal, basis: Basis) -> None:
        """Learns the products of a deal, in both systems."""
        if deal.lines and basis.rules.lines == "products" and not self._products_read:
            self._products_read = True
            for page in self._session.escala.products():
                self._escala_products |= {product.id: product for product in page}
        for code in deal_to_invoice.codes_of(deal, basis):
            if code not in self._asked:
                self._asked.add(code)
                found = self._session.siigo.products_coded(code)
                # One code, one product; an active one before others.
                for product in sorted(found, key=lambda one: one.active):
                    self._codes[code] = product

    def _read(self) -> Basis | NeedsAttention:
        session, rules = self._session, self._session.file.invoices
        kinds = session.siigo.document_types()
        payments = session.siigo.payment_types()
        taxes = session.siigo.taxes()
        sellers = session.siigo.users()
        found = fitness.examined(
            rules, document_types=kinds, payment_types=payments, taxes=taxes, sellers=sellers
        )
        if isinstance(found, fitness.Unfit):
            fix = f"Corrija sus reglas («{found.key}») o actívelo en Siigo"
            return NeedsAttention(code=Code.SIIGO_REFUSED, data={"why": found.why, "fix": fix})
        return Basis(
            rules=rules,
            document_type=found.document_type,
            payment_type=found.payment_type,
            taxes={tax.id: tax for tax in taxes},
            seller=found.seller.id,
            sellers=_linked(session, sellers),
            siigo_products=self._codes,
            escala_products=self._escala_products,
        )


def trigger_gone(session: Session, pipelines: tuple[Pipeline, ...]) -> NeedsAttention | None:
    """Whether the stage that makes invoices still stands; every invoice is held where it does not."""
    connection, rules = session.connection, session.file.invoices
    EscalaAccount.objects.filter(pk=connection.escala_id).update(pipelines=look.to_json(pipelines))
    pipeline = next((known for known in pipelines if known.id == connection.pipeline_id), None)
    if pipeline is None:
        return NeedsAttention(code=Code.PIPELINE_GONE, data={"pipeline": rules.trigger_pipeline})
    if all(stage.id != connection.stage_id for stage in pipeline.stages):
        return NeedsAttention(code=Code.STAGE_GONE, data={"stage": rules.trigger_stage})
    return None


def cities(session: Session, wanted: Place) -> list[City]:
    """The cities of this company's own customers, read anew at most once a day.

    Not where they hold the wanted one: of the rest, Siigo may since have one of this name in its department.
    """
    company = SiigoCompany.objects.get(pk=session.connection.siigo_id)
    known = [City(**one) for one in company.cities]
    fresh = company.cities_at is not None and session.now() - company.cities_at < _CITIES_FOR
    if fresh or contact_to_customer.is_known(wanted, known):
        return known
    found: dict[str, City] = {}
    for page in session.siigo.cities():
        session.check_stop()
        found |= {city.code: city for city in page.records if city is not None}
    with session.index():
        company.cities = [_plain(city) for city in found.values()]
        company.cities_at = session.now()
        company.save(update_fields=["cities", "cities_at"])
    return list(found.values())


def _plain(city: City) -> dict[str, Any]:
    return {
        "name": city.name,
        "state": city.state,
        "code": city.code,
        "state_code": city.state_code,
        "country_code": city.country_code,
    }


def _linked(session: Session, sellers: Sequence[Seller]) -> dict[str, SellerId]:
    """Siigo seller by Escala user; of two sellers linked with one user the first one."""
    linked: dict[str, SellerId] = {}
    for key, owner in session.file.sellers.items():
        found = fitness.seller_named(key, sellers)
        if found is not None:
            linked.setdefault(owner.strip().casefold(), found.id)
    return linked
