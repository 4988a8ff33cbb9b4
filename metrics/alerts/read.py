"""Reads what rules watch: all of them together while all goes well, and each by itself as soon as the database refuses one.

One that was refused is read by itself, after the others, until it can be read again: it holds up the others once.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import Error, connection, transaction

from mis_dashboard.lib.logs import name_of

from .. import cells
from ..models import AlertRule
from . import signals
from .asked import Asked, Together
from .life import Failed, Look, Reading

log = logging.getLogger("mis.alerts")

# A statement that takes longer is an error of its rule: the others are waiting.
SIGNAL_MS = 4000
# The codes of the rules that the database refused when they were read last, by this process.
_unwell: set[str] = set()


@dataclass(frozen=True)
class Seen:
    """What was seen of a rule's signal, and which moment that is about."""

    moment: datetime
    look: Look


def looks(rules: Iterable[AlertRule], now: datetime) -> dict[str, Seen]:
    """What each rule's signal says as of `now`, by code. Never raises: what goes wrong with one is a `Failed` of that one."""
    asked = {rule.code: (rule, ask(rule, now)) for rule in rules}
    well = {code: each for code, each in asked.items() if code not in _unwell}
    unwell = asked.keys() - well.keys()
    found: dict[str, Look] = {}
    try:
        if well:
            with _patience():
                found = dict(_together(well))
    except Error:
        log.warning("signals are read one by one", exc_info=True)
        found = {code: _alone(*each) for code, each in well.items()}
    found |= {code: _alone(*asked[code]) for code in sorted(unwell)}
    return {code: Seen(asked[code][1].now, look) for code, look in found.items()}


def ask(rule: AlertRule, now: datetime) -> Asked:
    """What the rule asks at `now`: of the last moment that its signal is measured at."""
    return Asked(moment_of(rule, now), rule.window_s, rule.filters)


def moment_of(rule: AlertRule, now: datetime) -> datetime:
    signal = signals.SIGNALS.get(rule.signal)
    return signal.moment(now, rule.window_s) if signal else now


def _together(asked: dict[str, tuple[AlertRule, Asked]]) -> Iterator[tuple[str, Look]]:
    together = Together()
    for rule, question in asked.values():
        if (signal := signals.SIGNALS.get(rule.signal)) and signal.names:
            together.needs[question.window] |= signal.names
    for code, (rule, question) in asked.items():
        yield code, _read(rule, replace(question, together=together))


def _alone(rule: AlertRule, asked: Asked) -> Look:
    """The same of one rule, in a transaction of its own: what the database refuses is undone, and remembered of the rule."""
    try:
        with _patience():
            found = _read(rule, asked)
    except Error as error:
        _unwell.add(rule.code)
        return _failed(rule, error)
    _unwell.discard(rule.code)
    return found


def _read(rule: AlertRule, asked: Asked) -> Look:
    """What the signal says. Raises Error, with which the transaction ends."""
    try:
        found = signals.SIGNALS[rule.signal].read(asked)
        known = isinstance(found, Reading) and found.value is not None
        return replace(found, value=float(found.value)) if known else found
    except Error:
        raise
    except Exception as error:
        return _failed(rule, error)


def _failed(rule: AlertRule, error: Exception) -> Failed:
    log.warning("a signal cannot be read", exc_info=error, extra={"rule": rule.code})
    return Failed(name_of(error))


@contextmanager
def _patience() -> Iterator[None]:
    """A transaction whose statements are ended when they take too long."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {SIGNAL_MS}; {cells.BY_INDEX}")
        yield
        cursor.execute("SET LOCAL statement_timeout = DEFAULT")
