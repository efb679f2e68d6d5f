"""A new password, after the old one or by a link."""

from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordForm as DjangoSetPasswordForm
from django.core.exceptions import ValidationError

from accounts.fields import CleanedEmailField
from accounts.forms.inputs import EMAIL_ERRORS, PASSWORD_MAX, password_field
from accounts.passwords import own_words


class PasswordResetForm(forms.Form):
    """The address to which a link goes if it is known."""

    email = CleanedEmailField(
        label="Adresse e-mail", max_length=254, error_messages=EMAIL_ERRORS,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )  # fmt: skip


class SetPasswordForm(DjangoSetPasswordForm):
    """A new password, twice."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        labels = {"new_password1": "Nouveau mot de passe", "new_password2": "Nouveau mot de passe, une seconde fois"}
        for name, label in labels.items():
            self.fields[name].label, self.fields[name].help_text = label, ""
            self.fields[name].validators.append(_not_too_long)
        self.fields["new_password1"].widget.attrs["autofocus"] = True
        self.fields["new_password1"].help_text = "12 caractères au moins : quelques mots suffisent."

    def validate_password_for_user(self, user: Any, password_field_name: str = "") -> None:
        """What is wrong with the password is said where it is chosen, not where it is repeated."""
        super().validate_password_for_user(user, "new_password1")


def _not_too_long(value: str) -> None:
    if len(value) > PASSWORD_MAX:
        raise ValidationError(f"{PASSWORD_MAX} caractères au plus.")


class NewPasswordForm(SetPasswordForm):
    """A new password, twice, that is not the old one."""

    @property
    def own_words(self) -> str:
        """For the page's meter: what counts for little in the password."""
        return " ".join(own_words(self.user))

    def clean_new_password1(self) -> str:
        password = self.cleaned_data["new_password1"]
        if self.user.check_password(password):
            raise ValidationError("C’est déjà votre mot de passe\u00a0: choisissez-en un autre.")
        return password


class ConfirmationForm(forms.Form):
    """The password of whoever is logged in; whether it is right is the view's business."""

    password = password_field("Mot de passe", "Indiquez votre mot de passe.", "current-password")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["password"].widget.attrs["autofocus"] = True
