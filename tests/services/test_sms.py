"""SMS over HTTP to a stand-in of Twilio: what leaves, how often, and what is said when it does not."""

import os
import signal
import threading
import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone
from django_twilio import settings as twilio_settings
from twilio.request_validator import RequestValidator

from rofim.notifications import delivery
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.sms.twilio import Account
from tests.services.letterbox import BODY

Status = OutgoingMessage.Status


def deliver_again(row: OutgoingMessage) -> OutgoingMessage:
    """Delivers at the row's next time, and reads it again."""
    row.refresh_from_db()
    moment = row.next_attempt_at
    delivery.deliver(row.pk, clock=lambda: moment)
    row.refresh_from_db()
    return row


def test_two_workers_at_once_send_one_sms(twilio, outgoing_sms):
    row = outgoing_sms()
    barrier = threading.Barrier(2)

    def work() -> None:
        barrier.wait(10)
        delivery.deliver(row.pk)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(10)
    row.refresh_from_db()
    [sent] = twilio.messages
    assert (sent["to"], sent["from"], sent["body"]) == ("+33611223344", "+33757000000", BODY)
    assert sent["status_callback"] == f"http://localhost:8000/twilio/statut/?message={row.uuid}"
    assert 3500 < int(sent["validity_period"]) <= 3600
    assert (row.status, row.provider_id, row.attempts) == (Status.ACCEPTED, sent["sid"], 1)


def test_each_thread_has_a_client_of_its_own():
    """The library's client hands its answer over through an attribute, where another thread would read it."""
    clients, together = [], threading.Barrier(2)

    def ask() -> None:
        account = Account("AC1", "token", "+33757000000", "", "notifications:twilio_status")
        clients.append((account._client(), account._client()))
        together.wait(10)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    (one, again), (other, _) = clients
    assert one is again
    assert one.http_client is not other.http_client


@pytest.mark.parametrize("moment", ["before the provider has it", "after"])
def test_a_worker_killed_while_it_sends(twilio, outgoing_sms, moment):
    row = outgoing_sms()
    twilio.answers.append("lost" if moment == "after" else "hang")
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        delivery.deliver(row.pk)
        os._exit(0)
    assert twilio.hanging.wait(10)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    row.refresh_from_db()
    assert row.status == Status.SENDING
    later = row.claimed_at + timedelta(minutes=2)
    assert delivery.sweep(now=later, limit=10) == [row.pk]
    deliver_again(row)
    assert row.status == Status.ACCEPTED
    assert [message["sid"] for message in twilio.messages] == [row.provider_id]


@pytest.mark.parametrize(("answer", "waits_as"), [(500, Status.UNCERTAIN), (429, Status.QUEUED)])
def test_a_provider_in_trouble_gets_it_later(twilio, outgoing_sms, answer, waits_as):
    row = outgoing_sms()
    twilio.answers.append(answer)
    delivery.deliver(row.pk)
    row.refresh_from_db()
    assert row.status == waits_as
    assert row.error
    deliver_again(row)
    assert (row.status, row.error) == (Status.ACCEPTED, "")
    assert len(twilio.messages) == 1


def test_a_hanging_provider_holds_a_worker_five_seconds(twilio, outgoing_sms):
    row = outgoing_sms()
    twilio.answers.append("hang")
    start = time.monotonic()
    delivery.deliver(row.pk)
    # Twice that would be a second try.
    assert time.monotonic() - start < 9
    row.refresh_from_db()
    assert row.status == Status.UNCERTAIN
    assert row.next_attempt_at <= timezone.now() + timedelta(seconds=10)
    twilio.list_answers.append(500)
    deliver_again(row)
    assert row.status == Status.UNCERTAIN
    deliver_again(row)
    assert row.status == Status.ACCEPTED
    assert len(twilio.messages) == 1


def test_an_answer_that_was_lost_is_asked_for_not_repeated(twilio, outgoing_sms):
    # The same words to the same number once before, in a message of its own.
    earlier = outgoing_sms()
    delivery.deliver(earlier.pk)
    row = outgoing_sms()
    twilio.answers.append("lost")
    delivery.deliver(row.pk)
    twilio.messages[0]["status"] = "delivered"
    deliver_again(row)
    earlier.refresh_from_db()
    assert (row.status, row.body) == (Status.DELIVERED, "")
    assert {row.provider_id, earlier.provider_id} == {message["sid"] for message in twilio.messages}
    assert [method for method, _ in twilio.requests] == ["POST", "POST", "GET"]


def test_a_provider_that_is_away_is_tried_again(twilio, outgoing_sms):
    row = outgoing_sms()
    twilio.close()
    delivery.deliver(row.pk)
    row.refresh_from_db()
    assert (row.status, row.error) == (Status.QUEUED, "prestataire SMS injoignable")


def test_wrong_credentials_are_said(twilio, outgoing_sms):
    row = outgoing_sms()
    twilio.token = "another"
    delivery.deliver(row.pk)
    row.refresh_from_db()
    assert (row.status, row.error) == (Status.FAILED, "identifiants refusés par le prestataire SMS")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (21211, "numéro invalide"),
        (21614, "ce numéro n’est pas un mobile"),
        (21610, "le destinataire a refusé les SMS (STOP)"),
        (29999, "refusé par le prestataire SMS (code 29999)"),
    ],
)
def test_a_number_that_can_not_receive_is_said(twilio, outgoing_sms, code, reason):
    row = outgoing_sms()
    twilio.answers.append(code)
    delivery.deliver(row.pk)
    row.refresh_from_db()
    assert (row.status, row.error) == (Status.FAILED, reason)


@pytest.mark.parametrize("forged", [True, False])
def test_the_receipt_comes_back_to_the_address_that_was_given(twilio, outgoing_sms, forged):
    row = outgoing_sms()
    delivery.deliver(row.pk)
    [sent] = twilio.messages
    form = {"MessageSid": sent["sid"], "MessageStatus": "delivered", "To": sent["to"], "From": sent["from"]}
    key = "not the account's" if forged else twilio_settings.TWILIO_AUTH_TOKEN
    signature = RequestValidator(key).compute_signature(sent["status_callback"], form)
    address = urlsplit(sent["status_callback"])
    answer = Client().post(
        f"{address.path}?{address.query}", form, headers={"x-twilio-signature": signature, "host": address.netloc}
    )
    row.refresh_from_db()
    assert answer.status_code == (403 if forged else 204)
    assert row.status == (Status.ACCEPTED if forged else Status.DELIVERED)
