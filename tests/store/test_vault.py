"""Secrets at rest: sealed with a key that is never in the database, and made only once."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from siigo_escala.store import vault
from siigo_escala.store.errors import StoreProblem
from siigo_escala.store.vault import Vault


def _open(folder: Path, *keys: str, sealed: bool = False, required: bool = False) -> Vault:
    return vault.open_vault(
        keys, key_file=folder / "secret.key", anything_sealed=lambda: sealed, key_required=required
    )


def test_a_sealed_text_opens_again_and_shows_nothing_of_itself() -> None:
    opened = Vault(["una clave"])
    sealed = opened.seal("contraseña ñ")
    assert "contra" not in sealed
    assert opened.open(sealed) == "contraseña ñ"
    assert opened.seal("contraseña ñ") != sealed
    assert (opened.seal(""), opened.open("")) == ("", "")


def test_the_first_key_seals_and_each_opens() -> None:
    old = Vault(["vieja"]).seal("secreto")
    both = Vault(["nueva", "vieja"])
    assert both.open(old) == "secreto"
    assert Vault(["nueva"]).open(both.seal("otro")) == "otro"


@pytest.mark.parametrize("sealed", ["", "no es un sello"])
def test_another_key_is_one_clear_sentence(sealed: str) -> None:
    with pytest.raises(StoreProblem) as problem:
        Vault(["otra"]).open(sealed or Vault(["una"]).seal("secreto"))
    assert problem.value.code == "KEY_MISSING"
    assert "SIIGO_ESCALA_SECRET_KEY" in problem.value.message


def test_the_key_is_made_once_for_its_owner_alone_and_used_again(tmp_path: Path) -> None:
    sealed = _open(tmp_path).seal("secreto")
    key = tmp_path / "secret.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]
    assert _open(tmp_path, sealed=True).open(sealed) == "secreto"
    assert _open(tmp_path, key.read_text()).open(sealed) == "secreto", "its content is a valid value"


def test_several_keys_in_the_file_are_read_newest_first(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("nueva, vieja,\n")
    opened = _open(tmp_path, sealed=True)
    assert opened.open(Vault(["vieja"]).seal("secreto")) == "secreto"
    assert Vault(["nueva"]).open(opened.seal("otro")) == "otro"


@pytest.mark.parametrize("content", [None, "", " ,\n"])
def test_a_missing_key_is_told_once_anything_is_sealed_and_nothing_is_made(
    tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "secret.key").write_text(content)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(StoreProblem) as problem:
        _open(tmp_path, sealed=True)
    assert problem.value.code == "KEY_MISSING"
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_where_machines_share_a_database_the_environment_holds_the_key(tmp_path: Path) -> None:
    with pytest.raises(StoreProblem) as problem:
        _open(tmp_path, required=True)
    assert problem.value.code == "KEY_MISSING"
    assert not list(tmp_path.iterdir())
    _open(tmp_path, "clave", required=True)
    assert not list(tmp_path.iterdir()), "no file is made beside a key of the environment"


def test_many_that_begin_at_once_use_one_key(tmp_path: Path) -> None:
    sealed: list[str] = []
    together = threading.Barrier(4)

    def begin() -> None:
        together.wait()
        sealed.append(_open(tmp_path).seal("secreto"))

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    opened = _open(tmp_path, sealed=True)
    assert [opened.open(one) for one in sealed] == ["secreto"] * 4
