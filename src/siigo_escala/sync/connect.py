"""Connecting: the file is checked against both accounts, and stored whole or not at all."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db import transaction

from siigo_escala.config.env import Environment
from siigo_escala.domain import fitness, rules
from siigo_escala.domain.accounting import DocumentType, Seller
from siigo_escala.domain.crm import UNASSIGNED, Pipeline, Stage
from siigo_escala.domain.directions import BACK
from siigo_escala.domain.reasons import Code
from siigo_escala.domain.rules import ConnectionFile, FileProblem
from siigo_escala.domain.rules_problems import SecretMissing
from siigo_escala.escala.capabilities import Capabilities
from siigo_escala.siigo.client import SiigoClient
from siigo_escala.siigo.token import NoStore
from siigo_escala.store.errors import StoreProblem
from siigo_escala.store.models import Connection, EscalaAccount, SiigoCompany
from siigo_escala.store.vault import Vault
from siigo_escala.sync import access, activating, clients, look, recognise, requests, seen_names, sellers
from siigo_escala.sync.account import Calls
from siigo_escala.sync.clients import NO_BOUNDS, Bounds, Clients, Credentials

Thing = TypeVar("Thing", Pipeline, Stage)
_START_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """What `connect` answers."""

    connection: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """What both accounts said of themselves."""

    users: tuple[Seller, ...]
    document_types: tuple[DocumentType, ...]
    pipelines: tuple[Pipeline, ...]


def connect(
    environment: Environment,
    vault: Vault,
    text: str,
    *,
    environ: Mapping[str, str] | None = None,
    now: Callable[[], datetime],
    wait: Callable[[float], None] = time.sleep,
) -> Connected:
    """Creates or updates the connection of that name.

    FileProblem for what the file says wrongly, StoreProblem (ACCOUNTS_TAKEN, OTHER_COMPANY, MARK_NEEDED),
    RemoteError where an account refuses or does not answer. Nothing is half saved.
    """
    file = rules.parse(text)
    environ = os.environ if environ is None else environ
    credentials = Credentials(
        siigo_username=file.siigo.username,
        siigo_key=secret("siigo.access_key", file.siigo.access_key, environ),
        escala_key=secret("escala.api_key", file.escala.api_key, environ),
    )
    return join(environment, vault, file, credentials, now=now, wait=wait)


def join(
    environment: Environment,
    vault: Vault,
    file: ConnectionFile,
    credentials: Credentials,
    *,
    now: Callable[[], datetime],
    bounds: Bounds = NO_BOUNDS,
    wait: Callable[[float], None] = time.sleep,
) -> Connected:
    """The same of a file that was read and of credentials as they are: of those that the file may hold none
    is used, so that what somebody typed in a browser reads no variable and no file of this machine.
    """
    if file.currency != "COP":
        raise FileProblem(
            "currency",
            "«currency»: las oportunidades llevan pesos colombianos; la cuenta de Escala debe usar «COP».",
        )
    known = Connection.objects.select_related("siigo", "escala").filter(name=file.name).first()
    token = NoStore()
    pair = clients_of(environment, credentials, token, known=known, now=now, bounds=bounds)
    try:
        accounts = Accounts(
            users=pair.siigo.users(),
            document_types=pair.siigo.document_types(),
            pipelines=pair.escala.pipelines(),
        )
        pipeline_id, stage_id = destination(file, accounts.pipelines)
        check_siigo(file, accounts)
        if file.direction == BACK:
            _check_invoicing(file, accounts, pair.siigo)
        company = recognise.company(accounts.document_types, pair.siigo, known)
        account = recognise.account(accounts.pipelines, pair.escala, known)
    finally:
        pair.close()
    before = known.file if known is not None else None
    with transaction.atomic():
        check_taken(file, company, account)
        connection = _save(
            file,
            credentials,
            vault,
            known=known,
            company=company,
            account=account,
            accounts=accounts,
            now=now(),
        )
        connection.pipeline_id, connection.stage_id = pipeline_id, stage_id
        activation = activating.note(connection, now=now())
        connection.save()
        requests.rules_changed(connection, before=before, now=now())
        token.hand_over(clients.StoredToken(connection.siigo, vault, username=credentials.siigo_username))
    activating.pass_second(activation, now=now, wait=wait)
    return Connected(connection=file.name, warnings=tuple(warnings_of(file, connection.escala)))


def secret(key: str, value: str, environ: Mapping[str, str]) -> str:
    """A value as written, the environment (`env:NAME`) or a file (`file:PATH`, last line end dropped).

    SecretMissing where that is not there, cannot be read or is empty.
    """
    if value.startswith("env:"):
        name = value.removeprefix("env:")
        found = environ.get(name, "")
        if not found:
            raise SecretMissing(key, f"«{key}»: la variable de entorno «{name}» no existe o está vacía.")
        return found
    if value.startswith("file:"):
        path = Path(value.removeprefix("file:"))
        try:
            read = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise SecretMissing(key, f"«{key}»: no se pudo leer el archivo «{path}».") from None
        found = read.removesuffix("\n").removesuffix("\r")
        if not found:
            raise SecretMissing(key, f"«{key}»: el archivo «{path}» está vacío.")
        return found
    return value


def clients_of(
    environment: Environment,
    credentials: Credentials,
    token: NoStore,
    *,
    known: Connection | None,
    now: Callable[[], datetime],
    bounds: Bounds = NO_BOUNDS,
) -> Clients:
    """Clients of accounts that may not be known yet: nothing of what they learn is kept."""
    return clients.build(
        environment,
        credentials,
        siigo_account=f"siigo:{known.siigo_id}" if known else access.first_limit(credentials.siigo_username),
        escala_account=f"escala:{known.escala_id}" if known else "escala:new",
        tokens=token,
        capabilities=Capabilities(),
        on_learned=lambda _: None,
        on_call=Calls().count,
        now=now,
        bounds=bounds,
    )


def destination(file: ConnectionFile, pipelines: Sequence[Pipeline]) -> tuple[str, str]:
    """The ids of the configured pipeline and stage, which may be written by name or id.

    Where opportunities are made, or where those stand that become invoices.
    """
    keys = ("opportunities.pipeline", "opportunities.stage")
    wanted = (file.opportunities.pipeline, file.opportunities.stage)
    if file.direction == BACK:
        keys = ("invoices.trigger_pipeline", "invoices.trigger_stage")
        wanted = (file.invoices.trigger_pipeline, file.invoices.trigger_stage)
    pipeline = _named(pipelines, wanted[0])
    if pipeline is None:
        raise FileProblem(
            keys[0],
            f"«{keys[0]}»: Escala no tiene el pipeline «{wanted[0]}»; "
            f"tiene: {_list(p.name for p in pipelines)}.",
        )
    stage = _named(pipeline.stages, wanted[1])
    if stage is None:
        raise FileProblem(
            keys[1],
            f"«{keys[1]}»: el pipeline «{pipeline.name}» no tiene la etapa «{wanted[1]}»; "
            f"tiene: {_list(s.name for s in pipeline.stages)}.",
        )
    return pipeline.id, stage.id


def _named(things: Sequence[Thing], wanted: str) -> Thing | None:
    """The one with that id or name; without regard to case where no name is written just so."""
    for same in (
        lambda thing: wanted in (thing.id, thing.name),
        lambda thing: thing.name.strip().casefold() == wanted.strip().casefold(),
    ):
        if found := next((thing for thing in things if same(thing)), None):
            return found
    return None


def check_siigo(file: ConnectionFile, accounts: Accounts) -> None:
    """Document types and sellers that the company is known not to have are errors."""
    types = {kind.id: f"{kind.id} ({kind.name})" for kind in accounts.document_types}
    for kind in file.opportunities.document_types:
        if kind not in types:
            raise FileProblem(
                "opportunities.document_types",
                f"«opportunities.document_types»: Siigo no tiene el tipo de factura {kind}; "
                f"tiene: {_list(types.values())}.",
            )
    emails = {user.email.strip().casefold() for user in accounts.users} | {
        str(user.id) for user in accounts.users
    }
    for key in file.sellers:
        if key.strip().casefold() not in emails:
            raise FileProblem(
                f'sellers."{key}"',
                f"«sellers»: Siigo no tiene el vendedor «{key}»; tiene: "
                f"{_list(user.email or str(user.id) for user in accounts.users)}.",
            )


def _check_invoicing(file: ConnectionFile, accounts: Accounts, siigo: SiigoClient) -> None:
    """What `[invoices]` names must exist in Siigo and serve; the message lists what does."""
    found = fitness.examined(
        file.invoices,
        document_types=accounts.document_types,
        payment_types=siigo.payment_types(),
        taxes=siigo.taxes(),
        sellers=accounts.users,
    )
    if isinstance(found, fitness.Unfit):
        there = f"; puede usar: {_list(found.there)}" if found.there else ""
        key = f"invoices.{found.key}"
        raise FileProblem(key, f"«{key}»: {found.why}{there}.")


def check_taken(file: ConnectionFile, company: SiigoCompany | None, account: EscalaAccount | None) -> None:
    """One pair of accounts belongs to one connection; two on one Escala account have different marks."""
    if account is None:
        return
    others = Connection.objects.filter(escala=account).exclude(name=file.name)
    taken = others.filter(siigo=company).first() if company is not None else None
    if taken is not None:
        raise accounts_taken(taken)
    if file.direction == BACK:
        return
    for other in others.filter(direction=file.direction):
        mark = rules.from_json(other.file).opportunities.mark
        if not mark or not file.opportunities.mark or mark == file.opportunities.mark:
            raise StoreProblem(
                "MARK_NEEDED",
                f"La conexión «{other.name}» usa la misma cuenta de Escala: ponga en ambas "
                "«opportunities.mark», con textos distintos, para distinguir facturas del mismo número.",
            )


def accounts_taken(taken: Connection) -> StoreProblem:
    """Why this pair of accounts is not connected twice."""
    return StoreProblem(
        "ACCOUNTS_TAKEN",
        f"Estas cuentas de Siigo y Escala ya están unidas en la conexión «{taken.name}»: cambie "
        "ese archivo en lugar de conectar otro.",
    )


def _save(
    file: ConnectionFile,
    credentials: Credentials,
    vault: Vault,
    *,
    known: Connection | None,
    company: SiigoCompany | None,
    account: EscalaAccount | None,
    accounts: Accounts,
    now: datetime,
) -> Connection:
    company = company or SiigoCompany()
    company.document_types = types_to_json(accounts.document_types)
    company.save()
    sellers.keep(company, accounts.users)
    account = account or EscalaAccount()
    account.pipelines = look.to_json(accounts.pipelines)
    account.save()
    connection = known or Connection(name=file.name, created_at=now)
    connection.siigo, connection.escala = company, account
    fresh = known is None or (
        vault.open(known.siigo_key_sealed) != credentials.siigo_key
        or vault.open(known.escala_key_sealed) != credentials.escala_key
        or known.siigo_username != credentials.siigo_username
    )
    if fresh:
        connection.siigo_username = credentials.siigo_username
        connection.siigo_key_sealed = vault.seal(credentials.siigo_key)
        connection.escala_key_sealed = vault.seal(credentials.escala_key)
        connection.refusals, connection.forgotten = 0, False
        if connection.paused in (
            Code.CREDENTIALS_REFUSED,
            Code.CREDENTIALS_MISSING,
            Code.USER_BLOCKED,
            Code.BRAKED,
        ):
            connection.paused, connection.paused_text, connection.paused_at = "", "", None
            access.begin_anew(connection)
    take_over(connection, file)
    return connection


def take_over(connection: Connection, file: ConnectionFile) -> None:
    """The connection goes by this file from now on; whoever calls saves it."""
    connection.file = rules.to_json(file)
    connection.enabled, connection.direction = file.enabled, file.direction
    connection.start = start_of(file, connection.created_at)


def start_of(file: ConnectionFile, created_at: datetime) -> date:
    """The day from which on invoices are ours to create."""
    made = created_at.astimezone(ZoneInfo(file.time_zone)).date()
    return file.opportunities.start or made - timedelta(days=_START_DAYS)


def types_to_json(kinds: Iterable[DocumentType]) -> list[dict[str, object]]:
    """Document types as the company keeps them."""
    return [
        {
            "id": kind.id,
            "code": kind.code,
            "name": kind.name,
            "active": kind.active,
            "needs_stamp": kind.needs_stamp,
        }
        for kind in kinds
    ]


def warnings_of(file: ConnectionFile, account: EscalaAccount) -> Iterable[str]:
    """What Escala cannot list and was never seen: settled by the first accepted write."""
    owners = {owner.casefold() for owner in account.seen_owners}
    named = file.opportunities
    fields = [named.identification_field, named.number_field, named.date_field, named.due_field]
    wanted = {named.default_owner, *file.sellers.values()} - {"", UNASSIGNED}
    if file.direction == BACK:
        fields = [file.invoices.identification_field, file.invoices.number_field]
    for owner in sorted(wanted):
        if owner.casefold() not in owners:
            yield (
                f"Todavía no se ha visto al usuario «{owner}» en Escala: "
                "se comprobará con la primera oportunidad."
            )
    for field in fields:
        if field and not seen_names.has_field(account, field):
            yield (
                f"Todavía no se ha visto el campo «{field}» en Escala: "
                "se comprobará con la primera escritura."
            )


def _list(names: Iterable[str]) -> str:
    listed = [f"«{name}»" for name in names]
    if not listed:
        return "ninguno"
    return ", ".join(listed[:20]) + (f" y {len(listed) - 20} más" if len(listed) > 20 else "")
