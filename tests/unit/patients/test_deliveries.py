"""What follows when the letterbox says how messages fared: what must not go by e-mail, what does, the hurried list."""

from datetime import timedelta

import pytest
from django.core import checks
from django.utils import timezone

from patients import notify, services
from patients.models import Invitation
from rofim.notifications import breaker, delivery
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.outcomes import Misconfigured, Refused, TryLater, Unclear
from tests.conftest import make_consultation
from tests.unit.notifications import transport

TRANSPORT = "tests.unit.notifications.transport"
Status = OutgoingMessage.Status
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _chain(settings):
    settings.SMS_TRANSPORT = f"{TRANSPORT},email"
    transport.reset()


@pytest.fixture
def invitation(practitioner) -> Invitation:
    """In an hour: its reminder is still of use."""
    return make_consultation(practitioner, timezone.now() + timedelta(hours=1)).invitation


@pytest.fixture
def told(monkeypatch) -> list[int]:
    """Whose lists were hurried."""
    keys: list[int] = []
    monkeypatch.setattr("patients.deliveries.announce_change", lambda *, practitioner_id: keys.append(practitioner_id))
    return keys


def by_sms(invitation: Invitation) -> OutgoingMessage:
    """An invitation that was asked for by SMS alone (« j’ai perdu mon lien »)."""
    notify.send_invitation(invitation=invitation, channels=["sms"])
    return OutgoingMessage.objects.get(channel="sms", about=notify.about(invitation))


def deliver(message: OutgoingMessage, *answers) -> None:
    transport.answers += answers
    delivery.deliver(message.pk)


def emails(invitation: Invitation) -> list[OutgoingMessage]:
    return list(OutgoingMessage.objects.filter(channel="email", about=notify.about(invitation)))


# --- No e-mail ------------------------------------------------------------------------------------
def test_without_the_setting_nothing_goes_by_email(settings, invitation):
    settings.SMS_TRANSPORT = TRANSPORT
    deliver(by_sms(invitation), Refused("numéro inconnu"))
    assert not emails(invitation)


def test_what_left_does_not_go_by_email(invitation):
    deliver(by_sms(invitation))
    assert not emails(invitation)


def test_link_and_code_do_not_meet_in_one_channel(invitation):
    Invitation.objects.update(sends_code_apart=True)
    invitation.refresh_from_db()
    message = by_sms(invitation)
    assert invitation.token not in message.body
    deliver(message, Refused("numéro inconnu"))
    assert not emails(invitation)


def test_nothing_more_for_whom_the_email_goes_to_anyway(invitation):
    notify.send_reminder(invitation=invitation, kind="opening")
    deliver(OutgoingMessage.objects.get(channel="sms"), Refused("numéro inconnu"))
    assert len(emails(invitation)) == 1


@pytest.mark.parametrize("change", ["no e-mail", "another number", "closed"])
def test_nothing_where_it_would_reach_nobody_or_say_what_is_no_more(invitation, change):
    message = by_sms(invitation)
    if change == "closed":
        reason = Invitation.ClosedReason.COMPLETED
        services.close_invitation(invitation=invitation, reason=reason, now=timezone.now())
    else:
        contact = ("", message.to) if change == "no e-mail" else ("s@example.org", "+33699999999")
        services.change_contact(patient=invitation.patient, email=contact[0], phone=contact[1])
    deliver(message, Refused("numéro inconnu"))
    assert not emails(invitation)


def test_what_came_too_late_does_not_come_later_still(invitation):
    message = by_sms(invitation)
    OutgoingMessage.objects.update(expires_at=timezone.now())
    delivery.sweep(now=timezone.now(), limit=10)
    message.refresh_from_db()
    assert message.status == Status.EXPIRED
    assert not emails(invitation)


