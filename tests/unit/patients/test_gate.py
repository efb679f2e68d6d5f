"""patients:gate — refusals first."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from patients import services
from patients.models import Invitation
from rofim.notifications.models import OutgoingMessage
from tests.conftest import make_consultation

CODE = "7K2M"


@pytest.fixture
def invitation(consultation) -> Invitation:
    return consultation.invitation


def gate(invitation: Invitation) -> str:
    return reverse("patients:gate", args=[invitation.token])


def page(client: Client, invitation: Invitation) -> str:
    """Text of the gate, no-break spaces as spaces."""
    return client.get(gate(invitation)).content.decode().replace("\u00a0", " ").replace("&nbsp;", " ")


def typed(client: Client, invitation: Invitation, code: str):
    return client.post(gate(invitation), {"code": code})


def starts_in(invitation: Invitation, delay: timedelta) -> Invitation:
    services.reschedule_invitation(invitation=invitation, starts_at=timezone.now() + delay)
    return invitation


def test_whoever_was_let_in_reads_that_the_appointment_was_moved_since(client, invitation):
    moved = "Votre rendez-vous a été déplacé à cette date."
    assert typed(client, invitation, CODE).status_code == 302
    starts_in(invitation, timedelta(hours=2))
    room = client.get(reverse("patients:intake", args=[invitation.token]), follow=True)
    assert room.request["PATH_INFO"] == gate(invitation)
    assert moved in page(client, invitation)
    assert "data-moved" in page(client, invitation)
    assert moved not in page(Client(), invitation)
    assert "data-moved" not in page(Client(), invitation)
    starts_in(invitation, timedelta(minutes=5))
    assert client.get(gate(invitation)).status_code == 302
    assert moved not in page(Client(), invitation)


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["A" * 22, "é" * 22, "x", "A" * 300, "<script>", "..", "%F0%9F%98%80"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_link_is_404(client, token, method):
    response = getattr(client, method)(f"/visio/{token}/", {"code": CODE})
    assert response.status_code == 404


def test_before_the_opening_nobody_enters(client, invitation):
    starts_in(invitation, timedelta(hours=2))
    text = page(client, invitation)
    assert "Votre session ouvrira à" in text
    assert 'name="code"' not in text
    response = typed(client, invitation, CODE)
    assert response.status_code == 200
    assert "Votre session ouvrira à" in response.content.decode()
    assert client.session.get("invitations") is None


def test_a_session_granted_before_a_move_waits_again(client, invitation):
    typed(client, invitation, CODE)
    starts_in(invitation, timedelta(days=1))
    response = client.get(reverse("patients:intake", args=[invitation.token]))
    assert response["Location"] == gate(invitation)
    assert "Votre session ouvrira à" in page(client, invitation)


def test_it_opens_by_the_clock_without_worker_or_javascript(client, practitioner, time_machine_now):
    invitation = make_consultation(practitioner, timezone.now() + timedelta(minutes=31)).invitation
    response = client.get(gate(invitation))
    assert 0 < int(response["Refresh"]) <= 61
    time_machine_now(timedelta(minutes=2))
    assert 'name="code"' in page(client, invitation)


def test_a_far_opening_is_looked_at_again_for_moves(client, invitation):
    starts_in(invitation, timedelta(days=3))
    assert client.get(gate(invitation))["Refresh"] == "300"


def test_an_open_page_learns_within_seconds_what_has_changed(client, invitation):
    def asks() -> int:
        return client.get(gate(invitation), headers={"if-none-match": shown}).status_code

    starts_in(invitation, timedelta(hours=2))
    shown = re.search(r'data-says="([^"]+)"', page(client, invitation))[1].replace("&quot;", '"')
    assert (asks(), asks()) == (304, 304)
    starts_in(invitation, timedelta(hours=3))
    assert asks() == 200
    shown = re.search(r'data-says="([^"]+)"', page(client, invitation))[1].replace("&quot;", '"')
    assert asks() == 304
    services.close_invitation(invitation=invitation, reason="cancelled", now=timezone.now())
    assert asks() == 200
    # The last word: nothing is asked any more.
    assert "data-says" not in page(client, invitation)


@pytest.mark.parametrize(("reason", "words"), [("cancelled", "est annulé"), ("missed", "est passé")])
def test_cancelled_and_missed_are_said_in_words(client, invitation, reason, words):
    typed(client, invitation, CODE)
    services.close_invitation(invitation=invitation, reason=reason, now=timezone.now())
    text = page(client, invitation)
    assert words in text
    assert 'name="code"' not in text
    assert words in typed(Client(), invitation, CODE).content.decode()
    assert client.get(reverse("patients:intake", args=[invitation.token]))["Location"] == gate(invitation)


def test_a_wrong_code_says_so_and_counts(client, invitation):
    for remaining in ("4 essais", "3 essais", "2 essais", "1 essai."):
        text = typed(client, invitation, "ZZZZ").content.decode()
        assert "Ce code n’est pas le bon." in text
        assert remaining in text
    invitation.refresh_from_db()
    assert (invitation.recent_failures, invitation.code_failures) == (4, 4)
    assert client.session.get("invitations") is None


def test_five_wrong_codes_lock_the_link_for_fifteen_minutes(client, invitation, time_machine_now):
    for _ in range(5):
        response = typed(client, invitation, "ZZZZ")
    assert "le lien est bloqué jusqu’à" in response.content.decode().replace("\u00a0", " ")
    assert "bloqué" in typed(client, invitation, CODE).content.decode()
    assert "bloqué" in page(Client(), invitation)
    time_machine_now(timedelta(minutes=15, seconds=1))
    assert typed(client, invitation, CODE).status_code == 302


def test_ten_wrong_codes_end_the_code_and_tell_the_practitioner_once(client, invitation, time_machine_now):
    for _ in range(2):
        for _ in range(5):
            typed(client, invitation, "ZZZZ")
        time_machine_now(timedelta(minutes=16))
    text = typed(client, invitation, CODE).content.decode()
    assert "Demandez un nouveau code à votre praticien" in text
    assert "Demandez un nouveau code à votre praticien" in page(Client(), invitation)
    told = OutgoingMessage.objects.get(name="patients/code_dead")
    assert told.to == invitation.practitioner.user.email
    assert told.about == f"invitation/{invitation.pk}"
    assert "Carpentier" not in told.body + told.subject


def test_a_new_code_unlocks_and_closes_older_sessions(client, invitation):
    typed(client, invitation, CODE)
    assert client.get(reverse("patients:intake", args=[invitation.token])).status_code == 200
    new = services.renew_code(invitation=invitation).code
    assert new != CODE
    assert client.get(reverse("patients:intake", args=[invitation.token]))["Location"] == gate(invitation)
    assert "Votre code a changé : tapez le nouveau." in page(client, invitation)
    assert "Votre code a changé" not in page(Client(), invitation)
    assert typed(client, invitation, CODE).status_code == 200
    assert typed(client, invitation, new).status_code == 302


def test_thirty_wrong_codes_an_hour_lock_the_address_whatever_the_link(client, practitioner, time_machine_now):
    for _ in range(10):
        invitation = make_consultation(practitioner).invitation
        for _ in range(3):
            typed(client, invitation, "ZZZZ")
    fresh = make_consultation(practitioner).invitation
    assert "bloqué" in typed(client, fresh, CODE).content.decode()
    fresh.refresh_from_db()
    assert fresh.code_failures == 0
    assert typed(Client(REMOTE_ADDR="198.51.100.7"), fresh, CODE).status_code == 302
    time_machine_now(timedelta(hours=1, seconds=1))
    assert typed(client, make_consultation(practitioner, timezone.now()).invitation, CODE).status_code == 302


def test_right_codes_do_not_lock_a_shared_address(client, practitioner):
    for _ in range(35):
        assert typed(Client(), make_consultation(practitioner).invitation, CODE).status_code == 302


def test_the_patient_of_one_link_sees_nothing_of_another(client, invitation, other_practitioner):
    other = make_consultation(other_practitioner).invitation
    typed(client, invitation, CODE)
    assert client.get(reverse("patients:intake", args=[other.token]))["Location"] == gate(other)
    assert 'name="code"' in page(client, other)


def test_one_browser_may_hold_two_invitations(client, invitation, other_practitioner):
    other = make_consultation(other_practitioner).invitation
    for each in (invitation, other):
        typed(client, each, CODE)
    for each in (invitation, other):
        assert client.get(reverse("patients:intake", args=[each.token])).status_code == 200


def test_the_code_form_needs_its_csrf_token(invitation):
    assert typed(Client(enforce_csrf_checks=True), invitation, CODE).status_code == 403
    invitation.refresh_from_db()
    assert invitation.code_validated_at is None


def test_the_session_key_changes_when_the_code_is_right(client, invitation):
    session = client.session
    session["before"] = True
    session.save()
    client.cookies["session"] = session.session_key
    typed(client, invitation, CODE)
    assert client.session.session_key != session.session_key


def test_a_get_changes_nothing(client, invitation):
    before = Invitation.objects.values().get(pk=invitation.pk)
    for _ in range(3):
        client.get(gate(invitation), {"code": CODE})
        client.head(gate(invitation))
    assert Invitation.objects.values().get(pk=invitation.pk) == before
    assert client.session.get("invitations") is None


@pytest.mark.parametrize(
    "code",
    ["", " ", "A", "12345", "x" * 21, "<b>", "7K\0M", "😀😀😀😀", "7K2\u202e", "\ud800ABC", "7K2é", "٧٧٧٧"],
)  # fmt: skip
def test_what_can_not_be_a_code_is_said_and_not_counted(client, invitation, code):
    response = typed(client, invitation, code.encode("utf-8", "surrogatepass"))
    assert response.status_code == 200
    assert 'class="errorlist"' in response.content.decode()
    invitation.refresh_from_db()
    assert invitation.code_failures == 0


@pytest.mark.parametrize("code", ["7K2M", "7k2m", " 7 k 2 m ", "7K2M\u00a0"])
def test_the_right_code_opens_however_it_is_typed(client, invitation, code):
    response = typed(client, invitation, code)
    assert response["Location"] == reverse("patients:intake", args=[invitation.token])
    invitation.refresh_from_db()
    assert invitation.code_validated_at is not None
    assert invitation.code_failures == 0


def test_look_alikes_are_read_as_what_the_alphabet_has(client, invitation):
    Invitation.objects.filter(pk=invitation.pk).update(code="0110")
    assert typed(client, invitation, "oILO").status_code == 302


def test_the_gate_says_with_whom_and_when(client, invitation):
    text = " ".join(page(client, invitation).split())
    local = timezone.localtime(invitation.starts_at)
    assert "Vous avez rendez-vous avec le" in text
    assert "Dr MARTIN" in text
    assert f"le {local:%d/%m/%Y à %H:%M}" in text
    assert "Veuillez taper le code d’accès qui vous a été transmis :" in text


def test_who_typed_the_code_goes_straight_on(client, invitation):
    typed(client, invitation, CODE)
    assert client.get(gate(invitation))["Location"] == reverse("patients:intake", args=[invitation.token])
    services.save_intake(invitation=invitation, values={}, now=timezone.now(), complete=True)
    assert client.get(gate(invitation))["Location"] == reverse("teleconsult:patient_room", args=[invitation.token])


def test_after_the_end_the_code_leads_to_the_documents(client, invitation):
    services.close_invitation(invitation=invitation, reason="completed", now=timezone.now())
    assert "Votre consultation est terminée" in page(client, invitation)
    documents = reverse("prescriptions:patient_documents", args=[invitation.token])
    assert typed(client, invitation, CODE)["Location"] == documents
    assert client.get(gate(invitation))["Location"] == documents


def test_no_page_of_the_patient_is_stored(client, invitation):
    for response in (client.get(gate(invitation)), typed(client, invitation, CODE), client.get(gate(invitation))):
        assert "no-store" in response["Cache-Control"]


# --- The link was opened ----------------------------------------------------------------------------
def test_a_mail_scanners_get_opens_no_link(client, consultation):
    invitation = consultation.invitation
    url = reverse("patients:link_opened", args=[invitation.token])
    assert client.get(f"/visio/{invitation.token}/").status_code == 200
    assert client.get(url).status_code == 405
    invitation.refresh_from_db()
    assert invitation.link_opened_at is None


def test_the_pages_script_says_that_the_link_was_opened_and_the_first_time_counts(client, consultation):
    invitation = consultation.invitation
    url = reverse("patients:link_opened", args=[invitation.token])
    assert f'action="{url}" data-opened' in client.get(f"/visio/{invitation.token}/").content.decode()
    assert client.post(url).status_code == 204
    invitation.refresh_from_db()
    first = invitation.link_opened_at
    assert first is not None
    assert client.post(url).status_code == 204
    invitation.refresh_from_db()
    assert invitation.link_opened_at == first
    assert "data-opened" not in client.get(f"/visio/{invitation.token}/").content.decode()


def test_a_closed_link_is_opened_no_more(client, consultation):
    invitation = consultation.invitation
    services.close_invitation(invitation=invitation, reason="cancelled", now=timezone.now())
    client.post(reverse("patients:link_opened", args=[invitation.token]))
    invitation.refresh_from_db()
    assert invitation.link_opened_at is None
