"""Photos and documents of one appointment: what the patient adds, what is photographed in the call."""

from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import throttling
from patients.models import Document, Invitation
from rofim.uploads import CleanFile, presentable_name

Kind = Document.Kind
# Of each kind, per appointment.
MOST = {Kind.PATIENT: 10, Kind.SNAPSHOT: 30}
# Adding and deleting again and again costs processor time each time.
ADDED_AN_HOUR = 60


class NotAdded(Exception):
    """The document was not stored; `words` tells the person who sent it."""

    words: str | Promise = ""


class Closed(NotAdded):
    """The appointment is over."""

    words = _("La consultation est terminée : rien ne peut plus y être ajouté.")


class TooMany(NotAdded):
    """As many as one appointment may have of a kind are there already."""

    def __init__(self, most: int):
        super().__init__(most)
        self.words = _("%(most)d fichiers au plus : celui-ci serait de trop.") % {"most": most}


class TooOften(NotAdded):
    """Too many in an hour, deleted ones included."""

    words = _("Trop d’envois en une heure : réessayez plus tard.")


class NotStored(NotAdded):
    """The disk did not take it."""

    words = _("Le fichier n’a pas pu être enregistré : réessayez dans quelques minutes.")


def own_documents(invitation: Invitation) -> QuerySet[Document]:
    """What the patient added, in that order."""
    return Document.objects.filter(invitation=invitation, kind=Kind.PATIENT)


def add_document(
    *,
    invitation: Invitation,
    clean: CleanFile,
    name: str,
    kind: Kind,
    now: datetime,
    consented_at: datetime | None = None,
) -> Document:
    """Stores a cleaned file, encrypted; `name` is what the browser calls it. Raises one of NotAdded."""
    if not throttling.allow("document", str(invitation.pk), limit=ADDED_AN_HOUR, period=timedelta(hours=1), now=now):
        raise TooOften
    document = Document(
        invitation=invitation,
        kind=kind,
        name=presentable_name(name, clean),
        content_type=clean.mimetype,
        thumbnail=clean.thumbnail(),
        consented_at=consented_at,
        added_at=now,
    )
    try:
        document.file.save("document", ContentFile(clean.content), save=False)
    except OSError as error:
        raise NotStored from error
    try:
        _insert(document)
    except Exception:
        # No file without its row.
        default_storage.delete(str(document.file.name))
        raise
    return document


@transaction.atomic
def _insert(document: Document) -> None:
    # Two uploads at once count one after the other, and neither comes after the end.
    held = Invitation.objects.select_for_update().get(pk=document.invitation_id)
    if held.closed_at is not None:
        raise Closed
    most = MOST[Kind(document.kind)]
    if Document.objects.filter(invitation=held, kind=document.kind).count() >= most:
        raise TooMany(most)
    document.save()


@transaction.atomic
def delete_own_document(*, invitation: Invitation, pk: int) -> bool:
    """What the patient added, taken back; False once the appointment is over, and the second time."""
    found = own_documents(invitation).filter(pk=pk, invitation__closed_at=None).first()
    if found is None:
        return False
    name = str(found.file.name)
    found.delete()
    transaction.on_commit(lambda: default_storage.delete(name), robust=True)
    return True
