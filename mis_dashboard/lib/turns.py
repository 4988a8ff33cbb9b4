"""Threads that work for many by turns."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class Turns:
    """A few threads for the work of many: each in turn has one piece done, however much another has brought.

    Work of one `key` is begun in its order.
    """

    def __init__(self, threads: int, name: str):
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self.lock = threading.Lock()
        # Whose turn is next stands first.
        self.waiting: dict[str, deque[tuple[Future, Callable[[], Any]]]] = {}

    def submit(self, key: str, work: Callable[[], Any]) -> Future:
        """What `work` returns or raises, once a thread has come round to it."""
        future: Future = Future()
        with self.lock:
            self.waiting.setdefault(key, deque()).append((future, work))
        self.threads.submit(self._next)
        return future

    def _next(self) -> None:
        """Does one piece: there is one for each call."""
        future, work = self._take()
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    def _take(self) -> tuple[Future, Callable[[], Any]]:
        with self.lock:
            key = next(iter(self.waiting))
            mine = self.waiting.pop(key)
            piece = mine.popleft()
            if mine:
                self.waiting[key] = mine  # behind all others
        return piece
