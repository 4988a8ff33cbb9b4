from collections import Counter
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.urls import resolve
from django.utils import timezone

from issues import escalate
from issues.models import Action, AICall, Customer, Issue, KnowledgeNote, Policy, ReplyTemplate, Response
from issues.models.issue import UNRESOLVED
from metrics import timing
from metrics.kpis import measure
from metrics.uptime import measure as measured
from metrics.window import Window
from mis_dashboard.demo import furnish, history, team, timings, uptime
from mis_dashboard.lib.timed import OTHER
from mis_dashboard.sandbox import customers
from mis_dashboard.serve import address
from tests.support import make

pytestmark = pytest.mark.django_db
NOW = make.NOW


@pytest.fixture
def month(monkeypatch):
    monkeypatch.setattr(history, "PER_WEEKDAY", 12)
    return history.load(NOW, seed=7)


def told() -> list:
    rows = Issue.objects.order_by("detected_at", "text").values_list(
        "detected_at", "type", "status", "first_response_at"
    )
    return list(rows)


class TestHistory:
    def test_a_month_of_history_is_believable(self, month, settings):
        settings.DEMO = True
        assert Issue.objects.count() == month > 200
        window = Window.parse("30d", NOW)
        figures = measure(window)
        assert 3 < figures["ttfr_p50"]["value"] < 10
        assert 0.8 < figures["automation_rate"]["value"] < 1
        assert figures["resolution_rate"]["value"] > 0.9
        assert 0.05 < figures["escalation_rate"]["value"] < 0.25
        assert 0.8 < figures["ai_precision"]["value"] < 1
        assert 0.1 < figures["ai_precision"]["extra"]["response_rate"] < 0.7
        assert AICall.objects.filter(outcome="answered").exists()

    def test_it_was_there_but_for_a_few_moments(self):
        uptime.load(NOW)
        found = measured(NOW - timedelta(days=30), NOW, NOW)
        # 48 s and 2 min 9 s; the disks were changed as planned, in half an hour.
        assert (found.whole.down_s, found.whole.planned_s, found.whole.unknown_s) == (177, 1800, 0)
        assert [gap.parts for gap in found.whole.gaps] == [["worker"], ["web", "worker", "clock", "database"]]
        assert found.value > 0.9999
        assert found.components["gemini"].down_s == 3600
        assert found.components["whatsapp"].down_s == 14 * 60 + 12

    def test_nothing_in_it_lies_in_the_future(self, month):
        assert not Action.objects.filter(at__gt=NOW).exists()
        assert not Response.objects.filter(sent_at__gt=NOW).exists()
        assert not Issue.objects.filter(resolved_at__gt=NOW).exists()
        assert not Issue.objects.filter(first_response_at=None).exists()  # nobody would answer them any more

    def test_every_end_rests_on_something_and_every_rating_is_somebodys(self, month):
        resolved = Issue.objects.filter(status="resolved")
        assert set(resolved.values_list("resolution_basis", flat=True)) == {"customer_confirmed", "silence", "human"}
        assert not resolved.filter(resolution_basis="human", resolved_by="system").exists()
        assert not resolved.exclude(silent_since=None).exists()
        rated = Issue.objects.filter(rated_at__isnull=False)
        assert set(rated.values_list("rated_resolver", flat=True)) <= {"system", *team.STAFF}
        assert rated.count() == Action.objects.filter(kind="rated").count() > 20

    def test_only_what_the_ai_answered_and_nobody_took_may_end_by_silence(self, month):
        for issue in Issue.objects.filter(resolution_basis="silence"):
            assert issue.priority != "critical"
            assert issue.responses.exclude(purpose="survey").order_by("sent_at").last().kind == "ai"
            assert issue.ai_calls.count() == 1  # somebody looked whether it was solved
            assert issue.resolved_at - issue.responses.get(turn=1).sent_at > furnish.SILENCE

    def test_what_was_promised_or_is_critical_is_ended_by_a_person(self, month):
        given = Issue.objects.filter(actions__kind="triaged", actions__detail__reason__isnull=False).distinct()
        assert {issue.escalation_reason for issue in given} >= {escalate.CRITICAL, escalate.PROMISED}
        assert set(given.filter(status="resolved").values_list("resolution_basis", flat=True)) == {"human"}

    def test_who_writes_live_has_had_no_issue_before_and_is_known(self, month):
        living = [person.contact_id for person in customers.population(7)]
        assert Customer.objects.filter(contact_id__in=living).count() == len(living)
        assert not Issue.objects.filter(customer__contact_id__in=living).exists()

    def test_a_timeline_tells_the_cause_before_what_follows(self, month):
        for first, then in (("fell_back", "replied"), ("triaged", "resolved"), ("joined", "rated")):
            for issue in Issue.objects.filter(actions__kind=first).filter(actions__kind=then).distinct()[:30]:
                kinds = list(issue.actions.values_list("kind", flat=True))
                assert kinds.index(first) < len(kinds) - 1 - kinds[::-1].index(then)

    def test_an_open_issue_is_silent_or_a_persons(self, month):
        for issue in Issue.objects.filter(status__in=UNRESOLVED):
            assert issue.status == "escalated" or issue.silent_since or issue.responses.last().kind == "template"

    def test_nobody_is_asked_for_a_rating_twice_or_twice_a_day(self, month):
        surveys = Response.objects.filter(purpose="survey")
        assert surveys.count() == Action.objects.filter(kind="surveyed").count() > 50
        assert max(Counter(surveys.values_list("issue", flat=True)).values()) == 1
        for customer in set(surveys.values_list("issue__customer", flat=True)):
            asked = surveys.filter(issue__customer=customer).order_by("sent_at").values_list("sent_at", flat=True)
            assert all(later - earlier >= timedelta(hours=24) for earlier, later in pairwise(asked))

    def test_who_gives_one_or_two_stars_hears_from_a_person(self, month):
        for issue in Issue.objects.filter(customer_satisfaction__lte=2):
            assert issue.actions.filter(kind="escalated", at__gte=issue.rated_at).exists()

    def test_a_response_is_of_the_location_of_its_issue(self, month):
        places = set(Response.objects.values_list("location", "issue__location"))
        assert len(places) == 4
        assert all(ours == theirs != "" for ours, theirs in places)

    def test_the_same_seed_tells_the_same_month(self, monkeypatch):
        monkeypatch.setattr(history, "PER_WEEKDAY", 3)

        def month_of(seed: int) -> list:
            with transaction.atomic():
                history.load(NOW, seed=seed)
                rows = told()
                transaction.set_rollback(True)
            return rows

        assert month_of(7) == month_of(7) != month_of(8)


