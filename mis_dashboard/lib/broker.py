"""How jobs reach the workers: django-q2 runs them, our own table holds them.

The pusher of a cluster takes jobs from the table and is woken by NOTIFY, so that a job starts a few
milliseconds after the transaction that queued it. A job is taken for a time (a lease) and its row is ended by
`jobs.run`, in the worker that did it: what the worker does not get to write down is done again.
"""

import logging
import os
import time
import uuid
from typing import Any

import psycopg
from django.db.models.functions import Now
from django.utils import timezone
from django_q.brokers import Broker
from django_q.conf import Conf
from django_q.signing import SignedPackage

from ..database import connect
from ..models import Job
from .jobs import Lease
from .watchdog import Watchdog

log = logging.getLogger("mis.broker")

POLL_S = 0.5  # also the longest that a stopping cluster waits for its pusher
RETRY_S = 0.5
# What is called out in quick succession is passed on together: each task handed to a worker costs a millisecond.
GATHER_S = 0.01
# From being taken to being started; `jobs.RUN_LEASE_S` counts from there.
TAKE_LEASE_S = 90

TAKE = """
    WITH ready AS (
        SELECT id FROM mis_dashboard_job
        WHERE NOT dead AND due_at <= statement_timestamp()
            AND (leased_by IS NULL OR leased_until <= statement_timestamp())
        ORDER BY rank, due_at, id
        LIMIT %(bulk)s
        FOR UPDATE SKIP LOCKED)
    UPDATE mis_dashboard_job AS job SET
        attempts = job.attempts + 1,
        started_at = NULL,
        dead = job.attempts >= %(limit)s,
        error = CASE WHEN job.attempts >= %(limit)s THEN 'its worker was lost each time' ELSE job.error END,
        leased_by = CASE WHEN job.attempts >= %(limit)s THEN NULL ELSE %(owner)s::uuid END,
        leased_until = statement_timestamp() + make_interval(secs => %(lease_s)s)
    FROM ready WHERE job.id = ready.id
    RETURNING job.id, job.name, job.args, job.attempts, job.dead
"""
# A little into the past, for what fell due since we looked.
NEXT_DUE_S = """
    SELECT extract(epoch FROM min(due_at) - clock_timestamp())::float FROM mis_dashboard_job
    WHERE NOT dead AND leased_by IS NULL AND due_at > statement_timestamp() - interval '50 ms'
"""
# What was never started is not held against the job. Once: a cluster may be killed again before it takes the job.
TAKE_OVER = """
    UPDATE mis_dashboard_job SET leased_until = to_timestamp(0),
        attempts = attempts - CASE WHEN started_at IS NULL THEN 1 ELSE 0 END
    WHERE leased_by = %s AND leased_until > to_timestamp(0)
"""


