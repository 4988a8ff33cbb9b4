"""What each signal says of rows whose value was worked out by hand."""

from datetime import timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from issues import actions
from issues.models import Action, AICall, Breaker, ChannelState, InboundEvent, Response
from metrics import rollup, rows
from metrics.alerts import shown, signals
from metrics.alerts.asked import Asked
from metrics.alerts.asked import moment as moment_of
from metrics.alerts.life import NoData, Reading
from metrics.figure import Asked as Asked_of_figure
from metrics.kpis import BY_NAME
from metrics.models import Covered, Detected, Dims, Grain, Proof
from mis_dashboard.models import Job, Process, Span
from tests.support import make
from tests.support.make import NOW
from tests.web.admin_tools import manager_named

pytestmark = pytest.mark.django_db
FIRST, SECOND = "gemini-3.5-flash-lite", "gemini-3.1-flash-lite"


@pytest.fixture(autouse=True)
def _configured(settings):
    settings.GEMINI_API_KEY, settings.GEMINI_MODEL, settings.GEMINI_FALLBACK_MODEL = "key", FIRST, SECOND
    settings.EVOLUTION_BASE_URL, settings.EVOLUTION_API_KEY, settings.EVOLUTION_INSTANCE = "http://x", "key", "mis"


def ago(**delta):
    return NOW - timedelta(**delta)


def read(name: str, window_s: int = 3600, now=NOW, **filters):
    return signals.SIGNALS[name].read(Asked(now, window_s, filters))


def value(name: str, **more):
    return read(name, **more).value


def said(
    number: int, *, at=None, kind="ai", failed=False, again=False, purpose="reply", spoken=True, replied=True, code=""
):
    """A response that was said, or not, or not for the last time."""
    at = at or ago(minutes=5)
    for _ in range(number):
        issue = make.issue(at=at)
        response = make.response(issue, at=at, kind=kind, purpose=purpose, spoken_at=at if spoken else None)
        if replied and not failed:
            actions.record(issue, Action.Kind.REPLIED, response=response, at=at)
        if failed or again:
            detail = ({"again": True} if again else {}) | ({"code": code} if code else {})
            actions.record(issue, Action.Kind.FAILED, response=response, success=False, at=at, **detail)


class TestWaiting:
    def test_the_longest_wait_is_of_who_has_no_response_yet(self):
        assert (value("longest_wait"), read("longest_wait").n) == (0, 0)
        make.issue(at=ago(minutes=7))
        make.issue(at=ago(minutes=2))
        make.issue(at=ago(minutes=20), first_response_at=ago(minutes=19))
        make.issue(at=ago(minutes=30), status="closed")
        make.issue(at=ago(days=300), source="import")
        assert (value("longest_wait"), read("longest_wait").n) == (420, 2)

    def test_overdue_are_the_open_ones_whose_deadline_has_passed(self):
        make.issue(at=ago(minutes=3))  # answer due in 2 min, solution in 4 h
        make.issue(at=ago(hours=5), first_response_at=ago(hours=4))
        make.issue(at=ago(seconds=120))  # due right now, and not past it
        assert (value("response_overdue"), value("resolution_overdue")) == (1, 1)
        assert value("response_overdue", now=NOW + timedelta(seconds=1)) == 2


class TestNarrowedDown:
    @pytest.fixture(autouse=True)
    def _two_places(self):
        make.issue(at=ago(minutes=7), location="loc1", priority="high")
        make.issue(at=ago(minutes=9), location="loc2", priority="high", type="billing")
        make.issue(at=ago(minutes=3), location="loc2", priority="low", type="billing")

    @pytest.mark.parametrize(
        ("filters", "wait_s", "overdue", "came"),
        [
            ({}, 540, 3, 3),
            ({"location": "loc1"}, 420, 1, 1),
            ({"location": "loc2"}, 540, 2, 2),
            ({"location": "loc2", "priority": "low", "type": "billing"}, 180, 1, 1),
            ({"priority": "critical"}, 0, 0, None),
        ],
    )
    def test_only_those_issues_are_looked_at(self, filters, wait_s, overdue, came):
        assert value("longest_wait", **filters) == wait_s
        assert value("response_overdue", **filters) == overdue
        assert value("received", **filters) == came

    @pytest.mark.parametrize("name", [name for name, signal in signals.SIGNALS.items() if signal.narrows])
    def test_the_link_leads_to_them(self, name):
        query = parse_qs(urlsplit(read(name, location="loc2", type="a & b").link).query)
        assert (query["location"], query["type"]) == (["loc2"], ["a & b"])


