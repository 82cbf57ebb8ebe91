"""Each part that htmx swaps in is the very part that a reload of the same address shows.

Every address is asked for both ways; a template whose part no address gave fails, so that a new one is met.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

import siigo_escala
from siigo_escala.domain.directions import BACK
from siigo_escala.store import lease, models
from siigo_escala.sync import rule_changes
from siigo_escala.web.views import direction
from tests.web import assistant, attacks
from tests.web.attacks import HOSTILE, Scene
from tests.web.test_access import ROUTES, SAMPLES

pytestmark = [
    pytest.mark.usefixtures("installed"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
TEMPLATES = Path(siigo_escala.__file__).parent.rglob("templates/**/*.html")
PARTS = {
    (path.name, name): identity
    for path in TEMPLATES
    for name, identity in re.findall(
        r'{%\s*partialdef (\w+) inline\s*%}.*?\bid="([^"]+)"', path.read_text(encoding="utf-8"), re.DOTALL
    )
}
QUERIES = ("", "?mes=2026-03", "?q=hostil&estado=atencion", "?orden=valor&filas=25", "?description={factura}")


def test_every_part_of_a_template_has_a_name_that_pages_can_be_searched_for() -> None:
    declared = [
        path.name
        for path in Path(siigo_escala.__file__).parent.rglob("templates/**/*.html")
        for _ in re.findall(r"{%\s*partialdef ", path.read_text(encoding="utf-8"))
    ]
    assert sorted(name for name, _ in PARTS) == sorted(declared)


def test_a_fragment_is_what_a_reload_shows() -> None:
    scene = attacks.scene()
    seen: set[str] = set()
    for _ in _states(scene):
        ana = scene.browser("INST")
        for plain in _addresses():
            for address in (plain + query for query in QUERIES):
                fragment = ana.get(address, headers={"HX-Request": "true"})
                if fragment.streaming or fragment.status_code != 200 or b"<html" in fragment.content:
                    break
                if not fragment.headers["Content-Type"].startswith("text/html"):
                    break
                part, page = assistant.text(fragment).strip(), assistant.text(ana.get(address))
                assert part, address
                assert "<html" in page, address
                assert _still(part) in _still(page), address
                seen |= set(re.findall(r'\bid="([^"]+)"', part))
                _follows(ana, address, page)
    assert seen >= set(PARTS.values()), f"met nowhere: {set(PARTS.values()) - seen}"


def _still(page: str) -> str:
    """A page without what passes by itself from one second to the next."""
    return re.sub(r"\d+ (s|segundos?|minutos?)\b", "…", page)


def _follows(ana: Client, address: str, page: str) -> None:
    """What a control of the page asks htmx for is an address of ours, and a part that the page has."""
    for asked in re.findall(r'hx-get="([^"]+)"', page):
        assert ana.get(html.unescape(asked)).status_code == 200, f"{address}: {asked}"
        assert not urlsplit(asked).netloc
    for target in re.findall(r'hx-(?:target|select)="#([^"]+)"', page):
        assert f'id="{target}"' in page, f"{address}: {target}"


def _states(scene: Scene) -> Iterator[None]:
    """At rest; then with everything under way that a page waits for; then in the other direction."""
    yield
    now = datetime.now(UTC)
    for kind in ("check", "preview"):
        models.Errand.objects.create(connection=scene.acme, kind=kind, begun_at=now, beat_at=now)
    draft = models.ConnectionDraft.objects.create(
        name="nueva-empresa",
        made_by=models.User.objects.get(email="inst@acme.example"),
        made_at=now,
        step=2,
        siigo={"sellers": [], "document_types": []},
        escala={"pipelines": []},
    )
    models.Errand.objects.create(draft=draft, kind="contents", begun_at=now, beat_at=now)
    models.ConnectionDraft.objects.create(
        name="acme",
        connection=scene.acme,
        made_by=draft.made_by,
        made_at=now,
        step=4,
        chosen={"opportunities": {"stage": HOSTILE}},
    )
    run = models.Run.objects.create(
        connection=scene.acme, started=now, progress={"phase": "siigo", "done": 3, "total": 12}
    )
    held = lease.take(scene.acme)
    SAMPLES_NOW["number"] = str(run.pk)
    try:
        yield
        _turned(scene.acme, now=now)
        yield
    finally:
        held.release()


def _turned(company: models.Connection, *, now: datetime) -> None:
    """The other direction, with a change of its rules that waits and is being rehearsed."""
    invoices = {
        "trigger_pipeline": HOSTILE,
        "trigger_stage": HOSTILE,
        "document_type": 24446,
        "payment_type": 5636,
        "seller": "ventas@acme.example",
        "default_city": "11001",
        "identification_field": "cf_contact_cedula_kwzt_text",
    }
    company.refresh_from_db()
    company.direction = BACK
    named = {"name": "acme", "siigo": {"username": "api@acme.example"}, "escala": {}}
    company.file = {**company.file, **named, "direction": BACK, "invoices": invoices}
    company.save()
    change = rule_changes.Change(path=("invoices", "existing"), before="skip", after="invoice")
    rule_changes.keep_draft(company, [change], who="inst@acme.example", now=now)
    asked = {"changes": direction._mark([change])}
    models.Errand.objects.create(
        connection=company, kind=direction.KIND, begun_at=now, beat_at=now, asked=asked
    )


SAMPLES_NOW = {**SAMPLES, "siigo_id": "acme-1"}


def _addresses() -> Iterator[str]:
    for route, _ in ROUTES:
        for company in ("acme", "nueva-empresa") if "conectar/" in route else ("acme",):
            parts = []
            for part in route.split("/"):
                name = part.strip("<>").rpartition(":")[2]
                known: dict[str, Any] = SAMPLES_NOW | {"empresa": company}
                parts.append(known[name] if part.startswith("<") else part)
            yield "/" + "/".join(parts)
