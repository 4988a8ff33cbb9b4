"""What rules would have done, against hand-worked times; and against what the watch itself did over a noisy day."""

import random
from datetime import timedelta

import pytest
from django.utils import timezone

from issues import actions
from issues.models import Action, AICall
from metrics import rollup
from metrics.alerts import backtest, signals, watch
from metrics.models import AlertEvent, AlertRule, AlertState, Incident
from tests.support import make
from tests.support.make import NOW

pytestmark = pytest.mark.django_db


def ago(**delta):
    return NOW - timedelta(**delta)


def rule(signal: str, threshold: float, **changes) -> AlertRule:
    """One that is not stored."""
    given = {"code": "tried", "title": "Tried", "clear_for_s": 0, "window_s": 3600, "severity": "critical"}
    return AlertRule(signal=signal, threshold=threshold, **(given | changes))


def told(found: backtest.Backtest) -> list[tuple]:
    return [(each.since, each.until, each.worst) for each in found.firings]


def test_a_wait_would_have_fired_from_its_sixth_minute_until_the_answer():
    make.issue(at=ago(hours=3, seconds=30), first_response_at=ago(hours=2, minutes=50))
    make.issue(at=ago(hours=1), first_response_at=ago(minutes=58))
    found = backtest.run(rule("longest_wait", 300), NOW)
    # Looked at each whole minute: 5 min 30 s after the detection, and when ten minutes are over.
    assert told(found) == [(ago(hours=2, minutes=55), ago(hours=2, minutes=50), 570)]
    assert found.total == timedelta(minutes=5)


def test_what_still_goes_on_has_no_end():
    make.issue(at=ago(minutes=10))
    (firing,) = backtest.run(rule("longest_wait", 300), NOW).firings
    assert (firing.since, firing.until) == (ago(minutes=4), None)


def test_overdue_ones_are_counted_while_they_are():
    for minutes in (60, 50):  # due two minutes later
        make.issue(at=ago(minutes=minutes), first_response_at=ago(minutes=40))
    make.issue(at=ago(minutes=30), status="closed", resolved_at=None)
    found = backtest.run(rule("response_overdue", 2, condition="at_least"), NOW)
    assert [(each.since, each.worst) for each in found.firings] == [(ago(minutes=48), 2)]


def test_a_figure_is_looked_at_from_cells_as_from_rows():
    for minutes in range(60, 1000, 11):
        make.issue(at=ago(minutes=minutes), first_response_at=ago(minutes=minutes) + timedelta(seconds=minutes))
    tried = rule("ttfr_p90", 600, min_n=3)
    before = told(backtest.run(tried, NOW, days=2))
    assert len(before) == 1
    measure(timezone.now())
    assert told(backtest.run(tried, NOW, days=2)) == before


def measure(now):
    """The cells of all that there is."""
    for table, grain in rollup.due(now):
        while rollup.refresh(grain, now, [table]):
            pass


def said(number: int, at, *, failed: bool):
    for _ in range(number):
        issue = make.issue(at=at)
        response = make.response(issue, at=at, kind="ai", spoken_at=at)
        kind = Action.Kind.FAILED if failed else Action.Kind.REPLIED
        actions.record(issue, kind, response=response, success=not failed, at=at)


def test_failures_would_have_fired_while_they_are_in_the_window():
    said(17, ago(hours=5), failed=False)
    said(3, ago(hours=5), failed=True)
    found = backtest.run(rule("whatsapp_failures", 0.05, min_n=20, min_count=3, window_s=1800), NOW)
    assert [(each.since, each.worst) for each in found.firings] == [(ago(hours=4, minutes=59), 0.15)]
    assert told(backtest.run(rule("success_rate", 0.9, condition="below", min_n=20), NOW))[0][2] == pytest.approx(0.85)
    assert told(backtest.run(rule("whatsapp_failures", 0.2, min_n=20), NOW)) == []


