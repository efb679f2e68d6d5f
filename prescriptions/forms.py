"""The draft, the reasons and the checks that people type. What the law still asks for is not here but in `rules`."""

import re
import unicodedata
import uuid
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms.formsets import BaseFormSet
from django.utils import timezone

from patients.models import Intake
from prescriptions import rules
from prescriptions.models import ConsultationReport
from prescriptions.services import CODE_ALPHABET, CODE_LENGTH

_EARLIEST_BIRTH = date(1900, 1, 1)
# A line of the prescription is never split between two pages: it must fit on one.
_MAX_ROWS = 12
# A report's may be: ten pages.
_MAX_REPORT_ROWS = 500
_MAX_PDF_BYTES = 10 * 1024 * 1024
# Read as they were meant when a code is typed from paper.
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})


def printable(text: str) -> str:
    """`text` in composed form (NFC); refuses what the paper cannot show: control, invisible and foreign characters."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if found := rules.UNPRINTABLE.search(text):
        character = found[0]
        if character == "µ":
            raise ValidationError("« µ » ne s’imprime pas lisiblement : écrivez « micro » en toutes lettres.")
        if not character.isprintable() or unicodedata.category(character).startswith(("C", "M")):
            raise ValidationError("Ce texte contient un caractère invisible ou de contrôle : retapez-le.")
        raise ValidationError(f"Le caractère « {character} » ne peut pas être imprimé : écrivez-le autrement.")
    return text


class PaperField(forms.CharField):
    """Text that will be printed, on one line unless its widget is a text area; of `max_rows` lines then."""

    def __init__(self, *, max_rows: int = _MAX_ROWS, **options: Any):
        self.max_rows = max_rows
        super().__init__(**options)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        # Django has put U+FFFD for a lone surrogate or a broken byte: not printable either.
        text = printable(text)
        if "\n" in text and not isinstance(self.widget, forms.Textarea):
            raise ValidationError("Ce texte tient sur une seule ligne.")
        if text.count("\n") >= self.max_rows:
            raise ValidationError(f"Au plus {self.max_rows} lignes de texte.")
        return text


def _count(label: str, maximum: int, **options: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=1,
        max_value=maximum,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "min": 1, "max": maximum}),
        error_messages={
            "invalid": "Écrivez un nombre entier.",
            "min_value": "Écrivez au moins 1.",
            "max_value": f"Écrivez au plus {maximum}.",
        },
        **options,
    )


class BirthDateField(forms.DateField):
    """A date of birth: in the past, after 1900."""

    def __init__(self, **options: Any):
        super().__init__(
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "autocomplete": "off"}),
            input_formats=["%Y-%m-%d", "%d/%m/%Y"],
            error_messages={
                "required": "Écrivez la date de naissance du patient.",
                "invalid": "Cette date n’existe pas. Écrivez-la sous la forme JJ/MM/AAAA.",
            },
            **options,
        )

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value and not _EARLIEST_BIRTH <= value <= timezone.localdate():
            raise ValidationError("La date de naissance doit être passée, après 1900.")


class PatientForm(forms.Form):
    """The patient as the paper names them. Nothing is required of a draft."""

    form_key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    last_name = PaperField(label="Nom", max_length=80, required=False)
    first_name = PaperField(label="Prénom", max_length=80, required=False)
    sex = forms.ChoiceField(label="Sexe", choices=[("", "À préciser"), *Intake.Sex.choices], required=False)
    birth_date = BirthDateField(label="Date de naissance", required=False)
    weight = forms.DecimalField(
        label="Poids (kg)",
        help_text="Demandé avant 15 ans.",
        min_value=0.3,
        max_value=400,
        max_digits=5,
        decimal_places=2,
        required=False,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages={
            "invalid": "Écrivez un nombre, par exemple 12,5.",
            "min_value": "Écrivez le poids en kilogrammes.",
            "max_value": "Écrivez le poids en kilogrammes.",
            "max_decimal_places": "Deux décimales suffisent.",
            "max_digits": "Écrivez le poids en kilogrammes.",
        },
    )
    height = forms.IntegerField(
        label="Taille (cm)",
        help_text="Demandée avant 15 ans.",
        min_value=20,
        max_value=260,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "invalid": "Écrivez un nombre entier de centimètres.",
            "min_value": "Écrivez la taille en centimètres.",
            "max_value": "Écrivez la taille en centimètres.",
        },
    )

    def clean_form_key(self) -> uuid.UUID:
        """A form without its key counts as a new one."""
        return self.cleaned_data["form_key"] or uuid.uuid4()

    def patient_data(self) -> dict[str, Any]:
        """What the draft keeps, as JSON can hold it."""
        data = self.cleaned_data
        return {
            "last_name": data["last_name"],
            "first_name": data["first_name"],
            "sex": data["sex"],
            "birth_date": data["birth_date"].isoformat() if data["birth_date"] else "",
            "weight": f"{data['weight'].normalize():f}" if data["weight"] else "",
            "height": str(data["height"]) if data["height"] else "",
        }


class LineForm(forms.Form):
    """One medicine."""

    name = PaperField(
        label="Médicament", help_text="Nom de marque ou dénomination commune (DCI).", max_length=200, required=False
    )
    strength_form = PaperField(
        label="Dosage et forme", help_text="Par exemple\u00a0: 500 mg, gélule.", max_length=120, required=False
    )
    dosage = PaperField(
        label="Posologie",
        help_text="Par exemple\u00a0: 1 gélule matin et soir.",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    instructions = PaperField(
        label="Mode d’emploi",
        help_text="Par exemple\u00a0: par voie orale, au milieu du repas.",
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"list": "instructions-suggestions"}),
    )
    duration_days = _count("Durée (jours)", rules.MAX_TREATMENT_DAYS)
    boxes = _count("Nombre de boîtes", 99)
    renewals = forms.IntegerField(
        label="À renouveler (fois)",
        help_text="12 mois au plus en tout.",
        min_value=0,
        max_value=rules.MAX_RENEWALS,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "min": 0, "max": rules.MAX_RENEWALS}),
        error_messages={
            "invalid": "Écrivez un nombre entier.",
            "min_value": "Écrivez 0 ou un nombre plus grand.",
            "max_value": f"Au plus {rules.MAX_RENEWALS} renouvellements : 12 mois en tout.",
        },
    )

    def line(self) -> dict[str, Any]:
        """What the draft keeps; empty if nothing was typed."""
        if not any(self.cleaned_data.get(name) for name in self.fields if name != "DELETE"):
            return {}
        return {name: self.cleaned_data[name] for name in self.fields if name != "DELETE"} | {
            "renewals": self.cleaned_data["renewals"] or 0
        }


class _LineFormSet(BaseFormSet):
    default_error_messages = {
        "too_many_forms": f"Une ordonnance a au plus {rules.MAX_LINES} lignes.",
        "missing_management_form": "La page est incomplète : rechargez-la.",
    }

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = "Supprimer cette ligne"

    def lines(self) -> list[dict[str, Any]]:
        """The lines to keep, in order."""
        kept = [form.line() for form in self.forms if form not in self.deleted_forms]
        return [line for line in kept if line]


LineFormSet = forms.formset_factory(
    LineForm,
    formset=_LineFormSet,
    extra=3,
    max_num=rules.MAX_LINES,
    absolute_max=2 * rules.MAX_LINES,
    validate_max=True,
    can_delete=True,
)


def _section(label: str, **options: Any) -> PaperField:
    return PaperField(
        label=label,
        max_length=ConsultationReport.MAX_LENGTH,
        max_rows=_MAX_REPORT_ROWS,
        required=False,
        error_messages={"max_length": "Au plus %(limit_value)d caractères : ce texte en a %(show_value)d."},
        **options,
    )


class ReportForm(forms.Form):
    """The practitioner's own words in a report. Nothing is required of a draft."""

    form_key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    reason = _section("Motif", widget=forms.Textarea(attrs={"rows": 2}))
    findings = _section("Examen et observations", widget=forms.Textarea(attrs={"rows": 8}))
    conclusion = _section(
        "Conclusion et conduite à tenir",
        help_text="Nécessaire pour délivrer le compte rendu.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def clean_form_key(self) -> uuid.UUID:
        """A form without its key counts as a new one."""
        return self.cleaned_data["form_key"] or uuid.uuid4()

    def texts(self) -> dict[str, str]:
        """The three sections."""
        return {name: self.cleaned_data[name] for name in ("reason", "findings", "conclusion")}


class CancelForm(forms.Form):
    """« Annuler l'ordonnance »."""

    reason = PaperField(
        label="Motif de l’annulation",
        max_length=300,
        error_messages={"required": "Écrivez le motif : il reste au dossier."},
    )


class SendForm(forms.Form):
    """« Envoyer par e-mail »."""

    attach_pdf = forms.BooleanField(
        label="joindre le PDF",
        required=False,
        help_text="Sans cette case, l’e-mail contient un lien protégé par le code d’accès du patient.",
    )


class CodeForm(forms.Form):
    """The code printed on the paper."""

    code = forms.CharField(
        label="Code de vérification",
        help_text="10 caractères, sous le code QR de l’ordonnance.",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": "Écrivez le code de l’ordonnance."},
    )

    def clean_code(self) -> str:
        code = normalise_code(self.cleaned_data["code"])
        if not is_code(code):
            raise ValidationError("Le code a 10 caractères, chiffres et lettres, comme sur l’ordonnance.")
        return code


class VerifyForm(forms.Form):
    """What a pharmacist types: the patient's birth date, and the file if they have it."""

    birth_date = BirthDateField(label="Date de naissance du patient")
    document = forms.FileField(
        label="Fichier PDF de l’ordonnance (facultatif)",
        help_text="Pour savoir s’il a été modifié ; il n’est pas conservé.",
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "application/pdf"}),
    )

    def clean_document(self) -> UploadedFile | None:
        document = self.cleaned_data["document"]
        if document is None:
            return None
        if document.size == 0:
            raise ValidationError("Ce fichier est vide.")
        if document.size > _MAX_PDF_BYTES:
            raise ValidationError("Ce fichier dépasse 10 Mo : ce n’est pas une ordonnance de Rofim.")
        if document.read(5) != b"%PDF-":
            raise ValidationError("Ce fichier n’est pas un PDF.")
        document.seek(0)
        return document


def normalise_code(code: str) -> str:
    """Upper case, without spaces and dashes, look-alikes read as digits."""
    return re.sub(r"[\s-]", "", code).upper().translate(_LOOK_ALIKES)


def is_code(code: str) -> bool:
    """Whether it could be a verification code."""
    return len(code) == CODE_LENGTH and set(code) <= set(CODE_ALPHABET)
