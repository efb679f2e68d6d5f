"""« Compte rendu »: who, when, what is on the paper, and that nothing issued ever changes."""

import base64
import io
import uuid
from datetime import timedelta

import pikepdf
import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from prescriptions import pdf, reports, seal
from prescriptions.models import ConsultationReport
from rofim.notifications.models import OutgoingMessage
from teleconsult.models import Consultation, ConsultationCheck, ConsultationNotes, Incident
from teleconsult.states import Status
from tests.conftest import make_consultation
from tests.unit.prescriptions.conftest import issue, make_draft, patient_client
from tests.unit.prescriptions.test_paper import plain

TEXTS = {"reason": "Toux depuis trois jours.", "findings": "Pas de fièvre.", "conclusion": "Repos. Revoir si fièvre."}


@pytest.fixture
def ended(consultation) -> Consultation:
    """18 minutes, a cut of 12 s, the place, one prescription."""
    now = timezone.now()
    issue(make_draft(consultation))
    consultation.started_at, consultation.ended_at = now - timedelta(minutes=20), now - timedelta(minutes=2)
    consultation.status = Status.COMPLETED
    consultation.save()
    started = consultation.started_at
    Incident.objects.create(
        consultation=consultation, role="practitioner", kind="lost", started_at=started,
        ended_at=started + timedelta(seconds=12),
    )  # fmt: skip
    ConsultationCheck.objects.create(consultation=consultation, kind="place", detail="À Brest 🏠", at=started)
    return consultation


def draft_of(consultation: Consultation, **texts) -> ConsultationReport:
    return reports.save_report_draft(consultation=consultation, form_key=uuid.uuid4(), texts=TEXTS | texts)


def issue_report(report: ConsultationReport) -> ConsultationReport:
    return reports.issue_report(report=report, by=report.practitioner.user, now=timezone.now())


@pytest.fixture
def report(ended) -> ConsultationReport:
    return issue_report(draft_of(ended))


def url(name: str, consultation: Consultation, *more) -> str:
    return reverse(f"prescriptions:{name}", args=[consultation.reference, *more])


def post(client: Client, consultation: Consultation, action: str = "issue", **changes):
    data = {"form_key": str(uuid.uuid4()), "action": action} | TEXTS | changes
    return client.post(url("report_create", consultation), data)


def text_of(answer) -> str:
    return answer.content.decode().replace("\u00a0", " ")


# Refusals. `tests/unit/test_access.py` has the stranger, the other practitioner and the patient of another link.


@pytest.mark.parametrize("status", [Status.OPEN, Status.IN_PROGRESS, Status.CANCELLED, Status.MISSED])
def test_there_is_none_of_what_has_not_taken_place_and_ended(doctor, practitioner, status):
    other = make_consultation(practitioner, status=status)
    for answer in (doctor.get(url("report_create", other)), post(doctor, other)):
        assert answer.url == reverse("teleconsult:consultation_detail", args=[other.reference])
    with pytest.raises(reports.NotCompleted):
        draft_of(other)
    assert not ConsultationReport.objects.exists()


def test_the_key_of_anothers_report_opens_nothing(doctor, report, other_practitioner, client_for):
    theirs = make_consultation(
        other_practitioner, status=Status.COMPLETED, started_at=timezone.now(), ended_at=timezone.now()
    )
    post(client_for(other_practitioner.user), theirs, "save", form_key=str(report.form_key))
    report.refresh_from_db()
    assert report.consultation != theirs
    assert theirs.reports.get().is_draft


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("reason", "a\x00b", "caractère"),
        ("findings", "x" * 20_001, "ce texte en a 20001"),
        ("findings", "x\n" * 501, "Au plus 500 lignes"),
        ("conclusion", "Repos 👍", "ne peut pas être imprimé"),
        ("conclusion", "a\u202eb", "invisible"),
    ],
)
def test_what_cannot_be_printed_is_said_beside_the_field(doctor, ended, name, value, words):
    page = text_of(post(doctor, ended, **{name: value}))
    assert words in page
    assert TEXTS["reason"] in page or name == "reason"
    assert not ConsultationReport.objects.exists()


def test_a_report_needs_its_conclusion_and_the_draft_stays(doctor, ended):
    page = text_of(post(doctor, ended, conclusion=" "))
    assert "Écrivez la conclusion" in page
    draft = ended.reports.get()
    assert draft.is_draft
    assert draft.reason == TEXTS["reason"]


