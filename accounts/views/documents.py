"""The page behind « Demander une autre pièce »: the link of the e-mail, and the document that it takes."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from accounts import throttling
from accounts.decorators import public
from accounts.forms.decision import DocumentForm
from accounts.services.documents import LinkDead, practitioner_of_link, replace_document
from accounts.views.posted import posted_files


@public
@never_cache
def other_document(request: HttpRequest, token: str) -> HttpResponse:
    """Shows what is asked for (GET changes nothing), takes the document (POST), once."""
    now = timezone.now()
    form = DocumentForm(*posted_files(request))
    try:
        practitioner = practitioner_of_link(token, now=now)
        # Counted first: reading a file is what costs.
        if request.method == "POST" and not throttling.document_upload_of(practitioner.pk, now=now):
            return render(request, "accounts/other_document.html", {"too_many": True}, status=429)
        if request.method == "POST" and form.is_valid():
            document = form.cleaned_data["identity_document"]
            replace_document(practitioner=practitioner, document=document, now=now, request=request)
            return redirect("accounts:other_document_done")
    except LinkDead:
        return render(request, "accounts/other_document_dead.html", status=410)
    return render(request, "accounts/other_document.html", {"form": form, "practitioner": practitioner})


@public
def other_document_done(request: HttpRequest) -> HttpResponse:
    """Received: the registration is back in the queue."""
    return render(request, "accounts/other_document_done.html")
