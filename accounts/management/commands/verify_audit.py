"""`manage.py verify_audit [--head DIGEST]`: whether the trail is whole (accounts/audit_chain.py)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import audit_chain


class Command(BaseCommand):
    """For a daily timer: how many rows, whether unbroken, and the head to note elsewhere; exit code 1 if broken."""

    help = "Walks the audit trail's chain: says whether a row was changed, removed, inserted or reordered."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--head", default="", metavar="DIGEST", help="a head noted earlier: is it still there?")

    def handle(self, *args: Any, head: str = "", **options: Any) -> None:
        verdict = audit_chain.verify(known_head=head.strip().lower())
        # A broken trail is left as it was found.
        if not verdict.broken and audit_chain.append_left_over():
            verdict = audit_chain.verify()
        if verdict.broken:
            raise CommandError(f"BROKEN: {verdict.broken}. Unbroken before: {verdict.rows} rows.")
        self.stdout.write(f"{verdict.rows} rows, unbroken.")
        self.stdout.write(f"head {verdict.head}")
