"""A provider that is out of order is left alone, and another one takes its messages."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from rofim.notifications import breaker, delivery
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.outcomes import Misconfigured, Refused, TryLater, Unclear
from tests.unit.notifications import second_transport

Status = OutgoingMessage.Status
pytestmark = pytest.mark.django_db
FIRST = "tests.unit.notifications.transport"
SECOND = "tests.unit.notifications.second_transport"


@pytest.fixture
def second(settings, sms_transport):
    settings.SMS_TRANSPORT = f"{FIRST},{SECOND}"
    second_transport.reset()
    return second_transport


def deliver(message) -> OutgoingMessage:
    delivery.deliver(message.pk)
    message.refresh_from_db()
    return message


@pytest.mark.parametrize("failure", [TryLater("saturé"), Unclear("sans réponse"), Misconfigured("identifiants")])
def test_after_five_failures_in_a_row_nobody_asks_it(make_message, sms_transport, failure):
    sms_transport.answers.extend([failure] * 5)
    for _ in range(5):
        deliver(make_message())
    assert sms_transport.answers == []
    waiting = deliver(make_message())
    assert (waiting.status, waiting.error) == (Status.QUEUED, "prestataire SMS en panne")
    assert sms_transport.sent == []


def test_after_a_minute_one_message_tries(make_message, sms_transport):
    now = timezone.now()
    for _ in range(5):
        breaker.note_failure(FIRST, now=now)
    assert not breaker.may_try(FIRST, now=now + timedelta(seconds=59))
    later = now + timedelta(seconds=60)
    provider = breaker.may_try(FIRST, now=later)
    assert provider
    assert not breaker.may_try(FIRST, now=later)
    breaker.note_success(provider)
    assert breaker.may_try(FIRST, now=later)


def test_wrong_numbers_are_no_failure_of_the_provider(make_message, sms_transport):
    sms_transport.answers.extend([Refused("numéro invalide")] * 9)
    for _ in range(9):
        deliver(make_message())
    assert deliver(make_message()).status == Status.ACCEPTED


def test_a_success_in_between_begins_the_count_again(make_message, sms_transport):
    for _ in range(2):
        sms_transport.answers.extend([TryLater("saturé")] * 4)
        for _ in range(5):
            deliver(make_message())
    assert deliver(make_message()).status == Status.ACCEPTED


@pytest.mark.parametrize("failure", [TryLater("saturé"), Misconfigured("identifiants")])
def test_the_second_provider_takes_what_the_first_can_not(make_message, sms_transport, second, failure):
    sms_transport.answers.append(failure)
    row = deliver(make_message())
    assert (row.status, row.provider) == (Status.ACCEPTED, SECOND)
    assert (len(sms_transport.sent), len(second.sent)) == (0, 1)


def test_a_wrong_number_is_not_tried_at_the_second(make_message, sms_transport, second):
    sms_transport.answers.append(Refused("numéro invalide"))
    assert deliver(make_message()).status == Status.FAILED
    assert second.sent == []


def test_what_the_first_may_have_is_asked_there_and_not_sent_by_the_second(make_message, sms_transport, second):
    sms_transport.answers.extend([Unclear("sans réponse"), Unclear("toujours rien")])
    row = deliver(make_message())
    assert (row.status, row.provider) == (Status.UNCERTAIN, FIRST)
    delivery.deliver(row.pk, clock=lambda: row.next_attempt_at)
    assert sms_transport.asked == [row.to]
    assert second.sent == second.asked == []


def test_both_out_of_order(make_message, sms_transport, second):
    sms_transport.answers.append(TryLater("saturé"))
    second.answers.append(TryLater("injoignable"))
    row = deliver(make_message())
    assert (row.status, row.error) == (Status.QUEUED, "injoignable")


def test_an_unclear_message_is_not_asked_about_while_its_provider_is_out_of_order(make_message, sms_transport):
    now = timezone.now()
    sms_transport.answers.append(Unclear("sans réponse"))
    row = deliver(make_message())
    for _ in range(5):
        breaker.note_failure(FIRST, now=now)
    delivery.deliver(row.pk, clock=lambda: row.next_attempt_at)
    row.refresh_from_db()
    assert (row.status, row.error) == (Status.UNCERTAIN, "envoi à vérifier chez le prestataire SMS")
    assert sms_transport.asked == []
    # The question is the try after the pause: it can't send anything twice.
    delivery.deliver(row.pk, clock=lambda: now + timedelta(minutes=2))
    row.refresh_from_db()
    assert row.status == Status.ACCEPTED
    assert (sms_transport.asked, len(sms_transport.sent)) == ([row.to], 1)


def test_wrong_credentials_do_not_end_a_message_that_may_have_left(make_message, sms_transport):
    sms_transport.answers.extend([Unclear("sans réponse"), Misconfigured("identifiants refusés")])
    row = deliver(make_message())
    delivery.deliver(row.pk, clock=lambda: row.next_attempt_at)
    row.refresh_from_db()
    assert (row.status, row.error) == (Status.UNCERTAIN, "identifiants refusés")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", [Status.QUEUED, Status.UNCERTAIN])
def test_no_connection_to_the_database_is_held_while_a_provider_takes_its_time(
    make_message, sms_transport, monkeypatch, status
):
    held = []

    def answer(**kwargs):
        held.append(connection.connection is not None)
        raise TryLater("saturé")

    monkeypatch.setattr(sms_transport, "send", answer)
    monkeypatch.setattr(sms_transport, "find", lambda **kwargs: held.append(connection.connection is not None) or [])
    delivery.deliver(make_message(status=status).pk)
    assert held == ([False] if status == Status.QUEUED else [False, False])
