"""The workflows that called the predecessor run against this API with only address and key changed, and do no harm."""

from datetime import timedelta

import pytest
from django.utils import timezone

from issues import jobs
from issues.ingest import ingest
from issues.models import Action, Issue, Response
from tests.support import make, old_workflows
from tests.support.n8n import N8n
from tests.support.programs import Program

pytestmark = pytest.mark.django_db
SAID = "Oi Ana! Já encontrei o seu cadastro: peça uma nova senha na tela de entrada."


@pytest.fixture
def n8n(client):
    """n8n with a key in the credential that every node uses, and a model that always says the same."""
    return N8n(client, {"MIS": Program(client).headers}, thinks=lambda prompt: SAID)


def critical(number: int = 1, **changes) -> Issue:
    given = {"phone": f"+55119000{number:05d}", "contact_id": f"ct-{number}", "priority": "critical"}
    return Issue.objects.get(pk=ingest(make.inbound(**(given | changes))).issue_id)


def answer_all() -> None:
    Response.objects.filter(state="waiting").update(due_at=timezone.now())
    while jobs.answer_next():
        pass


def answered(box) -> list[str]:
    return sorted(message.phone for message in box.sent)


def test_optimized_sends_logs_and_never_tells_anybody_twice(box, n8n):
    issue = critical()
    first = n8n.run(old_workflows.optimized())
    assert first.error is None
    assert [(call.path, call.status) for call in first.calls] == [
        ("/api/issues/open", 200),
        ("/api/whatsapp/send", 200),
        ("/api/issues/action", 200),
    ]
    # What the log wrote came out of the answer to the send, where `$json` looks for it.
    log = first.calls[-1].body
    assert log["issue_id"] == str(issue.pk)
    assert log["action_description"] == f"Resposta automática enviada ({len(SAID)} chars, n8n): {SAID[:100]}"
    for _minute in range(5):
        answer_all()
        again = n8n.run(old_workflows.optimized())
        assert (again.error, len(again.calls)) == (None, 1)
    assert [m.text for m in box.sent] == [SAID]
    assert Action.objects.filter(kind="replied").count() == 1


def test_optimized_pairs_every_reply_with_the_first_issue_and_still_nobody_is_told_twice_or_left_out(box, n8n):
    for number in range(1, 6):
        critical(number)
    for _minute in range(8):
        n8n.run(old_workflows.optimized())
        answer_all()
    assert answered(box) == [f"5511900000{number:03d}" for number in range(1, 6)]


def test_when_all_replies_are_paired_with_the_first_issue_its_customer_still_hears_one(box, n8n):
    words = iter(f"Resposta {number}" for number in range(100))
    n8n.thinks = lambda prompt: next(words)
    for number in range(1, 4):
        critical(number)
    run = n8n.run(old_workflows.optimized(old_workflows.FORMAT_EACH))
    assert [call.status for call in run.to("/api/whatsapp/send")] == [200, 409]
    answer_all()
    for _minute in range(5):
        assert n8n.run(old_workflows.optimized(old_workflows.FORMAT_EACH)).error is None
        answer_all()
    assert answered(box) == [f"5511900000{number:03d}" for number in range(1, 4)]


def test_optimized_while_we_cannot_speak_neither_repeats_itself_nor_loses_the_answer(box, n8n):
    critical()
    box.set_evolution(connection_closed=1)
    words = iter(f"Resposta {number}" for number in range(10))
    n8n.thinks = lambda prompt: next(words)
    for _minute in range(4):
        n8n.run(old_workflows.optimized())
        answer_all()
    box.set_evolution(connection_closed=0)
    answer_all()
    assert [m.text for m in box.sent] == ["Resposta 0"]


def test_optimized_is_stopped_once_and_not_each_minute_by_an_issue_that_a_person_has(box, n8n):
    issue = critical()
    Response.objects.update(state="handed_over")
    Issue.objects.filter(pk=issue.pk).update(status="escalated", escalated_at=timezone.now())
    runs = [n8n.run(old_workflows.optimized()) for _minute in range(3)]
    assert [run.error and run.error["status"] for run in runs] == [409, None, None]
    assert not box.sent


