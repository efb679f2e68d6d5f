"""Pages that belong to no room: home, help, legal, health, errors."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import Resolver404
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_request, override
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.decorators import public
from rofim import readiness as ready
from rofim.communes import communes_for
from rofim.tutorials import tutorial_pdf


@public
def home(request: HttpRequest) -> HttpResponse:
    """« accueil » with the tile « Téléconsultation » for who is logged in; the public home page for a visitor."""
    if request.user.is_authenticated and request.user.is_verified():
        return render(request, "home.html")
    return render(request, "home_visitor.html")


@public
def help_patient(request: HttpRequest) -> HttpResponse:
    """The patient's tutorial."""
    return render(request, "help/patient.html")


@public
def help_practitioner(request: HttpRequest) -> HttpResponse:
    """The practitioner's tutorial."""
    return render(request, "help/practitioner.html")


def _pdf(content: bytes, filename: str) -> HttpResponse:
    disposition = f'inline; filename="{filename}"'
    return HttpResponse(content, content_type="application/pdf", headers={"Content-Disposition": disposition})


@public
@cache_control(public=True, max_age=3600)
def help_patient_pdf(request: HttpRequest) -> HttpResponse:
    """The patient's tutorial, to print or to send."""
    return _pdf(tutorial_pdf("patient"), "teleconsultation-tutoriel-patient.pdf")


@public
@cache_control(public=True, max_age=3600)
def help_practitioner_pdf(request: HttpRequest) -> HttpResponse:
    """The practitioner's tutorial, to print."""
    return _pdf(tutorial_pdf("practitioner"), "teleconsultation-procedure-medecin.pdf")


@public
def privacy(request: HttpRequest) -> HttpResponse:
    """« Confidentialité »."""
    return render(request, "legal/privacy.html")


@public
def legal_notice(request: HttpRequest) -> HttpResponse:
    """« Mentions légales »."""
    return render(request, "legal/legal_notice.html")


@public
def accessibility(request: HttpRequest) -> HttpResponse:
    """« Accessibilité »."""
    return render(request, "legal/accessibility.html")


@public
@require_safe
@cache_control(public=True, max_age=86400)
def communes(request: HttpRequest, code: str) -> JsonResponse:
    """The communes of a postal code, for lists to choose from; public data."""
    return JsonResponse({"communes": communes_for(code)})


@public
def health(request: HttpRequest) -> JsonResponse:
    """Alive: the process answers."""
    return JsonResponse({"status": "ok"})


@public
def readiness(request: HttpRequest) -> JsonResponse:
    """Ready: the database answers and, at full size, Redis, the broker and a worker seen lately; 503 otherwise."""
    parts = ready.check()
    complete = all(parts.values())
    answer = {"status": "ok" if complete else "missing"} | {k: "ok" if v else "missing" for k, v in parts.items()}
    return JsonResponse(answer, status=200 if complete else 503, headers={"Cache-Control": "no-store"})


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400, in the site's clothes."""
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403, in the site's clothes."""
    return render(request, "403.html", status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of a form without its token (an old tab, cookies refused): says what to do."""
    return render(request, "403_csrf.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, the same for what does not exist and for what belongs to somebody else.

    A visitor at an address of no page at all is perhaps a patient with a mistyped link: in the browser's language.
    """
    if not isinstance(exception, Resolver404) or request.user.is_authenticated:
        return render(request, "404.html", status=404)
    # Read by components/language.html.
    request.is_bilingual = True  # type: ignore[attr-defined]
    with override(get_language_from_request(request)):
        response = render(request, "404.html", status=404)
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500; never a traceback. Rendered without the request: neither session nor user, so no database is needed."""
    return HttpResponse(render_to_string("500.html"), status=500)
