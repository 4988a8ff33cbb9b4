"""Requests counted in the memory of this process, and stored every few seconds."""

import atexit
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from django.db import Error, connections

from mis_dashboard.lib import processes

from .. import histogram
from ..models import Timing
from . import grains

log = logging.getLogger("mis.timing")

FLUSH_S = 5.0
LAST_FLUSH_S = 4.0  # what a process that ends waits for it at most
MINUTE_S = int(Timing.Grain.MINUTE)
# Minutes are kept in memory for so long after they are over, in case the clock is set back.
CLOSED_AFTER_MIN = 60
# Rows in memory at most, about 1 KB each: a day without the database. Then the oldest minutes are given up.
MOST_ROWS = 20_000
# (minute, route, status class, bin) between two flushes: more is not counted.
MOST_FRESH = 200_000

Key = tuple[int, str]  # minutes since 1970, route


class Counting:
    """Counts requests by minute and route, in this process.

    `note` is called for each request, in any thread: it adds to one number. Every `flush_s` seconds a thread of its
    own stores the minutes that have changed, each whole, so that storing twice doubles nothing and a crash loses
    seconds. While the database is away it goes on counting, and tries again.
    """

    def __init__(self, clock: Callable[[], float] = time.time, most_rows: int = MOST_ROWS, flush_s: float = FLUSH_S):
        self.clock, self.most_rows, self.flush_s = clock, most_rows, flush_s
        self.adding = threading.Lock()
        self.fresh: dict[tuple[int, str, int, int], int] = {}
        # Belong to whoever flushes.
        self.flushing = threading.Lock()
        self.totals: dict[Key, Counter[tuple[int, int]]] = {}
        self.changed: set[Key] = set()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._silent = False

    def note(self, route: str, status: int, seconds: float) -> None:
        """One request for `route` was answered just now, with HTTP `status`, after so many seconds. Takes 2 µs."""
        key = (int(self.clock()) // MINUTE_S, route, status // 100, histogram.bin_of(seconds))
        with self.adding:
            if len(self.fresh) < MOST_FRESH:
                self.fresh[key] = self.fresh.get(key, 0) + 1

    def flush(self) -> int:
        """Stores the minutes that have changed since the last time; how many rows. Raises `django.db.Error`: then again."""
        with self.flushing:
            self._take()
            rows = [self._row(*key) for key in sorted(self.changed)]
            if rows:
                grains.store(rows, self._now())
            self.changed.clear()
            self._close(before=int(self.clock()) // MINUTE_S - CLOSED_AFTER_MIN)
            return len(rows)

    def start(self) -> None:
        """Begins to flush in the background, until the process ends. Once, however often it is called."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="timings", daemon=True)
            self._thread.start()
            atexit.register(self.stop)

    def stop(self) -> None:
        """Ends the thread after a last flush. Returns in a few seconds also when the database is away."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(LAST_FLUSH_S)
            self._thread = None

    def _run(self) -> None:
        while not self._stopping.wait(self.flush_s):
            self._try_to_flush()
        self._try_to_flush()

    def _try_to_flush(self) -> None:
        try:
            self.flush()
            self._silent = False
        except Error:
            if not self._silent:
                log.warning("cannot store how long requests took: no database")
            self._silent = True
        except Exception:
            log.exception("cannot store how long requests took")
        finally:
            connections.close_all()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def _take(self) -> None:
        """What was added since the last time goes into the totals. Holds up nobody: the lock is for one assignment."""
        with self.adding:
            taken, self.fresh = self.fresh, {}
        for (minute, route, status, code), n in taken.items():
            self.totals.setdefault((minute, route), Counter())[status, code] += n
            self.changed.add((minute, route))
        for key in sorted(self.totals)[: -self.most_rows]:
            del self.totals[key]
            self.changed.discard(key)

    def _row(self, minute: int, route: str) -> Timing:
        counts = self.totals[minute, route]
        by_status: Counter[int] = Counter()
        by_bin: Counter[int] = Counter()
        for (status, code), n in counts.items():
            by_status[status] += n
            by_bin[code] += n
        return Timing(
            grain_s=MINUTE_S,
            starts_at=datetime.fromtimestamp(minute * MINUTE_S, UTC),
            route=route[:200],
            process=processes.current_id(),
            n=by_status.total(),
            redirected=by_status[3],
            refused=by_status[4],
            failed=by_status[5],
            packed=histogram.pack(by_bin),
        )

    def _close(self, before: int) -> None:
        for key in [key for key in self.totals if key[0] < before]:
            del self.totals[key]


counting = Counting()
