"""Which of our processes are alive: each writes that it is, and others take over from one that stopped.

The same beat keeps the record of how long its role has been up (`Span`), so that nobody else has to be alive for it.
"""

import logging
import os
import socket
import threading
import uuid
from datetime import timedelta

import psycopg
from django.db import models
from django.db.models.functions import Now

from ..database import connect
from ..models import Process
from .ids import uuid7

log = logging.getLogger("mis.processes")

BEAT_S = 2.0
RETRY_S = 0.5
# A beat that comes no later than this still tells that its process was alive since the one before.
LATE_S = 3 * BEAT_S
# Whoever beat so shortly before another one of its role began may have lived until then.
APART_S = 1.5 * BEAT_S
KEPT = timedelta(days=1)

# Proves that the role was up since this process beat last, as long as that is not long ago and no beat has failed since;
# else at this moment alone. An `until` in the future is from before the server's clock was set back.
BEAT = """
    WITH before AS (
        SELECT seen_at FROM mis_dashboard_process
        WHERE id = %(id)s AND %(steady)s AND seen_at >= statement_timestamp() - %(late)s
    ), alive AS (
        INSERT INTO mis_dashboard_process (id, role, host, pid) VALUES (%(id)s, %(role)s, %(host)s, %(pid)s)
        ON CONFLICT (id) DO UPDATE SET seen_at = statement_timestamp()
    ), proof AS (
        SELECT LEAST((SELECT seen_at FROM before), statement_timestamp()) AS since
    ), latest AS (
        SELECT span.id, span.number, span.until >= proof.since - %(apart)s AS goes_on
        FROM mis_dashboard_span AS span, proof WHERE component = %(role)s ORDER BY number DESC LIMIT 1
    ), longer AS (
        UPDATE mis_dashboard_span AS span SET since = LEAST(span.since, proof.since), until = statement_timestamp()
        FROM latest, proof WHERE span.id = latest.id AND goes_on AND (
            span.until < statement_timestamp() - interval '1 second' OR span.until > statement_timestamp() + %(late)s
        )
    )
    INSERT INTO mis_dashboard_span (component, number, state, since, until)
    SELECT %(role)s, COALESCE((SELECT number FROM latest), 0) + 1, 'up', since, statement_timestamp()
    FROM proof WHERE NOT EXISTS (SELECT FROM latest WHERE goes_on)
    ON CONFLICT (component, number) DO NOTHING
"""


class Beat(threading.Thread):
    """Writes the Process row of this process every BEAT_S seconds, on a connection of its own, until it is stopped.

    A daemon thread: it goes on while the process still finishes its other threads, and ends with it.
    """

    def __init__(self, role: str, identity: uuid.UUID):
        super().__init__(name=f"beat-{role}", daemon=True)
        self.row = {"id": identity, "role": role, "host": socket.gethostname()[:100], "pid": os.getpid()}
        self._stopping = threading.Event()
        self._connection: psycopg.Connection | None = None
        self._silent = False

    def run(self) -> None:
        while not self._stopping.is_set():
            self._write()
            self._stopping.wait(RETRY_S if self._silent else BEAT_S)
        self._close()

    def stop(self) -> None:
        """Ends the thread; the row stays, and grows old."""
        self._stopping.set()
        self.join()

    def _write(self) -> None:
        try:
            if self._connection is None:
                self._connection = connect()
            say_alive(self._connection, self.row, steady=not self._silent)
            self._silent = False
        except psycopg.Error:
            if not self._silent:
                log.warning("cannot say that this process is alive: no database")
            self._silent = True
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def say_alive(connection: psycopg.Connection, row: dict, *, steady: bool) -> None:
    """Notes that the process `row` (id, role, host, pid) is alive now; and, if `steady`, that it was since it last did."""
    waits = {"late": timedelta(seconds=LATE_S), "apart": timedelta(seconds=APART_S)}
    connection.execute(BEAT, {**row, **waits, "steady": steady})


class _Here:
    """What this process is, known again as another one after a fork."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.pid = os.getpid()
        self.id = uuid7()
        self.beat: Beat | None = None


_here = _Here()


def _forked() -> None:
    global _here
    _here = _Here()


os.register_at_fork(after_in_child=_forked)


def current_id() -> uuid.UUID:
    """The id of this process: the same all its life, another one in a process forked from it."""
    return _here.id


def beat(role: str) -> Beat:
    """Starts saying that this process is alive; once per process, however often it is called."""
    with _here.lock:
        if _here.beat is None or not _here.beat.is_alive():
            _here.beat = Beat(role, _here.id)
            _here.beat.start()
        return _here.beat


def dead(before_s: float) -> list[uuid.UUID]:
    """The processes that were last seen more than `before_s` seconds ago, by the database's clock."""
    return list(_older_than(timedelta(seconds=before_s)).values_list("id", flat=True))


def alive(role: str, within_s: float = LATE_S) -> bool:
    """True when a process of that role was seen within `within_s` seconds."""
    return Process.objects.filter(role=role, seen_at__gte=Now() - timedelta(seconds=within_s)).exists()


def forget() -> int:
    """Removes the rows of processes unseen for a day; how many."""
    return _older_than(KEPT).delete()[0]


def _older_than(age: timedelta) -> models.QuerySet[Process]:
    return Process.objects.filter(seen_at__lt=Now() - age)
