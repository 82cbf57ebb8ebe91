"""Lists by page and scrolls by cursor (sections 2.1 and 2.2), with every doubt of theirs as a switch."""

import random
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from siigo_escala.simulators import clock as clocks
from siigo_escala.simulators.escala.account import instant
from siigo_escala.simulators.escala.refusals import Refused
from siigo_escala.simulators.escala.switches import Switches
from siigo_escala.simulators.escala.table import Record
from siigo_escala.simulators.messages import Response

DEFAULT_SIZE = 20
MAX_SIZE = 200

Shape = Callable[[Record], Record]


@dataclass(slots=True)
class _Scroll:
    """A read as it was at its first page. `place` moves only where one cursor serves all pages."""

    records: list[Record]
    total: int
    expires: datetime
    place: int = 0


class Scrolls:
    """The open scrolls of one account."""

    def __init__(self, clock: clocks.Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._open: dict[str, _Scroll] = {}
        self._dice = random.Random(0)

    def begin(self, records: list[Record], query: Mapping[str, str], shape: Shape) -> Response:
        """The first page of a scroll over `records`."""
        now = self._clock.now()
        self._open = {key: one for key, one in self._open.items() if one.expires >= now}
        shown, total = ordered(records, self._switches), len(records)
        cap = int(self._switches.scroll_cap)
        if cap and cap < total:
            shown, total = shown[:cap], cap if self._switches.scroll_cap_total == "cap" else total
        name = f"{self._dice.getrandbits(96):024x}"
        self._open[name] = _Scroll(shown, total, now)
        return self._page(name, 0, query, shape)

    def go_on(self, cursor: str, query: Mapping[str, str], shape: Shape) -> Response:
        """The page a cursor stands for; an expired or unknown one as `cursor_expired` says."""
        name, _, place = cursor.partition(".")
        scroll = self._open.get(name)
        if scroll is None or scroll.expires < self._clock.now() or not place.isdigit():
            if self._switches.cursor_expired == "empty":
                return enveloped([], None, self._switches)
            raise Refused(
                "scroll not found or expired", field="scrollId", status=int(self._switches.cursor_expired)
            )
        start = scroll.place if self._switches.cursor_style == "same" else int(place)
        return self._page(name, start, query, shape)

    def _page(self, name: str, start: int, query: Mapping[str, str], shape: Shape) -> Response:
        switches, scroll = self._switches, self._open[name]
        size = size_of(query, switches)
        scroll.expires = self._clock.now() + timedelta(seconds=switches.cursor_life_s)
        chunk = scroll.records[start : start + size]
        scroll.place = start + len(chunk)
        last = scroll.place >= len(scroll.records) and (switches.scroll_end == "no_cursor" or not chunk)
        following = {"same": "0", "stuck": str(start)}.get(switches.cursor_style, str(scroll.place))
        cursor = None if last and switches.cursor_style != "stuck" else f"{name}.{following}"
        return enveloped([shape(one) for one in chunk], scroll.total, switches, cursor=cursor)


def page(records: list[Record], query: Mapping[str, str], shape: Shape, switches: Switches) -> Response:
    """One zero-based page of a list; past the end it is empty."""
    size = size_of(query, switches)
    start = _integer(query, "page", 0) * size
    if switches.result_window and start + size > switches.result_window:
        raise Refused("Internal server error", status=500)
    shown = ordered(records, switches)[start : start + size]
    return enveloped([shape(one) for one in shown], len(records), switches)


def since(query: Mapping[str, str], switches: Switches) -> datetime | None:
    """The first instant that `since` lets through, None where it is not given or ignored."""
    asked = query.get("since")
    if not asked or switches.since_mode == "ignored":
        return None
    if switches.since_mode == "error500":
        raise Refused("Internal server error", status=500)
    try:
        moment = instant(asked.replace(" ", "+"))
    except ValueError as error:
        raise Refused("since must be a date", field="since") from error
    if moment is not None and switches.since_mode == "exclusive":
        return moment + timedelta(seconds=0.001 if "ms" in switches.timestamps else 1)
    return moment


def ordered(records: list[Record], switches: Switches) -> list[Record]:
    """A new list of the records, in the order this server happens to list them."""
    match switches.order:
        case "newest":
            return records[::-1]
        case "scrambled":
            return sorted(records, key=lambda one: zlib.crc32(one["id"].encode()))
        case _:
            return list(records)


def enveloped(
    items: list[Record], total: int | None, switches: Switches, *, cursor: str | None = None
) -> Response:
    """A list in its envelope, with total and cursor where the switches put them."""
    headers = {"X-Scroll-Id": cursor} if cursor and switches.scroll_key == "header" else {}
    if switches.envelope == "array":
        return Response(200, items, headers)
    body: dict[str, Any] = {switches.envelope: items}
    if switches.total == "present" and total is not None:
        body["total"] = total
    if cursor:
        match switches.scroll_key:
            case "scrollId" | "nextScrollId" as key:
                body[key] = cursor
            case "nested":
                body["scroll"] = {"id": cursor}
    return Response(200, body, headers)


def size_of(query: Mapping[str, str], switches: Switches) -> int:
    """The length of a page: what was asked, at most what the server gives."""
    size = _integer(query, "size", DEFAULT_SIZE)
    if not 1 <= size <= MAX_SIZE:
        raise Refused(f"size must be between 1 and {MAX_SIZE}", field="size", status=400)
    return min(size, int(switches.page_cap) or size)


def _integer(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit():
        raise Refused(f"{name} must be a number", field=name, status=400)
    return int(text)
