"""What programs report: what is believed, what is only noted, and what is told twice."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from issues import escalate, jobs, resolve
from issues.ingest import ingest
from issues.models import Action, InboundEvent, Issue, Message, Response
from mis_dashboard.lib.ids import uuid7
from tests.support import make
from tests.support.programs import Program

pytestmark = pytest.mark.django_db
REPLY = "Resposta automática enviada (130 chars): Oi Ana! Sinto muito..."


@pytest.fixture
def n8n(client):
    return Program(client)


@pytest.fixture
def trusted(client):
    return Program(client, "sender", trusted=True)


@pytest.fixture
def issue():
    ingest(make.inbound(priority="critical"))
    return Issue.objects.get()


def kinds() -> list[str]:
    return list(Action.objects.exclude(kind="received").values_list("kind", flat=True))


def answer_all() -> None:
    Response.objects.filter(state="waiting").update(due_at=timezone.now())
    while jobs.answer_next():
        pass


@pytest.mark.parametrize("name", ["automated-response", "escalation-needed", "no-phone"])
def test_an_action_is_answered_as_callers_of_the_old_api_expect(n8n, issue, payload, name):
    sent = payload(f"mis-issues-action-request-{name}") | {"issue_id": str(issue.pk)}
    answer = n8n.post("/api/issues/action", sent)
    body = answer.json()
    assert (answer.status_code, body["success"], body["message"]) == (200, True, "Action added successfully")
    assert set(body["action"]) == set(payload("mis-issues-action-response")["action"])
    assert {name: body["action"][name] for name in sent} == sent
    assert body["action"]["customer_response"] is None


def test_what_was_left_out_has_the_old_defaults(n8n, issue):
    body = {"issue_id": str(issue.pk), "action_type": "manual_action", "action_description": "Visto"}
    for more in ({}, {"taken_by": None, "success": None, "customer_response": None}):
        row = n8n.post("/api/issues/action", body | more).json()["action"]
        assert (row["taken_by"], row["success"], row["customer_response"]) == ("SYSTEM_AUTO", True, None)


# --- An answer that n8n says it has given --------------------------------------------------------


def test_a_reply_that_nobody_sent_is_no_first_response_but_is_not_offered_again(n8n, issue):
    n8n.action(issue, "automated_response", REPLY, taken_by="SYSTEM_AI_AGENT")
    issue.refresh_from_db()
    assert (issue.first_response_at, issue.status) == (None, "open")
    assert issue.automation_attempted_at is not None
    assert n8n.open() == []
    assert kinds() == ["noted"]


def test_our_own_answer_still_goes_out_and_then_the_issue_counts_as_answered(box, n8n, issue):
    n8n.action(issue, "automated_response", REPLY, taken_by="SYSTEM_AI_AGENT")
    answer_all()
    issue.refresh_from_db()
    assert len(box.sent) == 1
    assert issue.first_response_at == Response.objects.get().sent_at
    assert n8n.open()[0]["first_response_at"] is not None


def test_a_failed_reply_leaves_the_issue_on_offer(n8n, issue):
    n8n.action(issue, "automated_response", REPLY, success=False)
    assert [row["automation_attempted_at"] for row in n8n.open()] == [None]
    assert Action.objects.get(kind="noted").success is False


def test_the_log_of_a_reply_that_we_have_sent_counts_once(box, n8n, issue):
    n8n.send(issue, "Oi Ana! Sinto muito por isso.")
    n8n.action(issue, "automated_response", REPLY, taken_by="SYSTEM_AI_AGENT")
    answer_all()
    n8n.action(issue, "automated_response", REPLY + ".", taken_by="SYSTEM_AI_AGENT")
    assert len(box.sent) == 1
    assert kinds() == ["noted", "replied", "noted"]


def test_a_trusted_key_is_believed_and_our_own_answer_dropped(box, trusted, issue):
    before = timezone.now()
    trusted.action(issue, "automated_response", REPLY, taken_by="SYSTEM_AI_AGENT", message="Oi Ana! Sinto muito.")
    answer_all()
    assert not box.sent
    issue.refresh_from_db()
    assert before < issue.first_response_at == issue.silent_since < timezone.now()
    assert issue.status == "in_progress"
    ours, theirs = issue.responses.order_by("turn")
    assert (ours.state, theirs.state, theirs.kind, theirs.text) == (
        "cancelled",
        "sent",
        "program",
        "Oi Ana! Sinto muito.",
    )
    reply = Action.objects.get(kind="replied")
    assert (reply.by, reply.automated, reply.detail) == ("SYSTEM_AI_AGENT", True, {"how": "program"})


def test_a_trusted_keys_log_of_what_we_have_sent_for_it_counts_once(box, trusted, issue):
    trusted.send(issue, "Oi Ana! Sinto muito.")
    trusted.action(issue, "automated_response", REPLY)
    answer_all()
    trusted.action(issue, "automated_response", REPLY + ".")
    assert [m.text for m in box.sent] == ["Oi Ana! Sinto muito."]
    assert kinds().count("replied") == 1


def test_what_a_trusted_key_says_failed_is_no_answer(trusted, issue):
    trusted.action(issue, "automated_response", REPLY, success=False)
    issue.refresh_from_db()
    assert issue.first_response_at is None
    assert issue.responses.get().state == "waiting"


# --- People ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["message_sent", "call_made"])
def test_a_persons_reply_counts_when_it_is_recorded_and_silences_the_ai(box, n8n, issue, kind):
    n8n.action(issue, kind, "Liguei e expliquei o acesso", taken_by="Maria")
    answer_all()
    assert not box.sent
    issue.refresh_from_db()
    assert issue.first_response_at is not None
    assert issue.responses.get(state="sent").kind == "human"
    reply = Action.objects.get(kind="replied")
    assert (reply.by, reply.automated) == ("Maria", False)


def test_what_a_person_did_inside_the_company_answers_nobody(n8n, issue):
    n8n.action(issue, "manual_action", "Verificado com o financeiro", taken_by="Maria")
    issue.refresh_from_db()
    assert (issue.first_response_at, issue.responses.get().state) == (None, "waiting")
    note = Action.objects.get(kind="noted")
    assert (note.by, note.automated, note.detail["type"]) == ("Maria", False, "manual_action")


@pytest.mark.parametrize("name", ["system", "Customer", "whatsapp", "person"])
def test_nobody_signs_with_a_name_that_means_something_in_mis(n8n, issue, name):
    row = n8n.action(issue, "manual_action", taken_by=name).json()["action"]
    note = Action.objects.get(kind="noted")
    assert (row["taken_by"], note.by, note.automated) == ("SYSTEM_n8n", "SYSTEM_n8n", True)


# --- The other kinds ----------------------------------------------------------------------------


def test_an_issue_without_a_phone_is_not_offered_again_and_stays_unanswered(n8n):
    ingest(make.inbound(phone=None, contact_id=None))
    issue = Issue.objects.get()
    assert len(n8n.open()) == 1
    n8n.action(issue, "no_phone_available", "Cliente sem telefone", success=False)
    assert n8n.open() == []
    row = n8n.open("?include=attempted")[0]
    assert (row["first_response_at"], row["status"]) == (None, "escalated")
    assert row["automation_attempted_at"]


def test_a_needed_escalation_happens_with_its_reason_and_who_asked(n8n, issue):
    n8n.action(issue, "escalation_needed", "Requer acompanhamento humano", taken_by="SYSTEM_AUTO_TRIAGE", success=False)
    issue.refresh_from_db()
    assert (issue.status, issue.escalation_reason) == ("escalated", "Requer acompanhamento humano")
    assert issue.first_response_at is None
    assert issue.responses.get().state == "handed_over"
    action = Action.objects.get(kind="escalated")
    assert (action.by, action.automated) == ("SYSTEM_AUTO_TRIAGE", True)
    assert action.detail == {"reason": escalate.ASKED_BY_PROGRAM}
    assert [row["status"] for row in n8n.open()] == ["escalated"]


def test_an_escalation_asked_for_again_and_again_happens_once_and_ends_the_offers(n8n, issue):
    for number in range(3):
        n8n.action(issue, "escalation_needed", f"Requer acompanhamento humano ({number})")
    assert kinds() == ["noted", "escalated", "noted", "noted"]
    assert n8n.open() == []


def test_an_escalation_after_a_try_is_news(n8n, issue):
    n8n.action(issue, "automated_response", REPLY)
    assert n8n.open() == []
    escalate.escalate(issue, "cliente VIP")
    assert [row["status"] for row in n8n.open()] == ["escalated"]


def test_a_person_may_ask_for_an_escalation(n8n, issue):
    n8n.action(issue, "escalated", "Cliente VIP", taken_by="Maria")
    action = Action.objects.get(kind="escalated")
    assert (action.by, action.automated) == ("Maria", False)


@pytest.mark.parametrize("kind", ["resolved", "assigned", "automated_test", "x" * 100, "Qualquer Coisa"])
def test_any_other_kind_is_written_down_and_changes_nothing(n8n, issue, kind):
    assert n8n.action(issue, kind, "Feito").status_code == 200
    issue.refresh_from_db()
    assert (issue.status, issue.resolved_at, issue.automation_attempted_at) == ("open", None, None)
    assert (kinds(), Action.objects.get(kind="noted").detail["type"]) == (["noted"], kind)


def test_nothing_follows_for_an_issue_that_has_ended(trusted, issue):
    resolve.resolve(issue)
    trusted.action(issue, "escalation_needed", "Requer acompanhamento humano")
    trusted.action(issue, "automated_response", REPLY)
    trusted.action(issue, "message_sent", "Oi", taken_by="Maria")
    issue.refresh_from_db()
    assert (issue.status, issue.first_response_at) == ("resolved", None)
    assert kinds() == ["resolved", "noted", "noted", "noted"]


# --- Told twice, kept apart ---------------------------------------------------------------------


def test_the_same_action_within_ten_minutes_is_the_same_one(n8n, issue):
    first, second = (n8n.action(issue, "manual_action", "Ligar amanhã").json() for _ in range(2))
    assert (first["action"]["id"], first["repeated"]) == (second["action"]["id"], False)
    assert second["repeated"] is True
    assert kinds() == ["noted"]


@pytest.mark.parametrize("other", ["kind", "description", "issue", "later"])
def test_anything_else_is_another_action(n8n, issue, other):
    n8n.action(issue, "manual_action", "Ligar amanhã")
    if other == "later":
        older(minutes=10)
    where = make.issue() if other == "issue" else issue
    kind = "call_made" if other == "kind" else "manual_action"
    n8n.action(where, kind, "Ligar hoje" if other == "description" else "Ligar amanhã")
    assert kinds() == ["noted", "noted"]


def older(minutes: int) -> None:
    """As if all so far had happened earlier. The table takes no changes, so its guard is put aside for this."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE issues_action SET at = at - %s", [timedelta(minutes=minutes)])
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def test_what_a_report_quotes_is_in_no_action_and_is_kept_for_a_month(n8n, issue):
    n8n.action(issue, "call_made", "Disse que o filho está doente", customer_response="Obrigada", taken_by="Maria")
    assert not any("doente" in json.dumps(a.detail) or "Obrigada" in json.dumps(a.detail) for a in Action.objects.all())
    event = InboundEvent.objects.get(kind="issues/action")
    assert (event.issue, event.payload["customer_response"]) == (issue, "Obrigada")
    assert Message.objects.count() == 1


