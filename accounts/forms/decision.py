"""The administration's decisions about a practitioner, and the document that the practitioner sends then."""

from typing import Any

from django import forms

from accounts import fields
from accounts.fields import CleanedField
from accounts.models import Practitioner
from rofim.uploads import CleanFile, clean_upload

REFUSALS = (
    "Le n° RPPS ou ADELI n’est pas celui d’un professionnel de santé à ce nom.",
    "La pièce d’identité n’est pas celle de la personne inscrite.",
    "La profession indiquée ne correspond pas à celle de l’annuaire.",
    "Vous avez déjà un compte\u00a0: connectez-vous avec celui-ci.",
)
DOCUMENT_REQUESTS = (
    "La pièce est floue ou illisible.",
    "La pièce est coupée, ou il y manque le recto ou le verso.",
    "La pièce est périmée.",
    "Ce document n’est pas une pièce d’identité.",
    "Le nom de la pièce n’est pas celui de l’inscription.",
)
SUSPENSIONS = (
    "Vous l’avez demandé.",
    "Votre droit d’exercer est à vérifier.",
    "Un usage inhabituel de votre compte est à vérifier.",
)


class ProofForm(forms.Form):
    """What was seen: it stays when the document itself is deleted."""

    proof = forms.ChoiceField(
        label="Pièce vue", choices=Practitioner.ProofKind, widget=forms.RadioSelect,
        error_messages={"required": "Choisissez la pièce que vous avez vue."},
    )  # fmt: skip


class ReasonForm(forms.Form):
    """Why: from the list, in free words, or both. `cleaned_data["reason"]` is sent to the person."""

    preset = forms.ChoiceField(label="Motif", required=False, widget=forms.RadioSelect)
    reason = CleanedField(
        label="Précision ou autre motif", cleaner=fields.clean_text, required=False, max_length=350,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def __init__(self, *args: Any, presets: tuple[str, ...] = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["preset"].choices = [(text, text) for text in presets]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        words = " ".join(filter(None, (cleaned.get("preset"), cleaned.get("reason"))))
        if not words and not self.errors:
            self.add_error("preset", "Choisissez un motif, ou écrivez-le\u00a0: il est envoyé à la personne.")
        return cleaned | {"reason": words}


class DocumentForm(forms.Form):
    """Another proof of identity. `cleaned_data["identity_document"]` is a `CleanFile`."""

    identity_document = forms.FileField(
        label="Votre pièce d’identité",
        help_text="CNI, passeport ou titre de séjour\u00a0: JPEG, PNG, WebP, HEIC ou PDF, 10\u00a0Mo au plus.",
        allow_empty_file=True,
        error_messages={"required": "Choisissez le fichier de votre pièce d’identité."},
        widget=forms.FileInput(
            attrs={"accept": "image/jpeg,image/png,image/webp,image/heic,image/heif,application/pdf,.heic,.pdf"}
        ),
    )

    def clean_identity_document(self) -> CleanFile:
        return clean_upload(self.cleaned_data["identity_document"])
