"""When a promise falls due, worked out by hand on the wall clock of São Paulo."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from issues import deadlines
from issues.deadlines import BadHours, Hours, NeverOpen, due

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NINE_TO_SIX = [["09:00", "18:00"]]
WITH_LUNCH = [["09:00", "12:00"], ["13:00", "18:00"]]
DAY_AND_NIGHT = [["00:00", "24:00"]]


def open_on(weekday: list, saturday: list = (), sunday: list = (), **more) -> Hours:
    return Hours(SAO_PAULO, deadlines.week([weekday] * 5 + [saturday, sunday]), **more)


def local(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SAO_PAULO, fold=fold)


OFFICE = open_on(NINE_TO_SIX)
LUNCH = open_on(WITH_LUNCH)
ALWAYS = open_on(DAY_AND_NIGHT, DAY_AND_NIGHT, DAY_AND_NIGHT)
HOLIDAYS = open_on(NINE_TO_SIX, holidays=True)
PAULISTA = open_on(NINE_TO_SIX, holidays=True, state="SP")
CARNIVAL = open_on(NINE_TO_SIX, days_off=frozenset({date(2026, 2, 16), date(2026, 2, 17)}))
LATE = open_on([["22:00", "24:00"]], [["22:00", "24:00"]], [["00:00", "02:00"]])
EVENING = open_on(NINE_TO_SIX, [["22:30", "23:30"]], [["10:00", "12:00"]])


@pytest.mark.parametrize(
    ("hours", "began", "target", "expected"),
    [
        (None, "2026-11-20 17:30", 2 * HOUR, "2026-11-20 19:30"),  # day and night
        # Friday: half an hour is left, and an hour and a half goes from Monday's opening on.
        (OFFICE, "2026-11-27 17:30", 2 * HOUR, "2026-11-30 10:30"),
        # A quarter before lunch, a quarter after it.
        (LUNCH, "2026-11-25 11:45", 30 * MINUTE, "2026-11-25 13:15"),
        # During lunch nothing counts.
        (LUNCH, "2026-11-25 12:30", 30 * MINUTE, "2026-11-25 13:30"),
        # Used up exactly at closing is due at closing, and not at the next opening.
        (LUNCH, "2026-11-25 11:30", 30 * MINUTE, "2026-11-25 12:00"),
        (OFFICE, "2026-11-27 16:00", 2 * HOUR, "2026-11-27 18:00"),
        (OFFICE, "2026-11-27 16:00", 2 * HOUR + timedelta(seconds=1), "2026-11-30 09:00:01"),
        # Begun exactly at closing, before opening, on a Saturday.
        (OFFICE, "2026-11-27 18:00", HOUR, "2026-11-30 10:00"),
        (OFFICE, "2026-11-27 07:00", HOUR, "2026-11-27 10:00"),
        (OFFICE, "2026-11-28 12:00", HOUR, "2026-11-30 10:00"),
        # A whole week of nine hours a day.
        (OFFICE, "2026-11-23 09:00", 45 * HOUR, "2026-11-27 18:00"),
        # Tiradentes, 21 April 2026, is a Tuesday.
        (HOLIDAYS, "2026-04-20 17:00", 2 * HOUR, "2026-04-22 10:00"),
        (OFFICE, "2026-04-20 17:00", 2 * HOUR, "2026-04-21 10:00"),
        (HOLIDAYS, "2026-04-21 11:00", HOUR, "2026-04-22 10:00"),
        # 9 July is one in the state of São Paulo alone: a Thursday in 2026.
        (HOLIDAYS, "2026-07-08 17:30", HOUR, "2026-07-09 09:30"),
        (PAULISTA, "2026-07-08 17:30", HOUR, "2026-07-10 09:30"),
        # 20 November has been one in the whole country since 2024 only.
        (HOLIDAYS, "2023-11-17 17:30", HOUR, "2023-11-20 09:30"),
        (HOLIDAYS, "2024-11-19 17:30", HOUR, "2024-11-21 09:30"),
        # Carnival is none: who closes says so.
        (HOLIDAYS, "2026-02-13 17:30", HOUR, "2026-02-16 09:30"),
        (CARNIVAL, "2026-02-13 17:30", HOUR, "2026-02-18 09:30"),
        # Summer time began at midnight before Sunday, 4 November 2018: 00:00 became 01:00. A day and night of 23 hours.
        (ALWAYS, "2018-11-03 12:00", 24 * HOUR, "2018-11-04 13:00"),
        (None, "2018-11-03 12:00", 24 * HOUR, "2018-11-04 13:00"),
        # Open on Saturday 22–24 and on Sunday 0–2, of which there was only 1–2: from 23:00 it is one hour and half of the next.
        (LATE, "2018-11-03 23:00", 90 * MINUTE, "2018-11-04 01:30"),
        (LATE, "2018-11-03 23:00", 2 * HOUR, "2018-11-04 02:00"),
        (LATE, "2018-11-03 23:00", 2 * HOUR + MINUTE, "2018-11-05 22:01"),
        # Across the change of the clocks, business hours stay those of the wall.
        (OFFICE, "2018-11-02 17:30", HOUR, "2018-11-05 09:30"),
        # It ended at midnight after Saturday, 16 February 2019: 00:00 became 23:00 of the same evening, which came twice.
        (LATE, "2019-02-16 22:30", 2 * HOUR + 30 * MINUTE, "2019-02-17 00:00"),
        (LATE, "2019-02-16 22:30", 3 * HOUR, "2019-02-17 00:30"),
        # Open 22:30–23:30: an hour, and the half that came again.
        (EVENING, "2019-02-16 20:00", HOUR, "2019-02-16 23:30"),
        (EVENING, "2019-02-16 20:00", 90 * MINUTE, "2019-02-16 23:30 again"),
        (EVENING, "2019-02-16 20:00", 2 * HOUR, "2019-02-17 10:30"),
        # Since then there is none: 3 November 2019 is a day like any other.
        (ALWAYS, "2019-11-02 12:00", 24 * HOUR, "2019-11-03 12:00"),
    ],
)
def test_a_deadline_is_where_the_hours_put_it(hours, began, target, expected):
    wanted = local(expected.removesuffix(" again"), fold=int(expected.endswith(" again")))
    assert due(local(began), target, hours) == wanted.astimezone(UTC)


# The nights on which the clocks of São Paulo changed: forward, and back.
FORWARD = ["2008-10-19", "2009-10-18", "2010-10-17", "2011-10-16", "2012-10-21", "2013-10-20", "2014-10-19", "2015-10-18",
           "2016-10-16", "2017-10-15", "2018-11-04"]  # fmt: skip
BACK = ["2008-02-17", "2009-02-15", "2010-02-21", "2011-02-20", "2012-02-26", "2013-02-17", "2014-02-16", "2015-02-22",
        "2016-02-21", "2017-02-19", "2018-02-18", "2019-02-17"]  # fmt: skip


@pytest.mark.parametrize(("nights", "longer_by"), [(FORWARD, -1), (BACK, 1)])
def test_a_weekend_on_which_the_clocks_change_is_an_hour_shorter_or_longer(nights, longer_by):
    for night in nights:
        sunday = local(f"{night} 12:00")
        friday = local((date.fromisoformat(night) - timedelta(days=2)).isoformat() + " 12:00")
        assert due(friday, (48 + longer_by) * HOUR, ALWAYS) == sunday.astimezone(UTC), night


@pytest.mark.parametrize(
    ("began", "target", "risky"),
    [
        ("2026-11-25 10:00", HOUR, "2026-11-25 10:48"),
        ("2026-11-27 17:30", 2 * HOUR, "2026-11-30 10:06"),  # Friday: 30 min, and 66 min on Monday
        ("2026-11-25 11:30", HOUR, "2026-11-25 13:18"),  # over lunch
        ("2026-04-20 17:48", 2 * HOUR, "2026-04-22 10:24"),  # over Tiradentes, on 21 April
        ("2026-11-28 12:00", 5 * HOUR, "2026-11-30 14:00"),  # a Saturday: all of it on Monday
    ],
)
def test_a_promise_is_at_risk_when_a_fifth_of_its_business_time_is_left(began, target, risky):
    with_lunch = open_on(WITH_LUNCH, holidays=True)
    assert deadlines.at_risk(local(began), target, with_lunch) == local(risky)


def test_a_promise_for_day_and_night_is_at_risk_when_a_fifth_of_the_clocks_time_is_left():
    began = local("2026-11-27 17:30")
    assert deadlines.at_risk(began, HOUR) == began.astimezone(UTC) + 48 * MINUTE
    assert deadlines.at_risk_before(began + HOUR, began) == began + 48 * MINUTE


def test_hours_of_another_zone_are_read_on_its_clocks():
    """Manaus is an hour behind: 9 o'clock there is 10 in São Paulo."""
    there = Hours(ZoneInfo("America/Manaus"), OFFICE.week)
    assert due(local("2026-11-25 07:00"), HOUR, there) == local("2026-11-25 11:00")


