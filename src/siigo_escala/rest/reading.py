"""Reading what a remote system answers: JSON without surprises, and what it complains about.

Complaints come in every shape of siigo-api.md 10.1 and escala-api.md 2.4; keys are matched without case.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from siigo_escala.domain import text
from siigo_escala.rest.errors import FieldProblem

RAW_LIMIT = 500
_TEXT_KEYS = ("message", "error", "errors", "detail", "msg", "title", "description", "error_description")
_FIELD_KEYS = ("params", "field", "fields", "property", "path", "param", "loc")
_SECRETS = re.compile(
    r"""(?ix)
    ("?(?:access_token|access_key|x-api-key|api_?key|authorization|password|refresh_token)"?\s*[:=]\s*)
    (?:"[^"]*"?|bearer\s+\S+|[^\s,;}]+)
    | eyJ[\w-]{5,}(?:\.[\w-]*){0,2}
    """
)
_DUPLICATE = re.compile(r"exist|duplic|already|registrad", re.IGNORECASE)
_NEGATED = re.compile(
    r"(?:\b(?:no|not|never|nunca|sin)\b|n['’]t\b|\bnon-?)"
    r"(?:\s+(?:be|been|is|was|longer|se|est[áa]|ha|han|sido|currently|encuentra))*\s*(?:exist|registrad)\w*"
    r"|\b(?:in|non)exist\w*",
    re.IGNORECASE,
)


class Unusable(Exception):
    """An answer that holds no JSON. Its text says why, in Spanish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What a refusal says. `own_shape`: the system itself wrote it, not a gateway's page."""

    message: str = ""
    problems: tuple[FieldProblem, ...] = ()
    own_shape: bool = False
    body: Mapping[str, object] | None = None


def decode(content: bytes) -> object:
    """The JSON of an answer: UTF-8, decimals as `Decimal`, no NaN, no text that cannot be stored. Raises
    Unusable.
    """
    if not content.strip():
        raise Unusable("respuesta vacía")
    written = _written_in(content)
    try:
        found = json.loads(written, parse_float=Decimal, parse_constant=_refuse_constant)
        return text.storable(found) if text.may_be_unstorable(content) else found
    except (ValueError, ArithmeticError, RecursionError):
        raise Unusable("respuesta que no es JSON completo") from None


def _written_in(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        # Half a character, as some programs store what was cut in the middle of an emoji: one such text must
        # not keep a whole page away. Two halves that belong together are joined, a lone one is left out.
        halves = content.decode("utf-8-sig", "surrogatepass").encode("utf-16", "surrogatepass")
    except UnicodeDecodeError:
        raise Unusable("respuesta con otra codificación") from None
    return halves.decode("utf-16", "ignore")


def complaint(content: bytes) -> Complaint:
    """What the body of a refusal says, as far as it can be read."""
    try:
        data = decode(content)
    except Unusable:
        return Complaint()
    body = data if isinstance(data, dict) else None
    problems = [] if isinstance(data, str) else _problems(data)
    if not problems:
        return Complaint(body=body)
    texts = dict.fromkeys(problem.message or problem.code for problem in problems)
    return Complaint(message="; ".join(texts), problems=tuple(problems), own_shape=True, body=body)


def raw_text(content: bytes, *, secrets: Sequence[str] = ()) -> str:
    """The text of an answer for diagnosis: at most 500 characters, without keys or tokens."""
    return redacted(content[: RAW_LIMIT * 8].decode("utf-8", "replace"), secrets=secrets)[:RAW_LIMIT]


def redacted(said: str, *, secrets: Sequence[str] = ()) -> str:
    """The text without the given secrets and without whatever looks like one."""
    for secret in secrets:
        said = said.replace(secret, "***")
    return _SECRETS.sub(lambda found: f"{found.group(1) or ''}***", said.replace("\x00", ""))


def smells_of_duplicate(said: str) -> bool:
    """Whether a refusal says that the record exists already ("does not exist" says the contrary)."""
    return _DUPLICATE.search(_NEGATED.sub(" ", said)) is not None


def lowered(mapping: Mapping[str, object]) -> dict[str, object]:
    """The same mapping with its keys in lower case; the first spelling of a key wins."""
    result: dict[str, object] = {}
    for key, value in mapping.items():
        result.setdefault(key.casefold(), value)
    return result


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no number")


def _problems(data: object, fields: tuple[str, ...] = ()) -> list[FieldProblem]:
    if isinstance(data, str):
        return [FieldProblem(message=data, fields=fields)] if data.strip() else []
    if isinstance(data, list):
        return [problem for item in data for problem in _problems(item, fields)]
    if not isinstance(data, dict):
        return []
    known = lowered(data)
    own = tuple(name for key in _FIELD_KEYS for name in _names(known.get(key))) or fields
    code = known.get("code")
    code = code if isinstance(code, str) else ""
    for key in _TEXT_KEYS:
        value = known.get(key)
        if key == "errors" and isinstance(value, dict):
            return [problem for name, item in value.items() for problem in _problems(item, (name,))]
        found = _problems(value, own)
        if found and key == "message" and (inner := _problems(known.get("errors"), own)):
            return inner
        if found:
            return [
                FieldProblem(code=problem.code or code, message=problem.message, fields=problem.fields)
                for problem in found
            ]
    return [FieldProblem(code=code, fields=own)] if code else []


def _names(value: object) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, list):
        return [item for item in value if isinstance(item, str) and item]
    return []
