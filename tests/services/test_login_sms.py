"""A login while the SMS provider is in trouble, without a worker: the page itself waits for it, and not for long."""

import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts import recovery
from rofim.notifications import delivery
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.outcomes import Refused, TryLater, Unclear
from rofim.notifications.sms import transport
from tests.conftest import PASSWORD, make_practitioner

LATE, FAILED = "L’envoi du SMS tarde", "Le SMS n’est pas parti"


@pytest.mark.parametrize(
    ("trouble", "words"), [(500, LATE), (429, LATE), ("hang", LATE), ("wrong credentials", FAILED), ("away", LATE)]
)
def test_the_page_answers_within_three_seconds_and_offers_other_ways(transactional_db, twilio, trouble, words):
    user = make_practitioner("Martin", "+33612345601").user
    codes = recovery.renew_recovery_codes(user=user, now=timezone.now())
    twilio.answers += [500, trouble]
    if trouble == "wrong credentials":
        twilio.token = "another"
    elif trouble == "away":
        twilio.close()
    client = Client()
    # What a process loads at its first page and its first SMS is no provider's fault.
    client.get("/connexion/")
    with pytest.raises((Refused, TryLater, Unclear)):
        transport("twilio").send(to="+33612345602", body="", reference=uuid4(), valid_for=timedelta(minutes=5))
    start = time.monotonic()
    client.post("/connexion/", {"email": user.email, "password": PASSWORD})
    page = client.get("/connexion/code/").content.decode()
    assert time.monotonic() - start < 3
    assert words in page
    assert "utiliser un code de secours" in page
    assert client.post("/connexion/code/?par=secours", {"code": codes[0]}).url == "/"
    assert client.get("/compte/").status_code == 200


def test_a_code_that_leaves_late_still_opens(transactional_db, twilio):
    user = make_practitioner("Martin", "+33612345601").user
    twilio.answers.append(429)
    client = Client()
    client.post("/connexion/", {"email": user.email, "password": PASSWORD})
    row = OutgoingMessage.objects.get()
    delivery.deliver(row.pk, clock=lambda: row.next_attempt_at)
    assert "SMS envoyé" in client.get("/connexion/code/").content.decode()
    code = twilio.messages[0]["body"].rsplit("#", 1)[1]
    assert client.post("/connexion/code/", {"code": code}).url == "/"
