"""Administrators are told that registrations wait: grouped, also after a dead worker, without a name."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts import tasks
from accounts.models import Practitioner
from accounts.services.announcements import PAUSE, announce_registrations
from accounts.services.decisions import refuse_practitioner
from rofim.celery import app
from rofim.notifications.models import OutgoingMessage
from tests.conftest import make_practitioner, make_user

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def arrive(number: int, *, at=NOW) -> Practitioner:
    return make_practitioner(f"Nom{number}", f"+336123456{number:02d}", "pending", submitted_at=at)


def emails():
    return OutgoingMessage.objects.filter(name="accounts/registration_pending").order_by("pk")


def test_nothing_waits_nothing_is_said(administrator, practitioner):
    assert announce_registrations(now=NOW) == 0
    assert not emails().exists()


def test_the_first_is_told_at_once_the_others_together(administrator):
    arrive(10)
    assert announce_registrations(now=NOW) == 1
    for number in range(11, 41):
        arrive(number, at=NOW + timedelta(minutes=1))
        announce_registrations(now=NOW + timedelta(minutes=1))
    assert emails().count() == 1
    assert announce_registrations(now=NOW + PAUSE - timedelta(seconds=1)) == 0
    assert announce_registrations(now=NOW + PAUSE) == 31
    assert announce_registrations(now=NOW + PAUSE) == 0
    assert [message.subject for message in emails()] == [
        "Une inscription attend votre validation", "31 inscriptions attendent votre validation",
    ]  # fmt: skip


def test_after_a_dead_worker_one_email_tells_of_all_and_of_the_oldest(administrator):
    oldest = NOW - timedelta(days=3)
    arrive(10, at=oldest)
    for number in range(11, 16):
        arrive(number, at=NOW - timedelta(hours=number))
    assert announce_registrations(now=NOW) == 6
    message = emails().get()
    assert timezone.localtime(oldest).strftime("%d/%m/%Y à %H:%M") in message.body
    assert "/admin/accounts/practitioner/" in message.body
    for word in ("Nom", "10003456786", "Marseille", "dr."):
        assert word not in message.subject + message.body + message.body_html


def test_who_still_waits_the_next_day_is_told_of_again(administrator):
    first = arrive(10)
    announce_registrations(now=NOW)
    assert announce_registrations(now=NOW + timedelta(hours=23)) == 0
    assert announce_registrations(now=NOW + timedelta(hours=24)) == 1
    refuse_practitioner(practitioner=first, by=administrator, reason="x", now=NOW + timedelta(hours=25))
    assert announce_registrations(now=NOW + timedelta(hours=49)) == 0


def test_only_those_who_may_decide_are_told(administrator):
    for number, group in enumerate(("validation", "exploitation")):
        make_user(group, f"+3361234565{number}", is_staff=True).groups.add(Group.objects.get(name=group))
    gone = make_user("Gone", "+33612345655", is_staff=True, is_superuser=True, is_active=False)
    arrive(10)
    announce_registrations(now=NOW)
    assert {message.to for message in emails()} == {administrator.email, "dr.validation@example.org"}
    assert gone.email not in {message.to for message in emails()}


def test_the_worker_calls_it_every_minute(administrator, settings):
    entry = settings.CELERY_BEAT_SCHEDULE["accounts.announce_registrations"]
    assert entry["schedule"] == 60
    assert entry["task"] in app.tasks
    arrive(10)
    tasks.announce_registrations.delay()
    assert emails().count() == 1
