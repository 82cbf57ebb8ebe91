"""Whether a connection file fits its accounts: what it names must be there, and the message lists what is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from siigo_escala.domain import fitness
from siigo_escala.domain.accounting import DocumentType, Seller
from siigo_escala.domain.crm import Pipeline, Stage
from siigo_escala.domain.directions import BACK
from siigo_escala.domain.rules import ConnectionFile, FileProblem
from siigo_escala.domain.selling import PaymentType, TaxRate

Thing = TypeVar("Thing", Pipeline, Stage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """What both accounts said of themselves."""

    users: tuple[Seller, ...]
    document_types: tuple[DocumentType, ...]
    pipelines: tuple[Pipeline, ...]
    payment_types: tuple[PaymentType, ...] = ()
    taxes: tuple[TaxRate, ...] = ()


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


def check_invoicing(file: ConnectionFile, accounts: Accounts) -> None:
    """What `[invoices]` names must exist in Siigo and serve; the message lists what does."""
    found = fitness.examined(
        file.invoices,
        document_types=accounts.document_types,
        payment_types=accounts.payment_types,
        taxes=accounts.taxes,
        sellers=accounts.users,
    )
    if isinstance(found, fitness.Unfit):
        there = f"; puede usar: {_list(found.there)}" if found.there else ""
        key = f"invoices.{found.key}"
        raise FileProblem(key, f"«{key}»: {found.why}{there}.")


def _list(names: Iterable[str]) -> str:
    listed = [f"«{name}»" for name in names]
    if not listed:
        return "ninguno"
    return ", ".join(listed[:20]) + (f" y {len(listed) - 20} más" if len(listed) > 20 else "")
