"""What a rule asks its signal, and what the looks of one round have in common: each thing is read once for all of them."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from .. import facts, queries
from ..cells import narrowed
from ..measures import counted
from ..tally import Tally
from ..window import BUCKETS, CUSTOM, MOST_BUCKETS, Window
from . import links

# What happened right before a whole minute has been committed so long after it.
SETTLED = timedelta(seconds=3)


def step_s(window_s: int) -> int:
    """How often a figure over a window is measured: a sixtieth of it in whole minutes, one at least."""
    return max(1, window_s // 3600) * 60


def moment(now: datetime, window_s: int) -> datetime:
    """The last step of a figure's watch that is settled at `now`."""
    step, at = step_s(window_s), (now - SETTLED).timestamp()
    return datetime.fromtimestamp(at // step * step, UTC)


def window_of(now: datetime, window_s: int, filters: dict[str, str] | None = None) -> Window:
    """The time right before `now` as a window, of the issues that are meant."""
    length = timedelta(seconds=window_s)
    bucket = next(each for each in BUCKETS if length / each <= MOST_BUCKETS)
    return Window(CUSTOM, now - length, now, bucket, now, **(filters or {}))


class Together:
    """What is read for several rules at once. `needs` are the names of `facts` that any of them will ask of a window."""

    def __init__(self) -> None:
        self.needs: dict[Window, set[str]] = defaultdict(set)
        self._read: dict[Hashable, Any] = {}

    def once(self, key: Hashable, read: Callable[[], Any]) -> Any:
        """What `read` gives, the first time that this `key` is asked for. What it raises is raised, and not kept."""
        if key not in self._read:
            self._read[key] = read()
        return self._read[key]


@dataclass(frozen=True)
class Asked:
    """How something stands at `now`, or over the `window_s` before it, among the issues that `filters` leave."""

    now: datetime
    window_s: int
    filters: dict[str, str] = field(default_factory=dict)
    together: Together = field(default_factory=Together)

    @property
    def window(self) -> Window:
        return window_of(self.now, self.window_s, self.filters)

    @property
    def start(self) -> datetime:
        return self.now - timedelta(seconds=self.window_s)

    def tally(self, names: Iterable[str], window: Window | None = None) -> Tally:
        """What the window says of those names."""
        window = window or self.window
        wanted = self.together.needs[window] | set(names)
        return self.together.once(
            (window, frozenset(wanted)), lambda: facts.total(window, timezone.get_default_timezone(), wanted)
        )

    def row(self, sql: str, **params: Any) -> dict[str, Any]:
        """The only row of a statement. In it, `{counted}` are the issues that are meant, `{open}` those of them that are open."""
        counting = f"{counted()} AND {narrowed(self.filters)}"
        text = sql.replace("{open}", f"{queries.OPEN} AND {{counted}}").replace("{counted}", counting)
        given = params | self.filters
        return self.together.once((text, str(given)), lambda: _row(text, given))

    def link(self, kpi: str, **more: Any) -> str:
        """Where the rows stand, as `links.rows` has it."""
        return links.rows(kpi, self.now, filters=self.filters, **more)


def _row(text: str, params: dict[str, Any]) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        names = [column.name for column in cursor.description]
        return dict(zip(names, cursor.fetchone(), strict=True))


def age_s(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
