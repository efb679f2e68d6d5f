"""« Créer un rendez-vous de téléconsultation »: what is refused, field by field, then what is made."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from patients.models import Patient
from rofim.notifications.models import OutgoingMessage
from teleconsult.forms import ConsultationForm
from teleconsult.models import Consultation
from teleconsult.states import Status
from tests.conftest import make_consultation

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2027, 3, 3, 12, 0, 20, tzinfo=PARIS)
URL = "/teleconsultation/nouvelle/"
GOOD = {
    "patient_last_name": "Le Goff",
    "patient_first_name": "Jeanne",
    "patient_email": "jeanne@example.org",
    "patient_phone": "06 12 34 56 78",
    "date": "2027-03-04",
    "time": "09:30",
    "creation_key": "AbCdEfGhIjKlMnOp",
}


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client(practitioner, client_for) -> Client:
    return client_for(practitioner.user)


def is_nothing_saved() -> bool:
    return not (Consultation.objects.exists() or Patient.objects.exists() or OutgoingMessage.objects.exists())


# --- Refusals -------------------------------------------------------------------------------------
def test_the_not_yet_validated_create_nothing(pending_practitioner, client_for):
    response = client_for(pending_practitioner.user).post(URL, GOOD)
    assert response.status_code == 302
    assert response["Location"] == "/"
    assert is_nothing_saved()


def test_the_password_alone_creates_nothing(practitioner, half_logged_in):
    assert half_logged_in(practitioner.user).post(URL, GOOD)["Location"].startswith("/connexion/")
    assert is_nothing_saved()


NAMES = [
    "",
    "   ",
    "x" * 81,
    "<script>alert(1)</script>",
    "a\0b",
    "Zoé 😀",
    "\u202eabc",
    "\u200fabc",
    "1234",
    "…",
    "-",
    "a\r\nb;",
]
BAD = {
    "patient_last_name": NAMES,
    "patient_first_name": NAMES,
    "patient_email": [
        "jeanne", "a@b", "@example.org", "a b@example.org", "jeanne@exa\0mple.org", "élodie@example.org",
        "j😀@example.org", "\u202ej@example.org", "<script>@example.org", f"{'a' * 250}@example.org",
        "a@example.org,b@c.fr", '"\x01\x0bj"@example.org',
    ],
    "patient_phone": [
        "abc", "12", "06 12 34 56", "06 12 34 56 78 90", "04 91 00 00 00", "0262 12 34 56", "3631", "0801234567",
        "06 12 34 56 7\0", "😀😀😀😀😀😀😀", "\u202e0612345678", "<script>", "٠٦١٢٣٤٥٦٧٨", "+", "0" * 40,
        "+1 202 555 0123",
    ],
    "date": [
        "", "2027-03-02", "1927-03-04", "0001-01-01", "2028-03-05", "9999-12-31", "2027-02-30", "2027-13-01", "hier",
        "<script>", "2027-03-0\0", "😀", "\u202e2027-03-04", "x" * 5000, "02/03/2027", "jeudi 5 mars", "dans 400 jours",
    ],
    "time": ["", "25:00", "12:60", "minuit", "<script>", "09:3\0", "😀", "\u202e09:30", "x" * 5000, "-1:00"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_a_bad_value_is_told_beside_its_field_and_saves_nothing(client, name, value):
    response = client.post(URL, GOOD | {name: value})
    assert response.status_code == 200
    form = response.context["form"]
    assert set(form.errors) == {name}
    assert is_nothing_saved()
    page = response.content.decode()
    assert f'id="id_{name}_error"' in page
    assert "<script>alert" not in page
    assert 'value="Le Goff"' in page or name == "patient_last_name"


@pytest.mark.parametrize(
    ("typed", "reason"),
    [("01 62 12 34 56", "fixe"), ("05 93 12 34 56", "fixe"), ("09 72 12 34 56", "fixe"), ("0262 12 34 56", "fixe"),
     ("+687 26 12 34", "fixe"), ("08 92 12 34 56", "spécial"), ("08 00 12 34 56", "spécial"), ("3639", "court"),
     ("118 218", "court"), ("15", "court"), ("+32 470 12 34 56", "étranger (+32)"),
     ("0041 79 123 45 67", "étranger (+41)"), ("06 39 98 12 34", "n’existe pas"), ("06 12 34", "n’existe pas"),
     ("allô", "en chiffres")],
)  # fmt: skip
def test_a_number_that_cannot_receive_is_refused_with_its_own_reason(client, typed, reason):
    [error] = client.post(URL, GOOD | {"patient_phone": typed}).context["form"].errors["patient_phone"]
    assert reason in error
    assert is_nothing_saved()


@pytest.mark.parametrize("name", [*BAD, "creation_key"])
def test_a_lone_surrogate_never_reaches_the_database(practitioner, name):
    form = ConsultationForm(GOOD | {name: "a\ud800b"}, practitioner=practitioner, now=NOW)
    assert form.is_valid() is (name == "creation_key")
    if name == "creation_key":
        assert form.digest() is None


def test_without_mobile_and_email_nobody_can_be_invited(client):
    response = client.post(URL, GOOD | {"patient_email": "", "patient_phone": " "})
    assert "patient_phone" in response.context["form"].errors
    assert is_nothing_saved()


@pytest.mark.parametrize("typed", ["hier", "Avant-hier", "02/03/2027"])
def test_a_date_that_is_past_is_said_to_be_past(client, typed):
    response = client.post(URL, GOOD | {"date": typed})
    assert response.context["form"].errors == {"date": ["Cette date est passée."]}
    assert is_nothing_saved()


def test_an_hour_of_today_that_is_past_is_refused(client):
    response = client.post(URL, GOOD | {"date": "2027-03-03", "time": "11:59"})
    assert response.context["form"].errors == {"time": ["Cette heure est passée."]}


def test_the_hour_that_does_not_exist_is_refused_in_french(client):
    response = client.post(URL, GOOD | {"date": "2027-03-28", "time": "02:30"})
    assert response.context["form"].errors == {
        "time": ["Cette heure n’existe pas ce jour-là\u00a0: on passe à l’heure d’été. Choisissez-en une autre."]
    }
    assert is_nothing_saved()


def test_an_overlap_with_ones_own_warns_and_is_possible(client, practitioner):
    make_consultation(practitioner, datetime(2027, 3, 4, 9, 20, tzinfo=PARIS), status=Status.SCHEDULED)
    response = client.post(URL, GOOD)
    assert list(response.context["form"].errors) == ["confirm_overlap"]
    assert "09:20 avec Sophie Carpentier" in response.content.decode()
    assert Consultation.objects.count() == 1
    assert client.post(URL, GOOD | {"confirm_overlap": "on"}).status_code == 302
    assert Consultation.objects.count() == 2


@pytest.mark.parametrize("which", ["another practitioner's", "cancelled", "an hour later"])
def test_what_does_not_overlap_warns_of_nothing(client, practitioner, other_practitioner, which):
    make_consultation(
        other_practitioner if which == "another practitioner's" else practitioner,
        datetime(2027, 3, 4, 10 if which == "an hour later" else 9, 30, tzinfo=PARIS),
        status=Status.CANCELLED if which == "cancelled" else Status.SCHEDULED,
    )
    assert client.post(URL, GOOD).status_code == 302


def test_whoever_chose_now_confirms_now_with_the_same_key(client, practitioner):
    make_consultation(practitioner, NOW + timedelta(minutes=5))
    page = client.post(URL, GOOD | {"date": "", "time": "", "now": "1"}).content.decode()
    # The first button is the one that Enter presses.
    assert page.index('name="now"') < page.index("Créer la session de consultation</button>")
    page = client.post(URL, GOOD | {"date": "", "time": ""}).content.decode()
    assert page.index("Créer la session de consultation</button>") < page.index('name="now"')


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"patient_first_name": "", "time": "25h"}, "patient_first_name"),
        ({"patient_phone": "01 40 00 00 00"}, "patient_phone"),
        ({"time": "25h"}, "time"),
        ({"date": "31/10/2027", "time": "2h30"}, "which"),
        ({"patient_email": "", "sends_code_apart": "on"}, "sends_code_apart"),
    ],
)
def test_the_first_wrong_field_has_the_focus_and_the_page_says_that_something_is_wrong(client, changes, first):
    page = client.post(URL, GOOD | changes).content.decode()
    assert set(re.findall(r'<input[^>]* name="(\w+)"[^>]* autofocus', page)) == {first}
    assert 'role="alert"' in page
    assert "<title>Erreur\u00a0: " in page
    assert "autofocus" in (page := client.get(URL).content.decode())
    assert "Erreur" not in page


# --- What is made ---------------------------------------------------------------------------------
def test_a_good_form_makes_the_appointment_and_shows_code_and_messages(client, practitioner):
    response = client.post(URL, GOOD)
    consultation = Consultation.objects.get()
    assert response["Location"] == reverse("teleconsult:consultation_detail", args=[consultation.reference])
    assert consultation.practitioner == practitioner
    assert consultation.starts_at == datetime(2027, 3, 4, 9, 30, tzinfo=PARIS)
    assert consultation.patient.phone == "+33612345678"
    page = client.get(response["Location"]).content.decode()
    assert consultation.invitation.code in page
    assert "06 12 34 56 78" in page
    assert "jeanne@example.org" in page


def test_a_double_click_makes_one_appointment(client):
    assert client.post(URL, GOOD)["Location"] == client.post(URL, GOOD)["Location"]
    assert Consultation.objects.count() == 1
    assert OutgoingMessage.objects.count() == 2


def test_the_form_sent_again_for_another_patient_is_another_appointment(client):
    client.post(URL, GOOD)
    client.post(URL, GOOD | {"patient_first_name": "Yann", "confirm_overlap": "on"})
    assert Consultation.objects.count() == 2


def test_now_is_one_click_and_open_at_once(client):
    response = client.post(URL, GOOD | {"date": "", "time": "", "now": "1"})
    consultation = Consultation.objects.get()
    assert response.status_code == 302
    assert consultation.status == Status.OPEN
    assert consultation.starts_at == NOW.replace(second=0)


def test_now_can_be_typed(client):
    assert client.post(URL, GOOD | {"date": "03/03/2027", "time": "maintenant"}).status_code == 302
    assert Consultation.objects.get().starts_at == NOW.replace(second=0)


def test_the_present_minute_is_not_past(client):
    assert client.post(URL, GOOD | {"date": "2027-03-03", "time": "12:00"}).status_code == 302


@pytest.mark.parametrize("changes", [{"patient_email": ""}, {"patient_phone": ""}])
def test_one_way_to_reach_the_patient_is_enough(client, changes):
    assert client.post(URL, GOOD | changes).status_code == 302
    assert OutgoingMessage.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("0692 12 34 56", "+262692123456"), ("0690123456", "+590690123456"), ("0696 20 12 34", "+596696201234"),
     ("0694.20.12.34", "+594694201234"), ("+33 6 12 34 56 78", "+33612345678"), ("0033612345678", "+33612345678")],
)  # fmt: skip
def test_mobiles_of_france_and_overseas_are_understood(client, typed, kept):
    client.post(URL, GOOD | {"patient_phone": typed})
    assert Consultation.objects.get().patient.phone == kept


@pytest.mark.parametrize("name", ["O’Brien", "Nguyễn", "Jean-Noël d'Arc", "Müller", "Ελένη", "محمد"])
def test_names_of_any_script_are_kept(client, name):
    client.post(URL, GOOD | {"patient_last_name": f"  {name} "})
    assert Consultation.objects.get().patient.last_name == name


def test_of_the_double_hour_the_page_asks_which(client):
    double = GOOD | {"date": "31/10/2027", "time": "2h30"}
    response = client.post(URL, double)
    assert list(response.context["form"].errors) == ["which"]
    assert "La seconde" in response.content.decode()
    assert is_nothing_saved()
    assert list(client.post(URL, double | {"which": "2"}).context["form"].errors) == ["which"]
    client.post(URL, double | {"which": "1"})
    assert Consultation.objects.get().starts_at.isoformat() == "2027-10-31T01:30:00+00:00"
    client.post(URL, double | {"which": "0"})
    assert Consultation.objects.order_by("starts_at")[0].starts_at.isoformat() == "2027-10-31T00:30:00+00:00"


@pytest.mark.parametrize("hour", ["01:59", "03:00"])
def test_beside_the_double_hour_nothing_is_asked(client, hour):
    assert client.post(URL, GOOD | {"date": "31/10/2027", "time": hour}).status_code == 302


def test_typed_as_one_speaks(client):
    client.post(URL, GOOD | {"date": "demain", "time": "14h30"})
    assert Consultation.objects.get().starts_at == datetime(2027, 3, 4, 14, 30, tzinfo=PARIS)


# --- Whom one knows already -------------------------------------------------------------------------
def test_whom_every_field_names_is_the_same_patient(client):
    client.post(URL, GOOD)
    client.post(URL, GOOD | {"time": "11:30"})
    client.post(URL, GOOD | {"time": "12:30", "patient_phone": "06 12 34 56 79"})
    assert Patient.objects.count() == 2
    assert Consultation.objects.count() == 3


def test_the_same_person_of_another_practitioner_is_another_patient(client, other_practitioner, client_for):
    client.post(URL, GOOD)
    client_for(other_practitioner.user).post(URL, GOOD)
    assert Patient.objects.count() == 2


# --- Elsewhere --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "zone"),
    [({}, "Europe/Paris"), ({"patient_phone": "0692 12 34 56"}, "Indian/Reunion"),
     ({"patient_phone": "0639 01 23 45"}, "Indian/Mayotte"), ({"patient_phone": ""}, "Europe/Paris"),
     ({"patient_phone": "0692 12 34 56", "patient_time_zone": "Europe/Paris"}, "Europe/Paris"),
     ({"patient_time_zone": "Pacific/Noumea"}, "Pacific/Noumea")],
)  # fmt: skip
def test_by_whose_clock_the_patient_lives(client, changes, zone):
    client.post(URL, GOOD | changes)
    assert Consultation.objects.get().invitation.clock == zone


@pytest.mark.parametrize("zone", ["Mars/Phobos", "../etc/passwd", "x" * 5000])
def test_no_other_clock_is_known(client, zone):
    assert list(client.post(URL, GOOD | {"patient_time_zone": zone}).context["form"].errors) == ["patient_time_zone"]
    assert is_nothing_saved()


def test_the_practitioner_sees_the_patients_hour(client):
    response = client.post(URL, GOOD | {"patient_time_zone": "Indian/Reunion"}, follow=True)
    assert "12:30 à La Réunion" in response.content.decode()
    response = client.post(URL, GOOD | {"time": "20:00", "patient_time_zone": "Pacific/Noumea"}, follow=True)
    assert "05/03/2027 à 06:00 en Nouvelle-Calédonie" in response.content.decode()


def test_english_is_chosen_at_creation(client):
    client.post(URL, GOOD | {"patient_language": "en"})
    assert Consultation.objects.get().invitation.language == "en"


# --- While one types --------------------------------------------------------------------------------
def test_what_is_typed_is_said_in_full(client, practitioner):
    make_consultation(practitioner, datetime(2027, 3, 8, 9, 20, tzinfo=PARIS), status=Status.SCHEDULED)
    preview = "/teleconsultation/nouvelle/horaire/"
    said = client.post(preview, {"date": "lundi", "time": "9h30"}).content.decode()
    assert "lundi 8\u00a0mars 2027 à 09:30" in said
    assert "déjà un rendez-vous à 09:20" in said
    own = Consultation.objects.get().reference
    assert "déjà" not in client.post(preview, {"date": "lundi", "time": "9h30", "reference": own}).content.decode()
    assert client.post(preview, {"date": "hier", "time": "9h"}).content.decode().strip() == ""
    assert "deux fois" in client.post(preview, {"date": "31/10", "time": "2h15"}).content.decode()


def test_a_year_ahead_is_possible_and_no_more(client):
    assert client.post(URL, GOOD | {"date": (NOW + timedelta(days=366)).date().isoformat()}).status_code == 302
    assert client.post(URL, GOOD | {"date": (NOW + timedelta(days=367)).date().isoformat()}).status_code == 200


# --- The code by another channel than the link ------------------------------------------------------
@pytest.mark.parametrize("missing", ["patient_email", "patient_phone"])
def test_the_code_can_go_apart_only_with_two_channels(client, missing):
    page = client.post(URL, GOOD | {"sends_code_apart": "on", missing: ""}).content.decode()
    assert "Il faut un portable et un e-mail" in page
    assert is_nothing_saved()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_link_goes_by_email_and_the_code_by_sms(client, language):
    client.post(URL, GOOD | {"sends_code_apart": "on", "patient_language": language})
    invitation = Consultation.objects.get().invitation
    sms, email = (OutgoingMessage.objects.get(channel=channel) for channel in ("sms", "email"))
    assert invitation.code in sms.body
    assert invitation.token not in sms.body
    assert invitation.token in email.body
    assert f" {invitation.code}" not in email.body
    assert ("Your access code" in sms.body) == (language == "en")
