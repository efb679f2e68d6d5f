"""The outbox's own loop: one channel's trouble is not the other's, and what is unforeseen is seen."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from rofim.notifications import sweeper
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.outcomes import Receipt
from tests.demonstration import wait_for

Channel, Status = OutgoingMessage.Channel, OutgoingMessage.Status


@pytest.mark.django_db(transaction=True)
def test_an_email_does_not_wait_for_sms_that_hang(make_message, sms_transport, mailoutbox):
    stop, answered = threading.Event(), threading.Event()

    def hang() -> Receipt:
        assert answered.wait(20)
        return Receipt("SM1")

    sms_transport.answers.extend([hang] * (sweeper.HANDS + 1))
    sms = [make_message().pk for _ in sms_transport.answers]
    make_message(channel="email", to="sophie@example.org", subject="Rendez-vous")
    with ThreadPoolExecutor(1) as loop:
        running = loop.submit(sweeper.run, stop=stop, every=0.05)
        try:
            wait_for(lambda: mailoutbox, what="the e-mail")
            assert not OutgoingMessage.objects.filter(pk__in=sms, status=Status.ACCEPTED).exists()
        finally:
            answered.set()
            stop.set()
        running.result(20)
    assert OutgoingMessage.objects.filter(pk__in=sms, status=Status.ACCEPTED).count() == len(sms)


@pytest.mark.parametrize("channel", Channel)
def test_a_fault_of_ours_ends_the_process_that_somebody_starts_again(monkeypatch, channel):
    def sweep_once(swept, hands) -> int:
        if swept == channel:
            raise RuntimeError("unforeseen")
        return 0

    monkeypatch.setattr(sweeper, "sweep_once", sweep_once)
    monkeypatch.setattr(sweeper, "close_old_connections", lambda: None)
    with pytest.raises(RuntimeError, match="unforeseen"):
        sweeper.run(stop=threading.Event(), every=0.05)
