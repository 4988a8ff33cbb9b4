"""The rows behind every figure: counted, looked at page by page, and read one after the other for an export.

A list is one of `measures.LISTS`, or one whose rows are not the tables' own and are made by a function (`MADE`). Rows
come newest first; those of the same instant in the order of their keys.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import psycopg
from asgiref.sync import sync_to_async
from django.db import connection
from django.utils import timezone

from mis_dashboard.database import address

from . import cells, columns, facts, timing, uptime
from .columns import Column
from .measures import FAILURES, LISTS, MEASURES, Count, counted
from .models import Grain
from .plan import COARSE_FIRST, Plan, Stretch, after, merged, plan
from .tally import Tally
from .window import UTC, BadScope, Window

PAGE = 50
AT_ONCE = 1000  # rows of an export that are in memory at a time
# A transaction that nobody reads from keeps the whole database from tidying up.
IDLE_MS = 120_000
MOMENT = timedelta(microseconds=1)
LONGEST_KEY = 300
REFUSED_PLACE = "after must be what `next` of the page before said, or left out"

IN_CELLS = {measure.name for measure in MEASURES if isinstance(measure, Count)}

# What a list's number is made of, where it is not counted by itself.
MADE_OF = {
    "ttfr": {"detected": 1, "ended_unanswered": -1, "ttfr_untrusted": -1},
    "ttr": {"resolved": 1, "ttr_untrusted": -1},
    "response_judged": {"response_met": 1, "response_late": 1, "response_overdue": 1},
    "resolution_judged": {"resolution_met": 1, "resolution_late": 1, "resolution_overdue": 1},
    "actions_by_people": {"actions": 1, "automated_actions": -1},
    "ended_touched": {"ended": 1, "ended_untouched": -1},
    "rated_badly": {"rated": 1, "rated_well": -1},
    "ai_rated_badly": {"ai_rated": 1, "ai_rated_well": -1},
    "replies": {name: 1 for name in IN_CELLS if name.startswith("replies_")},
    "replies_known": {"replies_ai": 1, "replies_cached": 1},
    "undecided": {"accepted": 1, "delivered": -1, "undelivered": -1},
}


@dataclass(frozen=True)
class Place:
    """Where a page ended: the instant and the key of its last row."""

    at: datetime
    key: str

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        """The place that `str` of one wrote; None of nothing. Raises BadScope."""
        if not text:
            return None
        at, tilde, key = text.partition("~")
        try:
            moment = datetime.fromisoformat(at)
            if moment.tzinfo and tilde and "\0" not in key and len(key) <= LONGEST_KEY:
                return cls(moment.astimezone(UTC), key)
        except (ValueError, OverflowError):
            pass
        raise BadScope("after", REFUSED_PLACE)

    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC).replace(tzinfo=None).isoformat()}Z~{self.key}"


@dataclass(frozen=True)
class Page:
    """So many rows, each with a value per column; `next` is where the following page begins, None after the last."""

    rows: list[tuple]
    next: Place | None


class Source(Protocol):
    """A list of rows. `columns` says what a row holds."""

    columns: list[Column]

    def count(self, window: Window) -> int:
        """How many rows there are in the window: of the rows themselves, without any cell."""

    def page(self, window: Window, after: Place | None = None, size: int = PAGE) -> Page:
        """The rows after that place, the newest first."""

    def stream(self, window: Window) -> AsyncIterator[list[tuple]]:
        """All rows, some at a time, as they were at one moment."""


def source(name: str) -> Source:
    """The list of that name. Raises KeyError."""
    return MADE[name] if name in MADE else Listed(LISTS[name])


def shown(tally: Tally, name: str) -> int:
    """How many rows a list of `LISTS` has, as the figures count them."""
    if name == "ttfr":
        return tally.times("ttfr").n
    if name == "waiting":
        return len(tally.times("ttfr").waiting)
    return sum(sign * tally[part] for part, sign in MADE_OF.get(name, {name: 1}).items())


def names(name: str) -> set[str]:
    """Of what `shown` makes the number."""
    return (
        {"ttfr"}
        if name == "waiting"
        else {"ttfr", *MADE_OF[name]}
        if name == "ttfr"
        else set(MADE_OF.get(name, [name]))
    )


# --- Rows of the tables -----------------------------------------------------------------------------


class Listed:
    """The rows that a count of `LISTS` counts."""

    def __init__(self, counts: Count):
        self.counts = counts
        self.columns = columns.of(counts)

    def count(self, window: Window) -> int:
        with connection.cursor() as cursor:
            cursor.execute(*self.counting(window))
            return cursor.fetchone()[0]

    def page(self, window: Window, after: Place | None = None, size: int = PAGE) -> Page:
        with connection.cursor() as cursor:
            cursor.execute(*self._page(window, after, size))
            found = cursor.fetchall()
        rows = [row[2:] for row in found[:size]]
        return Page(rows, Place(found[size - 1][0], str(found[size - 1][1])) if len(found) > size else None)

    async def stream(self, window: Window) -> AsyncIterator[list[tuple]]:
        """With a connection of its own: a slow reader takes none from the pool, and one who goes away gives it back."""
        text, params = self.selection(window)
        async with (
            await psycopg.AsyncConnection.connect(**address() | {"application_name": "mis export"}) as link,
            link.transaction(),
        ):
            await link.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            await link.execute(f"SET LOCAL jit = off; SET LOCAL idle_in_transaction_session_timeout = {IDLE_MS}")
            async with link.cursor(name="export") as cursor:
                await cursor.execute(f"{text} ORDER BY {self.order}", params)
                while found := await cursor.fetchmany(AT_ONCE):
                    yield [row[2:] for row in found]

    @property
    def order(self) -> str:
        return f"{self.counts.basis.at} DESC, {self.counts.basis.key} DESC"

    def counting(self, window: Window, expression: str = "count(*)") -> cells.Statement:
        """The statement that makes one number of all the rows."""
        where, params = self._where(window)
        return f"SELECT {expression} FROM {self.counts.basis.rows} WHERE {where}", params

    def selection(self, window: Window) -> cells.Statement:
        """The statement that reads the rows in no order: their instants, their keys, then their columns."""
        basis, (where, params) = self.counts.basis, self._where(window)
        values = ", ".join(column.sql for column in self.columns)
        return f"SELECT {basis.at}, {basis.key}, {values} FROM {basis.rows} WHERE {where}", params

    def _where(self, window: Window) -> cells.Statement:
        basis = self.counts.basis
        where = (
            f"{basis.only} AND ({self.counts.condition}) AND {counted()} AND {cells.scoped(window)} "
            f"AND {basis.at} >= %(start)s AND {basis.at} < %(end)s"
        )
        return where, {"start": window.start, "end": window.end, "now": window.as_of} | window.filters

    def _page(self, window: Window, after: Place | None, size: int) -> cells.Statement:
        text, params = self.selection(window)
        end = min(window.end, after.at + MOMENT) if after else window.end
        text += f" AND {cells.within(self.counts.basis.at, self._stretches(window, end, size + 1), params)}"
        if after:
            text += f" AND ({self.counts.basis.at}, {self.counts.basis.key}) < (%(after_at)s, %(after_key)s)"
            params |= {"after_at": after.at, "after_key": _uuid(after.key)}
        return f"{text} ORDER BY {self.order} LIMIT {size + 1}", params

    # --- Where the newest are: the cells know, so that a few rows among a million others are found at once

    def _stretches(self, window: Window, end: datetime, wanted: int) -> list[Stretch]:
        """Where the last `wanted` rows before `end` are at the latest. All of the time, where no cell counts them."""
        whole = (window.start, end)
        if not window.start < end or not self._in_cells:
            return [whole]
        zone = timezone.get_default_timezone()
        found = facts.known(window.start, window, zone)[self.counts.basis.cells]
        stretches = [whole]
        for grains in (COARSE_FIRST, COARSE_FIRST[1:], COARSE_FIRST[2:]):
            stretches = self._newest(stretches, found, window, wanted, grains)
        return merged(stretches)

    @property
    def _in_cells(self) -> bool:
        return MADE_OF.get(self.counts.name, {self.counts.name: 1}).keys() <= IN_CELLS

    def _newest(self, stretches, known, window: Window, wanted: int, grains: tuple[Grain, ...]) -> list[Stretch]:
        """The last parts of the stretches that hold `wanted` rows: cells that have any, and what has no cell."""
        chosen = Plan()
        for stretch in stretches:
            chosen += plan(list(stretch), known, grains)
        parts = [(stretch, 0) for stretch in chosen.rows]
        parts += [
            ((start, after(grain, start, known.zone)), number)
            for (grain, start), number in self._numbers(chosen, window).items()
            if number
        ]
        found, total = [], 0
        for stretch, number in sorted(parts, reverse=True):
            found.append(stretch)
            total += number
            if total >= wanted:
                break
        return found

    def _numbers(self, chosen: Plan, window: Window) -> dict[tuple[Grain, datetime], int]:
        """How many there are in each of the plan's cells."""
        if not any(chosen.cells.values()):
            return {}
        parts = MADE_OF.get(self.counts.name, {self.counts.name: 1}).items()
        expression = " + ".join(f"{sign} * {name}" for name, sign in parts)
        with connection.cursor() as cursor:
            cursor.execute(*cells.counts(self.counts.basis.cells, expression, chosen, window))
            return {(Grain(grain), start): number for grain, start, number in cursor.fetchall()}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadScope("after", REFUSED_PLACE) from None