def test_fixed_says_that_it_answered_and_we_do(box, n8n):
    issue = critical()
    runs = [n8n.run(old_workflows.fixed()) for _minute in range(3)]
    assert [len(run.calls) for run in runs] == [2, 1, 1]
    issue.refresh_from_db()
    assert issue.first_response_at is None
    answer_all()
    issue.refresh_from_db()
    assert issue.first_response_at is not None
    assert len(box.sent) == 1
    assert SAID not in box.sent[0].text


@pytest.mark.parametrize("workflow", [old_workflows.optimized(), old_workflows.fixed()])
def test_a_customer_without_a_phone_is_not_offered_again_each_minute(n8n, workflow):
    critical(phone=None)
    runs = [n8n.run(workflow) for _minute in range(3)]
    assert [run.error for run in runs] == [None] * 3
    assert [len(run.to("/api/issues/action")) for run in runs] == [1, 0, 0]
    assert Issue.objects.get().first_response_at is None


def test_direct_fails_at_evolution_and_we_answer(box, n8n):
    critical()
    run = n8n.run(old_workflows.direct())
    assert (run.error["node"], run.error["status"]) == ("Evolution", 404)
    answer_all()
    assert len(box.sent) == 1


def test_direct_with_its_path_repaired_and_a_key_that_is_trusted_answers_instead_of_us(box, client):
    sent = []
    program = Program(client, "trusted", trusted=True)
    n8n = N8n(
        client,
        {"MIS": program.headers},
        thinks=lambda prompt: SAID,
        elsewhere=lambda url, body: (sent.append(body), (200, {"id": issue_id, "ai_response": SAID}))[1],
    )
    issue = critical()
    issue_id = str(issue.pk)
    for _minute in range(3):
        assert n8n.run(old_workflows.direct()).error is None
        answer_all()
    assert ([body["text"] for body in sent], box.sent) == ([SAID], [])
    issue.refresh_from_db()
    assert issue.first_response_at is not None


def silent_for_three_hours() -> Issue:
    issue, answered_at = critical(), timezone.now() - timedelta(hours=3)
    Response.objects.update(state="sent", sent_at=answered_at, text="Oi", kind="ai")
    Issue.objects.update(first_response_at=answered_at, status="in_progress")
    return issue


def test_auto_resolve_is_stopped_with_a_reason_and_closes_nothing(n8n):
    issue = silent_for_three_hours()
    n8n.thinks = lambda prompt: "Não é tão simples."
    runs = [n8n.run(old_workflows.auto_resolve()) for _poll in range(3)]
    assert {run.error["status"] for run in runs} == {400}
    assert "auto-resolve" in runs[0].calls[0].answer["error"]
    issue.refresh_from_db()
    assert (issue.status, issue.customer_satisfaction) == ("in_progress", None)


def test_auto_resolve_that_asks_without_all_closes_without_an_invented_rating(n8n):
    issue = silent_for_three_hours()
    n8n.thinks = lambda prompt: "SIM"
    runs = [n8n.run(old_workflows.auto_resolve("?limit=100")) for _poll in range(3)]
    assert [run.error for run in runs] == [None] * 3
    issue.refresh_from_db()
    assert (issue.status, issue.resolved_by, issue.resolution_basis) == ("resolved", "SYSTEM_AUTO_RESOLVE", "program")
    assert issue.customer_satisfaction is None
    assert Action.objects.filter(kind="resolved").count() == 1
    assert not Action.objects.filter(kind="rated").exists()


def test_crt_stops_at_its_first_get_without_a_body(n8n):
    run = n8n.run(old_workflows.crt(), {"message": "oi"})
    assert (run.error["node"], run.error["status"]) == ("Create", 405)
    assert not Issue.objects.exists()


def test_without_the_key_nothing_runs(client):
    critical()
    run = N8n(client, {}).run(old_workflows.optimized())
    assert run.error["status"] == 401
    assert [call.status for call in run.calls] == [401]
