"""What programs that poll are shown: what is unresolved, newest first, at a flat cost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from issues.models import Issue
from issues.programs import unresolved
from tests.support import make
from tests.support.programs import Program

pytestmark = pytest.mark.django_db


@pytest.fixture
def n8n(client):
    return Program(client)


def test_nothing_open_is_an_empty_list(n8n, payload):
    assert n8n.get("/api/issues/open").json() == payload("mis-issues-open-response-empty")


def test_a_row_has_the_old_fields_and_the_mark(n8n, payload):
    make.issue()
    expected = set(payload("mis-issues-open-response")["issues"][0]) | {"automation_attempted_at"}
    assert set(n8n.open()[0]) == expected


def test_unresolved_issues_come_newest_first(n8n):
    for age, status in enumerate(["open", "in_progress", "escalated", "resolved", "closed"]):
        ends = {"resolved_at": make.NOW} if status == "resolved" else {}
        ends |= {"escalated_at": make.NOW} if status == "escalated" else {}
        make.issue(at=make.NOW - timedelta(minutes=age), status=status, **ends)
    body = n8n.get("/api/issues/open").json()
    assert ([row["status"] for row in body["issues"]], body["count"]) == (["open", "in_progress", "escalated"], 3)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["low", "critical"]),
        ("?priority=", ["low", "critical"]),
        ("?priority=critical", ["critical"]),
        ("?priority=high", []),
        ("?limit=1", ["low"]),
        ("?priority=critical&limit=50", ["critical"]),
        ("?limit=200", ["low", "critical"]),
    ],
)
def test_they_may_be_filtered_and_limited(n8n, query, shown):
    make.issue(priority="critical")
    make.issue(priority="low", at=make.NOW + timedelta(minutes=1))
    assert [row["priority"] for row in n8n.open(query)] == shown


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("?limit=0", "limit is not valid"),
        ("?limit=201", "limit is not valid"),
        ("?limit=-1", "limit is not valid"),
        ("?limit=muitos", "limit is not valid"),
        ("?priority=urgent", "priority is not valid"),
        ("?priority=CRITICAL", "priority is not valid"),
        ("?include=everything", "include is not valid"),
        ("?priority=all&limit=50", "priority=all is refused"),
    ],
)
def test_a_wrong_wish_is_refused(n8n, query, error):
    answer = n8n.get(f"/api/issues/open{query}")
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert answer.json()["error"].startswith(error)


def test_all_means_all_once_the_old_auto_resolve_workflows_are_gone(n8n, settings):
    settings.OLD_AUTO_RESOLVE_GONE = True
    make.issue(priority="critical")
    make.issue(priority="low")
    assert len(n8n.open("?priority=all&limit=50")) == 2


def test_an_answered_issue_is_listed_whoever_has_tried_before(n8n):
    make.issue(automation_attempted_at=timezone.now(), first_response_at=timezone.now())
    make.issue(automation_attempted_at=timezone.now())
    assert len(n8n.open()) == 1
    assert len(n8n.open("?include=attempted")) == 2


def test_a_hundred_issues_cost_as_many_queries_as_one(n8n):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert n8n.get("/api/issues/open?limit=200").status_code == 200
        return len(captured)

    make.issue()
    one = queries()
    for _ in range(100):
        make.issue()
    assert queries() == one == 2


def test_unresolved_issues_are_found_by_an_index_however_long_the_history(n8n):
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO issues_issue (id, location, source, type, priority, status, text, sentiment, metadata, detected_at,
                received_at, response_risk_at, response_due_at, resolution_risk_at, resolution_due_at, resolved_at, resolved_by, resolution_basis,
                resolution_notes, escalation_reason, rated_resolver, updated_at)
            SELECT gen_random_uuid(), 'loc1', 'ghl', 'other', 'critical', 'resolved', '', '', '{}', now(), now(), now(), now(), now(), now(), now(),
                '', '', '', '', '', now()
            FROM generate_series(1, 5000)
            """
        )
        make.issue(priority="critical")
        cursor.execute("ANALYZE issues_issue")
        statement, values = unresolved("critical")[:50].query.sql_with_params()
        cursor.execute(f"EXPLAIN {statement}", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan on issues_issue" not in plan
    assert Issue.objects.count() == 5001
