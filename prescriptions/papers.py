"""What prescriptions and reports share at their issue."""

import hashlib
from datetime import datetime

from prescriptions import pdf, seal
from prescriptions.models import Paper


def load_engines() -> None:
    """Reads the libraries and the key: a second which, on SQLite, a transaction would keep other writers waiting."""
    pdf.load_engine()
    seal.load_key()


def keep(paper: Paper, printed: bytes, *, now: datetime) -> None:
    """Seals `printed` and keeps it as what was issued at `now`, with everything else in the row."""
    paper.pdf = seal.apply_seal(printed)
    paper.pdf_sha256 = hashlib.sha256(paper.pdf).hexdigest()
    paper.status = "issued"
    paper.issued_at = now
    paper.save()
