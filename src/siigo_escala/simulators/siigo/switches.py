"""How this Siigo behaves where the documents are silent or contradict each other; defaults first.

Each switch is one line of siigo-api.md, sections 13 and 14. A tuple lists the positions (the first is the
default), a number or a text is a free value, `last_updated_moves_on` is a list of events.
"""

from collections.abc import Iterator, Mapping
from typing import Any

POSITIONS: Mapping[str, tuple[Any, ...]] = {
    "auth_status": (200, 201),
    "wrong_credentials_status": (401, 400),
    "authorization": ("both", "bearer_only", "bare_only"),
    "partner_id_check": (True, False),
    "error_shape": ("pascal", "lower", "mixed", "flat", "gateway", "empty", "html"),
    "users_shape": ("envelope", "array"),
    "links": ("_links", "null_next", "none", "__links"),
    "page_size": ("clamp", "honour", "reject"),
    "invoice_order": ("newest", "oldest", "shuffled"),
    "empty_keys": ("omitted", "null", "list", "object", "text"),
    "timestamps": ("seconds", "ms", "ticks", "naive", "year_one_in_list", "empty_in_list"),
    "bare_dates": ("utc", "bogota"),
    "date_end": ("inclusive", "exclusive"),
    "updated_start": ("excludes_unmodified", "includes_unmodified"),
    "annul_answer": ("Annul", "deleted"),
    "annulled_false": ("absent", "false"),
    "annulled_balance": ("zero", "unchanged"),
    "annulled_total": ("unchanged", "zero"),
    "annulled_in_list": (True, False),
    "line_total": ("base_and_iva", "minus_retefuente"),
    "credit_note_reason": ("absent", "present"),
    "id_type_shape": ("object", "text"),
    "payments_mismatch": ("invalid_total_payments", "unhandled_error"),
    "customers_list": ("all", "active_customers"),
    "customer_delete": ("allowed", "disabled"),
    "rate_limit_answer": ("header", "no_header", "gateway"),
    "rate_limit_counts_auth": (True, False),
    "replay_status": (201, 200),
    "duplicate_status": (400, 409),
    "failures": ("none", "document_query_service", "500", "504"),
    "stamp_outcome": ("Accepted", "Rejected"),
    "blocked_user": (False, True),
    "blocks_on_errors": (False, True),
    "plan_has_api": (True, False),
}
FREE_NUMBERS: Mapping[str, float] = {
    "token_life_s": 86400,
    "rate_limit_per_minute": 100,
    "list_lag_s": 0,
    "stamp_after_s": 3,
    "insert_between_pages": 0,
    "delete_between_pages": 0,
    "repeated_rows": 0,
    "shuffle_seed": 1,
}
FREE_TEXTS: Mapping[str, str] = {"links_host": ""}
EVENTS = ("edit", "annul", "stamp", "payment", "credit_note")


class Switches(Mapping[str, Any]):
    """The positions in force; `update` refuses unknown names and positions with a ValueError."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self._values: dict[str, Any] = {name: positions[0] for name, positions in POSITIONS.items()}
        self._values |= {**FREE_NUMBERS, **FREE_TEXTS, "last_updated_moves_on": ["edit"]}
        self.version = 0
        self.update(values or {})

    def update(self, values: Mapping[str, Any]) -> None:
        """Move the named switches; all of them or none."""
        for name, value in values.items():
            _check(name, value)
        self._values.update(values)
        self.version += 1

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.update({name: value})

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _check(name: str, value: Any) -> None:
    if name in POSITIONS:
        fits = value in POSITIONS[name]
        wanted = ", ".join(repr(position) for position in POSITIONS[name])
    elif name in FREE_NUMBERS:
        fits = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
        wanted = "a number from 0"
    elif name in FREE_TEXTS:
        fits, wanted = isinstance(value, str), "a text"
    elif name == "last_updated_moves_on":
        fits = isinstance(value, list | tuple) and all(event in EVENTS for event in value)
        wanted = f"a list of {', '.join(EVENTS)}"
    else:
        known = sorted([*POSITIONS, *FREE_NUMBERS, *FREE_TEXTS, "last_updated_moves_on"])
        raise ValueError(f"unknown switch {name!r}; known: {', '.join(known)}")
    if not fits:
        raise ValueError(f"switch {name} takes {wanted}, not {value!r}")
