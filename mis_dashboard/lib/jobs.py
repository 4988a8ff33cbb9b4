"""Queueing work and doing it: the only door to the queue. `lib.broker` brings the jobs to the workers.

A job takes ids and may run twice. Return means done; raise means run me again.
"""

import contextlib
import inspect
import json
import logging
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ParamSpec, TypeVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django_q.exceptions import TimeoutException

from ..models import Job
from .logs import name_of
from .patience import trying

log = logging.getLogger("mis.jobs")

# A job may run this long: longer than the queue's own limit (60 s), so that a living worker keeps its job.
RUN_LEASE_S = 75
# A restarted database is back within seconds.
SETTLE_WAITS_S = (0.1, 0.4, 1.0)
BACKOFF_S = 2.0
BACKOFF_LIMIT_S = 300.0
KEPT_DAYS = 7

P = ParamSpec("P")
R = TypeVar("R")
_chance = random.SystemRandom()
REGISTRY: dict[str, Callable[..., Any]] = {}


class UnknownJob(LookupError):
    """No function is registered under that name. The text holds the name alone."""

    safe = True


def job(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Registers a function as the job `name`. It stays callable as before.

    Each app's `jobs` module is imported at start, so that is where jobs live. Raises TypeError for a
    coroutine function, which a worker would never await, and ValueError for a name that is taken.
    """

    def register(function: Callable[P, R]) -> Callable[P, R]:
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(f"Job {name!r} is async and would never run: use async_to_sync inside a plain function.")
        known = REGISTRY.setdefault(name, function)
        if (known.__module__, known.__qualname__) != (function.__module__, function.__qualname__):
            raise ValueError(f"Job {name!r} is {known.__module__}.{known.__qualname__} already: choose another name.")
        REGISTRY[name] = function
        return function

    return register


# A waiting job of the same key takes the new wish over, and its row is locked until this transaction ends: a worker
# cannot take it before the change that it is about can be seen. (DO NOTHING would lose that change.)
ENQUEUE = """
    WITH queued AS (
        INSERT INTO mis_dashboard_job AS waiting (name, args, key, rank, due_at)
        VALUES (%s, %s::jsonb, %s, %s, coalesce(%s, statement_timestamp()))
        ON CONFLICT (key) WHERE leased_by IS NULL AND NOT dead
        DO UPDATE SET due_at = least(waiting.due_at, excluded.due_at), rank = least(waiting.rank, excluded.rank)
        RETURNING id)
    SELECT pg_notify('mis_job', '') FROM queued
"""


def enqueue(name: str, *args: Any, due: datetime | None = None, rank: int = 2, key: str | None = None) -> None:
    """Queues job `name` in the current transaction: rolled back, it never runs; committed, workers wake at once.

    `args` must be fit for JSON (a UUID or a datetime arrives as text). `due` is when it may start, now if
    None. Lower `rank` goes first. While a job of the same `key` waits, no second one is added: the waiting one
    becomes as early and as urgent as the more urgent of both. Two open transactions queueing one key wait
    for each other, so queue last. Raises UnknownJob for a name nobody registered.
    """
    known(name)
    with connection.cursor() as cursor:
        cursor.execute(ENQUEUE, [name, json.dumps(args, cls=DjangoJSONEncoder), key, rank, due])


def queued(name: str) -> int:
    """How many jobs of that name are waiting, for now or for later, or are being done."""
    return Job.objects.filter(name=name, dead=False).count()


def wake(name: str, due: datetime | None = None) -> None:
    """Calls job `name`, which takes nothing, in some worker: when this transaction commits, or at `due` if that is later.

    Cheap, as nothing is stored for a call at once; but one that is lost stays lost. For work that
    stands in a table of its own, and that a sweep finds too.
    """
    for channel, payload in call(name, due):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [channel, payload])


def call(name: str, due: datetime | None = None) -> list[tuple[str, str]]:
    """As `wake`, but what is to be notified at once is left to the caller: channel and payload, for `rows.insert`."""
    known(name)
    if due and due > timezone.now():
        tenths = math.ceil(due.timestamp() * 10)
        enqueue(name, due=datetime.fromtimestamp(tenths / 10, UTC), key=f"{name} {tenths}")
        return []
    return [("mis_job", name)]


@dataclass(frozen=True)
class Lease:
    """One taking of one job by one cluster. It is worth nothing once the job was taken again."""

    job_id: int
    attempt: int
    owner: str

    @classmethod
    def parse(cls, text: str) -> "Lease":
        job_id, attempt, owner = text.split(":")
        return cls(int(job_id), int(attempt), owner)

    def __str__(self) -> str:
        return f"{self.job_id}:{self.attempt}:{self.owner}"

    def start(self) -> bool:
        """Marks the job as started and keeps it for RUN_LEASE_S. False when somebody else has it by now."""
        return self._write(START, RUN_LEASE_S)

    def finish(self) -> bool:
        """Done: the row goes."""
        return self._write(FINISH)

    def again(self, error: str, delay_s: float) -> bool:
        """Puts it back, due in `delay_s`; or ends it, when a waiting job of its key will do the same work."""
        try:
            with transaction.atomic():
                return self._write(AGAIN, error, delay_s)
        except IntegrityError:
            return self.finish()

    def bury(self, error: str) -> bool:
        """Never to run again; kept for KEPT_DAYS to be looked at."""
        return self._write(BURY, error)

    def _write(self, statement: str, *values: Any) -> bool:
        """Writes to the job's row if it is still ours; False when it is not."""
        with connection.cursor() as cursor:
            cursor.execute(statement + OURS, [*values, self.job_id, self.owner, self.attempt])
            return cursor.rowcount == 1


START = """
    UPDATE mis_dashboard_job SET started_at = statement_timestamp(),
        leased_until = statement_timestamp() + make_interval(secs => %s)
"""
FINISH = "DELETE FROM mis_dashboard_job"
AGAIN = """
    UPDATE mis_dashboard_job SET leased_by = NULL, leased_until = NULL, started_at = NULL, error = %s,
        due_at = statement_timestamp() + make_interval(secs => %s)
"""
BURY = "UPDATE mis_dashboard_job SET dead = true, leased_by = NULL, leased_until = NULL, error = %s"
OURS = " WHERE id = %s AND leased_by = %s AND attempts = %s AND NOT dead"


def run(lease: str, name: str, args: list[Any]) -> None:
    """What a worker executes: job `name`, unless the lease is lost; then ends it, puts it back, or gives it up.

    With an empty lease it is a `wake`, of which nothing is written down. Never raises: the row is the record of what happened, and is written here, in the process that knows. If
    the database is away at that moment the lease runs out and the job runs again.
    """
    if not lease:
        _woken(name)
        return
    mine = Lease.parse(lease)
    if not settle(mine.start):
        return
    try:
        known(name)(*args)
        settle(mine.finish)
    except (Exception, TimeoutException) as error:
        _failed(mine, name, error)


def _woken(name: str) -> None:
    try:
        known(name)()
    except Exception:
        log.exception("a wake-up failed", extra={"job": name})


def known(name: str) -> Callable[..., Any]:
    """The function of job `name`; raises UnknownJob."""
    try:
        return REGISTRY[name]
    except KeyError:
        raise UnknownJob(name) from None


def settle(write: Callable[..., bool], *values: Any) -> bool:
    """`write(*values)`, patient with a database that is being restarted; False when it stays away."""
    with contextlib.suppress(OperationalError, InterfaceError):
        return trying(SETTLE_WAITS_S, write, *values)
    connection.close()
    log.warning("the database is away: the job's lease will run out")
    return False


def backoff_s(attempt: int, chance: float) -> float:
    """Seconds to wait after the `attempt`-th failure: 2, 4, 8 … up to 300, spread by half either way by `chance`."""
    return float(min(BACKOFF_LIMIT_S, BACKOFF_S * 2 ** (attempt - 1)) * (0.5 + chance))


def forget() -> int:
    """Removes jobs that died more than KEPT_DAYS ago; how many."""
    return Job.objects.filter(dead=True, created_at__lt=Now() - timedelta(days=KEPT_DAYS)).delete()[0]


def _failed(lease: Lease, name: str, error: BaseException) -> None:
    details = {"job": name, "job_id": lease.job_id, "attempt": lease.attempt}
    reason = name_of(error)[:500]
    if lease.attempt >= Job.MAX_ATTEMPTS:
        log.error("job given up", exc_info=error, extra=details)
        settle(lease.bury, reason)
        return
    log.warning("job failed, will run again", exc_info=error, extra=details)
    settle(lease.again, reason, backoff_s(lease.attempt, _chance.random()))