class TestSends:
    def test_the_success_rate_is_of_automations_own_replies(self):
        said(18)
        said(2, failed=True)
        said(5, kind="human", failed=True)
        said(3, at=ago(hours=2), failed=True)
        said(1, purpose="survey", failed=True)
        assert read("success_rate").value == pytest.approx(0.9)
        assert (read("success_rate").n, read("success_rate").count) == (20, 2)

    def test_a_reply_that_worked_at_the_second_attempt_has_worked(self):
        said(4, again=True)
        assert (read("success_rate").value, read("success_rate").n) == (1, 4)

    def test_a_reply_refused_later_has_not(self):
        said(3)
        response = Action.objects.filter(kind="replied").first().response
        actions.record(response.issue, Action.Kind.FAILED, response=response, success=False, at=ago(minutes=1))
        assert (read("success_rate").n, read("success_rate").count) == (3, 1)

    def test_nothing_said_is_no_rate(self):
        assert read("success_rate").value is read("whatsapp_failures").value is None

    def test_whatsapp_fails_whoever_speaks_but_only_when_it_was_asked(self):
        said(10)
        said(2, kind="human", failed=True)
        said(3, again=True, replied=False)
        said(7, failed=True, spoken=False)
        assert (read("whatsapp_failures").n, read("whatsapp_failures").count) == (15, 5)

    def test_a_customer_without_whatsapp_is_no_failure_of_it(self):
        said(10)
        said(1, failed=True)
        said(4, failed=True, code="not_on_whatsapp")
        assert (read("whatsapp_failures").n, read("whatsapp_failures").count) == (11, 1)

    @pytest.mark.parametrize("name", ["whatsapp_failures", "success_rate"])
    def test_the_list_behind_it_has_as_many_rows_as_it_counts(self, name):
        said(10)
        said(2, kind="human", failed=True)
        said(3, again=True, replied=False)
        said(4, failed=True, code="not_on_whatsapp")
        said(2, at=ago(hours=2), failed=True)
        for response in Response.objects.filter(actions__kind="failed")[:2]:  # once more
            actions.record(response.issue, Action.Kind.FAILED, response=response, success=False, at=ago(minutes=2))
        found = read(name)
        asked = Asked_of_figure.parse(BY_NAME["delivery_rate"], dict(parse_qsl(urlsplit(found.link).query)), NOW)
        assert rows.source(asked.list).count(asked.window) == found.count > 2
        assert len(rows.source(asked.list).page(asked.window).rows) == found.count


class TestAI:
    def test_failures_in_a_row_are_those_that_pass(self):
        Breaker.objects.create(model=FIRST, failures=3, reason="late", opened_at=NOW)
        Breaker.objects.create(model=SECOND, failures=9, reason="model_gone", opened_at=NOW)
        Breaker.objects.create(model="another", failures=99, reason="late")
        found = read("ai_failures_in_a_row")
        assert (found.value, found.about) == (3, FIRST)
        assert (value("model_gone"), read("model_gone").about, value("misconfigured")) == (1, SECOND, 0)

    def test_a_model_that_answers_again_has_none(self):
        Breaker.objects.create(model=FIRST, failures=0, reason="late")
        assert value("ai_failures_in_a_row") == 0

    def test_without_a_key_nothing_is_wrong_with_it(self, settings):
        settings.GEMINI_API_KEY = ""
        Breaker.objects.create(model=FIRST, failures=3, reason="misconfigured", opened_at=NOW)
        assert value("misconfigured") == value("ai_failures_in_a_row") == 0

    def test_the_cost_is_that_since_midnight_here(self):
        issue, prompt = make.issue(), make.prompt()
        for at, cost in (
            (ago(hours=1), 2),
            (ago(hours=9, minutes=59), 3),
            (ago(hours=10, minutes=1), 50),
            (ago(hours=1), None),
        ):
            AICall.objects.create(
                issue=issue, prompt=prompt, model=FIRST, started_at=at, latency_s=1, outcome="answered", cost_usd=cost
            )  # 13:00 in UTC is 10:00 in São Paulo
        assert (value("ai_spend"), read("ai_spend").n) == (5, 2)


