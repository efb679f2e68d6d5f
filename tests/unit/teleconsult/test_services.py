"""Moves of a consultation: the illegal ones first, then who was first, then what each one does."""

from datetime import timedelta

import pytest
from django.utils import timezone

from patients.models import Invitation, Patient
from rofim.notifications import delivery
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.services import NotResendable, messages_about, resend_message
from teleconsult import services
from teleconsult.models import Consultation, ConsultationEvent
from teleconsult.states import Status
from tests.conftest import make_consultation

PATIENT = {"last_name": "Diallo", "first_name": "Mamadou", "email": "m@example.org", "phone": "+33612345678"}


def act(name: str, consultation: Consultation, now=None):
    """Does `name` as the practitioner, or the clock, would."""
    now, by = now or timezone.now(), consultation.practitioner.user
    return {
        "move": lambda: services.move_consultation(
            consultation=consultation, starts_at=now + timedelta(days=2), by=by, now=now
        ),
        "cancel": lambda: services.cancel_consultation(consultation=consultation, by=by, now=now),
        "resend": lambda: services.resend_invitation(consultation=consultation, by=by, now=now),
        "renew": lambda: services.renew_access_code(consultation=consultation, by=by, now=now),
        "open": lambda: services.open_consultation(consultation=consultation, now=now),
        "start": lambda: services.start_consultation(consultation=consultation, now=now),
        "complete": lambda: services.complete_consultation(
            consultation=consultation, actor_role="practitioner", actor=by, reason="completed", now=now
        ),
        "miss": lambda: services.mark_missed(consultation=consultation, now=now),
    }[name]()


def messages(consultation: Consultation, name: str = "") -> list:
    found = messages_about(f"invitation/{consultation.invitation_id}")
    return list(found.filter(name=f"patients/{name}") if name else found)


def schedule(practitioner, starts_at, now=None, **changes) -> Consultation:
    values = {**PATIENT, "by": practitioner.user, "now": now or timezone.now(), **changes}
    return services.schedule_consultation(practitioner=practitioner, starts_at=starts_at, **values)


# --- Refusals -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("status", "name"),
    [
        *((ended, each) for ended in (Status.COMPLETED, Status.CANCELLED, Status.MISSED) for each in (
            "move", "cancel", "resend", "open", "start", "complete", "miss")),
        (Status.CANCELLED, "renew"), (Status.MISSED, "renew"),
        *((Status.IN_PROGRESS, each) for each in ("move", "cancel", "resend", "open", "miss")),
        (Status.OPEN, "open"), (Status.OPEN, "complete"), (Status.SCHEDULED, "complete"),
    ],
)  # fmt: skip
def test_an_illegal_move_changes_and_sends_nothing(practitioner, status, name):
    consultation = make_consultation(practitioner, status=status)
    before = Consultation.objects.filter(pk=consultation.pk).values().get()
    with pytest.raises(services.InvalidMove):
        act(name, consultation)
    assert Consultation.objects.filter(pk=consultation.pk).values().get() == before
    assert not consultation.events.exists()
    assert messages(consultation) == []
    assert Invitation.objects.get(pk=consultation.invitation_id).closed_at is None


def test_nobody_starts_before_the_session_opens(practitioner):
    consultation = make_consultation(practitioner, timezone.now() + timedelta(hours=2))
    with pytest.raises(services.InvalidMove):
        act("start", consultation)


@pytest.mark.parametrize(
    ("status", "first", "second"),
    [
        (Status.OPEN, "cancel", "start"),
        (Status.OPEN, "start", "cancel"),
        (Status.OPEN, "start", "miss"),
        (Status.OPEN, "start", "move"),
        (Status.IN_PROGRESS, "complete", "complete"),
        (Status.OPEN, "cancel", "cancel"),
        (Status.SCHEDULED, "cancel", "open"),
    ],
)
def test_of_two_who_read_the_same_row_the_second_is_refused(practitioner, status, first, second):
    started = timezone.now() if status == Status.IN_PROGRESS else None
    pk = make_consultation(practitioner, status=status, started_at=started).pk
    one, other = (Consultation.objects.get(pk=pk) for _ in range(2))
    act(first, one)
    events = ConsultationEvent.objects.count()
    with pytest.raises(services.InvalidMove):
        act(second, other)
    assert ConsultationEvent.objects.count() == events
    assert Consultation.objects.get(pk=pk).status != Status.MISSED


