"""Every page that a patient can meet, in each of its states, as one browser after the other sees it."""

from collections.abc import Iterator
from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Practitioner
from patients.models import Document, Intake, Invitation
from prescriptions.models import Prescription
from teleconsult.feedback import give_feedback
from teleconsult.models import Consultation
from teleconsult.states import Status
from tests.conftest import make_consultation
from tests.unit.teleconsult.sockets import change, patient_browser

WRONG_INTAKE = {
    "last_name": "Carpentier 2",
    "first_name": "S😀",
    "birth_date": "31/02/1990",
    "birth_postal_code": "130",
    "postal_code": "130",
    "phone": "12",
    "nir": "2 95",
}
FUTURE_INTAKE = {"birth_date": "2090-01-01", "nir": "9" * 15, "beneficiary_nir": "2 95 10 99 126 111 94"}
# The NIR of a woman born in October 1995.
WARNED_INTAKE = {"birth_date": "1980-01-01", "sex": "male", "nir": "2 95 10 99 126 111 93"}
WRONG_CONTACTS = ("", "abc", "nom@exemple", "éric@example.org", "0612", "0699", "01 23 45 67 89", "+49 30 901820")


def walk(practitioner: Practitioner, language: str) -> Iterator[tuple[str, HttpResponse]]:
    """What each page is, and the answer: of appointments whose language is this one, in a browser that wants it."""
    browser = Client(headers={"accept-language": language})
    yield "lost link", browser.get(reverse("patients:lost_link"))
    yield "lost link, asked", browser.get(reverse("patients:lost_link") + "?demande=1")
    for typed in WRONG_CONTACTS:
        yield f"lost link, {typed!r}", browser.post(reverse("patients:lost_link"), {"contact": typed})
    yield "test", browser.get(reverse("teleconsult:rehearsal"))
    yield "unknown link", browser.get("/visio/AAAAAAAAAAAAAAAAAAAAAA/")
    yield from _gates(practitioner, language)
    yield from _intakes(_appointment(practitioner, language))
    yield from _shared(_appointment(practitioner, language))
    yield from _room_and_after(_appointment(practitioner, language))


def _appointment(
    practitioner: Practitioner, language: str, *, until: timedelta = timedelta(minutes=10)
) -> Consultation:
    consultation = make_consultation(practitioner, timezone.now() + until)
    change(consultation.invitation, language=language)
    consultation.invitation.refresh_from_db()
    return consultation


def _gates(practitioner: Practitioner, language: str) -> Iterator[tuple[str, HttpResponse]]:
    stranger, now = Client(), timezone.now()

    def gate(invitation: Invitation, **fields) -> HttpResponse:
        if fields:
            change(invitation, **fields)
        return stranger.get(reverse("patients:gate", args=[invitation.token]))

    yield "gate, tomorrow", gate(_appointment(practitioner, language, until=timedelta(days=2)).invitation)
    yield "gate, today", gate(_appointment(practitioner, language, until=timedelta(hours=2)).invitation)
    invitation = _appointment(practitioner, language).invitation
    yield "gate, open", gate(invitation)
    yield "rehearsal", stranger.get(reverse("teleconsult:patient_rehearsal", args=[invitation.token]))
    for typed in ("", "x", "ZZZZ", "ZZZZ", "ZZZZ", "ZZZZ", "ZZZZ"):
        yield f"gate, {typed!r}", stranger.post(reverse("patients:gate", args=[invitation.token]), {"code": typed})
    yield "gate, locked", gate(invitation)
    yield "gate, dead", gate(invitation, code_failures=10)
    yield "button's address", stranger.get(reverse("patients:link_opened", args=[invitation.token]))
    yield (
        "forged",
        Client(enforce_csrf_checks=True, headers={"accept-language": language}).post(
            reverse("patients:gate", args=[invitation.token])
        ),
    )
    for reason in ("completed", "cancelled", "missed"):
        closed = _appointment(practitioner, language).invitation
        yield f"gate, {reason}", gate(closed, closed_at=now, closed_reason=reason)


def _intakes(consultation: Consultation) -> Iterator[tuple[str, HttpResponse]]:
    invitation = consultation.invitation
    browser, address = patient_browser(invitation), reverse("patients:intake", args=[invitation.token])
    yield "intake", browser.get(address)
    for typed in ({}, WRONG_INTAKE, FUTURE_INTAKE, {"birth_date": "1800-01-01"}, WARNED_INTAKE):
        yield f"intake, {typed}", browser.post(address, typed)
        yield f"draft, {typed}", browser.post(address, typed | {"draft": "1"})
    now = timezone.now()
    Intake.objects.filter(invitation=invitation).update(completed_at=now, consented_at=now)
    yield "intake, complete", browser.get(address)


def _shared(consultation: Consultation) -> Iterator[tuple[str, HttpResponse]]:
    invitation, now = consultation.invitation, timezone.now()
    browser, address = patient_browser(invitation), reverse("patients:shared_documents", args=[invitation.token])
    yield "no photo yet", browser.get(address)
    yield "no file", browser.post(address)
    for content in (b"", b"text", b"%PDF-1.7 broken", b"\xff\xd8\xff broken"):
        upload = SimpleUploadedFile("a.pdf", content)
        yield (
            f"file {content!r}",
            browser.post(address, {"file": upload}, headers={"x-requested-with": "XMLHttpRequest"}),
        )
    for _ in range(10):
        Document.objects.create(
            invitation=invitation, kind="patient", name="a.pdf", content_type=Document.PDF, added_at=now
        )
    yield "ten files", browser.get(address)


def _room_and_after(consultation: Consultation) -> Iterator[tuple[str, HttpResponse]]:
    invitation, now = consultation.invitation, timezone.now()
    browser = patient_browser(invitation)
    Intake.objects.create(
        invitation=invitation, last_name="Carpentier", first_name="Sophie", sex="female", birth_date=now.date(),
        completed_at=now,
    )  # fmt: skip
    room = reverse("teleconsult:patient_room", args=[invitation.token])
    documents = reverse("prescriptions:patient_documents", args=[invitation.token])
    feedback = reverse("teleconsult:patient_feedback", args=[invitation.token])
    yield "room", browser.get(room)
    yield "documents, none yet", browser.get(documents)
    for number, status in enumerate(("issued", "cancelled", "replaced"), 1):
        Prescription.objects.create(
            practitioner=consultation.practitioner, consultation=consultation, status=status, issued_at=now,
            number=f"2026-00000{number}", verification_code=f"7K2MQ4XW9{number}", pdf=b"%PDF",
        )  # fmt: skip
    change(consultation, status=Status.COMPLETED, started_at=now)
    change(invitation, closed_at=now, closed_reason="completed")
    yield "documents", browser.get(documents)
    yield "feedback", browser.get(feedback)
    yield "feedback, empty", browser.post(feedback, {"comment": "\u202e"})
    yield "feedback, too long", browser.post(feedback, {"rating": "9", "comment": "x" * 1001})
    yield "feedback, given", browser.post(feedback, {"rating": "5"}, follow=True)
    give_feedback(consultation=consultation, rating=4, comment="12 34", now=now)
    yield "documents, with feedback", browser.get(documents)
