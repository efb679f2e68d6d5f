"""The clock: what it must never do, then what it does on time, late, and twice."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rofim.notifications.models import OutgoingMessage
from teleconsult import services, tasks
from teleconsult.models import Consultation
from teleconsult.states import Status
from tests.conftest import make_consultation

NOW = datetime(2027, 3, 3, 12, 0, tzinfo=ZoneInfo("Europe/Paris"))


@pytest.fixture
def schedule(practitioner):
    def make(starts_at: datetime, told: datetime = NOW - timedelta(days=10)) -> Consultation:
        """An appointment of which the patient was told at `told`."""
        return services.schedule_consultation(
            practitioner=practitioner, last_name="Diallo", first_name="Mamadou", email="m@example.org",
            phone="+33612345678", starts_at=starts_at, by=practitioner.user, now=told,
        )  # fmt: skip

    return make


def reminders(kind: str = "") -> int:
    return OutgoingMessage.objects.filter(name__startswith=f"patients/reminder_{kind}").count()


# --- Never ----------------------------------------------------------------------------------------
def test_a_cancelled_appointment_is_neither_opened_nor_reminded_nor_missed(schedule, practitioner):
    consultation = schedule(NOW + timedelta(minutes=20))
    services.cancel_consultation(consultation=consultation, by=practitioner.user, now=NOW - timedelta(days=1))
    for later in (timedelta(0), timedelta(hours=5)):
        assert tasks.open_due(NOW + later) == tasks.send_reminders(NOW + later) == tasks.close_overdue(NOW + later) == 0
    consultation.refresh_from_db()
    assert consultation.status == Status.CANCELLED
    assert reminders() == 0


@pytest.mark.parametrize("late", [timedelta(0), timedelta(minutes=1), timedelta(hours=1), timedelta(days=2)])
def test_no_reminder_leaves_once_the_hour_has_come(schedule, late):
    schedule(NOW - late)
    assert tasks.send_reminders(NOW) == 0
    assert reminders() == 0


@pytest.mark.parametrize("ahead", [timedelta(minutes=20), timedelta(hours=5), timedelta(hours=23)])
def test_who_was_told_since_it_was_due_is_not_reminded(schedule, ahead):
    schedule(NOW + ahead, told=NOW - timedelta(seconds=30))
    assert tasks.send_reminders(NOW) == 0


def test_an_appointment_in_progress_is_neither_reminded_nor_missed(practitioner):
    make_consultation(practitioner, NOW - timedelta(hours=4), status=Status.IN_PROGRESS, started_at=NOW)
    assert tasks.send_reminders(NOW) == tasks.close_overdue(NOW) == 0


def test_one_failing_row_stops_no_other(schedule, monkeypatch):
    broken, sound = schedule(NOW - timedelta(hours=4)), schedule(NOW - timedelta(hours=4))
    real = services.mark_missed

    def fail_on_the_first(*, consultation, now):
        if consultation.pk == broken.pk:
            raise RuntimeError
        real(consultation=consultation, now=now)

    monkeypatch.setattr(tasks, "mark_missed", fail_on_the_first)
    assert tasks.close_overdue(NOW) == 1
    sound.refresh_from_db()
    assert sound.status == Status.MISSED


# --- Opening --------------------------------------------------------------------------------------
def test_the_patient_enters_on_time_with_every_worker_dead(schedule):
    consultation = schedule(NOW + timedelta(minutes=30))
    assert consultation.status == Status.SCHEDULED
    assert not consultation.is_open(NOW - timedelta(seconds=1))
    assert consultation.is_open(NOW)
    assert services.start_consultation(consultation=consultation, now=NOW).status == Status.IN_PROGRESS


def test_opens_thirty_minutes_before_and_once(schedule):
    consultation = schedule(NOW + timedelta(minutes=30))
    assert tasks.open_due(NOW - timedelta(seconds=1)) == 0
    assert tasks.open_due(NOW) == 1
    assert tasks.open_due(NOW) == 0
    assert consultation.events.filter(to_status=Status.OPEN).count() == 1


def test_what_opens_in_the_same_minute_opens_in_few_queries(practitioner, django_assert_max_num_queries, monkeypatch):
    monkeypatch.setattr(services, "OPENED_AT_ONCE", 4)
    due = [make_consultation(practitioner, NOW + timedelta(minutes=20), status=Status.SCHEDULED) for _ in range(9)]
    not_yet = make_consultation(practitioner, NOW + timedelta(minutes=31), status=Status.SCHEDULED)
    # Three transactions of four, four and one: each reads, moves and writes down, between its savepoint's two.
    with django_assert_max_num_queries(3 * 5):
        assert tasks.open_due(NOW) == 9
    for consultation in due:
        consultation.refresh_from_db()
        assert (consultation.status, consultation.opened_at) == (Status.OPEN, NOW)
        [event] = consultation.events.all()
        assert (event.from_status, event.to_status, event.actor_role) == ("scheduled", "open", "system")
    not_yet.refresh_from_db()
    assert not_yet.status == Status.SCHEDULED


# --- Reminders --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("ahead", "kind"),
    [(timedelta(hours=24), "day_before"), (timedelta(hours=4), "day_before"), (timedelta(minutes=30), "opening")],
)
def test_a_due_reminder_leaves_once_whoever_asks(schedule, ahead, kind):
    schedule(NOW + ahead)
    if ahead != timedelta(hours=4):
        assert tasks.send_reminders(NOW - timedelta(seconds=1)) == 0
    tasks.send_reminders(NOW)
    tasks.send_reminders(NOW)
    tasks.send_reminders(NOW + timedelta(seconds=30))
    assert reminders(kind) == 2  # one SMS, one e-mail


def test_two_beats_that_saw_the_same_row_remind_once(schedule):
    consultation = schedule(NOW + timedelta(hours=20))
    for _ in range(2):
        services.remind_patient(consultation=consultation, kind="day-before", now=NOW)
    assert reminders() == 2
    assert consultation.events.filter(kind="reminder-day-before").count() == 1


def test_a_beat_that_was_down_sends_one_reminder_and_no_storm(schedule):
    for minutes in (-60, -1, 10, 25, 60 * 2, 60 * 5):
        schedule(NOW + timedelta(minutes=minutes))
    tasks.open_due(NOW)
    tasks.send_reminders(NOW)
    assert reminders("opening") == 4
    assert reminders("day_before") == 2


def test_a_moved_appointment_is_reminded_of_its_new_hour(schedule, practitioner):
    consultation = schedule(NOW + timedelta(hours=24))
    tasks.send_reminders(NOW)
    services.move_consultation(
        consultation=consultation, starts_at=NOW + timedelta(days=5), by=practitioner.user, now=NOW
    )
    assert tasks.send_reminders(NOW) == 0
    assert tasks.send_reminders(NOW + timedelta(days=4)) == 1
    assert reminders("day_before") == 4


def test_a_beat_dead_for_two_hours_reminds_of_nothing_past_and_of_each_due_one_once(schedule):
    past = [schedule(NOW + timedelta(minutes=minutes)) for minutes in (-119, -60, 0)]
    due = [schedule(NOW + timedelta(minutes=minutes)) for minutes in (1, 15, 30)]
    due_tomorrow = [schedule(NOW + timedelta(hours=hours)) for hours in (22, 23, 24)]
    for late in (0, 30, 60):
        tasks.open_due(NOW + timedelta(seconds=late))
        tasks.send_reminders(NOW + timedelta(seconds=late))
    for consultation in (*past, *due, *due_tomorrow):
        sent = OutgoingMessage.objects.filter(
            about=f"invitation/{consultation.invitation_id}", name__startswith="patients/reminder"
        )
        # The one that began in the first minute is past by the second look, and was told before it.
        assert sent.count() == (0 if consultation in past else 2)


# --- Closing --------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", [Status.SCHEDULED, Status.OPEN])
def test_missed_three_hours_and_a_half_after_the_hour(practitioner, status):
    consultation = make_consultation(practitioner, NOW - timedelta(hours=3, minutes=30), status=status)
    assert tasks.close_overdue(NOW - timedelta(seconds=1)) == 0
    assert tasks.close_overdue(NOW) == 1
    assert tasks.close_overdue(NOW) == 0
    consultation.refresh_from_db()
    assert consultation.status == Status.MISSED
    assert consultation.invitation.closed_reason == "missed"


def test_completed_when_the_limit_is_past_and_nobody_was_there(practitioner, settings):
    settings.CONSULTATION_MAX_DURATION = timedelta(seconds=90)
    consultation = make_consultation(practitioner, NOW, status=Status.IN_PROGRESS, started_at=NOW)
    assert tasks.close_overdue(NOW + timedelta(seconds=89)) == 0
    assert tasks.close_overdue(NOW + timedelta(seconds=90)) == 1
    consultation.refresh_from_db()
    assert consultation.status == Status.COMPLETED
    assert consultation.events.get().actor_role == "system"


def test_a_short_limit_of_calls_makes_no_appointment_missed_early(practitioner, settings):
    settings.CONSULTATION_MAX_DURATION = timedelta(seconds=20)
    make_consultation(practitioner, NOW - timedelta(minutes=1), status=Status.OPEN)
    assert tasks.close_overdue(NOW) == 0


def test_the_beat_of_the_settings_names_these_tasks(settings):
    from rofim.celery import app

    app.loader.import_default_modules()
    named = {
        entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values() if entry["task"].startswith("teleconsult")
    }
    assert named <= set(app.tasks)
    assert named == {f"teleconsult.{name}" for name in ("open_due", "send_reminders", "close_overdue",
                                                        "warn_unreached", "summarise_day")}  # fmt: skip
