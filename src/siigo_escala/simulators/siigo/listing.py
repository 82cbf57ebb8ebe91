"""Paged lists: filters of siigo-api.md 3.1 and 4, order, page sizes, links."""

import random
import re
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from siigo_escala.simulators.siigo import errors, wire
from siigo_escala.simulators.siigo.table import CreationKey, Record, Table

DEFAULT_SIZE, LEAST_SIZE, LARGEST_SIZE = 25, 10, 100
_BOGOTA = timedelta(hours=-5)
_INDEXED = frozenset({"name", "customer_identification", "identification", "document_id"})
_BARE = re.compile(r"\d{4}-\d{2}-\d{2}")

INVOICE_FILTERS = frozenset({"name", "customer_identification", "customer_branch_office", "document_id"})
NOTE_FILTERS = frozenset({"name"})
CUSTOMER_FILTERS = frozenset({"identification", "branch_office", "active", "type", "person_type"})
PRODUCT_FILTERS = frozenset({"code", "ids", "id", "account_group", "type", "stock_control", "active"})
QUOTATION_FILTERS = frozenset({"name", "customer_identification", "customer_branch_office"})
FILTERS: Mapping[str, frozenset[str]] = {
    "invoices": INVOICE_FILTERS,
    "credit_notes": NOTE_FILTERS,
    "vouchers": NOTE_FILTERS,
    "customers": CUSTOMER_FILTERS,
    "products": PRODUCT_FILTERS,
    "quotations": QUOTATION_FILTERS,
}


@dataclass(slots=True)
class Lister:
    """Answers lists of one company; a finished selection is kept until a record or a switch changes."""

    switches: Mapping[str, Any]
    now: Callable[[], datetime]
    _cache: dict[tuple[Any, ...], list[CreationKey]] = field(default_factory=dict)

    def page(self, kind: str, table: Table, query: Mapping[str, str], *, url: str, version: int) -> Record:
        """One page in the envelope of 2.1. Raises ApiError for a bad value."""
        wanted = {key: value for key, value in query.items() if key not in ("page", "page_size")}
        keys = self._selection(kind, table, wanted, version)
        size = page_size(query.get("page_size"), self.switches["page_size"])
        number = page_number(query.get("page"))
        rows = [table.to_send(key[2]) for key in keys[(number - 1) * size : number * size]]
        results = [
            wire.distorted(
                wire.show(kind, row, self.switches, in_list=True), table.distortions.get(row["id"])
            )
            for row in rows
        ]
        results += results[: int(self.switches["repeated_rows"])]
        return envelope(
            results, number=number, size=size, total=len(keys), links=self.switches["links"], url=url
        )

    def _selection(
        self, kind: str, table: Table, wanted: Mapping[str, str], version: int
    ) -> list[CreationKey]:
        lag = float(self.switches["list_lag_s"]) if kind == "invoices" else 0.0
        mark = (id(table), table.version, version, tuple(sorted(wanted.items())))
        known = self._cache.get(mark)
        if known is not None and not lag:
            return known
        keys = self._ordered(kind, self._chosen(kind, table, wanted))
        if lag:
            newest = self.now().timestamp() - lag
            return [key for key in keys if table.born.get(key[2], 0.0) <= newest]
        if len(self._cache) > 8:
            self._cache.clear()
        self._cache[mark] = keys
        return keys

    def _ordered(self, kind: str, keys: list[CreationKey]) -> list[CreationKey]:
        order = self.switches["invoice_order"] if kind == "invoices" else "newest"
        keys.sort(reverse=order != "oldest")
        if order == "shuffled":
            random.Random(int(self.switches["shuffle_seed"])).shuffle(keys)
        return keys

    def _chosen(self, kind: str, table: Table, wanted: Mapping[str, str]) -> list[CreationKey]:
        pools = self._pools(kind, table, wanted)
        checks = [
            _check(name, value)
            for name, value in wanted.items()
            if name in FILTERS[kind] and value != "" and name not in _INDEXED
        ]
        if kind == "customers" and self.switches["customers_list"] == "active_customers":
            checks += [_check("type", "Customer"), _check("active", "true")]
        if kind == "invoices" and not self.switches["annulled_in_list"]:
            checks.append(lambda record: not record.get("annulled"))
        if not pools and not checks:
            return table.created.between(None, None)
        if pools:
            smallest = min(pools, key=len)
            others = [set(pool) for pool in pools if pool is not smallest]
            identities = [one for one in smallest if all(one in other for other in others)]
        else:
            identities = list(table)
        if checks:
            identities = [one for one in identities if all(check(table.peek(one)) for check in checks)]
        return [table.key(one) for one in identities]

    def _pools(self, kind: str, table: Table, wanted: Mapping[str, str]) -> list[list[str]]:
        pools = []
        for name, index in (("created", table.created), ("updated", table.updated)):
            low, high = self._range(wanted, name)
            if low is None and high is None:
                continue
            pool = [entry[2] for entry in index.between(low, high)]
            if name == "updated" and self.switches["updated_start"] == "includes_unmodified":
                pool = list(dict.fromkeys(pool + [e[2] for e in table.created.between(low, high)]))
            pools.append(pool)
        exact: dict[str, Mapping[str, Iterable[str]]] = {}
        if kind == "customers":
            exact["identification"] = table.by_identification
            first, last = self._days(wanted)
            if first or last:
                span = (
                    _moment("", first, timedelta()),
                    _moment("", last and f"{last}T23:59:59Z", timedelta()),
                )
                pools.append([entry[2] for entry in table.created.between(*span)])
        elif kind != "products":
            first, last = self._days(wanted)
            if first or last:
                pools.append([entry[2] for entry in table.dates.between(first, last)])
            exact |= {"name": table.by_name, "customer_identification": table.by_identification}
        if wanted.get("document_id") and "document_id" in FILTERS[kind]:
            pools.append(list(table.by_document.get(_whole("document_id", wanted["document_id"], 0), {})))
        pools += [
            list(index.get(wanted[name], []))
            for name, index in exact.items()
            if name in FILTERS[kind] and wanted.get(name)
        ]
        return pools

    def _range(self, wanted: Mapping[str, str], name: str) -> tuple[float | None, float | None]:
        zone = _BOGOTA if self.switches["bare_dates"] == "bogota" else timedelta()
        low = _moment(f"{name}_start", wanted.get(f"{name}_start"), zone)
        high = _moment(f"{name}_end", wanted.get(f"{name}_end"), zone)
        if low is not None and high is not None and low > high:
            raise errors.invalid("invalid_date_range", f"{name}_start", f"{name}_start is after {name}_end")
        return low, high

    def _days(self, wanted: Mapping[str, str]) -> tuple[str | None, str | None]:
        first, last = _day("date_start", wanted), _day("date_end", wanted)
        if first and last and first > last:
            raise errors.invalid("invalid_date_range", "date_start", "date_start is after date_end")
        if last and self.switches["date_end"] == "exclusive":
            last = (date.fromisoformat(last) - timedelta(days=1)).isoformat()
        return first, last


