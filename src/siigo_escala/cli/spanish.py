"""Help and usage errors in Spanish: typer's own are English."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from siigo_escala.cli import output
from siigo_escala.cli.failures import CommandProblem

_TRY = "agregue --help para ver cómo se usa"


class Command(TyperCommand):
    """A command whose help is Spanish."""

    def get_help(self, ctx: Any) -> str:
        """Usage, what it does, its arguments and options."""
        arguments = [one for one in self.params if one.param_type_name == "argument"]
        pieces = [ctx.command_path, "[OPCIONES]", *(_argument(one) for one in arguments)]
        parts = [_block("Uso: " + " ".join(pieces)), "", *_paragraphs(self.help or "")]
        described = [(_argument(one), str(getattr(one, "help", "") or "")) for one in arguments]
        parts += _section("Argumentos", [row for row in described if row[1]])
        options = [
            (_option(one), str(getattr(one, "help", "") or ""))
            for one in self.params
            if one.param_type_name == "option" and not getattr(one, "hidden", False)
        ]
        parts += _section("Opciones", [*options, ("--help", "Muestra esta ayuda.")])
        return "\n".join(parts).rstrip()


class Group(TyperGroup):
    """The program: the list of its commands."""

    def get_help(self, ctx: Any) -> str:
        """Usage and one line a command."""
        rows = [
            (name, (command.help or "").strip().partition("\n")[0])
            for name, command in self.commands.items()
            if not command.hidden
        ]
        parts = [f"Uso: {ctx.command_path} ORDEN [OPCIONES]", "", *_paragraphs(self.help or "")]
        parts += _section("Órdenes", rows)
        parts += _section(
            "Opciones", [("--version", "Muestra la versión."), ("--help", "Muestra esta ayuda.")]
        )
        parts.append(f"«{ctx.command_path} ORDEN --help» explica cada una.")
        return "\n".join(parts)


def usage_problem(problem: typer.TyperException) -> CommandProblem:
    """A complaint about the command line, in Spanish."""
    parameter: Any = getattr(problem, "param", None)
    key = _name(parameter) if parameter is not None else None
    match type(problem).__name__:
        case "MissingParameter":
            said = f"Falta decir {_choices(key)}" if _is_literal(key) else f"Falta {key}"
        case "NoSuchOption":
            key = str(getattr(problem, "option_name", ""))
            near = [str(one) for one in getattr(problem, "possibilities", None) or ()]
            said = f"No existe la opción {key}" + (f"; ¿quiso decir {', '.join(near)}?" if near else "")
        case "BadOptionUsage":
            key = str(getattr(problem, "option_name", ""))
            said = f"La opción {key} necesita un valor"
        case "BadParameter" if _is_literal(key):
            said = f"Aquí solo puede decir {_choices(key)}"
        case "BadParameter":
            said = f"El valor de {key} no sirve: {_reason(problem.message)}" if key else problem.message
        case _:
            said = _of_message(problem.message)
    said = output.clean(said).rstrip(".?") + ("?" if said.endswith("?") else "")
    return CommandProblem("USAGE", f"{said}; {_TRY}.", key=key)


def _reason(message: str) -> str:
    """Why a value does not do: our own sentences as they are, typer's translated."""
    if re.search(r"valid (integer|int|float)", message) or "not a valid" in message:
        return "debe ser un número"
    if found := re.search(r"greater than or equal to (-?\d+)", message):
        return f"debe ser {found[1]} o más"
    if found := re.search(r"less than or equal to (-?\d+)", message):
        return f"debe ser {found[1]} o menos"
    if found := re.search(r"is not one of (.+)", message):
        return f"debe ser uno de {found[1]}"
    if message.startswith("Input should be"):
        return "no es un valor de los que se esperan"
    return message


def _is_literal(key: str | None) -> bool:
    """Whether an argument is a word to be written as it is: "rotate", "show|erase"."""
    return key is not None and re.fullmatch("[a-z|]+", key) is not None


def _choices(key: str | None) -> str:
    return " o ".join(f"«{one}»" for one in (key or "").split("|"))


def _of_message(message: str) -> str:
    if found := re.match(r"No such command '([^']*)'(?:.*Did you mean (.+)\?)?", message):
        near = f"; ¿quiso decir {found[2]}?" if found[2] else ""
        return f"No existe la orden «{found[1]}»{near}"
    if found := re.match(r"Got unexpected extra arguments? ?\(?s?\)? ?\((.*)\)", message):
        return f"Sobra en la orden: {found[1]}"
    if message.startswith("Missing command"):
        return "Falta la orden"
    return message


def _name(parameter: Any) -> str:
    if parameter.param_type_name == "option":
        return str(parameter.opts[0])
    return str(getattr(parameter, "metavar", "") or parameter.name or "").strip("[].")


def _argument(parameter: Any) -> str:
    name = _name(parameter)
    if not parameter.required:
        name = f"[{name}]"
    return f"{name}…" if getattr(parameter, "nargs", 1) == -1 else name


def _option(parameter: Any) -> str:
    names = " | ".join([*parameter.opts, *parameter.secondary_opts])
    if getattr(parameter, "is_flag", False):
        return names
    return f"{names} {parameter.metavar or 'VALOR'}"


def _section(title: str, rows: Sequence[tuple[str, str]]) -> list[str]:
    """A heading and two columns; a long first column stands on a line of its own."""
    if not rows:
        return []
    indent = min(max(len(first) for first, _ in rows), 26) + 4
    lines = [f"{title}:"]
    for first, second in rows:
        told = textwrap.wrap(second, max(output.width() - indent, 20)) or [""]
        head = f"  {first}"
        if len(head) > indent - 2:
            lines.append(head)
            head = ""
        lines.append(f"{head:<{indent}}{told[0]}".rstrip())
        lines += [" " * indent + line for line in told[1:]]
    return [*lines, ""]


def _paragraphs(text: str) -> list[str]:
    found = [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
    return [line for part in found for line in (_block(part), "")]


def _block(text: str) -> str:
    return textwrap.fill(text, output.width(), subsequent_indent="  " if text.startswith("Uso:") else "")
