"""`siigo-escala export`: the connection file as it is stored, without its two secrets."""

from __future__ import annotations

from siigo_escala.cli import arguments, output, setup, stored


def export(name: arguments.Name, *, as_json: arguments.Json = False) -> int:
    """El archivo de una conexión (TOML), sin sus dos claves."""
    setup.prepared(reads_only=True)
    connection = stored.named(name)
    from siigo_escala.domain import rules

    text = rules.to_toml(rules.from_json(connection.file))
    if as_json:
        output.document({"schema": 1, "connection": name, "file": text})
    else:
        print(text, end="" if text.endswith("\n") else "\n")
    return 0