def page_size(text: str | None, position: str) -> int:
    """The size Siigo uses for the size asked for; "reject" refuses what lies outside 1-100."""
    size = _whole("page_size", text, DEFAULT_SIZE)
    if position == "honour":
        return size
    if position == "reject":
        if size > LARGEST_SIZE:
            raise errors.invalid("invalid_range", "page_size", "The page_size must be between 1 and 100")
        return size
    return min(max(size, LEAST_SIZE), LARGEST_SIZE)


def envelope(results: list[Any], *, number: int, size: int, total: int, links: str, url: str) -> Record:
    """The envelope of 2.1 around one page; `url` is the list's address with its filters."""
    answer: Record = {
        "pagination": {"page": number, "page_size": size, "total_results": total},
        "results": results,
    }
    if links == "none":
        return answer
    hrefs: Record = {"self": {"href": link(url, number, size)}}
    if number > 1:
        hrefs = {"previous": {"href": link(url, number - 1, size)}, **hrefs}
    if number * size < total:
        hrefs["next"] = {"href": link(url, number + 1, size)}
    elif links == "null_next":
        hrefs["next"] = {"href": None}
    answer["__links" if links == "__links" else "_links"] = hrefs
    return answer


def with_query(url: str, pairs: Iterable[tuple[str, str]]) -> str:
    """An address with its query."""
    query = urllib.parse.urlencode(list(pairs))
    return f"{url}?{query}" if query else url


def page_number(text: str | None) -> int:
    """The page asked for, from 1."""
    return _whole("page", text, 1)


def link(url: str, number: int, size: int) -> str:
    """The address of another page, filters kept."""
    base, _, query = url.partition("?")
    kept = [pair for pair in urllib.parse.parse_qsl(query) if pair[0] not in ("page", "page_size")]
    return f"{base}?{urllib.parse.urlencode([*kept, ('page', number), ('page_size', size)])}"


def _whole(name: str, text: str | None, default: int) -> int:
    if text is None or text == "":
        return default
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise errors.invalid("invalid_type", name)
    return int(text)


def _moment(name: str, text: str | None, zone: timedelta) -> float | None:
    if not text:
        return None
    is_bare = _BARE.fullmatch(text) is not None
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise errors.invalid("invalid_date", name, f"The field {name} must be a date") from None
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC) - (zone if is_bare else timedelta())
    return value.timestamp()


def _day(name: str, wanted: Mapping[str, str]) -> str | None:
    text = wanted.get(name)
    if not text:
        return None
    if _moment(name, text, timedelta()) is None:
        return None
    return text[:10]


def _check(name: str, value: str) -> Callable[[Record], bool]:
    match name:
        case "customer_branch_office" | "branch_office" | "account_group":
            if not value.isdigit():
                raise errors.invalid("invalid_type", name)
            number = int(value)
            if name == "account_group":
                return lambda record: bool((record.get("account_group") or {}).get("id") == number)
            if name == "branch_office":
                return lambda record: bool((record.get("branch_office") or 0) == number)
            return lambda record: bool((record["customer"].get("branch_office") or 0) == number)
        case "active" | "stock_control":
            if value.lower() not in ("true", "false"):
                raise errors.invalid("invalid_type", name)
            truth = value.lower() == "true"
            return lambda record: bool(record.get(name)) == truth
        case "ids" | "id":
            listed = set(value.split(","))
            if len(listed) > 20:
                raise errors.invalid("values_limit", name, "At most 20 ids")
            return lambda record: record["id"] in listed
        case _:
            return lambda record: bool(record.get(name) == value)
