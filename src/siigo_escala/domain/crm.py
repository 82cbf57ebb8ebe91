"""The Escala side as records: contacts, deals ("oportunidades"), products, pipelines and stages.

`value` is in the account's currency as `Decimal`; instants are aware UTC. Nothing here knows Escala's JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, NewType

ContactId = NewType("ContactId", str)
DealId = NewType("DealId", str)
ProductId = NewType("ProductId", str)
PipelineId = NewType("PipelineId", str)
StageId = NewType("StageId", str)

UNASSIGNED = "unassigned"

Scalar = str | int | Decimal | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a contact is, as typed there."""

    address: str = ""
    city: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact as read. E-mails and phones hold the principal and every alternative one, as stored there."""

    id: ContactId
    first_name: str = ""
    last_name: str = ""
    company_name: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    owner: str = UNASSIGNED
    custom: Mapping[str, Scalar] = field(default_factory=dict)
    created: datetime | None = None
    modified: datetime | None = None
    modified_text: str = ""
    """`modified` exactly as received: sent back as `since`."""
    place: Place | None = None
    """Only where one contact was asked for by its id: an index has no use for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDraft:
    """A contact to be made. Empty strings are not sent."""

    first_name: str
    last_name: str = ""
    company_name: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    city: str = ""
    state: str = ""
    country: str = ""
    owner: str = UNASSIGNED
    notes: str = ""
    custom: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DealLine:
    """A product inside a deal. `quantity` None: the answer did not say."""

    product_id: ProductId
    quantity: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """A deal as read. `description`, `lines` None: this answer left them out, as lists do."""

    id: DealId
    name: str = ""
    contact_id: ContactId | None = None
    pipeline_id: PipelineId | None = None
    stage_id: StageId | None = None
    owner: str = UNASSIGNED
    value: Decimal | None = None
    description: str | None = None
    lines: tuple[DealLine, ...] | None = None
    custom: Mapping[str, Scalar] = field(default_factory=dict)
    chosen: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Custom values of several parts, as options that were chosen: not read, only seen to stay."""
    created: datetime | None = None
    modified: datetime | None = None
    modified_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DealDraft:
    """A deal to be made. `value` stands as it is: the products never recompute it."""

    name: str
    contact_id: ContactId
    pipeline_id: PipelineId
    stage_id: StageId
    owner: str
    value: Decimal
    description: str = ""
    lines: tuple[DealLine, ...] = ()
    custom: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DealChange:
    """What an update of ours may touch and nothing else: value, products, our block of the description.

    None leaves a part as it is; of `custom` the named fields are set.
    """

    value: Decimal | None = None
    lines: tuple[DealLine, ...] | None = None
    description: str | None = None
    stage_id: StageId | None = None
    """Only `on_annulled = "lost_stage"` sets it."""
    custom: Mapping[str, Scalar] = field(default_factory=dict)
    """Only the direction that makes invoices sets it: the invoice's number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product of the catalogue."""

    id: ProductId
    sku: str = ""
    name: str = ""
    price: Decimal | None = None
    created: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDraft:
    """A product to be registered. `name` is cut at 255 and `sku` at 40 characters by the client."""

    sku: str
    name: str
    price: Decimal
    currency: str = "COP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage ("etapa") of a pipeline."""

    id: StageId
    name: str
    kind: Literal["open", "won", "lost", "other"] = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """A pipeline and its stages in board order."""

    id: PipelineId
    name: str
    stages: tuple[Stage, ...] = ()
