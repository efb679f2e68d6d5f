"""One appointment's addresses: refusals of each, then what each does."""

from datetime import timedelta
from io import BytesIO

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from patients.models import Intake, Invitation
from rofim.notifications.models import OutgoingMessage
from rofim.notifications.services import messages_about
from rofim.ui import day
from teleconsult.models import Consultation, ConsultationEvent
from teleconsult.states import Status
from tests.conftest import make_consultation, verify

PAGES = ("consultation_detail", "consultation_edit", "consultation_cancel", "consultation_infos", "consultation_export")
POST_ONLY = ("invitation_resend", "access_code_renew", "consultation_end")
CHANGES = (*POST_ONLY, "consultation_edit", "consultation_cancel")
HTMX = {"HX-Request": "true"}


def url(name: str, reference: str) -> str:
    return reverse(f"teleconsult:{name}", args=[reference])


@pytest.fixture
def client(practitioner, client_for):
    return client_for(practitioner.user)


@pytest.fixture
def intake(consultation) -> Intake:
    return Intake.objects.create(
        invitation=consultation.invitation, last_name="Carpentier", first_name="Sophie", sex="female",
        nir="281071305500187", completed_at=timezone.now(), consented_at=timezone.now(),
    )  # fmt: skip


def state_of(consultation: Consultation) -> dict:
    return Consultation.objects.filter(pk=consultation.pk).values("status", "starts_at", "invitation__code").get()


# --- Refusals -------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", sorted({*PAGES, *POST_ONLY}))
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_practitioner_gets_404_and_changes_nothing(name, method, consultation, other_practitioner, client_for):
    before = state_of(consultation)
    answered = name not in POST_ONLY if method == "get" else name in CHANGES
    ask = getattr(client_for(other_practitioner.user), method)
    for headers in ({}, HTMX):
        response = ask(url(name, consultation.reference), headers=headers)
        assert response.status_code == (404 if answered else 405)
    assert state_of(consultation) == before


@pytest.mark.parametrize("name", sorted({*PAGES, *POST_ONLY}))
def test_without_both_factors_nothing_opens(name, consultation, practitioner, half_logged_in):
    for client in (Client(), half_logged_in(practitioner.user)):
        for method in (client.get, client.post):
            assert method(url(name, consultation.reference))["Location"].startswith("/connexion/")


@pytest.mark.parametrize("name", CHANGES)
def test_a_suspended_practitioner_changes_nothing(name, consultation, practitioner, client):
    practitioner.status = practitioner.Status.SUSPENDED
    practitioner.save()
    before = state_of(consultation)
    assert client.post(url(name, consultation.reference))["Location"] == "/"
    assert state_of(consultation) == before


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_needs_its_csrf_token(name, consultation, practitioner):
    client = verify(Client(enforce_csrf_checks=True), practitioner.user)
    assert client.post(url(name, consultation.reference)).status_code == 403


@pytest.mark.parametrize("name", POST_ONLY)
def test_a_get_changes_nothing(name, consultation, client):
    assert client.get(url(name, consultation.reference)).status_code == 405


@pytest.mark.parametrize("name", ["consultation_detail", "consultation_edit", "consultation_cancel"])
def test_looking_changes_nothing(name, consultation, client):
    before = state_of(consultation)
    assert client.get(url(name, consultation.reference)).status_code == 200
    assert state_of(consultation) == before


@pytest.mark.parametrize("reference", ["zzzzzz", "a", "x" * 200, "é", "%00", "../../etc"])
def test_an_unknown_number_is_404(client, reference):
    assert client.get(f"/teleconsultation/{reference}/").status_code in (400, 404)


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (status, name)
        for status in (Status.COMPLETED, Status.CANCELLED, Status.MISSED)
        for name in CHANGES
        # After the end a new code still opens the documents.
        if (status, name) != (Status.COMPLETED, "access_code_renew")
    ],
)
def test_what_has_ended_is_not_changed_and_it_is_said(practitioner, client, status, name):
    consultation = make_consultation(practitioner, status=status)
    before = state_of(consultation)
    later = timezone.localtime() + timedelta(days=2)
    response = client.post(
        url(name, consultation.reference), {"date": f"{later:%Y-%m-%d}", "time": "10:00"}, follow=True
    )
    assert response.status_code == 200
    assert state_of(consultation) == before
    assert not OutgoingMessage.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("date", ""), ("date", "2020-03-18"), ("date", "2027-02-30"), ("date", "\0"), ("date", "😀"),
     ("time", ""), ("time", "25:00"), ("time", "<script>"), ("time", "\u202e10:00")],
)  # fmt: skip
def test_a_bad_new_hour_is_told_beside_its_field(client, consultation, field, value):
    before = state_of(consultation)
    later = timezone.localtime() + timedelta(days=2)
    data = {"date": f"{later:%Y-%m-%d}", "time": "10:00"} | {field: value}
    response = client.post(url("consultation_edit", consultation.reference), data)
    assert list(response.context["form"].errors) == [field]
    assert state_of(consultation) == before