def test_a_second_resend_within_a_minute_sends_nothing(consultation):
    act("resend", consultation)
    sent = len(messages(consultation))
    with pytest.raises(services.ResentTooSoon):
        act("resend", consultation)
    assert len(messages(consultation)) == sent
    act("resend", consultation, now=timezone.now() + timedelta(seconds=61))
    assert len(messages(consultation)) == 2 * sent


# --- Creation -----------------------------------------------------------------------------------
def test_scheduling_tells_the_patient_and_stays_closed(practitioner):
    now = timezone.now()
    consultation = schedule(practitioner, now + timedelta(days=1), now)
    assert consultation.status == Status.SCHEDULED
    assert len(consultation.reference) == 6
    assert not set(consultation.reference) & set("0OoIl1")
    assert {message.channel for message in messages(consultation, "invitation")} == {"sms", "email"}
    assert [event.kind for event in consultation.events.all()] == ["created"]


@pytest.mark.parametrize("minutes", [0, 29, 30])
def test_within_thirty_minutes_it_is_open_at_once(practitioner, minutes):
    now = timezone.now()
    consultation = schedule(practitioner, now + timedelta(minutes=minutes), now)
    assert consultation.status == Status.OPEN
    assert consultation.opened_at == now
    assert consultation.is_open(now)


def test_the_same_click_twice_makes_one_appointment(practitioner, other_practitioner):
    starts_at = timezone.now() + timedelta(days=1)
    first = schedule(practitioner, starts_at, creation_key="k")
    assert schedule(practitioner, starts_at, creation_key="k") == first
    assert len(messages(first)) == 2
    assert Patient.objects.count() == 1
    # Another practitioner's key is another key; no key protects nothing.
    assert schedule(other_practitioner, starts_at, creation_key="k") != first
    assert schedule(practitioner, starts_at) != schedule(practitioner, starts_at)


# --- What each one does ---------------------------------------------------------------------------
def test_moving_tells_the_new_hour_and_moves_the_door(practitioner):
    now = timezone.now()
    consultation = schedule(practitioner, now + timedelta(days=1), now)
    later = now + timedelta(days=3)
    services.move_consultation(consultation=consultation, starts_at=later, by=practitioner.user, now=now)
    consultation.refresh_from_db()
    assert consultation.starts_at == consultation.invitation.starts_at == later
    assert consultation.invitation.opens_at == later - timedelta(minutes=30)
    assert len(messages(consultation, "moved")) == 2


def test_moved_into_the_next_half_hour_it_opens(practitioner):
    now = timezone.now()
    consultation = schedule(practitioner, now + timedelta(days=1), now)
    services.move_consultation(
        consultation=consultation, starts_at=now + timedelta(minutes=5), by=practitioner.user, now=now
    )
    assert consultation.status == Status.OPEN


def test_moved_away_while_open_its_door_is_shut_until_the_new_hour(consultation):
    act("move", consultation)
    consultation.refresh_from_db()
    assert consultation.status == Status.OPEN
    assert not consultation.is_open(timezone.now())
    with pytest.raises(services.InvalidMove):
        act("start", consultation)
    assert consultation.is_open(timezone.now() + timedelta(days=2))


def test_cancelling_shuts_the_door_and_tells_the_patient(consultation, monkeypatch, django_capture_on_commit_callbacks):
    ends = []
    monkeypatch.setattr(services, "announce_end", lambda **told: ends.append(told))
    with django_capture_on_commit_callbacks(execute=True):
        act("cancel", consultation)
        assert ends == []
    consultation.refresh_from_db()
    assert consultation.status == Status.CANCELLED
    assert consultation.invitation.closed_reason == Invitation.ClosedReason.CANCELLED
    assert not consultation.is_open(timezone.now())
    assert len(messages(consultation, "cancelled")) == 2
    assert ends == [{"consultation_id": consultation.pk, "by": "practitioner", "reason": "cancelled"}]


