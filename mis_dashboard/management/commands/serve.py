"""`manage.py serve`: the whole product on this machine."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from mis_dashboard.serve import serve


class Command(BaseCommand):
    help = "Runs web, workers, clock and (without DATABASE_URL) the database. Ctrl-C stops all of it."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default 127.0.0.1)")
        parser.add_argument("--port", type=int, default=settings.PORT, help=f"the port (default {settings.PORT})")
        parser.add_argument("--workers", type=int, default=settings.WORKERS, help="how many worker processes")

    def handle(self, *args: Any, **options: Any) -> None:
        serve(options["host"], options["port"], options["workers"], say=self._say)

    def _say(self, line: str) -> None:
        self.stdout.write(self.style.SUCCESS(line))
        self.stdout.flush()
