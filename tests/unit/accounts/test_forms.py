"""Every field of the registration against every kind of bad input: said beside the field, nothing kept."""

import pytest
from django import forms

from accounts.forms.account import BillingForm
from accounts.forms.decision import ReasonForm
from accounts.forms.login import CodeForm, LoginForm
from accounts.forms.registration import AccessForm, DocumentForm, PracticeForm, YouForm
from accounts.models import Practitioner, Registration, User
from rofim.notifications.models import OutgoingMessage
from tests.unit.accounts.helpers import PASSWORD, fill_in, pdf, picture, registration, upload
from tests.unit.accounts.test_uploads import HOSTILE

pytestmark = pytest.mark.django_db

# Rooms for hostile text: script, NUL, emoji, right-to-left override, zero-width, lone surrogate, escape, line break.
HOSTILE_TEXT = {
    "script": "<script>alert(1)</script>", "nul": "a\0b", "emoji": "Léa 😀", "right to left": "a\u202eb",
    "zero width": "a\u200bb", "surrogate": "a\ud800b", "escape": "a\x1bb", "signs": "!!!", "too long": "a" * 300,
    "empty": "", "spaces": "   ",
}  # fmt: skip
TEXT_FIELDS = (
    "email", "first_name", "last_name", "specialty", "rpps", "mobile_phone", "practice_name", "practice_address",
    "practice_postal_code", "practice_city", "practice_phone",
)  # fmt: skip


def filled(**changes) -> dict[str, forms.Form]:
    """The form of each step, bound to a registration with `changes`."""
    data = registration(**changes)
    files = {"identity_document": data.pop("identity_document")} if "identity_document" in data else {}
    you, practice = YouForm(data), PracticeForm(data)
    person = {name: value for form in (you, practice) if form.is_valid() for name, value in form.cleaned_data.items()}
    steps = {"vous": you, "cabinet": practice, "piece": DocumentForm(data, files)}
    return steps | {"acces": AccessForm(data, person=person)}


def errors_of(**changes) -> dict:
    return {name: errors for form in filled(**changes).values() for name, errors in form.errors.items()}


def test_all_right():
    assert errors_of() == {}


@pytest.mark.parametrize("value", HOSTILE_TEXT.values(), ids=HOSTILE_TEXT)
@pytest.mark.parametrize("name", TEXT_FIELDS)
def test_hostile_text(name, value):
    assert list(errors_of(**{name: value})) == [name]


@pytest.mark.parametrize(
    "name", [*TEXT_FIELDS, "title", "profession", "password1", "identity_document", "accept_terms"]
)
def test_missing(name):
    assert name in errors_of(**{name: None})


