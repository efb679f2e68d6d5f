"""The end of the day: nothing to tell, then what is told, once, however late the beat."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rofim.notifications.models import OutgoingMessage
from teleconsult import reach, tasks
from teleconsult.models import Consultation
from teleconsult.states import Status
from tests.conftest import make_consultation

EIGHT = datetime(2027, 3, 3, 20, 0, tzinfo=ZoneInfo("Europe/Paris"))
pytestmark = pytest.mark.django_db


@pytest.fixture
def missed(practitioner) -> Consultation:
    """Missed at 16:30."""
    return make_consultation(
        practitioner, EIGHT - timedelta(hours=7), status=Status.MISSED, ended_at=EIGHT - timedelta(hours=3, minutes=30)
    )


def unsent(practitioner, *, failed_at: datetime, status: str = Status.SCHEDULED) -> Consultation:
    consultation = make_consultation(practitioner, EIGHT + timedelta(days=3), status=status)
    OutgoingMessage.objects.create(
        channel="sms", name="patients/cancelled" if status == Status.CANCELLED else "patients/invitation",
        to="+33611223344", about=f"invitation/{consultation.invitation_id}", expires_at=consultation.starts_at,
        status="failed", failed_at=failed_at, error="numéro inconnu",
    )  # fmt: skip
    return consultation


def summaries() -> list[OutgoingMessage]:
    return list(OutgoingMessage.objects.filter(name="teleconsult/day_summary"))


def test_a_quiet_day_is_not_told(practitioner):
    make_consultation(practitioner, EIGHT - timedelta(hours=2), status=Status.COMPLETED, ended_at=EIGHT)
    make_consultation(practitioner, EIGHT - timedelta(hours=2), status=Status.CANCELLED, ended_at=EIGHT)
    assert tasks.summarise_day(EIGHT) == 0
    assert summaries() == []


def test_not_before_eight_in_the_evening(missed):
    assert tasks.summarise_day(EIGHT - timedelta(seconds=1)) == 0


def test_who_wants_no_summary_gets_none(practitioner, missed):
    practitioner.user.mail_day_summary = False
    practitioner.user.save()
    assert tasks.summarise_day(EIGHT) == 0
    assert summaries() == []


@pytest.mark.parametrize("status", [Status.IN_PROGRESS, Status.COMPLETED, Status.MISSED])
def test_a_dead_letter_of_what_took_place_is_not_told(practitioner, status):
    unsent(practitioner, failed_at=EIGHT - timedelta(hours=1), status=status)
    assert tasks.summarise_day(EIGHT) == 0


def test_once_a_day_with_both_and_no_name(practitioner, other_practitioner, missed):
    told = [
        unsent(practitioner, failed_at=EIGHT - timedelta(hours=1)),
        unsent(practitioner, failed_at=EIGHT - timedelta(hours=2), status=Status.CANCELLED),
    ]
    for late in (0, 5, 10, 600):
        tasks.summarise_day(EIGHT + timedelta(minutes=late))
    [message] = summaries()
    assert message.to == practitioner.user.email
    assert message.subject == "Votre journée du 03/03/2027\u00a0: 1 rendez-vous manqué, 2 patients pas joints"
    for consultation in (missed, *told):
        assert f"/teleconsultation/{consultation.reference}/" in message.body
    assert "Carpentier" not in message.body + message.subject


def test_a_beat_dead_over_the_evening_tells_it_later_and_once(missed):
    assert tasks.summarise_day(EIGHT + timedelta(hours=11)) == 1
    assert tasks.summarise_day(EIGHT + timedelta(hours=12)) == 0
    # The next evening has a day of its own.
    assert tasks.summarise_day(EIGHT + timedelta(days=1)) == 0


def test_what_was_sent_again_is_not_told(practitioner):
    consultation = unsent(practitioner, failed_at=EIGHT - timedelta(hours=1))
    message = OutgoingMessage.objects.get()
    reach.resend_message(
        consultation=consultation, pk=message.pk, by=practitioner.user, now=EIGHT - timedelta(minutes=30)
    )
    assert tasks.summarise_day(EIGHT) == 0


def test_what_fails_after_eight_is_told_the_next_day(practitioner):
    unsent(practitioner, failed_at=EIGHT + timedelta(minutes=1))
    assert tasks.summarise_day(EIGHT + timedelta(minutes=5)) == 0
    assert tasks.summarise_day(EIGHT + timedelta(days=1)) == 1


def test_missing_is_told_to_its_practitioner_alone(practitioner, other_practitioner, missed):
    tasks.summarise_day(EIGHT)
    assert [message.to for message in summaries()] == [practitioner.user.email]
