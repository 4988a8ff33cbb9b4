"""Keeps a few processes running, and takes all of them down together."""

import contextlib
import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from .lib.lifeline import die_with_parent

log = logging.getLogger("mis.supervisor")

LOOK_S = 0.1
FIRST_BACKOFF_S = 0.2
LAST_BACKOFF_S = 10.0
# Who ran for so long did not fail at its start: it is started again without delay.
HEALTHY_S = 10.0
# A killed process counts as a member until its new parent clears it away, which may take long and harms nobody.
BURY_S = 0.5


@dataclass(frozen=True)
class Child:
    """A process to keep running. Its output goes where ours goes; `env` adds to our environment.

    `stop_timeout_s` is what it gets between being asked to stop (SIGTERM, to it and not to its children) and
    being killed with all its children.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    stop_timeout_s: float = 10.0


class Kept:
    """One Child, and the process that it is at the moment."""

    def __init__(self, child: Child):
        self.child = child
        self.process: subprocess.Popen | None = None
        self.started_at = 0.0
        self.due_at = 0.0
        self.backoff_s = FIRST_BACKOFF_S

    def start(self, now: float) -> None:
        """In a session of its own: neither Ctrl-C in our terminal nor a kill of its group reaches anyone else."""
        self.started_at = now
        self.process = subprocess.Popen(  # noqa: S603 (commands of the product)
            list(self.child.argv),
            env={**os.environ, **self.child.env},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_stop_with_parent,
        )

    def look(self, now: float) -> None:
        """Starts it when that is due. When it has ended, clears up what it left and plans its next start."""
        if self.process is None:
            if now >= self.due_at:
                self.start(now)
            return
        code = self.process.poll()
        if code is None:
            return
        if now - self.started_at >= HEALTHY_S:
            self.backoff_s = FIRST_BACKOFF_S
        log.warning("%s ended with %s, starting it again in %.1f s", self.child.name, code, self.backoff_s)
        bury(self.process.pid)
        self.process = None
        self.due_at = now + self.backoff_s
        self.backoff_s = min(LAST_BACKOFF_S, self.backoff_s * 2)

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def finish(self) -> None:
        """Kills what is left of it and its children."""
        if self.process is not None:
            bury(self.process.pid)
            self.process.wait()
            self.process = None


class Supervisor:
    """Runs `children` until SIGINT or SIGTERM, restarting those that end, then stops them all.

    `each_second` are called about once a second between looks; what they raise is logged.
    """

    def __init__(self, children: Iterable[Child], each_second: Iterable[Callable[[], object]] = ()):
        self.kept = [Kept(child) for child in children]
        self.each_second = list(each_second)
        self._wake = threading.Event()
        self._signals = 0
        self._chores_due_at = 0.0

    def run(self) -> None:
        """Returns when everything has stopped; a second signal while stopping kills what still runs."""
        before = {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            while not self._signals:
                self._look(time.monotonic())
                self._wake.wait(LOOK_S)
        finally:
            self._stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def stop(self) -> None:
        """As a signal would. May be called from another thread or a signal handler."""
        self._signals += 1
        self._wake.set()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stop()

    def _look(self, now: float) -> None:
        for kept in self.kept:
            kept.look(now)
        if now >= self._chores_due_at:
            self._chores_due_at = now + 1.0
            for chore in self.each_second:
                self._do(chore)

    def _do(self, chore: Callable[[], object]) -> None:
        try:
            chore()
        except Exception:
            log.exception("could not do what is done each second")

    def _stop(self) -> None:
        asked_at = time.monotonic()
        for kept in self.kept:
            kept.ask_to_stop()
        waiting = list(self.kept)
        while waiting and self._signals < 2:
            passed_s = time.monotonic() - asked_at
            waiting = [kept for kept in waiting if not kept.ended() and passed_s < kept.child.stop_timeout_s]
            time.sleep(LOOK_S / 4)
        for kept in self.kept:
            kept.finish()


def _stop_with_parent() -> None:
    """In the child, before it becomes its program: if we are killed, it is asked to stop."""
    die_with_parent(signal.SIGTERM)


def bury(group: int) -> None:
    """Kills every process of `group` and waits until none is left, half a second at most."""
    deadline = time.monotonic() + BURY_S
    while time.monotonic() < deadline:
        try:
            os.killpg(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return
        # As the first process of a container we inherit the orphans, and nobody else would clear them away.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-group, os.WNOHANG)
        time.sleep(0.01)
