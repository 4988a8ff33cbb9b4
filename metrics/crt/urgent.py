"""The open issues that need somebody now, the worst first. Nobody's name, phone or words but those of our own staff."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from issues import sla
from mis_dashboard.lib.recent import recent

from .. import queries
from ..window import PRIORITIES, Scope, Window

MOST = 20


@dataclass(frozen=True)
class Urgent:
    """One issue. `answered_at` is null while the customer waits for the first response; `owner` is a user name, or "".

    `why` is the worst of what is wrong with it, of `queries.WHYS`.
    """

    id: UUID
    type: str
    priority: str
    location: str
    status: str
    detected_at: datetime
    answered_at: datetime | None
    response_risk_at: datetime
    response_due_at: datetime
    resolution_risk_at: datetime
    resolution_due_at: datetime
    owner: str
    why: str

    def states(self, now: datetime) -> Iterator[tuple[str, sla.State, datetime]]:
        """Where each promise stands that still binds: "first_response" or "resolution", its state and its deadline."""
        if self.answered_at is None:
            state = sla.state(self.response_risk_at, self.response_due_at, None, now)
            yield "first_response", state, self.response_due_at
        yield (
            "resolution",
            sla.state(self.resolution_risk_at, self.resolution_due_at, None, now),
            self.resolution_due_at,
        )


@dataclass(frozen=True)
class Found:
    """The first MOST of them, how many there are of each `why`, and `n` in all: one that has several counts under each."""

    issues: list[Urgent]
    counts: dict[str, int]
    n: int


def read(window: Window) -> Found:
    """Those of the window's location, priority and type, whenever they were detected. One query."""
    rows = queries.urgent(window, PRIORITIES, MOST)
    counts = rows[0]["counts"] if rows else {}
    kept = Urgent.__dataclass_fields__
    issues = [Urgent(**{name: value for name, value in row.items() if name in kept}) for row in rows]
    return Found(issues, {why: counts[why] for why in queries.WHYS if counts.get(why)}, counts.get("n", 0))


@recent(seconds=1)
def lately(location: str | None, priority: str | None, type: str | None) -> tuple[Found, datetime]:
    """What `read` finds of these filters, at most a second old, and when it was read."""
    now = timezone.now()
    return read(Scope(location=location, priority=priority, type=type).at(now)), now
