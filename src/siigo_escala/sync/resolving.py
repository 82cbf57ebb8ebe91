"""Which invoices decisions are about, and whether each can be obeyed as far as we know."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from django.db.models.functions import Upper

from siigo_escala.domain import decisions, reasons
from siigo_escala.domain.decisions import DecisionProblem, Wish
from siigo_escala.domain.mapping import invoice_to_deal
from siigo_escala.domain.reasons import Code
from siigo_escala.store import models
from siigo_escala.store.models import Connection

Chosen = list[tuple[Wish, models.Invoice]]
Wrong = list[DecisionProblem]
"""What is wrong with rows of a file; without a file the first such thing is raised."""

_CHUNK = 500
_BY_RULE = (
    Code.DOCUMENT_TYPE_LEFT_OUT,
    Code.NOT_ACCEPTED_YET,
    Code.WALK_IN_BUYER,
    Code.SELLER_UNLINKED,
)
"""What no decision about one invoice lifts."""
_ASKED = (
    Code.POSSIBLE_TWIN,
    Code.DEAL_FOUND_TWICE,
    Code.DEAL_NAME_TAKEN,
    Code.INVOICE_NAME_TWICE,
    Code.CONTACT_AMBIGUOUS,
)
"""Questions that only a choice answers."""
_SHAPES = 200
"""So many known ids tell what an id looks like."""


def chosen(connection: Connection, wishes: Sequence[Wish]) -> Chosen:
    """Each wish with its row of the ledger, one wish a row. DecisionProblem where it is none or several."""
    found, wrong = _found(connection, wishes)
    if wrong:
        raise decisions.together([*wrong, *_looked_at(connection, found)[1]])
    return found


def check(connection: Connection, decided: Chosen) -> list[str]:
    """Warnings; DecisionProblem for what cannot be obeyed."""
    warnings, wrong = _looked_at(connection, decided)
    if wrong:
        raise decisions.together(wrong)
    return warnings


def problems(connection: Connection, wishes: Sequence[Wish]) -> Wrong:
    """What else is wrong with a file that has rows that cannot be read."""
    found, wrong = _found(connection, wishes)
    return [*wrong, *_looked_at(connection, found)[1]]


def unfulfilled(connection: Connection, wishes: Sequence[Wish]) -> tuple[list[Wish], list[str]]:
    """What of a file is still to be obeyed, and a warning of the rest: people go on filling in the file whose
    invoices we have made since.
    """
    kinds = ("create", "done")
    row_of = _finder(connection, [wish for wish in wishes if wish.kind in kinds])
    left, made, closed = [], [], []
    for wish in wishes:
        try:
            row = row_of(wish) if wish.kind in kinds else None
        except DecisionProblem:
            row = None  # told with the others
        asked_since = row is not None and wish.code not in ("", row.code)
        if row is None:
            left.append(wish)
        elif wish.kind == "create" and not row.adopted and (has_deal(row) or (_gone(row) and asked_since)):
            made.append(_name(row))
        elif wish.kind == "done" and asked_since:
            closed.append(_name(row))
        else:
            left.append(wish)
    return left, [
        *decisions.answered(
            made,
            one="La factura «{}» ya tuvo la oportunidad que usted pidió crear",
            many="{} facturas ya tuvieron la oportunidad que usted pidió crear",
        ),
        *decisions.answered(
            closed,
            one="La factura «{}» ya no avisa lo que su fila da por resuelto",
            many="{} facturas ya no avisan lo que sus filas dan por resuelto",
        ),
    ]


def _gone(row: models.Invoice) -> bool:
    return row.deal_id is not None and not has_deal(row)


def has_deal(row: models.Invoice) -> bool:
    """Whether the invoice has an opportunity that Escala still has, as far as we know."""
    return row.deal_id is not None and row.code != Code.DEAL_DELETED


def identity_of(connection: Connection, row: models.Invoice) -> str:
    """The key of the customer's identity; "" where the customer was not read yet or has none."""
    known = models.KnownCustomer.objects.filter(company_id=connection.siigo_id, siigo_id=row.customer_id)
    return known.values_list("identity", flat=True).first() or ""


