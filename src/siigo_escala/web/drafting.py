"""A connection on its way through the assistant: what each step leaves in its draft, and how it ends."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from siigo_escala.config import env
from siigo_escala.config.env import Environment
from siigo_escala.domain import proposals, rules
from siigo_escala.domain.accounting import DocumentType, Seller, SellerId
from siigo_escala.domain.crm import Pipeline, PipelineId, Stage, StageId
from siigo_escala.store import models
from siigo_escala.store.models import Connection, ConnectionDraft, Errand, Role, User
from siigo_escala.store.vault import Vault
from siigo_escala.sync import connect, introduction, look, probing, recognise, seen_names
from siigo_escala.sync.clients import Credentials
from siigo_escala.sync.introduction import Found
from siigo_escala.web import errands, signing
from siigo_escala.web.errands import Tell

STEPS = (
    ("siigo", "Siigo"),
    ("escala", "Escala"),
    ("opportunities", "Oportunidades"),
    ("sellers", "Vendedores"),
    ("preview", "Vista previa"),
)
CONTENTS = "contents"
_RESERVED = "nueva"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One of the five, as the list on top of each page shows it."""

    number: int
    name: str
    word: str
    passed: bool
    here: bool


def steps(draft: ConnectionDraft | None, *, here: int) -> list[Step]:
    """The ordered list of steps."""
    passed = draft.step if draft is not None else 0
    return [
        Step(number=number, name=name, word=word, passed=number <= passed, here=number == here)
        for number, (name, word) in enumerate(STEPS, 1)
    ]


def environment() -> Environment:
    """Where both systems are, and how fast they may be asked."""
    return env.read(os.environ)


def environment_and_vault() -> tuple[Environment, Vault]:
    """What opens secrets, and where both systems are. KEY_MISSING."""
    read = environment()
    return read, signing.open_vault(read)


def begin(username: str, *, who: User, now: datetime) -> ConnectionDraft:
    """A new draft, by the name that its user's domain proposes; not stored yet."""
    name = proposals.company_name(username, taken=taken_names())
    return ConnectionDraft(name=name, made_by=who, made_at=now)


def taken_names(draft: ConnectionDraft | None = None) -> set[str]:
    """Names that a company cannot get: others have them, or an address does. A draft's own one is free."""
    drafts = models.ConnectionDraft.objects.values_list("pk", "name")
    connected = Connection.objects.values_list("pk", "name")
    own, own_connection = (draft.pk, draft.connection_id) if draft is not None else (None, None)
    return {
        _RESERVED,
        *(name for number, name in connected if number != own_connection),
        *(name for number, name in drafts if number != own),
    }


def keep_siigo(
    draft: ConnectionDraft,
    *,
    username: str,
    key: str,
    vault: Vault,
    sellers: tuple[Seller, ...],
    document_types: tuple[DocumentType, ...],
) -> None:
    """Step 1 was passed."""
    draft.siigo_username = username
    draft.siigo_key_sealed = vault.seal(key)
    draft.siigo = {
        "sellers": [
            {"id": one.id, "name": one.name, "email": one.email, "active": one.active} for one in sellers
        ],
        "document_types": [
            {"id": one.id, "code": one.code, "name": one.name, "active": one.active} for one in document_types
        ],
    }
    draft.step = max(draft.step, 1)
    draft.save()


def keep_escala(draft: ConnectionDraft, *, key: str, vault: Vault, pipelines: tuple[Pipeline, ...]) -> Errand:
    """Step 2 was passed; what the account holds is looked at from now on.

    StoreProblem (ACCOUNTS_TAKEN) where both accounts are connected already: better told now than at the end.
    """
    types = [one["id"] for one in draft.siigo["document_types"]]
    for taken in recognise.neighbours([one.id for one in pipelines], types):
        if taken.pk != draft.connection_id:
            raise connect.accounts_taken(taken)
    draft.escala_key_sealed = vault.seal(key)
    draft.escala = {**draft.escala, "pipelines": look.to_json(pipelines)}
    draft.step = max(draft.step, 2)
    draft.save()
    return look_again(draft)


def look_again(draft: ConnectionDraft) -> Errand:
    """Reads fields and owners anew: somebody has just filled one in."""
    environment, vault = environment_and_vault()
    key, number, known = vault.open(draft.escala_key_sealed), draft.pk, draft.connection

    def work(tell: Tell) -> dict[str, Any]:
        def told(found: Found) -> None:
            tell({"contacts": found.contacts, "deals": found.deals})

        found = introduction.contents(
            environment, key=key, known=known, now=lambda: datetime.now(UTC), tell=told
        ).to_json()
        with transaction.atomic():
            row = models.ConnectionDraft.objects.select_for_update().filter(pk=number).first()
            if row is not None:
                row.escala = {**row.escala, **found}
                row.save(update_fields=["escala"])
        return found

    return errands.begin(CONTENTS, work, of=draft, asked={"key": draft.escala_key_sealed[-16:]})


