"""When an invented company sells: months, weekdays, holidays and hours, all in Bogotá."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

BOGOTA_BEHIND = timedelta(hours=5)

_MONTHS = (0.72, 0.84, 0.97, 0.94, 1.05, 1.04, 0.95, 0.99, 1.03, 1.08, 1.24, 1.55)
_WEEKDAYS = (1.05, 1.0, 1.02, 1.04, 1.18, 0.62, 0.08)
_HOLIDAYS = frozenset({(1, 1), (5, 1), (7, 20), (8, 7), (12, 8), (12, 25)})
_HOURS = range(6, 24)
_HOUR_WEIGHTS = tuple(accumulate((1, 4, 9, 13, 15, 14, 8, 6, 10, 13, 14, 11, 7, 4, 3, 2, 1, 1)))


def moments(source: random.Random, count: int, *, today: date, days: int) -> Iterator[datetime]:
    """So many instants (aware UTC, whole seconds) in order, within the `days` days before `today`.

    None reaches midnight UTC of `today`. About one in twelve lies past 19:00 in Bogotá, on the next UTC day.
    """
    first = today - timedelta(days=days)
    calendar = [first + timedelta(days=at) for at in range(days)]
    shares = list(accumulate(_weight(day) * source.uniform(0.8, 1.2) for day in calendar))
    end = datetime(today.year, today.month, today.day, tzinfo=UTC)
    done = 0
    for day, share in zip(calendar, shares, strict=True):
        upto = round(count * share / shares[-1])
        drawn = (_moment(source, day) for _ in range(upto - done))
        yield from sorted(one if one < end else one - timedelta(hours=8) for one in drawn)
        done = upto


def bogota_day(moment: datetime) -> date:
    """The calendar day of an instant in Bogotá."""
    return (moment - BOGOTA_BEHIND).date()


def stamp(moment: datetime) -> str:
    """An instant of UTC in whole seconds as Siigo writes it."""
    return f"{moment.isoformat()[:19]}Z"


def _moment(source: random.Random, day: date) -> datetime:
    hour = source.choices(_HOURS, cum_weights=_HOUR_WEIGHTS)[0]
    local = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    return local + timedelta(seconds=source.randrange(3600)) + BOGOTA_BEHIND


def _weight(day: date) -> float:
    is_holiday = (day.month, day.day) in _HOLIDAYS
    end_of_month = 1.25 if day.day >= 26 else 1.0
    return _MONTHS[day.month - 1] * _WEEKDAYS[day.weekday()] * end_of_month * (0.05 if is_holiday else 1.0)
