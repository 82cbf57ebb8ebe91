"""Prepares an installation in which every screen has something odd to show: `python -m tests.browser.stage`.

Long and hostile texts, every state of an invoice, what is under way, what failed, a company without anything.
Inside the program's environment; the answer is JSON: the cookie of each kind of person.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime

from siigo_escala.cli import setup


def main() -> None:
    """Fills and tells."""
    environment = setup.prepared()
    from django.conf import settings

    from siigo_escala.web import signing
    from tests.web import attacks

    signing.use_keys(environment)
    scene = attacks.scene()
    _under_way()
    _empty()
    cookies = {who: one.cookies for who, one in scene.browsers.items() if who != "nobody"}
    told = {who: found[settings.SESSION_COOKIE_NAME].value for who, found in cookies.items()}
    sys.stdout.write(json.dumps(told))


def _under_way() -> None:
    """What failed, and an assistant that was left at each step."""
    from siigo_escala.store import models

    now = datetime.now(UTC)
    acme = models.Connection.objects.get(name="acme")
    ana = models.User.objects.get(email="inst@acme.example")
    problem = {"text": "Escala no respondió. " * 12, "step": "Vuelva a intentarlo en unos minutos. " * 6}
    for kind in ("check", "preview"):
        models.Errand.objects.create(
            connection=acme, kind=kind, begun_at=now, beat_at=now, ended_at=now, problem=problem
        )
    for step in (1, 2, 3):
        draft = models.ConnectionDraft.objects.create(
            name=f"paso-{step}",
            made_by=ana,
            made_at=now,
            step=step,
            siigo_username="un.correo.muy.largo.de.verdad.que.no.cabe@una-empresa-con-nombre.example",
            siigo={"sellers": [], "document_types": []},
            escala={"pipelines": []},
        )
        models.Errand.objects.create(draft=draft, kind="contents", begun_at=now, beat_at=now)


def _empty() -> None:
    """A company of which nothing has been read."""
    from siigo_escala.store import models

    models.Connection.objects.create(
        name="vacia",
        direction="invoices_to_opportunities",
        file={"name": "vacia"},
        siigo=models.SiigoCompany.objects.create(),
        escala=models.EscalaAccount.objects.create(),
        siigo_username="api@vacia.example",
        created_at=datetime.now(UTC),
        start=date(2026, 1, 1),
        paused="SIIGO_ACCESS_DENIED",
        paused_text="Siigo rechazó el usuario o la clave de acceso",
        paused_at=datetime.now(UTC),
    )


if __name__ == "__main__":
    main()
