"""« Vérifier une ordonnance »: the check that anybody may make."""

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.decorators import public
from accounts.throttling import client_ip
from patients.notify import about as key_of
from prescriptions import verification
from prescriptions.forms import CodeForm, VerifyForm, is_code, normalise_code
from prescriptions.models import Prescription


@public
@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest, code: str = "") -> HttpResponse:
    """« Vérifier une ordonnance »: first the code, then the birth date; nothing of the patient's health."""
    if not code:
        return _ask_code(request)
    code = normalise_code(code)
    form = VerifyForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"code": code, "form": form}
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        try:
            found = verification.find(
                code=code if is_code(code) else "",
                birth_date=form.cleaned_data["birth_date"],
                address=client_ip(request),
                now=now,
            )
            audit.record(
                action="prescription.verified", actor=None, role=audit.Role.VISITOR, about=f"prescription/{found.pk}",
                within=key_of(found.consultation.invitation), request=request,
            )  # fmt: skip
            context |= {"found": found, "unchanged": _is_unchanged(found, form.cleaned_data["document"]), "now": now}
        except verification.NotFound:
            context["problem"] = "unknown"
        except verification.TooManyTries:
            context["problem"] = "throttled"
    status = 429 if context.get("problem") == "throttled" else 200
    return render(request, "prescriptions/verify.html", context, status=status)


def _ask_code(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return redirect("prescriptions:verify", form.cleaned_data["code"])
    return render(request, "prescriptions/verify.html", {"form": form})


def _is_unchanged(prescription: Prescription, document: Any) -> bool | None:
    """Whether the file is the very one that was issued; None without a file."""
    if document is None:
        return None
    return hashlib.sha256(document.read()).hexdigest() == prescription.pdf_sha256
