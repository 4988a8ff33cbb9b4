"""An installation with cells of before: how many of the ended were rated is filled in, and nothing else changes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from issues.models import Action
from metrics import rollup
from metrics.models import Dims, Grain, Happened
from tests.support import make
from tests.support.make import NOW

BEFORE = ("metrics", "0009_alert_rules")


def ended(days: float, score: int | None, **more):
    at = NOW - timedelta(days=days)
    rated = {"customer_satisfaction": score, "rated_at": at + timedelta(hours=1)} if score else {}
    return make.issue(at=at - timedelta(minutes=3), status="resolved", resolved_at=at, **rated, **more)


@pytest.mark.django_db(transaction=True)
def test_an_installation_with_cells_is_upgraded(settings):
    settings.PARTITIONED = settings.PARTITIONED | {"issues_action": ("at", timedelta(days=400))}
    old = ended(700, 5)
    Action.objects.create(issue=old, kind="replied", at=old.resolved_at, by="system", automated=True)
    for days in (0.1, 0.2, 3.0, 3.1, 60.0):
        ended(days, 4, location="loc1", priority="high")
        ended(days, 2, type="billing")
        ended(days, None)
        ended(days, 5, source="demo")
        ended(days, 5, metadata={"probe": True})
    rollup.catch_up(NOW)
    with connection.cursor() as cursor:  # as a dropped month takes it
        cursor.execute("ALTER TABLE issues_action DISABLE TRIGGER USER; DELETE FROM issues_action")
        cursor.execute("ALTER TABLE issues_action ENABLE TRIGGER USER")
    before = cells()
    assert {each["grain"] for each in before if each["ended_rated"]} == set(Grain)
    of_days = [each for each in before if each["dims"] == Dims.ALL and each["grain"] == Grain.DAY]
    assert sum(each["ended_rated"] for each in of_days) == 7  # not yet today's
    try:
        MigrationExecutor(connection).migrate([BEFORE])
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
    assert cells() == before
    oldest = Happened.objects.filter(dims=Dims.ALL, grain=Grain.DAY).earliest("start")
    assert (oldest.actions, oldest.ended_rated) == (1, 1)
    assert oldest.start < timezone.now() - timedelta(days=400)


def cells() -> list[dict]:
    keys = ("grain", "start", "dims", "location", "priority", "type")
    return [{**each, "pk": None} for each in Happened.objects.order_by(*keys).values()]