# --- Rows that are no table's -------------------------------------------------------------------------


class Made:
    """Rows that a function makes of a window, few enough to be held at once: (instant, key, a value per column)."""

    def __init__(self, columns: list[Column], make: Callable[[Window], Iterable[tuple]]):
        self.columns = columns
        self.make = make

    def count(self, window: Window) -> int:
        return len(self._rows(window))

    def page(self, window: Window, after: Place | None = None, size: int = PAGE) -> Page:
        rest = [row for row in self._rows(window) if after is None or (row[0], row[1]) < (after.at, after.key)]
        rows = rest[:size]
        return Page([row[2:] for row in rows], Place(*rows[-1][:2]) if len(rest) > size else None)

    async def stream(self, window: Window) -> AsyncIterator[list[tuple]]:
        if rows := await sync_to_async(self._rows)(window):
            yield [row[2:] for row in rows]

    def _rows(self, window: Window) -> list[tuple]:
        return sorted(self.make(window), key=lambda row: row[:2], reverse=True)


def _downtime(window: Window) -> Iterator[tuple]:
    """Each time that MIS was down."""
    for gap in uptime.rows(window.start, window.end, window.as_of):
        yield gap.since, "", gap.since, gap.until, gap.seconds, gap.parts


def _requests(window: Window) -> Iterator[tuple]:
    """Each route in each bucket of the window's charts, of which the first begins with the window."""
    starts = [window.start, *window.buckets(timezone.get_default_timezone())[1:]]
    for row in timing.rows(starts, window.end, window.as_of):
        figures = [row[name] for name in ("n", "p50", "p95", "p99", "refused", "errors")]
        yield row["start"], row["route"], row["start"], row["route"], *figures


MADE: dict[str, Source] = {
    "downtime": Made(columns.DOWNTIME, _downtime),
    "requests": Made(columns.REQUESTS, _requests),
    **{name: Listed(count) for name, count in FAILURES.items()},
}
