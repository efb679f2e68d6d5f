"""patients:intake — refusals first, then every bad answer of every field."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from stdnum.fr import nir as stdnum_nir

from patients import services
from patients.forms import IntakeForm, format_phone, parse_phone
from patients.models import Intake, Invitation
from tests.conftest import make_consultation

CODE = "7K2M"
# 4 July 1981, a woman, born in Marseille.
NIR = "281071305500155"
VALID = {
    "last_name": "Carpentier", "first_name": "Sophie", "birth_date": "1981-07-04", "birth_postal_code": "13001",
    "birth_city": "Marseille", "sex": "female", "address": "12 rue de la République\r\nbât. B", "postal_code": "13002",
    "city": "Marseille", "phone": "06 39 98 55 66", "nir": "2 81 07 13 055 001 55", "beneficiary": "insured",
    "insurer": "CPAM des Bouches-du-Rhône", "mutual_name": "Harmonie Mutuelle", "mutual_member_number": "4471 8820",
    "beneficiary_nir": "", "consent": "on",
}  # fmt: skip
TEXTS = ("last_name", "first_name", "birth_city", "address", "city", "insurer", "mutual_name", "mutual_member_number")
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "nul": "Car\0pentier",
    "emoji": "Sophie 😀",
    "keycap": "1\ufe0f\u20e3",
    "right-to-left": "Car\u202epentier",
    "isolate": "\u2066Sophie\u2069",
    "zero-width": "So\u200bphie",
    "lone surrogate": "So\ud800phie",
    "control": "So\x07phie",
    "private use": "\ue000",
    "formula": "=1+1",
}


@pytest.fixture
def invitation(consultation) -> Invitation:
    return consultation.invitation


@pytest.fixture
def inside(client, invitation) -> Client:
    """A browser that typed the code."""
    client.post(reverse("patients:gate", args=[invitation.token]), {"code": CODE})
    return client


def address(invitation: Invitation) -> str:
    return reverse("patients:intake", args=[invitation.token])


def stored(invitation: Invitation) -> Intake | None:
    return Intake.objects.filter(invitation=invitation).first()


def errors_of(**answers: str) -> dict[str, list[str]]:
    form = IntakeForm(VALID | answers, instance=Intake())
    form.is_valid()
    return dict(form.errors)


def test_the_journey_s_number_is_a_real_one():
    assert stdnum_nir.is_valid(NIR)


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_the_code_there_is_nothing_to_read_or_write(client, invitation, method):
    response = getattr(client, method)(address(invitation), VALID)
    assert response["Location"] == reverse("patients:gate", args=[invitation.token])
    assert stored(invitation) is None


@pytest.mark.django_db
def test_an_unknown_link_is_404(client):
    assert client.post(reverse("patients:intake", args=["A" * 22]), VALID).status_code == 404


def test_the_code_of_one_link_writes_nothing_in_another(inside, other_practitioner):
    other = make_consultation(other_practitioner).invitation
    assert inside.post(address(other), VALID).status_code == 302
    assert stored(other) is None


def test_the_form_needs_its_csrf_token(invitation, inside):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = inside.cookies
    assert strict.post(address(invitation), VALID).status_code == 403
    assert stored(invitation) is None


def test_after_the_end_nothing_is_written(inside, invitation):
    services.close_invitation(invitation=invitation, reason="completed", now=timezone.now())
    assert inside.post(address(invitation), VALID)["Location"] == reverse("patients:gate", args=[invitation.token])
    assert stored(invitation) is None


@pytest.mark.parametrize("name", ["last_name", "first_name", "birth_date", "sex", "consent"])
def test_names_birth_date_sex_and_consent_are_required(inside, invitation, name):
    response = inside.post(address(invitation), VALID | {name: ""})
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [name]
    # In words of its own, not « Ce champ est obligatoire ».
    assert "Ce champ" not in response.content.decode()
    assert stored(invitation) is None


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", [*TEXTS, "birth_date", "birth_postal_code", "postal_code", "phone", "nir",
                                  "beneficiary_nir", "sex", "beneficiary"])  # fmt: skip
def test_hostile_text_is_refused_beside_its_field(name, value):
    assert list(errors_of(**{name: value})) == [name]


@pytest.mark.parametrize("name", [name for name in VALID if name != "consent"])
def test_too_long_is_refused_beside_its_field(name):
    assert list(errors_of(**{name: "1" * 301})) == [name]


@pytest.mark.parametrize(
    "value",
    ["31/02/1980", "1980-02-30", "0000-00-00", "04/07/81", "demain", "9999-99-99", "1899-01-01", "0001-01-01",
     "2900-01-01"],
)  # fmt: skip
def test_a_birth_date_that_can_not_be_is_refused(value):
    assert list(errors_of(birth_date=value)) == ["birth_date"]


def test_a_birth_date_is_never_tomorrow():
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert errors_of(birth_date=tomorrow.isoformat()) == {"birth_date": ["La date de naissance est dans le futur."]}
    assert errors_of(birth_date=timezone.localdate().isoformat()) == {}


def test_a_date_typed_in_french_is_understood():
    assert errors_of(birth_date="04/07/1981") == {}


@pytest.mark.parametrize("value", ["1300", "130022", "ABCDE", "2A004", "٧٧٧٧٧", "13 0"])
def test_a_postal_code_is_five_digits(value):
    assert list(errors_of(postal_code=value, birth_postal_code=value)) == ["birth_postal_code", "postal_code"]


def test_born_abroad_is_99_and_the_country():
    assert errors_of(birth_postal_code="99", birth_city="Côte d’Ivoire") == {}
    assert list(errors_of(postal_code="99")) == ["postal_code"]


@pytest.mark.parametrize(
    "value", ["0", "06", "0612345", "06 12 34 56 7x", "+33", "00000000000", "112", "+999123456789"]
)
def test_a_telephone_number_that_does_not_exist_is_refused(value):
    assert list(errors_of(phone=value)) == ["phone"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("0639985566", "+33639985566"), ("+32 470 12 34 56", "+32470123456"), ("04 91 00 00 00", "+33491000000"),
     ("0692 12 34 56", "+262692123456"), ("0690.12.34.56", "+590690123456")],
)  # fmt: skip
def test_a_telephone_number_is_kept_in_e164(typed, kept):
    form = IntakeForm(VALID | {"phone": typed}, instance=Intake())
    assert form.is_valid(), form.errors
    assert form.cleaned_data["phone"] == kept


@pytest.mark.parametrize(
    ("kept", "shown"),
    [("+33639985566", "06 39 98 55 66"), ("+262692123456", "0692 12 34 56"), ("+590690123456", "0690 12 34 56"),
     ("+32470123456", "+32 470 12 34 56"), ("", "")],
)  # fmt: skip
def test_a_telephone_number_is_shown_as_it_is_dialled_and_read_the_same_again(kept, shown):
    assert format_phone(kept) == shown
    assert (parse_phone(shown) if shown else "") == kept


@pytest.mark.parametrize("name", ["O’Connor", "D'Alembert-Ruiz", "Nguyễn Thị", "Łukasz", "Jean Marie", "Ærø", "محمد"])
def test_real_names_are_accepted(name):
    assert errors_of(last_name=name, first_name=name) == {}


@pytest.mark.parametrize("name", ["1", "---", "a@b.fr", "Martin;DROP", "http://x"])
def test_what_is_no_name_is_refused(name):
    assert list(errors_of(last_name=name)) == ["last_name"]


def test_what_was_typed_stays_when_an_answer_is_wrong(inside, invitation):
    response = inside.post(address(invitation), VALID | {"phone": "12", "mutual_name": "Harmonie & Fils"})
    text = response.content.decode()
    assert "Ce numéro de téléphone n’existe pas." in text
    assert "Harmonie &amp; Fils" in text
    assert 'value="12"' in text
    assert stored(invitation) is None


def test_script_is_shown_as_text(inside, invitation):
    text = inside.post(address(invitation), VALID | {"city": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert" not in text


def test_a_valid_intake_is_stored_dated_and_leads_to_the_waiting_room(inside, invitation):
    response = inside.post(address(invitation), VALID)
    assert response["Location"] == reverse("teleconsult:patient_room", args=[invitation.token])
    intake = stored(invitation)
    assert intake.nir == NIR
    assert intake.birth_date.isoformat() == "1981-07-04"
    assert intake.address == "12 rue de la République\nbât. B"
    assert abs(intake.consented_at - timezone.now()) < timedelta(minutes=1)
    assert intake.completed_at is not None


def test_only_names_birth_date_sex_and_consent_are_enough(inside, invitation):
    required = {name: VALID[name] for name in ("last_name", "first_name", "birth_date", "sex", "consent")}
    assert inside.post(address(invitation), required).status_code == 302


def test_everything_is_encrypted_at_rest(inside, invitation):
    from django.db import connection

    inside.post(address(invitation), VALID)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM patients_intake")
        row = " ".join(map(str, cursor.fetchone()))
    for clear in ("Carpentier", "1981-07-04", NIR, "Marseille", "female", "Harmonie", "+33639985566"):
        assert clear not in row


def test_the_names_are_filled_in_as_the_practitioner_wrote_them(inside, invitation):
    text = inside.get(address(invitation)).content.decode()
    assert 'value="Carpentier"' in text
    assert 'value="Sophie"' in text
    assert stored(invitation) is None


def test_a_draft_keeps_what_is_valid_and_says_what_is_not(inside, invitation):
    draft = {"draft": "1", "last_name": "Carpentier", "first_name": "", "birth_date": "31/02/1980", "city": "Marseille"}
    answer = inside.post(address(invitation), draft).json()
    assert "city" in answer["saved"]
    assert list(answer["errors"]) == ["birth_date"]
    intake = stored(invitation)
    assert (intake.city, intake.first_name, intake.birth_date, intake.completed_at) == (
        "Marseille",
        "Sophie",
        None,
        None,
    )
    assert 'value="Marseille"' in inside.get(address(invitation)).content.decode()


def test_a_draft_never_gives_consent(inside, invitation):
    inside.post(address(invitation), VALID | {"draft": "1"})
    assert stored(invitation).consented_at is None


def test_a_later_draft_completes_and_erases_but_never_a_required_answer(inside, invitation):
    inside.post(address(invitation), VALID)
    draft = VALID | {"draft": "1", "birth_date": "", "mutual_name": "", "insurer": "MSA"}
    inside.post(address(invitation), draft)
    intake = stored(invitation)
    assert (intake.insurer, intake.mutual_name) == ("MSA", "")
    assert intake.birth_date.isoformat() == "1981-07-04"
    assert intake.completed_at is not None


def test_a_second_submission_keeps_the_date_of_the_consent(inside, invitation):
    inside.post(address(invitation), VALID)
    given = stored(invitation).consented_at
    without = {name: value for name, value in VALID.items() if name != "consent"}
    assert inside.post(address(invitation), without | {"city": "Aix-en-Provence"}).status_code == 302
    assert stored(invitation).consented_at == given
    assert stored(invitation).city == "Aix-en-Provence"


def test_a_number_that_disagrees_warns_and_blocks_nothing(inside, invitation):
    answer = inside.post(address(invitation), VALID | {"draft": "1", "sex": "male", "birth_date": "1982-08-04"}).json()
    assert "le sexe, l’année de naissance et le mois de naissance" in answer["warnings"]["nir"]
    assert "nir" in answer["saved"]
    assert inside.post(address(invitation), VALID | {"sex": "male"}).status_code == 302
    assert "indiqué pour le sexe" in inside.get(address(invitation)).content.decode()


def test_a_dependant_is_compared_with_the_dependant_s_number(inside, invitation):
    answers = VALID | {"draft": "1", "birth_date": "2015-03-09", "beneficiary": "dependant"}
    assert inside.post(address(invitation), answers).json()["warnings"] == {}
    answer = inside.post(address(invitation), answers | {"beneficiary_nir": NIR}).json()
    assert list(answer["warnings"]) == ["beneficiary_nir"]


def test_no_page_of_the_patient_is_stored(inside, invitation):
    assert "no-store" in inside.get(address(invitation))["Cache-Control"]


def test_the_calendar_file_says_no_more_than_the_gate(client, invitation):
    import icalendar

    response = client.get(reverse("patients:calendar", args=[invitation.token]))
    assert response["Content-Type"].startswith("text/calendar")
    first = icalendar.Calendar.from_ical(response.content).walk("VEVENT")[0]
    assert first["dtstart"].dt == invitation.starts_at.replace(microsecond=0)
    text = response.content.decode().replace("\r\n ", "")
    assert "Dr MARTIN" in text
    for secret in (CODE, "Carpentier", "Sophie"):
        assert secret not in text
    services.reschedule_invitation(invitation=invitation, starts_at=invitation.starts_at + timedelta(days=1))
    second = client.get(reverse("patients:calendar", args=[invitation.token]))
    assert icalendar.Calendar.from_ical(second.content).walk("VEVENT")[0]["uid"] == first["uid"]
    assert client.get(reverse("patients:calendar", args=["A" * 22])).status_code == 404
