"""Forms of signing in, of the first start and of one's own account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation

from siigo_escala.store.models import User
from siigo_escala.web import passwords

_WRONG_EMAIL = {
    "required": "Escriba su correo.",
    "invalid": "Escriba un correo válido, como nombre@empresa.co.",
}


class SignIn(forms.Form):
    """E-mail and password."""

    email = forms.EmailField(
        label="Correo",
        max_length=254,
        error_messages=_WRONG_EMAIL,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label="Clave",
        max_length=1000,
        strip=False,
        error_messages={"required": "Escriba su clave."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class Forgotten(forms.Form):
    """Whose password is forgotten."""

    email = forms.EmailField(
        label="Correo",
        max_length=254,
        error_messages=_WRONG_EMAIL,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )


class Code(forms.Form):
    """Six digits of the telephone, or a recovery code."""

    code = forms.CharField(
        label="Código",
        max_length=20,
        help_text="Los seis dígitos de su aplicación, o un código de recuperación.",
        error_messages={"required": "Escriba el código."},
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "text"}),
    )


class FirstCode(Code):
    """The first six digits: they prove that the square was read. There is no recovery code yet."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["code"].help_text = "Cambia cada treinta segundos."
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


class _NewPassword(forms.Form):
    """A password, twice. `person`: whose it will be."""

    person: User | None = None
    password = forms.CharField(
        label="Clave",
        max_length=1000,
        strip=False,
        help_text=f"{passwords.LEAST} caracteres o más",
        error_messages={"required": "Escriba una clave."},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="Repita la clave",
        max_length=1000,
        strip=False,
        error_messages={"required": "Repita la clave."},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Both the same, and one that nobody guesses."""
        found = super().clean() or {}
        password = found.get("password")
        if password and found.get("again") and password != found["again"]:
            self.add_error("again", "Las dos claves no son iguales.")
        if password:
            try:
                password_validation.validate_password(password, self.owner())
            except forms.ValidationError as problem:
                self.add_error("password", problem)
        return found

    def owner(self) -> User | None:
        """Whose password it is."""
        return self.person


class FirstStart(_NewPassword):
    """The first administrator, with the code that the program printed."""

    email = forms.EmailField(
        label="Correo",
        max_length=254,
        error_messages=_WRONG_EMAIL,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    code = forms.CharField(
        label="Código de arranque",
        max_length=60,
        help_text="Está en la ventana o el registro donde inició el programa.",
        error_messages={"required": "Escriba el código de arranque."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("code", "email", "password", "again")

    def owner(self) -> User | None:
        """Nobody yet, but of this address."""
        return User(email=str(self.cleaned_data.get("email", "")).casefold())


class NewPassword(_NewPassword):
    """Chosen by whoever holds a link."""

    def __init__(self, *args: Any, person: User, **more: Any) -> None:
        super().__init__(*args, **more)
        self.person = person


class ChangePassword(NewPassword):
    """Chosen by whoever has signed in and knows the old one."""

    old = forms.CharField(
        label="Clave actual",
        max_length=1000,
        strip=False,
        error_messages={"required": "Escriba su clave actual."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("old", "password", "again")

    def clean_old(self) -> str:
        """The right one."""
        old = str(self.cleaned_data["old"])
        if self.person is None or not self.person.check_password(old):
            raise forms.ValidationError("Esa no es su clave actual.")
        return old
