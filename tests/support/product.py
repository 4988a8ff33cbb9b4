"""The whole product as a customer's machine runs it: `manage.py serve` with its own database, on free ports."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import psycopg

from mis_dashboard.embedded import STOP_TIMEOUT_S, Embedded
from mis_dashboard.serve import WORKER_STOP_S

ROOT = Path(__file__).resolve().parents[2]
USER, PASSWORD = "gestora", "uma-senha-de-teste"
READY_S = 90
# What the workers and the database may take to finish what they have begun, and some more.
STOPPED_S = WORKER_STOP_S + STOP_TIMEOUT_S + 15


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Product:
    """`with Product(environment) as product:` everything runs, and is ready. Afterwards nothing of it is left.

    `environment` adds to the product's; keys of the outside world come from a sandbox.
    """

    def __init__(self, environment: dict[str, str], *, workers: int = 2, policy: dict[str, int] | None = None):
        self.port, self.workers, self.policy = free_port(), workers, policy or {}
        self.folder = tempfile.TemporaryDirectory(prefix="mis-product-", ignore_cleanup_errors=True)
        Path(self.folder.name).chmod(0o711)
        inherited = {n: v for n, v in os.environ.items() if not n.startswith(("DATABASE_", "MIS_", "DJANGO_SETTINGS"))}
        self.environment = inherited | {
            "MIS_DATA_DIR": self.folder.name,
            "DJANGO_SUPERUSER_USERNAME": USER,
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
            **environment,
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Product":
        self.log = open(Path(self.folder.name) / "log", "w+")
        command = [sys.executable, "manage.py", "serve", "--port", str(self.port), "--workers", str(self.workers)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=self.log, stderr=self.log, start_new_session=True
        )
        try:
            self.wait_until_ready()
            if self.policy:
                self.manage("policy", *(f"{name}={value}" for name, value in self.policy.items()))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOPPED_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"It does not stop. Last it said: {self.output()[-2000:]}") from None
        finally:
            for process in self.processes():
                process.kill()
            self.log.close()
            self.folder.cleanup()

    def processes(self) -> list[psutil.Process]:
        """The supervisor and all that it started, while it lives."""
        try:
            supervisor = psutil.Process(self.process.pid)
            return [*supervisor.children(recursive=True), supervisor]
        except psutil.NoSuchProcess:
            return []

    def manage(self, *arguments: str) -> str:
        """What a management command prints, run beside the product."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple]:
        """What its database answers. Raises psycopg.Error while it is away."""
        address = Embedded(Path(self.folder.name)).url
        with psycopg.connect(address, autocommit=True, connect_timeout=5) as connection:
            return connection.execute(statement, values).fetchall()

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body; (0, b"") while nobody answers."""
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            asking.request("GET", path)
            answer = asking.getresponse()
            return answer.status, answer.read()
        except OSError:
            return 0, b""
        finally:
            asking.close()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_S
        while self.get("/readyz")[0] != 200:
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < deadline, self.output()
            time.sleep(0.1)

    def output(self) -> str:
        return (Path(self.folder.name) / "log").read_text()

    def snapshot(self, key: str, window: str = "1h") -> dict:
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        asking.request("GET", f"/api/metrics/snapshot?window={window}", headers={"X-API-Key": key})
        return json.loads(asking.getresponse().read())
