"""The two browsers of a call, and the server's clocks."""

import pytest
from django.test import Client

from teleconsult import pulse, signalling, watch
from tests.unit.teleconsult.sockets import patient_browser


@pytest.fixture
def doctor(practitioner, client_for) -> Client:
    """The practitioner's browser."""
    return client_for(practitioner.user)


@pytest.fixture
def patient(consultation) -> Client:
    """The patient's browser."""
    return patient_browser(consultation.invitation)


@pytest.fixture
def quick_checks(monkeypatch) -> None:
    monkeypatch.setattr(watch, "JOIN_EVERY", 0.05)
    monkeypatch.setattr(pulse, "PULSE_EVERY", 0.05)


@pytest.fixture
def no_flood(monkeypatch) -> None:
    """For tests that ping as fast as they can."""
    monkeypatch.setattr(signalling, "FLOOD_FRAMES", 1_000_000)
