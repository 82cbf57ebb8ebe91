"""A Siigo invoice as the deal ("oportunidad") it becomes in Escala: name, description, products, fields.

The value is Siigo's figure, given from outside; products never change it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from siigo_escala.domain import money, text
from siigo_escala.domain.accounting import Invoice
from siigo_escala.domain.crm import (
    ContactId,
    DealDraft,
    DealLine,
    PipelineId,
    ProductId,
    Scalar,
    StageId,
)
from siigo_escala.domain.mapping import breakdown

NAME_LIMIT = 255
DESCRIPTION_LIMIT = 5000

_BLOCK_START = "Datos de Siigo:"
_BLOCK_END = re.compile(r"Factura (?P<name>\S.*?)(?: del \d\d/\d\d/\d{4,})? \(Siigo\)")
_BLOCK = re.compile(
    rf"^{_BLOCK_START}[ \t]*\r?\n"
    rf"(?:(?:{'|'.join(breakdown.LABELS)}): [^\r\n]*\r?\n)*"
    rf"{_BLOCK_END.pattern}(?=[ \t]*\r?$)",
    re.MULTILINE,
)
_PLACEHOLDER = re.compile(r"\{(factura|fecha|cliente|identificacion|vendedor|total)\}")

_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))
_WORD = re.compile(r"[^\W_]+(?:[-_][^\W_]+)*")
#: In "FACTURA-FV-2-104-PAGADA" people have tied words to the name; "FV-2-104-1" is another name.
_WITH_WORDS_TIED = re.compile(r"(?:[^\W\d_]+[-_])*?(FV-[0-9A-Z]+-[0-9]+)(?:[-_][^\W\d_]+)*")
#: As people type it: "FV 2-104", "FV2-104", "fv 2 104". Between both numbers something must stand.
_TYPED = re.compile(r"(?<![\w-])FV[\s-]*(\d+)[\s-]+(\d+)(?!\w|-\d)")
_LONGEST_WORD = 100
_LONGEST_NAME_READ = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The invoice's lines as the deal can carry them.

    `attached` lines are sent, `missing` ones are not; `missing_codes` are the codes Escala lacks, once each.
    """

    sent: tuple[DealLine, ...]
    missing_codes: tuple[str, ...]
    attached: int
    missing: int


def draft(
    invoice: Invoice,
    *,
    contact_id: ContactId,
    pipeline_id: PipelineId,
    stage_id: StageId,
    owner: str,
    value: Decimal,
    customer_name: str,
    seller_name: str,
    user_text: str,
    mark: str,
    products: Mapping[str, ProductId],
    number_field: str,
    date_field: str,
    due_field: str,
    ours: str = "",
) -> DealDraft:
    """The deal for an invoice. `value` (pesos) goes out as it is; an empty field name sends no such field.

    `ours`: its `block`, where it is made already. Days are written yyyy-mm-dd.
    Source: docs/reference/escala-api.md, section 5.1.
    """
    custom: dict[str, Scalar] = {
        number_field: text.line(invoice.name, limit=NAME_LIMIT),
        date_field: _iso(invoice.date),
        due_field: _iso(invoice.due_date),
    }
    return DealDraft(
        name=name(invoice.name, mark=mark, customer_name=customer_name),
        contact_id=contact_id,
        pipeline_id=pipeline_id,
        stage_id=stage_id,
        owner=owner,
        value=value,
        description=description(
            user_text,
            invoice,
            customer_name=customer_name,
            seller_name=seller_name,
            ours=ours,
        ),
        lines=lines(invoice, products=products).sent,
        custom={key: sent for key, sent in custom.items() if key and sent},
    )


def lines(invoice: Invoice, *, products: Mapping[str, ProductId]) -> Lines:
    """Which lines the deal gets. `products` by SKU, trimmed, against each line's code, trimmed.

    A line without code, with an unknown one, or whose quantity is no positive number is missing.
    """
    sent: list[DealLine] = []
    missing_codes: dict[str, None] = {}
    for line in invoice.lines:
        code = line.code.strip()
        product_id = products.get(code)
        if product_id is None and code:
            missing_codes[code] = None
        if product_id is not None and line.quantity is not None and _is_positive(line.quantity):
            sent.append(DealLine(product_id=product_id, quantity=line.quantity))
    return Lines(
        sent=tuple(sent),
        missing_codes=tuple(missing_codes),
        attached=len(sent),
        missing=len(invoice.lines) - len(sent),
    )


def name(invoice_name: str, *, mark: str, customer_name: str) -> str:
    """The deal's name, "FV-2-1045 [mark] - Customer": what finds it again comes first and is never cut."""
    head = text.line(f"{invoice_name} [{text.line(mark)}]" if mark else invoice_name)
    customer = text.line(customer_name, limit=max(NAME_LIMIT - text.length(head) - 3, 0))
    return f"{head} - {customer}" if customer else head


def name_words(deal_name: str) -> frozenset[str]:
    """Every word of a text that may be an invoice's name, in capitals: each holds a digit."""
    words = set()
    for word in _WORD.findall(_folded(deal_name)):
        if len(word) <= _LONGEST_WORD and any(character.isdigit() for character in word):
            tied = _WITH_WORDS_TIED.fullmatch(word)
            words |= {word, tied[1]} if tied else {word}
    return frozenset(words | _typed(deal_name))


