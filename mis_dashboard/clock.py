"""Does what is due, once in the whole installation, however many clocks run."""

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import psycopg
from django.conf import settings
from django.db import close_old_connections
from django.utils.module_loading import import_string

from .database import connect
from .schedules import Periodic

log = logging.getLogger("mis.clock")

TICK_S = 1.0
LOCK = 0x4D4953_636C6F  # "MIS clo": a session advisory lock of the database


class Runner(threading.Thread):
    """Calls one periodic function when it is poked, in a thread of its own, so that a slow one holds nobody up.

    A poke while it still runs is dropped. What the function raises is logged.
    """

    def __init__(self, entry: Periodic):
        super().__init__(name=f"clock-{entry.name}", daemon=True)
        self.entry = entry
        self._poked = threading.Event()
        self._busy = False

    def poke(self) -> None:
        if self._busy:
            log.debug("still at it, a turn is left out", extra={"entry": self.entry.name})
            return
        if not self.is_alive():
            self.start()
        self._busy = True
        self._poked.set()

    def run(self) -> None:
        while True:
            self._poked.wait()
            self._poked.clear()
            self.call()
            self._busy = False

    def call(self) -> None:
        close_old_connections()
        try:
            import_string(self.entry.path)()
        except Exception:
            log.exception("a periodic job failed", extra={"entry": self.entry.name})
        finally:
            close_old_connections()


class Leader:
    """The advisory lock that makes one clock act, held by a connection of its own and lost with it."""

    def __init__(self, key: int = LOCK):
        self.key = key
        self._connection: psycopg.Connection | None = None
        self._held = False

    def holds(self) -> bool:
        """True when this clock is the one to act; asked each tick. False, not an error, without a database."""
        try:
            if self._connection is None:
                self._connection = connect(listen=True)
            question = "SELECT true" if self._held else "SELECT pg_try_advisory_lock(%s)"
            row = self._connection.execute(question, [] if self._held else [self.key]).fetchone()
            self._note(bool(row and row[0]))
        except psycopg.Error:
            self.release()
        return self._held

    def release(self) -> None:
        """Lets another clock act."""
        if self._held:
            log.warning("this clock no longer acts")
        self._held = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _note(self, held: bool) -> None:
        if held and not self._held:
            log.info("this clock acts")
        self._held = held


class Clock:
    """Pokes each entry when its turn comes, while it leads. `now`, `leads` and `runner` are the outside."""

    def __init__(
        self,
        entries: Iterable[Periodic],
        leads: Callable[[], bool],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        runner: Callable[[Periodic], Runner] = Runner,
        zone: ZoneInfo | None = None,
    ):
        self.now = now
        self.leads = leads
        self.zone = zone or ZoneInfo(settings.TIME_ZONE)
        self.runners = [runner(entry) for entry in entries]
        self._turns: dict[str, float] = {}
        self._stopping = threading.Event()

    def run(self) -> None:
        """Ticks at each whole second until `stop`."""
        while not self._stopping.is_set():
            self.tick()
            self._stopping.wait(TICK_S - self.now().timestamp() % TICK_S)

    def stop(self) -> None:
        """Ends `run` at once. What is being done ends with the process, and is done again by the next clock."""
        self._stopping.set()

    def tick(self) -> None:
        if not self.leads():
            self._turns.clear()
            return
        now = self.now()
        for runner in self.runners:
            turn = runner.entry.turn(now, self.zone)
            if self._is_new(runner.entry, turn):
                runner.poke()

    def _is_new(self, entry: Periodic, turn: float) -> bool:
        """True at each next turn; and at the first tick, except for what has its hour of the day."""
        before = self._turns.get(entry.name)
        self._turns[entry.name] = turn
        return turn != before and not (before is None and entry.daily)
