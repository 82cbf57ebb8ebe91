"""Deciding a batch: joins what the ledger, Siigo and Escala know of each invoice and asks `planning`.

Changes nothing but caches; a dry run ends here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from siigo_escala.domain import identity, matching, money, planning, twins
from siigo_escala.domain.accounting import Customer, Invoice, InvoiceId
from siigo_escala.domain.crm import Contact, ContactId
from siigo_escala.domain.mapping import customer_to_contact
from siigo_escala.domain.planning import (
    Adopt,
    Create,
    Decision,
    Exclude,
    NeedsAttention,
    Nothing,
    Shown,
    Subject,
    Update,
)
from siigo_escala.domain.reasons import Code
from siigo_escala.rest.errors import NotFound, UnexpectedAnswer
from siigo_escala.store import models
from siigo_escala.store.models import State
from siigo_escala.sync import born as born_there
from siigo_escala.sync import customers, escala_index, let_in, look, products, said
from siigo_escala.sync.claims import Claims
from siigo_escala.sync.read import Item
from siigo_escala.sync.session import Session
from siigo_escala.sync.step import Step


def decide(session: Session, items: Sequence[Item]) -> list[Step]:
    """One step an item, in the items' order; those whose write has no certain outcome yet are left out."""
    steps: dict[str, Step] = {}
    candidates: list[Item] = []
    claims = Claims(session=session)
    for item in items:
        if item.row.state == State.SENDING:
            continue
        decision = _first(session, claims, item)
        if isinstance(decision, Create):
            candidates.append(item)
        else:
            steps[item.row.siigo_id] = Step(item=item, decision=decision)
    _creations(session, claims, candidates, steps)
    _with_products(session, [step for step in steps.values() if isinstance(step.decision, Create | Update)])
    return [steps[item.row.siigo_id] for item in items if item.row.siigo_id in steps]


def settled(session: Session, items: Sequence[Item]) -> list[Step]:
    """What of these is decided without a look at Escala or at customers."""
    claims = Claims(session=session)
    decided = [item for item in items if item.row.state != State.SENDING and item.row.decision != "deal"]
    return [Step(item=item, decision=_first(session, claims, item)) for item in decided]


def subject_of(session: Session, item: Item) -> Subject:
    """An item as `planning` asks for it."""
    if item.amounts is None:
        # Asked for a dozen times on the way of an invoice.
        item.amounts = amounts(item.invoice, session.file.opportunities.value)
    born = born_there.is_born(session, item.row, item.invoice)
    return subject(item.row, item.invoice, item.amounts, asked_for=item.asked_for, born=born)


def amounts(invoice: Invoice, kind: money.ValueKind) -> tuple[Decimal | None, Decimal | None]:
    """An invoice's value as the rules choose it, and its total, in pesos."""
    return money.value_of(invoice, kind), money.value_of(invoice, "total")


def subject(
    row: models.Invoice,
    invoice: Invoice,
    worth: tuple[Decimal | None, Decimal | None],
    *,
    asked_for: bool = False,
    born: bool = False,
) -> Subject:
    """An invoice and its row as `planning` asks for them; `worth`: its `amounts`; `born`: in Escala."""
    value, total = worth
    return Subject(
        invoice=invoice,
        value=value,
        total=total,
        credited=row.credited,
        deleted=row.deleted,
        ignored=row.decision == "ignore",
        born_in_escala=born,
        asked_for=asked_for or let_in.is_marked(row) or row.decision in ("create", "contact"),
    )


def shown_of(row: models.Invoice) -> Shown:
    """What Escala shows of a bound invoice because of us, or of a person who typed what was told."""
    said.take_over(row)
    applied, done = row.applied, row.done
    return Shown(
        digest=applied.get("digest", ""),
        value=Decimal(applied.get("value", "0")),
        base=Decimal(applied.get("base", "0")),
        credited=Decimal(applied.get("credited", "0")),
        adopted=row.adopted,
        customer=said.customer_of(row),
        undone=bool(applied.get("undone")),
        done_code=done.get("code", ""),
        done_credited=Decimal(done.get("credited", "0")),
    )


