"""The paper: `content` (frozen at issue) in, PDF/A-3b out, and nothing else read: no database, no network, no clock.

WeasyPrint is imported at the first rendering: it costs a process a second.
"""

import atexit
import base64
import hashlib
import io
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import segno
from django.conf import settings
from django.template.loader import render_to_string

_OPTIONS = {"pdf_variant": "pdf/a-3b", "pdf_tags": True}
_FONTS = Path(settings.BASE_DIR) / "static" / "vendor" / "atkinson-hyperlegible-next@5.3.0"
_FONT_FILES = {
    "rofim:font-latin": "atkinson-hyperlegible-next-latin-wght-normal.woff2",
    "rofim:font-latin-ext": "atkinson-hyperlegible-next-latin-ext-wght-normal.woff2",
}
COPIES = ("original", "duplicata")
# « … ou rend inutilisable l'espace laissé libre » under the last line (CSP R.5132-4).
_STRUCK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 178 14" stroke="#000" stroke-width=".5" fill="none">'
    '<path d="M.25 .25h177.5v13.5h-177.5zM0 14L178 0"/><path d="'
    + "".join(f"M{x} 14l14-14" for x in range(0, 164, 6))
    + '"/></svg>'
)


class ResourceRefused(Exception):
    """The paper asked for something that is not its own; the rendering stops."""


@dataclass(frozen=True)
class _Engine:
    """WeasyPrint with the stylesheet and the fonts read once. Pango's font map bears one thread at a time."""

    html: Any
    fetcher: Any
    stylesheet: Any
    fonts: Any
    lock: threading.Lock


def render(content: Mapping[str, Any]) -> bytes:
    """The unsealed PDF of a prescription's `content`: the original, then the duplicata. Raises as `_print` does."""
    copies = [paper_html(content, copy) for copy in COPIES]
    return _print(copies, own_resources(content), f"{content['code']} {content['number']}")


def render_report(content: Mapping[str, Any]) -> bytes:
    """The unsealed PDF of a report's `content`. Raises as `_print` does."""
    html = render_to_string("prescriptions/report_paper.html", {"content": content})
    return _print([html], own_resources(content), f"{content['reference']} {content['number']} {content['issued_at']}")


def _print(papers: Sequence[str], resources: dict[str, tuple[bytes, str]], name: str) -> bytes:
    """`papers` (HTML) bound in one file whose identifier is made of `name`.

    Raises `ResourceRefused` if one names any resource but its own.
    """
    engine = load_engine()
    fetcher = engine.fetcher(resources)
    with engine.lock:
        copies = [
            engine.html(string=html, url_fetcher=fetcher).render(
                stylesheets=[engine.stylesheet], font_config=engine.fonts, **_OPTIONS
            )
            for html in papers
        ]
        if fetcher.refused:
            raise ResourceRefused(", ".join(fetcher.refused))
        # Rendered apart, so that each copy counts its own pages; bound together in one file.
        document = copies[0].copy([page for copy in copies for page in copy.pages])
        return document.write_pdf(pdf_identifier=hashlib.sha256(name.encode()).digest()[:16], **_OPTIONS)


def own_resources(content: Mapping[str, Any]) -> dict[str, tuple[bytes, str]]:
    """The pictures of one paper, by the only names under which it can ask for any."""
    pictures = {"rofim:struck": (_STRUCK.encode(), "image/svg+xml")}
    if url := content.get("verify_url"):
        pictures["rofim:qr"] = (qr_code(url), "image/svg+xml")
    if signature := content["prescriber"].get("signature"):
        pictures["rofim:signature"] = (base64.b64decode(signature), "image/png")
    return pictures


def font_resources() -> dict[str, tuple[bytes, str]]:
    """The fonts, which the stylesheet asks for once a process."""
    return {name: ((_FONTS / file).read_bytes(), "font/woff2") for name, file in _FONT_FILES.items()}


def paper_html(content: Mapping[str, Any], copy: str) -> str:
    """HTML of one copy; every value is escaped text."""
    return render_to_string("prescriptions/paper.html", {"content": content, "copy": copy})


def stylesheet_text() -> str:
    """The paper's stylesheet, which holds nothing of any prescription."""
    return (Path(__file__).parent / "paper.css").read_text()


def qr_code(url: str) -> bytes:
    """SVG of a QR code that leads to `url`; medium error correction survives a fax."""
    output = io.BytesIO()
    segno.make(url, error="m", micro=False).save(output, kind="svg", border=2, scale=4, xmldecl=False, nl=False)
    return output.getvalue()


@atexit.register
def _release_engine() -> None:
    # Pango's objects must go while the interpreter still stands.
    load_engine.cache_clear()


@lru_cache(maxsize=1)
def load_engine() -> _Engine:
    """Imports WeasyPrint and reads the fonts. Called ahead of a transaction, it keeps the second out of it."""
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnResourcesOnly(URLFetcher):
        """Serves bytes that are already in memory, under names of our own; everything else is refused."""

        def __init__(self, resources: dict[str, tuple[bytes, str]]):
            super().__init__(allowed_protocols=())
            self.resources = resources
            self.refused: list[str] = []

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
            if url not in self.resources:
                self.refused.append(url[:80])
                raise ValueError("refused")
            body, mimetype = self.resources[url]
            return URLFetcherResponse(url, body, {"Content-Type": mimetype})

    configuration = FontConfiguration()
    stylesheet = CSS(
        string=stylesheet_text(), font_config=configuration, url_fetcher=OwnResourcesOnly(font_resources())
    )
    return _Engine(HTML, OwnResourcesOnly, stylesheet, configuration, threading.Lock())
