"""A mistake in the connection file, told in Spanish with its key and what is allowed there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from siigo_escala.domain import rules_checks
from siigo_escala.domain.reason_codes import Code

_TYPES = {
    "string_type": "un texto entre comillas",
    "int_type": "un número entero, sin comillas",
    "bool_type": "true o false, sin comillas",
    "tuple_type": "una lista entre corchetes",
    "dict_type": "una tabla",
    "model_type": "una tabla",
}


class FileProblem(Exception):
    """The file cannot be used. `key` is dotted ("opportunities.stage"; "" for the whole file)."""

    code: ClassVar[Code] = Code.FILE_INVALID

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key
        self.message = message


class SecretMissing(FileProblem):
    """What `env:NAME` or `file:PATH` of a key points at is not there, cannot be read or is empty."""

    code = Code.SECRET_MISSING


def first_of(errors: Sequence[Mapping[str, Any]], *, prefix: str = "") -> FileProblem:
    """The first complaint of pydantic (there is one), wrong types before wrong values. Repeats no input."""
    return _problem(min(errors, key=lambda error: not is_type(error)), prefix=prefix)


def is_type(error: Mapping[str, Any]) -> bool:
    """Whether a complaint of pydantic is about the type and not about the value."""
    if error["type"] == "literal_error":
        return not isinstance(error["input"], str)
    return str(error["type"]).endswith("_type")


def unknown_key(key: str, allowed: Sequence[str]) -> FileProblem:
    """A key that the file does not have: the allowed ones of its table, the nearest first."""
    table, _, word = key.rpartition(".")
    known = ", ".join(rules_checks.nearest_first(word, allowed))
    where = f"en [{table}]" if table else "en el archivo"
    return FileProblem(key, f"«{key}» no existe; {where} puede usar: {known}.")


def missing(key: str) -> FileProblem:
    """A key that this direction cannot do without."""
    return FileProblem(key, f"Falta «{key}»: es obligatoria y no puede estar vacía.")


def _problem(error: Mapping[str, Any], *, prefix: str) -> FileProblem:
    key = ".".join([part for part in (prefix, *error["loc"]) if isinstance(part, str) and part])
    kind = error["type"]
    if kind == "missing":
        return missing(key)
    if kind == "literal_error":
        said = f"debe ser uno de: {str(error['ctx']['expected']).replace(' or ', ', ').replace(chr(39), '')}"
    elif kind == "value_error":
        said = str(error["ctx"]["error"])
    elif kind == "other_type":
        said = str(error["msg"])
    else:
        said = f"debe ser {_TYPES.get(kind, 'de otro tipo')}"
    return FileProblem(key, f"«{key}» {said}.")