class TestFurnished:
    def test_issues_end_by_themselves_within_a_visit_and_each_location_is_known(self):
        furnish.furnish()
        policy = Policy.objects.get()
        assert (policy.auto_resolve_after_minutes, policy.ask_csat, policy.critical_per_minute) == (5, True, 5)
        places = set(KnowledgeNote.objects.values_list("location", flat=True))
        assert places == {"", *(place.id for place in customers.LOCATIONS)}
        for note in KnowledgeNote.objects.all():
            note.full_clean()

    def test_the_customers_understand_the_question_for_a_rating(self):
        for template in ReplyTemplate.objects.filter(occasion="survey"):
            assert customers.ASKS_FOR_RATING.search(template.text)
        for template in ReplyTemplate.objects.exclude(occasion="survey"):
            assert not customers.ASKS_FOR_RATING.search(template.text)


class TestTeam:
    now = timezone.now()
    long_ago = now - timedelta(days=1)

    def issue(self, name: str, minutes: float, **changes) -> Issue:
        """An issue that the AI answered so many minutes ago."""
        at = self.now - timedelta(minutes=minutes)
        escalated = {"escalated_at": at} if changes.get("status") == "escalated" else {}
        issue = make.issue(at=at, type=name, first_response_at=at, **(escalated | changes))
        issue.messages.create(turn=1, text="Olá", sent_at=at - timedelta(seconds=5))
        make.response(issue, at=at, state="sent", text="Olá", kind="ai", sent_at=at)
        return issue

    def test_they_take_what_is_escalated_and_has_no_owner(self, django_user_model):
        ana = django_user_model.objects.create_user("ana")
        self.issue("free", 600, status="escalated")
        self.issue("fresh", 0.01, status="escalated")
        self.issue("owned", 600, status="escalated", assignee=ana)
        self.issue("the AI's", 600, status="in_progress", silent_since=self.now)
        assert [issue.type for issue in team.to_take(self.now, self.long_ago)] == ["free"]
        assert team.to_take(self.now, opened_at=self.now) == []

    def test_they_end_what_is_theirs_and_quiet_and_leave_the_rest_to_automation(self, django_user_model):
        ana = django_user_model.objects.create_user("ana")
        self.issue("owned", 600, status="escalated", assignee=ana)
        self.issue("just taken", 0.1, status="escalated", assignee=ana)
        self.issue("free", 600, status="escalated")
        waiting = self.issue("customer waits", 600, status="escalated", assignee=ana)
        make.response(waiting, turn=2)
        self.issue("the AI's", 600, status="in_progress", silent_since=self.now, id=UUID(int=51))
        self.issue("seen by chance", 600, status="in_progress", silent_since=self.now, id=UUID(int=50))
        ready = team.ready(self.now, self.long_ago)
        assert sorted(issue.type for issue in ready) == ["owned", "seen by chance"]

    def test_who_was_told_nothing_of_substance_is_written_to(self):
        ana = get_user_model().objects.create_user("ana")
        issue = self.issue("wants a person", 10, status="escalated")
        make.response(
            issue, turn=2, state="sent", text="Uma pessoa vem", kind="template", purpose="handover", sent_at=self.now
        )
        team.take(issue, ana)
        words = issue.responses.get(turn=3)
        assert (words.kind, words.author, words.state) == ("human", ana, "waiting")
        assert "Aqui é Ana" in words.text
        issue.refresh_from_db()
        assert issue.assignee == ana

    def test_who_was_answered_and_said_no_more_is_not(self):
        ana = get_user_model().objects.create_user("ana")
        issue = self.issue("critical", 10, status="escalated")
        team.take(issue, ana)
        issue.refresh_from_db()
        assert (issue.assignee, issue.responses.count()) == (ana, 1)

    def test_nor_is_who_cannot_be_reached(self):
        ana = get_user_model().objects.create_user("ana")
        issue = self.issue("not delivered", 10, status="escalated")
        issue.responses.update(delivery="failed")
        issue.messages.create(turn=2, text="?", sent_at=self.now)
        assert team.owes_words(issue)
        team.take(issue, ana)
        assert issue.responses.count() == 1


class TestTimings:
    def test_a_month_of_requests_is_believable_and_ends_now(self):
        told = timings.load(NOW, seed=7)
        found = {
            name: timing.measure(NOW - timedelta(days=days), NOW, NOW) for name, days in (("day", 1), ("month", 31))
        }
        assert told == found["month"]["n"] > 50_000
        assert 1_000 < found["day"]["n"] < told / 10
        assert 0.02 < found["month"]["p95"] < 0.5
        assert {route["route"] for route in found["month"]["routes"]} == set(timings.ROUTES)
        assert timing.measure(NOW, NOW + timedelta(hours=1), NOW) is None

    def test_the_routes_of_the_story_are_those_of_the_product(self):
        patterns = [route.split(" /", 1)[1] for route in timings.ROUTES if route != OTHER]
        paths = ["/" + pattern.replace("<path:object_id>", "1") for pattern in patterns]
        assert [resolve(path).route for path in paths] == patterns


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("mis.local", "http://mis.local:8000"),
    ],
)
def test_the_link_that_it_prints_leads_to_this_machine(host, found):
    assert address(host, 8000) == found
