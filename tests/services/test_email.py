"""E-mails over SMTP to a sink: what arrives, and what a refusal or an absence does."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from rofim.notifications import delivery
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.services import Attachment, queue_email

Status = OutgoingMessage.Status
LINK = "https://rofim.example/visio/abcdefghijklmnopqrstuv"
CALENDAR = b"BEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def invitation(transactional_db, settings) -> OutgoingMessage:
    # Rolled into one transaction that the test commits itself: nothing leaves before it says so.
    with transaction.atomic():
        row = queue_email(
            to="sophie@example.org",
            name="patients/invitation",
            context={
                "practitioner": "le Dr François MARTIN", "date": "18/03/2020", "time": "21:45", "code": "7K2M",
                "link": LINK,
            },
            expires_at=timezone.now() + timedelta(hours=1),
            attachments=[Attachment("rendez-vous.ics", "text/calendar; charset=utf-8; method=PUBLISH", CALENDAR)],
        )  # fmt: skip
        transaction.get_connection().run_on_commit.clear()
    return row


def deliver(row: OutgoingMessage) -> OutgoingMessage:
    """Delivers at the row's next time, and reads it again."""
    moment = row.next_attempt_at
    delivery.deliver(row.pk, clock=lambda: moment)
    row.refresh_from_db()
    return row


def test_text_html_calendar_and_message_id_arrive(smtp, invitation):
    deliver(invitation)
    [mail] = smtp.messages
    assert mail["Message-ID"] == f"<{invitation.uuid}@localhost>"
    assert mail["To"] == "sophie@example.org"
    assert "François MARTIN" in mail["Subject"]
    assert "7K2M" not in mail["Subject"]
    for kind in ("plain", "html"):
        body = mail.get_body((kind,)).get_content()
        assert LINK in body
        assert "7K2M" in body
    [calendar] = mail.iter_attachments()
    assert calendar.get_filename() == "rendez-vous.ics"
    assert calendar["Content-Type"].params["method"] == "PUBLISH"
    assert calendar.get_payload(decode=True) == CALENDAR
    assert (invitation.status, invitation.body) == (Status.ACCEPTED, "")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("550 no such user", "adresse refusée par le serveur du destinataire (550)"),
        ("552 mailbox full", "boîte aux lettres pleine (552)"),
        ("554 no", "refusé par le serveur d’e-mail (554)"),
    ],
)
def test_a_refusal_is_final_and_says_why(smtp, invitation, reply, reason):
    smtp.replies.append(reply)
    deliver(invitation)
    assert (invitation.status, invitation.error) == (Status.FAILED, reason)


def test_a_busy_relay_gets_it_later_under_the_same_message_id(smtp, invitation):
    smtp.replies.append("451 try again later")
    deliver(invitation)
    assert (invitation.status, invitation.error) == (Status.QUEUED, "serveur d’e-mail occupé (451)")
    deliver(invitation)
    assert invitation.status == Status.ACCEPTED
    assert [mail["Message-ID"] for mail in smtp.messages] == [f"<{invitation.uuid}@localhost>"]


def test_a_relay_that_is_away_is_waited_for(smtp, invitation):
    smtp.close()
    deliver(invitation)
    assert (invitation.status, invitation.error) == (Status.QUEUED, "serveur d’e-mail injoignable")
