"""Secrets at rest: sealed with the installation's key, which is never in the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.fernet import InvalidToken, MultiFernet

from siigo_escala.store import keys as installed
from siigo_escala.store.errors import StoreProblem

_PURPOSE = b"siigo-escala credentials v1"


class Vault:
    """Seals and opens texts. The first key seals; every key of the list opens.

    `key_file`: read again at every use, since `key rotate` may change it while a run is under way.
    """

    def __init__(self, keys: Sequence[str], *, key_file: Path | None = None) -> None:
        self._key_file = key_file
        self._use(tuple(keys))

    def seal(self, text: str) -> str:
        """The sealed form; "" stays ""."""
        return self._now().encrypt(text.encode()).decode() if text else ""

    def open(self, sealed: str) -> str:
        """The text again. KEY_MISSING where no key of this installation opens it."""
        if not sealed:
            return ""
        try:
            return self._now().decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise StoreProblem(
                "KEY_MISSING",
                "La clave de esta instalación no abre las credenciales guardadas: ponga en "
                "SIIGO_ESCALA_SECRET_KEY, o en secret.key, la clave con que se guardaron. No se cambió nada.",
            ) from None

    def opens(self, sealed: str) -> bool:
        """Whether a key of this installation opens it."""
        try:
            self.open(sealed)
        except StoreProblem:
            return False
        return True

    def _now(self) -> MultiFernet:
        """With the keys as they are on disk at this moment."""
        if self._key_file is not None:
            found = installed.in_file(self._key_file)
            if found and found != self._keys:
                self._use(found)
        return self._fernet

    def _use(self, keys: tuple[str, ...]) -> None:
        self._keys = keys
        self._fernet = MultiFernet([installed.fernet(key, _PURPOSE) for key in keys])


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
    found = installed.in_file(key_file)
    if found:
        return Vault(found, key_file=key_file)
    if anything_sealed():
        raise StoreProblem(
            "KEY_MISSING",
            f"Falta la clave con que se cifraron las credenciales ({key_file.name}): restaure ese archivo o "
            "póngala en SIIGO_ESCALA_SECRET_KEY. No se cambió nada.",
        )
    return Vault([installed.make(key_file)], key_file=key_file)
