"""« Comment s’est passée la consultation ? », asked of the patient where the documents are, and after them here."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from patients.access import patient_required, record
from patients.models import Invitation
from teleconsult.feedback import NotCompleted, feedback_of, give_feedback
from teleconsult.forms import FeedbackForm
from teleconsult.models import Consultation
from teleconsult.states import Status


@require_http_methods(["GET", "HEAD", "POST"])
@patient_required
def patient_feedback(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Asks, or keeps the answer; before the end the gate says where to go."""
    consultation = get_object_or_404(Consultation, invitation=invitation)
    if consultation.status != Status.COMPLETED:
        return redirect("patients:gate", invitation.token)
    given = feedback_of(consultation)
    initial = {"rating": given.rating, "comment": given.comment} if given else None
    form = FeedbackForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            give_feedback(consultation=consultation, now=timezone.now(), **form.cleaned_data)
        except NotCompleted:
            return redirect("patients:gate", invitation.token)
        record(request, invitation, action="feedback.given")
        messages.success(request, _("Merci, votre avis est enregistré."))
        return redirect("prescriptions:patient_documents", invitation.token)
    context = {"feedback_form": form, "token": invitation.token}
    return render(request, "teleconsult/patient_feedback.html", context)
