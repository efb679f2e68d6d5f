"""« Le code par un autre canal »: whatever is sent, asked for or sent again, link and code never meet."""

import base64
from datetime import timedelta

import pytest
from django.utils import timezone

from patients import lost_link, notify, tasks
from patients.models import Invitation
from rofim.notifications.models import OutgoingMessage
from teleconsult import reach, services
from teleconsult.deliveries import may_be_resent

Status = OutgoingMessage.Status


def readable(message: OutgoingMessage) -> str:
    files = (base64.b64decode(each["content"]).decode() for each in message.attachments)
    return "".join((message.subject, message.body, message.body_html, *files)).replace("\r\n ", "")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_link_and_code_never_meet(practitioner, settings, monkeypatch, language):
    # Found nowhere by chance, as « 2027 » would be.
    codes = (f"{number}QX{number}" for number in range(2, 10))
    monkeypatch.setattr("patients.services.make_code", lambda: next(codes))
    settings.SMS_TRANSPORT = "console,email"
    by, now = practitioner.user, timezone.now()
    booked = services.schedule_consultation(
        practitioner=practitioner, last_name="Diallo", first_name="Mamadou", email="m@example.org",
        phone="+33612345678", starts_at=now + timedelta(days=1), by=by, now=now, language=language,
        sends_code_apart=True,
    )  # fmt: skip
    told = {"sms": 0, "email": 0}

    def look() -> None:
        invitation = Invitation.objects.get()
        for message in OutgoingMessage.objects.exclude(body=""):
            shown = readable(message)
            is_sms = message.channel == "sms"
            assert (invitation.token in shown, invitation.code in shown.replace(invitation.token, "")) == (
                not is_sms, is_sms
            ), message.name  # fmt: skip
            told[message.channel] += 1

    look()
    for kind in ("day-before", "opening"):
        notify.send_reminder(invitation=booked.invitation, kind=kind)
    look()
    # No provider takes it; each dead letter once more; lost; another hour, code, contact.
    OutgoingMessage.objects.update(status=Status.FAILED, failed_at=now)
    for message in OutgoingMessage.objects.exclude(body=""):
        notify.send_by_email_instead(message=message, now=now)
        if may_be_resent(message, booked):
            reach.resend_message(consultation=booked, pk=message.pk, by=by, now=now)
    look()
    for contact in ("m@example.org", "+33612345678"):
        lost_link.request_links(contact=contact, now=now)
    assert tasks.answer_link_requests(now=now) == 2
    look()
    services.move_consultation(consultation=booked, starts_at=now + timedelta(days=2), by=by, now=now)
    look()
    services.renew_access_code(consultation=booked, by=by, now=now)
    look()
    for contact in ({"phone": "+33698765432"}, {"phone": "+33698765432", "email": "mamadou@example.org"}):
        reach.correct_contact(consultation=booked, by=by, now=now, **({"email": "m@example.org"} | contact))
        look()
    assert min(told.values()) >= 8
