"""Many steps at a time in one process: threads that take work until there is none, then sleep until woken."""

import logging
import os
import threading
import time
from collections.abc import Callable
from multiprocessing import util

from django.db import close_old_connections, connections

log = logging.getLogger("mis.pool")

CHECK_AFTER_S = 5.0


class Pool:
    """Runs `step` in up to `limit()` threads. `step` takes one piece of work and does it; False: there was none.

    Threads are started when they are needed, also after a fork, and end when idle for `idle_s`
    seconds, giving back their database connection. At the end of the process, work in hand is
    finished. A step that raises is logged, and its thread goes on.
    """

    def __init__(self, step: Callable[[], bool], limit: Callable[[], int], idle_s: float = 30):
        self.step, self.limit, self.idle_s = step, limit, idle_s
        self.condition = threading.Condition()
        self.threads: set[threading.Thread] = set()
        self.idle = 0
        self.wakes = 0
        self.closing = False
        self.pid = 0

    def wake(self) -> None:
        """There is one more piece of work. Returns at once."""
        limit = self.limit()
        with self.condition:
            if self.closing:
                return
            if self.wakes >= self.idle and len(self.threads) < limit:
                self._start()
            else:
                # With no thread idle, the next one that finds no work looks once more before it sleeps.
                self.wakes = min(self.wakes + 1, len(self.threads))
                self.condition.notify()

    def close(self) -> None:
        """Lets the work in hand be finished, and returns when it is."""
        with self.condition:
            self.closing = True
            self.condition.notify_all()
            threads = list(self.threads)
        for thread in threads:
            thread.join()

    def _start(self) -> None:
        if self.pid != os.getpid():
            # A forked worker ends through multiprocessing's own exit, which runs no `atexit` hooks and only those
            # finalizers that were made after the fork.
            self.pid = os.getpid()
            util.Finalize(None, self.close, exitpriority=100)
        thread = threading.Thread(target=self._run, name=f"pool-{len(self.threads)}", daemon=True)
        self.threads.add(thread)
        thread.start()

    def _run(self) -> None:
        try:
            slept_at = time.monotonic()
            while self._work() and self._sleep():
                # A check costs a round trip: it is for connections that nobody used for a while.
                if time.monotonic() - slept_at > CHECK_AFTER_S:
                    close_old_connections()
                slept_at = time.monotonic()
        finally:
            connections.close_all()
            with self.condition:
                self.threads.discard(threading.current_thread())

    def _work(self) -> bool:
        """Steps until there is nothing left to do. False when the process is ending."""
        try:
            while not self.closing and self.step():
                pass
        except Exception:
            log.exception("a step failed")
            connections.close_all()
        return not self.closing

    def _sleep(self) -> bool:
        """Waits for a wake-up. False when none came for long, or the process is ending."""
        with self.condition:
            self.idle += 1
            woken = self.condition.wait_for(lambda: self.wakes or self.closing, timeout=self.idle_s)
            self.idle -= 1
            self.wakes -= 1 if self.wakes else 0
            return bool(woken) and not self.closing
