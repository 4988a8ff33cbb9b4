"""A hard limit on how long a call may take in all. The libraries only limit the silence between two bytes."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

# 64 callers at once, and room for calls that were given up and still hold their thread.
MAX_THREADS = 256


class Full(Exception):
    """Every thread is held, most of them by calls that were given up and have not ended."""


class Threads:
    """Daemon threads, made when first needed and kept for the next call.

    Not a `ThreadPoolExecutor`: that one waits at exit for calls that were given up, and takes no
    new call while the process finishes its last replies.
    """

    def __init__(self, limit: int = MAX_THREADS):
        self._limit = limit
        self._calls: SimpleQueue[tuple[Future, Callable[[], Any]]] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._count = 0

    def run(self, call: Callable[[], T], timeout_s: float) -> T:
        """What `call` returns or raises. Raises TimeoutError after `timeout_s`: the call then ends unheard.

        Raises Full when no thread is to be had.
        """
        future: Future[T] = Future()
        if not self._idle.acquire(blocking=False):
            self._add()
        self._calls.put((future, call))
        return future.result(timeout_s)

    def _add(self) -> None:
        with self._lock:
            if self._count >= self._limit:
                raise Full
            self._count += 1
        threading.Thread(target=self._serve, name="mis-ai", daemon=True).start()

    def _serve(self) -> None:
        while True:
            future, call = self._calls.get()
            try:
                future.set_result(call())
            except BaseException as error:  # whatever it is, it belongs to the caller
                future.set_exception(error)
            # A thread that waits must not keep the last customer's words, nor their answer, alive.
            del future, call
            self._idle.release()


_threads = Threads()


def within(timeout_s: float, call: Callable[[], T]) -> T:
    """What `call` returns or raises, on a thread of this process. Raises TimeoutError or Full (see `Threads`)."""
    return _threads.run(call, timeout_s)


def _forget() -> None:
    global _threads
    _threads = Threads()


# Threads do not survive a fork; a child that believed in them would wait for nobody.
os.register_at_fork(after_in_child=_forget)