def pipelines_of(draft: ConnectionDraft) -> list[Pipeline]:
    """The pipelines as Escala told them."""
    return [
        Pipeline(
            id=PipelineId(one["id"]),
            name=one["name"],
            stages=tuple(
                Stage(id=StageId(stage["id"]), name=stage["name"], kind=stage["kind"])
                for stage in one["stages"]
            ),
        )
        for one in draft.escala.get("pipelines", [])
    ]


def sellers_of(draft: ConnectionDraft) -> list[Seller]:
    """Siigo's active users: who sells today."""
    kept = draft.siigo.get("sellers", [])
    return [
        Seller(id=SellerId(one["id"]), name=one["name"], email=one["email"]) for one in kept if one["active"]
    ]


def unlinked(draft: ConnectionDraft) -> int:
    """How many of them are not linked with anybody: their sales are the default owner's."""
    linked = {key.casefold() for key in draft.chosen.get("sellers", {})}
    sellers = sellers_of(draft)
    return sum(not linked & {one.email.strip().casefold(), str(one.id)} for one in sellers)


def proposed_mark(draft: ConnectionDraft) -> str:
    """What tells this company's invoices from those of another on the same Escala account; "" if alone."""
    others = recognise.neighbours([one.id for one in pipelines_of(draft)])
    return draft.name[:40] if any(one.pk != draft.connection_id for one in others) else ""


def keep_choices(draft: ConnectionDraft, tables: Mapping[str, Any], *, name: str) -> None:
    """Step 3 was passed. `name`: what the company is to be called, which is its address, too."""
    draft.name = name
    draft.chosen = {**draft.chosen, **tables}
    draft.step = max(draft.step, 3)
    draft.save()


def join(draft: ConnectionDraft, links: dict[str, str]) -> tuple[Connection, tuple[str, ...]]:
    """Step 4 was passed: both accounts are joined by the very code of `siigo-escala connect`; its warnings.

    The schedule stays off until the preview was seen. Raises what `connect.join` raises.
    """
    environment, vault = environment_and_vault()
    file = rules.from_json(_file(draft, links))
    made = connect.join(
        probing.hurried(environment, patience_s=introduction.PATIENCE_S),
        vault,
        file,
        Credentials(
            siigo_username=draft.siigo_username,
            siigo_key=vault.open(draft.siigo_key_sealed),
            escala_key=vault.open(draft.escala_key_sealed),
        ),
        now=lambda: datetime.now(UTC),
        bounds=introduction.bounds(),
    )
    with transaction.atomic():
        connection = Connection.objects.get(name=made.connection)
        if not draft.made_by.is_installer:
            models.Membership.objects.get_or_create(
                user=draft.made_by, connection=connection, defaults={"role": Role.EMP}
            )
        # The assistant has read some of the account: what it saw there is not told as never seen.
        seen_names.learn(
            connection.escala,
            owners=set(draft.escala.get("owners", [])),
            fields={one["key"] for one in draft.escala.get("fields", [])},
        )
        draft.connection = connection
        draft.chosen = {**draft.chosen, "sellers": links}
        draft.step = max(draft.step, 4)
        draft.save()
    return connection, tuple(connect.warnings_of(file, connection.escala))


def finish(draft: ConnectionDraft, *, automatic: bool) -> None:
    """The assistant has come to its end. `automatic`: the schedule runs from now on, where it was chosen."""
    company = draft.connection
    with transaction.atomic():
        if company is not None and automatic and draft.chosen.get("automatic"):
            company.enabled = True
            company.file = {**company.file, "enabled": True}
            company.save(update_fields=["enabled", "file"])
        draft.delete()


def _file(draft: ConnectionDraft, links: dict[str, str]) -> dict[str, Any]:
    """The connection file that the choices make; what was stored of it by other means stays."""
    kept = draft.connection.file if draft.connection is not None else {}
    chosen = draft.chosen
    return {
        **kept,
        "name": draft.name,
        "enabled": False,
        "siigo": {"username": draft.siigo_username},
        "opportunities": {**kept.get("opportunities", {}), **chosen["opportunities"]},
        "sellers": links,
        "schedule": {**kept.get("schedule", {}), **chosen["schedule"]},
    }
