"""One invoice on its way to Escala, and what comes back of each of its calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from django.db import connections

from siigo_escala.domain.crm import Contact, ContactDraft, ContactId, DealDraft
from siigo_escala.escala.outcomes import Made
from siigo_escala.rest.errors import RemoteError
from siigo_escala.sync import changes
from siigo_escala.sync.session import Stopped
from siigo_escala.sync.step import Step

Phase = Literal["contact", "look_again", "fill", "deal", "update"]


@dataclass(slots=True, kw_only=True)
class Job:
    """One invoice under way: its contact (when missing), then its deal; or the update of a bound deal."""

    step: Step
    phase: Phase
    keys: frozenset[str]
    """What no other write under way may share: identification, e-mail and phone, or the deal."""
    contact_id: ContactId | None = None
    contact: ContactDraft | None = None
    deal: DealDraft | None = None
    found_id: ContactId | None = None


@dataclass(frozen=True, slots=True)
class NotBegun:
    """The call was not made: what happened while it waited for a connection must be seen to first."""


Outcome = NotBegun | Made | Contact | changes.Filled | changes.Followed | RemoteError | Stopped


def outcome_of(call: Callable[[], Outcome]) -> Outcome:
    """A call's answer or its failure as a value, so that it comes back to the run's thread."""
    try:
        return call()
    except (RemoteError, Stopped) as problem:
        # A stop comes while a call waits for its turn or for a limit: it was not sent.
        return problem
    finally:
        # The client may have kept what it learned of the account: what this thread opened ends with the call.
        connections.close_all()