class PostgresBroker(Broker):
    """django-q2's way to our jobs. Made in the sentinel, used in the pusher; neither needs a database to start.

    `owner` marks the jobs a cluster took. The supervisor gives a restarted cluster the same one (MIS_CLUSTER),
    so that it takes the jobs of its dead predecessor over at once instead of after their lease.
    """

    def __init__(self, list_key: str | None = None):
        super().__init__(list_key)
        self.owner = str(uuid.UUID(os.environ.get("MIS_CLUSTER") or str(uuid.uuid4())))
        self.watchdog = Watchdog(stalled_s=(Conf.TIMEOUT or 60) + 15)
        self._connection: psycopg.Connection | None = None
        self._took_over = False
        self._look_at = 0.0
        self._heard_at = 0.0
        self._away = False

    # --- In the pusher ---

    def dequeue(self) -> list[tuple[str, str]]:
        """The next jobs as (lease, signed task), after waiting up to POLL_S for one. Never raises.

        Raising would have the pusher sleep for ten seconds and die.
        """
        try:
            connection = self._connected()
            tasks = self._listen_and_look(connection) or self._listen_and_look(connection)
            self._away = False
            return tasks
        except psycopg.Error as error:
            self._lost(error)
            time.sleep(RETRY_S)
            return []

    def fail(self, task_id: str) -> None:
        """Gives up a job whose task could not be read."""
        lease = Lease.parse(task_id)
        Job.objects.filter(id=lease.job_id, leased_by=lease.owner).update(
            dead=True, leased_by=None, leased_until=None, error="its task could not be read"
        )

    def _connected(self) -> psycopg.Connection:
        """Our own connection, listening before anything is looked for, so that no job falls between."""
        if self._connection is None:
            connection = connect(listen=True)
            connection.execute("LISTEN mis_job")
            self._connection = connection
        if not self._took_over:
            self._connection.execute(TAKE_OVER, [self.owner])
            self._took_over = True
        return self._connection

    def _listen_and_look(self, connection: psycopg.Connection) -> list[tuple[str, str]]:
        """What is to be run now. Looks into the table only when a job was called out or it is time to."""
        heard = self._hear(connection)
        taken = self._take(connection) if "" in heard or time.monotonic() >= self._look_at else []
        return taken + [("", SignedPackage.dumps(_task("", name, []))) for name in sorted(heard - {""})]

    def _take(self, connection: psycopg.Connection) -> list[tuple[str, str]]:
        values = {"bulk": Conf.BULK, "limit": Job.MAX_ATTEMPTS, "owner": self.owner, "lease_s": TAKE_LEASE_S}
        taken, looked_at = [], time.monotonic()
        for job_id, name, args, attempt, dead in connection.execute(TAKE, values):
            if dead:
                log.error("job given up: its worker was lost each time", extra={"job": name, "job_id": job_id})
            else:
                lease = str(Lease(job_id, attempt, self.owner))
                taken.append((lease, SignedPackage.dumps(_task(lease, name, args))))
        self._look_at = looked_at if taken else looked_at + self._nothing_for_s(connection)
        return taken

    def _nothing_for_s(self, connection: psycopg.Connection) -> float:
        """How long it is until the next job falls due, POLL_S at most."""
        (due_s,) = connection.execute(NEXT_DUE_S).fetchone() or (None,)
        return POLL_S if due_s is None else min(POLL_S, max(0.001, due_s))

    def _hear(self, connection: psycopg.Connection) -> set[str]:
        """What is called out until it is time to look again: "" for a queued job, else the name of who is woken.

        Through a pooler, which swallows LISTEN, nothing is heard and the looks every POLL_S are all.
        """
        wait_s = max(0.0, self._look_at - time.monotonic())
        heard = {notice.payload for notice in connection.notifies(timeout=wait_s, stop_after=1)}
        if heard:
            time.sleep(max(0.0, self._heard_at + GATHER_S - time.monotonic()))
            heard |= {notice.payload for notice in connection.notifies(timeout=0)}
            self._heard_at = time.monotonic()
        return heard

    def _lost(self, error: psycopg.Error) -> None:
        if not self._away:
            log.warning("the queue has no database", extra={"error": type(error).__name__})
        self._away = True
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    # --- In the sentinel ---

    def ping(self) -> bool:
        """Always true: a cluster that starts before its database waits for it."""
        return True

    def set_stat(self, key: str, value: str, timeout: int) -> None:
        """Called by the sentinel twice a second with its state: the moment to look whether all is well."""
        stat = SignedPackage.loads(value)
        self.watchdog.look(waiting=stat.task_q_size, replaced=stat.reincarnations)

    def get_stat(self, key: str) -> None:
        """Nothing: `processes` knows who is alive."""

    def get_stats(self, pattern: str) -> list:
        return []

    # --- Elsewhere ---

    def acknowledge(self, task_id: str) -> None:
        """Nothing: the worker has ended its job already (`jobs.run`)."""

    def enqueue(self, task: Any) -> None:
        raise TypeError("Queue with mis_dashboard.lib.jobs.enqueue: it knows ranks, keys and due times.")

    def queue_size(self) -> int:
        """Jobs that could be started now."""
        return Job.objects.filter(dead=False, leased_by=None, due_at__lte=Now()).count()

    def lock_size(self) -> int:
        """Jobs that are taken."""
        return Job.objects.filter(dead=False, leased_until__gt=Now()).exclude(leased_by=None).count()

    def delete(self, task_id: str) -> None:
        Job.objects.filter(id=Lease.parse(task_id).job_id).delete()

    def purge_queue(self) -> int:
        """Removes every waiting job; how many."""
        return Job.objects.filter(dead=False, leased_by=None).delete()[0]

    delete_queue = purge_queue

    def info(self) -> str:
        return "PostgreSQL"

    @staticmethod
    def get_cache() -> None:
        """No cache: nothing of a cluster's state is shared."""


def _task(lease: str, name: str, args: list[Any]) -> dict[str, Any]:
    """What django-q2 hands to a worker."""
    return {
        "id": lease,
        "name": name,
        "func": "mis_dashboard.lib.jobs.run",
        "args": (lease, name, args),
        "kwargs": {},
        "started": timezone.now(),
    }
