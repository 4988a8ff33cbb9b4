"""Under load the urgent go first, the quiet are not drowned, and everybody is answered in time. `make bench` measures it in large."""

import asyncio

import pytest

from tests.support.letters import Letter, crm
from tests.support.measure import quantile
from tests.support.outside import Outside
from tests.support.product import Product
from tests.support.scenarios import UNLIMITED, asked_at, beside_a_flood, kinds, measured, most_within, overtakes, warm
from tests.support.waits import Waits

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def running():
    """The product and the outside, warm; five are thought about at a time, and critical ones five times a minute."""
    policy = UNLIMITED | {"max_parallel": 5, "critical_per_minute": 5}
    with Outside() as outside, Product(outside.environment, policy=policy) as product:
        yield product, outside


@pytest.fixture(autouse=True)
def _calm(running):
    """Nothing is wrong outside, and nothing was."""
    product, outside = running
    outside.calm()
    product.rows("DELETE FROM issues_breaker RETURNING model")
    run(product, outside, warm)


def run(product: Product, outside: Outside, scenario, *args, **kwargs):
    """`scenario(sender, outside, …)`, to its end."""

    async def go():
        async with crm(product, outside) as sender:
            return await scenario(sender, outside, *args, **kwargs)

    return asyncio.run(go())


def test_a_critical_one_is_thought_about_before_those_who_wait(running):
    product, outside = running
    outside.gemini(latency_ms=400)
    outside.evolution(latency_ms=200)
    low = [Letter(priority="low") for _ in range(60)]  # five at a time, 0.4 s each: 4.8 s of thinking
    after_s, waits = run(product, outside, overtakes, low)
    assert after_s < 2
    assert (waits.lost, waits.twice) == (0, 0)


def test_one_location_does_not_drown_another(running):
    product, outside = running
    outside.gemini(latency_ms=200)
    outside.evolution(latency_ms=100)
    _alone, beside, loud = run(product, outside, beside_a_flood, flood=100, count=8, every_s=0.5)
    # Behind the flood, the quiet ones would wait for its end, as its last ones do.
    assert quantile(beside.seconds, 0.5) < quantile(loud.seconds, 0.5) / 2
    assert (beside.lost, loud.lost, loud.twice) == (0, 0, 0)


def test_a_minute_sees_no_more_critical_questions_than_allowed_and_all_are_answered(running):
    product, outside = running
    letters = [Letter(priority="critical") for _ in range(25)]
    waits = run(product, outside, measured, letters)
    assert (waits.lost, waits.twice) == (0, 0)
    assert waits.within(30) == 1
    assert most_within(asked_at(outside.heard(), letters), 60) <= 5
    assert kinds(product, letters)["template"] >= 20


@pytest.mark.parametrize("trouble", [{"down": True}, {"latency_ms": 400, "fail": {"slow": 1}, "slow_ms": 60_000}])
def test_everybody_is_answered_in_time_when_the_ai_is_not_there(running, trouble):
    product, outside = running
    outside.gemini(**trouble)
    outside.evolution(latency_ms=200)
    letters = [Letter(priority="high") for _ in range(60)]
    waits = run(product, outside, measured, letters, within_s=40)
    assert (waits.lost, waits.within(30)) == (0, 1)
    assert kinds(product, letters) == {"template": 60}


# --- The measuring itself ------------------------------------------------------------------------


def test_the_most_in_a_window_is_found_wherever_it_begins():
    assert most_within([0, 30, 59, 61, 89, 200], 60) == 4  # from 30 on: 30, 59, 61, 89
    assert most_within([0, 60], 60) == 1
    assert most_within([], 60) == 0


def test_who_has_no_answer_counts_as_late():
    assert Waits([1.0, 40.0], lost=2).within(30) == 0.25
