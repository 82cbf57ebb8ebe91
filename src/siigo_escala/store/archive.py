"""The archive of a backup: a zip with one member of JSON lines a table, and a manifest that vouches for them.

The manifest is written last, so a copy that was cut off has none. Docs: docs/adr/0011.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self, cast

from siigo_escala.domain import text
from siigo_escala.store import causes
from siigo_escala.store import keys as installed
from siigo_escala.store.errors import StoreProblem
from siigo_escala.store.tables import Row

FORMAT = "siigo-escala-backup"
VERSION = 1
_MANIFEST = "manifest.json"
_LARGEST_MANIFEST = 1_000_000
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_LARGEST_ROW = 64_000_000
_BUFFER = 1 << 18
_PIECE = 1 << 20
_CHECK = b"siigo-escala backup check v1"
_SIGNATURE = b"siigo-escala backup signature v1"
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    KeyError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One table of an archive."""

    table: str
    columns: tuple[str, ...]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an archive says of itself. `made`: ISO instant; `schema`: the last migration of its database."""

    made: str
    program: str
    schema: str
    members: tuple[Member, ...]
    salt: str = ""
    checks: tuple[str, ...] = ()
    """A check value of each key of the installation, newest first; empty: it had none."""
    signature: str = ""
    """Of all the rest, by the newest key."""

    def to_json(self) -> dict[str, Any]:
        """As it stands in the archive."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "made": self.made,
            "program": self.program,
            "schema": self.schema,
            "tables": [
                {
                    "name": one.table,
                    "columns": list(one.columns),
                    "rows": one.rows,
                    "sha256": one.sha256,
                }
                for one in self.members
            ],
            "key": {"salt": self.salt, "checks": list(self.checks)},
            "signature": self.signature,
        }


class Writer:
    """An archive that is being made, in a stream; `close` completes it, leaving before that gives it up."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=4)
        self._members: list[Member] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # While the stream is open still: the zip module would try it again when it is gone, and complain.
        with suppress(OSError, ValueError):
            self._zip.close()

    def table(self, name: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Adds a table, row by row."""
        digest, count = hashlib.sha256(), 0
        # The zip module is slow to take and to give many small pieces.
        with (
            self._zip.open(_file(name), "w", force_zip64=True) as member,
            io.BufferedWriter(cast("io.RawIOBase", member), _BUFFER) as stream,
        ):
            for row in rows:
                line = _line(row)
                digest.update(line)
                stream.write(line)
                count += 1
        self._members.append(
            Member(table=name, columns=tuple(columns), rows=count, sha256=digest.hexdigest())
        )

    def close(self, *, made: str, program: str, schema: str, keys: Sequence[str], salt: str) -> Manifest:
        """Writes the manifest, which proves the keys without holding them."""
        plain = Manifest(
            made=made,
            program=program,
            schema=schema,
            members=tuple(self._members),
            salt=salt if keys else "",
            checks=tuple(installed.keyed_hash(key, _CHECK, salt.encode()) for key in keys),
        )
        written = plain.to_json()
        if keys:
            written["signature"] = _signature(written, keys[0])
        self._zip.writestr(_MANIFEST, json.dumps(written, ensure_ascii=False, indent=1))
        self._zip.close()
        return _parsed(written)


