"""How long this room keeps what it knows (rofim/retention.py)."""

from datetime import timedelta

from accounts.models import Registration
from rofim.retention import Rule

# Without a change, until the mobile is proved; then as long as the link in the e-mail is valid.
DRAFT_LIVES, LINK_LIVES = timedelta(days=1), timedelta(days=3)

RULES = (
    Rule(
        "registration",
        "Begun and left: whoever comes back later starts again.",
        lambda now: Registration.objects.filter(mobile_proved_at=None, touched_at__lt=now - DRAFT_LIVES),
        file="identity_document",
    ),
    Rule(
        "registration_unconfirmed",
        "The link of the e-mail was not used in three days: the address is wrong, or the registration somebody else's.",
        lambda now: Registration.objects.filter(mobile_proved_at__isnull=False, touched_at__lt=now - LINK_LIVES),
        file="identity_document",
    ),
)
