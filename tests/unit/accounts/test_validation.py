"""Decisions about registrations: refusals first, then what each does, and what stays of the proof of identity."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.duplicates import duplicates_of, normalised_email
from accounts.models import AuditEvent, LoginSession, Practitioner, User
from accounts.services import decisions
from rofim import pdf_pages
from rofim.notifications.models import OutgoingMessage
from rofim.uploads import PDF
from tests.conftest import make_practitioner, make_user
from tests.unit.accounts.helpers import pdf, with_document

pytestmark = pytest.mark.django_db

QUEUE = "/admin/accounts/practitioner/"
VALIDATE = {"proof": "passport"}
REASON = {"preset": "La pièce est périmée."}


def member_of(group: str) -> User:
    user = make_user(f"De-{group}", "+33612345670", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


# --- Refusals ---


def test_the_operators_see_no_proof_of_identity(client_for, waiting):
    client = client_for(member_of("exploitation"))
    for name in ("change/", "piece/1/", "valider/", "autre-piece/", "refuser/"):
        assert client.get(f"{QUEUE}{waiting.pk}/{name}").status_code == 403, name
        assert client.post(f"{QUEUE}{waiting.pk}/{name}", VALIDATE | REASON).status_code == 403, name
    assert client.get(QUEUE).status_code == 403
    for address in ("/admin/notifications/outgoingmessage/", "/admin/accounts/auditevent/", "/admin/statistiques/"):
        assert client.get(address).status_code == 200, address
    assert client.get("/admin/accounts/user/").status_code == 403
    waiting.refresh_from_db()
    assert waiting.status == "pending"


def test_the_validators_decide_and_see_nothing_else(client_for, waiting):
    client = client_for(member_of("validation"))
    for address in ("/admin/notifications/outgoingmessage/", "/admin/accounts/user/", "/admin/statistiques/"):
        assert client.get(address).status_code == 403, address
    assert client.get(f"{QUEUE}{waiting.pk}/change/").status_code == 200
    assert client.get(f"{QUEUE}{waiting.pk}/piece/1/").status_code == 200
    client.post(f"{QUEUE}{waiting.pk}/valider/", VALIDATE)
    waiting.refresh_from_db()
    assert waiting.is_validated


def test_an_administrators_registration_is_decided_by_those_with_all_rights(client_for, administrator, waiting):
    """One's own, too: otherwise a validator validates oneself, or suspends whoever has all rights."""
    clerk, chief = member_of("validation"), make_practitioner("Chef", "+33612345671")
    User.objects.filter(pk__in=(waiting.user_id, chief.user_id)).update(is_staff=True)
    waiting.user.refresh_from_db()
    waiting.user.groups.add(Group.objects.get(name="validation"))
    for user, whose, decision in ((waiting.user, waiting, "valider"), (clerk, chief, "suspendre")):
        client = client_for(user)
        assert f"/{decision}/" not in client.get(f"{QUEUE}{whose.pk}/change/").text
        assert client.get(f"{QUEUE}{whose.pk}/{decision}/").status_code == 403
        assert client.post(f"{QUEUE}{whose.pk}/{decision}/", VALIDATE | REASON).status_code == 403
    assert not Practitioner.objects.get(pk=waiting.pk).is_validated
    assert Practitioner.objects.get(pk=chief.pk).is_validated
    client_for(administrator).post(f"{QUEUE}{waiting.pk}/valider/", VALIDATE)
    assert Practitioner.objects.get(pk=waiting.pk).is_validated


