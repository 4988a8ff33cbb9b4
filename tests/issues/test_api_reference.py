"""/api/docs: what stands there is what the API does."""

import json
import re

import pytest

from issues.api import api, examples, reference
from issues.ingest import ingest
from issues.models import ApiKey, Issue
from tests.support import make

pytestmark = pytest.mark.django_db
OPERATIONS = reference.operations(api.get_openapi_schema(), "http://testserver")


@pytest.fixture
def issue(box):
    """One of the customer in the examples, who waits for an answer."""
    ingest(make.inbound(phone="+5511900000001"))
    return Issue.objects.get()


def shape(value):
    """Its names, without what they hold."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else None


def test_every_address_is_described_with_a_call_and_an_answer():
    assert {one["path"].removeprefix("/api") for one in OPERATIONS} == set(examples.CALLS)
    assert all(one["summary"] and one["about"] and one["call"] for one in OPERATIONS)


@pytest.mark.parametrize("address", examples.CALLS)
def test_an_example_is_answered_as_it_says(client, address, issue):
    body, answer = examples.CALLS[address]
    text = json.dumps(body).replace(examples.ISSUE_ID, str(issue.pk)) if body else None
    headers = {"Authorization": f"Bearer {ApiKey.issue('n8n')[1]}"}
    call = client.post if body else client.get
    found = call(f"/api{address}", *([text, "application/json"] if body else []), headers=headers)
    assert found.status_code == 200, found.content
    assert shape(found.json()) == shape(answer)


def test_the_page_says_what_each_field_holds_and_needs_no_script(client):
    page = client.get("/api/docs").content.decode()
    assert Issue.objects.count() == 0
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    for words in (
        "issue_type text, 1 to 100 characters needed",
        "priority low, medium, high or critical medium",
        "limit whole number, 1 to 200 50 how many at most",
        "issue_id identifier (UUID) needed",
        "detected_at time in ISO 8601 with its zone — when it was noticed; without it, now",
        "success true or false true",
    ):
        assert words in text, words
    assert re.findall(r"<script[^>]*>(?!</script>)", page) == []


def test_words_between_backquotes_are_code_and_nothing_else_is_markup():
    assert reference.paragraphs("Send `<id>`\nor <b>.\n\nElse.") == [
        "Send <code>&lt;id&gt;</code> or &lt;b&gt;.",
        "Else.",
    ]
