"""What /crt says of a period equals what the figures say, and its groups add up. Numbers are worked out by hand beside the rows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from metrics import facts, kpis, rollup
from metrics.crt import period, shown
from metrics.kpis import BY_NAME
from metrics.window import Scope
from tests.support import make
from tests.support.history_of import History
from tests.support.make import NOW

pytestmark = pytest.mark.django_db
ZONE = timezone.get_default_timezone()


def read(**scope):
    return period.read(Scope(**({"window": "7d"} | scope)).at(NOW, ZONE), ZONE)


def issue(days: float, type="billing", *, solved_h: float | None = None, **changes):
    at = NOW - timedelta(days=days)
    if solved_h is not None:
        changes |= {"status": "resolved", "resolved_at": at + timedelta(hours=solved_h)}
    return make.issue(at=at, type=type, customer=None, **changes)


@pytest.mark.parametrize("scope", [{}, {"window": "24h"}, {"window": "30d", "type": "billing"}, {"priority": "high"}])
@pytest.mark.parametrize("seed", range(2))
def test_its_figures_are_those_of_the_live_screen(seed, scope):
    History(seed).go(60, 200)
    rollup.catch_up(NOW - timedelta(hours=7))
    found = read(**scope)
    everywhere = kpis.measure(found.window)
    for name in set(period.GOALS) & everywhere.keys():
        assert found.figures[name] == everywhere[name], name


@pytest.mark.parametrize("scope", [{"window": "24h"}, {"window": "30d"}, {"window": "7d", "location": "loc1"}])
def test_groups_add_up_to_all_before_and_after_cells_are_made(scope):
    History(3).go(80, 100)
    for _ in range(2):
        found = read(**scope)
        everything = facts.read(found.window, ZONE, {"detected"})
        for by, groups in found.groups.items():
            assert by not in found.window.filters
            assert sum(g.figures["received"].n for g in groups) == everything.total["detected"]
            assert sum(g.before for g in groups) == everything.previous["detected"]
            assert sum(g.share for g in groups) == pytest.approx(1)
            trends = [sum(numbers) for numbers in zip(*(g.trend for g in groups), strict=True)]
            assert trends == [bucket["detected"] for bucket in everything.buckets]
        rollup.catch_up(NOW)


def test_a_type_has_its_own_times_and_its_change():
    issue(1, solved_h=2)
    issue(2, solved_h=4)
    issue(3)
    issue(9)
    issue(1, "other", solved_h=1)
    billing, other = read().groups["type"]
    # Three of four; two of them solved, half way between 2 h and 4 h; one in the week before.
    assert (billing.key, billing.share, billing.before) == ("billing", 0.75, 1)
    assert billing.figures["ttr_p50"].value == pytest.approx(3 * 3600, rel=0.02)
    assert billing.figures["resolution_rate"].value == pytest.approx(2 / 3)
    assert (other.key, other.before, sum(other.trend)) == ("other", 0, 1)


def test_the_largest_are_shown_and_the_rest_together():
    for number in range(period.MOST + 2):
        for _ in range(number + 1):
            issue(1, f"type{number}")
    groups = read().groups["type"]
    assert [group.key for group in groups[:-1]] == [f"type{number}" for number in range(9, 2, -1)]
    # 3 + 2 + 1 of the three smallest
    assert (groups[-1].others, groups[-1].figures["received"].n) == (True, 6)


def test_priorities_are_told_in_their_order():
    for priority in ("low", "critical", "low", "high"):
        issue(1, priority=priority)
    assert [group.key for group in read().groups["priority"]] == ["critical", "high", "low"]


def test_an_empty_period_has_no_groups_and_no_zeros():
    found = read()
    assert found.groups == {}
    told = shown.period(found, Scope("7d"))
    assert {goal["now"] for goal in told["goals"]} == {"—"}
    assert {goal["state"] for goal in told["goals"]} == {"none"}
    assert not any(goal["scale"]["now"] for goal in told["goals"])


def test_a_scale_lies_from_good_to_bad_and_what_is_outside_is_at_its_end():
    ttr = BY_NAME["ttr_p50"]  # target 2 h, interim 4 h: from 12 min to 16 h
    found = shown.scale(ttr, 12 * 60, 100 * 3600)
    assert (found["now"], found["before"]) == ("0.0", "160.0")
    # ln(10) ÷ ln(80) of 160
    assert (found["first"], found["target"]) == ("84.1", "84.1")
    stars = shown.scale(BY_NAME["satisfaction"], 5, None)  # from 2.5 to 5
    assert (stars["now"], stars["first"], stars["target"], stars["before"]) == ("160.0", "64.0", "96.0", "")
    assert shown.scale(BY_NAME["resolution_rate"], 0, None)["now"] == "0.0"


def test_a_trend_is_told_in_words_and_its_last_bar_may_still_grow():
    told = shown.trend([2, 4, 1], unfinished=True)
    assert [bar["height"] for bar in told["bars"]] == ["10.0", "20.0", "5.0"]
    assert [bar["unfinished"] for bar in told["bars"]] == [False, False, True]
    assert told["text"].startswith(("between 2 and 4", "entre 2 e 4"))
    assert {bar["height"] for bar in shown.trend([0, 0], unfinished=False)["bars"]} == {"0.0"}