class TestWorkers:
    def test_whoever_starts_with_the_clock_is_not_missed_for_the_time_before(self):
        Process.objects.create(role="worker", host="here", pid=1)
        Process.objects.update(seen_at=ago(minutes=20))
        assert value("worker_silence") == 1200
        Span.objects.create(component="clock", number=1, state="up", since=ago(hours=5), until=ago(minutes=20))
        Span.objects.create(component="clock", number=2, state="up", since=ago(seconds=7), until=NOW)
        assert value("worker_silence") == 7


class TestChannel:
    def test_a_line_that_nobody_heard_of_lately_cannot_be_told(self):
        assert read("channel_closed") == NoData("not_heard_of")
        ChannelState.objects.create(instance="mis", state="close", changed_at=ago(hours=1), checked_at=ago(minutes=1))
        assert value("channel_closed") == 1
        assert isinstance(read("channel_closed", now=NOW + timedelta(minutes=2)), NoData)

    def test_one_that_is_not_configured_is_not_down(self, settings):
        settings.EVOLUTION_API_KEY = ""
        assert value("channel_closed") == 0


class TestOurselves:
    def test_the_oldest_that_is_due_tells_how_the_queue_stands(self):
        assert value("queue_age") == 0
        make.response(make.issue(at=ago(seconds=50)), at=ago(seconds=50))
        make.response(make.issue(at=ago(hours=5)), at=ago(hours=5), purpose="survey")
        assert value("queue_age") == 50
        Job.objects.create(name="x", due_at=ago(seconds=90))
        Job.objects.create(name="y", due_at=ago(seconds=900), dead=True)
        assert value("queue_age") == 90

    def test_a_worker_was_seen_when_the_last_of_them_was(self):
        assert read("worker_silence") == NoData("never_seen")
        for seconds in (40, 900):
            Process.objects.create(role="worker", host="h", pid=1, seen_at=ago(seconds=seconds))
        Process.objects.create(role="web", host="h", pid=1, seen_at=NOW)
        assert value("worker_silence") == 40

    def test_a_gap_of_the_clock_is_told_for_ten_minutes_after_it_is_back(self):
        assert value("clock_gap") == 0
        Span.objects.create(component="clock", number=1, state="up", since=ago(hours=9), until=ago(seconds=200))
        assert value("clock_gap") == 0
        Span.objects.create(component="clock", number=2, state="up", since=ago(seconds=120), until=NOW)
        assert value("clock_gap") == 80
        assert value("clock_gap", now=NOW + timedelta(seconds=481)) == 0

    def test_proofs_that_failed_are_counted(self):
        Proof.objects.create(name="yesterday", at=NOW, since=NOW, figures=["ttr_p50"])
        Proof.objects.create(name="30d", at=NOW)
        assert value("figures_differ") == 1


