"""Which open issues need somebody now, and in which order."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from metrics import queries, snapshot
from metrics.crt import urgent
from metrics.window import Scope
from tests.support import make
from tests.support.make import NOW

pytestmark = pytest.mark.django_db


def issue(*, answer_in_s: float = 3600, solve_in_h: float = 24, answered=False, **changes):
    """Detected an hour ago, with its deadlines counted from now."""
    at = NOW - timedelta(hours=1)
    return make.issue(
        at=at, response_due_at=NOW + timedelta(seconds=answer_in_s), resolution_due_at=NOW + timedelta(hours=solve_in_h),
        first_response_at=at + timedelta(seconds=5) if answered else None, **changes,
    )  # fmt: skip


def found(**scope) -> urgent.Found:
    return urgent.read(Scope(**({"window": "30d"} | scope)).at(NOW, timezone.get_default_timezone()))


def whys(**scope) -> list[tuple]:
    return [(each.id, each.why) for each in found(**scope).issues]


def test_the_worst_comes_first():
    ana = get_user_model().objects.create_user("ana")
    with_a_person = issue(answered=True, status="escalated", escalated_at=NOW, assignee=ana)
    solution_near = issue(answered=True, solve_in_h=0.1)
    answer_near = issue(answer_in_s=60)
    unsolved = issue(answered=True, solve_in_h=-1)
    ownerless = issue(answered=True, status="escalated", escalated_at=NOW)
    unanswered = issue(answer_in_s=-1, solve_in_h=-1)
    issue(answered=True)
    issue(answer_in_s=-1, status="resolved", resolved_at=NOW)
    issue(answer_in_s=-1, source="import")
    everything = [unanswered, unsolved, ownerless, answer_near, solution_near, with_a_person]
    assert whys() == [(each.pk, why) for each, why in zip(everything, queries.WHYS, strict=True)]
    assert found().issues[-1].owner == "ana"
    assert found().n == 6


def test_what_is_late_comes_first_the_longest_before_all_whatever_else_is_wrong():
    ownerless = issue(answered=True, status="escalated", escalated_at=NOW, solve_in_h=2)
    unanswered = issue(answer_in_s=-60)
    unsolved = issue(answered=True, solve_in_h=-1.6, priority="low")
    both = issue(answer_in_s=-10, solve_in_h=-1, status="escalated", escalated_at=NOW)
    assert [id for id, _why in whys()] == [unsolved.pk, both.pk, unanswered.pk, ownerless.pk]


def test_among_those_that_are_as_bad_the_priority_and_then_the_age_decides():
    low = issue(answer_in_s=60, priority="low")
    high, older = issue(answer_in_s=60, priority="high"), issue(answer_in_s=60, priority="high")
    type(older).objects.filter(pk=older.pk).update(detected_at=NOW - timedelta(hours=2))
    assert [id for id, _why in whys()] == [older.pk, high.pk, low.pk]


def test_filters_narrow_it_and_the_period_does_not():
    old = issue(answer_in_s=-1, location="loc9", type="billing")
    type(old).objects.update(detected_at=NOW - timedelta(days=60))
    issue(answer_in_s=-1)
    assert whys(location="loc9", window="24h") == whys(type="billing") == [(old.pk, "unanswered")]


def test_the_list_is_bounded_and_says_how_many_there_are():
    for _ in range(urgent.MOST + 3):
        issue(answer_in_s=-1)
    issue(answered=True, solve_in_h=-1)
    assert len(found().issues) == urgent.MOST
    assert found().counts == {"unanswered": urgent.MOST + 3, "unsolved": 1}
    assert found().n == urgent.MOST + 4


def test_an_issue_with_several_reasons_counts_under_each_and_once_in_all():
    """The AI fails before any reply: nobody answered, nobody owns it, and its time to be solved has passed."""
    failed = issue(answer_in_s=-1, solve_in_h=-1, status="escalated", escalated_at=NOW)
    issue(answer_in_s=60, solve_in_h=-1)
    issue(answered=True, solve_in_h=0.1)
    counts = {"unanswered": 1, "unsolved": 2, "ownerless": 1, "answer_near": 1, "solution_near": 1}
    assert (found().counts, found().n) == (counts, 3)
    assert whys()[0] == (failed.pk, "unanswered")


@pytest.mark.parametrize("left_s", [-1, 0, 1, 719, 720, 721, 3599])
def test_a_deadline_is_judged_as_by_the_live_screen(left_s):
    issue(answer_in_s=left_s, solve_in_h=99)
    sla = snapshot.build(Scope("24h"), NOW)["sla"]["medium"]["first_response"]
    expected = ["unanswered"] * sla["breached"] + ["answer_near"] * sla["at_risk"]
    assert [why for _id, why in whys()] == expected
    for each in found().issues:
        assert {promise: state for promise, state, _due in each.states(NOW)}["first_response"] == {
            "unanswered": "breached", "answer_near": "at_risk",
        }[each.why]  # fmt: skip


def test_nothing_urgent_is_one_query_and_nothing(django_assert_num_queries):
    issue(answered=True)
    with django_assert_num_queries(1):
        nothing = found()
    assert (nothing.issues, nothing.counts, nothing.n) == ([], {}, 0)