# --- Wrong calls --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [{}, {"issue_id": str(uuid7())}, {"action_type": "x", "action_description": "y"}],
)
def test_a_missing_field_is_refused_in_the_old_words(n8n, body, payload):
    answer = n8n.post("/api/issues/action", body)
    assert answer.status_code == 400
    assert answer.json()["success"] is False
    assert answer.json()["error"] == payload("mis-issues-action-response-400")["error"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"issue_id": "undefined"}, "issue_id is not valid"),
        ({"action_type": "x" * 101}, "action_type is not valid"),
        ({"action_description": " "}, "action_description is not valid"),
        ({"taken_by": "x" * 101}, "taken_by is not valid"),
        ({"success": "maybe"}, "success is not valid"),
        ({"customer_response": 5}, "customer_response is not valid"),
    ],
)
def test_a_wrong_field_is_named(n8n, issue, changes, error):
    body = {"issue_id": str(issue.pk), "action_type": "manual_action", "action_description": "Feito"} | changes
    answer = n8n.post("/api/issues/action", body)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert answer.json()["error"].startswith(error)
    assert kinds() == []


def test_an_unknown_issue_is_not_found(n8n):
    body = {"issue_id": str(uuid7()), "action_type": "manual_action", "action_description": "Feito"}
    answer = n8n.post("/api/issues/action", body)
    assert (answer.status_code, answer.json()["error"]) == (404, "issue_id: there is no such issue")
