"""Everybody who may knock, and an appointment in each of its states: what the access matrices are made of."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from accounts.models import Practitioner, User
from patients.access import SESSION_KEY
from patients.models import Intake, Invitation
from teleconsult.models import Consultation
from teleconsult.states import Status
from tests.conftest import make_consultation, make_practitioner, make_user, verify

STATES = list(Status)
LIVE = (Status.OPEN, Status.IN_PROGRESS)
OWNER, PATIENT = "the owner", "the patient with the code"
NOT_VALIDATED = ("a pending practitioner", "a refused practitioner")
# Answered as a visitor: without a session that proves both factors.
UNPROVED = (
    "a stranger", "the owner with the password alone", "a suspended practitioner", "a patient with the link alone",
    "a patient with an older code", "the patient of another link",
)  # fmt: skip
STAFF = ("an administrator without rights", "an administrator")
ROLES = (OWNER, PATIENT, "another practitioner", *NOT_VALIDATED, *UNPROVED, *STAFF)


def make_stage(state: Status) -> Consultation:
    """Dr Martin's appointment with Sophie Carpentier in this state; her data are there, unless it is to come."""
    now = timezone.now()
    starts_at = now + (timedelta(days=2) if state == Status.SCHEDULED else timedelta(minutes=10))
    stamps = {"started_at": now} if state in (Status.IN_PROGRESS, Status.COMPLETED) else {}
    consultation = make_consultation(make_practitioner("Martin", "+33612345601"), starts_at, status=state, **stamps)
    if state not in (Status.SCHEDULED, *LIVE):
        Invitation.objects.filter(pk=consultation.invitation_id).update(closed_at=now, closed_reason=state)
    if state != Status.SCHEDULED:
        Intake.objects.create(
            invitation=consultation.invitation, last_name="Carpentier", first_name="Sophie", sex="female",
            birth_date=now.date(), completed_at=now,
        )  # fmt: skip
    return Consultation.objects.select_related("invitation", "practitioner__user").get(pk=consultation.pk)


def browser_of(role: str, consultation: Consultation) -> Client:
    """The browser of somebody in this role towards this appointment."""
    owner = consultation.practitioner.user
    if role == OWNER:
        return verify(Client(), owner)
    if role == "the owner with the password alone":
        client = Client()
        client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
        return client
    if role == "a suspended practitioner":
        user = make_practitioner("Suspendu", "+33612345607", Practitioner.Status.SUSPENDED).user
        client = verify(Client(), user)
        User.objects.filter(pk=user.pk).update(is_active=False)
        return client
    statuses = {
        "another practitioner": Practitioner.Status.VALIDATED,
        "a pending practitioner": Practitioner.Status.PENDING,
        "a refused practitioner": Practitioner.Status.REFUSED,
    }
    if role in statuses:
        return verify(Client(), make_practitioner(_name(role), "+33612345602", statuses[role]).user)
    if role in STAFF:
        admin = make_user(_name(role), "+33612345604", is_staff=True, is_superuser=role == "an administrator")
        return verify(Client(), admin)
    return _patients_browser(role, consultation)


def _name(role: str) -> str:
    """One of its own for each role: the e-mail address is made of it."""
    return role.replace(" ", "-")


def _patients_browser(role: str, consultation: Consultation) -> Client:
    invitation = consultation.invitation
    codes = {
        PATIENT: {str(invitation.pk): invitation.code_version},
        "a patient with an older code": {str(invitation.pk): invitation.code_version - 1},
    }
    if role == "the patient of another link":
        other = make_consultation(consultation.practitioner).invitation
        codes[role] = {str(other.pk): other.code_version}
    client = Client()
    if role in codes:
        session = client.session
        session[SESSION_KEY] = codes[role]
        session.save()
    return client
