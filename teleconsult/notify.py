"""What the practitioner is told of the own appointments. Each writes to the outbox in the caller's transaction."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.urls import reverse

from accounts.models import Practitioner
from patients.notify import about
from rofim.notifications.services import queue_email
from rofim.ui import date_hour, hour
from teleconsult.models import Consultation


def warn_unreached(*, consultation: Consultation, minutes: int) -> None:
    """Nobody was reached, `minutes` before the hour; useless once the hour has come. Names no patient."""
    queue_email(
        to=consultation.practitioner.user.email,
        name="teleconsult/unreached",
        context={
            "reference": consultation.reference,
            # In French, whatever the patient speaks.
            "when": date_hour(consultation.starts_at),
            "time": hour(consultation.starts_at),
            "link": _page_of(consultation),
        },
        expires_at=consultation.starts_at,
        about=about(consultation.invitation),
        dedup_key=f"unreached/{consultation.pk}/{minutes}/{consultation.starts_at:%Y%m%dT%H%M%z}",
    )


def send_day_summary(
    *,
    practitioner: Practitioner,
    day: date,
    missed: Sequence[Consultation],
    unsent: Sequence[Consultation],
    now: datetime,
) -> None:
    """What was missed and what did not arrive on `day`, once; by numbers and hours, without a patient's name."""
    queue_email(
        to=practitioner.user.email,
        name="teleconsult/day_summary",
        context={
            "day": f"{day:%d/%m/%Y}",
            "missed": [_line(each) for each in missed],
            "unsent": [_line(each) for each in unsent],
            "link": settings.SITE_URL + reverse("teleconsult:consultation_list"),
        },
        expires_at=now + timedelta(days=1),
        about=f"practitioner/{practitioner.pk}",
        dedup_key=day_summary_key(practitioner.pk, day),
    )


def day_summary_key(practitioner_pk: int, day: date) -> str:
    """One summary per practitioner and day."""
    return f"day-summary/{practitioner_pk}/{day.isoformat()}"


def _line(consultation: Consultation) -> dict[str, str]:
    return {
        "reference": consultation.reference,
        "when": date_hour(consultation.starts_at),
        "link": _page_of(consultation),
    }


def _page_of(consultation: Consultation) -> str:
    return settings.SITE_URL + reverse("teleconsult:consultation_detail", args=[consultation.reference])
