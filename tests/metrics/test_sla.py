"""Where a promise stands, at every boundary."""

from datetime import UTC, datetime, timedelta

import pytest

from issues import sla

BEGAN = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


# Made at 0 s for 100 s: the last fifth begins at 80 s.
@pytest.mark.parametrize(
    ("achieved_s", "now_s", "state"),
    [
        (None, 0, "pending"),
        (None, 79.999, "pending"),
        (None, 80, "at_risk"),
        (None, 99.999, "at_risk"),
        (None, 100, "at_risk"),  # an answer at this very moment would still be in time
        (None, 100.000001, "breached"),  # the moment after, whoever looks
        (None, 100.001, "breached"),
        (None, 1e7, "breached"),
        (0, 50, "met"),
        (99.999, 200, "met"),
        (100, 200, "met"),
        (100.000001, 200, "met_late"),
        (5000, 6000, "met_late"),
        (-5, 50, "met"),
    ],
)
def test_a_promise_stands_where_deadline_achievement_and_time_put_it(achieved_s, now_s, state):
    achieved = None if achieved_s is None else at(achieved_s)
    assert sla.state(at(80), at(100), achieved, at(now_s)) == state


def test_a_promise_without_any_time_is_at_risk_and_then_breached():
    assert sla.state(BEGAN, BEGAN, None, BEGAN) == "at_risk"
    assert sla.state(BEGAN, BEGAN, None, at(0.001)) == "breached"


def test_every_state_is_listed_once():
    assert sorted(sla.STATES) == sorted(sla.State.__args__)


def test_what_comes_one_second_late_between_two_looks_is_met_late_and_was_breached_for_that_second():
    looks = [(None, 99), (101, 101), (101, 130)]  # nobody looked at 100.5 s, when it was breached
    assert [sla.state(at(80), at(100), answered and at(answered), at(now)) for answered, now in looks] == [
        "at_risk",
        "met_late",
        "met_late",
    ]
    assert sla.state(at(80), at(100), None, at(100.5)) == "breached"
