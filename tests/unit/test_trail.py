"""A whole visit, played through the pages: who reads what is on the trail, and nothing sensitive is."""

import json
import re
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import audit_chain
from accounts.models import AuditEvent, AuditLink
from patients.models import Document, Intake
from prescriptions.models import Prescription
from teleconsult import services
from teleconsult.models import Consultation, ConsultationEvent
from teleconsult.trail import trail_of
from tests.conftest import PASSWORD, make_consultation, verify
from tests.unit.accounts.helpers import fail, last_code, picture, upload, wrong
from tests.unit.prescriptions.papers import LINE, signature_png

NIR = "281071305500155"
# What the visit is about; none of it may be on the trail.
CANARIES = (
    "Kanariou", "Zéphyrine", "kanariou", "zephyrine", "12345699", "1981", "04/07", "28107130", "Serinette",
    "Serin-Plage",    "DOLIPRANE", "Toux canari", "Canarose", "correct-horse", "serinet.jpg", "Rossignol", "inconnu",
    "Mutuelle du Canari",
)  # fmt: skip
# Hours, random numbers and keyed digests: « 1981 » turns up in them by chance, and means nothing there.
OPAQUE = {"at", "uid", "seal", "digest"}


class Visit:
    """Both browsers, and the addresses of the appointment."""

    def __init__(self, practitioner):
        self.practitioner = practitioner
        self.doctor, self.patient = Client(), Client()

    def of(self, name: str, *more) -> str:
        return reverse(f"teleconsult:{name}", args=[self.consultation.reference, *more])

    def gate(self, name: str = "patients:gate", *more) -> str:
        return reverse(name, args=[self.consultation.invitation.token, *more])

    def log_in(self) -> None:
        for password in ("wrong-" + PASSWORD, PASSWORD):
            self.doctor.post("/connexion/", {"email": self.practitioner.user.email, "password": password})
        self.doctor.post("/connexion/", {"email": "inconnu@rossignol.example", "password": PASSWORD})
        code = last_code()
        self.doctor.post("/connexion/code/", {"code": wrong(code)})
        assert self.doctor.post("/connexion/code/", {"code": code}).status_code == 302

    def arrange(self) -> None:
        soon = timezone.localtime(timezone.now() + timedelta(minutes=20))
        data = {
            "patient_last_name": "Kanariou", "patient_first_name": "Zéphyrine", "creation_key": "AbCdEfGhIjKlMnOp",
            "patient_email": "zephyrine@kanariou.example", "patient_phone": "06 12 34 56 99",
            "date": f"{soon:%Y-%m-%d}", "time": f"{soon:%H:%M}", "which": soon.fold,
        }  # fmt: skip
        assert self.doctor.post("/teleconsultation/nouvelle/", data).status_code == 302
        self.consultation = Consultation.objects.select_related("invitation").get()
        self.doctor.get(self.of("consultation_detail"))
        self.doctor.get(self.of("consultation_infos"), headers={"HX-Request": "true"})
        self.doctor.post(self.of("invitation_resend"))
        self.doctor.post(self.of("access_code_renew"))
        self.consultation.invitation.refresh_from_db()

    def come_in(self) -> None:
        code = self.consultation.invitation.code
        self.patient.post(self.gate(), {"code": "0000" if code != "0000" else "1111"})
        assert self.patient.post(self.gate(), {"code": code})["Location"].endswith("/informations/")
        intake = {
            "last_name": "Kanariou", "first_name": "Zéphyrine", "birth_date": "1981-07-04", "sex": "female",
            "birth_postal_code": "13001", "birth_city": "Marseille", "address": "1 rue Serinette",
            "postal_code": "13002", "city": "Serin-Plage", "phone": "06 12 34 56 99", "nir": NIR,
            "beneficiary": "insured", "insurer": "",
            "mutual_name": "Mutuelle du Canari", "mutual_member_number": "", "beneficiary_nir": "", "consent": "on",
        }  # fmt: skip
        assert self.patient.post(self.gate("patients:intake"), intake)["Location"].endswith("/salle/")
        for name in ("serinet.jpg", "rossignol.jpg"):
            self.patient.post(self.gate("patients:shared_documents"), {"file": upload(picture(), name)})
        kept, gone = Document.objects.order_by("pk")
        self.patient.post(self.gate("patients:shared_document_delete", gone.pk))
        self.document = kept

    def consult(self) -> None:
        for name in ("consultation_detail", "consultation_export", "practitioner_room"):
            assert self.doctor.get(self.of(name)).status_code == 200
        self.doctor.get(self.of("consultation_document", self.document.pk))
        self.doctor.post(self.of("consultation_notes"), {"text": "Toux canari", "version": 0})
        self.doctor.post(self.of("consultation_notes"), {"text": "Toux canari. Repos.", "version": 1})
        services.start_consultation(consultation=self.consultation, now=timezone.now())
        self.doctor.post(self.of("consultation_check"), {"kind": "place", "checked": "on", "detail": "Canarose"})
        self.doctor.post(self.of("consultation_end"))
        self.doctor.get(self.of("consultation_detail"))

    def write(self) -> None:
        create = reverse("prescriptions:prescription_create", args=[self.consultation.reference])
        data = {
            "form_key": str(uuid.uuid4()), "last_name": "Kanariou", "first_name": "Zéphyrine", "sex": "female",
            "birth_date": "1981-07-04", "weight": "", "height": "", "lines-TOTAL_FORMS": "1", "action": "issue",
            "lines-INITIAL_FORMS": "0",
        } | {f"lines-0-{name}": str(value) for name, value in LINE.items()}  # fmt: skip
        self.doctor.get(create)
        number = self.doctor.post(create, data)["Location"].split("/")[2]
        self.prescription = Prescription.objects.get(number=number)
        for name in ("prescription_detail", "prescription_pdf"):
            assert self.doctor.get(reverse(f"prescriptions:{name}", args=[number])).status_code == 200
        self.doctor.post(reverse("prescriptions:prescription_send", args=[number]), {})
        report = reverse("prescriptions:report_create", args=[self.consultation.reference])
        texts = {"reason": "Toux canari", "findings": "", "conclusion": "Canarose"}
        self.doctor.get(report)
        self.doctor.post(report, {"form_key": str(uuid.uuid4()), "action": "issue"} | texts)
        self.doctor.get(reverse("prescriptions:report_detail", args=[self.consultation.reference, 1]))

    def take_home(self) -> None:
        name = "prescriptions:patient_prescription_pdf"
        assert self.patient.get(self.gate(name, self.prescription.number)).status_code == 200
        assert self.patient.get(self.gate("prescriptions:patient_report_pdf")).status_code == 200
        self.patient.post(self.gate("teleconsult:patient_feedback"), {"rating": "4", "comment": "Canarose"})
        code = self.prescription.verification_code
        Client().post(reverse("prescriptions:verify", args=[code]), {"birth_date": "1981-07-04"})


