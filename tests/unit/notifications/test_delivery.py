"""Claims, answers, retries, crashes, receipts."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from rofim.notifications import delivery
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.outcomes import Receipt, Refused, TryLater, Unclear

Status = OutgoingMessage.Status
pytestmark = pytest.mark.django_db


def at(moment):
    return lambda: moment


def test_a_message_not_due_too_late_or_taken_is_not_claimed(make_message):
    now = timezone.now()
    assert delivery.claim(make_message(next_attempt_at=now + timedelta(seconds=1)).pk, now=now) is None
    assert delivery.claim(make_message(expires_at=now).pk, now=now) is None
    for status in set(Status) - set(delivery.WAITING):
        assert delivery.claim(make_message(status=status).pk, now=timezone.now()) is None
    assert delivery.claim(987654, now=now) is None


def test_delivered_twice_leaves_once(make_message, sms_transport):
    row = make_message()
    delivery.deliver(row.pk)
    delivery.deliver(row.pk)
    row.refresh_from_db()
    assert len(sms_transport.sent) == 1
    assert (row.status, row.attempts, row.provider_id) == (Status.ACCEPTED, 1, "SM" + "0" * 32)
    assert row.accepted_at is not None


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_once(make_message, sms_transport):
    row = make_message()
    entered, leave = threading.Event(), threading.Event()

    def slow() -> Receipt:
        entered.set()
        assert leave.wait(10)
        return Receipt("SM1")

    sms_transport.answers.append(slow)

    def work() -> None:
        delivery.deliver(row.pk)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    assert entered.wait(10)
    delivery.deliver(row.pk)
    leave.set()
    worker.join(10)
    row.refresh_from_db()
    assert (len(sms_transport.sent), row.attempts, row.status) == (1, 1, Status.ACCEPTED)


@pytest.mark.django_db(transaction=True)
def test_the_provider_is_called_outside_any_transaction(make_message, sms_transport):
    seen = []
    sms_transport.answers.append(lambda: seen.append(connection.in_atomic_block) or Receipt("SM1"))
    delivery.deliver(make_message().pk)
    assert seen == [False]


def test_refused_is_final_and_says_why(make_message, sms_transport):
    row = make_message()
    sms_transport.answers.append(Refused("numéro invalide"))
    delivery.deliver(row.pk)
    row.refresh_from_db()
    assert (row.status, row.error) == (Status.FAILED, "numéro invalide")
    assert delivery.sweep(now=timezone.now() + timedelta(minutes=30), limit=10) == []


def test_retries_wait_longer_and_longer_and_stop_when_it_is_too_late(make_message, sms_transport):
    row = make_message(expires_at=timezone.now() + timedelta(minutes=20))
    now, pauses = row.next_attempt_at, []
    while delivery.sweep(now=now, limit=10):
        sms_transport.answers.append(TryLater("prestataire SMS saturé"))
        delivery.deliver(row.pk, clock=at(now))
        row.refresh_from_db()
        pauses.append((row.next_attempt_at - now).total_seconds())
        now = row.next_attempt_at
    assert pauses == [10, 20, 40, 80, 160, 300, 300, 300]
    row.refresh_from_db()
    assert (row.status, row.body) == (Status.EXPIRED, "")
    assert sms_transport.sent == []


def test_a_lost_answer_is_asked_about_before_any_repeat(make_message, sms_transport):
    row = make_message()
    sms_transport.answers.append(Unclear("le prestataire SMS n’a pas répondu"))
    delivery.deliver(row.pk)
    row.refresh_from_db()
    assert row.status == Status.UNCERTAIN
    sms_transport.found.append(Receipt("SMfound", Status.DELIVERED))
    delivery.deliver(row.pk, clock=at(row.next_attempt_at))
    row.refresh_from_db()
    assert (row.status, row.provider_id, row.error) == (Status.DELIVERED, "SMfound", "")
    assert sms_transport.sent == []
    assert sms_transport.asked == [row.to]


def test_what_the_provider_never_had_is_sent_again(make_message, sms_transport):
    make_message(provider_id="SMtwin", status=Status.ACCEPTED)
    row = make_message(status=Status.UNCERTAIN)
    # The same words to the same number, but of the other row.
    sms_transport.found.append(Receipt("SMtwin"))
    delivery.deliver(row.pk)
    row.refresh_from_db()
    assert row.status == Status.ACCEPTED
    assert len(sms_transport.sent) == 1


def test_who_cannot_be_asked_is_never_repeated(make_message, sms_transport):
    row = make_message(status=Status.UNCERTAIN)
    sms_transport.answers.append(Unclear("envoi à vérifier chez le prestataire SMS"))
    delivery.deliver(row.pk)
    row.refresh_from_db()
    assert row.status == Status.UNCERTAIN
    delivery.sweep(now=row.expires_at, limit=10)
    row.refresh_from_db()
    assert row.status == Status.FAILED
    assert "incertain" in row.error
    assert sms_transport.sent == []


def test_a_worker_dead_while_sending_is_noticed_after_two_minutes(make_message, sms_transport):
    row = make_message()
    claimed = delivery.claim(row.pk, now=timezone.now())
    assert delivery.sweep(now=claimed.claimed_at + timedelta(seconds=119), limit=10) == []
    now = claimed.claimed_at + timedelta(seconds=120)
    assert delivery.sweep(now=now, limit=10) == [row.pk]
    row.refresh_from_db()
    assert row.status == Status.UNCERTAIN
    # The worker was only slow after all: its answer still counts, nothing is sent again.
    delivery._settle(claimed, {"status": Status.ACCEPTED, "error": "", "provider_id": "SM1"}, now=now)
    delivery.deliver(row.pk, clock=at(now))
    row.refresh_from_db()
    assert (row.status, row.provider_id) == (Status.ACCEPTED, "SM1")
    assert sms_transport.sent == []


def test_an_email_after_a_crash_is_repeated_under_the_same_message_id(make_message, mailoutbox):
    row = make_message(channel="email", to="sophie@example.org", subject="Rendez-vous", status=Status.UNCERTAIN)
    delivery.deliver(row.pk)
    assert [mail.extra_headers["Message-ID"] for mail in mailoutbox] == [f"<{row.uuid}@localhost>"]


def test_a_fault_of_ours_holds_nothing(make_message, sms_transport):
    row = make_message()
    sms_transport.answers.append(RuntimeError("unforeseen"))
    delivery.deliver(row.pk)
    row.refresh_from_db()
    assert (row.status, row.error) == (Status.UNCERTAIN, "erreur inattendue")


def test_bodies_are_blanked_once_they_are_of_no_more_use(make_message, sms_transport, settings):
    email = make_message(
        channel="email", to="sophie@example.org", subject="Rendez-vous", body_html="<p>7K2M</p>",
        attachments=[{"filename": "a.ics", "mimetype": "text/calendar", "content": ""}],
    )  # fmt: skip
    sms_transport.answers.append(Receipt("SM1", Status.DELIVERED))
    delivered, waiting = make_message(), make_message()
    for row in (email, delivered, waiting):
        delivery.deliver(row.pk)
        row.refresh_from_db()
    assert (email.body, email.body_html, email.attachments, email.subject) == ("", "", [], "Rendez-vous")
    assert delivered.body == ""
    assert "7K2M" in waiting.body
    delivery.sweep(now=waiting.expires_at, limit=10)
    waiting.refresh_from_db()
    assert waiting.body == ""


def test_the_demonstration_keeps_its_messages(make_message, settings):
    settings.DEMO = True
    row = make_message(channel="email", to="sophie@example.org", subject="Rendez-vous")
    delivery.deliver(row.pk)
    delivery.sweep(now=row.expires_at, limit=10)
    row.refresh_from_db()
    assert row.status == Status.ACCEPTED
    assert "7K2M" in row.body


@pytest.mark.parametrize(
    ("before", "receipt", "after"),
    [
        (Status.SENDING, Status.ACCEPTED, Status.ACCEPTED),
        (Status.ACCEPTED, Status.ACCEPTED, Status.ACCEPTED),
        (Status.ACCEPTED, Status.DELIVERED, Status.DELIVERED),
        (Status.ACCEPTED, Status.FAILED, Status.FAILED),
        (Status.UNCERTAIN, Status.DELIVERED, Status.DELIVERED),
        (Status.DELIVERED, Status.ACCEPTED, Status.DELIVERED),
        (Status.DELIVERED, Status.FAILED, Status.DELIVERED),
        (Status.FAILED, Status.ACCEPTED, Status.FAILED),
        (Status.FAILED, Status.DELIVERED, Status.DELIVERED),
        (Status.QUEUED, Status.FAILED, Status.QUEUED),
    ],
)
def test_receipts_come_in_any_order(make_message, before, receipt, after):
    row = make_message(status=before, provider_id="SM1", claimed_at=timezone.now())
    for _ in range(2):
        assert delivery.record_receipt(uuid=None, provider_id="SM1", status=receipt, reason="", now=timezone.now())
    row.refresh_from_db()
    assert row.status == after
    assert (row.body == "") == (after == Status.DELIVERED != before)


def test_a_receipt_faster_than_the_answer_is_kept(make_message, sms_transport):
    row = make_message()

    def answer_after_receipt() -> Receipt:
        delivery.record_receipt(
            uuid=row.uuid, provider_id="SM1", status=Status.DELIVERED, reason="", now=timezone.now()
        )
        return Receipt("SM1")

    sms_transport.answers.append(answer_after_receipt)
    delivery.deliver(row.pk)
    row.refresh_from_db()
    assert (row.status, row.provider_id) == (Status.DELIVERED, "SM1")