def test_moving_to_the_same_hour_sends_nothing(client, consultation):
    local = timezone.localtime(consultation.starts_at)
    Consultation.objects.filter(pk=consultation.pk).update(starts_at=local.replace(second=0, microsecond=0))
    data = {"date": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}", "which": local.fold}
    page = client.post(url("consultation_edit", consultation.reference), data, follow=True).content.decode()
    assert f"Le rendez-vous est bien le {day(local)} à {local:%H:%M}." in page
    assert not OutgoingMessage.objects.exists()


def test_a_second_click_on_move_tells_the_patient_once(client, consultation):
    moved = {"date": "demain", "time": "23h50"}
    for _ in range(2):
        assert client.post(url("consultation_edit", consultation.reference), moved).status_code == 302
    assert OutgoingMessage.objects.count() == 2
    assert consultation.events.filter(kind="moved").count() == 1


def test_a_second_click_on_cancel_tells_the_patient_once(client, consultation):
    for _ in range(2):
        assert client.post(url("consultation_cancel", consultation.reference)).status_code == 302
    assert OutgoingMessage.objects.count() == 2


def test_there_is_no_file_before_the_intake_is_complete(client, consultation):
    address = url("consultation_export", consultation.reference)
    assert client.get(address).status_code == 404
    Intake.objects.create(invitation=consultation.invitation, last_name="C", first_name="S")
    assert client.get(address).status_code == 404
    assert not AuditEvent.objects.filter(action="intake.exported").exists()


# --- What each does -------------------------------------------------------------------------------
def test_the_page_shows_code_link_messages_and_events(client, consultation):
    client.post(url("invitation_resend", consultation.reference))
    page = client.get(url("consultation_detail", consultation.reference)).content.decode()
    for words in ("7K2M", consultation.invitation.token, "Invitation renvoyée", "sophie@example.org", "06 11 22 33 44"):
        assert words in page
    assert "Aucune" in page


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        (Status.SCHEDULED, False), (Status.OPEN, True), (Status.IN_PROGRESS, True), (Status.COMPLETED, True),
        (Status.CANCELLED, False), (Status.MISSED, False),
    ],
)  # fmt: skip
def test_a_prescription_is_offered_where_it_can_be_written(client, practitioner, status, offered):
    in_two_days = timezone.now() + timedelta(days=2)
    consultation = make_consultation(practitioner, in_two_days if status == Status.SCHEDULED else None, status=status)
    page = client.get(url("consultation_detail", consultation.reference)).content.decode()
    assert ("Générer une ordonnance" in page) is offered
    answer = client.get(reverse("prescriptions:prescription_create", args=[consultation.reference]))
    assert (answer.status_code == 200) is offered


def test_the_intake_is_shown_and_its_reading_is_on_the_trail(client, consultation, intake, practitioner):
    page = client.get(url("consultation_detail", consultation.reference)).content.decode()
    assert "Sécurité sociale" in page
    assert "Féminin" in page
    event = AuditEvent.objects.get(action="intake.read")
    assert (event.actor, event.about) == (practitioner.user, f"consultation/{consultation.pk}")


def test_the_excel_file_opens_and_its_download_is_on_the_trail(client, consultation, intake):
    response = client.get(url("consultation_export", consultation.reference))
    assert response["Content-Disposition"] == f'attachment; filename="donnees-{consultation.reference}.xlsx"'
    assert "no-store" in response["Cache-Control"]
    sheet = openpyxl.load_workbook(BytesIO(response.content))["Données patient"]
    assert "Carpentier" in [cell.value for row in sheet.iter_rows() for cell in row]
    assert AuditEvent.objects.filter(action="intake.exported").count() == 1


def test_the_dialog_is_a_fragment_and_a_page_without_script(client, consultation):
    address = url("consultation_infos", consultation.reference)
    assert client.get(address)["Location"] == url("consultation_detail", consultation.reference)
    fragment = client.get(address, headers=HTMX).content.decode()
    assert "7K2M" in fragment
    assert "<html" not in fragment


