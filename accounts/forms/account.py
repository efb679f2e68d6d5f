"""What the account page changes."""

from typing import Any

from django import forms

from accounts import fields
from accounts.forms import registration
from accounts.forms.inputs import text_field
from accounts.models import Practitioner, User
from rofim.ui import phone
from rofim.uploads import PICTURES, clean_signature


class SignatureForm(forms.Form):
    """A picture of one's signature, drawn or chosen; `cleaned_data["signature"]` is the cleaned PNG."""

    signature = forms.FileField(
        label="Image de votre signature",
        help_text="Signez à l’encre noire sur du papier blanc et photographiez\u00a0: "
        "JPEG, PNG, WebP ou HEIC, 10\u00a0Mo au plus.",
        allow_empty_file=True,
        error_messages={"required": "Dessinez votre signature, ou choisissez-en une image."},
        widget=forms.FileInput(attrs={"accept": ",".join(sorted(PICTURES))}),
    )

    def clean_signature(self) -> bytes:
        return clean_signature(self.cleaned_data["signature"])


class PracticeForm(registration.PracticeForm):
    """The practice, asked for as at the registration; `practice()` is what was given."""

    NAMES = ("practice_name", "practice_address", "practice_postal_code", "practice_city", "practice_phone")

    def __init__(self, data: Any = None, *, practitioner: Practitioner):
        initial = {name: getattr(practitioner, name) for name in self.NAMES}
        super().__init__(data, initial=initial | {"practice_phone": phone(practitioner.practice_phone)})

    def practice(self) -> dict[str, str]:
        """Its five facts, cleaned."""
        return {name: self.cleaned_data[name] for name in self.NAMES}


class BillingForm(forms.Form):
    """« Situation conventionnelle », « association agréée » and number, printed on prescriptions."""

    sector = text_field(
        "Situation conventionnelle", max_length=40,
        help_text="Par exemple\u00a0: conventionné secteur 1.",
    )  # fmt: skip
    billing_number = text_field(
        "N° AM ou FINESS", cleaner=fields.clean_billing_number, max_length=20, attrs={"autocomplete": "off"},
        help_text="9\u00a0caractères.",
    )  # fmt: skip
    approved_association = forms.BooleanField(label="Membre d’une association agréée", required=False)

    def __init__(self, data: Any = None, *, practitioner: Practitioner):
        super().__init__(data, initial={name: getattr(practitioner, name) for name in self.base_fields})


class NotificationsForm(forms.ModelForm):
    """Which e-mails `user` wants; those about patients are asked of practitioners alone."""

    class Meta:
        model = User
        fields = ("mail_new_browser", "mail_unreached", "mail_day_summary", "mail_code_dead")
        labels = {
            "mail_new_browser": "Connexion depuis un nouveau navigateur",
            "mail_unreached": "Patient pas joint, 30 et 10\u00a0minutes avant le rendez-vous",
            "mail_day_summary": "Résumé de la journée à 20\u00a0h\u00a0: rendez-vous manqués, messages non remis",
            "mail_code_dead": "Code d’accès d’un patient bloqué par trop d’essais",
        }

    def __init__(self, data: Any = None, *, user: User):
        super().__init__(data, initial={name: getattr(user, name) for name in self.Meta.fields})
        if not hasattr(user, "practitioner"):
            self.fields = {"mail_new_browser": self.fields["mail_new_browser"]}
