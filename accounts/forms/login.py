"""Password, then code."""

from datetime import timedelta
from typing import Any

from django import forms

from accounts.factors import Way
from accounts.forms.inputs import password_field


class LoginForm(forms.Form):
    """E-mail and password; whether they are right is the view's business."""

    email = forms.CharField(
        label="Adresse e-mail", max_length=254, error_messages={"required": "Indiquez votre adresse e-mail."},
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )  # fmt: skip
    password = password_field("Mot de passe", "Indiquez votre mot de passe.", "current-password")

    def clean_email(self) -> str:
        return self.cleaned_data["email"].strip().lower()

    def say_wrong(self) -> None:
        """The same words whatever is wrong."""
        self.add_error(None, "L’adresse e-mail ou le mot de passe n’est pas le bon.")
        self._ask_again()

    def say_too_soon(self, pause: timedelta) -> None:
        """The password was not looked at."""
        seconds = int(pause.total_seconds())
        self.add_error(
            None,
            f"Trop d’essais de suite\u00a0: ce mot de passe n’a pas été vérifié. Réessayez dans {seconds}\u00a0s, "
            "ou depuis un appareil où vous vous êtes déjà connecté.",
        )
        self._ask_again()

    def _ask_again(self) -> None:
        # Most often it is the password alone that is typed again.
        self.fields["email"].widget.attrs["autofocus"] = False
        self.fields["password"].widget.attrs["autofocus"] = True


_LABELS = {
    Way.SMS: "Code reçu par SMS",
    Way.TOTP: "Code de votre application",
    Way.RECOVERY: "Code de secours",
}


class CodeForm(forms.Form):
    """Six digits of an SMS or of an app, or a recovery code, which every way takes too."""

    code = forms.CharField(
        max_length=32,
        error_messages={"required": "Tapez le code.", "max_length": "Ce code est trop long."},
        widget=forms.TextInput(attrs={"maxlength": 32, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, way: Way = Way.SMS, autofocus: bool = True, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.way = way
        code = self.fields["code"]
        code.label = _LABELS[way]
        code.widget.attrs["autofocus"] = autofocus
        digits = {"inputmode": "numeric", "autocomplete": "one-time-code", "class": "code num"}
        letters = {"autocomplete": "off", "autocapitalize": "characters", "class": "code num letters"}
        code.widget.attrs |= letters if way == Way.RECOVERY else digits
        if way == Way.RECOVERY:
            code.help_text = (
                "L’un des dix codes que vous avez gardés, par exemple ABCD-EFGH. Chacun ne sert qu’une fois."
            )
