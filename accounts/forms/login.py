"""Password, then code."""

from django import forms

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


class CodeForm(forms.Form):
    """The six digits of an SMS, or at login a recovery code."""

    code = forms.CharField(
        label="Code reçu par SMS",
        max_length=32,
        error_messages={"required": "Tapez le code."},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True, "class": "code num",
                "maxlength": 32,
            }
        ),
    )  # fmt: skip
