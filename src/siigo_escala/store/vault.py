"""Secrets at rest: sealed with the installation's key, which is never in the database."""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from siigo_escala.store.errors import StoreProblem

_PURPOSE = b"siigo-escala credentials v1"


class Vault:
    """Seals and opens texts. The first key seals; every key of the list opens."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(_derived(key)) for key in keys])

    def seal(self, text: str) -> str:
        """The sealed form; "" stays ""."""
        return self._fernet.encrypt(text.encode()).decode() if text else ""

    def open(self, sealed: str) -> str:
        """The text again. KEY_MISSING where no key of this installation opens it."""
        if not sealed:
            return ""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise StoreProblem(
                "KEY_MISSING",
                "La clave de esta instalación no abre las credenciales guardadas: ponga en "
                "SIIGO_ESCALA_SECRET_KEY, o en secret.key, la clave con que se guardaron. No se cambió nada.",
            ) from None


def open_vault(
    keys: Sequence[str], *, key_file: Path, anything_sealed: Callable[[], bool], key_required: bool
) -> Vault:
    """The vault of this installation: keys of the environment, else of `key_file`, else a new key in it.

    A key is made only while nothing is sealed yet; afterwards a missing one is KEY_MISSING. `key_required`:
    the environment must hold it (PostgreSQL: several machines share one).
    """
    if keys:
        return Vault(keys)
    if key_required:
        raise StoreProblem(
            "KEY_MISSING",
            "Con PostgreSQL la clave va en SIIGO_ESCALA_SECRET_KEY, la misma en todas las máquinas.",
        )
    try:
        found = [part.strip() for part in key_file.read_text().split(",") if part.strip()]
    except FileNotFoundError:
        found = []
    if found:
        return Vault(found)
    if anything_sealed():
        raise StoreProblem(
            "KEY_MISSING",
            f"Falta la clave con que se cifraron las credenciales ({key_file.name}): restaure ese archivo o "
            "póngala en SIIGO_ESCALA_SECRET_KEY. No se cambió nada.",
        )
    return Vault([_make(key_file)])


def _make(key_file: Path) -> str:
    """A new key, written before it is used; where another process was faster, that one's key."""
    key = Fernet.generate_key().decode()
    descriptor, name = tempfile.mkstemp(prefix=f"{key_file.name}.", dir=key_file.parent)
    part = Path(name)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(key)
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(part, key_file)
    except FileExistsError:
        return key_file.read_text().strip()
    finally:
        part.unlink()
    return key


def _derived(key: str) -> bytes:
    """A Fernet key from whatever text the installation uses as its key."""
    derivation = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_PURPOSE)
    return base64.urlsafe_b64encode(derivation.derive(key.encode()))