@pytest.fixture
def visit(practitioner, settings, tmp_path) -> Visit:
    settings.MEDIA_ROOT = tmp_path
    practitioner.signature = signature_png()
    practitioner.save()
    visit = Visit(practitioner)
    visit.log_in()
    visit.arrange()
    visit.come_in()
    visit.consult()
    return visit


def test_a_whole_visit_is_on_the_trail_with_nothing_sensitive_inside(visit, practitioner):
    visit.write()
    visit.take_home()
    doctor, patient, visitor = "practitioner", "patient", "visitor"
    found = [(event.role, event.action) for event in AuditEvent.objects.order_by("pk")]
    assert found == [
        (visitor, "login.failed"), (visitor, "login.failed"), (doctor, "login.code_refused"), (doctor, "login"),
        (doctor, "consultation.created"), (doctor, "consultation.read"), (doctor, "code.shown"),
        (doctor, "invitation.resent"), (doctor, "code.renewed"),
        (patient, "code.accepted"), (patient, "intake.submitted"), (patient, "document.added"),
        (patient, "document.added"), (patient, "document.removed"),
        (doctor, "intake.read"), (doctor, "intake.exported"), (doctor, "intake.read"), (doctor, "document.read"),
        (doctor, "notes.saved"), (doctor, "check.ticked"), (doctor, "consultation.completed"),
        (doctor, "intake.read"), (doctor, "notes.read"),
        (doctor, "prescription.drafted"), (doctor, "prescription.issued"), (doctor, "prescription.read"),
        (doctor, "prescription.downloaded"), (doctor, "prescription.sent"),
        (doctor, "report.drafted"), (doctor, "report.issued"), (doctor, "report.read"),
        (patient, "prescription.downloaded"), (patient, "report.downloaded"), (patient, "feedback.given"),
        (visitor, "prescription.verified"),
    ]  # fmt: skip
    rows = [row for model in (AuditEvent, AuditLink, ConsultationEvent) for row in model.objects.values()]
    kept = json.dumps(
        [{name: value for name, value in row.items() if name not in OPAQUE} for row in rows],
        default=str, ensure_ascii=False,
    )  # fmt: skip
    digests = [row[name] for row in rows for name in ("seal", "digest") if name in row]
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)
    secrets = (visit.consultation.invitation.code + '"', visit.consultation.invitation.token)
    secrets += (visit.prescription.verification_code, visit.prescription.number, practitioner.user.email)
    leaked = [canary for canary in (*CANARIES, *secrets) if canary.lower() in kept.lower()]
    assert not leaked
    # The visit did take place with them.
    assert Intake.objects.get().nir == NIR

    owed = AuditEvent.objects.filter(link=None)
    audit_chain.append(*owed.order_by("pk"))
    verdict = audit_chain.verify()
    assert (verdict.rows, verdict.broken) == (len(found), "")


