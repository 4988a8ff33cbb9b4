"""Runs the demonstration: an empty database, a month of history, then everything live with the sandbox outside."""

import secrets
import shutil
import sys
from collections.abc import Callable, Iterator

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import CommandError
from django.utils import timezone
from tqdm import tqdm

from issues.models import ApiKey
from metrics.models import WallScreen
from metrics.wall import screens

from ..embedded import Embedded
from ..serve import address, refuse_taken_port, serve
from ..supervisor import Child
from . import history, timings, uptime
from .furnish import furnish

USER = "demo"
WALL = "Recepção"


def run(*, host: str, port: int, seed: int, say: Callable[[str], object] = print) -> None:
    """Until Ctrl-C. Every run begins anew: what an earlier demonstration stored is thrown away."""
    refuse_taken_port(host, port)
    throw_away()
    password = secrets.token_urlsafe(9)
    wall = key = ""

    def prepare() -> None:
        nonlocal wall, key
        get_user_model().objects.create_superuser(USER, "", password)
        furnish()
        key = ApiKey.issue(USER)[1]
        wall = f"{address(host, port)}/wall/{screens.link(WallScreen(name=WALL))}"
        history.load(timezone.now(), seed=seed, progress=_bar)
        uptime.load(timezone.now())
        timings.load(timezone.now(), seed=seed)

    def welcome(line: str) -> None:
        say(f"\n{line}\n\n    user      {USER}\n    password  {password}\n    wall      {wall}\n    API key   {key}\n")
        say("Simulated customers are writing. No message leaves this machine.\n")

    serve(host, port, extra=[sandbox(port, seed), team()], prepare=prepare, say=welcome)


def throw_away() -> None:
    """Removes an earlier demonstration's database. Raises CommandError while somebody uses it."""
    earlier = Embedded(settings.DATA_DIR)
    if earlier.running():
        earlier.start()  # joins, so that stopping ends a server that nobody else uses: one left by a killed run
        earlier.stop()
    if earlier.running():
        raise CommandError("A demonstration is running already: stop it, or choose another place with MIS_DATA_DIR.")
    shutil.rmtree(settings.DATA_DIR / "pg", ignore_errors=True)


def sandbox(port: int, seed: int) -> Child:
    """The outside world, which writes to our port. Its keys are in the environment, where no process list shows them."""
    box = settings.GEMINI_BASE_URL.rpartition(":")[2]
    command = [sys.executable, "-m", "mis_dashboard.sandbox", "--port", box, "--seed", str(seed), "--quiet"]
    return Child("sandbox", [*command, "--target", f"http://127.0.0.1:{port}"], {"PYTHONPATH": str(settings.BASE_DIR)})


def team() -> Child:
    """The support staff, who take what automation hands over."""
    return Child("team", [sys.executable, str(settings.BASE_DIR / "manage.py"), "demo_team"], stop_timeout_s=3)


def _bar(moments: list) -> Iterator:
    return tqdm(moments, desc="A month of history", unit=" issues", file=sys.stderr, disable=None, leave=True)
