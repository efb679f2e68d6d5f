"""A call keeps the practitioner's login alive; a login that is over ends the call."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import LoginSession
from accounts.sessions import end_sessions
from teleconsult import pulse, seating
from teleconsult.models import Seat
from teleconsult.seating import Pass
from tests.unit.accounts.helpers import confirm

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown(consultation, doctor) -> Pass:
    return Pass(
        role=Seat.Role.PRACTITIONER, key=consultation.reference, session_key=doctor.cookies["session"].value,
        page="page", comes_back=False,
    )  # fmt: skip


def ago(minutes: int) -> None:
    LoginSession.objects.update(last_seen_at=timezone.now() - timedelta(minutes=minutes))


def age() -> timedelta:
    return timezone.now() - LoginSession.objects.get().last_seen_at


def beat(shown: Pass, consultation, *, silent: int = 0) -> None:
    now, key = timezone.now(), (consultation.pk, shown.role)
    pulse._ask({key: (1, now - timedelta(seconds=silent))}, {key: shown}, now)


def test_no_seat_for_a_login_that_is_over(shown):
    assert seating.take_place(shown, timezone.now())
    ago(30)
    assert seating.take_place(shown, timezone.now()) is None


def test_an_ended_session_loses_its_seat(shown, consultation, practitioner):
    now = timezone.now()
    assert seating.check_place(shown, room=consultation.pk, now=now).allowed
    key = (consultation.pk, shown.role)
    before = seating.marks_of({key: shown}, now)
    end_sessions(user=practitioner.user)
    assert seating.marks_of({key: shown}, now) != before
    assert not seating.check_place(shown, room=consultation.pk, now=now).allowed
    assert not Session.objects.filter(session_key=shown.session_key).exists()


def test_a_login_is_followed_to_its_new_key(shown, consultation, doctor, practitioner):
    now = timezone.now()
    seated = replace(shown, login=seating.take_place(shown, now).login)
    confirm(doctor, "/compte/mot-de-passe/")
    moved = seating.check_place(seated, room=consultation.pk, now=now).shown
    assert moved.session_key == doctor.cookies["session"].value != shown.session_key
    password = "une-phrase-neuve-et-longue"
    doctor.post("/compte/mot-de-passe/", {"new_password1": password, "new_password2": password})
    moved = seating.check_place(moved, room=consultation.pk, now=now).shown
    ago(20)
    beat(moved, consultation)
    assert age() < timedelta(minutes=1)
    # Whoever shows the old key at the door stays out.
    assert seating.take_place(shown, now) is None
    end_sessions(user=practitioner.user)
    assert not seating.check_place(moved, room=consultation.pk, now=now).allowed


def test_a_call_keeps_the_login(shown, consultation):
    ago(20)
    beat(shown, consultation)
    assert age() < timedelta(minutes=1)


def test_a_silent_socket_keeps_nothing(shown, consultation):
    ago(20)
    beat(shown, consultation, silent=30)
    assert age() > timedelta(minutes=19)


def test_a_patient_keeps_nobodys_login(shown, consultation):
    ago(20)
    patient = Pass(
        role=Seat.Role.PATIENT, key="", session_key=shown.session_key, page="page", comes_back=False
    )  # fmt: skip
    beat(patient, consultation)
    assert age() > timedelta(minutes=19)
