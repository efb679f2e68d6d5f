"""Deliveries in the administration: who is kept out, what is not sent again, what is sent once, no word shown."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.admin.deliveries import masked
from accounts.message_labels import LABELS
from accounts.models import AuditEvent
from rofim.notifications.models import OutgoingMessage
from tests.conftest import make_user

LIST = "/admin/notifications/outgoingmessage/"
SECRETS = ("7K2M", "+33611223344", "611223344", "abcdefghijklmnopqrstuv", "secret subject")
Status = OutgoingMessage.Status
pytestmark = pytest.mark.django_db


@pytest.fixture
def make_message() -> Callable[..., OutgoingMessage]:
    """An SMS with a code that failed, useless in an hour."""

    def make(**fields) -> OutgoingMessage:
        values = {
            "channel": "sms", "name": "patients/invitation", "to": "+33611223344", "about": "invitation/1",
            "body": "Le code est le 7K2M.\nhttps://rofim.example/visio/abcdefghijklmnopqrstuv", "status": Status.FAILED,
            "subject": "secret subject", "error": "numéro inconnu", "expires_at": timezone.now() + timedelta(hours=1),
        }  # fmt: skip
        return OutgoingMessage.objects.create(**(values | fields))

    return make


@pytest.fixture
def client(client_for, administrator) -> Client:
    return client_for(administrator)


def resend(client: Client, *messages: OutgoingMessage) -> str:
    """« Renvoyer » one, or several chosen in the list; what the page then says."""
    if len(messages) == 1:
        answer = client.post(f"{LIST}{messages[0].pk}/renvoyer/", follow=True)
    else:
        chosen = {"action": "resend_chosen", "_selected_action": [message.pk for message in messages]}
        answer = client.post(LIST, chosen, follow=True)
    return answer.content.decode().replace("\xa0", " ")


# --- Refusals -------------------------------------------------------------------------------------
def test_nothing_can_be_changed(make_message, administrator):
    page = admin.site._registry[OutgoingMessage]
    request = RequestFactory().get("/")
    request.user = administrator
    row = make_message()
    assert not page.has_add_permission(request)
    assert not page.has_change_permission(request, row)
    assert not page.has_delete_permission(request, row)
    assert page.has_view_permission(request, row)
    assert set(page.get_actions(request)) == {"resend_chosen"}


@pytest.mark.parametrize("who", ["visitor", "practitioner", "administrator without the second factor", "validators"])
def test_nobody_else_sends_anything_again(make_message, client_for, half_logged_in, practitioner, administrator, who):
    if who == "validators":
        clerk = make_user("Clerc", "+33612345605", is_staff=True)
        clerk.groups.add(Group.objects.get(name="validation"))
        browser = client_for(clerk)
    elif who == "practitioner":
        browser = client_for(practitioner.user)
    else:
        browser = Client() if who == "visitor" else half_logged_in(administrator)
    row = make_message()
    expected = {"practitioner": 404, "validators": 403}.get(who, 302)
    for address in (f"{LIST}{row.pk}/renvoyer/", LIST):
        data = {"action": "resend_chosen", "_selected_action": [row.pk]}
        assert browser.get(address).status_code == expected
        assert browser.post(address, data).status_code == expected
    assert OutgoingMessage.objects.count() == 1


def test_a_look_sends_nothing_and_the_button_needs_its_token(client, make_message):
    row = make_message()
    assert client.get(f"{LIST}{row.pk}/renvoyer/").status_code == 200
    client.handler.enforce_csrf_checks = True
    assert client.post(f"{LIST}{row.pk}/renvoyer/").status_code == 403
    assert OutgoingMessage.objects.count() == 1


def test_what_is_not_there_is_404(client):
    assert client.get(f"{LIST}999/renvoyer/").status_code == 404
    assert client.post(f"{LIST}999/renvoyer/").status_code == 404


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": Status.QUEUED}, "pas échoué"),
        ({"status": Status.DELIVERED}, "pas échoué"),
        ({"status": Status.DROPPED}, "Un autre message a pris sa place"),
        ({"status": Status.EXPIRED}, "trop tard"),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "trop tard"),
        ({"body": ""}, "n’est plus conservé"),
    ],
)
def test_what_is_of_no_use_is_refused_with_the_reason(client, make_message, fields, reason):
    row = make_message(**fields)
    page = resend(client, row)
    assert "Rien n’est parti." in page
    assert reason in page
    page = client.get(f"{LIST}{row.pk}/renvoyer/").content.decode()
    assert reason in page
    assert '<button class="press">' not in page
    assert OutgoingMessage.objects.count() == 1
    assert not AuditEvent.objects.filter(action="message.resent").exists()


# --- « Renvoyer » ---------------------------------------------------------------------------------
def test_a_dead_letter_goes_once_more_and_the_second_click_says_so(client, make_message, administrator):
    row = make_message()
    assert f"{row.pk}/renvoyer/" in client.get(f"{LIST}{row.pk}/change/").content.decode()
    page = resend(client, row)
    assert "Le message est renvoyé." in page
    assert "Ce message a déjà été renvoyé." in page
    assert f"{row.pk}/renvoyer/" not in page
    assert "déjà été renvoyé" in resend(client, row)
    [again] = OutgoingMessage.objects.exclude(pk=row.pk)
    assert (again.to, again.body, again.expires_at) == (row.to, row.body, row.expires_at)
    [event] = AuditEvent.objects.filter(action="message.resent")
    assert (event.actor, event.about, event.within) == (administrator, f"message/{row.pk}", "invitation/1")


def test_several_go_at_once_each_once(client, make_message):
    rows = [make_message(), make_message(name="accounts/validated", about="practitioner/1")]
    arrived = make_message(status=Status.DELIVERED)
    page = resend(client, *rows, arrived)
    assert "2 messages renvoyés." in page
    assert "1 message sans effet" in page
    assert "3 messages sans effet" in resend(client, *rows, arrived)
    assert OutgoingMessage.objects.count() == 5
    assert {event.within for event in AuditEvent.objects.filter(action="message.resent")} == {"", "invitation/1"}


def test_the_queue_holds_what_may_be_sent_again_and_the_home_page_counts_it(client, make_message):
    dead, late = make_message(), make_message(status=Status.EXPIRED, about="invitation/2")
    make_message(status=Status.DELIVERED, about="invitation/3")

    def shown(kind: str) -> set[int]:
        return {row.pk for row in client.get(f"{LIST}?remise={kind}").context["cl"].result_list}

    assert shown("a-renvoyer") == {dead.pk}
    assert shown("non-remis") == {dead.pk, late.pk}
    assert "1 message non remis peut être renvoyé" in client.get("/admin/").content.decode()
    resend(client, dead)
    assert shown("a-renvoyer") == set()
    assert "non remis" not in client.get("/admin/").content.decode()


def test_the_filters_have_french_titles(client, make_message):
    page = client.get(LIST)
    assert [spec.title for spec in page.context["cl"].filter_specs] == ["remise", "état", "canal", "date", "message"]
    assert "créé le" not in page.text.partition('id="changelist-filter"')[2]


# --- What is shown --------------------------------------------------------------------------------
def test_no_body_no_code_no_whole_number(client, make_message):
    row = make_message(dedup_key="reminder/1")
    for name, args in (("changelist", []), ("change", [row.pk]), ("resend", [row.pk])):
        html = client.get(reverse(f"admin:notifications_outgoingmessage_{name}", args=args)).content.decode()
        assert "•••• 33 44" in html
        assert "Invitation" in html
        assert "patients/invitation</" not in html
        assert "patients/invitation (" not in html
        for secret in SECRETS:
            assert secret not in html


@pytest.mark.parametrize(
    "asked",
    [
        "body__contains=7K2M", "body__startswith=L", "body__exact=L", "to__startswith=%2B33", "to__in=%2B33611223344",
        "subject__regex=s", "attachments__0__content__startswith=x", "attachments__has_key=x",
        "created_at__year=99999999999", "created_at__year__gte=99999999999", "created_at__iso_year=99999999999",
        "created_at__month=99999999999", "uuid=x", "_to_field=body",
    ],
)  # fmt: skip
def test_no_question_to_the_list_spells_a_message_out_or_breaks_the_page(client, make_message, asked):
    make_message(attachments=[{"content": "x"}])
    client.raise_request_exception = False
    answer = client.get(f"{LIST}?{asked}")
    assert answer.status_code in (302, 400) or (answer.status_code == 200 and answer.context["cl"].result_count == 0)


def test_every_message_has_a_french_name():
    root = Path(settings.BASE_DIR, "templates", "notifications")
    names = {f"{path.parent.name}/{path.name}" for path in root.glob("*/*") if path.is_dir()}
    assert not names - LABELS.keys()


def test_masked():
    assert masked("sophie@orange.fr") == "s•••@orange.fr"
    assert masked("sophie@carpentier.fr") == "s•••@•••.fr"
    assert masked("+33611223344") == "•••• 33 44"
    assert masked("") == ""
