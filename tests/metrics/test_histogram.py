"""Durations counted in bins."""

import numpy as np
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from metrics import histogram

DURATIONS = st.lists(st.floats(0, 3e9, allow_subnormal=False), min_size=1, max_size=60)


def counted(durations) -> np.ndarray:
    codes = [histogram.bin_of(each) for each in durations]
    return histogram.unpack(b"".join(histogram.pack({code: 1}) for code in codes))


@given(DURATIONS, st.floats(0, 1))
def test_any_percentile_is_within_two_percent(durations, share):
    exact = float(np.quantile(durations, share))
    (found,) = histogram.percentiles(counted(durations), [share])
    assert found == pytest.approx(exact, rel=0.02, abs=histogram.SHORTEST_S)


@given(DURATIONS, DURATIONS)
def test_counted_apart_and_added_up_is_counted_together(some, others):
    assert (counted(some) + counted(others) == counted(some + others)).all()


@given(DURATIONS)
def test_compacted_it_says_the_same_once_for_each_code(durations):
    codes = [histogram.bin_of(each) for each in durations]
    packed = histogram.compact(b"".join(histogram.pack({code: 1}) for code in codes))
    assert packed == histogram.pack({code: codes.count(code) for code in codes})


def test_of_nothing_there_is_no_percentile():
    assert histogram.percentiles(histogram.unpack(b""), [0.5, 0.9]) == [None, None]


@pytest.mark.django_db
def test_postgresql_packs_the_same_bins():
    durations = [0.0, 0.0005, 0.001, 0.5, 1.0, 17.25, 3600.0, 86_400.5, 9e8]
    query = f"""
        SELECT string_agg(int2send(code::int2) || int4send(n::int4), ''::bytea ORDER BY code)
        FROM (SELECT {histogram.SQL_BIN.format("s")} AS code, count(*) AS n FROM unnest(%s::float8[]) AS s GROUP BY 1) AS bins
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [durations])
        packed = bytes(cursor.fetchone()[0])
    assert (histogram.unpack(packed) == counted(durations)).all()