def test_a_code_of_the_login_never_goes_by_email(settings):
    message = OutgoingMessage.objects.create(
        channel="sms", name="accounts/login_code", to="+33612345601", about="user/1", body="123456",
        expires_at=timezone.now() + timedelta(minutes=5),
    )  # fmt: skip
    deliver(message, Refused("numéro inconnu"))
    assert not OutgoingMessage.objects.filter(channel="email").exists()


@pytest.mark.parametrize("names", ["email", "email,twilio", "twilio,email,second", "telegram,email", ""])
def test_an_email_is_what_remains_and_no_more(settings, names):
    settings.SMS_TRANSPORT = names
    assert "notifications.E001" in {error.id for error in checks.run_checks()}


# --- By e-mail ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "failure", [Refused("numéro inconnu"), Misconfigured("refusé"), TryLater("saturé"), Unclear("pas de réponse")]
)
def test_what_no_provider_takes_goes_by_email_once(invitation, failure):
    message = by_sms(invitation)
    deliver(message, failure)
    OutgoingMessage.objects.filter(pk=message.pk).update(next_attempt_at=timezone.now())
    deliver(message, failure)
    [email] = emails(invitation)
    assert (email.to, email.name) == (invitation.patient.email, message.name)
    assert invitation.code in email.body
    assert invitation.token in email.body
    assert email.expires_at == message.expires_at


def test_a_provider_out_of_order_is_not_waited_for(invitation):
    for _ in range(breaker.FAILURES):
        breaker.note_failure(TRANSPORT, now=timezone.now())
    deliver(by_sms(invitation))
    assert transport.sent == []
    assert len(emails(invitation)) == 1


def test_what_the_operator_refuses_afterwards_goes_by_email(invitation):
    message = by_sms(invitation)
    deliver(message)
    receipt = {"uuid": message.uuid, "provider_id": "SM1", "reason": "numéro inconnu", "now": timezone.now()}
    for _ in range(2):
        delivery.record_receipt(status=Status.FAILED, **receipt)
    assert len(emails(invitation)) == 1


# --- The list -------------------------------------------------------------------------------------
@pytest.mark.parametrize("answers", [[], [Refused("numéro inconnu")], [Unclear("pas de réponse")]])
def test_what_became_of_a_message_hurries_its_practitioners_list(invitation, other_practitioner, told, answers):
    deliver(by_sms(invitation), *answers)
    assert told == [invitation.practitioner_id]


def test_what_waits_for_another_try_hurries_nobody(invitation, told):
    deliver(by_sms(invitation), TryLater("saturé"))
    assert told == []


def test_a_receipt_hurries_it_and_a_repeated_one_does_not(invitation, told):
    message = by_sms(invitation)
    deliver(message)
    told.clear()
    receipt = {"uuid": message.uuid, "provider_id": "SM1", "reason": "", "now": timezone.now()}
    delivery.record_receipt(status=Status.DELIVERED, **receipt)
    delivery.record_receipt(status=Status.ACCEPTED, **receipt)
    assert told == [invitation.practitioner_id]


def test_a_refused_email_and_one_that_came_too_late_hurry_it(invitation, told, monkeypatch):
    notify.send_invitation(invitation=invitation, channels=["email"])

    def refuse(message: OutgoingMessage) -> None:
        raise Refused("adresse refusée par le serveur du destinataire (550)")

    monkeypatch.setattr("rofim.notifications.mail.send", refuse)
    delivery.deliver(emails(invitation)[0].pk)
    assert told == [invitation.practitioner_id]
    by_sms(invitation)
    OutgoingMessage.objects.update(expires_at=timezone.now())
    delivery.sweep(now=timezone.now(), limit=10)
    assert told == [invitation.practitioner_id] * 2


def test_a_listener_that_fails_stops_no_message(invitation, monkeypatch):
    def fail(**kwargs) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("patients.deliveries.announce_change", fail)
    message = by_sms(invitation)
    deliver(message)
    message.refresh_from_db()
    assert message.status == Status.ACCEPTED
