"""Every way that an alert's life can go, and who is told meanwhile."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.alerts.life import CONDITIONS, STATES, Failed, Life, NoData, Reading, Terms, judge, step
from metrics.alerts.overlays import QuietHours, Told, inhibitor, muted, owed, silence
from tests.support.make import NOW

# Bad above 10 for 60 s, well again at 5 or less for 120 s; blind for 300 s is an alert.
TERMS = Terms("above", 10, 5, min_n=20, min_count=3, for_s=60, clear_for_s=120, patience_s=300)
BAD, GOOD, BETWEEN = Reading(11, 20, 3), Reading(5, 20, 3), Reading(7, 20, 3)
FEW_GOOD = Reading(5, 3, 0)
FEW, NOTHING, BLIND, FAILED = Reading(99, 19, 19), Reading(None), NoData("no_beats"), Failed("OperationalError")


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


# state, what is open, for how long it has been so → a look → state, what is open, whether that is new.
TABLE = [
    ("inactive", "", 500, GOOD, "inactive", "", False),
    ("inactive", "", 500, FEW, "inactive", "", False),
    ("inactive", "", 500, FEW_GOOD, "inactive", "", False),
    ("inactive", "", 500, NOTHING, "inactive", "", False),
    ("inactive", "", 500, BETWEEN, "inactive", "", False),
    ("inactive", "", 500, BAD, "pending", "", True),
    ("inactive", "", 500, BLIND, "no_data", "", True),
    ("inactive", "", 500, FAILED, "error", "", True),
    ("pending", "", 59, BAD, "pending", "", False),
    ("pending", "", 60, BAD, "firing", "condition", True),
    ("pending", "", 60, GOOD, "inactive", "", True),
    ("pending", "", 60, BETWEEN, "inactive", "", True),
    ("pending", "", 60, FEW, "inactive", "", True),
    ("pending", "", 60, BLIND, "no_data", "", True),
    ("pending", "", 60, FAILED, "error", "", True),
    ("firing", "condition", 500, BAD, "firing", "condition", False),
    ("firing", "condition", 500, BETWEEN, "firing", "condition", False),
    ("firing", "condition", 500, replace(BETWEEN, count=0), "firing", "condition", False),
    ("firing", "condition", 500, GOOD, "recovering", "condition", True),
    ("firing", "condition", 500, FEW, "no_data", "condition", True),
    ("firing", "condition", 500, FEW_GOOD, "recovering", "condition", True),
    ("firing", "condition", 500, NOTHING, "no_data", "condition", True),
    ("firing", "condition", 500, BLIND, "no_data", "condition", True),
    ("firing", "condition", 500, FAILED, "error", "condition", True),
    ("recovering", "condition", 119, GOOD, "recovering", "condition", False),
    ("recovering", "condition", 120, GOOD, "resolved", "", True),
    ("recovering", "condition", 120, BETWEEN, "firing", "condition", True),
    ("recovering", "condition", 120, BAD, "firing", "condition", True),
    ("recovering", "condition", 120, NOTHING, "no_data", "condition", True),
    ("recovering", "condition", 120, FAILED, "error", "condition", True),
    ("resolved", "", 5, GOOD, "inactive", "", True),
    ("resolved", "", 5, FEW, "inactive", "", True),
    ("resolved", "", 5, BETWEEN, "inactive", "", True),
    ("resolved", "", 5, BAD, "pending", "", True),
    ("resolved", "", 5, BLIND, "no_data", "", True),
    ("resolved", "", 5, FAILED, "error", "", True),
    # Blind, and nothing was wrong.
    ("no_data", "", 299, BLIND, "no_data", "", False),
    ("no_data", "", 299, FAILED, "error", "", False),
    ("no_data", "", 300, BLIND, "no_data", "blind", False),
    ("error", "", 300, FAILED, "error", "blind", False),
    ("error", "", 300, BLIND, "no_data", "blind", False),
    ("no_data", "", 100, GOOD, "inactive", "", True),
    ("no_data", "", 100, NOTHING, "inactive", "", True),
    ("error", "", 100, GOOD, "inactive", "", True),
    ("no_data", "", 100, BAD, "pending", "", True),
    ("error", "", 100, BAD, "pending", "", True),
    # Blind for so long that it is an alert.
    ("no_data", "blind", 900, BLIND, "no_data", "blind", False),
    ("no_data", "blind", 900, FAILED, "error", "blind", False),
    ("no_data", "blind", 900, GOOD, "recovering", "blind", True),
    ("error", "blind", 900, NOTHING, "recovering", "blind", True),
    ("no_data", "blind", 900, BAD, "pending", "blind", True),
    ("pending", "blind", 60, BAD, "firing", "condition", True),
    ("pending", "blind", 60, GOOD, "recovering", "blind", True),
    ("pending", "blind", 60, BLIND, "no_data", "blind", True),
    ("recovering", "blind", 120, GOOD, "resolved", "", True),
    ("recovering", "blind", 30, FEW, "recovering", "blind", False),
    ("recovering", "blind", 30, BETWEEN, "recovering", "blind", False),
    ("recovering", "blind", 30, BAD, "pending", "blind", True),
    ("recovering", "blind", 30, FAILED, "error", "blind", True),
    # Blind while something was wrong: it still is, until the opposite is seen for long enough.
    ("no_data", "condition", 9000, BLIND, "no_data", "condition", False),
    ("no_data", "condition", 9000, NOTHING, "no_data", "condition", False),
    ("no_data", "condition", 9000, GOOD, "recovering", "condition", True),
    ("no_data", "condition", 9000, FEW_GOOD, "recovering", "condition", True),
    ("error", "condition", 9000, BETWEEN, "firing", "condition", True),
    ("no_data", "condition", 9000, BAD, "firing", "condition", True),
]


@pytest.mark.parametrize(("state", "open", "so_for_s", "look", "then", "then_open", "anew"), TABLE)
def test_a_life_goes_on_as_the_table_says(state, open, so_for_s, look, then, then_open, anew):
    since = after(-so_for_s)
    assert step(Life(state, since, open), look, TERMS, NOW) == Life(then, NOW if anew else since, then_open)


def test_the_table_knows_every_state_that_there_is():
    assert {row[0] for row in TABLE} == {row[4] for row in TABLE} == set(STATES)


def test_without_a_wait_it_fires_and_ends_at_once():
    terms = replace(TERMS, for_s=0, clear_for_s=0, patience_s=0)
    assert step(Life("inactive", NOW), BAD, terms, after(5)) == Life("firing", after(5), "condition")
    assert step(Life("firing", NOW, "condition"), GOOD, terms, after(5)) == Life("resolved", after(5))
    assert step(Life("inactive", NOW), BLIND, terms, after(5)) == Life("no_data", after(5), "blind")


@pytest.mark.parametrize(
    ("condition", "bad", "good"), [("above", 10.01, 10.0), ("at_least", 10.0, 9.99), ("below", 9.99, 10.0)]
)
def test_a_condition_says_whether_its_threshold_belongs_to_it(condition, bad, good):
    terms = Terms(condition, 10, 10)
    assert (judge(Reading(bad), terms, ""), judge(Reading(good), terms, "")) == ("bad", "good")


def test_three_failures_of_twenty_are_needed_and_twenty_without_three_are_well():
    assert judge(Reading(11, 20, 2), TERMS, "") == "good"
    assert judge(Reading(11, 19, 3), TERMS, "") == "few"


LOOKS = st.sampled_from([BAD, GOOD, BETWEEN, FEW, FEW_GOOD, NOTHING, BLIND, FAILED])


@given(st.lists(st.tuples(LOOKS, st.integers(1, 400)), max_size=40))
def test_an_incident_is_open_exactly_from_firing_or_lasting_blindness_until_it_is_resolved(looks):
    life, at = Life("inactive", NOW), NOW
    for look, wait_s in looks:
        at += timedelta(seconds=wait_s)
        before, life = life, step(life, look, TERMS, at)
        assert step(life, look, TERMS, at) in (
            life,
            Life("inactive", at),
        )  # a resolved one is inactive at the next look
        if life.open and not before.open:
            assert life.state in ("firing", "no_data", "error")
        if before.open and not life.open:
            assert (before.state, life.state) == ("recovering", "resolved")
        assert life.open == "condition" if life.state == "firing" else True
        assert not life.open if life.state in ("inactive", "resolved") else True


@given(st.lists(st.tuples(st.sampled_from([NOTHING, FEW, BLIND, FAILED]), st.integers(1, 9000)), max_size=20))
def test_an_incident_is_never_over_because_nobody_can_see(looks):
    life, at = Life("firing", NOW, "condition"), NOW
    for look, wait_s in looks:
        at += timedelta(seconds=wait_s)
        life = step(life, look, TERMS, at)
    assert life.open == "condition"


@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_condition_can_be_judged(condition):
    assert judge(Reading(1.0), Terms(condition, 1, 1), "") in ("bad", "good")


# --- Who is told --------------------------------------------------------------------------------


def silenced(rule_id, *, since=-60, until=60):
    return SimpleNamespace(rule_id=rule_id, starts_at=after(since), ends_at=after(until))


def test_a_silence_is_of_one_rule_or_of_all_and_ends():
    of_one, of_all = silenced(1), silenced(None, until=30)
    assert silence(1, [of_one, of_all], NOW) is of_one
    assert silence(2, [of_one, of_all], NOW) is of_all
    assert silence(1, [of_one, of_all], after(60)) is None
    assert silence(1, [silenced(1, since=1)], NOW) is None


def test_a_rule_is_inhibited_while_one_that_explains_it_fires():
    assert inhibitor(["whatsapp_down", "bad_key"], {"whatsapp_down", "other"}) == "whatsapp_down"
    assert inhibitor(["whatsapp_down"], {"other"}) == ""


@pytest.mark.parametrize(
    ("local", "until"),
    [((21, 59), None), ((22, 0), 7), ((23, 30), 7), ((3, 0), 7), ((6, 59), 7), ((7, 0), None), ((12, 0), None)],
)
def test_quiet_hours_go_over_midnight_on_the_clocks_of_the_place(local, until):
    zone = ZoneInfo("America/Sao_Paulo")  # three hours behind UTC
    now = datetime(2026, 11, 20, *local, tzinfo=zone).astimezone(UTC)
    ends = QuietHours(time(22), time(7), zone).until(now)
    assert (ends and ends.astimezone(zone).hour) == until
    assert ends is None or timedelta() < ends - now <= timedelta(hours=9)


def test_only_what_is_critical_breaks_the_quiet():
    assert muted(silenced=False, inhibited="", quiet=True, critical=True) is None
    assert muted(silenced=False, inhibited="", quiet=True, critical=False) == "quiet_hours"
    assert muted(silenced=False, inhibited="whatsapp_down", quiet=False, critical=True) == "inhibited"
    assert muted(silenced=True, inhibited="whatsapp_down", quiet=True, critical=True) == "silenced"


def says(told=None, *, ended=False, firing=True, acknowledged=False, muted=None):
    return owed(told or Told(), ended=ended, firing=firing, acknowledged=acknowledged, muted=muted)


def test_a_trouble_and_its_end_are_told_once_each():
    assert says() == ["firing"]
    assert says(Told(firing=True)) == []
    assert says(Told(firing=True), ended=True) == ["resolved"]
    assert says(Told(firing=True, resolved=True), ended=True) == []


def test_the_end_of_what_nobody_heard_of_is_not_told():
    assert says(ended=True) == []
    assert says(muted="silenced") == []


def test_the_end_of_what_was_heard_of_is_told_also_in_a_silence():
    assert says(Told(firing=True), ended=True, muted="silenced") == ["resolved"]


def test_what_goes_on_after_a_silence_is_told_then_but_not_when_it_recovers_already():
    assert says(muted=None) == ["firing"]
    assert says(firing=False) == []


def test_who_has_taken_it_up_is_told_once_to_those_who_heard_of_it():
    assert says(Told(firing=True), acknowledged=True) == ["update"]
    assert says(Told(firing=True, acknowledged=True), acknowledged=True) == []
    assert says(acknowledged=True) == []
