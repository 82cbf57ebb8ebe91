"""Opening what a command works with: the stored connection, its credentials, its clients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from siigo_escala.config.env import Environment
from siigo_escala.domain import rules
from siigo_escala.domain.directions import BACK
from siigo_escala.domain.planning import Rules
from siigo_escala.domain.rules import ConnectionFile
from siigo_escala.escala import capabilities
from siigo_escala.escala.capabilities import Capabilities
from siigo_escala.store import erasing, keys, models, sealed, vault
from siigo_escala.store.counting import CallCounter
from siigo_escala.store.errors import StoreProblem
from siigo_escala.store.lease import Lease
from siigo_escala.store.models import Connection
from siigo_escala.store.vault import Vault
from siigo_escala.sync import access, clients, sellers
from siigo_escala.sync.account import Calls, Tally
from siigo_escala.sync.session import Listener, Options, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A stored connection, its file and what opens its secrets."""

    environment: Environment
    connection: Connection
    file: ConnectionFile
    vault: Vault
    supposed: bool = False
    """The connection and its file are as they would be, for a dry run: neither is what is stored."""


def vault_of(environment: Environment) -> Vault:
    """The vault of this installation; KEY_MISSING where what was sealed cannot be opened."""
    return vault.open_vault(
        environment.secret_keys,
        key_file=environment.home / "secret.key",
        anything_sealed=sealed.anything,
        key_required=environment.database_url.startswith("postgres"),
    )


def vault_or_shut(environment: Environment) -> Vault:
    """The vault of this installation, or, where its key is missing, one that opens nothing."""
    try:
        return vault_of(environment)
    except (StoreProblem, OSError):
        return vault.Vault([keys.new()])


def open_connection(
    environment: Environment, name: str, *, vault_of: Callable[[Environment], Vault] = vault_of
) -> Opened:
    """The connection of that name. CONNECTION_UNKNOWN, with those there are; KEY_MISSING."""
    connection = models.Connection.objects.select_related("siigo", "escala").filter(name=name).first()
    if connection is None:
        names = sorted(models.Connection.objects.values_list("name", flat=True))
        there = ", ".join(f"«{known}»" for known in names) or "todavía ninguna"
        raise StoreProblem(
            "CONNECTION_UNKNOWN", f"No hay una conexión «{name}»; las conexiones son: {there}."
        )
    return Opened(
        environment=environment,
        connection=connection,
        file=rules.from_json(connection.file),
        vault=vault_of(environment),
    )


def as_stored(opened: Opened) -> Opened:
    """The same with the file as it stands now: rules or direction may have changed since it was opened."""
    if opened.supposed:
        return opened
    opened.connection.refresh_from_db()
    return replace(opened, file=rules.from_json(opened.connection.file))


def open_session(
    opened: Opened,
    options: Options,
    listener: Listener,
    *,
    lease: Lease | None,
    now: Callable[[], datetime],
    probing: bool = False,
) -> Session:
    """A session over both clients, with the rules as they stand today."""
    # Read again under the lease: another run may have moved marks since the connection was opened.
    connection = opened.connection
    if not opened.supposed:
        connection = models.Connection.objects.select_related("siigo", "escala").get(pk=connection.pk)
    calls = Calls()
    learned = clients.Learned(connection.escala)
    built = client_pair(
        opened,
        connection,
        calls=calls,
        listener=listener,
        now=now,
        on_learned=learned.tell,
        probing=probing,
        asked=options.kind == "retry",
        before_write=lease.prove_anew if lease is not None else lambda: None,
    )
    invoicing = opened.file.direction == BACK
    session = Session(
        environment=opened.environment,
        connection=connection,
        file=opened.file,
        rules=rules_of(opened.file, connection, start=connection.start),
        siigo=built.siigo,
        escala=built.escala,
        options=options,
        listener=listener,
        now=now,
        calls=calls,
        started=now(),
        tally=Tally("opportunity" if invoicing else "invoice"),
        erased=erasing.of_account(connection.escala, opened.vault),
        lease=lease,
        supposed=opened.supposed,
        keep_learned=learned.keep,
        close=built.close,
    )
    sellers.link(session, connection.siigo.sellers)
    return session


def rules_of(file: ConnectionFile, connection: Connection, *, start: date) -> Rules:
    """What decisions need of a file; whose sellers are linked is added by sellers.link."""
    wanted = file.opportunities
    return Rules(
        start=start,
        zone=ZoneInfo(file.time_zone),
        document_types=frozenset(wanted.document_types),
        stamp=wanted.stamp,
        walk_in=wanted.walk_in,
        create_for_unlinked_sellers=wanted.create_for_unlinked_sellers,
        types_without_stamp=frozenset(
            kind["id"] for kind in connection.siigo.document_types if not kind["needs_stamp"]
        ),
        on_annulled=wanted.on_annulled,
        on_credited=wanted.on_credited,
        on_edited=wanted.on_edited,
    )


def client_pair(
    opened: Opened,
    connection: Connection,
    *,
    calls: Calls,
    listener: Listener,
    now: Callable[[], datetime],
    on_learned: Callable[[Capabilities], None] = lambda _: None,
    bounds: clients.Bounds = clients.NO_BOUNDS,
    probing: bool = False,
    by_hand: bool = False,
    asked: bool = False,
    before_write: Callable[[], None] = lambda: None,
) -> clients.Clients:
    """Both clients of a stored connection. `probing`, `by_hand`: of the brake; `before_write`: transports.

    `asked`: a person has updates tried again that Escala refused.
    """
    known = capabilities.from_json(connection.escala.capabilities)
    return clients.build(
        opened.environment,
        clients.Credentials(
            siigo_username=connection.siigo_username,
            siigo_key=opened.vault.open(connection.siigo_key_sealed),
            escala_key=opened.vault.open(connection.escala_key_sealed),
        ),
        siigo_account=f"siigo:{connection.siigo_id}",
        escala_account=f"escala:{connection.escala_id}",
        tokens=clients.StoredToken(connection.siigo, opened.vault, username=connection.siigo_username),
        capabilities=known.tried_anew(now=now(), asked=asked),
        on_learned=on_learned,
        on_call=calls.count,
        now=now,
        counter=CallCounter(access.counter_name(connection), now=now),
        probing=probing,
        by_hand=by_hand,
        before_write=before_write,
        wait=listener.wait,
        bounds=bounds,
        siigo_writes=opened.file.direction == BACK,
        type_codes={kind["id"]: kind["code"] for kind in connection.siigo.document_types},
    )
