"""Receipts come in any order and more than once, and end in one and the same row."""

from datetime import timedelta
from itertools import count

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from issues.models import Response
from issues.models.response import Delivery
from issues.receipts import receipt
from tests.support import make

pytestmark = pytest.mark.django_db

EACH = settings(
    max_examples=60, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
TOLD = st.tuples(st.sampled_from(list(Delivery)), st.integers(0, 5))
SHUFFLED = st.lists(TOLD, min_size=1, max_size=6).flatmap(lambda told: st.tuples(st.just(told), st.permutations(told)))
ENDS = ["delivery", "delivered_at", "read_at", "failure"]
ids = count(1)
NOW = timezone.now()


def ends(told) -> dict:
    """What the row says after these receipts, each with the minute in which it was told."""
    channel_id = f"3EB0{next(ids)}"
    said = {"state": "sent", "text": "Olá", "kind": "ai", "sent_at": NOW, "delivery": "sending"}
    response = make.response(make.issue(), channel_id=channel_id, **said)
    for status, minute in told:
        assert receipt(channel_id, status, NOW + timedelta(minutes=minute))
    return Response.objects.filter(pk=response.pk).values(*ENDS).get()


@given(SHUFFLED)
@example(([("delivered", 1), ("read", 2)], [("read", 2), ("delivered", 1)]))
@example(([("delivered", 1), ("read", 4), ("read", 3)], [("read", 3), ("read", 4), ("delivered", 1)]))
@example(([("failed", 1), ("delivered", 2)], [("delivered", 2), ("failed", 1)]))
@EACH
def test_the_order_of_receipts_makes_no_difference(orders):
    one, other = orders
    assert ends(one) == ends(other)


@given(st.lists(TOLD, min_size=1, max_size=4))
@EACH
def test_receipts_told_twice_are_told_once(told):
    assert ends(told) == ends([*told, *told])
