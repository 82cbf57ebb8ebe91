"""One writer per pair of accounts, without a clock.

The system itself frees the locks when their holder dies (store/locks.py); a stopped holder keeps them. Each
take-over raises both accounts' epochs, and every change of the ledger is conditional on them, so a holder
that lost its lock can write nothing (docs/adr/0004).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from django.db import connection, transaction
from django.db.models import F

from siigo_escala.store import locks
from siigo_escala.store.errors import LeaseLost, LeaseTaken, StoreProblem
from siigo_escala.store.locks import Lock
from siigo_escala.store.models import Connection, EscalaAccount, SiigoCompany

_POLL_S = 0.2
_GRACE_S = 0.05
"""Who only looks whether a lock is held has it for a moment: no reason to refuse a run."""
_OURS = (
    f"SELECT 1 FROM {SiigoCompany._meta.db_table} AS siigo, {EscalaAccount._meta.db_table} AS escala "
    "WHERE siigo.id = %s AND siigo.epoch = %s AND escala.id = %s AND escala.epoch = %s"
)
_FRESH_S = 2.0
"""So long after a proof a write may go out; a call that waited longer for its turn proves anew."""
_LOCKED = " FOR NO KEY UPDATE"
"""Keeps a take-over waiting until we commit; on SQLite the transaction itself does (BEGIN IMMEDIATE)."""


class Lease:
    """The right to write for one connection, until `release` or death."""

    def __init__(self, owner: Connection, held: list[Lock]) -> None:
        self._locks = held
        self._proven_at = -math.inf
        self._siigo_id, self._escala_id = owner.siigo_id, owner.escala_id
        with transaction.atomic():
            SiigoCompany.objects.filter(pk=self._siigo_id).update(epoch=F("epoch") + 1)
            EscalaAccount.objects.filter(pk=self._escala_id).update(epoch=F("epoch") + 1)
            self._siigo_epoch = SiigoCompany.objects.values_list("epoch", flat=True).get(pk=self._siigo_id)
            self._escala_epoch = EscalaAccount.objects.values_list("epoch", flat=True).get(pk=self._escala_id)

    def prove(self) -> None:
        """Locks and epochs are ours still, or LeaseLost. Asked before every write to a remote system."""
        asked = time.monotonic()
        if not all(lock.proven() for lock in self._locks) or not self._is_ours():
            raise LeaseLost
        self._proven_at = asked

    def prove_anew(self) -> None:
        """As `prove`, where the last proof is not fresh. Any thread may ask, over a connection of its own."""
        if time.monotonic() - self._proven_at > _FRESH_S:
            self.prove()

    @contextmanager
    def fence(self) -> Iterator[None]:
        """A transaction that commits only while both epochs are ours; else LeaseLost, nothing changed."""
        with transaction.atomic():
            if not self._is_ours(locking="" if connection.vendor == "sqlite" else _LOCKED):
                raise LeaseLost
            yield

    def release(self) -> None:
        """Frees the locks."""
        for lock in self._locks:
            lock.release()

    def _is_ours(self, *, locking: str = "") -> bool:
        """Whether nobody took either account over."""
        with connection.cursor() as cursor:
            cursor.execute(
                _OURS + locking,
                [self._siigo_id, self._siigo_epoch, self._escala_id, self._escala_epoch],
            )
            return cursor.fetchone() is not None


def take(owner: Connection, *, wait_s: float | None = 0.0) -> Lease:
    """The lease of a connection's two accounts; LeaseTaken after `wait_s` seconds (None: waits for ever)."""
    deadline = None if wait_s is None else time.monotonic() + max(wait_s, _GRACE_S)
    # Escala before Siigo, always: two runs that share an account cannot wait for each other in a circle.
    wanted = [("escala", owner.escala_id), ("siigo", owner.siigo_id)]
    while True:
        with ExitStack() as held:
            taken: list[Lock] = []
            for system, account_id in wanted:
                lock = locks.attempt(system, account_id)
                if lock is None:
                    break
                held.callback(lock.release)
                taken.append(lock)
            else:
                _must_stand(owner)
                lease = Lease(owner, taken)
                held.pop_all()
                return lease
        if deadline is not None and time.monotonic() >= deadline:
            raise LeaseTaken(
                f"Otra sincronización de «{owner.name}» está en curso: espere a que termine o use --wait."
            )
        time.sleep(_GRACE_S if wait_s == 0 else _POLL_S)


def _must_stand(owner: Connection) -> None:
    """The connection is the one that was opened: a restore may have put another in its place meanwhile."""
    same = Connection.objects.filter(
        pk=owner.pk,
        name=owner.name,
        created_at=owner.created_at,
        siigo_id=owner.siigo_id,
        escala_id=owner.escala_id,
    )
    if not same.exists():
        raise StoreProblem(
            "CONNECTION_UNKNOWN", f"La conexión «{owner.name}» cambió mientras tanto: repita la orden."
        )


@contextmanager
def nobody_runs() -> Iterator[None]:
    """Holds the locks of every account there is, so that no run is under way; else LeaseTaken."""
    accounts = [("escala", key) for key in EscalaAccount.objects.order_by("pk").values_list("pk", flat=True)]
    accounts += [("siigo", key) for key in SiigoCompany.objects.order_by("pk").values_list("pk", flat=True)]
    deadline = time.monotonic() + _GRACE_S
    with ExitStack() as held:
        for system, account_id in accounts:
            while (lock := locks.attempt(system, account_id)) is None and time.monotonic() < deadline:
                time.sleep(_GRACE_S / 3)
            if lock is None:
                raise LeaseTaken("Una sincronización está en curso: espere a que termine. No se cambió nada.")
            held.callback(lock.release)
        yield


def end_runs(owners: Iterable[Connection]) -> None:
    """Whoever holds a lease of these connections can write nothing any more, from this transaction on."""
    owners = list(owners)
    for model, keys in (
        (SiigoCompany, {one.siigo_id for one in owners}),
        (EscalaAccount, {one.escala_id for one in owners}),
    ):
        for key in sorted(keys):
            model.objects.filter(pk=key).update(epoch=F("epoch") + 1)


def is_held(owner: Connection) -> bool:
    """Whether somebody holds both locks of a connection's accounts at this moment.

    On SQLite they are tried and given back at once, which `take` bears: it asks more than once.
    """
    for system, account_id in (("escala", owner.escala_id), ("siigo", owner.siigo_id)):
        lock = locks.attempt(system, account_id)
        if lock is not None:
            lock.release()
            return False
    return True