def _found(connection: Connection, wishes: Sequence[Wish]) -> tuple[Chosen, Wrong]:
    row_of = _finder(connection, wishes)
    found: dict[int, tuple[Wish, models.Invoice]] = {}
    wrong: Wrong = []
    for wish in wishes:
        try:
            row = row_of(wish)
        except DecisionProblem as problem:
            _keep(wrong, problem)
            continue
        before = found.setdefault(row.pk, (wish, row))[0]
        if (before.kind, before.target) != (wish.kind, wish.target):
            told = f"La factura «{_name(row)}» ya tiene otra decisión en este archivo."
            _keep(wrong, DecisionProblem(told, line=wish.line))
    return list(found.values()), wrong


def _looked_at(connection: Connection, decided: Chosen) -> tuple[list[str], Wrong]:
    """Warnings, and what cannot be obeyed."""
    wrong: Wrong = []
    warnings: list[str] = []
    for wish, row in decided:
        try:
            warnings += _possible(wish, row)
        except DecisionProblem as problem:
            _keep(wrong, problem)
    warnings += _deals(connection, [pair for pair in decided if pair[0].kind == "deal"], wrong)
    warnings += _contacts(connection, [pair for pair in decided if pair[0].kind == "contact"], wrong)
    return warnings, wrong


def _keep(wrong: Wrong, problem: DecisionProblem) -> None:
    if problem.line is None:
        raise problem from None
    wrong.append(problem)


def _finder(connection: Connection, wishes: Sequence[Wish]) -> Callable[[Wish], models.Invoice]:
    """What gives a wish its row. A name may be written in small letters where no other invoice has it so."""
    by_id = _by(connection, "siigo_id", {wish.siigo_id or wish.invoice for wish in wishes})
    names = {wish.invoice for wish in wishes if not wish.siigo_id}
    by_name = _by(connection, "name", names)
    by_capitals = _by(
        connection, "capitals", {name.upper() for name in names if name not in by_name and name not in by_id}
    )
    return lambda wish: _one(wish, by_id, by_name, by_capitals)


def _by(connection: Connection, column: str, values: set[str]) -> dict[str, list[models.Invoice]]:
    found: dict[str, list[models.Invoice]] = {}
    for chunk in _chunks(sorted(values - {""})):
        rows = models.Invoice.objects.filter(connection=connection)
        if column == "capitals":
            rows = rows.annotate(capitals=Upper("name"))
        for row in rows.filter(**{f"{column}__in": chunk}).defer("record", "intent").order_by("pk"):
            found.setdefault(getattr(row, column), []).append(row)
    return found


def _one(
    wish: Wish,
    by_id: dict[str, list[models.Invoice]],
    by_name: dict[str, list[models.Invoice]],
    by_capitals: dict[str, list[models.Invoice]],
) -> models.Invoice:
    rows = by_id.get(wish.siigo_id or wish.invoice) or by_name.get(wish.invoice) or []
    rows = rows or by_capitals.get(wish.invoice.upper(), [])
    if not rows or (wish.siigo_id and rows[0].siigo_id != wish.siigo_id):
        raise DecisionProblem(
            f"La factura «{wish.siigo_id or wish.invoice}» no está en el registro; primero se lee con "
            "«siigo-escala sync».",
            line=wish.line,
        )
    if len(rows) > 1:
        ids = ", ".join(row.siigo_id for row in rows)
        raise DecisionProblem(
            f"Hay {len(rows)} facturas «{wish.invoice}»: diga cuál con su id de Siigo ({ids}).",
            line=wish.line,
        )
    (row,) = rows
    if wish.siigo_id and wish.invoice.casefold() not in ("", row.name.strip().casefold()):
        raise DecisionProblem(
            f"El id «{wish.siigo_id}» es de la factura «{_name(row)}» y no de «{wish.invoice}»: las filas "
            "del archivo se mezclaron.",
            line=wish.line,
        )
    return row


