"""What a password must be, in sentences that say how to get it right."""

from __future__ import annotations

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from siigo_escala.store.models import User

LEAST = 12


class LongEnough:
    """Twelve characters: what a list of guesses does not reach."""

    def validate(self, password: str, user: User | None = None) -> None:
        """ValidationError where it is too short."""
        del user
        if len(password) < LEAST:
            raise ValidationError(
                f"La clave debe tener {LEAST} caracteres o más; esta tiene {len(password)}."
            )

    def get_help_text(self) -> str:
        """Beneath the field."""
        return f"{LEAST} caracteres o más"


class NotCommon(CommonPasswordValidator):
    """Not one of those that everybody tries first."""

    def validate(self, password: str, user: User | None = None) -> None:
        """ValidationError where it stands in the list, or is one character over and over."""
        try:
            super().validate(password, user)
        except ValidationError:
            raise ValidationError("La clave es muy común; elija otra.") from None
        if len(set(password)) < 4 or password.casefold() in {"contraseña123", "siigo-escala"}:
            raise ValidationError("La clave es muy común; elija otra.")

    def get_help_text(self) -> str:
        """Nothing more to say."""
        return ""


class NotTheEmail:
    """Not what anybody knows of the person."""

    def validate(self, password: str, user: User | None = None) -> None:
        """ValidationError where it is the e-mail, or its beginning and little else."""
        email = user.email if user is not None else ""
        name = email.partition("@")[0]
        typed = password.casefold()
        if email and (typed == email or (len(name) > 3 and typed.strip("0123456789") == name)):
            raise ValidationError("La clave se parece demasiado a su correo; elija otra.")

    def get_help_text(self) -> str:
        """Nothing more to say."""
        return ""
