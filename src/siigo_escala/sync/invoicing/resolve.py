"""Storing what people decide of opportunities: all of it or nothing, without the lease and without a call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from siigo_escala.domain import decisions
from siigo_escala.domain.decisions import DealWish, DecisionProblem
from siigo_escala.domain.reasons import Code
from siigo_escala.store.models import Connection, Invoicing, Opportunity, OpportunityEvent, SiigoCompany


def store(connection: Connection, wishes: Sequence[DealWish], *, now: datetime) -> list[str]:
    """Stores these decisions; the rows become due. Warnings, in Spanish.

    DecisionProblem where one of them cannot be obeyed: then nothing is stored.
    """
    warnings: list[str] = []
    with transaction.atomic():
        # A run commits under the same lock: it waits for us, and we for it, for a moment only.
        SiigoCompany.objects.select_for_update(no_key=True).get(pk=connection.siigo_id)
        chosen, wrong = _chosen(connection, wishes)
        if wrong:
            raise decisions.together(wrong)
        for wish, row in chosen:
            warnings += _decide(connection, wish, row, now=now)
            row.due, row.said, row.updated_at = True, row.said + 1, now
            row.save()
            OpportunityEvent.objects.create(
                opportunity=row, at=now, kind="resolved", code=row.code, data={"decision": wish.kind}
            )
    return warnings


def problems(connection: Connection, wishes: Sequence[DealWish]) -> list[DecisionProblem]:
    """What else is wrong with a file that has rows that cannot be read."""
    return _chosen(connection, wishes)[1]


def unfulfilled(connection: Connection, wishes: Sequence[DealWish]) -> tuple[list[DealWish], list[str]]:
    """What of a file is still to be obeyed, and a warning of the rest: people go on filling in the file whose
    opportunities were invoiced since.
    """
    invoiced = Opportunity.objects.filter(connection=connection, siigo_id__isnull=False, undone="")
    left, made = [], []
    for wish in wishes:
        row = invoiced.filter(deal_id=wish.deal_id).first() if wish.kind == "create" else None
        if row is None:
            left.append(wish)
        else:
            made.append(str(row))
    return left, decisions.answered(
        made,
        one="La oportunidad «{}» ya tiene la factura que usted pidió crear",
        many="{} oportunidades ya tienen la factura que usted pidió crear",
    )


def _chosen(
    connection: Connection, wishes: Sequence[DealWish]
) -> tuple[list[tuple[DealWish, Opportunity]], list[DecisionProblem]]:
    """Each wish with its row, one wish a row, and what is wrong with rows of a file.

    DecisionProblem for the first that is wrong where it is of no file.
    """
    chosen: dict[str, tuple[DealWish, Opportunity]] = {}
    wrong: list[DecisionProblem] = []
    for wish in wishes:
        try:
            row = _row(connection, wish)
            before = chosen.setdefault(wish.deal_id, (wish, row))[0]
            _check_once(before, wish, row)
        except DecisionProblem as problem:
            if wish.line is None:
                raise
            wrong.append(problem)
    return list(chosen.values()), wrong


def _check_once(before: DealWish, wish: DealWish, row: Opportunity) -> None:
    if before.kind != wish.kind:
        raise DecisionProblem(
            f"La oportunidad «{row}» ya tiene otra decisión en este archivo.", line=wish.line
        )


def _row(connection: Connection, wish: DealWish) -> Opportunity:
    """Its row. DecisionProblem where it is none, or cannot be decided so."""
    row = Opportunity.objects.filter(connection=connection, deal_id=wish.deal_id).first()
    if row is None:
        raise DecisionProblem(
            f"La oportunidad «{wish.deal_id}» no está en el registro; primero se lee con "
            "«siigo-escala sync».",
            line=wish.line,
        )
    _check(wish, row)
    return row


def _check(wish: DealWish, row: Opportunity) -> None:
    name = row.name or row.deal_id
    if row.state == Invoicing.SENDING and wish.kind != "done":
        raise DecisionProblem(
            f"La factura de «{name}» se envió y todavía se comprueba si quedó: sincronice primero.",
            line=wish.line,
        )
    if wish.kind == "again" and row.siigo_id is None:
        raise DecisionProblem(
            f"La oportunidad «{name}» no tiene factura todavía: use «create» para facturarla.", line=wish.line
        )
    if wish.kind == "create" and row.code == Code.VALUE_DIFFERS:
        raise DecisionProblem(
            f"«create» no dice cuál valor de «{name}» se factura: corrija en Escala el valor o los "
            "productos, o elija «on_value_difference» en las reglas, y use «retry».",
            line=wish.line,
        )
    if wish.kind in ("create", "ignore") and row.siigo_id is not None:
        raise DecisionProblem(
            f"La oportunidad «{name}» ya tiene su factura «{row.invoice}»; si la anuló, use «again».",
            line=wish.line,
        )


def _decide(connection: Connection, wish: DealWish, row: Opportunity, *, now: datetime) -> list[str]:
    if wish.kind != "done":
        row.decision = wish.kind
        return []
    row.decision = ""
    if row.siigo_id is None:
        if row.state == Invoicing.NEEDS_ATTENTION:
            # Whoever has seen to it wants it sent, were it what Siigo refused before.
            row.state, row.code, row.data, row.refused = Invoicing.PENDING, "", {}, ""
        return [f"La oportunidad «{row.name or row.deal_id}» se intentará de nuevo."]
    if connection.confirmed_at is None and not row.undone:
        # What a person has seen in Siigo and finds right: from now on invoices may go to the DIAN.
        connection.confirmed_at = now
        connection.save(update_fields=["confirmed_at"])
    row.invoiced_value = row.value
    row.state, row.code, row.data = Invoicing.INVOICED, "", {}
    return []
