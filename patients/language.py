"""Which language a page speaks: French, but for the patients' pages, which are offered in English too."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_request, override

# Whatever is answered under them, errors included.
PATIENTS_PAGES = ("/visio/", "/lien-perdu/", "/test/", "/langue/")


class PatientLanguageMiddleware:
    """On the patients' pages what was chosen in this browser, else what it prefers; everywhere else French.

    The pages of an appointment speak its own language: `patients.access.invitation_or_404`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PATIENTS_PAGES):
            with override("fr"):
                return self.get_response(request)
        # Read by components/language.html.
        request.is_bilingual = True  # type: ignore[attr-defined]
        with override(get_language_from_request(request)):
            response = self.get_response(request)
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        return response
