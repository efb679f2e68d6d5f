"""What a practitioner types about an appointment (product.md, 4). Messages in French, beside the field."""

import re
import secrets
import unicodedata
from datetime import date, datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import CleanedEmailField, CleanedField, clean_mobile, clean_name
from accounts.models import Practitioner
from patients import time_zones
from patients.forms import format_phone
from patients.models import Invitation, Patient
from rofim.crypto import blind_index
from teleconsult.hours import DATE_HELP, FURTHEST, TIME_HELP, is_twice, moment_of, parse_day, parse_time
from teleconsult.models import Consultation, ConsultationCheck, ConsultationNotes, Feedback

# Two appointments nearer than this overlap: the usual length of a visit.
USUAL_DURATION = timedelta(minutes=15)
# Whoever has more patients of one name and first name than this has a new row for the oldest.
NAMESAKES = 20
_PATIENT_FIELDS = ("last_name", "first_name", "email", "phone")
# Embeddings, overrides and isolates (Unicode UAX 9).
_DIRECTION_MARKS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


class DayField(forms.Field):
    """A date as people type it; `today` is set by the form."""

    widget = forms.TextInput
    today: date

    def to_python(self, value: Any) -> date | None:
        return parse_day(str(value)[:100], self.today) if value not in self.empty_values else None


class ClockField(forms.Field):
    """An hour as people type it; `now` is set by the form."""

    widget = forms.TextInput
    now: datetime

    def to_python(self, value: Any) -> time | None:
        return parse_time(str(value)[:100], self.now) if value not in self.empty_values else None


class PickedInput(forms.TextInput):
    """Typed, or picked in the browser's own calendar or clock (static/js/lib/picker.js)."""

    template_name = "teleconsult/_picked_input.html"

    def __init__(self, picks: str, **attrs: Any):
        super().__init__({"autocomplete": "off", "spellcheck": "false", "data-typed": picks, **attrs})


class HourForm(forms.Form):
    """Date and hour of an appointment in Paris, neither past nor absurd; an overlap with one's own asks for a tick."""

    date = DayField(
        label="Date",
        widget=PickedInput("date"),
        help_text=DATE_HELP,
        error_messages={"required": "Indiquez la date."},
    )
    time = ClockField(
        label="Heure",
        widget=PickedInput("time"),
        help_text=TIME_HELP,
        error_messages={"required": "Indiquez l’heure."},
    )
    which = forms.ChoiceField(
        label="Laquelle des deux\u00a0?",
        choices=[("0", "La première (heure d’été)"), ("1", "La seconde, une heure plus tard (heure d’hiver)")],
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Choisissez la première ou la seconde."},
    )
    confirm_overlap = forms.BooleanField(label="Garder cet horaire quand même", required=False)

    def __init__(self, *args, practitioner: Practitioner, now: datetime, immediate: bool = False, **kwargs):
        """`immediate`: the appointment is now, date and hour are not read."""
        super().__init__(*args, **kwargs)
        self.practitioner, self.now, self.immediate = practitioner, now, immediate
        self.starts_at: datetime | None = None
        # The hour happens twice (end of summer time): the page asks which.
        self.is_ambiguous = False
        self.overlapping: list[Consultation] = []
        today = timezone.localdate(now)
        cast(DayField, self.fields["date"]).today = today
        cast(ClockField, self.fields["time"]).now = now
        self.fields["date"].widget.attrs |= {"data-min": today.isoformat(), "data-max": (today + FURTHEST).isoformat()}
        if immediate:
            self.fields["date"].required = self.fields["time"].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.immediate:
            self.errors.pop("date", None)
            self.errors.pop("time", None)
            self.starts_at = self.now.replace(second=0, microsecond=0)
        elif cleaned.get("date") and cleaned.get("time") is not None:
            self._read_hour(cleaned)
        if self.starts_at:
            cleaned["starts_at"] = self.starts_at
            self._look_for_overlap(bool(cleaned.get("confirm_overlap")))
        return cleaned

    def _read_hour(self, cleaned: dict[str, Any]) -> None:
        day, hour, which = cleaned["date"], cleaned["time"], cleaned.get("which")
        self.is_ambiguous = is_twice(day, hour)
        try:
            moment = moment_of(day, hour.replace(fold=int(which or 0)), now=self.now)
        except ValidationError as error:
            self.add_error(None, error)
            return
        if self.is_ambiguous and not which:
            if "which" not in self.errors:
                self.add_error("which", "Cette heure existe deux fois ce jour-là\u00a0: on passe à l’heure d’hiver.")
            return
        self.starts_at = moment

    def overlap_exclusion(self) -> dict[str, Any]:
        """Which of one's own appointments is no overlap: the one that is moved, or that this very click made."""
        return {}

    def _look_for_overlap(self, confirmed: bool) -> None:
        assert self.starts_at is not None  # noqa: S101
        self.overlapping = list(
            Consultation.objects.for_practitioner(self.practitioner.user)
            .not_ended()
            .filter(starts_at__gt=self.starts_at - USUAL_DURATION, starts_at__lt=self.starts_at + USUAL_DURATION)
            .exclude(**self.overlap_exclusion())[:3]
        )
        if self.overlapping and not confirmed:
            others = ", ".join(
                f"{timezone.localtime(other.starts_at):%H:%M} avec {other.patient.full_name} (N° {other.reference})"
                for other in self.overlapping
            )
            self.add_error(
                "confirm_overlap",
                f"Vous avez déjà un rendez-vous à {others}. Changez l’heure, ou cochez cette case pour continuer.",
            )


