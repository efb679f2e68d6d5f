"""Fields that several forms of this room share."""

from typing import Any

from django import forms

from accounts import fields
from accounts.fields import CleanedField

# Argon2 would take more; nobody types more, and longer input is an attack on the processor.
PASSWORD_MAX = 128
EMAIL_ERRORS = {
    "required": "Indiquez votre adresse e-mail.",
    "invalid": "Cette adresse e-mail n’est pas complète : elle s’écrit nom@exemple.fr.",
}


def text_field(label: str, required: str = "", *, cleaner: Any = fields.clean_text, **kwargs: Any) -> CleanedField:
    attrs = kwargs.pop("attrs", {})
    return CleanedField(
        label=label,
        cleaner=cleaner,
        required=bool(required),
        error_messages={"required": required} if required else {},
        widget=forms.TextInput(attrs=attrs),
        **kwargs,
    )


def password_field(label: str, required: str, autocomplete: str, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        max_length=PASSWORD_MAX,
        error_messages={"required": required, "max_length": f"{PASSWORD_MAX} caractères au plus."},
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
        **kwargs,
    )
