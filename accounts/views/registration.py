"""« Inscription »: the steps of the form, the document, the proof of the mobile and of the address, the thanks."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts import otp, pending, throttling
from accounts.decorators import public
from accounts.drafts import begin_draft, current_draft, forget_draft
from accounts.forms import steps
from accounts.forms.login import CodeForm
from accounts.forms.registration import ADELI_PROFESSIONS, DocumentForm
from accounts.forms.steps import Steps
from accounts.models import Registration
from accounts.services import registration as service
from accounts.throttling import client_ip
from accounts.views import codes
from accounts.views.posted import posted, posted_files
from rofim.uploads import presentable_name

TOO_MANY = "Trop d’inscriptions viennent d’être faites d’ici : réessayez dans une heure."
TOO_MANY_FILES = "Trop de fichiers viennent d’être envoyés d’ici : réessayez dans une heure."
NOT_STORED = "Le fichier n’a pas pu être enregistré : réessayez dans quelques minutes."
# The longest field of a step, the address, and spaces around it.
_LONGEST = 250

_TEMPLATES = {
    steps.YOU: "accounts/_register_you.html",
    steps.PRACTICE: "accounts/_register_practice.html",
    steps.DOCUMENT: "accounts/_register_document.html",
    steps.ACCESS: "accounts/_register_access.html",
}


def _by_script(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"


def _step_address(name: str) -> str:
    return reverse("accounts:register") + (f"?etape={name}" if name != steps.YOU else "")


def _may_send_file(request: HttpRequest) -> bool:
    return throttling.registration_document_from(client_ip(request), now=timezone.now())


def _draft_here(request: HttpRequest) -> Registration:
    """This browser's registration, begun now if it has none. Raises ValidationError where too many are."""
    now = timezone.now()
    draft = current_draft(request.session, now=now)
    if draft is None:
        if not throttling.registration_begun_from(client_ip(request), now=now):
            raise ValidationError(TOO_MANY)
        draft = begin_draft(request.session, now=now)
    return draft


@public
@sensitive_post_parameters()
def register(request: HttpRequest) -> HttpResponse:
    """« Inscription », step by step; a code by SMS comes after the last, whether the address is known or not."""
    if request.user.is_authenticated:
        return redirect("home")
    draft = current_draft(request.session, now=timezone.now())
    way = Steps(draft)
    step = request.GET.get("etape", steps.YOU)
    if not way.can_open(step):
        return redirect(_step_address(way.reached()))
    # Counted first: reading a file is what costs.
    if request.FILES and not _may_send_file(request):
        messages.error(request, TOO_MANY_FILES)
        return _onward(request, _step_address(step))
    form: Any = way.form(step, *posted_files(request))
    if request.method == "POST" and form.is_valid():
        try:
            return _submit(request, way, form) if step == steps.ACCESS else _keep(request, way, step, form)
        except ValidationError as refusal:
            form.add_error(None, refusal)
    context = {
        "form": form, "step": step, "draft": draft, "adeli": " ".join(sorted(ADELI_PROFESSIONS)),
        "number": steps.ORDER.index(step) + 1, "before": way.before(step), "template": _TEMPLATES[step],
    }  # fmt: skip
    return render(request, "accounts/register.html", context)


def _keep(request: HttpRequest, way: Steps, step: str, form: Any) -> HttpResponse:
    """A step is right: kept, and on to the next."""
    draft = _draft_here(request)
    if step == steps.DOCUMENT:
        _attach(request, draft, form)
    else:
        # What doesn't count for the profession was not measured.
        typed = {name: form.data.get(name, "")[:_LONGEST] for name in form.fields}
        service.save_step(draft=draft, typed=typed, now=timezone.now())
    return _onward(request, _step_address(way.after(step)))


def _onward(request: HttpRequest, address: str) -> HttpResponse:
    """A redirect; the page's script is told where to go: it would follow one unseen, with what the next page says."""
    return HttpResponse(status=204, headers={"X-Next": address}) if _by_script(request) else redirect(address)


def _attach(request: HttpRequest, draft: Registration, form: DocumentForm) -> None:
    clean = form.cleaned_data["identity_document"]
    if clean is None:
        return
    now = timezone.now()
    try:
        service.attach_document(draft=draft, clean=clean, name=presentable_name(form.name, clean), now=now)
    except service.NotStored:
        raise ValidationError(NOT_STORED) from None


def _submit(request: HttpRequest, way: Steps, form: Any) -> HttpResponse:
    """« S’inscrire »: the code leaves."""
    now = timezone.now()
    if not throttling.registration_from(client_ip(request), now=now):
        raise ValidationError(TOO_MANY)
    answers = way.answers() | {name: form.cleaned_data[name] for name in ("email", "mobile_phone")}
    device = service.submit_registration(
        draft=_draft_here(request), answers=answers, password=make_password(form.cleaned_data["password1"]),
        now=now, request=request,
    )  # fmt: skip
    waiting = pending.start_registration(request.session, device=device, now=now)
    if not otp.has_live_code(device, pending=waiting.secret, now=now):
        codes.send(request, device=device, pending=waiting, now=now)
    return _onward(request, reverse("accounts:register_phone"))


