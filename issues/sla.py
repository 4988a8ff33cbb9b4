"""Where one promise stands: to answer, or to solve, by a deadline."""

from datetime import datetime
from typing import Literal

State = Literal["pending", "at_risk", "met", "met_late", "breached"]
STATES: tuple[State, ...] = ("pending", "at_risk", "met", "met_late", "breached")

# The share of the time between beginning and deadline at which what is left counts as little.
AT_RISK_SHARE = 0.2


def state(deadline: datetime, achieved: datetime | None, now: datetime, began: datetime) -> State:
    """How a promise made at `began` for `deadline` stands at `now`; `achieved` is None while it is open.

    Exactly on the deadline is met. An open one is breached as soon as the deadline has passed, and
    at risk when at most a fifth of its time is left. `queries.STATES` says the same in SQL.
    """
    if achieved is not None:
        return "met" if achieved <= deadline else "met_late"
    if now > deadline:
        return "breached"
    return "at_risk" if deadline - now <= AT_RISK_SHARE * (deadline - began) else "pending"
