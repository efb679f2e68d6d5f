"""The two tutorials as PDF."""

from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string

# Not an address: what the stylesheets' relative addresses are resolved against.
_STATIC = "https://static.invalid/"
_SERVED = ("css/", "vendor/atkinson-hyperlegible-next@")


def static_file(url: str) -> Path:
    """The file of ours behind an address inside the document; ValueError for anything but our stylesheets and font."""
    name = urlsplit(url).path.lstrip("/")
    if not url.startswith(_STATIC) or not name.startswith(_SERVED) or ".." in name:
        raise ValueError(f"a tutorial fetches nothing but our stylesheets and font, not {url}")
    return settings.BASE_DIR / "static" / name


@cache
def tutorial_pdf(audience: str) -> bytes:
    """The PDF of the "patient" or the "practitioner"; made once per process (about a second)."""
    # WeasyPrint loads Pango: only who asks for a PDF pays for it.
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnFilesOnly(URLFetcher):
        def fetch(self, url: str, headers: dict | None = None) -> URLFetcherResponse:
            path = static_file(url)
            kind = "text/css" if path.suffix == ".css" else "font/woff2"
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": kind})

    titles = {"patient": "Votre téléconsultation, pas à pas", "practitioner": "Procédure téléconsultation"}
    context = {"title": titles[audience], "body": f"help/_{audience}.html", "site_url": settings.SITE_URL}
    html = render_to_string("help/tutorial_pdf.html", context)
    return HTML(string=html, base_url=_STATIC, url_fetcher=OwnFilesOnly()).write_pdf()
