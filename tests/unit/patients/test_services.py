"""Invitations, codes counted under parallel guesses, retention."""

import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from patients import services
from patients.access import find_invitation
from patients.models import Intake, Invitation
from rofim.retention import purge
from tests.conftest import make_consultation, make_practitioner


def make_invitation(practitioner) -> Invitation:
    return services.create_invitation(
        practitioner=practitioner, last_name="Carpentier", first_name="Sophie", email="sophie@example.org", phone="",
        starts_at=timezone.now(),
    )  # fmt: skip


def test_link_and_code_are_random_and_found_by_digest_only(practitioner):
    first, second = make_invitation(practitioner), make_invitation(practitioner)
    assert len(first.token) == 22
    assert first.token != second.token
    assert set(first.code) <= set(services.CODE_ALPHABET)
    assert len(first.code) == 4
    assert find_invitation(first.token) == first
    assert first.opens_at == first.starts_at - timedelta(minutes=30)
    with connection.cursor() as cursor:
        cursor.execute("SELECT token, code FROM patients_invitation")
        stored = cursor.fetchone()
    assert first.token not in stored[0]
    assert all(value.startswith("gAAAA") for value in stored)


def test_the_alphabet_has_no_look_alikes():
    assert len(services.CODE_ALPHABET) == 32
    assert not set("ILOU") & set(services.CODE_ALPHABET)


def test_the_first_reason_of_an_end_stays(practitioner):
    invitation, now = make_invitation(practitioner), timezone.now()
    services.close_invitation(invitation=invitation, reason="completed", now=now)
    services.close_invitation(invitation=invitation, reason="missed", now=now + timedelta(hours=1))
    assert (invitation.closed_reason, invitation.closed_at) == ("completed", now)


@pytest.mark.parametrize(
    ("tries", "expected"),
    [(1, services.WrongCode), (4, services.WrongCode), (5, services.LinkLocked), (6, services.LinkLocked)],
)
def test_wrong_codes_raise_by_name(practitioner, tries, expected):
    invitation, now = make_invitation(practitioner), timezone.now()
    for _ in range(tries - 1):
        with pytest.raises(services.CodeRefused):
            services.verify_code(invitation=invitation, code="----", address="203.0.113.9", now=now)
    with pytest.raises(expected):
        services.verify_code(invitation=invitation, code="----", address="203.0.113.9", now=now)


def test_a_locked_link_looks_at_no_code(practitioner):
    invitation, now = make_invitation(practitioner), timezone.now()
    for _ in range(5):
        with pytest.raises(services.CodeRefused):
            services.verify_code(invitation=invitation, code="----", address="203.0.113.9", now=now)
    with pytest.raises(services.LinkLocked) as locked:
        services.verify_code(invitation=invitation, code=invitation.code, address="203.0.113.9", now=now)
    assert locked.value.until == now + timedelta(minutes=15)
    later = now + timedelta(minutes=15)
    services.verify_code(invitation=invitation, code=invitation.code, address="203.0.113.9", now=later)


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_are_all_counted():
    """Twelve browsers guess at once: five are looked at, then the link is locked for the rest."""
    invitation = make_invitation(make_practitioner("Martin", "+33612345601"))
    now, gate, outcomes = timezone.now(), threading.Barrier(12), []

    def guess() -> None:
        gate.wait()
        try:
            services.verify_code(
                invitation=Invitation.objects.get(pk=invitation.pk), code="----", address="203.0.113.9", now=now
            )
        except services.CodeRefused as refused:
            outcomes.append(type(refused))
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    invitation.refresh_from_db()
    assert invitation.code_failures == 5
    assert outcomes.count(services.WrongCode) == 4
    assert outcomes.count(services.LinkLocked) == 8


def test_an_intake_goes_ninety_days_after_the_appointment(practitioner):
    now = timezone.now()
    old, recent = (
        make_consultation(practitioner, now - timedelta(days=days), status="completed").invitation for days in (91, 89)
    )
    for invitation in (old, recent):
        services.save_intake(invitation=invitation, values={}, now=now, complete=True)
    out = StringIO()
    call_command("purge", "--dry-run", stdout=out)
    assert "intake: 1 to delete\ndocument: 0 to delete\n" in out.getvalue()
    assert Intake.objects.count() == 2
    assert purge(now=now)["intake"] == 1
    assert Intake.objects.get().invitation == recent
    call_command("purge", stdout=out)
    assert Intake.objects.count() == 1