def _possible(wish: Wish, row: models.Invoice) -> Iterable[str]:
    name = _name(row)
    if wish.kind in ("deal", "create", "ignore") and has_deal(row):
        if wish.kind == "deal" and row.deal_id == wish.target:
            return [f"La factura «{name}» ya es de la oportunidad «{wish.target}»."]
        raise DecisionProblem(
            f"La factura «{name}» ya tiene su oportunidad «{row.deal_id}»; si la corrigió en Escala, use "
            "«done».",
            line=wish.line,
        )
    if wish.kind == "create" and (row.annulled or row.deleted):
        raise DecisionProblem(f"La factura «{name}» está anulada o borrada en Siigo.", line=wish.line)
    if wish.kind == "create" and row.code == Code.CONTACT_AMBIGUOUS:
        raise DecisionProblem(
            f"La factura «{name}» espera que usted diga cuál es el contacto de su cliente, con «contact»: no "
            "se crea otro con la misma identificación.",
            line=wish.line,
        )
    if wish.kind == "create" and row.state == models.State.EXCLUDED and row.code in _BY_RULE:
        rule = reasons.catalogue[Code(row.code)]
        told = f"La factura «{name}» queda fuera por una regla («{rule.title}») y así no se crea"
        raise DecisionProblem(f"{told}. {rule.remedy}.", line=wish.line)
    if wish.kind == "done" and row.state != models.State.NEEDS_ATTENTION and row.decision != "ignore":
        return [f"La factura «{name}» no esperaba por usted."]
    if wish.kind == "done" and row.code in _ASKED and not has_deal(row):
        instead = "--contact" if row.code == Code.CONTACT_AMBIGUOUS else "--deal, --create"
        told = f"La factura «{name}» no tiene oportunidad, y --done no dice cuál es la suya"
        return [f"{told}: la próxima sincronización vuelve a preguntar. Use {instead} o --ignore."]
    return []


def _deals(connection: Connection, decided: Chosen, wrong: Wrong) -> list[str]:
    """Whether each deal is nobody else's, and known."""
    targets = {wish.target for wish, _ in decided}
    mine = {row.pk for _, row in decided}
    account = models.Invoice.objects.filter(escala_id=connection.escala_id)
    holders: dict[str, models.Invoice] = {}
    for chunk in _chunks(sorted(targets)):
        bound = account.filter(deal_id__in=chunk)
        waiting = account.filter(decision="deal", decision_target__in=chunk, due=True)
        for row in [*waiting.exclude(pk__in=mine), *bound]:
            holders[row.deal_id or row.decision_target] = row
    known = _known(models.KnownDeal, connection, "deal_id", targets)
    names: dict[str, str] = {}
    for chunk in _chunks(sorted(known)):
        rows = models.KnownDeal.objects.filter(escala_id=connection.escala_id, deal_id__in=chunk)
        names |= dict(rows.values_list("deal_id", "name"))
    warnings = []
    thing = ("una oportunidad", "deal_id", models.KnownDeal)
    unseen = _unseen(connection, targets - known, thing, wrong)
    taken: set[str] = set()
    for wish, row in decided:
        holder = holders.get(wish.target)
        if wish.target in taken:
            told = f"La oportunidad «{wish.target}» ya es de otra fila de este archivo."
            _keep(wrong, DecisionProblem(told, line=wish.line))
        elif holder is not None and holder.pk != row.pk:
            told = f"La oportunidad «{wish.target}» ya es de la factura «{_name(holder)}»."
            _keep(wrong, DecisionProblem(told, line=wish.line))
        else:
            warnings += unseen(wish, row)
            warnings += _names_another(names.get(wish.target, ""), wish, row)
        taken.add(wish.target)
    return warnings


