"""The installation's keys: where they stand, how they change, how a copy tells which one it needs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from siigo_escala.store.errors import StoreProblem

FILE = "secret.key"
"""In the installation's folder; several keys in it are separated by commas, newest first."""


def parsed(text: str) -> tuple[str, ...]:
    """The keys of a text, newest first."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def in_file(path: Path) -> tuple[str, ...]:
    """The keys that stand in a key file; empty where there is none. KEY_MISSING where it is no text."""
    try:
        return parsed(path.read_text())
    except FileNotFoundError:
        return ()
    except ValueError:
        raise StoreProblem(
            "KEY_MISSING", f"«{path}» no es un archivo de texto con la clave: restáurelo. No se cambió nada."
        ) from None


def known(configured: Sequence[str], *, home: Path) -> tuple[str, ...]:
    """The keys of this installation, newest first: those of the environment, else of its file. Makes none."""
    return tuple(configured) or in_file(home / FILE)


def new() -> str:
    """A key nobody has."""
    return Fernet.generate_key().decode()


def make(path: Path) -> str:
    """A new key, written before it is used; where another process was faster, that one's key."""
    key = new()
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    part = Path(name)
    _write(descriptor, [key])
    try:
        os.link(part, path)
    except FileExistsError:
        return path.read_text().strip()
    finally:
        part.unlink()
    return key


def replace(path: Path, found: Sequence[str]) -> None:
    """These keys stand in the file from now on, whatever interrupts us: all of them, or those before.

    For the holder of a lock alone: what an earlier one left of its work is written over.
    """
    part = path.with_name(f"{path.name}.new")
    part.unlink(missing_ok=True)
    _write(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), found)
    part.replace(path)
    _sync_folder(path.parent)


def derived(key: str, purpose: bytes) -> bytes:
    """32 bytes for one purpose, from whatever text the installation uses as its key."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(key.encode())


def fernet(key: str, purpose: bytes) -> Fernet:
    """What seals and opens under this key."""
    return Fernet(base64.urlsafe_b64encode(derived(key, purpose)))


def keyed_hash(key: str, purpose: bytes, content: bytes) -> str:
    """A hash that only a holder of the key can make."""
    return hmac.new(derived(key, purpose), content, hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two hashes are the same, told in the same time whatever they are."""
    return hmac.compare_digest(one.encode(), other.encode())


def _write(descriptor: int, found: Sequence[str]) -> None:
    with os.fdopen(descriptor, "w") as stream:
        stream.write(",".join(found))
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    """The new name itself survives a power cut; systems that cannot do it do without."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)