class Reader:
    """An archive that stands complete. ARCHIVE_INVALID wherever it is not what it says."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self._zip = archive
        self.manifest = manifest

    def verify(self) -> None:
        """Reads everything once: every table is there, whole and unchanged."""
        for member in self.manifest.members:
            for _ in self._pieces(member):
                pass

    def rows(self, member: Member) -> Iterator[Row]:
        """The rows of a table; its end only where all of them are as they were written."""
        for piece in self._pieces(member):
            try:
                rows = json.loads(b"[" + b",".join(piece) + b"]")
            except ValueError as problem:
                raise damaged(f"la tabla «{member.table}» está dañada") from problem
            width = len(member.columns)
            if len(rows) != len(piece) or not all(
                isinstance(row, list) and len(row) == width for row in rows
            ):
                raise damaged(f"la tabla «{member.table}» está dañada")
            if any(map(text.may_be_unstorable, piece)):
                # Of an earlier version on SQLite; PostgreSQL would refuse it.
                rows = text.storable(rows)
            yield from rows

    def _pieces(self, member: Member) -> Iterator[list[bytes]]:
        """The lines of a table, about a megabyte at a time."""
        digest, count = hashlib.sha256(), 0
        try:
            with (
                self._zip.open(_file(member.table)) as packed,
                io.BufferedReader(cast("io.RawIOBase", packed), _BUFFER) as stream,
            ):
                piece, size = [], 0
                while line := stream.readline(_LARGEST_ROW):
                    digest.update(line)
                    count += 1
                    size += len(line)
                    piece.append(line)
                    if size > _PIECE:
                        yield piece
                        piece, size = [], 0
                if piece:
                    yield piece
        except _UNREADABLE as problem:
            raise damaged(f"la tabla «{member.table}» está dañada") from problem
        if count != member.rows or digest.hexdigest() != member.sha256:
            raise damaged(f"la tabla «{member.table}» no es la que se guardó")

    def made_with(self, keys: Sequence[str]) -> bool:
        """Whether one of these keys is one of those it was made with; True where it needs none."""
        if not self.manifest.checks:
            return True
        salt = self.manifest.salt.encode()
        ours = [installed.keyed_hash(key, _CHECK, salt) for key in keys]
        return any(installed.same(one, check) for one in ours for check in self.manifest.checks)

    def verify_signature(self, keys: Sequence[str]) -> None:
        """Nobody without the key changed it. Asks nothing where the key that signed it is not among these."""
        salt = self.manifest.salt.encode()
        written = {**self.manifest.to_json(), "signature": ""}
        for key in keys:
            check = installed.keyed_hash(key, _CHECK, salt)
            if self.manifest.checks and installed.same(check, self.manifest.checks[0]):
                if not installed.same(_signature(written, key), self.manifest.signature):
                    raise damaged("alguien lo cambió después de hacerlo")
                return


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    """The archive at `path`, its manifest read. ARCHIVE_INVALID, FILE_MISSING."""
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as problem:
        raise damaged("no es una copia de siigo-escala, o está incompleto") from problem
    except OSError as problem:
        why = causes.of_file(problem)
        raise StoreProblem(
            "FILE_MISSING", f"No se pudo leer el archivo «{path}» ({why}). No se cambió nada."
        ) from problem
    with archive:
        yield Reader(archive, _manifest(archive))


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    try:
        if archive.getinfo(_MANIFEST).file_size > _LARGEST_MANIFEST:
            raise ValueError(_MANIFEST)
        return _parsed(json.loads(archive.read(_MANIFEST)))
    except (*_UNREADABLE, TypeError, AttributeError) as problem:
        raise damaged("no es una copia de siigo-escala, o su índice está dañado") from problem


def damaged(why: str) -> StoreProblem:
    """Why an archive cannot be used."""
    return StoreProblem(
        "ARCHIVE_INVALID", f"El archivo no se puede restaurar: {why}. Use otra copia; no se cambió nada."
    )


def _parsed(written: dict[str, Any]) -> Manifest:
    if written["format"] != FORMAT:
        raise damaged("no es una copia de siigo-escala")
    if written["version"] != VERSION:
        raise StoreProblem(
            "SCHEMA_NEWER",
            "La copia es de una versión más nueva de este programa: instale esa versión. No se cambió nada.",
        )
    return Manifest(
        made=str(written["made"]),
        program=str(written["program"]),
        schema=str(written["schema"]),
        members=tuple(
            Member(
                table=str(one["name"]),
                columns=tuple(str(name) for name in one["columns"]),
                rows=int(one["rows"]),
                sha256=str(one["sha256"]),
            )
            for one in written["tables"]
        ),
        salt=str(written["key"]["salt"]),
        checks=tuple(str(one) for one in written["key"]["checks"]),
        signature=str(written["signature"]),
    )


def _signature(written: dict[str, Any], key: str) -> str:
    content = json.dumps({**written, "signature": ""}, sort_keys=True, ensure_ascii=False)
    return installed.keyed_hash(key, _SIGNATURE, content.encode())


def _line(row: Row) -> bytes:
    """A row as one line of JSON."""
    try:
        return _encode(row).encode() + b"\n"
    except UnicodeEncodeError:
        # Half a character, which SQLite holds inside of JSON.
        return _line(text.storable(row))


def _file(table: str) -> str:
    return f"{table}.jsonl"
