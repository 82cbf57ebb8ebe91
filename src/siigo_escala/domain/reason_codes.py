"""Every reason as a code, and the shape in which the catalogue explains one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Group = Literal["excluded", "needs_attention", "failed", "notice", "configuration", "access"]
"""Where a code appears: on an invoice (the first three), beside a run, or instead of one (the last two)."""


class Code(StrEnum):
    """Why something was not sent, or not as it stands in Siigo. Names are public interface."""

    # excluded: the rules or a person leave it out
    INVOICE_ANNULLED = "INVOICE_ANNULLED"
    BEFORE_START = "BEFORE_START"
    DOCUMENT_TYPE_LEFT_OUT = "DOCUMENT_TYPE_LEFT_OUT"
    NOT_ACCEPTED_YET = "NOT_ACCEPTED_YET"
    WALK_IN_BUYER = "WALK_IN_BUYER"
    SELLER_UNLINKED = "SELLER_UNLINKED"
    BORN_IN_ESCALA = "BORN_IN_ESCALA"
    IGNORED_BY_PERSON = "IGNORED_BY_PERSON"
    DEAL_DELETED = "DEAL_DELETED"
    ALREADY_IN_STAGE = "ALREADY_IN_STAGE"
    NOT_IN_STAGE = "NOT_IN_STAGE"
    BORN_IN_SIIGO = "BORN_IN_SIIGO"
    INVOICED_ELSEWHERE = "INVOICED_ELSEWHERE"
    # needs attention: a person decides or mends
    INVOICE_ANNULLED_LATER = "INVOICE_ANNULLED_LATER"
    INVOICE_DELETED = "INVOICE_DELETED"
    INVOICE_CREDITED = "INVOICE_CREDITED"
    INVOICE_CREDITED_PARTLY = "INVOICE_CREDITED_PARTLY"
    INVOICE_EDITED = "INVOICE_EDITED"
    DEAL_FOUND_TWICE = "DEAL_FOUND_TWICE"
    DEAL_NAME_TAKEN = "DEAL_NAME_TAKEN"
    POSSIBLE_TWIN = "POSSIBLE_TWIN"
    INVOICE_NAME_TWICE = "INVOICE_NAME_TWICE"
    OTHER_WRITER_SEEN = "OTHER_WRITER_SEEN"
    DECISION_NOT_POSSIBLE = "DECISION_NOT_POSSIBLE"
    CONTACT_AMBIGUOUS = "CONTACT_AMBIGUOUS"
    CONTACT_REFUSED = "CONTACT_REFUSED"
    CONTACT_DATA_MISSING = "CONTACT_DATA_MISSING"
    CUSTOMER_MISSING = "CUSTOMER_MISSING"
    VALUE_INVALID = "VALUE_INVALID"
    FIELD_REFUSED = "FIELD_REFUSED"
    OWNER_REFUSED = "OWNER_REFUSED"
    STAGE_GONE = "STAGE_GONE"
    PIPELINE_GONE = "PIPELINE_GONE"
    FIELD_GONE = "FIELD_GONE"
    UPDATE_NOT_POSSIBLE = "UPDATE_NOT_POSSIBLE"
    CUSTOMER_DATA_MISSING = "CUSTOMER_DATA_MISSING"
    VALUE_DIFFERS = "VALUE_DIFFERS"
    PRODUCT_UNKNOWN_IN_SIIGO = "PRODUCT_UNKNOWN_IN_SIIGO"
    CUSTOMER_INACTIVE = "CUSTOMER_INACTIVE"
    CUSTOMER_AMBIGUOUS = "CUSTOMER_AMBIGUOUS"
    SIIGO_REFUSED = "SIIGO_REFUSED"
    SIIGO_ERROR = "SIIGO_ERROR"
    TOTAL_DIFFERS = "TOTAL_DIFFERS"
    DRAFT_UNCONFIRMED = "DRAFT_UNCONFIRMED"
    DRY_RUN_NEEDED = "DRY_RUN_NEEDED"
    OPPORTUNITY_EDITED = "OPPORTUNITY_EDITED"
    INVOICE_STANDS = "INVOICE_STANDS"
    INVOICE_UNDONE = "INVOICE_UNDONE"
    INVOICE_BY_HAND = "INVOICE_BY_HAND"
    # failed: tried again by itself
    ESCALA_ERROR = "ESCALA_ERROR"
    UNEXPECTED_ANSWER = "UNEXPECTED_ANSWER"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    NOT_REACHED = "NOT_REACHED"
    INVOICE_NOT_FOUND = "INVOICE_NOT_FOUND"
    OPPORTUNITY_NOT_FOUND = "OPPORTUNITY_NOT_FOUND"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    # notices: the run goes on
    CREDIT_NOTES_UNREADABLE = "CREDIT_NOTES_UNREADABLE"
    CREDIT_NOTE_UNREADABLE = "CREDIT_NOTE_UNREADABLE"
    PRODUCTS_UNREADABLE = "PRODUCTS_UNREADABLE"
    ESCALA_LIST_INCOMPLETE = "ESCALA_LIST_INCOMPLETE"
    CONTACT_DATA_LEFT_OUT = "CONTACT_DATA_LEFT_OUT"
    DEAL_ADOPTED = "DEAL_ADOPTED"
    NUMBER_NOT_WRITTEN = "NUMBER_NOT_WRITTEN"
    WRITES_RESTED = "WRITES_RESTED"
    # configuration: no run takes place until something here is put right
    USAGE = "USAGE"
    ENVIRONMENT_INVALID = "ENVIRONMENT_INVALID"
    FILE_MISSING = "FILE_MISSING"
    FILE_INVALID = "FILE_INVALID"
    SECRET_MISSING = "SECRET_MISSING"  # noqa: S105 - a code, no secret
    CONNECTION_UNKNOWN = "CONNECTION_UNKNOWN"
    ALERTS_MISSING = "ALERTS_MISSING"
    ACCOUNTS_TAKEN = "ACCOUNTS_TAKEN"
    MARK_NEEDED = "MARK_NEEDED"
    OTHER_COMPANY = "OTHER_COMPANY"
    KEY_MISSING = "KEY_MISSING"
    SCHEMA_OLD = "SCHEMA_OLD"
    SCHEMA_NEWER = "SCHEMA_NEWER"
    STORAGE_FAILED = "STORAGE_FAILED"
    FILE_EXISTS = "FILE_EXISTS"
    ARCHIVE_INVALID = "ARCHIVE_INVALID"
    HOME_NOT_EMPTY = "HOME_NOT_EMPTY"
    RUN_IN_PROGRESS = "RUN_IN_PROGRESS"
    # access: a remote system does not let us in, or we stay out by ourselves
    CREDENTIALS_REFUSED = "CREDENTIALS_REFUSED"
    CREDENTIALS_MISSING = "CREDENTIALS_MISSING"
    USER_BLOCKED = "USER_BLOCKED"
    BRAKED = "BRAKED"
    RUN_CRASHES = "RUN_CRASHES"
    SIIGO_UNREACHABLE = "SIIGO_UNREACHABLE"
    ESCALA_UNREACHABLE = "ESCALA_UNREACHABLE"
    INTERRUPTED = "INTERRUPTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One entry of the catalogue, in Spanish.

    `text` (what happened, with data in it) and `remedy` (what a person can do) are templates: `{key}` is a
    value; a part in square brackets is left out where a value inside it is missing.
    """

    code: Code
    group: Group
    title: str
    text: str
    cause: str
    remedy: str
    button: str = ""
    """What does the remedy on the screens; empty: nothing to press."""
    of_deal: tuple[str, str] | None = None
    """`text` and `remedy` where the record is an opportunity; None: the same."""
    of_adopted: str = ""
    """`remedy` where the invoice's opportunity was adopted, so that no rule changes it; empty: the same."""
