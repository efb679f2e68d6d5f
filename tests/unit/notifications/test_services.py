"""queue_sms, queue_email: what is written, once, and what a dead broker does not stop."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from rofim.notifications import gsm7, tasks
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.services import Attachment, messages_about, queue_email, queue_sms

CONTEXT = {
    "practitioner": "le Dr François D’Œuvre", "date": "18/03/2020", "time": "21:45", "code": "7K2M",
    "link": "https://rofim.example/visio/abcdefghijklmnopqrstuv",
}  # fmt: skip


def later():
    return timezone.now() + timedelta(hours=1)


def sms(**fields) -> OutgoingMessage:
    return queue_sms(
        **({"to": "+33611223344", "name": "patients/invitation", "context": CONTEXT, "expires_at": later()} | fields)
    )


def email(**fields) -> OutgoingMessage:
    values = {"to": "sophie@example.org", "name": "patients/invitation", "context": CONTEXT, "expires_at": later()}
    return queue_email(**(values | fields))


@pytest.mark.django_db
def test_nothing_leaves_when_the_transaction_fails(sms_transport, django_capture_on_commit_callbacks):
    def fail_afterwards() -> None:
        with transaction.atomic():
            sms()
            raise ValueError("afterwards")

    with django_capture_on_commit_callbacks(execute=True) as callbacks, pytest.raises(ValueError, match="afterwards"):
        fail_afterwards()
    assert callbacks == []
    assert not OutgoingMessage.objects.exists()
    assert sms_transport.sent == []


@pytest.mark.django_db
def test_the_same_key_is_one_message(sms_transport, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        first = sms(dedup_key="reminder/1/opening/sms")
        second = sms(dedup_key="reminder/1/opening/sms", to="+33699999999")
    assert first.pk == second.pk
    assert len(sms_transport.sent) == 1


@pytest.mark.django_db
def test_sms_is_gsm7_and_keeps_its_link(sms_transport, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        row = sms(about="invitation/7")
    [(to, body)] = sms_transport.sent
    assert to == "+33611223344"
    assert gsm7.is_gsm7(body)
    assert "le Dr Francois D'OEuvre" in body
    assert CONTEXT["link"] in body
    assert messages_about("invitation/7").get() == row


@pytest.mark.django_db
def test_email_is_text_and_html_and_escapes_only_the_html(mailoutbox, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        row = email(
            context=CONTEXT | {"practitioner": "le Dr O'Brien <b>"},
            attachments=[Attachment("rendez-vous.ics", "text/calendar; method=PUBLISH", b"BEGIN:VCALENDAR")],
        )
    [sent] = mailoutbox
    assert sent.extra_headers["Message-ID"] == f"<{row.uuid}@localhost>"
    assert "\n" not in sent.subject
    assert "le Dr O'Brien <b>" in sent.body
    html = sent.alternatives[0].content
    assert "le Dr O'Brien &lt;b&gt;" in html
    assert CONTEXT["link"] in html
    assert "prefers-color-scheme" in html
    assert "src=" not in html
    part = sent.message().get_payload()[-1]
    assert part.get_content_type() == "text/calendar"
    assert part.get_param("method") == "PUBLISH"
    assert part.get_filename() == "rendez-vous.ics"
    assert part.get_payload(decode=True) == b"BEGIN:VCALENDAR"


@pytest.mark.django_db
def test_the_row_is_encrypted_at_rest(django_assert_num_queries):
    row = sms()
    stored = OutgoingMessage.objects.filter(pk=row.pk).extra(select={"raw": "body", "number": '"to"'})
    raw = stored.values_list("raw", "number").get()
    assert CONTEXT["link"] not in str(raw)
    assert "+33611223344" not in str(raw)
    assert all(value.startswith("gAAAA") for value in raw)


@pytest.mark.django_db
def test_a_dead_broker_raises_nothing_and_is_asked_once(monkeypatch, django_capture_on_commit_callbacks):
    tries = []

    def refuse(args: tuple[int], **options) -> None:
        tries.append(*args)
        raise OperationalError("connection refused")

    monkeypatch.setattr(tasks, "_broker_silent_until", 0.0)
    monkeypatch.setattr(tasks.deliver, "apply_async", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        first, second = sms(), email()
    assert tries == [first.pk]
    assert {first.status, second.status} == {OutgoingMessage.Status.QUEUED}


@pytest.mark.django_db
def test_a_subject_is_one_line_and_keeps_its_no_break_spaces():
    row = email(name="patients/reminder_day_before", context=CONTEXT | {"practitioner": "Dr\nMARTIN"})
    assert row.subject == "Rappel\u00a0: votre consultation à distance avec Dr MARTIN le 18/03/2020 à 21:45"