@public
@require_POST
def register_document(request: HttpRequest) -> HttpResponse:
    """The proof of identity on its own, as soon as it is chosen, or taken back (`remove`).

    A script gets the box that shows it, or with 400 what is wrong as JSON.
    """
    now = timezone.now()
    draft = current_draft(request.session, now=now)
    if "remove" in request.POST:
        if draft is not None:
            service.remove_document(draft=draft, now=now)
    else:
        try:
            draft = _receive(request)
        except ValidationError as refusal:
            return JsonResponse({"error": refusal.messages[0]}, status=400)
    if not _by_script(request):
        return redirect(_step_address(steps.DOCUMENT))
    return render(request, "accounts/_register_sent.html", {"draft": draft})


def _receive(request: HttpRequest) -> Registration:
    """Raises ValidationError that says what is wrong with the file, or that no more are taken."""
    if not _may_send_file(request):
        raise ValidationError(TOO_MANY_FILES)
    form = DocumentForm(request.POST, request.FILES)
    if not form.is_valid():
        raise ValidationError(list(form.errors["identity_document"]))
    draft = _draft_here(request)
    _attach(request, draft, form)
    return draft


@public
@require_safe
def register_preview(request: HttpRequest) -> HttpResponse:
    """The document that this browser has sent, small; nobody else's."""
    draft = current_draft(request.session, now=timezone.now())
    if draft is None or not draft.preview:
        return HttpResponse(status=404)
    return HttpResponse(bytes(draft.preview), content_type="image/jpeg", headers={"Cache-Control": "no-store, private"})


@public
@require_POST
def register_abandon(request: HttpRequest) -> HttpResponse:
    """« Effacer et recommencer »."""
    draft = current_draft(request.session, now=timezone.now())
    if draft is not None:
        service.abandon_registration(draft=draft)
    forget_draft(request.session)
    pending.end_registration(request.session)
    messages.success(request, "Tout ce que vous aviez saisi est effacé.")
    return redirect("accounts:register")


@public
@sensitive_post_parameters()
def register_phone(request: HttpRequest) -> HttpResponse:
    """The code proves the mobile; then a message leaves to the address."""
    now = timezone.now()
    current = pending.current_registration(request.session, now=now)
    if current is None:
        draft = current_draft(request.session, now=now)
        if draft is None or draft.mobile_proved_at:
            # A second click, or the way back: nothing is missing here.
            return redirect("accounts:register_done" if draft else "accounts:register")
        messages.warning(request, "Le code n’a pas été tapé à temps : redonnez votre mot de passe pour en recevoir un.")
        return redirect(_step_address(steps.ACCESS))
    waiting, device = current
    if request.method == "POST" and "resend" in request.POST:
        codes.send(request, device=device, pending=waiting, now=now)
        return redirect("accounts:register_phone")
    form = CodeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            otp.check_code(device, pending=waiting.secret, code=otp.normalise(form.cleaned_data["code"]), now=now)
        except otp.CodeRefused as refusal:
            codes.refuse(form, refusal)
        else:
            service.confirm_mobile(device=device, now=now, request=request)
            pending.end_registration(request.session)
            return redirect("accounts:register_done")
    context = codes.context(form, device=device, pending=waiting, now=now)
    return render(request, "accounts/register_phone.html", context)


@public
@require_safe
def register_phone_state(request: HttpRequest) -> HttpResponse:
    """Where the SMS of the registration that waits in this browser is, as a fragment; 204 where none waits."""
    now = timezone.now()
    current = pending.current_registration(request.session, now=now)
    if current is None:
        return HttpResponse(status=204)
    waiting, device = current
    return render(request, "accounts/_sms_state.html", codes.sms_state(device, pending=waiting, now=now))


@public
def register_done(request: HttpRequest) -> HttpResponse:
    """« Consultez votre messagerie », with a resend; once the address is confirmed, the thanks."""
    now = timezone.now()
    draft = current_draft(request.session, now=now)
    if draft is None:
        return render(request, "accounts/register_done.html")
    if draft.mobile_proved_at is None:
        return redirect("accounts:register_phone")
    if request.method == "POST":
        if service.send_confirmation(draft=draft, now=now):
            messages.success(request, "Un autre e-mail vient de partir.")
        else:
            messages.warning(request, "Plusieurs e-mails sont déjà partis à cette adresse : attendez demain.")
        return redirect("accounts:register_done")
    return render(request, "accounts/register_done.html", {"email": draft.answers["email"]})


@public
def register_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The link of the e-mail: a GET (a mail scanner's, too) shows a button, the POST completes the registration."""
    try:
        if request.method == "POST":
            service.complete_registration(token=token, now=timezone.now(), request=request)
            return redirect("accounts:register_done")
        return render(request, "accounts/register_confirm.html", {"registration": service.registration_of(token)})
    except service.LinkDead:
        return render(request, "accounts/register_confirm.html", {"is_dead": True}, status=404)
    except service.AddressTaken:
        return render(request, "accounts/register_confirm.html", {"is_taken": True})
