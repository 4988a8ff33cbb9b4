"""An installation with issues of before: each says from when on its promises were at risk."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from issues.models import Issue

BEFORE = ("issues", "0014_sla_shipped")
FRIDAY = datetime(2026, 11, 27, 20, 30, tzinfo=UTC)  # 17:30 in São Paulo


@pytest.mark.django_db(transaction=True)
def test_an_installation_with_issues_is_upgraded():
    executor = MigrationExecutor(connection)
    executor.migrate([BEFORE])
    try:
        old = executor.loader.project_state([BEFORE]).apps
        week = [[["09:00", "18:00"]]] * 5 + [[], []]
        office = old.get_model("issues", "Calendar").objects.create(
            name="x", number=1, zone="America/Sao_Paulo", week=week
        )
        policy = old.get_model("issues", "SlaPolicy").objects.create(
            priority="low", response_s=60, resolution_s=7200, resolution_in_hours=True, calendar=office, since=FRIDAY
        )
        due = {"response_due_at": FRIDAY + timedelta(seconds=60), "resolution_due_at": FRIDAY + timedelta(hours=65)}
        given = {"detected_at": FRIDAY, "received_at": FRIDAY, "priority": "low", **due}
        plain = old.get_model("issues", "Issue").objects.create(**given)
        by_hours = old.get_model("issues", "Issue").objects.create(**given, sla_policy=policy)
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
    assert risks(plain.pk) == (FRIDAY + timedelta(seconds=48), FRIDAY + timedelta(hours=52))
    assert risks(by_hours.pk) == (FRIDAY + timedelta(seconds=48), datetime(2026, 11, 30, 13, 6, tzinfo=UTC))


def risks(issue) -> tuple[datetime, datetime]:
    return Issue.objects.values_list("response_risk_at", "resolution_risk_at").get(pk=issue)
