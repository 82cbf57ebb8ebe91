"""Ajustes and Respaldo: read-only settings; copies made, listed, downloaded, and what goes wrong."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.test import Client

from siigo_escala.store import copies, models
from tests.web.screens import audited, signed_in, words

pytestmark = pytest.mark.usefixtures("installed")


@pytest.fixture
def inst(installed: str) -> Client:
    """An administrator of the installation."""
    return signed_in(models.User.objects.make("inst@acme.example", None, is_installer=True))


def test_settings_are_told_with_the_variable_that_changes_each(
    inst: Client, company: Callable[..., models.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = words(inst.get("/ajustes/"))
    assert "Todavía no hay empresas." in told
    assert "No hay un servidor de correo" in told
    assert "60 · SIIGO_ESCALA_SIIGO_RATE" in told
    assert "solo este equipo" in told
    company("acme")
    company("otra", enabled=False)
    company("quieta", paused="BRAKED", paused_text="Corrija la causa y use «siigo-escala enable».")
    for name, value in (
        ("EMAIL_URL", "smtp+tls://avisos:cl4ve@correo.example:587"),
        ("SIIGO_RATE", "0"),
        ("ESCALA_RATE", "0"),
        ("PUBLIC_URL", "https://siigo.ejemplo.co"),
    ):
        monkeypatch.setenv(f"SIIGO_ESCALA_{name}", value)
    told = words(inst.get("/ajustes/"))
    assert "Servidor: correo.example:587" in told
    assert "cl4ve" not in told
    assert "sin límite · SIIGO_ESCALA_SIIGO_RATE" in told
    for said in (
        "automática encendida",
        "automática apagada",
        "En pausa: Corrija la causa y pulse «Reanudar».",
    ):
        assert said in told
    monkeypatch.setenv("SIIGO_ESCALA_EMAIL_URL", "smtp://correo.example")
    assert "Servidor: correo.example . Se cambia" in words(inst.get("/ajustes/"))


def test_a_copy_is_made_checked_listed_and_downloaded(inst: Client) -> None:
    assert "Todavía no hay ninguno." in words(inst.get("/ajustes/respaldo/"))
    told = words(inst.post("/ajustes/respaldo/crear/", follow=True))
    assert "kB creado y comprobado." in told
    assert "siigo-escala restore" in inst.get("/ajustes/respaldo/").content.decode()
    assert "Alguien lo pidió" in told
    name = audited("Respaldo creado").after["archivo"]
    answer = inst.get(f"/ajustes/respaldo/{name}/")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    with zipfile.ZipFile(BytesIO(b"".join(answer.streaming_content))) as archive:  # type: ignore[attr-defined]  # it streams
        assert archive.testzip() is None
    audited("Respaldo descargado")
    for other in ("nada.zip", "..%2Fsecret.key", "secret.key"):
        assert inst.get(f"/ajustes/respaldo/{other}/").status_code == 404


def test_the_newest_are_kept_and_an_old_one_is_told(inst: Client, home: Path) -> None:
    folder = home / "backups"
    folder.mkdir()
    now = datetime.now(UTC)
    for number in range(9):
        copies.make(home, keys=["k"], now=now + timedelta(seconds=number))
    (folder / "before-restore-20260101-000000-1.zip").write_bytes(b"x")
    (folder / "Otra cosa.zip").write_bytes(b"x")
    names = [one.name for one in copies.known(home)]
    assert len(names) == copies.KEPT + 1
    assert "Antes de restore" in words(inst.get("/ajustes/respaldo/"))
    past = (now - timedelta(days=9, hours=1)).timestamp()
    for name in names:
        os.utime(folder / name, (past, past))
    assert "El último respaldo tiene 9 días." in words(inst.get("/ajustes/respaldo/"))


def test_a_copy_that_cannot_be_written_leaves_the_one_before(
    inst: Client, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inst.post("/ajustes/respaldo/crear/")
    before = copies.known(home)
    monkeypatch.setenv("SIIGO_ESCALA_HOME", "/proc/nada")
    told = words(inst.post("/ajustes/respaldo/crear/", follow=True))
    assert "No se pudo escribir el respaldo (" in told
    assert "el anterior sigue intacto." in told
    assert copies.known(home) == before
    models.AuditEntry.objects.get(action="Respaldo creado")
