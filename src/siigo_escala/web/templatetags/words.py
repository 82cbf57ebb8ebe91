"""Values as people read them: pesos, instants, counted nouns, identifications.

`{{ amount|pesos }}`, `{{ moment|instant }}`, `{{ n|counted:"factura,facturas" }}`: the words of the screens
stand in the templates, the forms of values here.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from stdnum.co import nit

from siigo_escala.domain import money, reasons

register = template.Library()
NO_BREAK = "\u00a0"
MONTHS = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")
MONTH_NAMES = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
    "noviembre",
    "diciembre",
)  # fmt: skip
BOGOTA = ZoneInfo("America/Bogota")


@register.filter
def pesos(amount: Decimal | None) -> str:
    """`$ 1.110.054,50`, for tables: always two decimals, and never torn apart."""
    if amount is None:
        return "–"
    return money.to_pesos(amount).replace("$ ", f"${NO_BREAK}")


@register.filter
def pesos_in_words(amount: Decimal | None) -> str:
    """The same inside of a sentence: without cents where there are none."""
    return pesos(amount).removesuffix(",00")


@register.filter
def on_screen(text: str) -> str:
    """What a run has noted, with the buttons of a page for the orders of a terminal."""
    return reasons.for_screens(text)


@register.filter
def mail(address: str) -> SafeString:
    """An address that breaks after its @ before it breaks anywhere else."""
    name, sign, domain = address.partition("@")
    return format_html("{}{}<wbr>{}", name, sign, domain)


@register.filter
def number(count: int | str | None) -> str:
    """`1.204`."""
    return f"{count:,}".replace(",", ".") if isinstance(count, int) else "–"


@register.filter
def counted(count: int, nouns: str) -> str:
    """`1 factura`, `1.204 facturas`: the noun that goes with the number, of two separated by a comma."""
    one, _, many = nouns.partition(",")
    return f"{number(count)}{NO_BREAK}{one if count == 1 else many}"


@register.filter
def noun(count: int, nouns: str) -> str:
    """The noun, or verb, that goes with a number, without it."""
    one, _, many = nouns.partition(",")
    return one if count == 1 else many


@register.filter
def day(moment: date | None) -> str:
    """`24 nov 2026`."""
    if moment is None:
        return "sin fecha"
    return f"{moment.day}{NO_BREAK}{MONTHS[moment.month - 1]}{NO_BREAK}{moment.year}"


@register.filter
def month(moment: date) -> str:
    """`noviembre de 2026`."""
    return f"{MONTH_NAMES[moment.month - 1]} de {moment.year}"


def local(moment: datetime, zone: ZoneInfo = BOGOTA, *, now: datetime | None = None) -> str:
    """`hoy, 14:05`, `ayer, 14:05`, `22 nov 2026, 14:05`."""
    there = moment.astimezone(zone)
    today = (now or datetime.now(UTC)).astimezone(zone).date()
    clock = f"{there:%H:%M}"
    for name, then in (
        ("hoy", today),
        ("ayer", today - timedelta(days=1)),
        ("mañana", today + timedelta(days=1)),
    ):
        if there.date() == then:
            return f"{name},{NO_BREAK}{clock}"
    return f"{day(there.date())},{NO_BREAK}{clock}"


@register.filter
def instant(moment: datetime | None, zone: str = "America/Bogota") -> SafeString | str:
    """A moment in words, with the exact one and its zone for whoever points at it."""
    if moment is None:
        return "–"
    place = ZoneInfo(zone)
    exact = moment.astimezone(place)
    return format_html(
        '<time datetime="{}" title="{} ({})">{}</time>',
        exact.isoformat(timespec="seconds"),
        f"{exact:%Y-%m-%d %H:%M:%S}",
        zone,
        local(moment, place),
    )


@register.filter
def duration(seconds: float | None) -> str:
    """`41 s`, `3 min`, `2 h 5 min`."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    if whole < 90:
        return f"{whole}{NO_BREAK}s"
    minutes = round(whole / 60)
    if minutes < 90:
        return f"{minutes}{NO_BREAK}min"
    return f"{minutes // 60}{NO_BREAK}h {minutes % 60}{NO_BREAK}min"


@register.filter
def identification(text: str) -> str:
    """`NIT 900.482.137-2`, `CC 52.418.963`; what is neither stays as it is."""
    digits = text.strip()
    if not digits.isdigit() or not digits.isascii():
        return digits
    dotted = f"{int(digits):,}".replace(",", ".")
    if len(digits) == 9 and digits[0] in "89":
        return f"NIT{NO_BREAK}{dotted}-{nit.calc_check_digit(digits)}"
    return f"CC{NO_BREAK}{dotted}" if 5 < len(digits) < 11 else digits
