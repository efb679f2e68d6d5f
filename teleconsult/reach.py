"""Reaching the patient: a dead letter once more, a corrected contact, a warning if nobody was reached."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.models import User
from patients import notify as patient_notify
from patients.models import Patient
from patients.services import change_contact, forget_visits, renew_code
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.services import drop_unsent, messages_about
from teleconsult import notify
from teleconsult.deliveries import contact_of, may_be_resent
from teleconsult.listing import ON_ITS_WAY
from teleconsult.models import Consultation, ConsultationEvent, ConsultationQuerySet
from teleconsult.services import count_sending, record_event, require_pending
from teleconsult.states import Status

Channel = OutgoingMessage.Channel
# Minutes before the hour at which the practitioner is told that nobody was reached.
WARNED_BEFORE = (30, 10)


class NotADeadLetter(Exception):
    """That message arrived, is on its way, or is of no use any more; or there is none (`is_known` false)."""

    def __init__(self, *, is_known: bool):
        super().__init__()
        self.is_known = is_known


@transaction.atomic
def resend_message(*, consultation: Consultation, pk: int, by: User, now: datetime) -> None:
    """« Renvoyer » one dead letter, by its channel alone; a second click sends nothing more.

    Raises NotADeadLetter, TooManySent.
    """
    message = messages_about(patient_notify.about(consultation.invitation)).select_for_update().filter(pk=pk).first()
    consultation.refresh_from_db(fields=["status"])
    if message is None or not may_be_resent(message, consultation):
        raise NotADeadLetter(is_known=message is not None)
    if patient_notify.send_again(invitation=consultation.invitation, message=message):
        count_sending(consultation, now=now)
        record_event(consultation, "message-resent", now=now, by=by)


@transaction.atomic
def correct_contact(*, consultation: Consultation, email: str, phone: str, by: User, now: datetime) -> bool:
    """The patient's right e-mail and number (E.164; one may be empty); every appointment to come is told of there.

    Only the corrected contact is written to, unless the old one may have received the code: then a stranger has it,
    and a new code goes to every contact. What has not left yet for the old contact never leaves. False if nothing
    changed (a second click). Raises InvalidMove once the consultation has begun or ended, TooManySent.
    """
    require_pending(consultation)
    patient = Patient.objects.select_for_update().get(pk=consultation.patient.pk)
    old = {Channel.SMS: patient.phone, Channel.EMAIL: patient.email}
    changed = [channel for channel, to in ((Channel.SMS, phone), (Channel.EMAIL, email)) if to != old[channel]]
    if not changed:
        return False
    change_contact(patient=patient, email=email, phone=phone)
    wrong = {old[channel] for channel in changed if old[channel]}
    for each in _to_come(patient):
        count_sending(each, again=False, now=now)
        invitation, told = each.invitation, list(changed)
        record_event(each, "contact-corrected", now=now, by=by)
        left = drop_unsent(about=patient_notify.about(invitation), to=wrong) if wrong else []
        if any(message.name in patient_notify.TO_PATIENT for message in left):
            invitation = renew_code(invitation=invitation)
            forget_visits(invitation=invitation)
            record_event(each, "code-renewed", now=now, by=by)
            told = list(Channel)
        patient_notify.send_invitation(invitation=invitation, channels=told)
    _stop_the_rest(patient, wrong, now)
    consultation.invitation.refresh_from_db()
    return True


def _stop_the_rest(patient: Patient, wrong: set[str], now: datetime) -> None:
    """What still waits of earlier appointments (a prescription) does not leave for a stranger either."""
    keys = [patient_notify.about(invitation) for invitation in patient.invitations.only("pk")]
    waiting = OutgoingMessage.objects.filter(about__in=keys, expires_at__gt=now)
    for key in set(waiting.values_list("about", flat=True)) if wrong else ():
        drop_unsent(about=key, to=wrong)


def _to_come(patient: Patient) -> ConsultationQuerySet:
    return Consultation.objects.filter(
        invitation__patient=patient, status__in=(Status.SCHEDULED, Status.OPEN)
    ).select_related("invitation__patient", "invitation__practitioner__user")


def due_for_warning(minutes: int, now: datetime) -> ConsultationQuerySet:
    """Begins within `minutes`; its practitioner wants to be warned, and was not at this distance, nor nearer."""
    nearer = max((other for other in WARNED_BEFORE if other < minutes), default=0)
    warned = ConsultationEvent.objects.filter(
        consultation=OuterRef("pk"), kind=f"unreached-{minutes}", at__gte=OuterRef("starts_at") - timedelta(hours=1)
    )
    return Consultation.objects.filter(
        ~Exists(warned),
        status__in=(Status.SCHEDULED, Status.OPEN),
        starts_at__gt=now + timedelta(minutes=nearer),
        starts_at__lte=now + timedelta(minutes=minutes),
        created_at__lte=now - ON_ITS_WAY,
        invitation__link_opened_at=None,
        invitation__code_validated_at=None,
        invitation__rehearsal_at=None,
        practitioner__user__mail_unreached=True,
    )


@transaction.atomic
def warn_unreached(*, consultation: Consultation, minutes: int, now: datetime) -> bool:
    """Tells the practitioner, once per distance, that no message reached the patient; False if one did.

    Raises InvalidMove once it has begun or ended.
    """
    require_pending(consultation)
    if not due_for_warning(minutes, now).filter(pk=consultation.pk).exists() or not is_unreached(consultation, now):
        return False
    record_event(consultation, f"unreached-{minutes}", now=now)
    notify.warn_unreached(consultation=consultation, minutes=minutes)
    return True


def is_unreached(consultation: Consultation, now: datetime) -> bool:
    """Whether nothing arrived at the patient's present contacts, and nothing is just on its way there."""
    invitation = consultation.invitation
    contacts = {contact for channel in Channel if (contact := contact_of(invitation.patient, channel))}
    if patient_notify.has_reached(invitation, contacts=contacts):
        return False
    young = messages_about(patient_notify.about(invitation)).filter(
        name__in=patient_notify.TO_PATIENT,
        created_at__gt=now - ON_ITS_WAY,
        status__in=(OutgoingMessage.Status.QUEUED, OutgoingMessage.Status.SENDING, OutgoingMessage.Status.UNCERTAIN),
    )
    return not young.exists()
