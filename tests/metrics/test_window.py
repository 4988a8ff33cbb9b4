"""Windows and their buckets, also on the days when the clocks change."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from metrics.window import BadScope, Scope, Window

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 23, 17, 42, 30, tzinfo=UTC)  # 14:42:30 in São Paulo


def z(text: str) -> datetime:
    return datetime.fromisoformat(text + "+00:00")


def lengths(starts: list[datetime]) -> list[timedelta]:
    return [after - before for before, after in pairwise(starts)]


def test_a_window_ends_now_and_is_as_long_as_its_name():
    assert Window.parse("24h", NOW) == Window("24h", NOW - timedelta(days=1), NOW, timedelta(hours=1), NOW)
    assert Window.parse("30d", NOW).start == NOW - timedelta(days=30)


@pytest.mark.parametrize("text", ["", "24H", "2h", "24h ", "all"])
def test_an_unknown_window_is_refused_with_the_names_there_are(text):
    with pytest.raises(ValueError, match="1h, 24h, 7d, 30d"):
        Window.parse(text, NOW)


def test_scopes_of_one_window_are_the_same_scope():
    assert {Scope.parse({"window": "7d", "type": ""}), Scope("7d")} == {Scope("7d")}


@pytest.mark.parametrize(
    ("name", "first", "last", "n"),
    [
        ("1h", "2026-11-23T16:40", "2026-11-23T17:40", 13),
        ("24h", "2026-11-22T17:00", "2026-11-23T17:00", 25),
        ("7d", "2026-11-16T15:00", "2026-11-23T15:00", 29),  # 12:00 in São Paulo
        ("30d", "2026-10-24T03:00", "2026-11-23T03:00", 31),  # midnight in São Paulo
    ],
)
def test_buckets_begin_on_round_local_times_and_cover_the_window(name, first, last, n):
    starts = Window.parse(name, NOW).buckets(SAO_PAULO)
    assert (starts[0], starts[-1], len(starts)) == (z(first), z(last), n)
    assert len(set(lengths(starts))) == 1


def test_a_window_that_ends_on_a_boundary_has_no_empty_bucket_after_it():
    starts = Window.parse("24h", z("2026-11-23T17:00")).buckets(SAO_PAULO)
    assert (starts[0], starts[-1], len(starts)) == (z("2026-11-22T17:00"), z("2026-11-23T16:00"), 24)


def test_the_day_that_lost_its_midnight_is_23_hours_long():
    # On 2018-11-04 the clocks of São Paulo went from 00:00 to 01:00.
    starts = Window.parse("30d", z("2018-11-06T12:00")).buckets(SAO_PAULO)
    assert starts[-3:] == [z("2018-11-04T03:00"), z("2018-11-05T02:00"), z("2018-11-06T02:00")]
    assert lengths(starts)[-2] == timedelta(hours=23)


def test_the_day_that_had_an_hour_twice_is_25_hours_long():
    # On 2018-02-17 the clocks of São Paulo went from 24:00 back to 23:00.
    starts = Window.parse("30d", z("2018-02-19T12:00")).buckets(SAO_PAULO)
    assert starts[-3:] == [z("2018-02-17T02:00"), z("2018-02-18T03:00"), z("2018-02-19T03:00")]
    assert lengths(starts)[-2] == timedelta(hours=25)


def test_hours_stay_hours_when_the_clocks_change():
    # On 2026-11-01 New York had the hour from 01:00 twice.
    starts = Window.parse("24h", z("2026-11-01T12:30")).buckets(NEW_YORK)
    assert set(lengths(starts)) == {timedelta(hours=1)}
    assert len(starts) == 25


def test_a_quarter_day_that_holds_the_change_is_five_or_seven_hours():
    fall = Window.parse("7d", z("2026-11-02T12:00")).buckets(NEW_YORK)
    spring = Window.parse("7d", z("2026-03-09T12:00")).buckets(NEW_YORK)
    assert set(lengths(fall)) == {timedelta(hours=6), timedelta(hours=7)}
    assert set(lengths(spring)) == {timedelta(hours=6), timedelta(hours=5)}


def test_buckets_of_a_zone_with_half_hours_begin_on_its_own_hours():
    starts = Window.parse("24h", NOW).buckets(ZoneInfo("Asia/Kolkata"))
    assert starts[-1] == z("2026-11-23T17:30")


def test_a_window_is_over_when_its_end_is_past():
    assert not Scope("24h").at(NOW).is_over
    assert Scope("custom", "2026-11-01", "2026-11-22").at(NOW, SAO_PAULO).is_over
    assert not Scope("custom", "2026-11-01", "2026-11-23").at(NOW, SAO_PAULO).is_over


def test_a_custom_window_that_includes_today_ends_now():
    now = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)
    window = Scope("custom", start="2026-11-20", end="2026-11-20").at(now, ZoneInfo("America/Sao_Paulo"))
    assert (window.start, window.end) == (datetime(2026, 11, 20, 3, 0, tzinfo=UTC), now)
    assert not window.is_over
    yesterday = Scope("custom", start="2026-11-19", end="2026-11-19").at(now, ZoneInfo("America/Sao_Paulo"))
    assert yesterday.end == window.start
    assert yesterday.is_over


@pytest.mark.parametrize("day", ["0001-01-01", "1969-12-31", "2300-01-01", "9999-12-31"])
def test_a_day_before_or_after_any_business_is_refused_by_name(day):
    with pytest.raises(BadScope, match=r"start must lie between 1970 and 2200|start must be a day"):
        Scope.parse({"window": "custom", "start": day, "end": day})
