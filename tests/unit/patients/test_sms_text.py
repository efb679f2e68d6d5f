"""Every SMS to a patient, for any names: GSM-7, two segments at most, link and code untouched."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.models import Practitioner, User
from patients import notify
from patients.models import Invitation, Patient
from patients.time_zones import zone_of_phone
from rofim.notifications import gsm7
from rofim.notifications.services import _fit_sms, _folder, _with_site

SITE = "https://teleconsultation.rofim.doctor"
TOKEN = "Abcdef_hijklmnopqrst-v"
LONGEST = User._meta.get_field("last_name").max_length or 150
# A winter's evening in Paris, another day in the Pacific.
EVENING = datetime(2027, 12, 30, 22, 45, tzinfo=UTC)
# Nothing, the mainland, Réunion, Saint-Pierre-et-Miquelon, New Caledonia, Wallis and Futuna.
PHONES = ("", "+33611223344", "+262692123456", "+508551234", "+687751234", "+681821234")
names = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=LONGEST)


def context_of(last_name: str, title: str, phone: str, language: str) -> dict:
    practitioner = Practitioner(title=title, user=User(last_name=last_name))
    patient = Patient(phone=phone)
    invitation = Invitation(
        practitioner=practitioner,
        patient=patient,
        token=TOKEN,
        code="7K2M",
        starts_at=EVENING,
        language=language,
        time_zone=zone_of_phone(phone),
    )
    return _with_site(notify._context(invitation), language)


@pytest.mark.parametrize("language", Invitation.Language.values)
@pytest.mark.parametrize("name", notify.TO_PATIENT)
@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(last_name=names, title=st.sampled_from(Practitioner.Title.values), phone=st.sampled_from(PHONES))
@example(last_name="Щ" * LONGEST, title="Mme", phone="+687751234")
@example(last_name="€" * LONGEST, title="Pr", phone="+508551234")
@example(last_name="W" * LONGEST, title="Dr", phone="+681821234")
def test_two_segments_whatever_the_name(settings, name, language, last_name, title, phone):
    settings.SITE_URL = SITE
    context = context_of(last_name, title, phone, language)
    text = _fit_sms(_folder(name, language), context)
    assert gsm7.is_gsm7(text)
    assert gsm7.segments(text) <= gsm7.MAX_SEGMENTS
    assert title in text
    if name != "patients/cancelled":
        assert "7K2M" in text
        assert text.endswith(f"\n{SITE}/visio/{TOKEN}/")


@pytest.mark.parametrize("language", Invitation.Language.values)
@pytest.mark.parametrize("name", [name for name in notify.TO_PATIENT if name != "patients/cancelled"])
def test_a_code_sent_apart_comes_without_the_link(name, language):
    text = _fit_sms(_folder(name, language), context_of("Martin", "Dr", "+33611223344", language) | {"link": ""})
    assert "7K2M" in text
    assert "http" not in text
    assert "e-mail" in text
    assert gsm7.segments(text) <= gsm7.MAX_SEGMENTS


@pytest.mark.parametrize(
    ("phone", "language", "words"),
    [
        ("+33611223344", "fr", "le 30/12/2027 à 23:45\n"),
        ("", "fr", "le 30/12/2027 à 23:45\n"),
        ("+262692123456", "fr", "le 30/12/2027 à 23:45 (Paris), 02:45 le 31/12/2027 à La Réunion\n"),
        ("+590690123456", "fr", "le 30/12/2027 à 23:45 (Paris), 18:45 en Guadeloupe\n"),
        ("+33611223344", "en", "on 30 December 2027 at 23:45 Paris time.\n"),
        ("+687751234", "en", "on 30 December 2027 at 23:45 Paris time, 09:45 on 31 December 2027 in New Caledonia.\n"),
    ],
)
def test_the_hour_is_said_in_both_clocks_where_they_differ(phone, language, words):
    name = _folder("patients/invitation", language)
    assert words in _fit_sms(name, context_of("Martin", "Dr", phone, language))
