"""The whole product on one machine: database, web, workers and clock under one supervisor."""

import http.client
import os
import signal
import socket
import sys
import uuid
from collections.abc import Callable, Iterable

import psycopg
from django.conf import settings
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections

from .database import Embedded, EmbeddedError, connect
from .lib.env import Env
from .supervisor import Child, Supervisor

# Longer than a reply takes: a worker asked to stop finishes those it began.
WORKER_STOP_S = 30.0
NOBODY = (
    "Nobody can sign in yet: set DJANGO_SUPERUSER_USERNAME and DJANGO_SUPERUSER_PASSWORD and start again, "
    "or run: .venv/bin/python manage.py createsuperuser"
)
MIGRATE_LOCK = 0x4D4953_6D6967  # "MIS mig"
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 (read, not listened on)


def serve(
    host: str = "127.0.0.1",
    port: int = 8000,
    workers: int | None = None,
    extra: Iterable[Child] = (),
    prepare: Callable[[], object] | None = None,
    say: Callable[[str], object] = print,
) -> None:
    """Runs everything until SIGINT or SIGTERM, and leaves nothing running.

    `workers` is the number of worker processes, settings.WORKERS if None. `prepare` is called once the tables
    are there and before anything serves; `extra` children run beside ours. `say` gets the line that tells
    where to look, when the web answers. Raises CommandError, with nothing started, when the port is taken or there is no database.
    """
    refuse_taken_port(host, port)
    embedded = None if settings.DATABASE_URL else Embedded(settings.DATA_DIR)
    # Until the supervisor takes over, a plain `kill` unwinds like Ctrl-C, so that the database is stopped too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if embedded:
            embedded.start()
        if run_checks():
            call_command("check")
        make_ready()
        if prepare:
            prepare()
        connections.close_all()
        announce = Announcement(host, port, say)
        chores = [embedded.ensure] if embedded else []
        Supervisor([*children(host, port, workers or settings.WORKERS), *extra], [announce, *chores]).run()
    except EmbeddedError as error:
        raise CommandError(str(error)) from None
    except KeyboardInterrupt:
        pass  # asked to stop before everything was up
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        connections.close_all()
        if embedded:
            embedded.stop()


def refuse_taken_port(host: str, port: int) -> None:
    """Raises CommandError when nothing could listen at `host` and `port`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host}, port {port} ({error.strerror}). Stop what uses it, or choose another: "
                f"manage.py serve --port {port + 1 if port < 65535 else 8000}"
            ) from None


def make_ready() -> None:
    """Tables, static files, and the first user if the environment names one. May run on several machines at once."""
    with reach() as lock:
        lock.execute("SELECT pg_advisory_lock(%s)", [MIGRATE_LOCK])
        call_command("migrate", interactive=False, verbosity=0)
        make_superuser()
    if not settings.DEBUG:
        call_command("collectstatic", interactive=False, verbosity=0)


def reach() -> psycopg.Connection:
    """A connection to the database. Raises CommandError, which says what the server said, when there is none."""
    try:
        return connect(listen=True)
    except psycopg.OperationalError as error:
        raise CommandError(f"Cannot reach the database. Is DATABASE_URL right, and the server up?\n{error}") from None


def make_superuser() -> None:
    """The user of DJANGO_SUPERUSER_USERNAME and _PASSWORD, unless there is one of that name."""
    from django.contrib.auth import get_user_model

    env = Env()
    name, password = env.text("DJANGO_SUPERUSER_USERNAME"), env.text("DJANGO_SUPERUSER_PASSWORD")
    users = get_user_model()._default_manager
    if name and password and not users.filter(username=name).exists():
        users.create_superuser(name, env.text("DJANGO_SUPERUSER_EMAIL"), password)


def has_users() -> bool:
    """Whether anybody can sign in."""
    from django.contrib.auth import get_user_model

    try:
        return get_user_model()._default_manager.exists()
    finally:
        connections.close_all()


def children(host: str, port: int, workers: int) -> list[Child]:
    """The processes of one machine."""
    manage = [sys.executable, "-u", str(settings.BASE_DIR / "manage.py")]
    # A restarted cluster takes over at once the jobs of the one before it (`lib.broker`).
    # What `check` has to say was said once, by us.
    worker = {"MIS_ROLE": "worker", "MIS_WORKERS": str(workers), "MIS_CLUSTER": str(uuid.uuid4())}
    web = {"MIS_ROLE": "web", "PORT": str(port), "PYTHONPATH": import_path()}
    return [
        Child("web", web_command(host, port), web),
        Child("worker", [*manage, "qcluster", "--skip-checks"], worker, stop_timeout_s=WORKER_STOP_S),
        Child("clock", [*manage, "clock"], {"MIS_ROLE": "clock"}, stop_timeout_s=3.0),
    ]


def import_path() -> str:
    """Where daphne finds the product, from whichever directory we were started."""
    return os.pathsep.join(filter(None, [str(settings.BASE_DIR), os.environ.get("PYTHONPATH", "")]))


def web_command(host: str, port: int) -> list[str]:
    """daphne. Only where a proxy stands in front are its headers believed about who is calling."""
    module, _, name = settings.ASGI_APPLICATION.rpartition(".")
    command = [sys.executable, "-u", "-m", "daphne", "-b", host, "-p", str(port), "-v", "0", "--no-server-name"]
    command += ["--http-timeout", "60", "--ping-interval", "20", "--ping-timeout", "30"]
    command += ["--websocket-max-message-size", "65536", "--websocket-max-frame-size", "65536"]
    if settings.HTTPS:
        command.append("--proxy-headers")
    return [*command, f"{module}:{name}"]


def address(host: str, port: int) -> str:
    """Where a browser on this machine finds what listens there."""
    name = EVERYWHERE.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


class Announcement:
    """Asked each second, says once that the web answers and where."""

    def __init__(self, host: str, port: int, say: Callable[[str], object]):
        self.host = EVERYWHERE.get(host, host)
        self.port = port
        self.say = say
        self.said = False

    def __call__(self) -> None:
        if not self.said and self._answers():
            self.said = True
            self.say(f"MIS is up: {settings.PUBLIC_URL or address(self.host, self.port)}/  (Ctrl-C stops it)")
            if not has_users():
                self.say(NOBODY)

    def _answers(self) -> bool:
        asking = http.client.HTTPConnection(self.host, self.port, timeout=1)
        try:
            asking.request("GET", "/healthz")
            return asking.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            asking.close()
