"""Whose invoice it is: the Siigo customer of a contact, by identification alone, never by name."""

from __future__ import annotations

from dataclasses import dataclass

from siigo_escala.domain import identity, siigo_refusals_es
from siigo_escala.domain.accounting import Customer
from siigo_escala.domain.crm import Contact
from siigo_escala.domain.mapping import contact_to_customer
from siigo_escala.domain.planning import NeedsAttention
from siigo_escala.domain.reasons import Code
from siigo_escala.domain.selling import CustomerDraft
from siigo_escala.sync.invoicing import knowing
from siigo_escala.sync.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """A customer that Siigo has, or `draft`: one to be registered before the invoice."""

    identification: str
    branch: int = 0
    draft: CustomerDraft | None = None


class Buyers:
    """The customers of one run. Each identification is asked for once, unless something was written."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, Buyer] = {}
        self._absent: set[str] = set()

    def of(self, contact: Contact) -> Buyer | NeedsAttention:
        """The customer of a contact; NeedsAttention where it is missing, doubtful or cannot be used."""
        typed = contact_to_customer.stored(contact, self._session.file.invoices)
        if typed in self._known:
            return self._known[typed]
        found = None if typed in self._absent else self._found(typed)
        if isinstance(found, NeedsAttention):
            return found
        if found is None:
            buyer = self._to_be_made(contact, typed)
            if isinstance(buyer, NeedsAttention):
                self._absent.add(typed)
            return buyer
        self._known[typed] = found
        return found

    def made(self, contact: Contact, customer: Customer) -> None:
        """A customer was registered for this contact."""
        typed = contact_to_customer.stored(contact, self._session.file.invoices)
        self._known[typed] = Buyer(identification=customer.identification, branch=customer.branch)

    def _found(self, typed: str) -> Buyer | NeedsAttention | None:
        wanted = identity.stored_keys(typed)
        of_number: dict[str, list[Customer]] = {}
        for number in contact_to_customer.numbers(typed):
            for one in self._session.siigo.customers_identified(number):
                if wanted & identity.customer_keys(id_type=one.id_type, identification=one.identification):
                    of_number.setdefault(one.identification, []).append(one)
        if len(of_number) > 1:
            return NeedsAttention(code=Code.CUSTOMER_AMBIGUOUS, data={"customers": sorted(of_number)})
        if not of_number:
            return None
        ((identification, rows),) = of_number.items()
        active = sorted((one for one in rows if one.active), key=lambda one: one.branch)
        if not active:
            return NeedsAttention(code=Code.CUSTOMER_INACTIVE, data={"customer": identification})
        usable = [one for one in active if not one.contactless]
        if not usable:
            # Siigo would say so, too; told before anything is sent, it is over once Siigo has a contact.
            return siigo_refusals_es.refused(["customer_settings"], said="")
        return Buyer(identification=identification, branch=usable[0].branch)

    def _to_be_made(self, contact: Contact, typed: str) -> Buyer | NeedsAttention:
        rules = self._session.file.invoices
        if not rules.create_customers:
            return contact_to_customer.missing(
                "el cliente en Siigo (regístrelo allá, o use «create_customers = true»)", customer=typed
            )
        place = contact.place
        cities = knowing.cities(self._session, place) if place is not None and place.city else []
        draft = contact_to_customer.draft(contact, rules=rules, cities=cities)
        if isinstance(draft, NeedsAttention):
            return draft
        return Buyer(identification=draft.identification, draft=draft)