def _first(session: Session, claims: Claims, item: Item) -> Decision:
    """The decision as far as it needs no look at customers or Escala; Create: if nothing is there."""
    row, subject = item.row, subject_of(session, item)
    if row.deal_id is not None and not said.made_anew(row):
        if row.code == Code.DEAL_DELETED:
            return Exclude(code=Code.DEAL_DELETED)
        return said.of_adopted(row, planning.follow(subject, shown_of(row), session.rules, digest=row.digest))
    if row.decision == "deal":
        return planning.said_of_it(subject) or claims.told(row)
    return planning.screen(subject, session.rules) or Create()


def _creations(session: Session, claims: Claims, items: Sequence[Item], steps: dict[str, Step]) -> None:
    """Decides those that are ours to create, as far as Escala does not show them already."""
    if not items:
        return
    with customers.asked(session, {item.invoice.customer_id or "" for item in items}) as answer:
        view = look.ensure(session)
        known = answer()
    twice = _names_twice(session, items)
    claims.look_up(items)
    speakers = _speakers(session, (customer for customer in known.values() if customer is not None))
    told = _contacts_told(session, items, known)
    matches = match_customers(session, list(speakers.values()), told=told)
    unsettled = set(
        models.ContactBinding.objects.filter(
            escala_id=session.connection.escala_id, contact_id=None, intent_at__isnull=False
        ).values_list("identity", flat=True)
    )
    for item in items:
        if (item.invoice.customer_id or "") not in known:
            continue  # Siigo has no answer about it: the next run asks again
        customer = known[item.invoice.customer_id or ""]
        step = Step(item=item, decision=Create(), customer=customer)
        steps[item.row.siigo_id] = step
        if customer is None:
            step.decision = NeedsAttention(code=Code.CUSTOMER_MISSING)
            continue
        who = customers.identity_of(session, customer)
        if who is None:
            step.decision = NeedsAttention(code=Code.CONTACT_DATA_MISSING, data={"field": "identificación"})
            continue
        step.who, step.match, step.customer = who, matches[who], speakers[who]
        step.waits = who in unsettled
        if item.row.siigo_id in twice:
            step.decision = NeedsAttention(code=Code.INVOICE_NAME_TWICE)
            continue
        if item.row.decision == "contact" and not _is(step.match, item.row.decision_target):
            step.decision = NeedsAttention(
                code=Code.DECISION_NOT_POSSIBLE,
                data={"why": f"el contacto {item.row.decision_target} ya es de otro cliente"},
            )
            continue
        step.decision = _claim(session, claims, step)
        if isinstance(step.decision, Create) and isinstance(step.match, matching.Ambiguous):
            step.decision = NeedsAttention(
                code=Code.CONTACT_AMBIGUOUS, data={"candidates": list(step.match.candidates)}
            )
    mine = [steps[item.row.siigo_id] for item in items if item.row.siigo_id in steps]
    _hold_twins(session, claims, [step for step in mine if isinstance(step.decision, Create)])
    for step in mine:
        if isinstance(step.decision, Create) and view.hold is not None:
            step.decision = view.hold


def _contacts_told(
    session: Session, items: Sequence[Item], known: Mapping[str, Customer | None]
) -> dict[str, ContactId]:
    """The contact that a person named for a customer, by identity."""
    told: dict[str, ContactId] = {}
    for item in items:
        customer = known.get(item.invoice.customer_id or "")
        if item.row.decision != "contact" or customer is None:
            continue
        who = customers.identity_of(session, customer)
        if who is not None:
            told[who] = ContactId(item.row.decision_target)
    return told


def _is(match: matching.Match | None, contact_id: str) -> bool:
    return isinstance(match, matching.Found) and match.contact_id == contact_id


def _claim(session: Session, claims: Claims, step: Step) -> Create | Adopt | NeedsAttention:
    contact = step.match.contact_id if isinstance(step.match, matching.Found) else None
    value = planning.value_to_show(subject_of(session, step.item), session.rules)
    claimed = claims.made_since_told if step.row.decision == "create" else claims.by_name
    return claimed(step.item, contact=contact, value=value)


