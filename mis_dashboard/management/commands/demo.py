"""`manage.py demo`: the whole product with simulated customers. Nothing leaves this machine."""

import os
import secrets
import socket
import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from mis_dashboard.sandbox.app import Settings

KEYS = ("gemini_key", "evolution_key", "evolution_secret", "ghl_secret", "ghl_token")


class Command(BaseCommand):
    help = "Runs everything with 30 days of history and live simulated traffic, on the sandbox."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default 127.0.0.1)")
        parser.add_argument("--port", type=int, default=settings.PORT, help=f"the port (default {settings.PORT})")
        parser.add_argument("--seed", type=int, default=7, help="the same seed tells the same story")

    def handle(self, **options):
        """Starts over in an environment of its own: settings are read once, and belong to the real thing."""
        if not settings.DEMO:
            os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | environment())  # noqa: S606
        from mis_dashboard.demo.run import run

        run(host=options["host"], port=options["port"], seed=options["seed"], say=self.stdout.write)


def environment() -> dict[str, str]:
    """The settings of the demonstration: every outside service is the sandbox, with keys made for this run."""
    box = Settings(**{name: secrets.token_urlsafe(24) for name in KEYS})
    return {
        "MIS_DEMO": "1",
        "MIS_DATA_DIR": str(Path(settings.DATA_DIR) / "demo"),
        "DATABASE_URL": "",
        "DATABASE_LISTEN_URL": "",
        "SECRET_KEY": "",
        "DEBUG": "0",
        **box.environment(f"http://127.0.0.1:{free_port()}"),
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
