"""Every field of the registration against every kind of bad input: said beside the field, nothing kept."""

import pytest

from accounts.forms.account import BillingForm
from accounts.forms.decision import ReasonForm
from accounts.forms.login import CodeForm, LoginForm
from accounts.forms.registration import RegistrationForm
from accounts.models import Practitioner, User
from rofim.notifications.models import OutgoingMessage
from tests.unit.accounts.helpers import PASSWORD, pdf, picture, registration, upload
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


def errors_of(**changes) -> dict:
    data = registration(**changes)
    files = {"identity_document": data.pop("identity_document")} if "identity_document" in data else {}
    form = RegistrationForm(data, files)
    form.is_valid()
    return dict(form.errors)


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
    data = registration(mobile_phone=typed)
    form = RegistrationForm(data, {"identity_document": data.pop("identity_document")})
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


def test_specialty_is_the_physicians():
    assert list(errors_of(specialty="")) == ["specialty"]
    assert errors_of(profession="midwife", specialty="") == {}


def test_names_of_the_world_are_taken():
    for name in ("O’Brien", "D'Angelo", "Müller-Łukasz", "Nguyễn", "de La Tour", "Ÿ", "Ben Saïd"):
        assert errors_of(last_name=name) == {}


def test_128_characters_are_kept():
    password = "Zug7 +ré" * 16
    data = registration(password1=password, password2=password)
    form = RegistrationForm(data, {"identity_document": data.pop("identity_document")})
    assert form.is_valid()
    assert form.cleaned_data["password1"] == password


def test_spaces_around_a_password_are_part_of_it():
    assert "password2" in errors_of(password1=f" {PASSWORD} ")


def test_page_keeps_what_was_typed_and_saves_nothing(client):
    answer = client.post("/inscription/", registration(last_name="<script>x</script>", practice_name="Mon cabinet"))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="Mon cabinet"' in page
    assert 'value="&lt;script&gt;x&lt;/script&gt;"' in page
    assert "<script>x" not in page
    assert "Choisissez de nouveau le fichier" in page
    assert 'aria-invalid="true"' in page
    assert PASSWORD not in page
    assert (User.objects.count(), Practitioner.objects.count(), OutgoingMessage.objects.count()) == (0, 0, 0)


def test_empty_post_says_what_is_missing(client):
    answer = client.post("/inscription/", {})
    assert len(answer.context["form"].errors) == 15
    assert "Indiquez votre nom." in answer.content.decode()


@pytest.mark.parametrize("size", [0, 20 * 1024 * 1024])
def test_document_of_0_or_20_megabytes(client, size):
    answer = client.post("/inscription/", registration(identity_document=upload(b"\xff" * size)))
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == ["identity_document"]


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