def number_of(invoice_name: str) -> str:
    """The number alone, "104" of "FV-2-104": what people write where they leave out the rest."""
    return _folded(invoice_name).rpartition("-")[2]


def _typed(deal_name: str) -> set[str]:
    """Invoices' names that people wrote with other separators; like any word, none of endless digits."""
    found = _TYPED.finditer(_folded(deal_name)[:_LONGEST_NAME_READ])
    names = (f"FV-{kind}-{number}" for kind, number in (one.groups() for one in found))
    return {name for name in names if len(name) <= _LONGEST_WORD}


def names_invoice(deal_name: str, invoice_name: str, *, mark: str = "") -> bool:
    """Whether the deal's name holds the invoice's as a whole word, and the mark where there is one.

    FV-2-104 is in none of "FV-2-1045", "XFV-2-104" and "FV-2-104-1". Case, kind of dash, and a blank in place
    of one do not count.
    """
    return _folded(invoice_name) in name_words(deal_name) and has_mark(deal_name, mark)


def names_any_invoice(deal_name: str) -> str | None:
    """The first invoice's name that the deal's name holds, in capitals."""
    for word in _WORD.findall(_folded(deal_name)[:_LONGEST_NAME_READ]):
        if tied := _WITH_WORDS_TIED.fullmatch(word):
            return tied[1]
    return next(iter(sorted(_typed(deal_name))), None)


def has_mark(deal_name: str, mark: str) -> bool:
    """Whether the name bears the mark, in our brackets or as a plain word after an invoice's name.

    The same word inside the customer's name is no mark; without a mark every name will do.
    """
    wanted, folded = folded_mark(mark), _folded(deal_name)[:_LONGEST_NAME_READ]
    if not wanted or f"[{wanted}]" in folded:
        return True
    plain = rf"{_WORD.pattern}[\s(]+{re.escape(wanted)}(?![^\W_])"
    return wanted[0].isalnum() and any(_may_be_invoice(found[0]) for found in re.finditer(plain, folded))


def has_any_mark(deal_name: str, marks: Iterable[str]) -> bool:
    """Whether the name bears one of these marks."""
    return any(has_mark(deal_name, mark) for mark in marks)


def folded_mark(mark: str) -> str:
    """What `has_mark` tells a mark by: two that fold to the same text are one; "" is none."""
    return _folded(mark)


def marks_besides(own: str, marks: Iterable[str]) -> list[str]:
    """The marks that are neither empty nor one's own."""
    return sorted(mark for mark in set(marks) if folded_mark(mark) not in ("", folded_mark(own)))


def description(
    user_text: str, invoice: Invoice, *, customer_name: str, seller_name: str, ours: str = ""
) -> str:
    """The user's text with its placeholders filled in, then our block (`ours`), which is never cut."""
    ours = ours or block(invoice)
    if not user_text:
        return ours
    told = filled(user_text, invoice, customer_name=customer_name, seller_name=seller_name)
    written = text.paragraph(told, limit=DESCRIPTION_LIMIT - text.length(ours) - 2)
    return f"{written}\n\n{ours}" if written else ours


def filled(user_text: str, invoice: Invoice, *, customer_name: str, seller_name: str) -> str:
    """The user's text with its placeholders filled in."""
    values = {
        "factura": invoice.name,
        "fecha": _day(invoice.date),
        "cliente": customer_name,
        "identificacion": invoice.customer_identification,
        "vendedor": seller_name,
        "total": _total(invoice),
    }
    return _PLACEHOLDER.sub(lambda found: text.line(values[found[1]]), user_text)


def block(invoice: Invoice) -> str:
    """Our part of the description: what the value is made of, then number and date of the invoice."""
    day = f" del {_day(invoice.date)}" if invoice.date else ""
    end = f"Factura {text.line(invoice.name, limit=NAME_LIMIT)}{day} (Siigo)"
    return "\n".join([_BLOCK_START, *breakdown.lines(invoice), end])


def replace_block(current: str, new_block: str, *, old_block: str | None = None) -> str | None:
    """`current` with our block replaced and all around it kept; None where it is not there intact, once.

    With `old_block`, what we wrote last, a block that people have edited is not intact. None too where the
    text would become longer than Escala takes.
    """
    found = list(_BLOCK.finditer(current))
    end = _BLOCK_END.fullmatch(new_block.rpartition("\n")[2])
    if len(found) != 1 or end is None or found[0]["name"] != end["name"]:
        return None
    if old_block is not None and found[0][0].replace("\r\n", "\n") != old_block:
        return None
    new = new_block.replace("\n", "\r\n") if "\r\n" in found[0][0] else new_block
    changed = current[: found[0].start()] + new + current[found[0].end() :]
    return changed if text.length(changed) <= DESCRIPTION_LIMIT else None


def _folded(words: str) -> str:
    """One line in capitals, each dash a hyphen: people retype names, and editors beautify them."""
    return text.line(unicodedata.normalize("NFKC", words)).upper().translate(_DASHES)


def _may_be_invoice(word: str) -> bool:
    return "-" in word and any(character.isdigit() for character in word)


def _is_positive(quantity: Decimal) -> bool:
    return quantity.is_finite() and quantity > 0


def _total(invoice: Invoice) -> str:
    total = money.value_of(invoice, "total")
    return "" if total is None else money.to_pesos(total)


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _day(day: date | None) -> str:
    return f"{day:%d/%m}/{day.year:04}" if day else ""
