"""The workflow files that come with MIS are whole, hold no secrets, and do what they say."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from issues import escalate, jobs
from issues.ingest import ingest
from issues.models import Action, Issue, Response
from mis_dashboard.lib.doors import refuse
from tests.support import make
from tests.support.n8n import N8n
from tests.support.programs import Program

pytestmark = pytest.mark.django_db
FOLDER = Path(__file__).resolve().parents[2] / "integrations" / "n8n"
FILES = sorted(FOLDER.glob("*.json"))
FORWARDER, SAFETY_NET = (json.loads((FOLDER / name).read_text()) for name in ("crm-forwarder.json", "safety-net.json"))
STARTS = re.compile(r"Trigger$|\.webhook$")


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def workflow(request) -> dict:
    return json.loads(request.param.read_text())


def targets(workflow: dict) -> list[tuple[str, str]]:
    return [
        (name, target["node"])
        for name, lines in workflow["connections"].items()
        for side in lines["main"]
        for target in side
    ]


def test_every_node_has_a_name_and_an_id_of_its_own_and_is_reached(workflow):
    nodes = [node for node in workflow["nodes"] if not node["type"].endswith("stickyNote")]
    for part in ("name", "id"):
        assert len({node[part] for node in workflow["nodes"]}) == len(workflow["nodes"])
    names = {node["name"] for node in nodes}
    starts = {node["name"] for node in nodes if STARTS.search(node["type"])}
    connected = targets(workflow)
    assert {name for pair in connected for name in pair} <= names
    assert len(starts) == 1
    assert starts | {target for _name, target in connected} == names


def test_it_is_off_when_imported_and_holds_no_secret(workflow):
    text = json.dumps(workflow)
    assert workflow["active"] is False
    assert not re.search(r"mis_[\w-]{20,}|Bearer |apikey|X-MIS-Webhook-Secret", text)
    assert set(re.findall(r"https?://[\w.-]+", text)) == {"https://mis.example.com"}
    for node in workflow["nodes"]:
        if node["type"].endswith("httpRequest"):
            assert node["parameters"]["authentication"] == "genericCredentialType"
            assert set(node["credentials"]["httpHeaderAuth"]) == {"name"}


def test_nothing_in_it_pairs_with_the_first_item(workflow):
    assert ".first()" not in json.dumps(workflow)


def test_every_file_is_explained():
    readme = (FOLDER / "README.md").read_text()
    for path in FILES:
        assert path.name in readme
        for name in re.findall(r'"httpHeaderAuth": \{\s*"name": "([^"]+)"', path.read_text()):
            assert name in readme


# --- The forwarder ------------------------------------------------------------------------------


@pytest.fixture
def forwarder(client, settings):
    settings.GHL_WEBHOOK_SECRET = ["s3cret"]
    return N8n(client, {"MIS webhook secret": {"X-MIS-Webhook-Secret": "s3cret"}})


@pytest.mark.parametrize("name", ["ghl-workflow-custom-webhook", "ghl-workflow-webhook-customer-replied"])
def test_what_gohighlevel_tells_is_an_issue_once_however_often_it_tells(forwarder, payload, name):
    for _ in range(3):
        run = forwarder.run(FORWARDER, {"headers": {}, "query": {}, "body": payload(name)})
        assert (run.error, [call.status for call in run.calls]) == (None, [200])
    assert Issue.objects.count() == 1
    assert Issue.objects.get().messages.count() == 1


class Restarting:
    """MIS while its database is being restarted: so many calls are refused, the next ones reach `client`."""

    def __init__(self, client, refusals: int):
        self.client, self.refusals = client, refusals

    def generic(self, *args, **kwargs):
        self.refusals -= 1
        return refuse(429, "Not stored.") if self.refusals >= 0 else self.client.generic(*args, **kwargs)


def test_a_database_that_is_away_is_waited_for_and_the_event_is_stored_once(forwarder, payload):
    forwarder.client = Restarting(forwarder.client, 2)
    run = forwarder.run(FORWARDER, {"body": payload("ghl-workflow-custom-webhook")})
    assert [call.status for call in run.calls] == [429, 429, 200]
    assert (run.waits, run.error) == ([30, 30], None)
    assert len({json.dumps(call.body) for call in run.calls}) == 1
    assert Issue.objects.count() == 1


def test_after_half_an_hour_the_forwarder_says_that_it_failed(forwarder, payload):
    forwarder.client = Restarting(forwarder.client, 1000)
    run = forwarder.run(FORWARDER, {"body": payload("ghl-workflow-custom-webhook")})
    assert (len(run.calls), sum(run.waits)) == (60, 59 * 30)
    assert run.error["node"] == "Not delivered"


def test_an_event_that_can_never_be_read_is_not_tried_again(forwarder):
    run = forwarder.run(FORWARDER, {"body": {"phone": "abc"}})
    assert ([call.status for call in run.calls], run.waits) == ([400], [])
    assert run.error["node"] == "Not delivered"


def test_the_same_words_without_any_id_are_one_event_within_a_minute(forwarder):
    body = {"phone": "+5511900000001", "message": "Não abre"}
    keys = {forwarder.run(FORWARDER, {"body": body}).calls[0].body["event_id"] for _ in range(2)}
    other = forwarder.run(FORWARDER, {"body": body | {"message": "Não abre!"}}).calls[0].body["event_id"]
    assert len(keys) <= 2  # two, when the minute turned in between
    assert other not in keys
    assert "abre" not in "".join(keys)


# --- The safety net -----------------------------------------------------------------------------


@pytest.fixture
def net(client):
    """n8n with a key; whatever a workflow waits for, our worker has done then."""
    return N8n(client, {"MIS API key": Program(client).headers}, before=lambda call: "wait" in call and answer_all())


def answer_all() -> None:
    Response.objects.filter(state="waiting").update(due_at=timezone.now())
    while jobs.answer_next():
        pass


def waiting(number: int, *, minutes: int = 11, **changes) -> Issue:
    given = {"phone": f"+55119000{number:05d}", "contact_id": f"ct-{number}", "name": f"Ana{number} Exemplo"}
    occurred_at = timezone.now() - timedelta(minutes=minutes)
    outcome = ingest(make.inbound(**(given | {"occurred_at": occurred_at} | changes)))
    return Issue.objects.get(pk=outcome.issue_id)


def test_nobody_who_waits_normally_is_touched(box, net):
    waiting(1, minutes=9)
    run = net.run(SAFETY_NET)
    assert (run.error, [call.path for call in run.calls]) == (None, ["/api/issues/open"])


def test_whoever_waited_too_long_hears_so_in_their_own_words_and_a_person_is_called(box, net):
    issues = [waiting(number) for number in (1, 2, 3)]
    for _poll in range(3):
        assert net.run(SAFETY_NET).error is None
    said = {m.phone: m.text for m in box.sent}
    assert len(box.sent) == 3
    for number in (1, 2, 3):
        assert said[f"551190000000{number}"].startswith(f"Oi, Ana{number}. Desculpe a demora.")
    for issue in issues:
        issue.refresh_from_db()
        assert (issue.status, bool(issue.first_response_at)) == ("escalated", True)
    assert Action.objects.filter(kind="escalated", by="SYSTEM_AUTO_TRIAGE").count() == 3


def test_without_a_phone_only_a_person_is_called_and_once(net):
    issue = waiting(1, phone=None)
    runs = [net.run(SAFETY_NET) for _poll in range(3)]
    assert [[call.path for call in run.calls][1:] for run in runs] == [["/api/issues/action"], [], []]
    issue.refresh_from_db()
    assert (issue.status, issue.first_response_at) == ("escalated", None)


def test_a_refused_send_does_not_keep_the_others_from_being_seen_to(box, net, settings):
    for number in (1, 2):
        waiting(number)
    settings.EVOLUTION_API_KEY = ""
    run = net.run(SAFETY_NET)
    assert (run.error, [call.status for call in run.calls]) == (None, [200, 503, 503, 200, 200])
    assert set(Issue.objects.values_list("status", flat=True)) == {"escalated"}


def test_who_was_answered_in_the_meantime_is_left_alone(box, net):
    waiting(1)
    net.before = lambda call: call.get("url", "").endswith("/send") and answer_all()
    run = net.run(SAFETY_NET)
    assert [call.status for call in run.calls] == [200, 409]
    assert len(box.sent) == 1
    assert Issue.objects.get().status == "in_progress"


def test_who_has_a_person_already_is_left_alone(net):
    escalate.escalate(waiting(1), "cliente VIP")
    assert [call.path for call in net.run(SAFETY_NET).calls] == ["/api/issues/open"]