def test_who_may_only_look_sees_neither_document_nor_buttons(client_for, waiting):
    from django.contrib.auth.models import Permission

    clerk = make_user("Clerc", "+33612345605", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_practitioner"))
    client = client_for(clerk)
    page = client.get(f"{QUEUE}{waiting.pk}/change/").content.decode()
    assert "data-viewer" not in page
    assert "/valider/" not in page
    assert client.get(f"{QUEUE}{waiting.pk}/piece/1/").status_code == 403


@pytest.mark.parametrize("proof", ["", "library_card", "<script>", "passport\0"])
def test_validation_needs_the_kind_of_document(client_for, administrator, waiting, proof):
    answer = client_for(administrator).post(f"{QUEUE}{waiting.pk}/valider/", {"proof": proof})
    assert answer.status_code == 200
    assert answer.context["form"].errors["proof"]
    waiting.refresh_from_db()
    assert waiting.status == "pending"
    assert waiting.identity_document


def test_the_second_administrator_is_told_who_decided(client_for, administrator, waiting):
    other = make_user("Second", "+33612345671", first_name="Zoé", is_staff=True, is_superuser=True)
    client_for(other).post(f"{QUEUE}{waiting.pk}/refuser/", {"reason": "Nom différent"})
    answer = client_for(administrator).post(f"{QUEUE}{waiting.pk}/valider/", VALIDATE, follow=True)
    assert "Zoé Second a refusé cette inscription" in answer.content.decode()
    waiting.refresh_from_db()
    assert (waiting.status, waiting.decided_by) == ("refused", other)
    assert OutgoingMessage.objects.filter(name="accounts/validated").count() == 0


def test_a_second_click_sends_one_email(client_for, administrator, waiting):
    client = client_for(administrator)
    for _ in range(2):
        client.post(f"{QUEUE}{waiting.pk}/valider/", VALIDATE)
    assert OutgoingMessage.objects.filter(name="accounts/validated").count() == 1
    assert AuditEvent.objects.filter(action="registration.validated").count() == 1


def test_a_decision_that_the_state_does_not_have_changes_nothing(client_for, administrator, practitioner, waiting):
    client = client_for(administrator)
    for person, names in ((practitioner, ("valider", "refuser", "autre-piece", "retablir")), (waiting, ("suspendre", "retablir"))):  # fmt: skip  # noqa: E501
        before = person.status
        for name in names:
            assert client.post(f"{QUEUE}{person.pk}/{name}/", VALIDATE | {"reason": "Essai"}).status_code == 302
            person.refresh_from_db()
            assert person.status == before, name


# --- What decisions do ---


@pytest.mark.parametrize("decision", ["valider", "refuser", "autre-piece"])
def test_the_document_is_gone_at_each_decision(
    client_for, administrator, waiting, django_capture_on_commit_callbacks, decision
):
    client, name = client_for(administrator), waiting.identity_document.name
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{QUEUE}{waiting.pk}/{decision}/", VALIDATE | {"reason": "Illisible"})
    waiting.refresh_from_db()
    assert (waiting.identity_document.name, waiting.identity_document_type) == ("", "")
    assert not default_storage.exists(name)
    assert client.get(f"{QUEUE}{waiting.pk}/piece/1/").status_code == 404


def test_validated_keeps_only_that_it_was_seen(client_for, administrator, waiting):
    client_for(administrator).post(f"{QUEUE}{waiting.pk}/valider/", VALIDATE)
    waiting.refresh_from_db()
    assert (waiting.verified_by, waiting.verified_proof) == (administrator, "passport")
    page = client_for(administrator).get(f"{QUEUE}{waiting.pk}/change/").content.decode()
    assert re.search(r"Identité vérifiée le \d\d/\d\d/\d{4} à \d\d:\d\d par Claire Admin\s*: passeport", page)


def test_verification_outlives_suspension(administrator, waiting):
    now = timezone.now()
    decisions.validate_practitioner(practitioner=waiting, by=administrator, proof="identity_card", now=now)
    decisions.suspend_practitioner(practitioner=waiting, by=administrator, reason="x", now=now + timedelta(days=9))
    assert (waiting.verified_at, waiting.verified_proof) == (now, "identity_card")


@pytest.mark.parametrize("given", [{"preset": "La pièce est périmée."}, {"reason": "Le nom diffère"}])
def test_a_reason_of_the_list_or_a_free_one(client_for, administrator, waiting, given):
    client_for(administrator).post(f"{QUEUE}{waiting.pk}/autre-piece/", given)
    waiting.refresh_from_db()
    assert waiting.decision_reason == next(iter(given.values()))


def test_a_preset_that_is_not_in_the_list_is_refused(client_for, administrator, waiting):
    answer = client_for(administrator).post(f"{QUEUE}{waiting.pk}/refuser/", {"preset": "Parce que"})
    assert answer.context["form"].errors["preset"]
    waiting.refresh_from_db()
    assert waiting.status == "pending"


@pytest.mark.parametrize("name", ["validated", "refused", "suspended", "restored", "document_requested"])
def test_each_decision_sends_text_and_html(administrator, waiting, name):
    now, common = timezone.now(), {"by": administrator, "practitioner": waiting}
    if name == "refused":
        decisions.refuse_practitioner(**common, reason="Motif écrit.", now=now)
    elif name == "document_requested":
        decisions.request_document(**common, reason="Motif écrit.", now=now)
    else:
        decisions.validate_practitioner(**common, proof="passport", now=now)
        decisions.suspend_practitioner(**common, reason="Motif écrit.", now=now)
        decisions.restore_practitioner(**common, now=now)
    message = OutgoingMessage.objects.get(name=f"accounts/{name}")
    assert "Dr ATTENTE" in message.body
    assert "Dr ATTENTE" in message.body_html
    if name in {"refused", "suspended", "document_requested"}:
        assert "Motif écrit." in message.body
        assert "Motif écrit." in message.body_html


def test_no_session_of_before_the_suspension_lives_after_the_restoration(client_for, administrator, practitioner):
    inside = client_for(practitioner.user)
    now = timezone.now()
    decisions.suspend_practitioner(practitioner=practitioner, by=administrator, reason="x", now=now)
    assert not LoginSession.objects.filter(user=practitioner.user).exists()
    decisions.restore_practitioner(practitioner=practitioner, by=administrator, now=now)
    answer = inside.get("/compte/")
    assert answer.status_code == 302
    assert answer.url.startswith("/connexion/")


# --- The document ---


def test_pages_of_a_pdf_are_pictures_and_each_look_is_noted(client_for, administrator, pending_practitioner):
    with_document(pending_practitioner, pdf(pages=2), PDF)
    client = client_for(administrator)
    address = f"{QUEUE}{pending_practitioner.pk}/"
    page = client.get(f"{address}change/").content.decode()
    assert page.count("data-page=") == 2
    assert not AuditEvent.objects.filter(action="document.viewed").exists()
    for number in (1, 2):
        answer = client.get(f"{address}piece/{number}/")
        assert answer.content.startswith(b"\xff\xd8\xff")
        assert answer["Content-Type"] == "image/jpeg"
        assert "no-store" in answer["Cache-Control"]
    assert AuditEvent.objects.filter(action="document.viewed", actor=administrator).count() == 2
    for number in ("0", "3", "99999999"):
        assert client.get(f"{address}piece/{number}/").status_code == 404, number


def test_a_pdf_that_cannot_be_drawn_says_so(client_for, administrator, pending_practitioner):
    with_document(pending_practitioner, b"%PDF-1.7 not really", PDF)
    client = client_for(administrator)
    page = client.get(f"{QUEUE}{pending_practitioner.pk}/change/").content.decode()
    assert "ne peut pas être affichée" in page
    assert client.get(f"{QUEUE}{pending_practitioner.pk}/piece/1/").status_code == 404


def test_a_huge_page_is_drawn_small():
    import io

    import pikepdf
    from PIL import Image

    out = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(14_000, 7_000))
        document.save(out)
    drawn = Image.open(io.BytesIO(pdf_pages.page_as_jpeg(out.getvalue(), 1)))
    assert max(drawn.size) <= 2401


