"""Small parts of pages: icons, tags of state, addresses of assets, fields of forms."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.forms import BoundField
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from siigo_escala.web import assets
from siigo_escala.web.states import STATES

register = template.Library()
_IN_SCRIPT = {
    ord("<"): "\\u003C",
    ord(">"): "\\u003E",
    ord("&"): "\\u0026",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}


@register.simple_tag
def asset(name: str) -> str:
    """The address of a file of ours or of `vendor/`."""
    return assets.address(name)


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """An icon of the sprite; a word always stands beside it, so it is silent."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        classes,
        assets.address("vendor/icons.svg"),
        name,
    )


@register.simple_tag
def state_tag(key: str, word: str = "") -> SafeString:
    """The tag of a state: colour, icon and word together."""
    state = STATES[key]
    return format_html(
        '<span class="tag tag-{}">{}{}</span>', state.tone, icon(state.icon), word or state.word
    )


@register.simple_tag
def data_script(identifier: str, value: Any) -> SafeString:
    """Data for a chart: JSON inside of a script that nobody runs, safe whatever the texts in it hold."""
    written = json.dumps(value, ensure_ascii=False, default=str).translate(_IN_SCRIPT)
    return format_html(
        '<script type="application/json" id="{}">{}</script>',
        identifier,
        mark_safe(written),  # noqa: S308 - escaped above
    )


@register.simple_tag(takes_context=True)
def address_with(context: Context, **changes: Any) -> str:
    """The address of this page with some of its parameters changed; an empty value takes one away."""
    parameters = context["request"].GET.copy()
    for name, value in changes.items():
        parameters.pop(name, None)
        if value not in ("", None):
            parameters[name] = value
    return f"?{parameters.urlencode()}" if parameters else "."


@register.inclusion_tag("web/parts/field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """A field of a form with its label, its help and what is wrong with it."""
    described = [f"{bound.id_for_label}-error"] if bound.errors else []
    described += [f"{bound.id_for_label}-help"] if bound.help_text else []
    attributes: dict[str, str | bool] = {"aria-describedby": " ".join(described)} if described else {}
    if bound.errors:
        attributes["aria-invalid"] = "true"
    return {"bound": bound, "widget": bound.as_widget(attrs=attributes)}
