"""What sessions, forms and links are signed with: derived from the installation's keys, newest first."""

from __future__ import annotations

from django.conf import settings

from siigo_escala.config.env import Environment
from siigo_escala.store import keys, sealed, vault
from siigo_escala.store.vault import Vault

_PURPOSE = b"siigo-escala web v1"


def use_keys(environment: Environment) -> None:
    """From now on Django signs with them. The first start makes one; a missing one is KEY_MISSING."""
    open_vault(environment)
    found = keys.known(environment.secret_keys, home=environment.home)
    signing = [keys.keyed_hash(key, _PURPOSE, b"sign") for key in found]
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = signing[0], signing[1:]


def open_vault(environment: Environment) -> Vault:
    """What seals and opens second factors and credentials."""
    return vault.open_vault(
        environment.secret_keys,
        key_file=environment.home / keys.FILE,
        anything_sealed=sealed.anything,
        key_required=environment.database_url.startswith("postgresql"),
    )
