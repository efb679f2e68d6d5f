import pytest
from django.template import Context
from django.template.loader import get_template
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from rofim.notifications import gsm7
from rofim.notifications.services import _fit_sms, _with_site

TOKEN = "abcdefghijklmnopqrstuv"
LINK = f"https://teleconsultation.rofim.doctor/visio/{TOKEN}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Le code d’accès", "Le code d'accès"),
        ("François Cœur, forêt, Noël, garçon", "Francois Coeur, foret, Noel, garcon"),
        ("à é è ù ì ò Ç ä ö ñ ü ß", "à é è ù ì ò Ç ä ö ñ ü ß"),
        ("« Dr\u00a0Ève »\u202f!", '" Dr Eve " !'),
        ("Ångström Łódź Đorđe Þór", "Ångström Lodz Dorde Thór".replace("ó", "o")),
        ("Юлия Щукина", "Iuliia Shchukina"),
        ("Ελένη", "Eleni"),
        ("e\u0301te\u0301", "été"),
        ("a\u200bb\u202ec\ud800d", "abcd"),
        ("李", "?"),
        ("10 €", "10 €"),
    ],
)
def test_transliterate(text, expected):
    assert gsm7.transliterate(text) == expected


def test_an_address_is_never_altered():
    text = "Voir https://exâmple.org/é’~œ?a=b ici"
    assert "https://exâmple.org/é’~œ?a=b" in gsm7.transliterate(text)


@given(st.text())
def test_whatever_is_written_fits_the_alphabet(text):
    written = gsm7.transliterate(text.replace("http", ""))
    assert gsm7.is_gsm7(written)
    assert gsm7.transliterate(written) == written


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        # An escape is not cut in two: 76 euros and one lost septet in each segment.
        ("€" * 152, 2),
        ("€" * 153, 3),
    ],
)
def test_segments(text, count):
    assert gsm7.segments(text) == count


@pytest.mark.parametrize(
    ("name", "limit", "expected"),
    [
        ("Dr Claire MARTIN", 40, "Dr Claire MARTIN"),
        ("Dr Jean-Baptiste DE LA TOUR", 20, "Dr J.-B. DE LA TOUR"),
        ("le Dr Marie Anne MARTIN", 17, "le Dr MARTIN"),
        ("le Dr Marie Anne MARTIN", 18, "le Dr M. A. MARTIN"),
        ("le Dr " + "A" * 80, 20, "le Dr " + "A" * 13 + "."),
        ("Mme MARTIN-DUPONT", 11, "Mme MARTIN."),
    ],
)
def test_shorten_name(name, limit, expected):
    assert gsm7.shorten_name(name, limit) == expected


# What a registration form may let through: 80 characters each.
names = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=80)


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first_name=names, last_name=names)
def test_the_invitation_is_two_segments_whatever_the_name(first_name, last_name):
    context = _with_site(
        {
            "practitioner": f"le Dr {first_name} {last_name.upper()}", "date": "18/03/2020", "time": "21:45",
            "code": "7K2M", "link": LINK,
        }
    )  # fmt: skip
    text = _fit_sms("patients/invitation", context)
    assert gsm7.segments(text) <= gsm7.MAX_SEGMENTS
    assert LINK in text
    assert "7K2M" in text
    assert gsm7.is_gsm7(text)


def test_a_usual_name_is_not_shortened():
    template = get_template("notifications/patients/invitation/sms.txt").template
    context = {"practitioner": "le Dr MARTIN", "date": "18/03/2020", "time": "21:45", "code": "7K2M", "link": LINK}
    plain = template.render(Context(context, autoescape=False)).strip()
    assert _fit_sms("patients/invitation", context) == gsm7.transliterate(plain)
    assert "le Dr MARTIN" in plain
