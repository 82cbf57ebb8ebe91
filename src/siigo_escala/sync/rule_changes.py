"""Changing a stored connection's rules without its file: what changes, whether it fits, and storing it.

No call is made: what the accounts have is known from what they said last. The checks and their sentences are
those of `connect`; only what is changed is checked, for what has gone since must not hold everything else.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from siigo_escala.domain import rules
from siigo_escala.domain.accounting import DocumentType, DocumentTypeId, Seller, SellerId
from siigo_escala.domain.crm import Pipeline, PipelineId, Stage, StageId
from siigo_escala.domain.directions import BACK
from siigo_escala.domain.rules import ConnectionFile, FileProblem
from siigo_escala.store import models
from siigo_escala.store.models import Connection, RuleDraft
from siigo_escala.sync import activating, catalogues, connect, fitting, foretelling, requests

Path = tuple[str, ...]
DIRECTION: Path = ("direction",)
_PLACE = {
    DIRECTION,
    ("opportunities", "pipeline"),
    ("opportunities", "stage"),
    ("invoices", "trigger_pipeline"),
    ("invoices", "trigger_stage"),
}
KEPT = timedelta(days=7)
"""How long a draft waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One key of the file; None where it is not there."""

    path: Path
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What saving came to. `due`: invoices that were left out and are decided anew by the next run."""

    due: int
    warnings: tuple[str, ...]
    activation: datetime | None = None
    """From when on a stage makes invoices, where that is new (sync/activating.py)."""


def as_it_stands(connection: Connection) -> dict[str, Any]:
    """The stored file with every key of the tables that people change; an absent one has its default.

    The table of the direction that is not active stays as it was written.
    """
    file = connection.file
    table, defaults = _table(connection.direction)
    return {
        "time_zone": "America/Bogota",
        "direction": connection.direction,
        **file,
        table: defaults | file.get(table, {}),
        "sellers": dict(file.get("sellers", {})),
        "schedule": rules.Schedule().model_dump(mode="json") | file.get("schedule", {}),
        "alerts": rules.Alerts().model_dump(mode="json") | file.get("alerts", {}),
    }


def table_of(connection: Connection, direction: str) -> dict[str, Any]:
    """The rules of a direction as they would be if it were active."""
    table, defaults = _table(direction)
    return defaults | dict(connection.file.get(table, {}))


