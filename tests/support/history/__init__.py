"""A history of any length in the product's tables, written by the database itself: what they hold after so many issues.

One and the same stream at every length: 10,000 issues are the last ones of a million. They arrive as in
`arrivals`; what becomes of each is drawn in `story` and `answers` from its number, and written down in `rows`.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, transaction

from issues.models import PromptVersion
from mis_dashboard.lib import partitions

from . import answers, arrivals, chance, rows, story
from .indexes import without_indexes

BATCH = 50_000
TABLES = ["customer", "issue", "response", "message", "aicall", "action", "eventkey", "inboundevent"]


def load(count: int, until: datetime) -> None:
    """Stores the last `count` issues before `until` with all that belongs to them, in one transaction.

    Triggers do not see it: what is kept beside the rows must be built again afterwards. The tables must hold no
    other history of this kind.
    """
    hours = arrivals.before(until, count)
    with transaction.atomic(), tools(hours):
        cover(hours[-1].starts_at, until)
        _customers(count, hours[-1].starts_at)
        for first in _batches(count):
            _store(first, count, until)
        _look()


def load_many(
    count: int,
    until: datetime,
    *,
    workers: int = 2,
    progress: Callable[[Iterable, int], Iterable] = lambda each, n: each,
) -> None:
    """The same, faster from some 100,000 issues on, and in many transactions: a failure leaves a part of it.

    Each of the `workers` has a connection of its own. Indexes are made at the end. `progress` is given the
    batches as they are done, and how many there will be.
    """
    hours, batches = arrivals.before(until, count), _batches(count)
    with tools(hours), without_indexes(TABLES), ThreadPoolExecutor(workers) as pool:
        cover(hours[-1].starts_at, until)
        _customers(count, hours[-1].starts_at)
        done = pool.map(lambda first: _alone(first, count, until), batches)
        for _ in progress(done, len(batches)):
            pass
        list(pool.map(lambda _: connection.close(), range(workers)))
    _look()


def cover(first: datetime, last: datetime) -> None:
    """Tables that are kept in months have one for each from `first` to `last`, as far as they would still be there."""
    for table in partitions.tables():
        kept = partitions.kept(table)
        partitions.cover(table, max(first, last - kept) if kept else first, last)


def _batches(count: int) -> list[int]:
    """The first number of each; the oldest issues first, as they would have come."""
    return list(range(0, count, BATCH))[::-1]


def _alone(first: int, count: int, until: datetime) -> None:
    with transaction.atomic():
        _store(first, count, until)


def _customers(count: int, since: datetime) -> None:
    with transaction.atomic(), _unseen(), connection.cursor() as cursor:
        cursor.execute(rows.CUSTOMERS, {"first": 0, "end": count, "since": since})


def _store(first: int, count: int, until: datetime) -> None:
    with _unseen():
        tell(first, min(first + BATCH, count), until)
        write(until)


def tell(first: int, end: int, until: datetime) -> None:
    """Fills the tables `story` and `answer` of this connection with issues `first` to `end` - 1, as things stand at `until`."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.story, pg_temp.answer; {story.TABLE} {answers.TABLE}")
        cursor.execute(story.STORY, {"first": first, "end": end, "until": until})
        cursor.execute(answers.ANSWERS, {"until": until})


def write(until: datetime, *, events_since: datetime | None = None) -> None:
    """Writes the rows that come of `story` and `answer`. What arrived is kept as long as the product keeps it."""
    values = {
        "until": until,
        "events_since": events_since or until - partitions.kept("issues_inboundevent"),
        "reply": PromptVersion.objects.get(name="reply", active=True).pk,
        "triage": PromptVersion.objects.get(name="triage", active=True).pk,
        "first_model": settings.GEMINI_MODEL,
        "second_model": settings.GEMINI_FALLBACK_MODEL,
    }
    with connection.cursor() as cursor:
        for statement in rows.STATEMENTS:
            cursor.execute(statement, values)


def _look() -> None:
    """Tells the planner what there is, as it finds out by itself within a minute of the product's life."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(f'issues_{table}' for table in TABLES)}")


@contextmanager
def _unseen() -> Iterator[None]:
    """No trigger fires: neither the product's own nor those that check foreign keys."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")


@contextmanager
def tools(hours: list[arrivals.Hour]) -> Iterator[None]:
    """What the statements need: functions, the hours, the staff. Afterwards only the staff is left."""
    for name in story.STAFF:
        get_user_model().objects.get_or_create(username=name, defaults={"is_staff": True})
    with connection.cursor() as cursor:
        cursor.execute(chance.FUNCTIONS)
        cursor.executemany("INSERT INTO history.hour VALUES (%s, %s, %s, %s)", hours)
        yield
        cursor.execute("DROP SCHEMA history CASCADE; DROP TABLE IF EXISTS pg_temp.story, pg_temp.answer")
