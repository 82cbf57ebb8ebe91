"""Links by which a person chooses a password: they last 72 hours and work once."""

from __future__ import annotations

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse

from siigo_escala.config.env import Environment
from siigo_escala.engine import addresses, delivery
from siigo_escala.engine.delivery import Letter, Outcome
from siigo_escala.store.models import User

LINKS = PasswordResetTokenGenerator()
HOURS = 72


def link_for(user: User, *, base: str) -> str:
    """The address where this person chooses a password."""
    path = reverse("web:new_password", kwargs={"number": user.pk, "token": LINKS.make_token(user)})
    return base.rstrip("/") + path


def mail(user: User, link: str, environment: Environment, *, lasts: str = f"{HOURS} horas") -> Outcome | None:
    """Sends the link by the installation's mail server; None where there is none."""
    if not environment.email_url:
        return None
    (address,) = addresses.of_table({"email": [user.email]}, email_url=environment.email_url)
    letter = Letter(
        spec=address.spec or "",
        title="[siigo-escala] Su enlace para entrar",
        body=f"Abra este enlace para elegir su clave. Vale {lasts} y una sola vez:\n\n{link}\n\n"
        "Si no lo esperaba, no haga nada: su clave sigue igual.",
    )
    return delivery.apart([letter])[0]
