"""The end of a practitioner's account: not before the last appointment."""

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest

from accounts.models import Practitioner
from accounts.services.closing import close_account
from teleconsult.models import Consultation, ConsultationQuerySet
from teleconsult.services import cancel_consultation
from teleconsult.states import Status


class AppointmentsLeft(Exception):
    """Patients are still expected, or one is in a consultation now."""


def appointments_left(practitioner: Practitioner) -> ConsultationQuerySet:
    """To come or running, the next one first."""
    own = Consultation.objects.for_practitioner(practitioner.user)
    return own.not_ended()


@transaction.atomic
def close_practitioner_account(
    *, practitioner: Practitioner, cancel: bool = False, now: datetime, request: HttpRequest | None = None
) -> None:
    """Closes the account; `cancel`: its appointments first, each patient is told. Raises AppointmentsLeft."""
    # An appointment that is being created meanwhile waits for this row (its foreign key), or is seen below.
    Practitioner.objects.select_for_update().get(pk=practitioner.pk)
    if cancel:
        for consultation in appointments_left(practitioner).exclude(status=Status.IN_PROGRESS):
            cancel_consultation(consultation=consultation, by=practitioner.user, now=now)
    if appointments_left(practitioner).exists():
        raise AppointmentsLeft
    close_account(practitioner=practitioner, now=now, request=request)
