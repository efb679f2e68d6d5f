"""The four ticks of identity and consent: who, when, and what is left of one that was taken back."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from teleconsult.models import Consultation, ConsultationCheck
from teleconsult.record import checks_of, tick_check, untick_check
from teleconsult.services import InvalidMove
from teleconsult.states import ENDED
from tests.conftest import make_consultation

pytestmark = pytest.mark.django_db
KINDS = ["identity", "place", "callback", "people"]


def url(consultation: Consultation, name: str = "consultation_check") -> str:
    return reverse(f"teleconsult:{name}", args=[consultation.reference])


def kinds_of_events(consultation: Consultation) -> list[str]:
    return [event.kind for event in consultation.events.all()]


@pytest.fixture
def client(practitioner, client_for) -> Client:
    return client_for(practitioner.user)


def test_anothers_ticks_do_not_exist(consultation, other_practitioner, client_for):
    answer = client_for(other_practitioner.user).post(url(consultation), {"kind": "identity", "checked": "1"})
    assert answer.status_code == 404
    assert not ConsultationCheck.objects.exists()


@pytest.mark.parametrize("bad", [{}, {"kind": "age", "checked": "1"}, {"kind": "place", "detail": "x" * 201}])
def test_what_makes_no_sense_is_refused(client, consultation, bad):
    assert client.post(url(consultation), bad).status_code == 400


@pytest.mark.parametrize("status", sorted(ENDED))
def test_after_the_end_nothing_is_ticked_or_taken_back(client, practitioner, status):
    ended = make_consultation(practitioner, status=status)
    ConsultationCheck.objects.create(consultation=ended, kind="people", by=practitioner.user)
    assert client.post(url(ended), {"kind": "identity", "checked": "1"}).status_code == 409
    assert client.post(url(ended), {"kind": "people"}).status_code == 409
    with pytest.raises(InvalidMove):
        untick_check(consultation=ended, kind="people", by=practitioner.user, now=timezone.now())
    assert [check.kind for check in ended.checks.all()] == ["people"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_tick_has_its_hour_and_author(client, consultation, practitioner, kind):
    before = timezone.now()
    answer = client.post(url(consultation), {"kind": kind, "checked": "1"})
    check = consultation.checks.get()
    assert answer.json() == {"at": f"{timezone.localtime(check.at):%H:%M}"}
    assert (check.kind, check.by) == (kind, practitioner.user)
    assert before <= check.at <= timezone.now()
    assert kinds_of_events(consultation) == [f"check-{kind}"]


def test_ticked_twice_it_keeps_its_hour(consultation, practitioner):
    now = timezone.now()
    tick = {"consultation": consultation, "kind": "identity", "detail": "", "by": practitioner.user}
    first = tick_check(**tick, now=now)
    assert tick_check(**tick, now=now + timedelta(minutes=5)).at == first.at
    assert kinds_of_events(consultation) == ["check-identity"]


def test_taken_back_it_is_gone_and_in_the_events(client, consultation):
    client.post(url(consultation), {"kind": "identity", "checked": "1"})
    for _ in range(2):
        assert client.post(url(consultation), {"kind": "identity"}).json() == {"at": None}
    assert not consultation.checks.exists()
    assert kinds_of_events(consultation) == ["check-identity", "uncheck-identity"]


def test_the_place_may_be_typed_and_is_encrypted(client, consultation):
    for place in ("À son domicile", "Chez sa fille, Aubagne"):
        client.post(url(consultation), {"kind": "place", "checked": "1", "detail": place})
    with connection.cursor() as cursor:
        cursor.execute("SELECT detail FROM teleconsult_consultationcheck")
        assert "Aubagne" not in cursor.fetchone()[0]
    assert consultation.checks.get().detail == "Chez sa fille, Aubagne"
    assert kinds_of_events(consultation) == ["check-place"]


def test_all_four_are_always_shown(client, consultation):
    client.post(url(consultation), {"kind": "place", "checked": "1", "detail": "<b>Aubagne</b>"})
    assert [check.kind for check in checks_of(consultation)] == KINDS
    for name in ("consultation_detail", "practitioner_room"):
        page = client.get(url(consultation, name)).content.decode()
        assert "Personnes présentes" in page
        assert "&lt;b&gt;Aubagne" in page
    page = client.get(url(consultation, "consultation_detail")).content.decode()
    assert "Claire Martin" in page
    assert "Vérifié\u00a0: lieu où se trouve le patient" in page
    assert page.count("non vérifié") == 3
