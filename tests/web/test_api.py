import json
from datetime import timedelta

import pytest
from django.utils import timezone

from issues.models import ApiKey, EventKey, InboundEvent, Issue, Response
from tests.support import make

pytestmark = pytest.mark.django_db
CREATE = "/api/issues/create"


@pytest.fixture
def create(client):
    """Calls the API with a key of its own."""
    _key, text = ApiKey.issue("n8n")

    def call(body, **headers):
        raw = body if isinstance(body, str) else json.dumps(body)
        return client.post(CREATE, raw, "application/json", headers={"Authorization": f"Bearer {text}"} | headers)

    return call


def test_an_issue_is_created_as_callers_of_the_old_api_expect(create, payload):
    response = create(payload("mis-issues-create-request"))
    assert response.status_code == 200
    body = response.json()
    expected = payload("mis-issues-create-response")
    assert body["success"] is True
    assert set(body["issue"]) == set(expected["issue"])
    for name in ("issue_type", "priority", "status", "customer_name", "customer_phone", "customer_satisfaction"):
        assert body["issue"][name] == expected["issue"][name]
    assert Issue.objects.get(pk=body["issue"]["id"]).text == "Não consigo entrar na plataforma"
    assert Response.objects.get().state == "waiting"


def test_the_same_message_id_is_the_same_issue(create, payload):
    first, second = (create(payload("mis-issues-create-request")).json() for _ in range(2))
    assert (first["issue"]["id"], second["repeated"]) == (second["issue"]["id"], True)
    assert Issue.objects.count() == 1


def test_a_repeat_of_what_is_forgotten_is_nobody_elses_issue(create):
    create({"issue_type": "billing", "customer_phone": "5511900000009"})
    body = {"issue_type": "billing", "customer_phone": "5511900000001"}
    create(body, **{"Idempotency-Key": "k1"})
    InboundEvent.objects.all().delete()
    answer = create(body, **{"Idempotency-Key": "k1"}).json()
    assert (answer["issue"], answer["repeated"]) == (None, True)


def test_the_same_body_within_ten_minutes_is_the_same_issue_whatever_the_clock_says(create, monkeypatch):
    body, real = {"issue_type": "billing", "customer_phone": "5511900000001"}, timezone.now
    start = real().replace(minute=9, second=58, microsecond=0)
    said = []
    for seconds in (0, 4, 500, 1300):
        monkeypatch.setattr(timezone, "now", lambda at=start + timedelta(seconds=seconds): at)
        said.append(create(body).json()["repeated"])
        EventKey.objects.filter(received_at__gt=start + timedelta(hours=-1)).update(received_at=start)
    assert said == [False, True, True, False]


@pytest.mark.parametrize("raw", ["[" * 50_000, '{"a": 1', "x"])
def test_metadata_that_is_no_object_is_refused_by_name(create, raw):
    answer = create({"issue_type": "billing", "metadata": raw})
    assert (answer.status_code, answer.json()["field"]) == (400, "metadata")


def test_metadata_as_text_is_cleaned_as_an_object_is(create):
    create({"issue_type": "billing", "metadata": '{"a": "x\\u0000y", "b": NaN, "c": "\\ud800"}'})
    assert Issue.objects.get().metadata["a"] == "xy"


def test_a_company_that_is_no_text_is_refused_and_where_it_is_stored_it_is_none(create):
    answer = create({"issue_type": "billing", "metadata": {"company": ["x"]}})
    assert (answer.status_code, answer.json()["error"]) == (400, "metadata.company is not valid: write a text")
    assert make.issue(metadata={"company": ["x"]}).company == ""
    assert make.issue(metadata={"company": "Aurora"}).company == "Aurora"


def test_the_idempotency_key_makes_a_repeat_harmless(create):
    body = {"issue_type": "billing", "customer_phone": "5511900000001"}
    for _ in range(2):
        assert create(body, **{"Idempotency-Key": "k1"}).status_code == 200
    assert Issue.objects.get().messages.count() == 1


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "issue_type is required"),
        ({"issue_type": ""}, "issue_type is not valid"),
        ({"issue_type": "x" * 101}, "issue_type is not valid"),
        ({"issue_type": "billing", "priority": "HIGH"}, "priority is not valid"),
        ({"issue_type": "billing", "customer_phone": "abc"}, "customer_phone is not a phone number"),
        ({"issue_type": "billing", "metadata": "x"}, "metadata is not valid"),
        ({"issue_type": "billing", "detected_at": "yesterday"}, "detected_at is not valid"),
        ("{", "Cannot parse"),
        ("[]", "issue_type is required"),
    ],
)
def test_a_wrong_field_is_named(create, body, error):
    response = create(body)
    assert response.status_code == 400
    assert response.json()["success"] is False
    assert error in response.json()["error"]
    assert not Issue.objects.exists()


def test_without_a_key_nothing_is_created(client):
    key, text = ApiKey.issue("n8n")
    body = json.dumps({"issue_type": "billing"})
    key.revoked_at = timezone.now()
    key.save()
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"X-API-Key": "wrong"}, {"X-API-Key": text}):
        response = client.post(CREATE, body, "application/json", headers=headers)
        assert (response.status_code, response.json()["success"]) == (401, False)
    assert not Issue.objects.exists()


def test_the_key_may_come_in_either_header(client):
    _key, text = ApiKey.issue("n8n")
    body = json.dumps({"issue_type": "billing", "customer_phone": "+5511900000001"})
    assert client.post(CREATE, body, "application/json", headers={"X-API-Key": text}).status_code == 200


def test_an_issue_without_a_phone_goes_to_a_person(create):
    issue = create({"issue_type": "billing"}).json()["issue"]
    assert issue["status"] == "escalated"


def test_the_api_describes_itself(client):
    assert client.get("/api/docs").status_code == 200
    assert "/api/issues/create" in client.get("/api/openapi.json").json()["paths"]


def test_two_programs_may_use_the_same_message_id(client):
    issues = set()
    for number, name in enumerate(["a", "b"]):
        _key, text = ApiKey.issue(name)
        body = {"issue_type": "billing", "customer_phone": f"+551190000000{number}", "message_id": "1"}
        answer = client.post(CREATE, json.dumps(body), "application/json", headers={"X-API-Key": text}).json()
        assert answer["repeated"] is False
        issues.add(answer["issue"]["id"])
    assert len(issues) == 2


def test_what_a_database_cannot_hold_is_left_out(create):
    body = {
        "issue_type": "bil\0ling",
        "message": "oi\0",
        "customer_name": "A\0na",
        "metadata": {"a\0": "b\0", "n": 1e999},
    }
    issue = create(json.dumps(body)).json()["issue"]
    assert (issue["issue_type"], issue["metadata"]) == ("billing", {"a": "b", "n": None})
