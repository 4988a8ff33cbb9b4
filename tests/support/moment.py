"""Several things at the same moment, each in a thread and on a database connection of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

PATIENCE_S = 20.0


def at_once(*steps: Callable[[], Any]) -> list[Any]:
    """What `steps` return, begun together. Raises what the first of them raises."""
    start = threading.Barrier(len(steps))

    def one(step: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            start.wait(PATIENCE_S)
            return step()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(steps)) as pool:
        return [running.result(PATIENCE_S) for running in [pool.submit(one, step) for step in steps]]


class Gate:
    """A place where a thread stops, as when it waits for an answer, until it is let on."""

    def __init__(self):
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.reached.set()
        assert self.opened.wait(PATIENCE_S), "nobody opened the gate"


def while_stopped(gate: Gate, step: Callable[[], Any], meanwhile: Callable[[], Any]) -> Any:
    """What `step` returns, which stops at `gate` until `meanwhile` is done."""

    def then() -> None:
        assert gate.reached.wait(PATIENCE_S), "the gate was not reached"
        try:
            meanwhile()
        finally:
            gate.opened.set()

    return at_once(step, then)[0]


def wait_for_lock(others: int = 1) -> None:
    """Returns when so many other transactions of this database wait for a lock."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.01)):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0] >= others:
                return
        pause.wait(0.01)
    raise AssertionError("nobody waits")
