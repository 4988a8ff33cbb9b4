"""What the admin tells of a reply and of the promises of an issue, and what people think of replies."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from issues.admin.clocks import clocks
from issues.models import Calendar, SlaPolicy
from issues.models.response import State
from metrics import kpis
from metrics.window import Window
from tests.support import make
from tests.web.admin_tools import kinds, may_only, page_of, text_of

pytestmark = pytest.mark.django_db
VERDICT = {
    "is_issue": True, "issue_type": "billing", "priority": "high", "sentiment": "angry", "needs_human": True,
    "human_reason": "Pede reembolso", "language": "pt-BR",
}  # fmt: skip


def replied(**changes):
    given = {"state": State.SENT, "kind": "ai", "text": "Olá, Ana!", "sent_at": make.NOW + timedelta(seconds=2.1)}
    return make.response(make.issue(), **(given | changes))


def judge(browser, response, **data):
    address = reverse("admin:issues_issue_assess", args=[response.issue_id])
    return browser.post(address, {"response": response.pk, **data})


class TestReply:
    def test_it_tells_what_the_ai_was_thinking(self, browser):
        response = replied(verdict=VERDICT)
        [said] = browser.get(page_of(response.issue)).context["conversation"]
        assert dict(said.understood) == {
            "type": "billing", "priority": "high", "sentiment": "angry", "language": "Portuguese", "a problem": "yes",
            "needs a person": "yes", "because": "Pede reembolso",
        }  # fmt: skip
        assert said.went_out_after == "2.1\N{NO-BREAK SPACE}s"

    def test_what_a_person_wrote_was_not_thought_by_the_ai_and_is_not_judged(self, browser):
        response = replied(kind="human")
        [said] = browser.get(page_of(response.issue)).context["conversation"]
        assert (said.understood, said.went_out_after, said.can_be_judged) == ([], "", False)
        assert "no such reply" in text_of(judge(browser, response, good="yes"))


class TestJudgement:
    def test_it_is_kept_with_who_gave_it_and_the_last_one_counts(self, browser, manager):
        response = replied()
        assert judge(browser, response, good="no", reason="Promete demais").url == page_of(response.issue)
        judge(browser, response, good="yes")
        first, last = response.issue.actions.all()
        assert (first.kind, first.user, first.response_id) == ("assessed", manager, response.pk)
        assert (first.detail, last.detail) == ({"good": False, "reason": "Promete demais"}, {"good": True})
        page = browser.get(page_of(response.issue))
        [said] = page.context["conversation"]
        assert (said.judgement.good, said.judgement.by) == (True, "bia")
        assert [line.notes for line in page.context["timeline"]] == [["Promete demais", "not good"], ["good"]]

    def test_it_is_no_satisfaction_of_a_customers(self, browser):
        response = replied()
        judge(browser, response, good="no")
        response.issue.refresh_from_db()
        assert (response.issue.customer_satisfaction, response.issue.rated_at) == (None, None)
        window = Window.parse("30d", make.NOW + timedelta(days=1))
        assert kpis.measure(window)["ai_precision"]["n"] == 0

    def test_it_is_of_a_reply_of_this_issue(self, browser):
        response, other = replied(), replied()
        address = reverse("admin:issues_issue_assess", args=[other.issue_id])
        assert "no such reply" in text_of(browser.post(address, {"response": response.pk, "good": "yes"}))
        assert kinds(response.issue) == kinds(other.issue) == []

    def test_it_must_be_one_or_the_other(self, browser):
        response = replied()
        assert judge(browser, response).context["form"].errors["good"]
        assert kinds(response.issue) == []

    def test_who_may_not_review_may_not_judge(self):
        response = replied()
        reader = may_only("view_issue")
        assert "Judge this reply" not in text_of(reader.get(page_of(response.issue)))
        assert judge(reader, response, good="yes").status_code == 403


class TestClocks:
    def told(self, issue, **later):
        return [
            (c.state, c.told.replace("\N{NO-BREAK SPACE}", " "), c.runs)
            for c in clocks(issue, make.NOW + timedelta(**later))
        ]

    @pytest.mark.parametrize(
        ("seconds", "state", "told"),
        [
            (0, "pending", "2 min left"),
            (100, "at_risk", "20 s left"),
            (120, "at_risk", "0.0 s late"),
            (150, "breached", "30 s late"),
        ],
    )
    def test_what_is_open_runs(self, browser, seconds, state, told):
        from django.utils.translation import override

        with override("en"):
            assert self.told(make.issue(), seconds=seconds)[0] == (state, told, True)

    def test_what_was_kept_says_after_how_long(self):
        from django.utils.translation import override

        issue = make.issue(
            first_response_at=make.NOW + timedelta(seconds=9),
            status="resolved",
            resolved_at=make.NOW + timedelta(hours=5),
        )
        with override("en"):
            assert self.told(issue, hours=9) == [("met", "after 9.0 s", False), ("met_late", "after 5 h", False)]

    def test_what_ended_without_it_is_owed_no_longer(self):
        issue = make.issue(status="closed", false_positive=True)
        assert [state for state, _told, _runs in self.told(issue, hours=9)] == ["over", "over"]

    def test_outside_of_business_hours_the_clock_stands_still(self):
        from django.utils.translation import override

        week = [[["09:00", "18:00"]]] * 5 + [[], []]
        calendar = Calendar.objects.create(name="Equipe", number=1, zone="America/Sao_Paulo", week=week)
        policy = SlaPolicy.objects.create(
            priority="medium", location="loc1", response_s=120, resolution_s=4 * 3600, resolution_in_hours=True,
            calendar=calendar, since=make.NOW,
        )  # fmt: skip
        # Friday 20 November 2026 is a holiday (Consciência Negra); 13:00 UTC is 10:00 in São Paulo.
        due = policy.resolution_due(make.NOW)
        assert due == datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
        issue = make.issue(sla_policy=policy, resolution_due_at=due, first_response_at=make.NOW)
        with override("en"):
            solution = clocks(issue, make.NOW)[1]
            assert (solution.state, solution.runs) == ("pending", False)
            assert "stands still until 11/23/2026 09:00" in solution.told
            assert solution.counts.replace("\N{NO-BREAK SPACE}", " ") == "within 4 h of the hours of Equipe"
            running = clocks(issue, make.NOW + timedelta(days=3))[1]
        assert running.runs

    def test_the_page_shows_both_with_word_and_shape(self, browser):
        body = text_of(browser.get(page_of(make.issue())))
        assert body.count('class="clock clock-breached"') == body.count("◆</span> Breached") >= 1
        assert "data-due=" in body
