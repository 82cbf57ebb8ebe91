"""Both clients, ready to call: joins environment, sealed credentials, limiter, token cache and counts."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import MappingProxyType

from siigo_escala.config.env import Environment
from siigo_escala.escala.capabilities import Capabilities
from siigo_escala.escala.capabilities import to_json as kept_form
from siigo_escala.escala.client import EscalaClient
from siigo_escala.rest.errors import System
from siigo_escala.rest.limiter import Limiter, NoLimit
from siigo_escala.rest.patience import Patience
from siigo_escala.rest.transport import Answer, Ask, Call, Transport
from siigo_escala.siigo.client import SiigoClient
from siigo_escala.siigo.token import SignIn, TokenSource, TokenStore
from siigo_escala.store import models
from siigo_escala.store.counting import CallCounter
from siigo_escala.store.limiter import SqlLimiter
from siigo_escala.store.models import EscalaAccount, SiigoCompany
from siigo_escala.store.vault import Vault
from siigo_escala.sync.brake import Brake

_SIIGO_WINDOW_S = 61.0
"""A minute and a margin: calls take different times to arrive, and Siigo counts arrivals."""
_ESCALA_MARGIN = 1.03
_SIIGO_TIMEOUT_S = 120.0
_ESCALA_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What opens both accounts. Never shown, never logged."""

    siigo_username: str
    siigo_key: str
    escala_key: str

    def __repr__(self) -> str:
        return f"Credentials(siigo_username={self.siigo_username!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """Both clients and what must be closed after them."""

    siigo: SiigoClient
    escala: EscalaClient
    closing: tuple[Callable[[], None], ...]

    def close(self) -> None:
        """Gives connections back."""
        for close in self.closing:
            close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What holds a pair of clients to less than a run may use: calls, seconds; and who sees their answers.

    `limited` goes around each system's limiter, `longest_s` says what a call of it may still last.
    """

    limited: Callable[[System, Limiter], Limiter] = lambda _, limiter: limiter
    longest_s: Callable[[System], float] = lambda _: math.inf
    on_answer: Callable[[System, Ask, Answer], None] = lambda _system, _ask, _answer: None
    wait: Callable[[float], None] | None = None
    """How to wait, in place of the way the clients would."""


NO_BOUNDS = Bounds()


def siigo_interval_s(environment: Environment) -> float:
    """Seconds between two Siigo calls at the allowed rate; 0 without a limit."""
    return _SIIGO_WINDOW_S / environment.siigo_rate if environment.siigo_rate else 0.0


def escala_interval_s(environment: Environment) -> float:
    """Seconds between two Escala calls at the allowed rate; 0 without a limit."""
    return _ESCALA_MARGIN / environment.escala_rate if environment.escala_rate else 0.0