def test_a_rule_narrowed_down_would_have_fired_for_its_own_issues_only():
    make.issue(at=ago(hours=3), location="loc1", first_response_at=ago(hours=2, minutes=50))
    make.issue(at=ago(hours=6), location="loc2", first_response_at=ago(hours=5, minutes=50))
    assert len(backtest.run(rule("longest_wait", 300), NOW).firings) == 2
    (firing,) = backtest.run(rule("longest_wait", 300, location="loc2"), NOW).firings
    assert firing.until == ago(hours=5, minutes=50)
    said(20, ago(hours=8), failed=True)
    failing = {"min_n": 20, "window_s": 1800}
    assert len(backtest.run(rule("whatsapp_failures", 0.05, location="loc1", **failing), NOW).firings) == 1
    assert backtest.run(rule("whatsapp_failures", 0.05, location="loc2", **failing), NOW).firings == []
    assert len(backtest.run(rule("received", 0, location="loc2", clear_for_s=60), NOW, days=1).firings) == 1


def test_the_cost_of_a_day_would_have_fired_until_midnight():
    issue, prompt = make.issue(at=ago(days=2)), make.prompt()
    for hours, cost in ((20, 3), (18, 4), (2, 6)):  # 14:00 and 16:00 of yesterday in São Paulo, and 08:00 of today
        AICall.objects.create(
            issue=issue, prompt=prompt, model="m", started_at=ago(hours=hours), latency_s=1, outcome="answered", cost_usd=cost
        )  # fmt: skip
    found = backtest.run(rule("ai_spend", 6.5), NOW, days=2)
    assert told(found) == [(ago(hours=17, minutes=59), ago(hours=10), 7)]


def test_every_signal_can_be_looked_back_at_or_says_why_not():
    without = {name for name in signals.SIGNALS if backtest.run(rule(name, 1), NOW, days=0) is None}
    assert without == set(backtest.WHY_NOT)
    assert all(str(backtest.why_not(name)) for name in without)


@pytest.mark.parametrize("signal", ["automation_rate", "backlog_growth", "received", "longest_wait", "sla_response"])
def test_without_history_nothing_would_have_fired(signal):
    assert (
        backtest.run(rule(signal, 5, condition="below" if signal == "sla_response" else "above"), NOW, days=4).firings
        == []
    )


def test_the_backtest_of_an_unchanged_rule_is_its_log_over_a_noisy_day():
    """24 hours with bad hours among them. The watch looks at each step, when nothing is known yet of what comes later."""
    chance, start = random.Random(11), ago(hours=24)
    AlertRule.objects.update(enabled=False)
    shared = {"title": "x", "severity": "critical", "window_s": 7200, "clear_for_s": 600, "for_s": 240}
    AlertRule.objects.create(
        code="noisy",
        signal="automation_rate",
        condition="below",
        threshold=0.6,
        clear_threshold=0.75,
        min_n=5,
        **shared,
    )
    AlertRule.objects.create(code="flood", signal="received", threshold=60, clear_threshold=45, **shared)
    bad = {3, 4, 9, 15, 16, 17, 22}
    coming = []
    for hour in range(24):
        for _ in range(70 if hour in bad else chance.randint(0, 30)):
            at = start + timedelta(hours=hour, seconds=chance.uniform(0, 3600))
            coming.append((at, chance.random() > (0.7 if hour in bad else 0.1)))
    coming.sort()
    now = start
    while now < NOW:
        now += timedelta(minutes=2)
        settled = now - timedelta(seconds=5)
        while coming and coming[0][0] < settled:
            at, automated = coming.pop(0)
            actions.record(make.issue(at=at), Action.Kind.REPLIED, at=at, automated=automated, by="ana")
        watch.look(settled)
        if now.minute == now.hour % 3 == 0:  # as the clock does, if more often
            measure(now)
    for code in ("noisy", "flood"):
        known = AlertRule.objects.get(code=code)
        log = [
            (each.fired_at, each.resolved_at, each.worst)
            for each in Incident.objects.filter(rule=known).order_by("fired_at")
        ]
        assert told(backtest.run(known, NOW, days=1)) == log
        assert len(log) == 4  # bad hours next to each other are one episode
        assert AlertEvent.objects.filter(rule=known, state="firing").exists()
        assert AlertState.objects.get(rule=known).incident_id in {None, *Incident.objects.values_list("pk", flat=True)}
