"""Who signs in, what they may do in which company, and what keeps strangers out.

Django's own parts (hashes, sessions, tokens) do the work, and allauth's for the second factor, whose rows are
in backups beside these (docs/adr/0018).
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from siigo_escala.store.models.connection import Connection


class Role(models.TextChoices):
    """What somebody may do in one company. Administrators of the installation may do all of it."""

    EMP = "EMP", "Administrador de la empresa"
    CONS = "CONS", "Consulta"


class PeopleManager(BaseUserManager["User"]):
    """E-mails are compared as they are stored: in lower case."""

    def by_email(self, email: str) -> User | None:
        """Whose address this is."""
        return self.filter(email=email.strip().casefold()).first()

    def make(self, email: str, password: str | None, *, is_installer: bool = False) -> User:
        """A new person; without password until they choose one by a link."""
        person = self.model(email=email.strip().casefold(), is_installer=is_installer)
        person.set_password(password)
        person.save(using=self._db)
        return person


class User(AbstractBaseUser):
    """A person. The e-mail is the login."""

    email = models.EmailField(max_length=254, unique=True)
    is_active = models.BooleanField(default=True)
    is_installer = models.BooleanField(default=False)
    """Administrator of the installation (INST): every company, people, backups."""
    joined_at = models.DateTimeField(auto_now_add=True)
    theme = models.CharField(max_length=5, default="")
    """"light", "dark" or "" for what the system says."""

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects = PeopleManager()

    class Meta:
        db_table = "person"

    def __str__(self) -> str:
        return self.email

    @property
    def has_second_factor(self) -> bool:
        """Whether a code is asked for after the password."""
        return any(one.type == "totp" for one in self.authenticator_set.all())  # type: ignore[attr-defined]  # allauth's


class Membership(models.Model):
    """What a person may do in one company."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=4, choices=Role.choices)

    class Meta:
        db_table = "membership"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "connection"], name="one_role_per_person_and_company")
        ]


class StartCode(models.Model):
    """The one-time code of the first start, hashed; several processes may have printed one each."""

    digest = models.CharField(max_length=64)
    until = models.DateTimeField()

    class Meta:
        db_table = "start_code"
