"""The trail in the administration, in words; and the end of an idle login, announced there as elsewhere."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import audit
from tests.conftest import make_consultation, make_practitioner, make_user

pytestmark = pytest.mark.django_db

TRAIL = "/admin/accounts/auditevent/"


def test_references_are_said_in_words_and_lead_to_what_else_is_known(client_for, administrator, practitioner):
    consultation = make_consultation(practitioner)
    within = f"invitation/{consultation.invitation_id}"
    audit.record(action="intake.read", actor=practitioner.user, about=within, within=within)
    audit.record(action="registration.validated", actor=administrator, about=f"practitioner/{practitioner.pk}")
    audit.record(action="administrator.created", actor=administrator, about=f"user/{administrator.pk}")
    audit.record(action="administrator.created", actor=administrator, about="user/987")
    audit.record(action="prescription.issued", actor=practitioner.user, about="prescription/3")
    audit.record(action="test", actor=None, about="thing/é<b>")
    audit.record(action="login.failed", actor=None, about="user/unknown")
    client = client_for(administrator)
    text = client.get(TRAIL).text.replace("\u00a0", " ")
    number = consultation.invitation_id
    for words in (
        f"rendez-vous n° {number}",
        "Dr Claire Martin",
        "Claire Admin",
        "compte n° 987",
        "ordonnance n° 3",
        "compte inconnu",
    ):
        assert f">{words}</a>" in text
    assert "thing/é&lt;b&gt;" in text
    assert "Carpentier" not in text
    assert f'href="{TRAIL}?q=practitioner%2F{practitioner.pk}"' in text
    found = client.get(f"{TRAIL}?q=practitioner/{practitioner.pk}").text
    assert "Inscription validée" in found
    assert "Ordonnance délivrée" not in found.split('id="result_list"')[1].split("</table>")[0]


def test_one_event_is_told_in_french(client_for, administrator):
    audit.record(action="administrator.created", actor=administrator, about=f"user/{administrator.pk}")
    event = audit.AuditEvent.objects.get()
    page = client_for(administrator).get(f"{TRAIL}{event.pk}/change/").text
    assert "<h1>Administrateur créé</h1>" in page
    for raw in ("administrator.created", "Seal"):
        assert raw not in page.split('id="content"')[1]


def test_a_page_of_the_trail_asks_for_its_names_at_once(client_for, administrator):
    client, counts = client_for(administrator), []
    for number in range(2):
        for name in ("A", "B", "C"):
            practitioner = make_practitioner(f"{name}{number}", "+33612345601")
            audit.record(action="practitioner.suspended", actor=administrator, about=f"practitioner/{practitioner.pk}")
            audit.record(action="login", actor=None, about=f"user/{practitioner.user_id}")
        with CaptureQueriesContext(connection) as asked:
            client.get(TRAIL)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_an_idle_login_is_warned_of_in_the_administration_too(client_for):
    clerk = make_user("Clerc", "+33612345605", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_practitioner"))
    client = client_for(clerk)
    registration = make_practitioner("Attente", "+33612345603", "pending")
    for page in ("/admin/", "/admin/accounts/practitioner/", f"/admin/accounts/practitioner/{registration.pk}/change/"):
        text = client.get(page).text
        assert f'data-session="/compte/session/" data-user="{clerk.pk}"' in text, page
        assert "/static/js/pages/session.js" in text
