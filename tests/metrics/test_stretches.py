"""Stretches of time put together and taken away: as the minutes in them are."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from metrics.stretches import bridged, common, merged, seconds, touches, without
from tests.support.make import NOW

MINUTES = range(40)
minutes = st.integers(0, 39)
stretches = st.lists(
    st.tuples(minutes, minutes).map(lambda pair: tuple(NOW + timedelta(minutes=m) for m in sorted(pair))), max_size=8
)


def within(found) -> set[int]:
    """The minutes that lie in any of them."""
    return {m for m in MINUTES if any(since <= NOW + timedelta(minutes=m) < until for since, until in found)}


@given(stretches, stretches)
def test_each_is_what_it_is_minute_by_minute(some, others):
    assert within(merged(some)) == within(some)
    assert within(without(some, others)) == within(some) - within(others)
    assert within(common(some, others)) == within(some) & within(others)
    assert seconds(merged(some)) == 60 * len(within(some))
    for other in merged(others):
        assert touches(merged(some), other) == bool(within(some) & within([other]))


@given(stretches, st.integers(0, 10))
def test_what_is_bridged_is_what_no_longer_break_interrupts(some, most):
    found = bridged(some, timedelta(minutes=most))
    holes = [after - before for (_, before), (after, _) in pairwise(found)]
    assert all(hole > timedelta(minutes=most) for hole in holes)
    assert {since for since, _ in found} <= {since for since, _ in some}
    assert {until for _, until in found} <= {until for _, until in some}
    assert within(some) <= within(found)
    assert all(any(since <= one[0] and one[1] <= until for since, until in found) for one in some)


@given(stretches, stretches)
def test_what_comes_out_is_in_order_and_apart(some, others):
    for found in (merged(some), without(some, others), common(some, others)):
        assert all(since < until for since, until in found)
        assert all(until < following for (_, until), (following, _) in pairwise(found))