def between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What differs between two files, key by key; tables are looked into, one level deep."""
    found: list[Change] = []
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += [
                Change(path=(key, inner), before=old.get(inner), after=new.get(inner))
                for inner in dict.fromkeys([*old, *new])
                if old.get(inner) != new.get(inner)
            ]
        elif old != new:
            found.append(Change(path=(key,), before=old, after=new))
    return found


def applied(file: Mapping[str, Any], changes: Sequence[Change]) -> dict[str, Any]:
    """The file with these changes made."""
    made = copy.deepcopy(dict(file))
    for change in changes:
        table = made if len(change.path) == 1 else made.setdefault(change.path[0], {})
        if change.after is None:
            table.pop(change.path[-1], None)
        else:
            table[change.path[-1]] = change.after
    return made


def draft_of(connection: Connection, *, now: datetime) -> RuleDraft | None:
    """What waits to be saved; one that waited for seven days is gone."""
    RuleDraft.objects.filter(connection=connection, at__lt=now - KEPT).delete()
    return RuleDraft.objects.filter(connection=connection).first()


def keep_draft(connection: Connection, changes: Sequence[Change], *, who: str, now: datetime) -> None:
    """Puts these changes in the place of those that waited; none leaves no draft."""
    if not changes:
        RuleDraft.objects.filter(connection=connection).delete()
        return
    told = [[list(change.path), change.before, change.after] for change in changes]
    RuleDraft.objects.update_or_create(
        connection=connection, defaults={"who": who, "at": now, "changes": told}
    )


def changes_in(draft: RuleDraft | None) -> list[Change]:
    """The changes that a draft holds."""
    told = draft.changes if draft is not None else []
    return [Change(path=tuple(path), before=before, after=after) for path, before, after in told]


def overtaken(connection: Connection, changes: Sequence[Change]) -> list[Change]:
    """Those whose key somebody else has changed meanwhile, `before` being what stands there now."""
    now_there = as_it_stands(connection)
    found = []
    for change in changes:
        table = now_there if len(change.path) == 1 else now_there.get(change.path[0], {})
        standing = table.get(change.path[-1])
        if standing not in (change.before, change.after):
            found.append(Change(path=change.path, before=standing, after=change.after))
    return found


def checked(connection: Connection, changes: Sequence[Change]) -> ConnectionFile:
    """The file as it would be.

    FileProblem, StoreProblem (MARK_NEEDED): as `connect` would say it, from what is stored of both accounts.
    """
    before = as_it_stands(connection)
    file = rules.from_json(applied(before, changes))
    paths = {change.path for change in changes}
    if paths & _PLACE:
        place_of(connection, file)
    touched = file.model_copy(
        update={
            "opportunities": file.opportunities.model_copy(
                update={} if ("opportunities", "document_types") in paths else {"document_types": ()}
            ),
            "sellers": {key: user for key, user in file.sellers.items() if ("sellers", key) in paths},
        }
    )
    accounts = _accounts(connection, file.direction)
    fitting.check_siigo(touched, accounts)
    if file.direction == BACK:
        _check_invoicing(file, paths, accounts, before=rules.from_json(before))
    if paths & {("opportunities", "mark"), DIRECTION}:
        connect.check_taken(file, connection.siigo, connection.escala)
    return file


def place_of(connection: Connection, file: ConnectionFile) -> tuple[str, str]:
    """The ids of the pipeline and stage that a file names. FileProblem where they are not there."""
    return fitting.destination(file, _pipelines(connection))


def save(connection: Connection, changes: Sequence[Change], *, now: datetime) -> Saved:
    """Stores the changes as `connect` would: what they let in is due, the timetable counts anew, a run is
    asked for.

    Raises what `checked` raises; nothing is half saved. The draft is gone.
    """
    before = rules.from_json(as_it_stands(connection))
    # Before anything is locked: in a large ledger it takes seconds, and a run must not wait for it.
    after = checked(connection, changes)
    forward = BACK not in (before.direction, after.direction)
    let_in = foretelling.let_in(connection, before, after) if forward else []
    with transaction.atomic():
        # A run commits under the same lock: it waits for us, and we for it, for a moment only. It locks the
        # company before the connection, and so do we.
        models.SiigoCompany.objects.select_for_update(no_key=True).get(pk=connection.siigo_id)
        connection = Connection.objects.select_for_update(no_key=True, of=("self",)).get(pk=connection.pk)
        file = checked(connection, changes)
        stored = connection.file
        if _PLACE & {change.path for change in changes}:
            connection.pipeline_id, connection.stage_id = place_of(connection, file)
        connect.take_over(connection, file)
        activation = activating.note(connection, now=now)
        connection.save()
        due = foretelling.make_due(connection, let_in)
        requests.rules_changed(connection, before=stored, now=now)
        RuleDraft.objects.filter(connection=connection).delete()
    warnings = tuple(connect.warnings_of(file, connection.escala))
    return Saved(due=due, warnings=warnings, activation=activation)


def _table(direction: str) -> tuple[str, dict[str, Any]]:
    if direction == BACK:
        return "invoices", rules.InvoiceRules().model_dump(mode="json")
    return "opportunities", rules.OpportunityRules().model_dump(mode="json")


def _check_invoicing(
    file: ConnectionFile, paths: set[Path], accounts: fitting.Accounts, *, before: ConnectionFile
) -> None:
    """What is changed must serve, and with the rest; what has gone since holds only whoever turns to this
    direction.
    """
    problem = _unfit(file, accounts)
    if problem is None:
        return
    table, _, key = problem.key.partition(".")
    if paths & {(table, key), DIRECTION}:
        raise problem
    stood = _unfit(before, accounts)
    if stood is None or stood.message != problem.message:
        raise problem


def _unfit(file: ConnectionFile, accounts: fitting.Accounts) -> FileProblem | None:
    try:
        fitting.check_invoicing(file, accounts)
    except FileProblem as problem:
        return problem
    return None


def _pipelines(connection: Connection) -> tuple[Pipeline, ...]:
    return tuple(
        Pipeline(
            id=PipelineId(one["id"]),
            name=one["name"],
            stages=tuple(
                Stage(id=StageId(stage["id"]), name=stage["name"], kind=stage["kind"])
                for stage in one["stages"]
            ),
        )
        for one in connection.escala.pipelines
    )


def _accounts(connection: Connection, direction: str) -> fitting.Accounts:
    company = connection.siigo
    told = catalogues.of(company)
    return fitting.Accounts(
        users=tuple(
            Seller(
                id=SellerId(one["id"]),
                name=one["name"],
                email=one["email"],
                active=one.get("active", True),
            )
            for one in company.sellers
        ),
        payment_types=told.payment_types,
        taxes=told.taxes,
        document_types=(told.document_types if direction == BACK else ())
        or tuple(
            DocumentType(id=DocumentTypeId(one["id"]), code=one["code"], name=one["name"])
            for one in company.document_types
        ),
        pipelines=_pipelines(connection),
    )
