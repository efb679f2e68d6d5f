"""« SMS_TRANSPORT=twilio,email » with a provider in trouble and a mail relay: the patient gets the link."""

import pytest

from patients import notify
from rofim.notifications.models import OutgoingMessage
from tests.conftest import make_consultation, make_practitioner


@pytest.mark.parametrize("trouble", [500, 429, "hang", "wrong credentials", "away", 21211])
def test_what_the_provider_does_not_take_arrives_by_email(transactional_db, twilio, smtp, settings, trouble):
    settings.SMS_TRANSPORT = "twilio,email"
    if trouble == "away":
        twilio.close()
    elif trouble == "wrong credentials":
        twilio.token = "another"
    else:
        twilio.answers.append(trouble)
    invitation = make_consultation(make_practitioner("Martin", "+33612345601")).invitation
    notify.send_invitation(invitation=invitation, channels=["sms"])
    [mail] = smtp.messages
    assert mail["To"] == "sophie@example.org"
    assert f"/visio/{invitation.token}/" in mail.get_body(("plain",)).get_content()
    by_channel = {row.channel: row for row in OutgoingMessage.objects.all()}
    assert by_channel["email"].status == "accepted"
    assert by_channel["sms"].status in ("queued", "uncertain", "failed")
    assert by_channel["sms"].error