def test_a_second_click_makes_no_second_report(doctor, ended):
    key = str(uuid.uuid4())
    first, second = (post(doctor, ended, form_key=key) for _ in range(2))
    assert first.url == second.url == url("report_detail", ended, 1)
    assert ended.reports.count() == 1
    # Nor does an old tab's « Enregistrer » change what was issued.
    post(doctor, ended, "save", form_key=key, conclusion="Autre chose")
    assert ended.reports.get().conclusion == TEXTS["conclusion"]


def test_nor_does_the_second_click_in_a_second_tab(doctor, ended):
    post(doctor, ended, "save")
    key = str(uuid.uuid4())
    for _ in range(2):
        post(doctor, ended, form_key=key, conclusion="De l’autre fenêtre.")
    assert ended.reports.get().conclusion == "De l’autre fenêtre."


def test_a_failed_seal_leaves_a_draft(ended, monkeypatch):
    draft = draft_of(ended)
    monkeypatch.setattr(seal, "apply_seal", lambda data: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        issue_report(draft)
    draft.refresh_from_db()
    assert draft.is_draft


@pytest.mark.parametrize(
    "wrong",
    [{"version": 1}, {"status": "issued", "version": 1}, {"status": "issued", "version": 0, "pdf": b"%PDF"}],
)
def test_the_database_takes_no_half_issued_report(ended, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        ConsultationReport.objects.create(consultation=ended, practitioner=ended.practitioner, **wrong)


# The draft.


def test_the_facts_are_there_before_a_word_is_typed(doctor, ended):
    page = text_of(doctor.get(url("report_create", ended)))
    for expected in (
        "CARPENTIER", "née le 04/07/1981", "18 min", "À Brest", "non vérifié", "DOLIPRANE", "R.6316-4",
        "Coupure de 12 s du côté du professionnel de santé",
    ):  # fmt: skip
        assert expected in page
    assert "Reprendre mes notes" not in page


def test_a_draft_is_kept_and_found_again(doctor, ended):
    post(doctor, ended, "save", conclusion="")
    post(doctor, ended, "save", conclusion="À suivre")
    assert ended.reports.get().conclusion == "À suivre"
    page = text_of(doctor.get(url("report_create", ended)))
    assert "À suivre" in page
    assert "Reprendre le brouillon" in text_of(doctor.get(url("report_create", ended), headers={"HX-Request": "true"}))


def test_notes_come_only_when_asked_for_and_once(doctor, ended):
    ConsultationNotes.objects.create(consultation=ended, text="Gorge rouge.\nGanglions.", version=1)
    page = text_of(doctor.get(url("report_create", ended)))
    assert "Gorge rouge" not in page
    assert "Reprendre mes notes" in page
    post(doctor, ended, "notes")
    assert ended.reports.get().findings == "Pas de fièvre.\n\nGorge rouge.\nGanglions."
    post(doctor, ended, "notes", findings="Pas de fièvre.\r\n\r\nGorge rouge.\r\nGanglions.")
    assert ended.reports.get().findings.count("Gorge") == 1


def test_notes_that_cannot_be_printed_are_shown_to_be_corrected(doctor, ended):
    ConsultationNotes.objects.create(consultation=ended, text="Fièvre → 39", version=1)
    page = text_of(post(doctor, ended, "notes"))
    assert "Fièvre → 39" in page
    assert "« → »" in page


# Issued.


def test_the_paper_says_what_the_law_asks_for(report, ended):
    [text] = plain(bytes(report.pdf))
    for expected in (
        "Compte rendu de téléconsultation", "Dr Claire Martin", "10003456786", "CARPENTIER Sophie", "04/07/1981",
        "18 min", "À Brest ?", "Coupure de 12 s du côté du professionnel de santé", "DOLIPRANE", "N°",
        "Toux depuis trois jours.", "Pas de fièvre.", "Repos. Revoir si fièvre.", "page 1/1", "version 1",
    ):  # fmt: skip
        assert expected in text, expected
    assert seal.is_intact(bytes(report.pdf))
    with pikepdf.open(io.BytesIO(bytes(report.pdf))) as document:
        assert 'part="3"' in str(document.open_metadata()) or "<pdfaid:part>3" in str(document.open_metadata())


def test_markup_stays_text_and_long_texts_break_pages(ended):
    hostile = '<img src="http://example.org/x.png"><script>alert(1)</script>'
    long = issue_report(draft_of(ended, findings="\n".join(f"Ligne {n}" for n in range(200)), conclusion=hostile))
    texts = plain(bytes(long.pdf))
    assert len(texts) > 3
    assert hostile in "".join(texts)
    assert f"page 1/{len(texts)}" in texts[0]


def test_nothing_fetches(report, monkeypatch):
    monkeypatch.setattr(pdf, "render_to_string", lambda *_: '<html><img src="file:///etc/hosts" alt="x"></html>')
    with pytest.raises(pdf.ResourceRefused):
        pdf.render_report(report.content)


def test_a_new_version_replaces_and_says_so(doctor, report, ended):
    detail = url("report_detail", ended, 1)
    assert doctor.get(url("report_create", ended)).url == detail
    page = text_of(doctor.get(url("report_create", ended), {"remplacer": ""}))
    assert TEXTS["conclusion"] in page
    assert "La <a" in page
    first = bytes(report.pdf)
    post(doctor, ended, conclusion="Antibiotique.")
    old, new = ended.reports.order_by("version")
    assert (old.status, new.status) == ("replaced", "issued")
    assert bytes(old.pdf) == first
    assert "remplace la version 1 du" in plain(bytes(new.pdf))[0]
    assert "remplacée par une plus récente" in text_of(doctor.get(detail))
    assert doctor.get(url("report_pdf", ended, 1)).content == first


def test_it_is_encrypted_at_rest(report):
    with connection.cursor() as cursor:
        cursor.execute("SELECT reason, conclusion, content, pdf FROM prescriptions_consultationreport")
        row = cursor.fetchone()
    for column in row:
        stored = bytes(column if isinstance(column, bytes | memoryview) else column.encode())
        assert b"Toux depuis" not in stored
        assert b"Repos. Revoir" not in stored
    assert not bytes(row[3]).startswith(b"%PDF")


def test_the_download_is_recorded_and_kept_by_nobody(doctor, report, ended):
    answer = doctor.get(url("report_pdf", ended, 1))
    assert answer.content == bytes(report.pdf)
    assert answer["Content-Disposition"] == f'attachment; filename="compte-rendu-{ended.reference}-v1.pdf"'
    assert answer["Cache-Control"] == "no-store, private"
    assert doctor.get(url("report_pdf", ended, 1), {"imprimer": ""})["Content-Disposition"].startswith("inline")
    actions = list(AuditEvent.objects.filter(about=f"report/{report.pk}").values_list("action", flat=True))
    assert sorted(actions) == ["report.downloaded", "report.downloaded", "report.issued"]


@pytest.mark.parametrize("version", [0, 2, 10**30])
def test_another_version_is_404(doctor, report, ended, version):
    assert doctor.get(url("report_detail", ended, version)).status_code == 404


# Sent.


def test_the_mail_has_the_link_and_no_word_of_health(doctor, report, ended):
    OutgoingMessage.objects.all().delete()
    for _ in range(2):
        doctor.post(url("report_send", ended, 1))
    [mail] = OutgoingMessage.objects.all()
    assert mail.to == "sophie@example.org"
    assert reverse("prescriptions:patient_documents", args=[ended.invitation.token]) in mail.body
    assert mail.attachments == []
    for hidden in ("Toux", "Repos", "7K2M", "ompte rendu"):
        assert hidden not in mail.subject + mail.body + mail.body_html
    page = doctor.get(reverse("teleconsult:consultation_detail", args=[ended.reference])).content.decode()
    assert "Compte rendu" in page


def test_the_pdf_goes_along_only_if_ticked(doctor, report, ended):
    doctor.post(url("report_send", ended, 1), {"attach_pdf": "on"})
    [attachment] = OutgoingMessage.objects.get(name="prescriptions/report").attachments
    assert attachment["filename"] == f"document-{ended.reference}.pdf"
    assert base64.b64decode(attachment["content"]) == bytes(report.pdf)


def test_a_replaced_version_is_not_sent(doctor, report, ended):
    issue_report(draft_of(ended))
    assert "remplacée" in text_of(doctor.post(url("report_send", ended, 1), follow=True))
    assert not OutgoingMessage.objects.filter(name="prescriptions/report").exists()


def test_without_an_address_nothing_is_sent(doctor, report, ended):
    patient = ended.patient
    patient.email = ""
    patient.save()
    assert "pas donné d’adresse" in text_of(doctor.post(url("report_send", ended, 1), follow=True))
    assert not OutgoingMessage.objects.filter(name="prescriptions/report").exists()


# The patient.


def test_the_patient_finds_the_newest_version_and_no_draft(ended):
    client, token = patient_client(ended.invitation), ended.invitation.token
    documents = reverse("prescriptions:patient_documents", args=[token])
    download = reverse("prescriptions:patient_report_pdf", args=[token])
    draft = draft_of(ended)
    assert download not in text_of(client.get(documents))
    assert client.get(download).status_code == 404
    issue_report(draft)
    assert download in text_of(client.get(documents))
    second = issue_report(draft_of(ended, conclusion="Antibiotique."))
    answer = client.get(download)
    assert answer.content == bytes(second.pdf)
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
