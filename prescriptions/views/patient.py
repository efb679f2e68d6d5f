"""What the patient takes home: after the code, of this very appointment."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from patients.access import patient_required
from patients.models import Invitation
from patients.wording import with_article
from prescriptions.models import ConsultationReport, PaperQuerySet, Prescription
from prescriptions.views.paper import patient_paper
from teleconsult.feedback import feedback_of
from teleconsult.forms import FeedbackForm
from teleconsult.models import Consultation
from teleconsult.states import Status


@patient_required
@require_GET
def patient_documents(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """What the practitioner issued; after the end also the question how it went."""
    consultation = get_object_or_404(Consultation, invitation=invitation)
    issued = Prescription.objects.for_invitation(invitation).without_paper()
    context = {
        "invitation": invitation,
        "token": invitation.token,
        "practitioner": with_article(invitation.practitioner),
        "prescriptions": issued,
        "any_valid": any(prescription.is_valid for prescription in issued),
        "report": _reports(invitation).without_paper().first(),
        "is_completed": consultation.status == Status.COMPLETED,
        "feedback": feedback_of(consultation),
        "feedback_form": FeedbackForm(),
    }
    return render(request, "prescriptions/patient_documents.html", context)


def _reports(invitation: Invitation) -> PaperQuerySet:
    """The newest version alone: the patient gets no other."""
    return ConsultationReport.objects.for_invitation(invitation).filter(status=ConsultationReport.Status.ISSUED)


@patient_required
@require_GET
def patient_prescription_pdf(request: HttpRequest, invitation: Invitation, number: str) -> HttpResponse:
    """The stored bytes; a cancelled one is no longer given out."""
    valid = Prescription.objects.for_invitation(invitation).filter(status=Prescription.Status.ISSUED)
    return patient_paper(request, invitation, get_object_or_404(valid, number=number))


@patient_required
@require_GET
def patient_report_pdf(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """The stored bytes of the newest version."""
    return patient_paper(request, invitation, get_object_or_404(_reports(invitation)))
