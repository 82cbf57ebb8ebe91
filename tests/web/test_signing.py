"""The installation's key, as the web process finds or makes it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from siigo_escala.config import env
from siigo_escala.store import models, tables
from siigo_escala.store.errors import StoreProblem
from siigo_escala.web import signing
from tests.web.screens import with_second_factor

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ON_SQLITE
def test_no_key_is_made_while_anything_is_sealed(
    installed: str,
    home: Path,
    company: Callable[..., models.Connection],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ana = models.User.objects.make("ana@acme.example", None)
    models.ConnectionDraft.objects.create(name="otra", made_by=ana, made_at=company().created_at)
    monkeypatch.delenv("SIIGO_ESCALA_SECRET_KEY")
    everywhere = tables.sealed_columns()
    for model, name in everywhere:
        model._default_manager.update(**{name: ""})
    for model, name in everywhere:
        model._default_manager.update(**{name: "algo"})
        with pytest.raises(StoreProblem) as problem:
            signing.open_vault(env.read(os.environ))
        assert problem.value.code == "KEY_MISSING", name
        model._default_manager.update(**{name: ""})
    assert not (home / "secret.key").exists()
    signing.open_vault(env.read(os.environ))
    assert (home / "secret.key").exists()


@ON_SQLITE
def test_no_key_is_made_while_somebody_has_a_second_factor(
    installed: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_second_factor(models.User.objects.make("ana@acme.example", None))
    monkeypatch.delenv("SIIGO_ESCALA_SECRET_KEY")
    with pytest.raises(StoreProblem):
        signing.open_vault(env.read(os.environ))
    assert not (home / "secret.key").exists()
