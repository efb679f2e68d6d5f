"""The pages that belong to no room: home, help, legal, errors."""

import pikepdf
import pytest
from django.http import Http404, HttpResponse
from django.test import AsyncRequestFactory, Client, RequestFactory
from django.urls import reverse

from accounts.models import Practitioner
from rofim import views
from rofim.middleware import RefuseHostileInputMiddleware
from rofim.tutorials import static_file

READING = ["help_patient", "help_practitioner", "privacy", "legal_notice", "accessibility"]


def test_half_logged_in_sees_the_visitors_page(half_logged_in, practitioner):
    response = half_logged_in(practitioner.user).get("/")
    assert response.templates[0].name == "home_visitor.html"
    assert "Dr Claire Martin" not in response.text


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "https://example.org/x.css",
        "https://static.invalid/../manage.py",
        "https://static.invalid/css/../../manage.py",
        "https://static.invalid/manage.py",
    ],
)
def test_tutorial_fetches_nothing_else(url):
    with pytest.raises(ValueError, match="nothing but"):
        static_file(url)


def test_home_pending(client_for, pending_practitioner):
    page = client_for(pending_practitioner.user).get("/").text
    assert "votre inscription est en cours de validation" in page
    assert reverse("teleconsult:consultation_list") not in page
    assert reverse("prescriptions:prescription_list") not in page


@pytest.mark.parametrize(
    ("status", "words"),
    [(Practitioner.Status.REFUSED, "n’a pas été validée"), (Practitioner.Status.SUSPENDED, "est suspendue")],
)
def test_home_refused_or_suspended_says_why(client_for, pending_practitioner, status, words):
    Practitioner.objects.update(status=status, decision_reason="Carte <b>illisible</b>")
    page = client_for(pending_practitioner.user).get("/").text
    assert words in page
    assert "Carte &lt;b&gt;illisible&lt;/b&gt;" in page
    assert reverse("teleconsult:consultation_list") not in page


def test_home(client_for, practitioner):
    response = client_for(practitioner.user).get("/")
    assert "Dr Claire Martin" in response.text
    assert f'class="tile main" href="{reverse("teleconsult:consultation_list")}"' in response.text
    assert "en cours de validation" not in response.text
    assert response["Cache-Control"] == "no-store, private"


def test_home_administrator(client_for, administrator):
    page = client_for(administrator).get("/").text
    assert reverse("admin:index") in page
    assert reverse("teleconsult:consultation_list") not in page


def test_home_visitor(db):
    page = Client().get("/").text
    assert reverse("accounts:register") in page
    assert reverse("accounts:login") in page
    assert reverse("help_patient") in page


@pytest.mark.parametrize("name", READING)
def test_reading(db, name):
    response = Client().get(reverse(name))
    assert response.status_code == 200
    assert response.text.count("<h1>") == 1
    assert "Aller au contenu" in response.text
    assert '<html lang="fr">' in response.text


@pytest.mark.parametrize(
    ("name", "words"),
    [("help_patient_pdf", "Votre téléconsultation"), ("help_practitioner_pdf", "Procédure téléconsultation")],
)
def test_tutorial_pdf(db, tmp_path, name, words):
    response = Client().get(reverse(name))
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("inline; filename=")
    assert "public" in response["Cache-Control"]
    path = tmp_path / "tutorial.pdf"
    path.write_bytes(response.content)
    with pikepdf.open(path) as pdf:
        assert words in str(pdf.docinfo["/Title"])
        fonts = {str(font["/BaseFont"]) for page in pdf.pages for font in page["/Resources"]["/Font"].values()}
    assert fonts
    assert all("Atkinson" in font for font in fonts), fonts


def test_not_found(db):
    response = Client().get("/nulle-part/<script>")
    assert response.status_code == 404
    assert "Cette page n’existe pas" in views.page_not_found(RequestFactory().get("/"), Http404()).text


def test_not_found_when_logged_in_keeps_a_way_home(client_for, practitioner, settings):
    settings.DEBUG = False
    response = client_for(practitioner.user).get("/nulle-part/")
    assert response.status_code == 404
    assert "Mon accueil" in response.text


def test_bad_request(db):
    assert Client().get("/?q=%00").status_code == 400
    assert Client().get("/%00").status_code == 400


def asked_of_the_edge(method: str, content_type: str) -> int:
    """The status of a request as Daphne hands it over; 204 where it goes on to the site."""
    body = b'--b\r\nContent-Disposition: form-data; name="email"\r\n\r\na\\ud800+2AA-@x.fr\r\n--b--\r\n'
    request = AsyncRequestFactory().generic(method, "/connexion/?next=%5Cud800%2B2AA-", body, content_type)
    return RefuseHostileInputMiddleware(lambda request: HttpResponse(status=204))(request).status_code


@pytest.mark.parametrize(
    "charset", ["unicode_escape", "raw_unicode_escape", "utf-7", "rot13", "zlib", "idna", "undefined"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_charset_that_spells_lone_surrogates_is_refused(method, charset):
    assert asked_of_the_edge(method, f"multipart/form-data; boundary=b; charset={charset}") == 400


@pytest.mark.parametrize("charset", ["", "; charset=utf-8", "; charset=UTF-8", "; charset=utf8", "; charset=nonsense"])
def test_utf8_is_read_whatever_it_is_called(charset):
    assert asked_of_the_edge("POST", f"multipart/form-data; boundary=b{charset}") == 204


def test_a_cookie_with_nul_is_refused(db):
    assert Client(headers={"cookie": r'session="\000aaaaaaaaaaaa"'}).get("/").status_code == 400


def test_csrf_failure(db):
    response = Client(enforce_csrf_checks=True).post(reverse("accounts:logout"))
    assert response.status_code in {302, 403}
    failure = views.csrf_failure(RequestFactory().get("/"))
    assert failure.status_code == 403
    assert "rien n’a été enregistré" in failure.text


def test_forbidden():
    assert views.permission_denied(RequestFactory().get("/")).status_code == 403


def test_server_error_needs_no_database():
    """No `db` fixture here: any query would raise."""
    request = RequestFactory().get("/")
    response = views.server_error(request)
    assert response.status_code == 500
    assert "Quelque chose n’a pas marché" in response.text
    assert "Traceback" not in response.text


def test_health_needs_no_database():
    assert Client().get("/sante/").json() == {"status": "ok"}


def test_the_address_of_a_button_says_how_to_press_it(consultation, client_for):
    client = client_for(consultation.practitioner.user)
    response = client.get(reverse("teleconsult:consultation_end", args=[consultation.reference]))
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert "Rien n’a été fait" in response.content.decode()


def test_a_button_pressed_after_the_session_ended_leads_to_the_login_and_then_home(consultation, client):
    response = client.post(reverse("teleconsult:consultation_end", args=[consultation.reference]))
    assert response.status_code == 302
    assert response["Location"] == reverse("accounts:login")
