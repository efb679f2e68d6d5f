"""The proof of identity that came with a registration."""

from django.core.files.storage import default_storage
from django.db import transaction

from accounts.models import Practitioner


def delete_document(practitioner: Practitioner) -> None:
    """Forgets the proof of identity: the row now, the file once the transaction is committed."""
    name = practitioner.identity_document.name
    if not name:
        return
    practitioner.identity_document, practitioner.identity_document_type = "", ""
    practitioner.save(update_fields=["identity_document", "identity_document_type"])
    transaction.on_commit(lambda: default_storage.delete(name), robust=True)
