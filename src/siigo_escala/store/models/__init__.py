"""Everything siigo-escala remembers, one subject a file."""

from siigo_escala.store.models.account import CallHour, EscalaAccount, Limit, SiigoCompany
from siigo_escala.store.models.audit import AuditEntry
from siigo_escala.store.models.connection import Connection
from siigo_escala.store.models.drafts import ConnectionDraft, Errand
from siigo_escala.store.models.engine import Alert, Request, Turn
from siigo_escala.store.models.erasure import Erasure
from siigo_escala.store.models.known import (
    ContactBinding,
    ContactKey,
    DealWord,
    KnownContact,
    KnownCustomer,
    KnownDeal,
    KnownProduct,
    MissingSku,
)
from siigo_escala.store.models.ledger import CreditNote, Invoice, InvoiceEvent, State
from siigo_escala.store.models.opportunity import Invoicing, Opportunity, OpportunityEvent
from siigo_escala.store.models.people import Membership, Role, StartCode, User
from siigo_escala.store.models.rule_drafts import RuleDraft
from siigo_escala.store.models.run import Run
from siigo_escala.store.models.saving import insert_rows, insert_values, save_rows

__all__ = [
    "Alert",
    "AuditEntry",
    "CallHour",
    "Connection",
    "ConnectionDraft",
    "ContactBinding",
    "ContactKey",
    "CreditNote",
    "DealWord",
    "Erasure",
    "Errand",
    "EscalaAccount",
    "Invoice",
    "InvoiceEvent",
    "Invoicing",
    "KnownContact",
    "KnownCustomer",
    "KnownDeal",
    "KnownProduct",
    "Limit",
    "Membership",
    "MissingSku",
    "Opportunity",
    "OpportunityEvent",
    "Request",
    "Role",
    "RuleDraft",
    "Run",
    "SiigoCompany",
    "StartCode",
    "State",
    "Turn",
    "User",
    "insert_rows",
    "insert_values",
    "save_rows",
]
