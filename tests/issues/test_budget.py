from datetime import timedelta

import pytest
from django.db.models import F

from issues import budget
from issues.models import Policy, Token

pytestmark = pytest.mark.django_db


def policy(critical: int, ai: int) -> Policy:
    return Policy(critical_per_minute=critical, ai_per_minute=ai)


def spent(policy: Policy, times: int, *, critical: bool) -> int:
    return sum(budget.spend(policy, critical=critical) for _ in range(times))


def pass_by(seconds: float) -> None:
    Token.objects.update(free_at=F("free_at") - timedelta(seconds=seconds))


def test_no_minute_sees_more_than_its_number_wherever_it_begins():
    five = policy(5, 0)
    assert spent(five, 3, critical=True) == 3
    pass_by(59)
    assert spent(five, 9, critical=True) == 2
    pass_by(4)
    assert spent(five, 9, critical=True) == 3


def test_what_is_not_critical_leaves_the_critical_budget_alone():
    assert spent(policy(1, 3), 2, critical=False) == 2
    assert spent(policy(1, 3), 2, critical=True) == 1


def test_a_spent_budget_costs_the_other_one_nothing():
    assert spent(policy(3, 1), 5, critical=True) == 1
    assert spent(policy(3, 0), 5, critical=True) == 2


def test_a_raised_limit_counts_at_once_and_so_does_a_lowered_one():
    assert spent(policy(0, 2), 3, critical=False) == 2
    assert spent(policy(0, 4), 5, critical=False) == 2
    pass_by(63)
    assert spent(policy(0, 1), 5, critical=False) == 1


def test_nought_is_no_limit():
    assert spent(policy(0, 0), 100, critical=True) == 100
    assert not Token.objects.exists()