# --- The checks ---


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("lea@example.org", "lea+rofim@example.org", True),
        ("l.e.a+x@gmail.com", "lea@googlemail.com", True),
        ("l.ea@example.org", "lea@example.org", False),
        ("lea@example.org", "lea@example.com", False),
    ],
)
def test_mailboxes(one, other, same):
    assert (normalised_email(one) == normalised_email(other)) is same


def test_duplicates_by_number_mobile_and_mailbox(client_for, administrator, waiting):
    def shared():
        return {duplicate.practitioner: duplicate.shared for duplicate in duplicates_of(waiting)}

    same_rpps = make_practitioner("Jumelle", "+33612345612")
    unrelated = make_practitioner("Autre", "+33612345613", rpps="10007654329")
    same_mobile = make_practitioner("Portable", str(waiting.user.mobile_phone), "refused", rpps="10001112225")
    same_box = make_practitioner("Boite", "+33612345614", rpps="", adeli="759300011")
    User.objects.filter(pk=same_box.user_id).update(email="dr.attente+2@example.org")
    assert shared() == {same_rpps: ["n°\u00a0RPPS"], same_mobile: ["portable"], same_box: ["adresse e-mail"]}
    assert unrelated not in shared()
    client = client_for(administrator)
    page = client.get(f"{QUEUE}{waiting.pk}/change/").content.decode()
    for other in (same_rpps, same_mobile, same_box):
        assert f'href="{QUEUE}{other.pk}/change/"' in page
    assert "Clé de contrôle juste" in page
    rows = client.get(f"{QUEUE}?doublon=oui&etat=tous").context["cl"].result_list
    assert {row.pk for row in rows} == {waiting.pk, same_rpps.pk, same_mobile.pk}


def test_each_label_of_the_page_finds_its_own_field(client_for, administrator, waiting):
    page = client_for(administrator).get(f"{QUEUE}{waiting.pk}/change/").content.decode()
    ids = re.findall(r'<(?:input|textarea)[^>]*\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids)) > 12
    assert set(re.findall(r'\bfor="([^"]+)"', page)) <= set(ids)


def test_an_adeli_number_proves_nothing_by_itself(client_for, administrator):
    psychologist = make_practitioner("Psy", "+33612345616", "pending", rpps="", adeli="759300011")
    page = client_for(administrator).get(f"{QUEUE}{psychologist.pk}/change/").content.decode()
    assert "759300011" in page
    assert "pas de clé de contrôle" in page
    assert 'rel="noopener noreferrer"' in page


def test_the_queue_filters_searches_and_says_when_it_is_empty(client_for, administrator, practitioner):
    client = client_for(administrator)
    assert "Aucune inscription n’attend." in client.get(QUEUE).content.decode()
    assert "Aucune inscription n’attend" in client.get("/admin/").content.decode()
    old = make_practitioner("Vieux", "+33612345617", "pending", submitted_at=timezone.now() - timedelta(days=2))
    make_practitioner("Neuf", "+33612345618", "pending")

    def names(query):
        return [row.user.last_name for row in client.get(QUEUE + query).context["cl"].result_list]

    assert names("") == ["Vieux", "Neuf"]
    assert names("?attente=1") == ["Vieux"]
    assert names("?attente=3") == []
    assert names("?etat=validated") == ["Martin"]
    # A search looks everywhere.
    assert names("?q=Martin") == ["Martin"]
    assert "À traiter (2)" in client.get(QUEUE).content.decode()
    home = client.get("/admin/").content.decode()
    assert "2 inscriptions attendent" in home
    assert f"{QUEUE}{old.pk}/change/" in home
