"""The life of an alert: from one look at its signal to the next. Pure: nothing here reads a table or a clock.

    inactive → pending → firing → recovering → resolved → inactive

A rule that cannot be judged is in "no_data" or "error", which are neither healthy nor ill: they never end an incident,
and become one when they last. An incident is open from "firing" (or from blindness that lasted) until "resolved",
whatever the states in between. What people do about it (`overlays`) changes none of this.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import ge, gt, lt
from typing import Literal

State = Literal["inactive", "pending", "firing", "recovering", "resolved", "no_data", "error"]
STATES: tuple[State, ...] = ("inactive", "pending", "firing", "recovering", "resolved", "no_data", "error")
BLIND: tuple[State, ...] = ("no_data", "error")
# What an open incident is about: what the rule asks, or that nobody could tell.
Cause = Literal["", "condition", "blind"]

CONDITIONS = {"above": gt, "at_least": ge, "below": lt}


@dataclass(frozen=True)
class Reading:
    """What a signal says: its value, made of `n` cases of which `count` are bad ones. None: there was nothing to measure.

    `link` leads to the rows behind it, `about` names what is concerned. Neither tells of any person.
    """

    value: float | None
    n: int = 0
    count: int = 0
    link: str = ""
    about: str = ""


@dataclass(frozen=True)
class NoData:
    """The signal cannot tell: what it is made of is not there."""

    reason: str = ""


@dataclass(frozen=True)
class Failed:
    """Reading the signal went wrong. `reason` names the error."""

    reason: str = ""


Look = Reading | NoData | Failed


@dataclass(frozen=True)
class Terms:
    """When a rule holds. Durations are seconds.

    A value beyond `threshold` is bad once it is made of `min_n` cases with `min_count` bad ones among them, and an alert
    when it has been so for `for_s`. An incident ends when the value was not beyond `clear` for `clear_for_s`. `patience_s` is for how
    long nobody need know that a rule is blind.
    """

    condition: str
    threshold: float
    clear: float
    min_n: int = 0
    min_count: int = 0
    for_s: float = 0
    clear_for_s: float = 0
    patience_s: float = 300


@dataclass(frozen=True)
class Life:
    """Where a rule stands, since when, and what its open incident is about."""

    state: State
    since: datetime
    open: Cause = ""


Verdict = Literal["bad", "good", "few", "no_data", "error"]


def judge(look: Look, terms: Terms, open: Cause) -> Verdict:
    """What a look says. "few": too little to tell, which is no reason to worry and none to stop.

    While its incident is open, a value is bad until it is past the clear threshold, however few bad ones there are; past it, a few
    cases will do, or a quiet night would never be over.
    """
    if isinstance(look, Failed):
        return "error"
    if isinstance(look, NoData):
        return "no_data"
    if look.value is None:
        return "few"
    ongoing = open == "condition"
    is_beyond = CONDITIONS[terms.condition](look.value, terms.clear if ongoing else terms.threshold)
    if look.n < terms.min_n and (is_beyond or not ongoing):
        return "few"
    if not is_beyond:
        return "good"
    return "bad" if ongoing or look.count >= terms.min_count else "good"


def step(life: Life, look: Look, terms: Terms, now: datetime) -> Life:
    """The life after a look at `now`. To look twice at the same moment changes nothing more."""
    verdict = judge(look, terms, life.open)
    if verdict == "few":  # of an incident of blindness, that we see again
        verdict = "no_data" if life.open == "condition" else "good"
    if verdict == "bad":
        return _bad(life, terms, now)
    if verdict == "good":
        return _good(life, terms, now)
    return _blind(life, verdict, terms, now)


def _bad(life: Life, terms: Terms, now: datetime) -> Life:
    if life.open == "condition":
        return _in(life, "firing", now)
    pending = _in(life, "pending", now)
    return Life("firing", now, "condition") if _lasted(pending, terms.for_s, now) else pending


def _good(life: Life, terms: Terms, now: datetime) -> Life:
    if not life.open:
        return _in(life, "inactive", now)
    recovering = _in(life, "recovering", now)
    return Life("resolved", now) if _lasted(recovering, terms.clear_for_s, now) else recovering


def _blind(life: Life, state: State, terms: Terms, now: datetime) -> Life:
    """Blindness is counted from its beginning, of whichever kind it was."""
    blind = replace(life, state=state) if life.state in BLIND else _in(life, state, now)
    return replace(blind, open="blind") if not life.open and _lasted(blind, terms.patience_s, now) else blind


def _in(life: Life, state: State, now: datetime) -> Life:
    return life if life.state == state else replace(life, state=state, since=now)


def _lasted(life: Life, seconds: float, now: datetime) -> bool:
    return now - life.since >= timedelta(seconds=seconds)