def test_the_practitioner_reads_the_trail_of_the_appointment(visit, practitioner):
    page = visit.doctor.get(visit.of("consultation_trail"))
    text = page.content.decode()
    assert page["Cache-Control"] == "no-store, private"
    lines = [(line.words, line.who, line.times) for line in trail_of(visit.consultation, reader=practitioner.user)]
    assert lines[1] == ("Données patient affichées", "vous", 1)
    assert ("Données patient envoyées", "le patient", 1) in lines
    assert ("Document ajouté", "le patient", 2) in lines
    assert ("Consultation commencée", "le système", 1) in lines
    assert ("Session ouverte", "le système", 1) in lines
    assert lines[-1] in (("Rendez-vous créé", "vous", 1), ("Session ouverte", "le système", 1))
    for words, who, _ in lines:
        assert words in text.replace("&#x27;", "'")
        assert who in text
    # Each thing once, though the clock's own list has some of it too.
    assert len([line for line in lines if line[0] == "Consultation terminée"]) == 1
    # The microseconds of each line's moment are random digits.
    text = re.sub(r'datetime="[^"]+"', "", text)
    assert not any(canary in text for canary in CANARIES if canary not in ("Kanariou", "kanariou"))


def test_the_trail_holds_nothing_of_another_appointment(visit, practitioner):
    other = make_consultation(practitioner)
    visit.doctor.get(reverse("teleconsult:consultation_detail", args=[other.reference]))
    lines = trail_of(other, reader=practitioner.user)
    assert [line.words for line in lines] == ["Page du rendez-vous ouverte"]


def test_asking_again_what_is_new_in_the_panel_is_no_reading(practitioner, consultation, client_for):
    doctor = client_for(practitioner.user)
    room = reverse("teleconsult:practitioner_room", args=[consultation.reference])
    visit = Visit(practitioner)
    visit.consultation = consultation
    visit.patient.post(visit.gate(), {"code": "7K2M"})
    visit.patient.post(
        visit.gate("patients:intake"), {"draft": "1", "last_name": "Kanariou", "first_name": "Zéphyrine"}
    )
    page = doctor.get(room)
    versions = {part.name: part.version for part in page.context["parts"].values()}
    reads = AuditEvent.objects.filter(action="intake.read")
    assert reads.count() == 1
    for _ in range(3):
        assert doctor.get(room, versions, headers={"HX-Request": "true"}).status_code == 204
    assert reads.count() == 1
    visit.patient.post(visit.gate("patients:intake"), {"draft": "1", "birth_date": "1981-07-04"})
    assert b"1981" in doctor.get(room, versions, headers={"HX-Request": "true"}).content
    assert reads.count() == 2


def test_locks_are_noted_with_the_address_they_came_from(practitioner, consultation):
    fail(Client(REMOTE_ADDR="203.0.113.7"), practitioner.user.email, 12)
    gate = reverse("patients:gate", args=[consultation.invitation.token])
    for _ in range(6):
        Client(REMOTE_ADDR="203.0.113.8").post(gate, {"code": "0000"})
    rows = AuditEvent.objects.filter(action__endswith=".locked").values_list("action", "about", "ip_address")
    assert list(rows.order_by("pk")) == [
        ("login.locked", f"user/{practitioner.user.pk}", "203.0.113.7"),
        ("code.locked", f"invitation/{consultation.invitation_id}", "203.0.113.8"),
    ]


def test_the_administrator_sees_references_and_no_patient(visit, administrator, client_for, pending_practitioner):
    client = verify(Client(), administrator)
    page = client.get("/admin/accounts/auditevent/?role=practitioner&action=intake.read")
    assert page.status_code == 200
    text = page.content.decode()
    assert "Données patient affichées" in text
    assert f"invitation/{visit.consultation.invitation_id}" in text
    event = AuditEvent.objects.filter(action="intake.read").first()
    detail = client.get(f"/admin/accounts/auditevent/{event.pk}/change/").content.decode()
    # The seal is 64 random digits: « 1981 » among them means nothing.
    assert event.seal in detail
    for shown in (text, detail.replace(event.seal, "")):
        assert not any(canary in shown for canary in (*CANARIES, visit.consultation.reference))
    assert client.get("/admin/accounts/auditevent/?q=practitioner/1").status_code == 200


def test_the_administrator_sees_the_trail_of_a_registration(administrator, client_for, pending_practitioner):
    client = client_for(administrator)
    page = f"/admin/accounts/practitioner/{pending_practitioner.pk}/"
    client.post(f"{page}valider/", {"proof": "identity_card"})
    text = client.get(f"{page}change/").content.decode()
    assert "Inscription validée" in text
    assert administrator.email in text
