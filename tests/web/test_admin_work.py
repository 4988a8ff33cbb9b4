"""Work on issues in the admin: what each one does and leaves behind, who may do it, and when it is refused."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from issues import work
from issues.models import Issue
from issues.models.issue import Status
from issues.models.response import State
from tests.support import make
from tests.web.admin_tools import LIST, kinds, logged_in, may_only, page_of, text_of

pytestmark = pytest.mark.django_db


def do(browser: Client, name: str, issue: Issue, **data):
    return browser.post(reverse(f"admin:issues_issue_{name}", args=[issue.pk]), data)


class TestWork:
    def test_a_reply_by_hand_waits_to_be_sent_in_the_persons_name(self, browser, manager):
        issue = make.issue()
        automatic = make.response(issue)
        answer = do(browser, "reply", issue, text="Já resolvemos, Ana.", turn=2)
        assert answer.url == page_of(issue)
        response = issue.responses.get(turn=2)
        assert (response.text, response.kind, response.author) == ("Já resolvemos, Ana.", "human", manager)
        automatic.refresh_from_db()
        assert automatic.state == State.CANCELLED

    def test_a_reply_sent_twice_is_said_once(self, browser):
        issue = make.issue()
        do(browser, "reply", issue, text="Já resolvemos.", turn=1)
        again = do(browser, "reply", issue, text="Já resolvemos.", turn=1)
        assert issue.responses.count() == 1
        assert "Something was said since you opened this page" in text_of(again)
        assert "Já resolvemos." in again.context["form"]["text"].value()
        assert again.context["form"]["turn"].value() == 2

    def test_a_reply_that_cannot_reach_anybody_is_refused_in_the_form(self, browser):
        issue = make.issue(customer=None)
        answer = do(browser, "reply", issue, text="Olá", turn=1)
        assert answer.status_code == 200
        assert "No phone number is known" in text_of(answer)
        assert not issue.responses.exists()

    def test_escalating_keeps_reason_owner_and_who_did_it(self, browser, manager):
        other = User.objects.create_user("caio", is_staff=True)
        issue = make.issue()
        do(browser, "escalate", issue, reason="Pede reembolso", to=other.pk)
        issue.refresh_from_db()
        assert (issue.status, issue.escalation_reason, issue.assignee) == ("escalated", "Pede reembolso", other)
        action = issue.actions.get()
        assert (action.kind, action.user, action.by, action.automated) == ("escalated", manager, "bia", False)
        body = text_of(browser.get(page_of(issue)))
        assert "Pede reembolso" in body
        assert "to caio" in body

    def test_an_escalation_needs_a_reason(self, browser):
        issue = make.issue()
        answer = do(browser, "escalate", issue, reason=" ")
        assert answer.status_code == 200
        assert answer.context["form"].errors["reason"]
        assert kinds(issue) == []

    def test_only_active_staff_can_become_owner(self, browser):
        issue = make.issue()
        outsider = User.objects.create_user("outsider")
        former = User.objects.create_user("former", is_staff=True, is_active=False)
        for person in (outsider, former):
            assert do(browser, "assign", issue, to=person.pk).context["form"].errors["to"]
        assert kinds(issue) == []

    def test_taking_an_issue_makes_it_mine(self, browser, manager):
        issue = make.issue()
        do(browser, "take", issue)
        issue.refresh_from_db()
        assert issue.assignee == manager
        assert kinds(issue) == ["assigned"]

    def test_what_somebody_else_took_meanwhile_stays_theirs_until_it_is_taken_from_them(self, browser, manager):
        caio = User.objects.create_user("caio", is_staff=True)
        issue = make.issue(assignee=caio)
        answer = do(browser, "take", issue, owner="")
        assert "caio has taken it already." in text_of(answer)
        assert 'name="owner" value="caio"' in text_of(answer)
        assert kinds(issue) == []
        do(browser, "take", issue, owner="caio")
        issue.refresh_from_db()
        assert issue.assignee == manager

    def test_resolving_keeps_the_notes(self, browser):
        issue = make.issue()
        do(browser, "resolve", issue, notes="Senha trocada")
        issue.refresh_from_db()
        assert (issue.status, issue.resolved_by, issue.resolution_notes) == ("resolved", "bia", "Senha trocada")
        assert kinds(issue) == ["resolved"]

    def test_what_was_resolved_meanwhile_is_not_resolved_again(self, browser):
        issue = make.issue(status="resolved", resolved_at=make.NOW)
        answer = do(browser, "resolve", issue, notes="de novo")
        assert "no longer possible" in text_of(answer)
        assert kinds(issue) == []

    def test_a_reply_on_its_way_is_not_dropped_by_resolving(self, browser):
        issue = make.issue()
        do(browser, "reply", issue, text="Já resolvemos.", turn=1)
        assert "just being sent" in text_of(do(browser, "resolve", issue))
        assert issue.responses.get().state == State.WAITING
        issue.responses.update(state=State.SENT, sent_at=make.NOW)
        do(browser, "resolve", issue)
        issue.refresh_from_db()
        assert issue.status == Status.RESOLVED

    def test_what_was_no_problem_after_all_is_worked_on_again(self, browser):
        issue = make.issue()
        do(browser, "no-problem", issue)
        issue.refresh_from_db()
        assert (issue.status, issue.false_positive) == ("closed", True)
        do(browser, "problem", issue)
        issue.refresh_from_db()
        assert (issue.status, issue.false_positive) == ("open", False)
        assert kinds(issue) == ["reviewed", "reopened", "reviewed"]

    def test_reopening_makes_it_unresolved(self, browser):
        issue = make.issue(status="resolved", resolved_at=make.NOW, first_response_at=make.NOW)
        do(browser, "reopen", issue)
        issue.refresh_from_db()
        assert (issue.status, issue.resolved_at) == ("in_progress", None)

    @pytest.mark.parametrize("each", work.WORKS, ids=lambda each: each.name)
    def test_each_work_needs_its_own_permission(self, each):
        issue = make.issue(status="resolved", resolved_at=make.NOW) if each is work.REOPEN else make.issue()
        others = {w.permission for w in work.WORKS} - {each.permission}
        address = reverse(f"admin:issues_issue_{each.name}", args=[issue.pk])
        without = may_only("view_issue", *others)
        assert without.post(address, {}).status_code == 403
        assert each.name not in {w.name for w in without.get(page_of(issue)).context["works"]}
        assert may_only("view_issue", each.permission).get(address).status_code == 200
        assert kinds(issue) == []

    def test_work_is_not_done_from_another_site(self, manager):
        strict = logged_in(manager, enforce_csrf_checks=True)
        issue = make.issue()
        assert do(strict, "take", issue).status_code == 403
        assert kinds(issue) == []

    def test_an_unknown_issue_is_not_found(self, browser):
        assert browser.get(reverse("admin:issues_issue_resolve", args=[uuid4()])).status_code == 404


class TestWorkOnMany:
    def act(self, browser, action: str, issues: list[Issue], **data):
        chosen = {"action": action, "_selected_action": [str(issue.pk) for issue in issues]}
        return browser.post(reverse(LIST), chosen | ({} if data else {"index": "0"}) | data, follow=True)

    def test_escalating_asks_once_and_tells_what_was_left(self, browser, manager):
        first, second = make.issue(), make.issue()
        ended = make.issue(status="resolved", resolved_at=make.NOW)
        asked = self.act(browser, "escalate_selected", [first, second, ended])
        assert "3 issues are selected" in text_of(asked)
        assert kinds(first) == []
        refused = self.act(browser, "escalate_selected", [first, second, ended], confirmed="yes", reason="")
        assert refused.context["form"].errors["reason"]
        done = self.act(
            browser, "escalate_selected", [first, second, ended], confirmed="yes", reason="Queda geral", to=manager.pk
        )
        assert "2 issues were escalated. 1 was left as it was" in text_of(done)
        assert [kinds(each) for each in (first, second, ended)] == [["escalated"], ["escalated"], []]
        first.refresh_from_db()
        assert (first.escalation_reason, first.assignee) == ("Queda geral", manager)

    @pytest.mark.parametrize(
        ("action", "kind", "said"),
        [
            ("take_selected", "assigned", "2 issues were assigned to you."),
            ("resolve_selected", "resolved", "2 issues were resolved."),
            ("no_problem_selected", "reviewed", "2 issues were marked as not a problem."),
        ],
    )
    def test_one_press_does_it_to_each_and_says_what_was_done(self, browser, manager, action, kind, said):
        issues = [make.issue(), make.issue()]
        assert said in text_of(self.act(browser, action, issues))
        assert [list(each.actions.values_list("kind", "user")) for each in issues] == [[(kind, manager.pk)]] * 2

    def test_nothing_is_said_to_be_done_when_nothing_was(self, browser):
        ended = make.issue(status="resolved", resolved_at=make.NOW)
        said = text_of(self.act(browser, "resolve_selected", [ended]))
        assert "1 was left as it was" in said
        assert "resolved." not in said

    def test_actions_without_permission_are_not_there(self):
        reader = may_only("view_issue")
        issue = make.issue()
        self.act(reader, "resolve_selected", [issue])
        assert kinds(issue) == []

    def test_too_many_at_once_are_refused(self, browser, monkeypatch):
        monkeypatch.setattr(work, "MOST_AT_ONCE", 1)
        issues = [make.issue(), make.issue()]
        answer = self.act(browser, "resolve_selected", issues)
        assert "at most 1 issues" in text_of(answer)
        assert [kinds(each) for each in issues] == [[], []]
