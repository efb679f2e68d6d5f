"""`manage.py purge [--dry-run]`: deletes what is past its time of retention (rofim/retention.py)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from rofim.retention import purge


class Command(BaseCommand):
    """What Celery beat does every night, by hand; prints one line per rule."""

    help = "Deletes what is past its time of retention; --dry-run only counts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, delete nothing")

    def handle(self, *args: Any, dry_run: bool = False, **options: Any) -> None:
        for name, count in purge(now=timezone.now(), dry_run=dry_run).items():
            self.stdout.write(f"{name}: {count} {'to delete' if dry_run else 'deleted'}")
