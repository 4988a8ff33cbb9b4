"""A resolution is stored once, with who did it, and never with a rating that no customer gave."""

import pytest

from issues import resolve
from issues.models import Action, Issue
from mis_dashboard.lib.ids import uuid7
from tests.support import make
from tests.support.programs import Program

pytestmark = pytest.mark.django_db


@pytest.fixture
def n8n(client):
    return Program(client)


@pytest.mark.parametrize("name", ["mis-issues-resolve-request", "mis-issues-resolve-request-auto"])
def test_the_old_workflows_resolve_without_an_invented_rating(n8n, payload, name):
    issue, sent = make.issue(), payload(name)
    answer = n8n.post("/api/issues/resolve", sent | {"issue_id": str(issue.pk)})
    body = answer.json()
    assert (answer.status_code, body["success"], body["message"]) == (200, True, "Issue resolved successfully")
    assert set(body["issue"]) == set(payload("mis-issues-resolve-response")["issue"])
    row = body["issue"]
    assert (row["status"], row["resolution_notes"]) == ("resolved", sent["resolution_notes"])
    assert (row["customer_satisfaction"], body["ignored"]) == (None, ["customer_satisfaction"])
    issue.refresh_from_db()
    assert (issue.resolved_by, issue.resolution_basis) == (sent["resolved_by"], "program")
    action = Action.objects.get(kind="resolved")
    assert (action.by, action.automated) == (sent["resolved_by"], True)


def test_what_is_left_out_has_a_default_and_the_rating_has_none(n8n):
    for more in ({}, {"resolution_notes": None, "customer_satisfaction": None, "resolved_by": None}):
        issue = make.issue()
        row = n8n.resolve(issue, **more).json()["issue"]
        assert (row["resolution_notes"], row["customer_satisfaction"]) == ("Issue resolvido", None)
        issue.refresh_from_db()
        assert issue.resolved_by == "SYSTEM_AUTO"


def test_a_persons_resolution_is_a_persons(n8n):
    issue = make.issue()
    n8n.resolve(issue, resolved_by="Maria", customer_satisfaction=4)
    issue.refresh_from_db()
    assert (issue.resolved_by, issue.resolution_basis, issue.customer_satisfaction) == ("Maria", "human", None)
    assert Action.objects.get(kind="resolved").automated is False


def test_resolving_twice_returns_the_first_result(n8n):
    issue = make.issue()
    first = n8n.resolve(issue, resolution_notes="Cliente confirmou acesso", resolved_by="SYSTEM_AUTO").json()
    second = n8n.resolve(issue, resolution_notes="Outra nota", resolved_by="Maria").json()
    assert (first["issue"], first["repeated"], second["repeated"]) == (second["issue"], False, True)
    assert Issue.objects.get().resolved_by == "SYSTEM_AUTO"
    assert Action.objects.filter(kind="resolved").count() == 1


def test_what_was_no_problem_stays_closed(n8n, django_user_model):
    issue = make.issue()
    resolve.review(issue, user=django_user_model.objects.create_user("ana"), false_positive=True)
    assert n8n.resolve(issue).json()["issue"]["status"] == "closed"
    assert not Action.objects.filter(kind="resolved").exists()


def test_an_answer_not_yet_given_is_dropped(n8n):
    issue = make.issue()
    make.response(issue)
    n8n.resolve(issue)
    assert issue.responses.get().state == "cancelled"


def test_an_unknown_issue_is_not_found(n8n):
    answer = n8n.post("/api/issues/resolve", {"issue_id": str(uuid7())})
    assert (answer.status_code, answer.json()["success"]) == (404, False)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"issue_id": None}, "issue_id is not valid"),
        ({"customer_satisfaction": 6}, "customer_satisfaction is not valid"),
        ({"customer_satisfaction": 0}, "customer_satisfaction is not valid"),
        ({"customer_satisfaction": "bom"}, "customer_satisfaction is not valid"),
        ({"resolved_by": "x" * 101}, "resolved_by is not valid"),
    ],
)
def test_a_wrong_field_is_named(n8n, changes, error):
    issue = make.issue()
    answer = n8n.post("/api/issues/resolve", {"issue_id": str(issue.pk)} | changes)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert answer.json()["error"].startswith(error)
    issue.refresh_from_db()
    assert issue.status == "open"


def test_a_missing_issue_is_refused_in_the_old_words(n8n):
    assert n8n.post("/api/issues/resolve", {}).json()["error"] == "issue_id is required"