def test_the_dialog_says_that_the_link_is_locked(client, consultation):
    invitation = consultation.invitation
    invitation.locked_until = timezone.now() + timedelta(minutes=10)
    invitation.save()
    fragment = client.get(url("consultation_infos", consultation.reference), headers=HTMX).content.decode()
    assert "Lien bloqué jusqu’à" in fragment


@pytest.mark.parametrize("name", ["consultation_infos", "consultation_detail"])
@pytest.mark.parametrize("status", [Status.CANCELLED, Status.MISSED, Status.OPEN])
def test_a_code_that_opens_nothing_is_not_dictated(client, consultation, name, status):
    assert "7K2M" in client.get(url(name, consultation.reference), headers=HTMX).content.decode()
    Consultation.objects.filter(pk=consultation.pk).update(status=status)
    # Ten wrong tries end a code whatever the consultation's state.
    Invitation.objects.update(code_failures=10 if status == Status.OPEN else 0)
    page = client.get(url(name, consultation.reference), headers=HTMX).content.decode()
    assert "7K2M" not in page
    assert ("Donnez un nouveau code" in page) is (status == Status.OPEN)


def test_a_new_code_is_one_click_and_shown_at_once(client, consultation):
    fragment = client.post(url("access_code_renew", consultation.reference), headers=HTMX).content.decode()
    consultation.invitation.refresh_from_db()
    assert consultation.invitation.code != "7K2M"
    assert consultation.invitation.code in fragment


def test_a_double_click_on_new_code_makes_one(client, consultation):
    address = url("access_code_renew", consultation.reference)
    client.post(address, headers=HTMX)
    code = Invitation.objects.get().code
    assert code in client.post(address, headers=HTMX).content.decode()
    assert Invitation.objects.get().code == code
    assert messages_about(f"invitation/{consultation.invitation_id}").count() == 2
    ConsultationEvent.objects.update(at=timezone.now() - timedelta(seconds=6))
    client.post(address, headers=HTMX)
    assert Invitation.objects.get().code_version == 3


def test_resending_twice_says_to_wait(client, consultation):
    address = url("invitation_resend", consultation.reference)
    assert "renvoyée" in client.post(address, headers=HTMX).content.decode()
    sent = messages_about(f"invitation/{consultation.invitation_id}").count()
    assert "attendez une minute" in client.post(address, headers=HTMX).content.decode()
    assert messages_about(f"invitation/{consultation.invitation_id}").count() == sent == 2


def test_moving_tells_the_patient(client, consultation):
    later = timezone.localtime() + timedelta(days=2)
    data = {"date": f"{later:%Y-%m-%d}", "time": "10:00"}
    response = client.post(url("consultation_edit", consultation.reference), data)
    assert response["Location"] == url("consultation_detail", consultation.reference)
    consultation.refresh_from_db()
    assert timezone.localtime(consultation.starts_at).strftime("%Y-%m-%d %H:%M") == f"{later:%Y-%m-%d} 10:00"


def test_cancelling_asks_then_does_and_a_second_click_is_quiet(client, consultation):
    address = url("consultation_cancel", consultation.reference)
    assert "Annuler ce rendez-vous" in client.get(address).content.decode()
    page = client.post(address, follow=True).content.decode()
    assert "Le rendez-vous est annulé" in page
    assert "plus possible" not in client.post(address, follow=True).content.decode()
    consultation.refresh_from_db()
    assert consultation.status == Status.CANCELLED


def test_ending_leads_to_the_page_and_a_second_click_is_quiet(client, practitioner):
    consultation = make_consultation(practitioner, status=Status.IN_PROGRESS, started_at=timezone.now())
    for _ in range(2):
        response = client.post(url("consultation_end", consultation.reference))
        assert response["Location"] == url("consultation_detail", consultation.reference)
    consultation.refresh_from_db()
    assert consultation.status == Status.COMPLETED
    event = consultation.events.get()
    assert (event.actor, event.actor_role) == (practitioner.user, "practitioner")


def test_what_has_not_begun_cannot_be_ended_and_it_is_said(client, consultation):
    page = client.post(url("consultation_end", consultation.reference), follow=True).content.decode()
    assert "pas encore commencé" in page
    consultation.refresh_from_db()
    assert consultation.status == Status.OPEN
