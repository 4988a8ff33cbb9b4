"""Satisfaction, with the numbers worked out by hand beside the rows. The window is the day before NOW."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from metrics import facts, format, kpis, rows
from metrics.figure import LIST_LABELS
from metrics.kpis import SATISFACTION, wilson
from metrics.window import Window
from tests.support import make
from tests.support.make import NOW

DAY = Window.parse("24h", NOW)
pytestmark = pytest.mark.django_db


def rated(stars, *, resolved_by="system", ago=timedelta(hours=1)):
    return make.issue(
        at=NOW - ago - timedelta(hours=1), status="resolved", resolved_at=NOW - ago, resolved_by=resolved_by,
        customer_satisfaction=stars, rated_at=stars and NOW - ago,
    )  # fmt: skip


def measured() -> dict:
    found = facts.read(DAY, timezone.get_default_timezone(), kpis.needs(SATISFACTION))
    return kpis.figures(found, [SATISFACTION])["satisfaction"]


def test_it_is_the_mean_of_what_customers_answered_whoever_answered_them():
    for stars, who in ((5, "system"), (4, "ana"), (2, "n8n"), (None, "system"), (None, "ana")):
        rated(stars, resolved_by=who)
    rated(1, ago=timedelta(days=2))  # before the window
    found = measured()
    assert found["value"] == pytest.approx(11 / 3)
    assert (found["n"], found["state"]) == (3, "warn")  # 3.67 is below 4 and above 3.5
    assert found["extra"] == {"well_share": 2 / 3, "interval": list(wilson(2, 3)), "response_rate": 3 / 5}


def test_without_a_rating_there_is_no_satisfaction():
    rated(None)
    found = measured()
    assert (found["value"], found["n"], found["state"]) == (None, 0, "none")
    assert found["extra"] == {"well_share": None, "interval": None, "response_rate": 0.0}


def test_four_is_good_enough():
    rated(4)
    assert measured()["state"] == "good"


def test_each_number_counts_its_rows():
    for stars in (5, 5, 3, None):
        rated(stars)
    counts = {name: rows.source(name).count(DAY) for name in SATISFACTION.lists}
    assert counts == {"rated": 3, "rated_well": 2, "ended_rated": 3, "rated_badly": 1}
    assert counts.keys() <= LIST_LABELS.keys()


@pytest.mark.parametrize(("mean", "told"), [(None, "—"), (11 / 3, "3,7"), (4, "4,0"), (4.96, "5,0")])
def test_a_mean_has_one_decimal(mean, told):
    with translation.override("pt-br"):
        assert format.measure(mean, "stars") == told
