"""What is unknown of the real Escala API, as switches: the default is the most likely behaviour.

`docs/reference/escala-api.md`, section 13 (U1-U20) and 14, say why each of them exists.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


def _choice(*values: str) -> Any:
    return field(default=values[0], metadata={"choices": values})


@dataclass(slots=True, kw_only=True)
class Switches:
    """One personality of the simulator. The first value of a choice is its default; a number 0 means off."""

    # lists and scroll: 2.1, 2.2, U1, U2, U5
    scroll_key: str = _choice("scrollId", "nextScrollId", "nested", "header", "none")
    scroll_end: str = _choice("empty_page", "no_cursor")
    scroll_cap: float = 0
    """A scroll ends silently after so many records."""
    scroll_cap_total: str = _choice("truth", "cap")
    cursor_style: str = _choice("fresh", "same", "stuck")
    """`same`: one cursor for all pages; `stuck`: the first page and its cursor again and again."""
    cursor_life_s: float = 60
    cursor_expired: str = _choice("404", "400", "500", "empty")
    total: str = _choice("present", "missing")
    envelope: str = _choice("items", "data", "array")
    page_cap: float = 0
    """The server gives at most so many records a page, whatever `size` says."""
    result_window: float = 10_000
    """A page that reaches beyond so many records answers 500."""
    order: str = _choice("created", "newest", "scrambled")
    since_mode: str = _choice("ok", "error500", "ignored", "exclusive")
    list_lag_s: float = 0
    """A write shows in lists and scrolls after so many seconds of the simulator's clock."""

    # shapes of answers: U6, U7, U8, U15, U19, 2.4
    id_shape: str = _choice("id", "data.id", "entity.id", "location", "empty")
    created_status: str = _choice("201", "200")
    delete_status: str = _choice("204", "200")
    timestamps: str = _choice("naive", "Z", "ms", "msZ", "offset")
    custom_shape: str = _choice("object", "list", "list_fieldId", "list_name")
    deal_products_shape: str = _choice("list", "object", "productId")
    quantity_read: str = _choice("number", "text", "missing")
    deal_extra_keys: str = _choice("yes", "no")
    """Whether a deal is read with `custom`, `priority` and `products`, which the published type lacks."""
    deal_description: str = _choice("get", "everywhere", "never")
    unassigned: str = _choice("text", "empty", "null", "absent")
    alternatives: str = _choice("hidden", "shown")
    absent_values: str = _choice("omit", "null", "empty")
    unknown_keys: str = _choice("no", "yes")
    error_shape: str = _choice("message", "messages", "error", "errors", "detail", "text")
    error_status: str = _choice("400", "422")
    wording: str = _choice("plain", "exist")
    """`exist`: what is unknown "does not exist" or "should not exist", which is no duplicate."""
    duplicate_text: str = _choice("exists", "duplicate", "registrado")

    # access: 2.3, U17
    unknown_path: str = _choice("403", "404")
    refused_method: str = _choice("405", "404", "403")
    key_refused: str = _choice("403", "401")
    calls_per_second: float = 0
    rate_retry_after: float = 0
    """Seconds in `Retry-After` where `calls_per_second` throttles; 0 sends no header."""

    # writes: U3, U4, U9-U12, U14, U16
    duplicate_contact: str = _choice("reject409", "reject400", "upsert", "allow")
    duplicate_sku: str = _choice("reject409", "reject400", "allow")
    contact_filters: str = _choice("ignored", "email_only", "all", "error400")
    deal_filters: str = _choice("ignored", "all", "error400")
    sku_filter: str = _choice("exact", "prefix", "ignored")
    update_verb: str = _choice("put_full", "put_partial", "patch", "none")
    update_effect: str = _choice("done", "ignored")
    """`ignored`: an update of a deal is accepted and changes nothing."""
    email_required: str = _choice("no", "yes", "or_phone", "phone")
    decimal_quantity: str = _choice("ok", "reject")
    unknown_custom_key: str = _choice("ignore", "reject")
    text_in_number: str = _choice("reject", "accept")
    """Whether a custom field of the type number or decimal takes text, too."""
    unknown_owner: str = _choice("accept", "reject400")
    priority: str = _choice("accept", "reject")
    text_limits: str = _choice("none", "reject", "cut")
    """What happens to a deal's name beyond 255 and its description beyond 5,000 characters."""
    activities: str = _choice("ok", "error500")

    def change(self, values: Mapping[str, object]) -> None:
        """Set some switches. Raises ValueError that names an unknown switch or value; then none is set."""
        known = {one.name: one for one in fields(self)}
        checked: dict[str, object] = {}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"unknown switch {name!r}; known: {', '.join(sorted(known))}")
            choices = known[name].metadata.get("choices")
            if choices is None:
                checked[name] = _number(name, value)
            elif str(value) in choices:
                checked[name] = str(value)
            else:
                raise ValueError(f"switch {name!r} cannot be {value!r}; known: {', '.join(choices)}")
        for name, value in checked.items():
            setattr(self, name, value)

    def as_json(self) -> dict[str, object]:
        """Every switch and its value."""
        return asdict(self)


def _number(name: str, value: object) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = -1.0
    if number < 0:
        raise ValueError(f"switch {name!r} is a number from 0 on, not {value!r}")
    return number
