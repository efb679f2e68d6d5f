"""Everything on one consultation, in words: for its page and for the dialog behind « i »."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from patients.forms import IntakeForm, format_phone
from patients.identifiers import format_nir
from patients.models import Intake
from patients.rehearsal import in_words as rehearsal_in_words
from patients.time_zones import local_words
from patients.wording import link_of
from teleconsult.deliveries import Recipient, recipients_of
from teleconsult.listing import opens_in_words
from teleconsult.models import Consultation, ConsultationCheck, ConsultationEvent
from teleconsult.states import Status

_EVENTS = {
    "created": "Rendez-vous créé",
    "moved": "Rendez-vous déplacé",
    "invitation-resent": "Invitation renvoyée",
    "message-resent": "Message renvoyé",
    "contact-corrected": "E-mail ou portable du patient corrigé",
    "unreached-30": "Patient pas joint, 30 minutes avant\u00a0: le professionnel est averti",
    "unreached-10": "Patient pas joint, 10 minutes avant\u00a0: le professionnel est averti",
    "code-renewed": "Nouveau code d’accès",
    "reminder-day-before": "Rappel de la veille envoyé",
    "reminder-opening": "Rappel de l’ouverture envoyé",
    "snapshot": "Photo du patient prise, avec son accord",
    **{f"check-{kind}": f"Vérifié : {label[0].lower()}{label[1:]}" for kind, label in ConsultationCheck.Kind.choices},
    **{
        f"uncheck-{kind}": f"Vérification retirée : {label[0].lower()}{label[1:]}"
        for kind, label in ConsultationCheck.Kind.choices
    },
}
_MOVES = {
    Status.OPEN: "Session ouverte",
    Status.IN_PROGRESS: "Consultation commencée",
    Status.COMPLETED: "Consultation terminée",
    Status.CANCELLED: "Rendez-vous annulé",
    Status.MISSED: "Rendez-vous manqué",
}
_FORMATS = {"phone": format_phone, "nir": format_nir, "beneficiary_nir": format_nir}


@dataclass(frozen=True)
class Happening:
    """One line of what happened."""

    words: str
    who: str
    at: datetime


@dataclass(frozen=True)
class Details:
    """What the templates read."""

    consultation: Consultation
    link: str
    # Why the call can't be joined; empty if it can.
    reason: str
    is_locked: bool
    # « test du matériel : micro muet »; empty without a rehearsal.
    rehearsal: str
    recipients: list[Recipient]
    happenings: list[Happening]
    # [(« Informations personnelles », [(« Nom », « Carpentier »), …]), …]; empty until the patient has given them.
    intake_groups: list[tuple[str, list[tuple[str, Any]]]]

    @property
    def patient_hour(self) -> str:
        """« 12:30 à La Réunion »; empty where the patient's clock shows the same."""
        return local_words(self.consultation.invitation)

    @property
    def is_pending(self) -> bool:
        """Not begun, not ended: it can be moved, cancelled, its invitation sent again."""
        return self.consultation.status in (Status.SCHEDULED, Status.OPEN)

    @property
    def is_in_progress(self) -> bool:
        return self.consultation.status == Status.IN_PROGRESS

    @property
    def state(self) -> str:
        """« programmée », « ouverte », « en cours », « terminée », « annulée », « manquée »."""
        if self.reason:
            return self.reason if self.consultation.has_ended else "programmée"
        return "en cours" if self.is_in_progress else "ouverte"


def describe(consultation: Consultation, *, now: datetime) -> Details:
    """The consultation as its practitioner reads it at `now`."""
    invitation = consultation.invitation
    return Details(
        consultation=consultation,
        link=link_of(invitation),
        reason=opens_in_words(consultation, now),
        is_locked=invitation.is_locked(now),
        rehearsal=rehearsal_in_words(invitation),
        recipients=recipients_of(consultation),
        happenings=[happening_of(each) for each in consultation.events.all()],
        intake_groups=_groups(getattr(invitation, "intake", None)),
    )


def happening_of(event: ConsultationEvent) -> Happening:
    """One event in words."""
    words = _EVENTS.get(event.kind) or (_MOVES[Status(event.to_status)] if event.to_status else "Événement")
    if event.to_status == Status.COMPLETED and event.actor_role == ConsultationEvent.ActorRole.SYSTEM:
        words = "Consultation terminée : durée maximale atteinte"
    return Happening(words=words, who=event.get_actor_role_display(), at=event.at)


def _groups(intake: Intake | None) -> list[tuple[str, list[tuple[str, Any]]]]:
    if intake is None or intake.completed_at is None:
        return []
    return [
        (str(title), [(str(IntakeForm.base_fields[name].label), _value(intake, name)) for name in names])
        for title, names in IntakeForm.GROUPS
    ]


def _value(intake: Intake, name: str) -> Any:
    value = getattr(intake, name)
    if name in ("sex", "beneficiary"):
        return getattr(intake, f"get_{name}_display")() if value else ""
    if value and name in _FORMATS:
        return _FORMATS[name](value)
    return value.strftime("%d/%m/%Y") if hasattr(value, "strftime") else value
