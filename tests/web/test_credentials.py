"""Credenciales: tried before they replace the old ones, of the same account, never shown; the self-check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from siigo_escala.simulators.faults import Fault
from siigo_escala.web import errands
from tests.sync.world import World
from tests.web import assistant
from tests.web.assistant import page, text

if TYPE_CHECKING:
    from siigo_escala.store import models

pytestmark = pytest.mark.usefixtures("served")
E = "/empresas/acme/"
NEW = "clave-nueva-de-siigo"


@pytest.fixture
def ana(world: World) -> Client:
    """Who installed it; acme is connected."""
    world.connect()
    return assistant.somebody()


def acme() -> models.Connection:
    from siigo_escala.store import models

    return models.Connection.objects.get(name="acme")


def probe(client: Client, system: str = "siigo") -> str:
    answer = client.post(f"{E}credenciales/probar/", {"sistema": system})
    assert answer.headers["Location"] == f"{E}credenciales/"
    return page(client, f"{E}credenciales/")


def change(client: Client, system: str = "siigo", **fields: str) -> Any:
    given = {"username": "api@empresa.example", **fields} if system == "siigo" else fields
    return client.post(f"{E}credenciales/{system}/", given)


def test_both_cards_say_where_they_stand_and_no_secret(world: World, ana: Client) -> None:
    shown = page(ana, f"{E}credenciales/")
    assert "Se comprobó al guardarla" in shown
    assert "por la línea de comandos" in shown
    assert "sin llamadas; en 50 % pausamos" in shown
    world.invoices(1)
    world.sync()
    shown = page(ana, f"{E}credenciales/")
    assert "Responde" in shown
    assert "0,0 % de " in shown
    for address in ("credenciales/", "credenciales/siigo/", "credenciales/escala/"):
        assert "-de-ejemplo" not in page(ana, f"{E}{address}")
    assert ana.get(f"{E}credenciales/otro/").status_code == 404


def test_a_new_key_is_tried_then_kept_and_what_waited_goes_on(world: World, ana: Client) -> None:
    from siigo_escala.store import models

    world.invoices(1)
    world.siigo.change_access_key(NEW)
    company = acme()
    company.paused, company.paused_text = "CREDENTIALS_REFUSED", "Siigo no acepta la clave de acceso."
    company.save()
    assert "En pausa" in page(ana, f"{E}credenciales/")
    place = _working()
    home = page(ana, E)
    place.release()
    assert "Actualizar la clave de Siigo" in home
    assert f'href="{E}credenciales/siigo/"' in home
    assert change(ana, key=NEW).status_code == 302
    shown = page(ana, f"{E}credenciales/")
    assert "Clave cambiada y comprobada. Lo que esperaba sale ahora." in shown
    assert "por ana@acme.example" in shown
    assert acme().paused == ""
    assistant.engine(world, acme())
    assert len(world.deals()) == 1
    entry = models.AuditEntry.objects.get(action="Clave de Siigo cambiada")
    assert entry.before == {"usuario": "api@empresa.example", "clave": "•••"}
    assert entry.after == {"usuario": "api@empresa.example", "clave": "•••"}


def test_a_key_that_is_refused_replaces_nothing(world: World, ana: Client) -> None:
    before = acme().siigo_key_sealed, acme().escala_key_sealed
    answer = change(ana, key="otra")
    assert answer.status_code == 422
    assert "Siigo no aceptó el usuario o la clave de acceso." in text(answer)
    answer = change(ana, "escala", key="otra")
    assert "Escala no aceptó la clave de API" in text(answer)
    answer = change(ana, "escala", key="")
    assert "Escriba la clave de API." in text(answer)
    assert before == (acme().siigo_key_sealed, acme().escala_key_sealed)


def test_a_key_of_another_company_is_refused(world: World, ana: Client) -> None:
    world.siigo.add_company(username="otra@empresa.example", access_key="clave-de-otra")
    answer = change(ana, username="otra@empresa.example", key="clave-de-otra")
    assert answer.status_code == 422
    assert "abren otra cuenta de Siigo" in text(answer)
    world.escala.add_account("llave-de-otra")
    assert "abren otra cuenta de Escala" in text(change(ana, "escala", key="llave-de-otra"))
    assert acme().siigo_username == "api@empresa.example"


def test_another_key_of_the_same_escala_account_is_kept(world: World, ana: Client) -> None:
    company = acme()
    company.enabled = False
    company.file = {**company.file, "enabled": False}
    company.save()
    world.escala.rotate_key("llave-nueva")
    assert change(ana, "escala", key="llave-nueva").status_code == 302
    shown = page(ana, f"{E}credenciales/")
    assert "Clave cambiada y comprobada." in shown
    assert "Lo que esperaba" not in shown
    assert "responde" in probe(ana, "escala")


def test_a_company_whose_keys_were_taken_away_is_connected_again_with_both(world: World, ana: Client) -> None:
    from siigo_escala.sync import disconnecting

    disconnecting.take_credentials(acme())
    shown = page(ana, f"{E}credenciales/")
    assert "La clave se quitó." in shown
    assert "Probar conexión" not in shown
    place = _working()
    assert "Conectar de nuevo" in page(ana, E)
    place.release()
    assert "Clave de API" in page(ana, f"{E}credenciales/escala/")
    assert "Escriba la clave de API." in text(change(ana, key="clave-de-ejemplo"))
    fields = {"key": "clave-de-ejemplo", "escala-key": "llave-de-ejemplo"}
    assert change(ana, **fields).status_code == 302
    assert not acme().forgotten


def test_a_connection_is_tried_and_a_refusal_is_told_and_counted(world: World, ana: Client) -> None:
    assert "Siigo acepta la clave y responde." in probe(ana)
    assert "Escala acepta la clave y responde." in probe(ana, "escala")
    world.siigo.change_access_key(NEW)
    shown = probe(ana)
    assert "Siigo no aceptó el usuario o la clave de acceso." in shown
    assert "En duda" in shown
    shown = probe(ana)
    assert "En pausa" in shown
    # Both must answer before the pause ends.
    assert "Siigo no aceptó" in probe(ana, "escala")
    assert acme().paused == "CREDENTIALS_REFUSED"
    world.siigo.change_access_key("clave-de-ejemplo")
    assert "La pausa se levantó." in probe(ana)
    assert acme().paused == ""
    assert ana.post(f"{E}credenciales/probar/", {"sistema": "x"}).status_code == 404


def test_the_pause_of_escala_is_shown_on_its_card_and_its_key_is_asked_for(world: World, ana: Client) -> None:
    company = acme()
    company.paused, company.paused_text = "CREDENTIALS_REFUSED", "Escala no acepta la clave de API."
    company.save()
    shown = page(ana, f"{E}credenciales/")
    assert shown.index("Escala no acepta la clave de API.") > shown.index('id="c-escala"')
    place = _working()
    assert f'href="{E}credenciales/escala/"' in page(ana, E)
    place.release()


def test_an_account_that_does_not_answer_is_told_and_pauses_nothing(world: World, ana: Client) -> None:
    world.escala.faults.add(Fault(kind="refuse", path=".*", status=503))
    assert "Escala no dio una respuesta utilizable" in probe(ana, "escala")
    assert acme().refusals == 0


def test_a_probe_in_vain_stands_on_its_card_until_one_goes_well(world: World, ana: Client) -> None:
    world.sync()
    assert "No respondió" not in probe(ana, "escala"), "after one that went well"
    world.escala.faults.add(Fault(kind="refuse", path=".*", status=503))
    shown = probe(ana, "escala")
    assert "No respondió" in shown
    assert "Al probarla" in shown
    world.escala.faults.clear()
    assert "No respondió" not in probe(ana, "escala")
    assert "No respondió" not in probe(ana)


def test_to_lift_a_pause_both_are_asked_and_the_one_that_fails_is_named(world: World, ana: Client) -> None:
    world.sync()
    company = acme()
    company.paused, company.paused_text = "CREDENTIALS_REFUSED", "Siigo no acepta la clave de acceso."
    company.save()
    world.siigo.change_access_key(NEW)
    assert "Siigo: Siigo no aceptó el usuario o la clave de acceso." in probe(ana, "escala")
    assert [one["sistema"] for one in probed()] == ["Siigo"]
    world.siigo.change_access_key("clave-de-ejemplo")
    shown = probe(ana, "escala")
    assert "Siigo y Escala aceptan sus claves y responden. La pausa se levantó." in shown
    assert "No respondió" not in shown, "the card of neither"
    assert probed()[1:] == [{"sistema": "Siigo"}, {"sistema": "Escala"}]


def probed() -> list[dict[str, str]]:
    """What the audit holds of probes."""
    from siigo_escala.store import models

    entries = models.AuditEntry.objects.filter(action="Conexión probada").order_by("pk")
    return list(entries.values_list("after", flat=True))


def test_everything_is_checked_and_each_finding_has_its_step(world: World, ana: Client) -> None:
    assert "Todavía no se ha comprobado." in page(ana, f"{E}comprobar/")
    world.siigo.change_access_key(NEW)
    assert ana.post(f"{E}comprobar/").headers["Location"] == f"{E}comprobar/"
    errands.wait()
    shown = page(ana, f"{E}comprobar/")
    assert "Falla: " in shown
    assert "SIIGO_ACCESS" in shown
    assert f'href="{E}credenciales/siigo/"' in shown
    assert shown.index("Falla</span>") < shown.index("Bien</span>")
    assert "Ver qué dijo" in page(ana, f"{E}credenciales/")
    world.siigo.change_access_key("clave-de-ejemplo")
    world.escala.rotate_key("otra")
    ana.post(f"{E}comprobar/")
    errands.wait()
    assert f'href="{E}credenciales/escala/"' in page(ana, f"{E}comprobar/")


def test_a_check_tells_while_it_lasts_where_all_is_well_and_where_it_was_cut(
    world: World, ana: Client
) -> None:
    from siigo_escala.store import models

    ana.post(f"{E}comprobar/")
    errands.wait()
    one = {"code": "KEY", "result": "ok", "message": "La clave abre todo.", "remedy": ""}
    models.Errand.objects.update(result={"checks": [one]})
    assert "Todo responde. Última comprobación: " in page(ana, f"{E}comprobar/")
    models.Errand.objects.update(ended_at=None, result={})
    shown = page(ana, f"{E}comprobar/")
    assert "Comprobando…" in shown
    assert page(ana, f"{E}comprobar/", headers={"HX-Request": "true"}).strip() in shown
    models.Errand.objects.update(beat_at="2026-01-01T00:00:00Z")
    assert "se interrumpió" in page(ana, f"{E}comprobar/")


def test_what_keeps_the_check_from_beginning_is_told(world: World, ana: Client) -> None:
    from siigo_escala.store import models

    ana.post(f"{E}comprobar/")
    errands.wait()
    models.Errand.objects.update(result={}, problem={"text": "No se pudo.", "step": "Repita."})
    assert "No se pudo." in page(ana, f"{E}comprobar/")


def _working() -> Any:
    """As if a worker lived."""
    from siigo_escala.store import locks

    return locks.attempt("worker", 1)
