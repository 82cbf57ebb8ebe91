"""How a person goes through the assistant: pages are read, forms sent as a browser would send them."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.test import Client

from siigo_escala.engine import due, turn
from siigo_escala.engine.turn import UnderWay
from siigo_escala.web import errands
from tests.sync.world import FIELD, World

if TYPE_CHECKING:
    from siigo_escala.store import models

PASSWORD = "una-clave-larga-7"
KEYS = {"username": "api@empresa.example", "key": "clave-de-ejemplo"}
E = "/empresas/empresa/conectar/"


def somebody(email: str = "ana@acme.example", *, installer: bool = True) -> Client:
    """A person who has signed in."""
    from siigo_escala.store import models

    models.User.objects.make(email, PASSWORD, is_installer=installer)
    client = Client(SERVER_NAME="localhost", raise_request_exception=False)
    assert client.post("/entrar/", {"email": email, "password": PASSWORD}).status_code == 302
    return client


def in_use(world: World) -> None:
    """An Escala with contacts that have a cédula, and with owners."""
    for number in range(3):
        world.escala.create_contact(
            first_name=f"Cliente {number}", owner="laura@empresa.example", custom={FIELD: f"5241896{number}"}
        )
    world.escala.create_deal(name="Vieja", owner="ventas@laceiba.example")


def page(client: Client, address: str, **headers: Any) -> str:
    """What a page says, with blanks that may be broken."""
    answer = client.get(address, **headers)
    assert answer.status_code == 200, (address, answer.status_code, answer.headers)
    return text(answer)


def text(answer: Any) -> str:
    """What an answer says, without the token of its forms, which is another each time."""
    shown = re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]*', r"\1", answer.content.decode())
    return html.unescape(shown).replace("\u00a0", " ")


def sent_of(shown: str) -> dict[str, Any]:
    """What a browser sends of a page's form as it stands."""
    sent: dict[str, Any] = {}
    for name, inner in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', shown, re.DOTALL):
        options = re.findall(r'<option value="([^"]*)"( selected)?', inner)
        sent[name] = next((value for value, chosen in options if chosen), options[0][0] if options else "")
    for tag in re.findall(r"<input [^>]+>", shown):
        attributes = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        name = attributes.get("name", "csrfmiddlewaretoken")
        if name == "csrfmiddlewaretoken":
            continue
        if attributes["type"] == "checkbox":
            if " checked" in tag:
                sent.setdefault(name, []).append(attributes.get("value", "on"))
        else:
            sent[name] = attributes.get("value", "")
    return sent


def siigo(client: Client, address: str = "/empresas/nueva/", **more: str) -> Any:
    """Step 1."""
    return client.post(address, {**KEYS, **more})


def escala(client: Client, key: str = "llave-de-ejemplo", *, e: str = E) -> Any:
    """Step 2, and the account is read."""
    answer = client.post(f"{e}escala/", {"key": key})
    errands.wait()
    return answer


def opportunities(client: Client, *, e: str = E, **more: Any) -> Any:
    """Step 3, with what is chosen beforehand."""
    address = f"{e}oportunidades/"
    return client.post(address, {**sent_of(page(client, address)), **more})


def sellers(client: Client, *, e: str = E, **more: Any) -> Any:
    """Step 4, with what is ticked beforehand; the preview is calculated."""
    address = f"{e}vendedores/"
    answer = client.post(address, {**sent_of(page(client, address)), **more})
    errands.wait()
    return answer


def until_preview(client: Client, **choices: Any) -> models.Connection:
    """Steps 1 to 4; the connection that they made."""
    from siigo_escala.store import models

    assert siigo(client).status_code == 302
    assert escala(client).status_code == 302
    assert opportunities(client, **choices).status_code == 302
    assert sellers(client).status_code == 302
    return models.Connection.objects.get(name="empresa")


def engine(world: World, connection: models.Connection) -> None:
    """The engine does what was asked for."""
    for ticket in due.by_request(now=datetime.now(UTC), connection_id=connection.pk):
        turn.take(world.environment, ticket, UnderWay(), now=lambda: datetime.now(UTC))


def writes(world: World) -> int:
    """Calls to Escala that change something."""
    return sum(one["method"] != "GET" for one in world.escala.calls.entries())
