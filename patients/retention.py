"""How long this room keeps what it knows (rofim/retention.py)."""

from datetime import timedelta

from patients.models import Document, Intake
from rofim.retention import Rule

RULES = (
    Rule(
        "intake",
        "« Données patient » serve one consultation; the practitioner has had 90 days to take them into the record.",
        lambda now: Intake.objects.filter(invitation__starts_at__lt=now - timedelta(days=90)),
    ),
    Rule(
        "document",
        "Photos and documents serve one consultation; kept as long as the intake that they go with.",
        lambda now: Document.objects.filter(invitation__starts_at__lt=now - timedelta(days=90)),
        file="file",
    ),
)
