"""Connecting: the file is checked against both accounts, and stored whole or not at all."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import transaction

from siigo_escala.config.env import Environment
from siigo_escala.domain import rules
from siigo_escala.domain.accounting import DocumentType
from siigo_escala.domain.crm import UNASSIGNED
from siigo_escala.domain.directions import BACK
from siigo_escala.domain.mapping import invoice_to_deal
from siigo_escala.domain.reasons import Code
from siigo_escala.domain.rules import ConnectionFile, FileProblem
from siigo_escala.domain.rules_problems import SecretMissing
from siigo_escala.escala import capabilities
from siigo_escala.escala.capabilities import Capabilities
from siigo_escala.siigo.token import NoStore
from siigo_escala.store.counting import CallCounter
from siigo_escala.store.errors import StoreProblem
from siigo_escala.store.models import Connection, EscalaAccount, SiigoCompany, audit
from siigo_escala.store.vault import Vault
from siigo_escala.sync import (
    access,
    activating,
    catalogues,
    clients,
    fitting,
    look,
    recognise,
    requests,
    seen_names,
    sellers,
)
from siigo_escala.sync.account import Calls
from siigo_escala.sync.clients import NO_BOUNDS, Bounds, Clients, Credentials

_START_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """What `connect` answers."""

    connection: str
    warnings: tuple[str, ...]


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
    return join(environment, vault, file, credentials, now=now, wait=wait, who="línea de comandos")


def join(
    environment: Environment,
    vault: Vault,
    file: ConnectionFile,
    credentials: Credentials,
    *,
    now: Callable[[], datetime],
    bounds: Bounds = NO_BOUNDS,
    wait: Callable[[float], None] = time.sleep,
    who: str = "",
) -> Connected:
    """The same of a file that was read and of credentials as they are: of those that the file may hold none
    is used, so that what somebody typed in a browser reads no variable and no file of this machine.

    `who`: told to have switched the schedule, where this does; the screens tell what they do themselves.
    """
    if file.currency != "COP":
        raise FileProblem(
            "currency",
            "«currency»: las oportunidades llevan pesos colombianos; la cuenta de Escala debe usar «COP».",
        )
    known = Connection.objects.select_related("siigo", "escala").filter(name=file.name).first()
    token = NoStore()
    invoicing = file.direction == BACK
    pair = clients_of(environment, credentials, token, known=known, now=now, bounds=bounds)
    try:
        accounts = fitting.Accounts(
            users=pair.siigo.users(),
            document_types=pair.siigo.document_types(),
            pipelines=pair.escala.pipelines(),
            payment_types=pair.siigo.payment_types() if invoicing else (),
            taxes=pair.siigo.taxes() if invoicing else (),
        )
        pipeline_id, stage_id = fitting.destination(file, accounts.pipelines)
        fitting.check_siigo(file, accounts)
        if invoicing:
            fitting.check_invoicing(file, accounts)
        company = recognise.company(accounts.document_types, pair.siigo, known)
        account = recognise.account(accounts.pipelines, pair.escala, known)
    finally:
        pair.close()
    before, was_on = (known.file, known.enabled) if known is not None else (None, file.enabled)
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
        if who:
            audit.switched(connection, before=was_on, who=who, now=now())
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
    """Clients of accounts that may not be known yet: nothing of what they learn is kept.

    Calls of a Siigo user that is known count with the brake, as those of a person who tries.
    """
    counted = known if known and known.siigo_username == credentials.siigo_username else None
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
        counter=CallCounter(access.counter_name(counted), now=now) if counted else None,
        by_hand=True,
        bounds=bounds,
    )


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
    ours = invoice_to_deal.folded_mark(file.opportunities.mark)
    for other in others.filter(direction=file.direction):
        theirs = invoice_to_deal.folded_mark(rules.from_json(other.file).opportunities.mark)
        if not ours or theirs in ("", ours):
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
    accounts: fitting.Accounts,
    now: datetime,
) -> Connection:
    company = company or SiigoCompany()
    company.document_types = types_to_json(accounts.document_types)
    if file.direction == BACK:
        catalogues.note(
            company,
            document_types=accounts.document_types,
            payment_types=accounts.payment_types,
            taxes=accounts.taxes,
        )
    company.save()
    sellers.keep(company, accounts.users)
    account = account or EscalaAccount()
    account.pipelines = look.to_json(accounts.pipelines)
    # Who connects again has often just changed something in Escala, a key or a plan.
    seen = capabilities.from_json(account.capabilities).tried_anew(now=now, asked=True)
    account.capabilities = capabilities.to_json(seen)
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
    before = (connection.file or {}).get("opportunities", {}).get("number_field", "")
    if file.opportunities.number_field != before:
        # The index holds no words of the other field: every deal is read again before the next POST.
        EscalaAccount.objects.filter(pk=connection.escala_id).update(deals_read_at=None)
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
            if field == file.invoices.identification_field and file.direction == BACK:
                yield (
                    f"Todavía no se ha visto el campo «{field}» en ningún contacto de Escala, y dice a quién "
                    "facturar: revíselo con «siigo-escala fields»."
                )
                continue
            yield (
                f"Todavía no se ha visto el campo «{field}» en Escala: "
                "se comprobará con la primera escritura."
            )