class TestWebhooks:
    """12 issues an hour were usual at these hours of the week; it is 13:00."""

    def known(self, weeks: int, *, per_hour=12):
        Covered.objects.create(
            cells="detected", grain=Grain.HOUR, since=ago(weeks=weeks, days=1), until=NOW, first=ago(weeks=9)
        )
        fields = {
            f.name: 0
            for f in Detected._meta.concrete_fields
            if f.name not in ("grain", "start", "ttfr", "ttr", "reasons")
        }
        keys = {"location": "", "priority": "", "type": "", "dims": Dims.ALL}
        for week in range(1, weeks + 1):
            for hours in range(0, 30):
                start = ago(weeks=week, hours=hours)
                Detected.objects.create(grain=Grain.HOUR, start=start, **(fields | keys | {"detected": per_hour}))

    def came(self, **before):
        InboundEvent.objects.create(source="ghl_app", key=str(before), kind="x", payload={}, received_at=ago(**before))

    def test_what_would_have_come_grows_with_the_silence(self):
        self.known(4)
        self.came(minutes=90)
        found = read("missed_webhooks")
        assert (found.value, found.n, found.count) == (pytest.approx(18), 4, 90)

    def test_a_message_ends_the_silence_and_our_own_api_does_not(self):
        self.known(4)
        self.came(minutes=5)
        InboundEvent.objects.create(source="api", key="k", kind="x", payload={}, received_at=NOW)
        assert value("missed_webhooks") == pytest.approx(1)

    def test_an_issue_that_no_program_made_ends_the_silence_though_its_event_is_forgotten(self):
        self.known(4)
        make.issue(at=ago(minutes=5), source="whatsapp")
        make.issue(at=ago(minutes=1), source="api")
        assert value("missed_webhooks") == pytest.approx(1)

    def test_where_traffic_is_thin_little_is_missed(self):
        self.known(4, per_hour=0)
        self.came(hours=20)
        assert value("missed_webhooks") == 0

    def test_without_a_week_of_history_nothing_can_be_usual(self):
        self.came(hours=3)
        assert value("missed_webhooks") is None


class TestFigures:
    def test_a_figure_is_what_its_page_says(self):
        for minutes in (1, 2, 50):
            make.issue(at=ago(minutes=55), first_response_at=ago(minutes=55 - minutes))
        make.issue(at=ago(hours=2))
        found = read("ttfr_p50")
        assert (found.value, found.n) == (120, 3)
        assert value("received", window_s=900) is None

    def test_of_a_share_the_bad_ones_are_counted(self):
        for number in range(4):
            make.issue(
                at=ago(minutes=5), escalated_at=NOW if number else None, status="escalated" if number else "open"
            )
        assert (value("escalation_rate"), read("escalation_rate").count) == (0.75, 3)
        assert read("resolution_rate").count == 4

    def test_cells_and_rows_say_the_same(self):
        for minutes in range(0, 200, 7):
            make.issue(at=ago(minutes=minutes), first_response_at=ago(minutes=minutes) + timedelta(seconds=minutes))
        before = [read(name) for name in ("ttfr_p90", "received", "sla_response", "backlog_growth")]
        for table, grain in rollup.due():
            while rollup.refresh(grain, tables=[table]):
                pass
        assert [read(name) for name in ("ttfr_p90", "received", "sla_response", "backlog_growth")] == before

    def test_a_backlog_grows_by_what_came_and_was_not_solved(self):
        for number in range(5):
            solved = {"status": "resolved", "resolved_at": ago(minutes=1)} if number < 2 else {}
            make.issue(at=ago(minutes=30), **solved)
        assert (value("backlog_growth"), read("backlog_growth").n) == (3, 5)

    @pytest.mark.parametrize(
        ("window_s", "moment"), [(900, ago()), (3600, ago()), (86400, ago(minutes=12)), (6 * 3600, ago())]
    )
    def test_a_figure_is_measured_at_whole_steps(self, window_s, moment):
        assert moment_of(NOW + timedelta(seconds=3), window_s) == moment
        assert moment_of(NOW + timedelta(seconds=2), 900) == ago(minutes=1)


@pytest.mark.parametrize("name", signals.SIGNALS)
def test_every_signal_can_be_read_and_its_link_opens(name):
    found = read(name)
    assert isinstance(found, Reading | NoData)
    if isinstance(found, Reading) and found.link:
        client = Client()
        client.force_login(manager_named("ana"))
        answer = client.get(found.link)
        assert answer.status_code == 200, found.link
        query = parse_qs(urlsplit(found.link).query)
        assert ("as_of" in query) == (name not in shown.WORK), "what stands so is opened as it stands"
        assert urlsplit(found.link).path.startswith(reverse("performance"))
