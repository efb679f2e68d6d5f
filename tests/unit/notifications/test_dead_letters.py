"""Dead letters: what may not be sent once more, what is sent once, and what is stopped before it leaves."""

from datetime import timedelta

import pytest
from django.utils import timezone

from rofim.notifications import delivery
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.outcomes import Refused, TryLater, Unclear
from rofim.notifications.services import NotResendable, drop_unsent, resend_message

Status = OutgoingMessage.Status
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "fields",
    [
        {"status": Status.QUEUED},
        {"status": Status.SENDING},
        {"status": Status.DELIVERED},
        {"status": Status.DROPPED},
        {"status": Status.EXPIRED},
        {"status": Status.FAILED, "body": ""},
        {"status": Status.FAILED, "expires_at": timezone.now() - timedelta(seconds=1)},
    ],
)
def test_only_a_dead_letter_that_is_still_of_use_is_sent_again(make_message, fields):
    row = make_message(**fields)
    with pytest.raises(NotResendable):
        resend_message(message=row, now=timezone.now())
    assert OutgoingMessage.objects.count() == 1


def test_a_second_click_sends_once(make_message, sms_transport, django_capture_on_commit_callbacks):
    row = make_message(status=Status.FAILED, dedup_key="reminder/1/opening/sms")
    with django_capture_on_commit_callbacks(execute=True):
        first = resend_message(message=row, now=timezone.now())
        second = resend_message(message=row, now=timezone.now())
    assert first == second != row
    assert sms_transport.sent == [(row.to, row.body)]
    row.refresh_from_db()
    assert row.status == Status.FAILED


def test_what_failed_again_can_be_sent_again(make_message):
    row = make_message(status=Status.FAILED)
    again = resend_message(message=row, now=timezone.now())
    OutgoingMessage.objects.filter(pk=again.pk).update(status=Status.FAILED)
    assert resend_message(message=again, now=timezone.now()) not in (row, again)


@pytest.mark.parametrize("status", [Status.QUEUED, Status.UNCERTAIN, Status.FAILED, Status.EXPIRED])
def test_a_dropped_message_never_leaves_and_says_nothing_any_more(make_message, sms_transport, status):
    row = make_message(status=status)
    drop_unsent(about=row.about)
    row.refresh_from_db()
    assert (row.status, row.body) == (Status.DROPPED, "")
    delivery.deliver(row.pk)
    assert sms_transport.sent == []
    assert delivery.sweep(now=timezone.now() + timedelta(days=1), limit=10) == []
    row.refresh_from_db()
    assert row.status == Status.DROPPED


def test_only_what_is_meant_is_dropped(make_message):
    meant = make_message()
    others = [
        make_message(about="invitation/2"),
        make_message(to="+33699999999"),
        make_message(name="patients/code_dead"),
    ]
    drop_unsent(about=meant.about, names={"patients/invitation"}, to={meant.to})
    assert set(OutgoingMessage.objects.filter(status=Status.QUEUED)) == set(others)


@pytest.mark.parametrize("answer", [TryLater("prestataire SMS saturé"), Unclear("pas de réponse")])
def test_what_was_just_being_sent_is_not_tried_again(make_message, sms_transport, answer):
    row = make_message()

    def corrected_meanwhile() -> Exception:
        drop_unsent(about=row.about)
        return answer

    sms_transport.answers.append(corrected_meanwhile)
    delivery.deliver(row.pk)
    later = timezone.now() + timedelta(minutes=30)
    for pk in delivery.sweep(now=later, limit=10):
        delivery.deliver(pk, clock=lambda: later)
    assert sms_transport.sent == []
    row.refresh_from_db()
    assert (row.status, row.body) == (Status.DROPPED, "")
    # It may be there: whoever asks again is told so.
    assert drop_unsent(about=row.about) == [row]


def test_what_has_left_or_may_have_is_told(make_message):
    rows = {status: make_message(status=status) for status in Status}
    left = drop_unsent(about="invitation/1")
    expected = (Status.SENDING, Status.UNCERTAIN, Status.ACCEPTED, Status.DELIVERED)
    assert {row.pk for row in left} == {rows[status].pk for status in expected}
    # A failed invitation may name a code that is no longer the code.
    with pytest.raises(NotResendable):
        resend_message(message=rows[Status.FAILED], now=timezone.now())


def test_a_failure_is_dated_and_a_late_receipt_of_arrival_undoes_it(make_message, sms_transport):
    row = make_message()
    sms_transport.answers.append(Refused("numéro inconnu"))
    delivery.deliver(row.pk)
    row.refresh_from_db()
    assert (row.status, row.failed_at is not None) == (Status.FAILED, True)
    delivery.record_receipt(uuid=row.uuid, provider_id="SM1", status=Status.DELIVERED, reason="", now=timezone.now())
    row.refresh_from_db()
    assert (row.status, row.failed_at) == (Status.DELIVERED, None)


def test_what_came_too_late_is_dated(make_message):
    row = make_message(expires_at=timezone.now())
    now = timezone.now()
    delivery.sweep(now=now, limit=10)
    row.refresh_from_db()
    assert (row.status, row.failed_at) == (Status.EXPIRED, now)
