"""What the page proposes while an appointment is typed. By POST: names are for no address, history or log."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.decorators import validated_practitioner_required
from accounts.requests import VerifiedRequest
from teleconsult.forms import HourPreviewForm
from teleconsult.listing import suggest_patients


@require_POST
@validated_practitioner_required
def patient_suggestions(request: VerifiedRequest) -> HttpResponse:
    """One's own patients whose name begins like `q`, as options of the list below the name."""
    typed = forms.CharField(required=False, max_length=80, empty_value="")
    try:
        query = typed.clean(request.POST.get("q", ""))
    except forms.ValidationError:
        query = ""
    patients = suggest_patients(practitioner=request.user.practitioner, query=query)
    return render(request, "teleconsult/_patient_suggestions.html", {"patients": patients})


@require_POST
@validated_practitioner_required
def hour_preview(request: VerifiedRequest) -> HttpResponse:
    """« lundi 5 avril 2027 à 14:30 »: what the typed date and hour mean; nothing while they mean nothing yet."""
    form = HourPreviewForm(request.POST, practitioner=request.user.practitioner, now=timezone.now())
    form.is_valid()
    return render(request, "teleconsult/_hour_preview.html", {"form": form})
