"""The running product's alerts: from a deadline to the screen, and from causes to Slack while what looks and tells is killed."""

import asyncio
from collections import Counter

import pytest

from tests.support.causes import ENGLISH, Causes, under_fire
from tests.support.outside import Outside
from tests.support.product import Product
from tests.support.screen import breaches

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def causes():
    """Of a running product, six."""
    with Outside() as outside, Product(outside.environment | ENGLISH, workers=1) as product:
        yield Causes(product, outside, 6)


def test_whoever_dies_every_cause_is_one_incident_told_once_at_its_beginning_and_its_end(causes):
    """`python -m tests.chaos --alerts` does the same in large."""
    found = under_fire(causes, seed=5, spread_s=3, lasts_s=9, kills=1)
    assert found.kills == Counter({"clock": 2, "main": 1, "idle worker": 1})
    assert found.good, found
    assert found.right_s < 15


def test_a_breach_is_on_the_screen_within_a_second_of_the_deadline(causes):
    assert max(asyncio.run(breaches(causes.product, causes, [0.7, 1.3]))) <= 1