def test_without_any_business_time_there_is_no_deadline():
    closed = Hours(SAO_PAULO, ((),) * 7)
    with pytest.raises(NeverOpen, match="no business time"):
        due(local("2026-11-25 12:00"), HOUR, closed)


def test_as_many_days_off_as_there_may_be_never_close_for_ever():
    mondays = [date(2026, 11, 23) + timedelta(weeks=n) for n in range(deadlines.MOST_DAYS_OFF)]
    week = deadlines.week([[["09:00", "10:00"]], [], [], [], [], [], []])
    rare = Hours(SAO_PAULO, week, holidays=True, state="SP", days_off=frozenset(mondays))
    assert due(local("2026-11-23 08:00"), HOUR, rare) > local("2032-01-01 00:00")


class TestAsWritten:
    def refused(self, *intervals: list[str]) -> str:
        with pytest.raises(BadHours) as refusal:
            deadlines.day(intervals)
        return str(refusal.value)

    def test_several_intervals_a_day_are_put_in_order(self):
        assert deadlines.day([["13:00", "18:00"], ["09:00", "12:00"]]) == ((540, 720), (780, 1080))
        assert deadlines.day([["09:00", "12:00"], ["12:00", "24:00"]]) == ((540, 720), (720, 1440))

    def test_what_ends_before_it_begins_or_runs_over_midnight_is_refused(self):
        for interval in (["18:00", "09:00"], ["22:00", "02:00"], ["09:00", "09:00"]):
            assert f"{interval[0]}–{interval[1]}" in self.refused(interval)

    def test_intervals_that_overlap_are_refused(self):
        assert "12:00" in self.refused(["09:00", "12:00"], ["11:59", "18:00"])

    def test_what_is_no_time_of_day_is_refused(self):
        for text in ("9:00", "09:60", "25:00", "24:01", "", "nine"):
            assert f"“{text}”" in self.refused([text, "24:00"])
        assert "“24:00”" not in self.refused(["24:00", "24:00"])

    def test_a_week_without_hours_or_of_another_length_is_refused(self):
        for days in ([[]] * 7, [NINE_TO_SIX] * 6):
            with pytest.raises(BadHours):
                deadlines.week(days)

    def test_an_unknown_zone_is_refused(self):
        for name in ("America/Sampa", "", "../etc/passwd"):
            with pytest.raises(BadHours):
                deadlines.zone(name)
        assert deadlines.zone("America/Sao_Paulo") == SAO_PAULO


