"""What the patient says of the consultation once it is over."""

from datetime import datetime

from django.db import transaction

from teleconsult.models import Consultation, Feedback
from teleconsult.states import Status


class NotCompleted(Exception):
    """The consultation has not taken place, or not ended yet."""


def feedback_of(consultation: Consultation) -> Feedback | None:
    """The patient's answer, if there is one."""
    return Feedback.objects.filter(consultation=consultation).first()


@transaction.atomic
def give_feedback(*, consultation: Consultation, rating: int, comment: str, now: datetime) -> Feedback:
    """Keeps the answer (`rating` 1 to 5); a second one takes the place of the first. Raises NotCompleted."""
    # Under the row's lock: two clicks make one answer.
    fresh = Consultation.objects.select_for_update(of=("self",)).get(pk=consultation.pk)
    if fresh.status != Status.COMPLETED:
        raise NotCompleted
    answer = {"rating": rating, "comment": comment, "given_at": now}
    return Feedback.objects.update_or_create(consultation=fresh, defaults=answer)[0]
