"""Reaching the patient: a corrected contact, a dead letter once more. Fetched through the owner: 404 for others."""

from hashlib import sha256

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.decorators import validated_practitioner_required
from accounts.requests import VerifiedRequest
from teleconsult.contact import ContactForm
from teleconsult.details import describe
from teleconsult.reach import NotADeadLetter, correct_contact, resend_message
from teleconsult.services import InvalidMove, TooManySent
from teleconsult.views.practitioner import TOO_LATE, back, own_consultation, too_many


@require_http_methods(["GET", "HEAD", "POST"])
@validated_practitioner_required
def consultation_contact(request: VerifiedRequest, reference: str) -> HttpResponse:
    """A wrong e-mail or number, corrected; the invitation goes again."""
    consultation = own_consultation(request, reference)
    now = timezone.now()
    form = ContactForm(request.POST if request.method == "POST" else None, patient=consultation.patient)
    if form.is_valid():
        email, phone = form.cleaned_data["patient_email"], form.cleaned_data["patient_phone"]
        try:
            if correct_contact(consultation=consultation, email=email, phone=phone, by=request.user, now=now):
                messages.success(request, "Le contact est corrigé, l’invitation part à nouveau.")
            else:
                messages.info(request, "Rien n’a changé\u00a0: ce sont déjà l’e-mail et le portable de ce patient.")
        except InvalidMove:
            messages.error(request, TOO_LATE)
        except TooManySent as error:
            form.add_error(None, too_many(error))
    if not form.is_valid():
        context = {"form": form, "details": describe(consultation, now=now)}
        return render(request, "teleconsult/consultation_contact.html", context)
    return redirect("teleconsult:consultation_detail", reference=reference)


@require_GET
@validated_practitioner_required
def consultation_messages(request: VerifiedRequest, reference: str) -> HttpResponse:
    """« Ce qui a été envoyé », which page and dialog ask for again and again; 204 while nothing changes."""
    consultation = own_consultation(request, reference)
    if not request.htmx:
        return redirect("teleconsult:consultation_detail", reference=reference)
    details = describe(consultation, now=timezone.now())
    version = sha256(repr((details.recipients, details.is_pending)).encode()).hexdigest()[:16]
    if request.GET.get("version") == version:
        return HttpResponse(status=204)
    context = {"details": details, "version": version, "in_dialog": "dialogue" in request.GET}
    return render(request, "teleconsult/_messages.html", context)


@require_POST
@validated_practitioner_required
def message_resend(request: VerifiedRequest, reference: str, pk: int) -> HttpResponse:
    """« Renvoyer » one message that did not arrive."""
    consultation = own_consultation(request, reference)
    try:
        resend_message(consultation=consultation, pk=pk, by=request.user, now=timezone.now())
        messages.success(request, "Le message est renvoyé.")
    except TooManySent as error:
        messages.error(request, too_many(error))
    except NotADeadLetter as error:
        if not error.is_known:
            raise Http404 from error
        messages.warning(request, "Ce message n’est plus à renvoyer.")
    return back(request, consultation)
