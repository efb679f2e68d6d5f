"""How the stored bytes of a paper leave the house: always recorded, never cached, never able to run anything."""

from django.http import HttpRequest, HttpResponse

from accounts import audit
from prescriptions.models import Paper


def paper_response(request: HttpRequest, paper: Paper, *, inline: bool = False) -> HttpResponse:
    """The PDF as a download, or `inline` in the browser's own viewer; the reading goes on the trail."""
    kind = paper.KIND
    actor = request.user if request.user.is_authenticated else None
    audit.record(action=f"{kind}.read", actor=actor, about=f"{kind}/{paper.pk}", request=request)
    response = HttpResponse(bytes(paper.pdf or b""), content_type="application/pdf")
    disposition = "inline" if inline else "attachment"
    response["Content-Disposition"] = f'{disposition}; filename="{paper.file_name}"'
    response["Cache-Control"] = "no-store, private"
    # A sandbox would keep the browser's viewer from showing it.
    policy = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'"
    response["Content-Security-Policy"] = policy if inline else "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
