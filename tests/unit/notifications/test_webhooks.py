"""/twilio/statut/: only Twilio is heard, and learns nothing."""

import pytest
from django.test import Client
from django_twilio import decorators
from django_twilio import settings as twilio_settings
from twilio.request_validator import RequestValidator

from rofim.notifications.models import OutgoingMessage

Status = OutgoingMessage.Status
pytestmark = pytest.mark.django_db
URL = "/twilio/statut/"


def post(form: dict, *, query: str = "", token: str | None = None, signature: str | None = None):
    address = f"{URL}{query}"
    if signature is None:
        validator = RequestValidator(token or twilio_settings.TWILIO_AUTH_TOKEN)
        signature = validator.compute_signature(f"http://testserver{address}", form)
    return Client(enforce_csrf_checks=True).post(address, form, headers={"x-twilio-signature": signature})


@pytest.mark.parametrize("signature", ["", "forged", "é"])
def test_a_forged_receipt_changes_nothing(make_message, signature):
    row = make_message(status=Status.ACCEPTED, provider_id="SM1")
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    assert post(form, signature=signature).status_code == 403
    assert post(form, token="another account").status_code == 403
    assert Client().post(URL, form).status_code == 403
    row.refresh_from_db()
    assert row.status == Status.ACCEPTED


def test_a_signature_of_another_message_is_refused(make_message):
    row = make_message(status=Status.ACCEPTED, provider_id="SM1")
    form = {"MessageSid": "SM2", "MessageStatus": "delivered"}
    signature = RequestValidator(twilio_settings.TWILIO_AUTH_TOKEN).compute_signature(f"http://testserver{URL}", form)
    assert post(form | {"MessageSid": "SM1"}, signature=signature).status_code == 403
    row.refresh_from_db()
    assert row.status == Status.ACCEPTED


def test_a_receipt_is_written_down(make_message):
    row = make_message(status=Status.ACCEPTED, provider_id="SM1")
    assert post({"MessageSid": "SM1", "MessageStatus": "delivered"}).status_code == 204
    row.refresh_from_db()
    assert row.status == Status.DELIVERED
    assert row.delivered_at is not None


def test_a_failure_says_why(make_message):
    row = make_message(status=Status.ACCEPTED, provider_id="SM1")
    form = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30006"}
    assert post(form).status_code == 204
    row.refresh_from_db()
    assert (row.status, row.error) == (Status.FAILED, "ligne fixe ou non desservie")


def test_a_receipt_that_comes_before_the_answer_finds_its_row(make_message):
    row = make_message(status=Status.SENDING)
    form = {"MessageSid": "SM1", "MessageStatus": "sent"}
    assert post(form, query=f"?message={row.uuid}").status_code == 204
    row.refresh_from_db()
    assert (row.status, row.provider_id) == (Status.ACCEPTED, "SM1")


@pytest.mark.parametrize(
    "form",
    [
        {"MessageSid": "SMunknown", "MessageStatus": "delivered"},
        {"MessageSid": "SM1", "MessageStatus": "exploded"},
        {"MessageSid": "", "MessageStatus": "delivered"},
        {"MessageSid": "S" * 5000, "MessageStatus": "delivered", "ErrorCode": "\u0661"},
        {},
    ],
)
def test_the_unknown_gets_the_same_answer(make_message, form):
    row = make_message(status=Status.QUEUED)
    answer = post(form, query="?message=not-a-uuid")
    assert (answer.status_code, answer.content) == (204, b"")
    row.refresh_from_db()
    assert row.status == Status.QUEUED


def test_without_an_account_nobody_signs(make_message, monkeypatch):
    row = make_message(status=Status.ACCEPTED, provider_id="SM1")
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}

    def receipt(key: str) -> int:
        signature = RequestValidator(key).compute_signature(f"http://testserver{URL}", form)
        return post(form, signature=signature).status_code

    # The key of the settings without an account is none that can be read in them.
    assert receipt("unset") == receipt("") == 403
    # Named and left empty in the environment.
    for module in (twilio_settings, decorators):
        monkeypatch.setattr(module, "TWILIO_AUTH_TOKEN", "")
    assert receipt("") == 403
    row.refresh_from_db()
    assert row.status == Status.ACCEPTED


def test_get_is_refused():
    signature = RequestValidator(twilio_settings.TWILIO_AUTH_TOKEN).compute_signature(f"http://testserver{URL}", {})
    assert Client().get(URL, headers={"x-twilio-signature": signature}).status_code == 405


def test_the_second_account_has_an_address_and_a_key_of_its_own(make_message, settings):
    row = make_message(status=Status.ACCEPTED, provider_id="SM1")
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    address = f"{URL}second/"

    def receipt(key: str) -> int:
        signature = RequestValidator(key).compute_signature(f"http://testserver{address}", form)
        return (
            Client(enforce_csrf_checks=True).post(address, form, headers={"x-twilio-signature": signature}).status_code
        )

    # Without a second account nobody has a key, not even an empty one.
    assert receipt("") == 403
    settings.TWILIO_SECOND_AUTH_TOKEN = "the second account's"
    assert receipt(twilio_settings.TWILIO_AUTH_TOKEN) == 403
    row.refresh_from_db()
    assert row.status == Status.ACCEPTED
    assert receipt("the second account's") == 204
    row.refresh_from_db()
    assert row.status == Status.DELIVERED
