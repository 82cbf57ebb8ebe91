"""A Siigo customer as the contact it becomes in Escala."""

from __future__ import annotations

from dataclasses import dataclass

from siigo_escala.domain import identity, text
from siigo_escala.domain.accounting import Customer
from siigo_escala.domain.crm import ContactDraft

_NAME_LIMIT = 255
_SHOWN = 80
"""So much of what is not valid is shown to people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A contact to be made, and a Spanish sentence for each thing of the customer that it does not carry."""

    contact: ContactDraft
    left_out: tuple[str, ...] = ()


def draft(customer: Customer, *, field: str, owner: str, send_email: bool, send_phone: bool) -> Drafted:
    """The contact for a customer: a person by first and last names, a company by its name in both places.

    `field` is the custom field that gets exactly Siigo's identification. An e-mail or phone that belongs to
    another contact is not sent (`send_email`, `send_phone`); one without valid form never is.
    Source: docs/reference/escala-api.md, sections 3.1 and 3.2.
    """
    first, last, company = _names(customer)
    email, phone = email_of(customer), phone_of(customer)
    return Drafted(
        contact=ContactDraft(
            first_name=first,
            last_name=last,
            company_name=company,
            email=(email or "") if send_email else "",
            phone=(phone or "") if send_phone else "",
            address=text.line(customer.address, limit=_NAME_LIMIT),
            city=text.line(customer.city, limit=_NAME_LIMIT),
            state=text.line(customer.state, limit=_NAME_LIMIT),
            country=text.line(customer.country, limit=_NAME_LIMIT),
            owner=owner,
            custom={field: customer.identification} if field else {},
        ),
        left_out=(
            *(f"El correo «{typed}» no es válido y no se envió." for typed in _invalid_emails(customer)),
            *(f"El teléfono «{typed}» no es válido y no se envió." for typed in _invalid_phones(customer)),
            *([] if send_email or email is None else [f"El correo {email} ya es de otro contacto."]),
            *([] if send_phone or phone is None else [f"El teléfono {phone} ya es de otro contacto."]),
        ),
    )


def display_name(customer: Customer) -> str:
    """The customer's name as people read it; the commercial one, or its identification, where it has none."""
    names = _own_names(customer) or [text.line(customer.commercial_name, limit=_NAME_LIMIT)]
    return " ".join(name for name in names if name) or f"Cliente {text.line(customer.identification)}".strip()


def email_of(customer: Customer) -> str | None:
    """The customer's e-mail: the first contact person's, else that of the next who has one."""
    valid = (identity.email(person.email) for person in customer.contacts)
    return next((address for address in valid if address is not None), None)


def phone_of(customer: Customer) -> str | None:
    """The customer's phone: a contact person's as in `email_of`, else the first of its own."""
    valid = (identity.phone(typed) for typed in _typed_phones(customer))
    return next((number for number in valid if number is not None), None)


def _names(customer: Customer) -> tuple[str, str, str]:
    names = _own_names(customer)
    if customer.is_company:
        company = display_name(customer)
        return company, "", company
    if not names:
        return display_name(customer), "", ""
    return names[0], text.cut(" ".join(names[1:]), _NAME_LIMIT), ""


def _own_names(customer: Customer) -> list[str]:
    """The names without the dots and dashes that Siigo's users type where a name is demanded."""
    names = (text.line(name, limit=_NAME_LIMIT) for name in customer.names)
    return [name for name in names if any(character.isalnum() for character in name)]


def _typed_phones(customer: Customer) -> list[str]:
    return [*(person.phone for person in customer.contacts), *customer.phones[:1]]


def _invalid_emails(customer: Customer) -> list[str]:
    typed = (person.email for person in customer.contacts if text.line(person.email))
    return [text.line(address, limit=_SHOWN) for address in typed if identity.email(address) is None]


def _invalid_phones(customer: Customer) -> list[str]:
    typed = (number for number in _typed_phones(customer) if text.line(number))
    return [text.line(number, limit=_SHOWN) for number in typed if identity.phone(number) is None]