WRONG = [
    ("email", "lea"), ("email", "lea@"), ("email", "léa@example.org"), ("email", "a@b.fr\nBcc: x@y.fr"),
    ("email", "lea@example"),
    ("title", "Roi"), ("profession", "plombier"), ("profession", "<script>"),
    ("rpps", "1234567890"), ("rpps", "10003456787"), ("rpps", "1000345678a"), ("rpps", "00000000000"),
    ("rpps", "١٠٠٠٣٤٥٦٧٨٦"), ("rpps", "-10003456786-1"),
    ("billing_number", "12345"), ("billing_number", "2C1234567"), ("billing_number", "1234567890"),
    ("mobile_phone", "0491000000"), ("mobile_phone", "0612"), ("mobile_phone", "06 12 34 56 78 90 12"),
    ("mobile_phone", "+44 7700 900123"), ("mobile_phone", "+1 900 555 0199"), ("mobile_phone", "3615"),
    ("mobile_phone", "0892 70 00 00"), ("mobile_phone", "0262 20 00 00"), ("mobile_phone", "06 12 34 56 78;ext=4"),
    ("practice_phone", "0012"), ("practice_phone", "+49 30 901820"),
    ("practice_postal_code", "1300"), ("practice_postal_code", "130070"), ("practice_postal_code", "00100"),
    ("practice_postal_code", "2A004"), ("practice_postal_code", "99100"), ("practice_postal_code", "abcde"),
    ("password1", "court"), ("password1", "onze-lettre"), ("password1", "123456789012"),
    ("password1", "MotDePasse2026!"),
    ("password1", "bonjourbonjour"),
    ("password1", "aaaaaaaaaaaaaaaa"), ("password1", "password1234"), ("password1", "azertyuiopqsdf"),
    ("password1", "a" * 129),
    ("password1", "lea.bernard@example.org"), ("password1", "mot\0de-passe-long"),
    ("password2", "un-autre-mot-de-passe"), ("accept_terms", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_wrong(name, value):
    assert name in errors_of(**{name: value})


@pytest.mark.parametrize(("content", "said"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_document(content, said):
    errors = errors_of(identity_document=upload(content))
    assert list(errors) == ["identity_document"]
    assert said in errors["identity_document"][0]


@pytest.mark.parametrize("content", [picture("JPEG"), picture("PNG"), pdf()], ids=["jpeg", "png", "pdf"])
def test_documents_taken(content):
    assert errors_of(identity_document=upload(content)) == {}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("06 12 34 56 78", "+33612345678"), ("+33 (0)6 12 34 56 78", "+33612345678"), ("0033612345678", "+33612345678"),
        ("06.12.34.56.78", "+33612345678"), ("07 56 78 12 34", "+33756781234"), ("0692 12 34 56", "+262692123456"),
        ("0690 12 34 56", "+590690123456"), ("0694 20 12 34", "+594694201234"), ("0696 20 12 34", "+596696201234"),
        ("0639 02 34 56", "+262639023456"), ("+33 692 12 34 56", "+262692123456"), ("+262692123456", "+262692123456"),
    ],
)  # fmt: skip
def test_mobiles_of_france_and_overseas(typed, kept):
    form = filled(mobile_phone=typed)["acces"]
    assert form.is_valid(), form.errors
    assert form.cleaned_data["mobile_phone"] == kept


@pytest.mark.parametrize("profession", ["psychologist", "speech_therapist", "dietitian"])
def test_adeli_professions(profession):
    assert errors_of(profession=profession, rpps="", adeli="13 93 0001 2") == {}
    assert errors_of(profession=profession, adeli="") == {}
    assert list(errors_of(profession=profession, rpps="", adeli="")) == ["adeli"]
    assert list(errors_of(profession=profession, rpps="", adeli="12345678")) == ["adeli"]


def test_rpps_professions_need_it_even_with_an_adeli():
    assert list(errors_of(profession="nurse", rpps="", adeli="139300012")) == ["rpps"]


def test_a_number_that_the_profession_does_not_have_is_not_kept():
    form = filled(profession="nurse", adeli="<script>")["vous"]
    assert form.is_valid()
    assert form.cleaned_data["adeli"] == ""


def test_specialty_is_the_physicians():
    assert list(errors_of(specialty="")) == ["specialty"]
    assert errors_of(profession="midwife", specialty="") == {}


def test_names_of_the_world_are_taken():
    for name in ("O’Brien", "D'Angelo", "Müller-Łukasz", "Nguyễn", "de La Tour", "Ÿ", "Ben Saïd"):
        assert errors_of(last_name=name) == {}


def test_128_characters_are_kept():
    password = "Zug7 +ré" * 16
    form = filled(password1=password, password2=password)["acces"]
    assert form.is_valid()
    assert form.cleaned_data["password1"] == password


def test_spaces_around_a_password_are_part_of_it():
    assert "password2" in errors_of(password1=f" {PASSWORD} ")


def test_a_city_of_another_postal_code_is_doubted_once():
    form = filled(practice_city="Lyon")["cabinet"]
    assert "Code postal 13007\u00a0: Marseille, Marseille 7e Arrondissement. " in form.errors["practice_city"][0]
    assert filled(practice_city="Lyon", place_meant=form.doubted)["cabinet"].is_valid()
    # What was meant is that place and no other.
    assert "practice_city" in filled(practice_city="Paris", place_meant=form.doubted)["cabinet"].errors


@pytest.mark.parametrize(
    ("code", "city"), [("13285", "Marseille Cedex 08"), ("13007", "MARSEILLE"), ("97400", "St Denis")]
)
def test_places_taken_at_once(code, city):
    assert errors_of(practice_postal_code=code, practice_city=city) == {}


def test_page_keeps_what_was_typed_and_saves_nothing(client):
    answer = client.post("/inscription/", registration(last_name="<script>x</script>", first_name="Zoé"))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="Zoé"' in page
    assert 'value="&lt;script&gt;x&lt;/script&gt;"' in page
    assert "<script>x" not in page
    assert 'aria-invalid="true"' in page
    assert PASSWORD not in page
    assert not any(model.objects.exists() for model in (User, Practitioner, Registration, OutgoingMessage))


def test_passwords_are_not_written_back_into_the_page(client):
    answer = fill_in(client, mobile_phone="12")
    page = answer.content.decode()
    assert 'value="Lea.Bernard@Example.org"' in page
    assert PASSWORD not in page
    assert not OutgoingMessage.objects.exists()


@pytest.mark.parametrize(("step", "missing"), [("vous", 4), ("cabinet", 5), ("piece", 1), ("acces", 5)])
def test_an_empty_step_says_what_is_missing(client, step, missing):
    fill_in(client, until="piece" if step == "acces" else "cabinet")
    answer = client.post(f"/inscription/?etape={step}", {})
    assert len(answer.context["form"].errors) == missing


@pytest.mark.parametrize("size", [0, 20 * 1024 * 1024])
def test_document_of_0_or_20_megabytes(client, size):
    answer = fill_in(client, until="piece", identity_document=upload(b"\xff" * size))
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == ["identity_document"]
    answer = client.post("/inscription/piece/", {"identity_document": upload(b"\xff" * size)})
    assert answer.status_code == 400
    assert "fichier" in answer.json()["error"]
    assert not Registration.objects.get().identity_document


def test_undecodable_bytes_are_refused(client):
    body = b"first_name=%FF%FE&last_name=%ED%A0%80"
    answer = client.post("/inscription/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert {"first_name", "last_name"} <= answer.context["form"].errors.keys()


@pytest.mark.parametrize("value", HOSTILE_TEXT.values(), ids=HOSTILE_TEXT)
def test_other_forms_take_hostile_text_without_a_traceback(value, practitioner):
    LoginForm({"email": value, "password": value}).is_valid()
    CodeForm({"code": value}).is_valid()
    assert not ReasonForm({"reason": value}).is_valid() or value == "a" * 300
    assert not BillingForm({"sector": value}, practitioner=practitioner).is_valid() or not value.strip()
