"""The proof of identity of a registration: shown as pictures, replaced when another is asked for, deleted."""

from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.http import HttpRequest

from accounts import audit
from accounts.models import Practitioner
from rofim import pdf_pages
from rofim.uploads import JPEG, PDF, CleanFile

LINK_LIVES = timedelta(days=14)


class LinkDead(Exception):
    """The link has served, is too old, was forged, or somebody has decided since."""


def delete_document(practitioner: Practitioner) -> None:
    """Forgets the proof of identity: the row now, the file once the transaction is committed."""
    name = practitioner.identity_document.name
    if not name:
        return
    practitioner.identity_document, practitioner.identity_document_type = "", ""
    practitioner.save(update_fields=["identity_document", "identity_document_type"])
    transaction.on_commit(lambda: default_storage.delete(name), robust=True)


def count_pages(practitioner: Practitioner) -> int:
    """Pages of the document, 1 for a picture, 0 once deleted or when it can't be drawn."""
    if practitioner.identity_document_type != PDF:
        return 1 if practitioner.identity_document else 0
    try:
        return pdf_pages.count_pages(practitioner.identity_document.read())
    except pdf_pages.NotDrawn:
        return 0


def page_picture(practitioner: Practitioner, number: int) -> bytes:
    """Page `number` of the document, from 1, as a JPEG; raises rofim.pdf_pages.NotDrawn."""
    content = practitioner.identity_document.read()
    if practitioner.identity_document_type == PDF:
        return pdf_pages.page_as_jpeg(content, number)
    if practitioner.identity_document_type != JPEG or number != 1:
        raise pdf_pages.NotDrawn
    return content


def link_token(practitioner: Practitioner) -> str:
    """What the link for another document carries. Bound to the request of this very moment: any decision ends it."""
    return _signer().sign(_request_of(practitioner))


def practitioner_of_link(token: str, *, now: datetime) -> Practitioner:
    """Whose link it is; raises LinkDead."""
    try:
        request = _signer().unsign(token)
    except BadSignature:
        raise LinkDead from None
    waiting = Practitioner.objects.select_related("user").filter(status=Practitioner.Status.INCOMPLETE)
    practitioner = waiting.filter(pk=int(request.partition("-")[0])).first()
    if practitioner is None or practitioner.decided_at is None or request != _request_of(practitioner):
        raise LinkDead
    if now >= practitioner.decided_at + LINK_LIVES:
        raise LinkDead
    return practitioner


def _signer() -> Signer:
    # Not « : », which some mail programs take for the end of a link.
    return Signer(salt="accounts.document-link", sep=".")


def _request_of(practitioner: Practitioner) -> str:
    assert practitioner.decided_at is not None  # noqa: S101 (whoever asks for another document dates it)
    return f"{practitioner.pk}-{int(practitioner.decided_at.timestamp() * 1_000_000)}"


def replace_document(
    *, practitioner: Practitioner, document: CleanFile, now: datetime, request: HttpRequest | None = None
) -> None:
    """Keeps the document that was asked for; back to the queue, at the place of before. Raises LinkDead."""
    practitioner.identity_document.save("document", ContentFile(document.content), save=False)
    name = str(practitioner.identity_document.name)
    try:
        with transaction.atomic():
            moved = Practitioner.objects.filter(
                pk=practitioner.pk, status=Practitioner.Status.INCOMPLETE, decided_at=practitioner.decided_at
            ).update(
                status=Practitioner.Status.PENDING, identity_document=name,
                identity_document_type=document.mimetype, announced_at=None,
            )  # fmt: skip
            if not moved:
                raise LinkDead
            audit.record(
                action="document.replaced", actor=practitioner.user, about=f"practitioner/{practitioner.pk}",
                request=request,
            )  # fmt: skip
    except Exception:
        # No file without its row.
        default_storage.delete(name)
        raise
