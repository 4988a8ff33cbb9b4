"""Who may come in, and what is answered when something is wrong: always JSON, always clear, never our insides."""

import json

import pytest
from django.db import DataError, OperationalError
from django.utils import timezone

from issues import jobs, resolve
from issues.ingest import ingest
from issues.models import InboundEvent, Issue, Response
from tests.support import make
from tests.support.programs import Program

pytestmark = pytest.mark.django_db
POSTS = ["/api/issues/create", "/api/issues/action", "/api/issues/resolve", "/api/whatsapp/send"]
GETS = ["/api/issues/open", "/api/messages/unprocessed"]


@pytest.fixture
def n8n(client):
    return Program(client)


@pytest.mark.parametrize("path", POSTS + GETS)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"X-API-Key": "wrong"}])
def test_without_a_key_nobody_comes_in(client, path, headers):
    call = client.get if path in GETS else client.post
    answer = call(path, headers=headers)
    assert (answer.status_code, answer.json()["success"]) == (401, False)
    assert "Authorization: Bearer KEY" in answer.json()["error"]


def test_a_revoked_key_opens_nothing(n8n):
    n8n.key.revoked_at = timezone.now()
    n8n.key.save()
    assert n8n.get("/api/issues/open").status_code == 401


@pytest.mark.parametrize("path", GETS)
def test_the_key_may_come_in_either_header(client, n8n, path):
    assert client.get(path, headers={"X-API-Key": n8n.text}).status_code == 200
    assert n8n.get(path).status_code == 200


@pytest.mark.parametrize("path", POSTS)
def test_a_get_where_a_post_belongs_is_refused_and_says_so(n8n, path):
    answer = n8n.get(path)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert answer.json() == {"success": False, "error": "GET is not for this address: send POST"}


@pytest.mark.parametrize("path", GETS)
def test_a_post_where_a_get_belongs_is_refused(n8n, path):
    answer = n8n.post(path, {})
    assert (answer.status_code, answer.json()["success"]) == (405, False)


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "raw",
    [
        '{"issue_id": "x", "action_description": "Resposta: " + "Oi"}',
        '{"message": "linha um\nlinha dois"}',
        "",
        "{",
        "[1, 2]",
        "null",
        '"text"',
        b"\xff\xfe",
        "[" * 100_000,
    ],
)
def test_a_broken_body_is_a_clear_400(n8n, path, raw):
    answer = n8n.post(path, raw)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert answer.json()["error"]


def test_a_template_that_joins_text_outside_of_its_expression_is_told_how_to_write_it(n8n):
    answer = n8n.post("/api/issues/action", '{"action_description": "Resposta para " + "Ana"}')
    error = answer.json()["error"]
    assert "line 1, column 41" in error
    assert "JSON.stringify" in error
    assert "Ana" not in error


def test_broken_bodies_are_counted(n8n):
    for _ in range(2):
        n8n.post("/api/whatsapp/send", "{")
    events = InboundEvent.objects.filter(kind="unreadable")
    assert [event.payload for event in events] == [{"path": "/api/whatsapp/send", "by": "n8n"}] * 2


@pytest.mark.parametrize("error", [OperationalError("gone"), DataError("too long")])
def test_a_database_that_is_away_or_refuses_is_no_500(n8n, monkeypatch, error):
    def fails(*args, **kwargs):
        raise error

    monkeypatch.setattr("issues.api.issues.programs.unresolved", fails)
    answer = n8n.get("/api/issues/open")
    if isinstance(error, OperationalError):
        assert (answer.status_code, answer["Retry-After"]) == (429, "30")
    else:
        assert answer.status_code == 400
    assert answer.json()["success"] is False


def test_the_database_may_be_away_already_when_the_key_is_looked_up(n8n, monkeypatch):
    def fails(text):
        raise OperationalError("gone")

    monkeypatch.setattr("issues.models.ApiKey.find", fails)
    assert n8n.post("/api/whatsapp/send", {}).status_code == 429


def test_what_nobody_expected_tells_the_log_and_not_the_caller(n8n, monkeypatch, caplog, settings):
    settings.DEBUG = True
    monkeypatch.setattr("issues.api.issues.programs.unresolved", lambda *a, **k: {}["secret"])
    answer = n8n.get("/api/issues/open")
    assert answer.status_code == 500
    assert set(answer.json()) == {"success", "error", "request_id"}
    assert "secret" not in answer.content.decode()
    assert any(getattr(record, "request_id", "") == answer.json()["request_id"] for record in caplog.records)


def test_a_body_that_is_too_large_is_refused(n8n):
    assert n8n.post("/api/issues/create", '{"issue_type": "' + "x" * 1_100_000 + '"}').status_code == 413


def test_everything_is_described(client):
    described = client.get("/api/openapi.json").json()
    assert set(described["paths"]) == {*POSTS, *GETS}
    assert set(described["components"]["securitySchemes"]) == {"Bearer", "Header"}
    assert client.get("/api/docs").status_code == 200


def test_create_takes_what_n8n_makes_of_missing_and_nested_values(n8n):
    body = {
        "issue_type": "billing",
        "priority": None,
        "customer_phone": "",
        "customer_name": None,
        "metadata": json.dumps({"message_preview": "Cobrança errada"}),
    }
    row = n8n.post("/api/issues/create", body).json()["issue"]
    assert (row["priority"], row["customer_phone"]) == ("medium", None)
    assert (row["metadata"], Issue.objects.get().text) == ({"message_preview": "Cobrança errada"}, "Cobrança errada")


# --- Messages -----------------------------------------------------------------------------------


def test_messages_without_an_answer_are_listed_until_they_have_one(box, n8n, payload):
    ingest(make.inbound(priority="critical", metadata={"keywords": ["acesso"], "company": "Empresa Exemplo"}))
    body = n8n.get("/api/messages/unprocessed").json()
    expected = payload("mis-messages-unprocessed-response")
    assert (set(body), body["total"], body["stats"]) == (set(expected), 1, expected["stats"])
    row, old = body["messages"][0], expected["messages"][0]
    assert set(row) == set(old)
    for name in set(old) - {"id", "created_at", "workflow_name", "sentiment"}:
        assert row[name] == old[name], name
    Response.objects.update(due_at=timezone.now())
    assert jobs.answer_next()
    assert n8n.get("/api/messages/unprocessed").json()["messages"] == []


def test_at_most_ten_messages_of_unresolved_issues_are_listed_newest_first(n8n):
    for number in range(12):
        ingest(make.inbound(phone=f"+55119{number:08d}", contact_id=None, text=f"Problema {number}"))
    resolve.resolve(Issue.objects.get(text="Problema 11"))
    listed = [row["message_body"] for row in n8n.get("/api/messages/unprocessed").json()["messages"]]
    assert listed == [f"Problema {number}" for number in range(10, 0, -1)]


@pytest.mark.parametrize("address", ["/api/nowhere", "/api/issues/create/", "/api/"])
def test_an_address_that_there_is_not_is_refused_in_json(client, address):
    answer = client.post(address, "{}", "application/json")
    assert answer.status_code == 404
    assert answer.json() == {"success": False, "error": "There is nothing here: see /api/docs"}


def test_figures_are_only_asked_for(client):
    answer = client.post("/api/metrics/snapshot", "{}", "application/json")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert answer.json()["error"] == "method_not_allowed"


def test_a_webhook_is_only_sent(client):
    answer = client.get("/api/webhooks/ghl")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "send POST" in answer.json()["error"]