# --- Any hours, any moment ------------------------------------------------------------------------------

intervals = st.lists(st.integers(0, 96), min_size=0, max_size=6, unique=True).map(
    lambda quarters: list(zip(sorted(quarters)[::2], sorted(quarters)[1::2], strict=False))
)
weeks = st.lists(intervals, min_size=7, max_size=7).filter(any)
zones = st.sampled_from(["America/Sao_Paulo", "America/Manaus", "Europe/Lisbon", "Australia/Lord_Howe"]).map(ZoneInfo)
days_off = st.frozensets(st.dates(date(2018, 10, 28), date(2018, 11, 10)), max_size=4)


@st.composite
def any_hours(draw):
    minutes = tuple(tuple((15 * opens, 15 * closes) for opens, closes in day) for day in draw(weeks))
    return Hours(draw(zones), minutes, draw(st.booleans()), draw(st.sampled_from(["", "SP"])), draw(days_off))


# Whole minutes around the changes of the clocks.
days = st.sampled_from(
    [datetime(2018, 11, 2, tzinfo=UTC), datetime(2019, 2, 15, tzinfo=UTC), datetime(2019, 3, 30, tzinfo=UTC)]
)
moments = st.builds(lambda day, minute: day + minute * MINUTE, days, st.integers(0, 3 * 1440))
targets = st.integers(1, 1200).map(lambda minutes: minutes * MINUTE)


def is_open(hours: Hours, at: datetime) -> bool:
    """Whether the wall clock shows business hours: so it is meant, and `due` must not know better."""
    wall = at.astimezone(hours.zone)
    minute = wall.hour * 60 + wall.minute
    return any(opens <= minute < closes for opens, closes in hours.on(wall.date()))


def business_time(hours: Hours, began: datetime, ended: datetime) -> timedelta:
    """Counted minute by minute."""
    minutes = int((ended - began) / MINUTE)
    return sum(is_open(hours, began + n * MINUTE) for n in range(minutes)) * MINUTE


@settings(max_examples=150, deadline=None)
@given(any_hours(), moments, targets)
@example(EVENING, local("2019-02-16 20:00").astimezone(UTC), 2 * HOUR)
def test_between_beginning_and_deadline_lies_exactly_the_target_in_business_time(hours, began, target):
    deadline = due(began, target, hours)
    assume(deadline - began < timedelta(days=40))  # what is counted by minutes takes its time
    assert business_time(hours, began, deadline) == target
    assert is_open(hours, deadline - MINUTE)


@settings(max_examples=150, deadline=None)
@given(any_hours(), moments, targets, st.integers(0, 600))
def test_more_time_is_never_due_earlier(hours, began, target, more):
    assert due(began, target, hours) <= due(began, target + timedelta(seconds=more), hours)
    assert due(began, target, hours) <= due(began + timedelta(seconds=more), target, hours)
    assert due(began, target, hours) >= due(began, target)