def _names_another(deal_name: str, wish: Wish, row: models.Invoice) -> Iterable[str]:
    """A warning where the deal bears another invoice's name and not this one's: an id that was mistaken."""
    other = invoice_to_deal.names_any_invoice(deal_name)
    if other is None or invoice_to_deal.names_invoice(deal_name, row.name):
        return []
    told = f"La oportunidad «{wish.target}» nombra la factura {other} y no «{_name(row)}»"
    return [f"{told}: si se equivocó de oportunidad, decida de nuevo antes de la próxima sincronización."]


def _contacts(connection: Connection, decided: Chosen, wrong: Wrong) -> list[str]:
    """Whether each contact is no other customer's, and known."""
    targets = {wish.target for wish, _ in decided}
    known = _known(models.KnownContact, connection, "contact_id", targets)
    holders: dict[str, str] = {}
    for chunk in _chunks(sorted(targets)):
        bound = models.ContactBinding.objects.filter(escala_id=connection.escala_id, contact_id__in=chunk)
        holders |= {
            str(contact): identity for contact, identity in bound.values_list("contact_id", "identity")
        }
    of_customer: dict[str, str] = {}
    warnings = []
    unseen = _unseen(connection, targets - known, ("un contacto", "contact_id", models.KnownContact), wrong)
    for wish, row in decided:
        identity = identity_of(connection, row)
        if holders.setdefault(wish.target, identity) != identity:
            told = f"El contacto «{wish.target}» ya es de otro cliente."
            _keep(wrong, DecisionProblem(told, line=wish.line))
        elif of_customer.setdefault(identity or f"row {row.pk}", wish.target) != wish.target:
            told = f"El cliente de la factura «{_name(row)}» ya tiene otro contacto en este archivo."
            _keep(wrong, DecisionProblem(told, line=wish.line))
        else:
            warnings += unseen(wish, row)
    return warnings


def _known(
    model: type[models.KnownDeal | models.KnownContact], connection: Connection, column: str, ids: set[str]
) -> set[str]:
    found: set[str] = set()
    for chunk in _chunks(sorted(ids)):
        rows = model.objects.filter(escala_id=connection.escala_id, **{f"{column}__in": chunk})
        found |= set(rows.values_list(column, flat=True))
    return found


def _unseen(
    connection: Connection,
    strange: set[str],
    thing: tuple[str, str, type[models.KnownDeal | models.KnownContact]],
    wrong: Wrong,
) -> Callable[[Wish, models.Invoice], list[str]]:
    """What warns of a target that was made after the last look; what does not look like an id is refused."""
    noun, column, model = thing
    some = model.objects.filter(escala_id=connection.escala_id).values_list(column, flat=True)[:_SHAPES]
    shapes = {_shape(one) for one in some} if strange else set()

    def told(wish: Wish, row: models.Invoice) -> list[str]:
        if wish.target not in strange:
            return []
        if shapes and _shape(wish.target) not in shapes:
            refused = f"«{wish.target}» no es el id de {noun} de Escala."
            _keep(wrong, DecisionProblem(refused, line=wish.line))
        where = "" if wish.line is None else f" (línea {wish.line})"
        unsure = f"no estaba «{wish.target}», que usted indicó para la factura «{_name(row)}»{where}"
        return [f"Al mirar Escala la última vez {unsure}: la próxima sincronización lo comprueba."]

    return told


def _shape(text: str) -> str:
    """What ids of one kind have in common: their length and what stands between, or that they are numbers."""
    return "number" if text.isdigit() else re.sub("[0-9A-Za-z]", "x", text)


def _name(row: models.Invoice) -> str:
    return row.name or row.siigo_id


def _chunks(values: Sequence[str]) -> Iterable[Sequence[str]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