def _hold_twins(session: Session, claims: Claims, steps: Sequence[Step]) -> None:
    """Holds what may be in Escala already under another name, until a person says whether it is."""
    wanted: list[tuple[Item, ContactId, set[Decimal]]] = []
    if session.file.opportunities.possible_twins == "hold":
        for step in steps:
            if isinstance(step.match, matching.Found) and step.row.decision != "create":
                subject = subject_of(session, step.item)
                values = {planning.value_to_show(subject, session.rules), subject.value or Decimal(0)}
                wanted.append((step.item, step.match.contact_id, twins.values(values)))
    found = claims.possible_twins(wanted)
    for step in steps:
        if candidates := found.get(step.row.siigo_id):
            step.decision = NeedsAttention(code=Code.POSSIBLE_TWIN, data={"candidates": candidates})


def _names_twice(session: Session, items: Sequence[Item]) -> set[str]:
    """Siigo ids among these whose name another living invoice of the company bears too."""
    by_name: dict[str, set[str]] = {}
    for item in items:
        if item.row.decision != "create":
            by_name.setdefault(item.invoice.name, set()).add(item.row.siigo_id)
    names = sorted(by_name)
    for start in range(0, len(names), 500):
        rows = models.Invoice.objects.filter(
            connection=session.connection, name__in=names[start : start + 500], deleted=False, annulled=False
        ).values_list("name", "siigo_id", "deal_id")
        for name, siigo_id, _ in rows:
            if siigo_id not in by_name[name] and not _gone_in_siigo(session, siigo_id):
                by_name[name].add(siigo_id)
    return {
        item.row.siigo_id
        for item in items
        if item.row.decision != "create" and len(by_name[item.invoice.name]) > 1
    }


def _gone_in_siigo(session: Session, siigo_id: str) -> bool:
    """Whether an older invoice of the same name was deleted, as a draft whose number is used again."""
    try:
        session.siigo.invoice(InvoiceId(siigo_id))
    except (NotFound, UnexpectedAnswer) as answer:
        return isinstance(answer, NotFound)
    return False


def _speakers(session: Session, found: Iterable[Customer]) -> dict[str, Customer]:
    """Who speaks for each identity: branches of one customer are one contact, made from the lowest."""
    of_identity: dict[str, Customer] = {}
    for customer in found:
        who = customers.identity_of(session, customer)
        if who is not None and (who not in of_identity or customer.branch < of_identity[who].branch):
            of_identity[who] = customer
    return of_identity


def match_customers(
    session: Session, found: Sequence[Customer], *, told: Mapping[str, ContactId] = MappingProxyType({})
) -> dict[str, matching.Match]:
    """The contact of each customer, by identity. `told`: what a person has just said of some."""
    of_identity = _speakers(session, found)
    account = session.connection.escala_id
    bindings = _bindings(account, list(of_identity))
    keys = {key: _keys(customer) for key, customer in of_identity.items()}
    candidates = escala_index.contacts_with(session, {one for some in keys.values() for one in some})
    contact_ids = {contact.id for contacts in candidates.values() for contact in contacts}
    contact_ids |= set(told.values())
    holders = {
        ContactId(contact_id): who
        for contact_id, who in models.ContactBinding.objects.filter(
            escala_id=account, contact_id__in=contact_ids
        ).values_list("contact_id", "identity")
        if contact_id is not None
    }
    holders = {**holders, **{ContactId(contact): who for contact, who in session.claimed.items()}}

    def one(who_key: str) -> matching.Match:
        binding = bindings.get(who_key)
        target = ContactId(binding.contact_id) if binding and binding.contact_id else None
        remembered = target if binding and binding.by_person else None
        if (named := told.get(who_key)) and holders.get(named, who_key) == who_key:
            remembered = named
        unique: dict[ContactId, Contact] = {
            contact.id: contact for key in sorted(keys[who_key]) for contact in candidates.get(key, [])
        }
        return matching.match(
            of_identity[who_key],
            list(unique.values()),
            field=session.file.opportunities.identification_field,
            bound=target,
            remembered=remembered,
            held_by_others={one: who for one in unique if (who := holders.get(one, who_key)) != who_key},
        )

    matches: dict[str, matching.Match] = {}
    later: list[str] = []
    for who_key in of_identity:
        match = one(who_key)
        if isinstance(match, matching.Found) and match.evidence in ("email", "phone"):
            later.append(who_key)
            continue
        matches[who_key] = match
        if isinstance(match, matching.Found):
            holders[match.contact_id] = who_key
    # An e-mail or phone is weaker than an identification, and gives a contact to one customer only.
    for who_key in later:
        match = matches[who_key] = one(who_key)
        if isinstance(match, matching.Found):
            holders[match.contact_id] = session.claimed[match.contact_id] = who_key
    return matches


