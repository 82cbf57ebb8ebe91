"""`siigo-escala create-admin`: the first administrator, or a way back in for one who lost the password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from siigo_escala.cli import arguments, output, setup
from siigo_escala.cli.failures import CommandProblem

if TYPE_CHECKING:
    from siigo_escala.config.env import Environment
    from siigo_escala.store.models import User

_WHO = "línea de comandos"


def create_admin(
    email: Annotated[str, typer.Argument(metavar="CORREO", help="Correo con que entra.", show_default=False)],
    *,
    reset: Annotated[
        bool, typer.Option("--reset", help="Enlace para una clave nueva; el doble factor se apaga.")
    ] = False,
    as_json: arguments.Json = False,
) -> int:
    """El administrador de la instalación, cuando no se creó en el navegador.

    Imprime un enlace, válido por 72 horas y una sola vez, para elegir la clave.
    """
    environment = setup.prepared()
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    from siigo_escala.store import models
    from siigo_escala.store.models import audit
    from siigo_escala.web import second_factor, signing

    signing.use_keys(environment)
    try:
        validate_email(email.strip())
    except ValidationError:
        raise CommandProblem("USAGE", f"«{email}» no es un correo.", key="CORREO") from None
    user = models.User.objects.by_email(email)
    if user is not None and not reset:
        raise CommandProblem(
            "USAGE", f"«{user.email}» ya existe: con --reset recibe un enlace para otra clave.", key="--reset"
        )
    if user is None and reset:
        raise CommandProblem("USAGE", f"Nadie entra con «{email}»: sin --reset se crea.", key="--reset")
    if user is None:
        user = models.User.objects.make(email, None, is_installer=True)
        audit.record("Administrador creado", who=_WHO, now=setup.now(), after={"correo": user.email})
    else:
        second_factor.switch_off(user)
        user.set_unusable_password()
        user.save(update_fields=["password"])
        audit.record("Clave por enlace", who=_WHO, now=setup.now(), after={"correo": user.email})
    link = _link(user, environment)
    if as_json:
        output.document({"schema": 1, "email": user.email, "link": link, "done": True, "warnings": []})
    else:
        output.say(f"Abra este enlace para elegir la clave de «{user.email}» (vale 72 horas, una sola vez):")
        output.say(link)
    return 0


def _link(user: User, environment: Environment) -> str:
    from siigo_escala.web import invitations

    return invitations.link_for(user, base=environment.public_url or f"http://{environment.bind}")
