"""A forgotten password: a link by e-mail that lasts an hour and works once.

Whoever asks learns nothing: the answer comes before anybody is looked up, and is the same whether there is
such a person, whether the mail server takes the letter, and how long that takes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import base36_to_int

from siigo_escala.config.env import Environment
from siigo_escala.store import models
from siigo_escala.store.models import User, audit
from siigo_escala.web import errands, invitations, signing_in

LASTS = timedelta(hours=1)
KIND = "link"
"""Asking counts like a failure to sign in, apart from those."""
log = structlog.get_logger()


class _Links(PasswordResetTokenGenerator):
    """Django's own, for an hour: an invitation's may wait for days, what anybody can ask for may not."""

    key_salt = "siigo_escala.web.resets"

    def check_token(self, user: User | None, token: str | None) -> bool:
        """Whether the link is this person's, unused and young."""
        if not token or not super().check_token(user, token):
            return False
        made = base36_to_int(token.partition("-")[0])
        return self._num_seconds(self._now()) - made <= LASTS.total_seconds()


LINKS = _Links()


def ask(request: HttpRequest, email: str, environment: Environment, *, base: str, now: datetime) -> None:
    """Sends the link if there is such a person: in a thread, so that nobody can measure whether there is."""
    signing_in.failed(request, email, kind=KIND)
    errands.aside(lambda: _send(email, environment, base=base, now=now))


def fits(user: User, token: str) -> bool:
    """Whether this link, an invitation's or one of these, lets the person choose a password."""
    return invitations.LINKS.check_token(user, token) or LINKS.check_token(user, token)


def _send(email: str, environment: Environment, *, base: str, now: datetime) -> None:
    user = models.User.objects.by_email(email)
    if user is None or not user.is_active:
        return
    path = reverse("web:new_password", kwargs={"number": user.pk, "token": LINKS.make_token(user)})
    outcome = invitations.mail(user, base.rstrip("/") + path, environment, lasts="una hora")
    audit.record("Enlace para una clave nueva pedido", who=user.email, now=now)
    if outcome is None or not outcome.sent:
        log.warning("reset link not sent", cause=outcome.why if outcome else "no mail server")