def _bindings(account: int, keys: Sequence[str]) -> dict[str, models.ContactBinding]:
    found: dict[str, models.ContactBinding] = {}
    for start in range(0, len(keys), 500):
        rows = models.ContactBinding.objects.filter(escala_id=account, identity__in=keys[start : start + 500])
        found |= {row.identity: row for row in rows}
    return found


def _keys(customer: Customer) -> set[str]:
    """The index keys under which this customer's contact may be found."""
    keys = {
        f"id:{key}"
        for key in identity.customer_keys(id_type=customer.id_type, identification=customer.identification)
    }
    draft = customer_to_contact.draft(
        customer, field="cf_", owner="", send_email=True, send_phone=True
    ).contact
    if email := identity.email(draft.email):
        keys.add(f"email:{email}")
    if phone := identity.phone(draft.phone):
        keys.add(f"phone:{phone}")
    return keys


def _with_products(session: Session, steps: Sequence[Step]) -> None:
    """Finds the products of what will be written, and which updates would change nothing."""
    codes = {line.code.strip() for step in steps for line in step.item.invoice.lines if line.code.strip()}
    known = products.by_code(session, codes)
    for step in steps:
        step.products = known
        if isinstance(step.decision, Update) and not step.decision.lost:
            shown = {key: step.row.applied.get(key) for key in ("value", "lines", "block")}
            if shows(session, step) == shown and step.decision.code is None:
                step.decision = Nothing()
        if isinstance(step.decision, Update):
            alone = by_hand(session, step, alone=True)
            tried = (step.row.code, step.row.data) == (alone.code, alone.data)
            if tried and session.options.kind != "retry":
                step.decision = alone  # nothing has changed since it was found impossible
            elif not session.escala.capabilities.updates_possible:
                step.decision = by_hand(session, step)
        if isinstance(step.decision, Update) and step.decision.lost and not look.lost_stage(session):
            # A pipeline without such a stage leaves it to a person.
            step.decision = NeedsAttention(code=step.decision.code or Code.INVOICE_ANNULLED_LATER)


def shows(session: Session, step: Step) -> dict[str, Any]:
    """What Escala should show of an invoice because of us, as the ledger keeps it."""
    if isinstance(step.decision, Update) and step.decision.edit is not None:
        # The note alone is taken off: the rest stays as it was before the edit, which waits for a person.
        applied = step.row.applied
        value = Decimal(applied.get("base", applied["value"])) - step.row.credited
        return {
            "value": money.to_text(max(value, Decimal(0))),
            "lines": applied.get("lines", []),
            "block": applied.get("block", ""),
        }
    return {
        "value": money.to_text(planning.value_to_show(subject_of(session, step.item), session.rules)),
        "lines": [[line.product_id, str(line.quantity)] for line in step.lines.sent],
        "block": step.block,
    }


def wanted(session: Session, step: Step) -> dict[str, Any]:
    """The same with what a later update must know: the value before credit notes."""
    if isinstance(step.decision, Update) and step.decision.edit is not None:
        return shows(session, step)
    return {**shows(session, step), "base": money.to_text(subject_of(session, step.item).value or Decimal(0))}


def by_hand(session: Session, step: Step, *, alone: bool = False) -> NeedsAttention:
    """What a person must change in Escala where the account allows no update; `alone`: or this deal none."""
    data: dict[str, object] = {"deal": step.row.deal_id} | ({"alone": True} if alone else {})
    if isinstance(step.decision, Update) and step.decision.lost:
        data["stage"] = "perdida"
    else:
        data |= {"before": step.row.applied.get("value", ""), "value": shows(session, step)["value"]}
        if isinstance(step.decision, Update) and step.decision.edit is not None:
            data["edit"] = "held"
    return NeedsAttention(code=Code.UPDATE_NOT_POSSIBLE, data=data)
