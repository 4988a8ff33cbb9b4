"""What ends by itself, and what must not: thanks, silence, the AI's judgement, and all that may come in between."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from issues import ai, budget, claim, escalate, jobs, respond, silence, think
from issues.ai.base import Answer, Blocked, Unavailable, Usage
from issues.ai.forms import Judgement
from issues.ingest import ingest
from issues.models import AICall, Issue, Policy, PromptVersion, Response
from issues.models.policy import Token
from mis_dashboard.lib import recent
from mis_dashboard.models import Job
from tests.support import make
from tests.support.make import NOW

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
DUE = NOW + timedelta(minutes=120)  # the policy's 120 minutes after our answer at NOW


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(think, "PAUSE_S", 0)


@pytest.fixture
def ana():
    return get_user_model().objects.create(username="ana")


class Model:
    """A model that judges as told, and does what a test wants to happen while it thinks."""

    def __init__(self):
        self.prompts, self.says, self.meanwhile = [], Judgement(resolved=True, reason="orientado"), lambda: None

    def think(self, prompt, *, model, timeout_s):
        self.prompts.append(prompt)
        self.meanwhile()
        if isinstance(self.says, Exception):
            raise self.says
        return Answer(self.says, Usage(700, 20, 0, 0), model, 0.4)


@pytest.fixture
def model(monkeypatch, settings):
    settings.GEMINI_API_KEY = "key"
    model = Model()
    monkeypatch.setattr(ai, "thinker", lambda: model)
    return model


def silent(at=NOW, text="Redefina a senha pelo link Esqueci a senha.", **changes) -> Issue:
    """An issue that we answered in substance at `at`, and whose customer has been silent since."""
    given = {"status": "in_progress", "first_response_at": at, "silent_since": at} | changes
    issue = make.issue(at=at - MINUTE, **given)
    issue.messages.create(turn=1, text=issue.text, sent_at=at - MINUTE)
    say(issue, text, at=at)
    return issue


def say(issue, text, *, at, turn=1, kind="ai", **changes) -> Response:
    return make.response(issue, turn=turn, state="sent", sent_at=at, kind=kind, text=text, **changes)


def after(issue: Issue, now=DUE) -> Issue:
    silence.triage(issue.pk, now=now)
    issue.refresh_from_db()
    return issue


def triages(issue: Issue) -> list[dict]:
    return list(issue.actions.filter(kind="triaged").values_list("detail", flat=True))


class TestSilence:
    def test_what_the_ai_calls_solved_is_resolved_by_silence(self, model):
        issue = after(silent())
        assert (issue.status, issue.resolved_by, issue.resolution_basis) == ("resolved", "system", "silence")
        assert issue.silent_since is None
        assert triages(issue) == [{"resolved": True}]
        call = AICall.objects.get()
        assert (call.issue, call.response, call.prompt.name, call.outcome) == (issue, None, "triage", "answered")

    def test_what_it_does_not_call_solved_goes_to_a_person_with_its_words(self, model):
        model.says = Judgement(resolved=False, reason="o cliente ainda espera a segunda via")
        issue = after(silent())
        assert (issue.status, issue.escalation_reason) == ("escalated", "o cliente ainda espera a segunda via")
        assert triages(issue) == [{"resolved": False}]
        assert issue.actions.get(kind="escalated").detail == {"reason": escalate.NOT_SOLVED}

    def test_the_ai_sees_the_whole_conversation_our_last_word_included(self, model):
        after(silent())
        _header, customer, ours, _question = model.prompts[0].turns
        assert "Não consigo entrar" in customer.text
        assert ours.text == "Redefina a senha pelo link Esqueci a senha."

    @pytest.mark.parametrize(("early", "status"), [(timedelta(seconds=1), "in_progress"), (timedelta(), "resolved")])
    def test_it_is_right_to_the_second(self, model, early, status):
        assert after(silent(), DUE - early).status == status

    def test_after_a_night_of_downtime_it_is_late_and_not_forgotten(self, model):
        assert after(silent(), NOW + timedelta(hours=14)).status == "resolved"

    def test_twice_is_once(self, model):
        issue = silent()
        after(issue)
        after(issue)
        assert len(model.prompts) == 1
        assert issue.actions.filter(kind="resolved").count() == 1

    def test_a_changed_policy_counts_at_once_for_those_already_silent(self, model):
        issue = silent()
        assert after(issue, NOW + 31 * MINUTE).status == "in_progress"
        Policy.objects.update(auto_resolve_after_minutes=30)
        recent.forget()
        assert after(issue, NOW + 31 * MINUTE).status == "resolved"

    def test_a_longer_policy_spares_those_that_were_due(self, model):
        Policy.objects.update(auto_resolve_after_minutes=180)
        assert after(silent()).status == "in_progress"

    def test_muted_automation_ends_nothing(self, model):
        Policy.objects.update(muted=True)
        assert after(silent()).status == "in_progress"
        assert model.prompts == []

    @pytest.mark.parametrize("state", ["waiting", "thinking", "writing", "speaking", "unsure"])
    def test_nothing_ends_while_somebody_waits_for_our_words(self, model, state):
        issue = silent()
        claimed = {"claimed_by": make.uuid7(), "claimed_at": NOW}
        make.response(issue, turn=2, state=state, **claimed)
        assert after(issue).status == "in_progress"
        assert model.prompts == []

    def test_an_issue_in_a_persons_hands_is_left_to_that_person(self, model):
        issue = silent(status="escalated", escalated_at=NOW)
        assert (after(issue).status, issue.silent_since) == ("escalated", None)
        assert model.prompts == []


class TestWhatAPersonMustEnd:
    def handed_over(self, issue: Issue, model: Model) -> str:
        issue = after(issue)
        assert model.prompts == []
        assert triages(issue) == [{"reason": issue.escalation_reason}]
        return issue.escalation_reason if issue.status == "escalated" else issue.status

    def test_a_critical_issue(self, model):
        assert self.handed_over(silent(priority="critical"), model) == escalate.CRITICAL

    def test_an_answer_that_never_arrived(self, model):
        issue = silent()
        issue.responses.update(delivery="failed")
        assert self.handed_over(issue, model) == escalate.NOT_DELIVERED

    def test_an_answer_that_never_arrived_and_was_repeated_with_success_counts_no_more(self, model):
        issue = silent()
        issue.responses.update(delivery="failed")
        say(issue, "Redefina a senha pelo link.", at=NOW + MINUTE, turn=2, kind="human", delivery="delivered")
        assert after(issue).status == "resolved"

    def test_a_promise_of_ours(self, model):
        issue = silent(text="Oi, Ana! Vou verificar com o financeiro e te aviso.")
        assert self.handed_over(issue, model) == escalate.PROMISED

    def test_a_promise_made_earlier_in_the_conversation(self, model):
        issue = silent(at=NOW)
        Response.objects.filter(issue=issue).update(turn=2)
        say(issue, "Assim que tiver novidades, aviso por aqui.", at=NOW - MINUTE / 2, turn=1)
        assert self.handed_over(issue, model) == escalate.PROMISED

    def test_a_promise_that_a_person_has_kept_is_over(self, model):
        issue = silent(text="Vou verificar com o financeiro e te aviso.")
        say(issue, "Ana, a cobrança foi feita em dobro e já está cancelada.", at=NOW + MINUTE, turn=2, kind="human")
        assert after(issue).status == "resolved"

    def test_a_persons_own_promise_is_a_promise(self, model):
        issue = silent()
        say(issue, "Ana, vou conferir e te retorno hoje.", at=NOW + MINUTE, turn=2, kind="human")
        assert self.handed_over(issue, model) == escalate.PROMISED

    def test_what_a_template_promised_is_kept_by_the_answer_in_substance(self, model):
        issue = silent()
        Response.objects.filter(issue=issue).update(turn=2, purpose="follow_up")
        say(issue, "Recebemos sua mensagem e já estamos verificando.", at=NOW - MINUTE / 2, turn=1, kind="template")
        assert after(issue).status == "resolved"

    def test_a_template_after_the_answer_leaves_its_promise_open(self, model):
        issue = silent()
        say(issue, "Recebemos sua mensagem e já estamos verificando.", at=NOW + MINUTE, turn=2, kind="template")
        assert self.handed_over(issue, model) == escalate.PROMISED

    def test_a_question_for_a_rating_promises_nothing_and_may_fail(self, model):
        issue = silent()
        say(issue, "Vamos retornar", at=NOW, turn=2, kind="template", purpose="survey", delivery="failed")
        assert after(issue).status == "resolved"


class TestWhileTheAIThinks:
    def test_the_customer_who_writes_meanwhile_is_answered_and_the_judgement_is_void(self, model):
        issue = silent()
        words = make.inbound(phone=issue.customer.phone, contact_id=issue.customer.contact_id, text="Não deu certo")
        model.meanwhile = lambda: ingest(words, now=DUE)
        issue = after(issue)
        assert (issue.status, issue.silent_since) == ("in_progress", None)
        assert issue.responses.get(turn=2).state == "waiting"
        assert AICall.objects.count() == 1  # it was paid for
        assert triages(issue) == []

    def test_a_new_answer_meanwhile_begins_a_new_silence(self, model):
        issue = silent(at=NOW - 10 * MINUTE)
        model.meanwhile = lambda: Issue.objects.update(silent_since=NOW)
        issue = after(issue)
        assert (issue.status, issue.silent_since) == ("in_progress", NOW)

    def test_a_person_who_takes_over_meanwhile_keeps_the_issue(self, model):
        issue = silent()
        model.meanwhile = lambda: escalate.escalate(issue, "Olho eu")
        assert after(issue).escalation_reason == "Olho eu"

    def test_an_issue_that_turns_critical_meanwhile_is_not_ended(self, model):
        issue = silent()
        model.meanwhile = lambda: Issue.objects.update(priority="critical")
        assert after(issue).escalation_reason == escalate.CRITICAL

    def test_who_resolved_it_meanwhile_has_resolved_it(self, model, ana):
        issue = silent()
        model.meanwhile = lambda: silence.resolve.resolve(issue, user=ana)
        assert after(issue).resolution_basis == "human"


class TestWithoutAnAI:
    def at(self, issue, minutes):
        return after(issue, DUE + minutes * MINUTE)

    def test_after_fifteen_minutes_a_person_judges(self, model):
        model.says = Unavailable("down")
        issue = silent()
        for minutes in (0, 1, 14):
            assert self.at(issue, minutes).status == "in_progress"
        assert self.at(issue, 15).escalation_reason == escalate.NOT_JUDGED
        first, *others = issue.actions.filter(kind="triaged")
        assert (first.success, first.detail["why"][0], first.at) == (False, "unavailable", DUE)
        assert [action.detail for action in others] == [{"reason": escalate.NOT_JUDGED}]

    def test_an_ai_that_comes_back_in_time_judges(self, model):
        model.says = Unavailable("down")
        issue = silent()
        self.at(issue, 0)
        silence.think.breaker.Breaker.objects.all().delete()
        silence.think.breaker._states.forget()
        model.says = Judgement(resolved=True)
        assert self.at(issue, 14).status == "resolved"

    def test_over_the_budget_is_as_good_as_away(self, model):
        Policy.objects.update(ai_per_minute=1)
        budget.spend(Policy.objects.get(), critical=False)
        issue = silent()
        assert self.at(issue, 0).status == "in_progress"
        assert issue.actions.get(kind="triaged").detail["why"] == ["over_budget"]
        assert model.prompts == []

    def test_what_the_ai_refuses_to_judge_goes_to_a_person_at_once(self, model):
        model.says = Blocked("refused")
        assert after(silent()).escalation_reason == escalate.NOT_JUDGED

    def test_our_own_errors_end_like_the_ais(self, model):
        PromptVersion.objects.update(active=False)
        recent.forget()
        issue = silent()
        assert self.at(issue, 0).status == "in_progress"
        assert self.at(issue, 15).escalation_reason == escalate.NOT_JUDGED

    def test_failures_of_an_earlier_silence_do_not_count(self, model):
        model.says = Unavailable("down")
        issue = silent()
        self.at(issue, 0)
        Issue.objects.update(silent_since=DUE + MINUTE)
        assert self.at(issue, 125).status == "in_progress"


class TestTheClock:
    """Times are real here: the queue has a clock of its own."""

    def overdue(self, count=1, **changes):
        return [silent(at=timezone.now() - timedelta(hours=9), **changes) for _ in range(count)]

    def work(self):
        """What the workers do with what is queued now; how many issues were looked at."""
        looked = 0
        for job in Job.objects.filter(name="triage", due_at__lte=timezone.now()):
            job.delete()
            jobs.triage(*job.args)
            looked += jobs.judge_next()
        return looked

    def test_the_sweep_queues_what_is_due_and_leaves_the_rest(self, model):
        [due] = self.overdue()
        silent(at=timezone.now() - timedelta(minutes=119))
        jobs.sweep()
        job = Job.objects.get(name="triage")
        assert (job.args, job.key) == ([str(due.pk)], f"triage {due.pk}")
        assert self.work() == 1
        due.refresh_from_db()
        assert due.status == "resolved"

    def test_one_that_is_being_looked_at_is_not_queued_again(self, model):
        self.overdue()
        jobs.sweep()
        Job.objects.update(leased_by=make.uuid7(), leased_until=timezone.now() + MINUTE)
        jobs.sweep()
        assert Job.objects.filter(name="triage").count() == 1

    def test_what_was_not_judged_is_looked_at_again_in_a_minute(self, model):
        model.says = Unavailable("down")
        self.overdue()
        jobs.sweep()
        self.work()
        jobs.sweep()
        again = Job.objects.get(name="triage")
        assert timedelta(seconds=58) < again.due_at - timezone.now() <= MINUTE

    def test_what_was_judged_is_looked_at_for_the_last_time(self, model):
        [issue] = self.overdue()
        jobs.sweep()
        self.work()
        Job.objects.filter(name="triage").delete()
        jobs.triage(str(issue.pk))
        assert not Job.objects.filter(name="triage").exists()
        assert not jobs.judge_next()

    def test_a_backlog_drains_the_longest_silence_first_and_leaves_half_of_the_budget_to_who_waits(self, model):
        Policy.objects.update(ai_per_minute=10)
        recent.forget()
        backlog = self.overdue(12)
        Issue.objects.filter(pk=backlog[7].pk).update(silent_since=timezone.now() - timedelta(hours=20))
        jobs.sweep()
        assert Job.objects.filter(name="triage").order_by("id")[0].args == [str(backlog[7].pk)]
        for _second in range(6):
            self.work()
            jobs.sweep()
        assert len(model.prompts) == 5
        assert Issue.objects.filter(status="resolved").count() == 5
        assert sum(budget.spend(Policy.objects.get(), critical=False) for _ in range(10)) == 5
        assert Issue.objects.filter(status="escalated").count() == 0

    def test_a_slow_ai_is_not_buried_under_what_is_silent(self, model, monkeypatch):
        monkeypatch.setattr(jobs, "SILENT_A_MINUTE", 3)
        backlog = self.overdue(5)
        for _second in range(3):
            jobs.sweep()
        assert Job.objects.filter(name="triage").count() == 3
        for _again in range(2):
            jobs.triage(str(backlog[0].pk))
        assert len(jobs.to_judge) == 1

    def test_the_backlog_goes_on_when_the_minute_is_over(self, model):
        Policy.objects.update(ai_per_minute=2)
        recent.forget()
        self.overdue(2)
        for _minute in range(2):
            jobs.sweep()
            self.work()
            Token.objects.update(free_at=NOW - timedelta(days=3650))
            Job.objects.update(due_at=timezone.now())
        self.work()
        assert Issue.objects.filter(status="resolved").count() == 2


class TestThanks:
    def turn(self, issue: Issue, *texts: str, at=None):
        """The customer's next turn, claimed."""
        at = at or timezone.now()
        for second, text in enumerate(texts):
            words = {"phone": issue.customer.phone, "contact_id": issue.customer.contact_id, "text": text}
            ingest(make.inbound(**words), now=at + timedelta(seconds=second))
        Response.objects.filter(state="waiting").update(due_at=timezone.now() - MINUTE)
        return claim.claim(make.uuid7())

    def answered(self, **changes) -> Issue:
        return silent(at=timezone.now() - timedelta(minutes=5), **changes)

    def end(self, claimed) -> Issue:
        respond.respond(claimed)
        claimed.response.refresh_from_db()
        return Issue.objects.get(pk=claimed.response.issue_id)

    @pytest.mark.parametrize(
        "words", ["Obrigado!", "valeu, resolveu", "Deu certo, muito obrigada 🙏", "Thanks, it works now"]
    )
    def test_whoever_confirms_has_ended_the_issue_and_hears_nothing_more(self, box, words):
        claimed = self.turn(self.answered(), words)
        issue = self.end(claimed)
        assert (issue.status, issue.resolution_basis, issue.resolved_by) == ("resolved", "customer_confirmed", "system")
        assert claimed.response.state == "cancelled"
        assert (box.sent, box.gemini_calls) == ([], 0)

    def test_the_whole_turn_counts(self, box):
        claimed = self.turn(self.answered(), "Obrigado", "mas ainda não funciona")
        assert self.end(claimed).status == "in_progress"
        assert len(box.sent) == 1

    def test_thanks_in_two_messages_are_thanks(self, box):
        claimed = self.turn(self.answered(), "Deu certo", "obrigada!")
        assert self.end(claimed).status == "resolved"

    def test_the_first_word_of_an_issue_is_answered_even_if_it_is_thanks(self, box):
        issue = make.issue(text="Obrigado!")
        claimed = self.turn(issue, "Obrigado!")
        assert self.end(claimed).status == "in_progress"
        assert len(box.sent) == 1

    def test_who_has_only_heard_a_template_is_answered_by_the_ai(self, box):
        issue = self.answered()
        issue.responses.update(kind="template")
        assert self.end(self.turn(issue, "Obrigada")).status == "in_progress"
        assert len(box.sent) == 1

    def test_taking_note_ends_nothing_and_needs_no_answer(self, box):
        claimed = self.turn(self.answered(), "ok 👍")
        issue = self.end(claimed)
        assert (issue.status, claimed.response.state, box.sent) == ("in_progress", "cancelled", [])
        assert timezone.now() - issue.silent_since < MINUTE
        assert triages(issue) == [{"why": "only_thanks"}]

    def test_ok_to_a_question_of_ours_is_an_answer_to_it(self, box):
        issue = self.answered(text="Posso confirmar o e-mail do cadastro?")
        self.end(self.turn(issue, "ok"))
        assert len(box.sent) == 1

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"text": "Vou verificar com o financeiro e te aviso."}, escalate.PROMISED),
            ({"priority": "critical"}, escalate.CRITICAL),
        ],
    )
    def test_thanks_for_what_is_still_open_need_no_answer_and_silence_hands_it_to_a_person(self, box, changes, reason):
        claimed = self.turn(self.answered(**changes), "Obrigado!")
        issue = self.end(claimed)
        assert (issue.status, claimed.response.state, box.sent) == ("in_progress", "cancelled", [])
        assert triages(issue) == [{"why": "only_thanks", "reason": reason}]
        issue = after(issue, timezone.now() + timedelta(minutes=121))
        assert issue.escalation_reason == reason

    def test_thanks_for_an_answer_that_never_arrived_end_nothing(self, box):
        issue = self.answered()
        issue.responses.update(delivery="failed")
        assert self.end(self.turn(issue, "Obrigado!")).status == "in_progress"

    def test_thanks_while_another_word_of_ours_may_be_on_its_way_end_nothing(self, box):
        issue = self.answered()
        make.response(issue, turn=2, state="unsure", text="E mais", kind="ai", spoken_at=timezone.now())
        assert self.end(self.turn(issue, "Obrigado!")).status == "in_progress"

    def test_a_person_in_charge_is_not_passed_over(self, box):
        claimed = self.turn(self.answered(), "Obrigado!")
        escalate.escalate(claimed.response.issue, escalate.WANTS_A_PERSON)
        assert self.end(claimed).status == "escalated"
        assert claimed.response.state == "handed_over"

    def test_a_claim_that_another_worker_has_taken_over_does_nothing(self, box):
        claimed = self.turn(self.answered(), "Obrigado!")
        Response.objects.filter(pk=claimed.response.pk).update(claimed_by=make.uuid7())
        assert self.end(claimed).status == "in_progress"
        assert (claimed.response.state, box.sent) == ("thinking", [])

    def test_words_that_stand_already_are_said(self, box):
        claimed = self.turn(self.answered(), "Obrigado!")
        claimed.response.text, claimed.response.kind = "De nada!", "ai"
        self.end(claimed)
        assert [sent.text for sent in box.sent] == ["De nada!"]


def test_with_the_sandbox_a_silent_issue_ends_by_itself(box):
    issue = after(silent())
    assert (issue.status, issue.resolution_basis) == ("resolved", "silence")
    angry = silent(text="Confira os lançamentos.")
    angry.messages.update(text="Isso é um absurdo, fui cobrado duas vezes!!!")
    assert after(angry).escalation_reason == "O cliente ainda espera uma solução."
