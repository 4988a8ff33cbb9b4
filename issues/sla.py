"""Where one promise stands: to answer, or to solve, by a deadline."""

from datetime import datetime
from typing import Literal

State = Literal["pending", "at_risk", "met", "met_late", "breached"]
STATES: tuple[State, ...] = ("pending", "at_risk", "met", "met_late", "breached")


def state(risk_at: datetime, deadline: datetime, achieved: datetime | None, now: datetime) -> State:
    """How a promise for `deadline`, which is at risk from `risk_at` on, stands at `now`; `achieved` is None while it is open.

    Exactly on the deadline is met. An open one is breached as soon as the deadline has passed. When the risk begins is told with the
    deadline (`issues.deadlines.at_risk`), in the time that counts for it. `queries.STATES` says the same in SQL.
    """
    if achieved is not None:
        return "met" if achieved <= deadline else "met_late"
    if now > deadline:
        return "breached"
    return "at_risk" if now >= risk_at else "pending"
