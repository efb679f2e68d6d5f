"""`manage.py outbox`: the letterbox's own loop, beside Celery. One process is enough; several do no harm."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from rofim.notifications import sweeper


class Command(BaseCommand):
    """Runs until SIGTERM or SIGINT; what is on its way is finished first."""

    help = "Envoie toutes les 10 s ce que personne d’autre n’a envoyé."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        sweeper.run(stop=stop)
