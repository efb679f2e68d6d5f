"""Run as a program in a site's environment: for each line « name count » that it reads it writes so many messages, SMS
and e-mails in turn, and announces each as a page does. Answers « written » once all of them are announced.
"""

import itertools
import sys
from datetime import timedelta

import django

django.setup()

from django.utils import timezone  # noqa: E402 (models need the loaded applications)

from rofim.notifications.models import OutgoingMessage  # noqa: E402
from rofim.notifications.tasks import announce  # noqa: E402

# Nobody gets the same words twice.
numbers = itertools.count()


def write(name: str, count: int, channels: tuple[str, ...]) -> None:
    now = timezone.now()
    rows = OutgoingMessage.objects.bulk_create(
        OutgoingMessage(
            name=name,
            channel=channel,
            to=f"+336{number:08}" if channel == "sms" else f"{name}-{number}@example.org",
            subject="Votre rendez-vous",
            body=f"Le code de {name} {number} est le 7K2M.\nhttps://rofim.example/visio/abcdefghijklmnopqrstuv",
            expires_at=now + timedelta(hours=2),
            next_attempt_at=now,
        )
        for number, channel in zip(itertools.islice(numbers, count), itertools.cycle(channels), strict=False)
    )
    for row in rows:
        announce(row.pk)


for line in sys.stdin:
    name, count, *channels = line.split()
    write(name, int(count), tuple(channels) or ("sms", "email"))
    print("written", flush=True)
