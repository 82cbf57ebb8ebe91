"""Small changes of a program that a good test must notice, by its syntax tree.

Texts are left alone (what people read is tried elsewhere), and so are annotations, which nobody evaluates.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.And: ast.Or, ast.Or: ast.And, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add,
    ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
}  # fmt: skip
_UNSEEN = ("annotation", "returns", "decorator_list", "type_params")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One changed file. `number` tells the changes of a file apart."""

    path: Path
    number: int
    line: int
    change: str
    source: str
    lines: range
    """Of the statement, as far as it is executed at once: of an `if`, its condition."""
    code: str
    """The changed line as it was: what a mutant is known by while lines move."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.change}"


def of(path: Path, source: str, *, written: bool = True) -> Iterator[Mutant]:
    """Every mutant of one module; not `written`: only what each changes, which takes a tenth of the time."""
    tree = ast.parse(source)
    text = source.splitlines()
    number = 0
    for node, lines in _walk(tree, range(0)):
        for change, undo in _changes(node):
            number += 1
            yield Mutant(
                path=path,
                number=number,
                line=getattr(node, "lineno", 0),
                change=change,
                source=ast.unparse(ast.fix_missing_locations(tree)) if written else "",
                lines=lines,
                code=text[getattr(node, "lineno", 1) - 1].strip(),
            )
            undo()


def _walk(node: ast.AST, lines: range) -> Iterator[tuple[ast.AST, range]]:
    if isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
        lines = _executed_at_once(node)
    yield node, lines
    for name, value in ast.iter_fields(node):
        if name in _UNSEEN:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not (_is_docstring(child) or _is_a_claim(child)):
                yield from _walk(child, lines)


def _executed_at_once(node: ast.stmt | ast.ExceptHandler | ast.match_case) -> range:
    """The lines of a statement, without those of the statements inside it."""
    begin = node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    if isinstance(body, list):
        first = body[0]
        end = first.pattern.lineno if isinstance(first, ast.match_case) else first.lineno
        return range(begin, max(begin + 1, end))
    end = begin if isinstance(node, ast.match_case) else node.end_lineno or begin
    return range(begin, end + 1)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_a_claim(node: ast.AST) -> bool:
    """`zip(…, strict=True)`: of what is of one length anyway."""
    return isinstance(node, ast.keyword) and node.arg == "strict"


def _changes(node: ast.AST) -> Iterator[tuple[str, Callable[[], None]]]:
    """Changes the node; who asks puts it back before it asks for the next."""
    match node:
        case ast.Compare(ops=[op, *_]) if type(op) in _OTHER:
            yield _swapped(node.ops, 0, _OTHER[type(op)]())
        case ast.BoolOp(op=op) | ast.BinOp(op=op) if type(op) in _OTHER:
            yield _set(node, "op", _OTHER[type(op)]())
        case ast.Constant(value=bool() as value):
            yield _set(node, "value", not value)
        case ast.Constant(value=int() as value):
            yield _set(node, "value", value + 1)
        case ast.Return(value=value) if value is not None and not _is_none(value):
            yield _set(node, "value", ast.Constant(value=None))
        case ast.comprehension(ifs=[test]):
            yield _swapped(node.ifs, 0, ast.UnaryOp(op=ast.Not(), operand=test))
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            if not (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"):
                yield _set(node, "test", ast.UnaryOp(op=ast.Not(), operand=test))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _set(node: ast.AST, name: str, value: object) -> tuple[str, Callable[[], None]]:
    before = getattr(node, name)
    told = f"{_text(before)} becomes {_text(value)}"
    setattr(node, name, value)
    return told, lambda: setattr(node, name, before)


def _swapped(values: list[Any], index: int, value: ast.AST) -> tuple[str, Callable[[], None]]:
    before = values[index]
    told = f"{_text(before)} becomes {_text(value)}"
    values[index] = value

    def undo() -> None:
        values[index] = before

    return told, undo


def _text(value: object) -> str:
    if isinstance(value, ast.expr):
        return ast.unparse(ast.fix_missing_locations(value))[:60]
    return type(value).__name__ if isinstance(value, ast.AST) else str(value)