def test_a_new_code_replaces_the_old_and_is_sent(consultation):
    act("renew", consultation)
    invitation = Invitation.objects.get(pk=consultation.invitation_id)
    assert invitation.code != "7K2M"
    assert invitation.code_version == 2
    assert all(invitation.code in message.body for message in messages(consultation, "invitation"))


def test_after_the_end_a_new_code_opens_the_documents_and_is_not_sent(practitioner):
    consultation = make_consultation(practitioner, status=Status.COMPLETED)
    Invitation.objects.filter(pk=consultation.invitation_id).update(code_failures=10)
    act("renew", consultation)
    assert not Invitation.objects.get(pk=consultation.invitation_id).is_code_dead
    assert messages(consultation) == []


@pytest.mark.parametrize("status", [Status.SCHEDULED, Status.OPEN])
def test_both_there_starts_it_even_if_no_worker_has_opened_it(practitioner, status):
    consultation = make_consultation(practitioner, status=status)
    now = timezone.now()
    started = services.start_consultation(consultation=consultation, now=now)
    assert started.status == Status.IN_PROGRESS
    assert started.started_at == now
    # The second seat says so too: nothing changes, the 3h30 are counted from the first time.
    again = services.start_consultation(consultation=consultation, now=now + timedelta(minutes=1))
    assert again.started_at == now
    assert consultation.events.filter(to_status=Status.IN_PROGRESS).count() == 1


@pytest.mark.parametrize(("role", "reason"), [("practitioner", "completed"), ("system", "time-limit")])
def test_ending_is_told_to_both_and_logged_with_who_did_it(
    practitioner, monkeypatch, django_capture_on_commit_callbacks, role, reason
):
    ends = []
    monkeypatch.setattr(services, "announce_end", lambda **told: ends.append(told))
    consultation = make_consultation(practitioner, status=Status.IN_PROGRESS, started_at=timezone.now())
    actor = practitioner.user if role == "practitioner" else None
    with django_capture_on_commit_callbacks(execute=True):
        services.complete_consultation(
            consultation=consultation, actor_role=role, actor=actor, reason=reason, now=timezone.now()
        )
    consultation.refresh_from_db()
    assert consultation.status == Status.COMPLETED
    assert consultation.ended_at
    assert consultation.invitation.closed_reason == Invitation.ClosedReason.COMPLETED
    event = consultation.events.get()
    assert (event.from_status, event.to_status) == (Status.IN_PROGRESS, Status.COMPLETED)
    assert (event.actor_role, event.actor) == (role, actor)
    assert ends == [{"consultation_id": consultation.pk, "by": role, "reason": reason}]


def test_nothing_is_kept_if_the_message_cannot_be_written(practitioner, monkeypatch):
    def fail(**_):
        raise RuntimeError

    monkeypatch.setattr(services.notify, "send_invitation", fail)
    with pytest.raises(RuntimeError):
        schedule(practitioner, timezone.now() + timedelta(days=1))
    assert not Consultation.objects.exists()
    assert not Patient.objects.exists()


@pytest.mark.parametrize("end", ["complete", "miss"])
def test_no_invitation_leaves_for_a_consultation_that_is_over(practitioner, end):
    now = timezone.now()
    consultation = schedule(practitioner, now + timedelta(minutes=5), now=now)
    failed = messages_about(f"invitation/{consultation.invitation_id}").get(channel="sms")
    OutgoingMessage.objects.filter(pk=failed.pk).update(status="failed")
    if end == "complete":
        act("start", consultation)
        consultation.refresh_from_db()
    act(end, consultation)
    assert delivery.sweep(now=timezone.now(), limit=10) == []
    assert {message.channel: message.status for message in messages(consultation)} == {
        "sms": "failed", "email": "expired"
    }  # fmt: skip
    with pytest.raises(NotResendable):
        resend_message(message=failed, now=timezone.now())