class HourPreviewForm(HourForm):
    """What is typed so far; `reference` is the appointment that is being moved."""

    reference = forms.CharField(required=False, max_length=6)

    def overlap_exclusion(self) -> dict[str, Any]:
        return {"reference": self.cleaned_data.get("reference", "")}


class ConsultationMoveForm(HourForm):
    """Another date and hour for `consultation`."""

    def __init__(self, *args, consultation: Consultation, **kwargs):
        self.consultation = consultation
        local = timezone.localtime(consultation.starts_at)
        initial = {"date": f"{local:%d/%m/%Y}", "time": f"{local:%H:%M}", "which": str(local.fold)}
        kwargs.setdefault("initial", initial)
        super().__init__(*args, **kwargs)
        self.fields["date"].widget.attrs["autofocus"] = True

    def overlap_exclusion(self) -> dict[str, Any]:
        return {"pk": self.consultation.pk}


class ConsultationForm(HourForm):
    """« Créer un rendez-vous de téléconsultation »: who, where to reach, when."""

    patient_last_name = CleanedField(
        cleaner=clean_name,
        label="Nom",
        max_length=80,
        error_messages={"required": "Indiquez le nom du patient."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
    patient_first_name = CleanedField(
        cleaner=clean_name,
        label="Prénom",
        max_length=80,
        error_messages={"required": "Indiquez le prénom du patient."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    patient_email = CleanedEmailField(
        label="E-mail",
        max_length=254,
        required=False,
        help_text="Un portable ou un e-mail suffit.",
        error_messages={"invalid": "Cette adresse e-mail n’est pas complète : elle s’écrit nom@exemple.fr."},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    patient_phone = CleanedField(
        cleaner=clean_mobile,
        label="Téléphone portable",
        max_length=30,
        required=False,
        help_text="Pour l’invitation par SMS.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "type": "tel", "inputmode": "tel"}),
    )
    patient_time_zone = forms.ChoiceField(
        label="Heure locale du patient",
        choices=[("", "Selon son n° de portable"), *time_zones.CHOICES],
        required=False,
        help_text="Ajoutée dans ses messages si elle diffère.",
    )
    patient_language = forms.ChoiceField(
        label="Langue du patient",
        choices=Invitation.Language.choices,
        required=False,
        initial=Invitation.Language.FR,
        help_text="Celle de ses messages et de ses pages.",
    )
    sends_code_apart = forms.BooleanField(
        label="Envoyer le code par un autre canal que le lien",
        help_text="Le lien par e-mail, le code par SMS : qui ne lit que l’un des deux n’entre pas.",
        required=False,
    )
    creation_key = forms.Field(required=False, widget=forms.HiddenInput)

    field_order = ["patient_last_name", "patient_first_name", "patient_phone", "patient_email", "date", "time"]

    def __init__(self, *args, now: datetime, patient: Patient | None = None, **kwargs):
        """`patient`: whose next appointment it is; date and hour are then left to choose."""
        self.patient = patient
        initial: dict[str, Any] = {"date": f"{timezone.localdate(now):%d/%m/%Y}"}
        if patient:
            initial = {f"patient_{name}": getattr(patient, name) for name in _PATIENT_FIELDS}
            initial["patient_phone"] = format_phone(patient.phone)
        kwargs.setdefault("initial", initial | {"creation_key": secrets.token_urlsafe(12)})
        super().__init__(*args, now=now, **kwargs)
        self.fields["patient_last_name"].widget.attrs |= {
            "role": "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "suggestions"
        }  # fmt: skip
        if patient:
            del self.fields["patient_last_name"].widget.attrs["autofocus"]
            self.fields["date"].widget.attrs["autofocus"] = True

    def same_patient(self) -> Patient | None:
        """One's own patient of whom every field says the same; whoever differs in one is another person."""
        typed = {name: self.cleaned_data[f"patient_{name}"] for name in _PATIENT_FIELDS}
        named = Patient.objects.named(self.practitioner, f"{typed['last_name']} {typed['first_name']}")
        known = [self.patient] if self.patient else []
        for patient in [*known, *named.order_by("-pk")[:NAMESAKES]]:
            if typed == {name: getattr(patient, name) for name in _PATIENT_FIELDS}:
                return patient
        return None

    def clean_creation_key(self) -> str:
        """Ours or nothing: a key made up by somebody else only loses the protection from a double click."""
        key = self.cleaned_data["creation_key"] or ""
        return key if re.fullmatch(r"[A-Za-z0-9_-]{16}", key) else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not ({"patient_email", "patient_phone"} & self.errors.keys()) and not (
            cleaned.get("patient_email") or cleaned.get("patient_phone")
        ):
            self.add_error("patient_phone", "Donnez au moins un portable ou un e-mail : l’invitation part par là.")
        elif cleaned.get("sends_code_apart") and "" in (cleaned.get("patient_email"), cleaned.get("patient_phone")):
            words = "Il faut un portable et un e-mail : un canal pour le code, l’autre pour le lien."
            self.add_error("sends_code_apart", words)
        return cleaned

    def overlap_exclusion(self) -> dict[str, Any]:
        key = self.digest()
        return {"creation_key": key} if key else {}

    def digest(self) -> str | None:
        """The key under which one creation is known however often it is clicked; another patient or hour is another."""
        data = self.cleaned_data
        if not data.get("creation_key"):
            return None
        names = (
            "creation_key", "patient_last_name", "patient_first_name", "patient_email", "patient_phone",
            "sends_code_apart",
        )  # fmt: skip
        when = "now" if self.immediate else self.starts_at
        parts = [*(str(data.get(name, "")) for name in names), str(when)]
        return blind_index("\n".join(parts), purpose="consultation-creation")


class NotesForm(forms.Form):
    """The practitioner's notes, and the version of them that the page had read."""

    text = forms.CharField(required=False, strip=False, max_length=ConsultationNotes.MAX_LENGTH)
    version = forms.IntegerField(min_value=0, max_value=2_000_000_000)


class CheckForm(forms.Form):
    """One tick of the ceremony, on or off."""

    kind = forms.ChoiceField(choices=ConsultationCheck.Kind.choices)
    checked = forms.BooleanField(required=False)
    detail = forms.CharField(required=False, max_length=200)


def clean_comment(value: str) -> str:
    """Free text in NFC, emoji included; no control character, no mark that turns the direction of what follows."""
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))
    for character in text:
        if character != "\n" and (
            # U+FFFD stands for what was no text at all: a broken byte, a lone surrogate.
            unicodedata.category(character) in ("Cc", "Cs", "Cn", "Co")
            or unicodedata.bidirectional(character) in _DIRECTION_MARKS
            or character in "\N{LEFT-TO-RIGHT MARK}\N{RIGHT-TO-LEFT MARK}\N{REPLACEMENT CHARACTER}"
        ):
            raise ValidationError(_("Ce texte contient un caractère invisible ou illisible : retapez-le."))
    return text


class FeedbackForm(forms.Form):
    """« Comment s’est passée la consultation ? » in five words, and as many more as one likes."""

    # Nobody has to answer: no « (obligatoire) » at the one question of it.
    is_voluntary = True

    rating = forms.TypedChoiceField(
        label=_("Comment s’est passée la consultation ?"),
        choices=list(reversed(Feedback.Rating.choices)),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choisissez une réponse, de « très bien » à « très mal »."),
            "invalid_choice": _("Choisissez une des cinq réponses."),
        },
    )
    comment = CleanedField(
        cleaner=clean_comment,
        label=_("Un mot de plus, si vous voulez"),
        help_text=_("Lu par votre praticien seul. Pour une question de santé, contactez-le directement."),
        max_length=Feedback.MAX_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        error_messages={"max_length": _("Au plus 1 000 caractères : votre texte en a %(show_value)d.")},
    )