def build(
    environment: Environment,
    credentials: Credentials,
    *,
    siigo_account: str,
    escala_account: str,
    tokens: TokenStore,
    capabilities: Capabilities,
    on_learned: Callable[[Capabilities], None],
    on_call: Callable[[Call], None],
    now: Callable[[], datetime],
    counter: CallCounter | None = None,
    probing: bool = False,
    by_hand: bool = False,
    before_write: Callable[[], None] = lambda: None,
    wait: Callable[[float], None] = time.sleep,
    bounds: Bounds = NO_BOUNDS,
    siigo_writes: bool = False,
    type_codes: Mapping[int, str] = MappingProxyType({}),
) -> Clients:
    """Clients for one pair of accounts. `siigo_account`, `escala_account` name the limiter's rows.

    `type_codes`: the codes of Siigo's document types as read last, by id.

    `siigo_writes`: records will be made in Siigo, and no such call may last longer than it takes to settle.

    `probing`: the brake's pause has lasted for long enough to try a call; `by_hand`: a person tries one.
    """
    wait = bounds.wait or wait
    siigo_limit: Limiter = NoLimit(wait=wait)
    escala_limit: Limiter = NoLimit(wait=wait)
    closing: list[Callable[[], None]] = []
    if environment.siigo_rate:
        limiter = SqlLimiter(
            siigo_account, grants=environment.siigo_rate, window_s=_SIIGO_WINDOW_S, wait=wait
        )
        siigo_limit = limiter
        closing.append(limiter.close)
    if environment.escala_rate:
        # One grant per interval, not four per second: arrivals jitter, and a window must never hold five.
        limiter = SqlLimiter(escala_account, grants=1, window_s=escala_interval_s(environment), wait=wait)
        escala_limit = limiter
        closing.append(limiter.close)
    on_siigo_call = on_call
    if counter is not None:
        siigo_limit = brake = Brake(siigo_limit, counter, probing=probing, by_hand=by_hand)
        on_siigo_call = both(brake.count, on_call)
        closing.append(counter.close)
    write_s = min(_ESCALA_TIMEOUT_S, environment.settle_seconds)
    siigo = Transport(
        system="siigo",
        base_url=environment.siigo_url,
        limiter=bounds.limited("siigo", siigo_limit),
        patience=Patience(environment.patience_seconds),
        now=now,
        timeout_read_s=_SIIGO_TIMEOUT_S,
        timeout_write_s=write_s if siigo_writes else _SIIGO_TIMEOUT_S,
        max_connections=2,
        before_write=before_write,
        on_call=on_siigo_call,
        on_answer=partial(bounds.on_answer, "siigo"),
        longest_s=partial(bounds.longest_s, "siigo"),
        wait=wait,
    )
    escala = Transport(
        system="escala",
        base_url=environment.escala_url,
        limiter=bounds.limited("escala", escala_limit),
        patience=Patience(environment.patience_seconds),
        now=now,
        timeout_read_s=_ESCALA_TIMEOUT_S,
        timeout_write_s=write_s,
        max_connections=environment.escala_connections,
        before_write=before_write,
        on_call=on_call,
        on_answer=partial(bounds.on_answer, "escala"),
        longest_s=partial(bounds.longest_s, "escala"),
        wait=wait,
    )
    return Clients(
        siigo=SiigoClient(
            transport=siigo,
            tokens=TokenSource(
                sign_in=SignIn(
                    transport=siigo,
                    username=credentials.siigo_username,
                    access_key=credentials.siigo_key,
                    partner_id=environment.partner_id,
                ),
                store=tokens,
                now=now,
            ),
            partner_id=environment.partner_id,
            type_codes=type_codes,
        ),
        escala=EscalaClient(
            transport=escala, api_key=credentials.escala_key, capabilities=capabilities, on_learned=on_learned
        ),
        closing=(siigo.close, escala.close, *closing),
    )


def both(first: Callable[[Call], None], second: Callable[[Call], None]) -> Callable[[Call], None]:
    """Tells two listeners of each call."""

    def tell(call: Call) -> None:
        first(call)
        second(call)

    return tell


class StoredToken:
    """Siigo's token, kept sealed beside the company it belongs to."""

    def __init__(self, company: SiigoCompany, vault: Vault, *, username: str) -> None:
        self._company = company
        self._vault = vault
        self._username = username

    def load(self) -> tuple[str, datetime] | None:
        """The token and when it ends; None where there is none of this user."""
        row = (
            models.SiigoCompany.objects.filter(pk=self._company.pk, token_username=self._username)
            .values_list("token_sealed", "token_expires")
            .first()
        )
        if row is None or not row[0] or row[1] is None:
            return None
        if not self._vault.opens(row[0]):
            # Sealed while the key was changed: Siigo gives another.
            return None
        return self._vault.open(row[0]), row[1]

    def save(self, token: str, expires_at: datetime) -> None:
        """Keeps a new token."""
        models.SiigoCompany.objects.filter(pk=self._company.pk).update(
            token_sealed=self._vault.seal(token), token_expires=expires_at, token_username=self._username
        )


class Learned:
    """What an account's API was seen to do: told by network threads, kept by the run's own."""

    def __init__(self, account: EscalaAccount) -> None:
        self._account = account
        self._news: Capabilities | None = None

    def tell(self, capabilities: Capabilities) -> None:
        """Something new was seen."""
        self._news = capabilities

    def keep(self) -> None:
        """Stores what is new."""
        news, self._news = self._news, None
        if news is not None:
            models.EscalaAccount.objects.filter(pk=self._account.pk).update(capabilities=kept_form(news))
