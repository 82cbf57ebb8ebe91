"""What comes of a write to Escala."""

from __future__ import annotations

from dataclasses import dataclass, field

from siigo_escala.domain.crm import Contact, Deal, Product
from siigo_escala.rest.errors import RemoteError


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A record that was made. `record` only where the answer echoed it; `raw` is the answer's body.

    `without_products`: Escala refused the product lines, the deal was made without them.
    """

    id: str
    raw: str = field(default="", repr=False)
    record: Contact | Deal | Product | None = None
    without_products: bool = False


class UpdateImpossible(RemoteError):
    """This account's API has no way to change a record, or none that leaves the rest of it alone."""
