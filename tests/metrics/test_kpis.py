"""Every figure, with the numbers worked out by hand beside the rows. The window is the day before NOW."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model

from issues.models import Action, AICall, PromptVersion
from metrics import kpis
from metrics.kpis import BY_NAME, KPIS, wilson
from metrics.window import Window
from mis_dashboard.models import Span
from tests.support import make
from tests.support.make import NOW

DAY = Window.parse("24h", NOW)
pytestmark = pytest.mark.django_db


def ago(**delta):
    return NOW - timedelta(**delta)


def seconds(count: float):
    return timedelta(seconds=count)


def figure(name: str) -> dict:
    return kpis.measure(DAY)[name]


def answered(after_s: float, **changes):
    """An issue of an hour ago, answered that many seconds later."""
    return make.issue(at=ago(hours=1), first_response_at=ago(hours=1) + seconds(after_s), **changes)


def waiting(age_s: float, **changes):
    return make.issue(at=NOW - seconds(age_s), **changes)


def resolved(after_s: float = 60, **changes):
    return make.issue(at=ago(hours=5), status="resolved", resolved_at=ago(hours=5) + seconds(after_s), **changes)


def sent(issue, kind="ai", at=None, turn=1, **changes):
    at = at or ago(hours=2)
    return make.response(issue, at=at, turn=turn, state="sent", sent_at=at, text="Olá", kind=kind, **changes)


def act(issue, kind, *, at=None, by="system", **changes):
    given = {"at": at or ago(hours=1), "by": by, "automated": by == "system"}
    return Action.objects.create(issue=issue, kind=kind, **(given | changes))


class TestNothing:
    def test_nothing_to_measure_is_none_and_not_zero(self):
        found = kpis.measure(DAY)
        assert list(found) == [kpi.name for kpi in KPIS]
        assert {(kpi["value"], kpi["n"], kpi["state"], kpi["change"]) for kpi in found.values()} == {
            (None, 0, "none", None)
        }

    def test_all_figures_take_a_dozen_queries(self, django_assert_num_queries):
        # What there is of cells; the rows of six kinds; what is open; the very durations; the time that MIS was there;
        # how long requests took, in this time and the one before, and (now and then) how far they were added up. The last two
        # kinds have a savepoint each.
        with django_assert_num_queries(18):
            kpis.measure(DAY)

    def test_measuring_again_gives_the_same_numbers(self):
        answered(12)
        waiting(50)
        assert kpis.measure(DAY) == kpis.measure(DAY)


class TestFirstResponse:
    def test_customers_still_waiting_count_at_their_age_so_far(self):
        for after_s in (10, 20, 40):
            answered(after_s)
        waiting(100)
        # 10, 20, 40, 100: half way is between 20 and 40; place 2.7 is 40 + 0.7 × 60.
        assert figure("ttfr_p50")["value"] == 30
        assert figure("ttfr_p90")["value"] == 82
        assert figure("ttfr_p50")["n"] == 4
        # 100 × 0.15 + 40 × 0.85: place 2.85. The mean of all four.
        beside = {"waiting": 1, "unanswered": 0, "untrusted": 0, "p95": 91, "mean": 42.5}
        assert figure("ttfr_p50")["extra"] == beside

    def test_a_percentile_grows_only_if_one_at_or_before_it_still_waits(self):
        for after_s in (10, 20, 40):
            answered(after_s)
        waiting(100)  # place 3: the median lies between places 1 and 2, the p90 between 2 and 3
        assert figure("ttfr_p50")["lower_bound"] is False
        assert figure("ttfr_p90")["lower_bound"] is True

    def test_one_who_has_waited_less_than_the_median_makes_it_a_lower_bound(self):
        for after_s in (10, 20, 40):
            answered(after_s)
        waiting(5)
        assert figure("ttfr_p50")["value"] == 15  # 5, 10, 20, 40
        assert figure("ttfr_p50")["lower_bound"] is True

    def test_an_answer_as_old_as_a_wait_stands_before_it(self):
        answered(60)
        answered(60)
        waiting(60)
        assert figure("ttfr_p50")["lower_bound"] is False  # place 1 of 0 to 2 is an answer
        assert figure("ttfr_p90")["lower_bound"] is True

    def test_only_one_who_waits_is_both_percentiles(self):
        waiting(42.5)
        assert (figure("ttfr_p50")["value"], figure("ttfr_p90")["value"]) == (42.5, 42.5)
        assert figure("ttfr_p50")["state"] == "warn"

    def test_fractions_of_a_second_are_kept(self):
        answered(1.25)
        assert figure("ttfr_p50")["value"] == 1.25

    def test_an_issue_that_ended_without_any_response_is_not_waiting_and_not_forgotten(self):
        answered(10)
        resolved()
        make.issue(at=ago(hours=2), status="closed")
        assert figure("ttfr_p50")["n"] == 1
        assert figure("ttfr_p50")["extra"]["unanswered"] == 2

    def test_an_answer_before_its_question_cannot_be_timed(self):
        answered(10)
        answered(-3)
        assert (figure("ttfr_p50")["value"], figure("ttfr_p50")["n"]) == (10, 1)
        assert figure("ttfr_p50")["extra"]["untrusted"] == 1

    def test_the_window_begins_with_its_start_and_ends_before_its_end(self):
        make.issue(at=DAY.start, first_response_at=DAY.start + seconds(7))
        make.issue(at=DAY.start - seconds(0.001), first_response_at=DAY.start + seconds(70))
        make.issue(at=DAY.end, first_response_at=DAY.end + seconds(70))
        assert (figure("ttfr_p50")["value"], figure("ttfr_p50")["n"]) == (7, 1)


class TestResolution:
    def test_the_time_to_resolution_is_of_the_resolved_with_the_others_counted_beside(self):
        resolved(3600)
        resolved(7200)
        make.issue(at=ago(hours=5), status="in_progress")  # as a reopened one is
        assert figure("ttr_p50")["value"] == 5400
        assert figure("ttr_p90")["value"] == 6840  # 3600 + 0.9 × 3600
        assert figure("ttr_p50")["n"] == 2
        assert figure("ttr_p50")["extra"] == {"unresolved": 1, "untrusted": 0, "p95": 7020, "mean": 5400}

    def test_the_resolution_rate_is_of_all_detected(self):
        for _ in range(3):
            resolved()
        make.issue(at=ago(hours=5))
        make.issue(at=ago(hours=5), status="closed", false_positive=True)  # not a problem is not solved
        assert (figure("resolution_rate")["value"], figure("resolution_rate")["n"]) == (0.6, 5)
        assert figure("resolution_rate")["extra"] == {"unresolved": 1}

    def test_an_issue_is_escalated_once_however_often_and_also_after_it_was_solved(self):
        twice = resolved(escalated_at=ago(hours=4), escalation_reason="The AI asks for a person")
        act(twice, "escalated")
        act(twice, "escalated")
        resolved(escalated_at=ago(hours=4), escalation_reason="Ana disse que sim")
        act(resolved(), "escalated", success=False)
        make.issue(at=ago(hours=5))
        make.issue(at=ago(hours=5))
        assert (figure("escalation_rate")["value"], figure("escalation_rate")["n"]) == (0.4, 5)
        assert figure("escalation_rate")["state"] == "bad"
        # What somebody wrote in words of their own is told to nobody.
        reasons = {"The AI asks for a person": 1, "other": 1}
        assert figure("escalation_rate")["extra"] == {"escalated": 2, "reasons": reasons}

    def test_false_positives_are_among_the_reviewed_only(self):
        for verdict in (True, False, False, False, None, None):
            make.issue(at=ago(hours=5), false_positive=verdict)
        assert (figure("false_positive_rate")["value"], figure("false_positive_rate")["n"]) == (0.25, 4)


class TestAutomation:
    def test_it_is_over_what_customers_notice_and_what_worked_by_the_time_of_the_action(self):
        issue = make.issue(at=ago(days=20))  # the issue's own age does not matter
        for _ in range(3):
            act(issue, "replied")
        act(issue, "resolved")
        act(issue, "replied", by="ana")
        act(issue, "replied", success=False)
        act(issue, "delivered")
        act(issue, "replied", at=DAY.start - seconds(1))
        act(issue, "replied", at=DAY.end)
        assert (figure("automation_rate")["value"], figure("automation_rate")["n"]) == (0.8, 5)
        assert figure("automation_rate")["state"] == "warn"

    def test_beside_it_stands_the_share_of_resolved_issues_that_no_person_touched(self):
        act(resolved(), "replied")
        act(resolved(), "replied", by="ana")
        only_seen = resolved()
        act(only_seen, "received", by="customer")
        act(only_seen, "reopened", by="customer")
        act(only_seen, "reviewed", by="ana")
        make.issue(at=ago(days=3), status="resolved", resolved_at=ago(days=2))
        assert figure("automation_rate")["extra"] == {"resolved": 3, "untouched_share": pytest.approx(2 / 3)}

    def test_a_reopened_resolution_did_not_work_and_a_later_one_does(self):
        issue = make.issue(at=ago(hours=9), status="in_progress")
        act(issue, "replied", at=ago(hours=8))
        act(issue, "resolved", at=ago(hours=7))
        act(issue, "reopened", by="customer", at=ago(hours=6))
        act(issue, "resolved", by="ana", at=ago(hours=5))
        assert (figure("automation_rate")["value"], figure("automation_rate")["n"]) == (0.5, 2)

    def test_another_program_is_automation_and_leaves_an_issue_untouched_by_people(self):
        by_program = resolved(resolved_by="n8n")
        act(by_program, "replied", by="n8n", automated=True)
        act(by_program, "resolved", by="n8n", automated=True)
        found = figure("automation_rate")
        assert (found["value"], found["extra"]) == (1, {"resolved": 1, "untouched_share": 1})

    def test_asking_for_a_rating_looking_over_and_noting_are_nothing_that_customers_notice(self):
        issue = resolved()
        for kind in ("surveyed", "triaged", "noted"):
            act(issue, kind)
        found = figure("automation_rate")
        assert (found["n"], found["extra"]["untouched_share"]) == (0, 1)

    def test_what_a_person_notes_has_been_done_by_a_person(self):
        act(resolved(), "noted", by="ana")
        assert figure("automation_rate")["extra"]["untouched_share"] == 0


class TestPrecision:
    def rated(self, stars, kinds=("ai",), at=None, **changes):
        issue = resolved(customer_satisfaction=stars, rated_at=stars and (at or ago(hours=1)), **changes)
        for turn, kind in enumerate(kinds, 1):
            sent(issue, kind, turn=turn)
        return issue

    def test_it_is_of_the_ratings_of_issues_that_only_the_ai_answered(self):
        self.rated(5)
        self.rated(4, ("cached", "ai"))
        self.rated(3)
        self.rated(1, ("ai", "human"))
        self.rated(5, ("template",))
        self.rated(5, ())
        self.rated(1, at=DAY.start - seconds(1))
        self.rated(None)
        found = figure("ai_precision")
        assert (found["value"], found["n"]) == (pytest.approx(2 / 3), 3)
        # z² = 3.8415: middle (2/3 + 0.6402) / 2.2805 = 0.5731, half 0.8594 × √(0.0741 + 0.1067) = 0.3654.
        assert found["extra"]["interval"] == pytest.approx([0.2077, 0.9385], abs=1e-4)
        # Resolved in the window and answered by the AI alone: five, of which four are rated.
        assert found["extra"]["response_rate"] == 0.8

    def test_neither_the_question_for_a_rating_nor_the_word_that_a_person_comes_is_an_answer(self):
        sent(self.rated(5), "template", turn=2, purpose="survey")
        sent(self.rated(4), "template", turn=2, purpose="handover")
        sent(self.rated(5, ()), "template", purpose="survey")
        found = figure("ai_precision")
        assert (found["value"], found["n"]) == (1, 2)

    def test_a_follow_up_of_the_ai_does_not_make_up_for_a_template_that_answered_first(self):
        sent(self.rated(5, ("template",)), "ai", turn=2, purpose="follow_up")
        assert figure("ai_precision")["n"] == 0

    def test_a_rating_belongs_to_who_resolved_what_was_rated(self):
        self.rated(5, rated_resolver="system", resolved_by="ana")  # reopened since, and solved by a person
        self.rated(1, rated_resolver="ana", resolved_by="system")
        self.rated(1, rated_resolver="n8n", resolved_by="n8n")
        found = figure("ai_precision")
        assert (found["value"], found["n"]) == (1, 1)

    def test_who_rated_is_of_the_issues_that_the_ai_resolved(self):
        self.rated(5, rated_resolver="system", resolved_by="system")
        self.rated(None, resolved_by="system")
        self.rated(None, resolved_by="ana")
        assert figure("ai_precision")["extra"]["response_rate"] == 0.5

    def test_a_rating_stays_when_the_issue_is_open_again(self):
        issue = make.issue(
            at=ago(hours=5), status="escalated", escalated_at=ago(hours=1),
            customer_satisfaction=2, rated_at=ago(hours=1), rated_resolver="system",
        )  # fmt: skip
        sent(issue)
        found = figure("ai_precision")
        assert (found["value"], found["n"], found["extra"]["response_rate"]) == (0, 1, None)

    def test_an_unsent_reply_of_a_person_changes_nothing(self):
        make.response(self.rated(5), turn=2, state="handed_over")
        assert figure("ai_precision")["n"] == 1

    @pytest.mark.parametrize(
        ("good", "n", "interval"),
        [(0, 10, (0, 0.2775)), (10, 10, (0.7225, 1)), (5, 10, (0.2366, 0.7634)), (90, 100, (0.8256, 0.9448))],
    )
    def test_the_interval_is_wilsons(self, good, n, interval):
        assert wilson(good, n) == pytest.approx(interval, abs=1e-4)


class TestDelivery:
    def test_it_is_of_the_sends_that_had_ten_minutes_to_arrive(self):
        sent(make.issue(), delivery="delivered", at=ago(minutes=10))
        sent(make.issue(), delivery="read", at=ago(minutes=11))
        sent(make.issue(), delivery="failed", at=ago(minutes=12), failure="Não está no WhatsApp")
        sent(make.issue(), delivery="sent", at=ago(minutes=13))
        sent(make.issue(), delivery="failed", at=ago(minutes=9), failure="too young to judge")
        sent(make.issue(source="import"), at=ago(minutes=30))
        make.response(make.issue(), state="unsure", sent_at=ago(minutes=30))
        found = figure("delivery_rate")
        assert (found["value"], found["n"], found["state"]) == (0.5, 4, "bad")
        assert found["extra"] == {"failed": 1, "causes": {"Não está no WhatsApp": 1}}


class TestUsage:
    def call(self, *, at=None, outcome="answered", tokens=None, cost=None, **issue):
        prompt = PromptVersion.objects.get(name="reply", active=True)
        names = ("tokens_in", "tokens_out", "tokens_thought", "tokens_cached")
        AICall.objects.create(
            response=make.response(make.issue(**issue)), prompt=prompt, model="m", started_at=at or ago(hours=1),
            latency_s=1, outcome=outcome, cost_usd=cost, **dict(zip(names, tokens or [None] * 4, strict=True)),
        )  # fmt: skip

    def test_tokens_and_cost_are_summed_over_the_calls_begun_in_the_window(self):
        self.call(tokens=(100, 20, 5, 80), cost=Decimal("0.00012"))
        self.call(tokens=(200, 30, None, None), cost=Decimal("0.00034"))
        self.call(outcome="timed_out")
        self.call(at=DAY.start - seconds(1), tokens=(999, 999, 999, 0), cost=Decimal("9"))
        tokens, cost = figure("ai_tokens"), figure("ai_cost_usd")
        assert (tokens["value"], tokens["n"], tokens["lower_bound"]) == (355, 2, False)
        assert tokens["extra"] == {"in": 300, "out": 50, "thought": 5, "cached": 80, "calls": 3, "uncounted": 0}
        assert (cost["value"], cost["n"], cost["lower_bound"], cost["state"]) == (
            pytest.approx(0.00046),
            2,
            False,
            "good",
        )

    def test_a_question_about_an_issue_costs_as_one_for_a_reply_does(self):
        self.call(tokens=(100, 20, 5, 80), cost=Decimal("0.5"))
        prompt = PromptVersion.objects.get(name="triage", active=True)
        for source in ("ghl", "demo"):
            AICall.objects.create(
                issue=make.issue(source=source), prompt=prompt, model="m", started_at=ago(hours=1), latency_s=1,
                outcome="answered", tokens_in=40, tokens_out=2, tokens_thought=0, tokens_cached=0, cost_usd=Decimal("0.25"),
            )  # fmt: skip
        assert (figure("ai_tokens")["value"], figure("ai_tokens")["n"]) == (167, 2)
        assert figure("ai_cost_usd")["value"] == 0.75

    def test_an_answer_of_unknown_cost_makes_the_sum_a_lower_bound(self):
        self.call(tokens=(100, 20, 5, 0), cost=Decimal("0.5"))
        self.call()
        assert figure("ai_cost_usd")["extra"]["unpriced"] == 1
        assert figure("ai_cost_usd")["lower_bound"] is True
        assert figure("ai_tokens")["lower_bound"] is True

    def test_calls_that_told_nothing_are_no_zero(self):
        self.call(outcome="timed_out")
        assert (figure("ai_tokens")["value"], figure("ai_cost_usd")["value"]) == (None, None)


def seen(*components: str, but: tuple[float, float] | None = None):
    """The components were up for two days; but for a time, from and until so many seconds ago."""
    edges = [ago(days=2), *(NOW - seconds(age) for age in but or ()), NOW]
    for component in components:
        for number, (since, until) in enumerate(zip(edges[::2], edges[1::2], strict=True), 1):
            Span.objects.create(component=component, number=number, state="up", since=since, until=until)


class TestAvailability:
    def test_a_break_of_one_of_ours_is_down_and_eats_of_the_budget(self):
        seen("web", "clock")
        seen("worker", but=(7200, 7200 - 108))
        found = figure("availability")
        # 108 s of 86,400 are 0.125 %, of which 0.1 % (86.4 s, 1.44 min) was allowed.
        assert (found["value"], found["n"], found["state"]) == (0.99875, 86_400, "warn")
        assert found["extra"].pop("components")["worker"] == {"value": 0.99875, "down_minutes": 1.8}
        assert found["extra"] == {"down_minutes": 1.8, "budget_minutes": 1.44, "budget_left_minutes": -0.36}

    def test_without_any_sign_there_is_no_budget(self):
        assert figure("availability")["extra"]["budget_left_minutes"] is None


class TestWhoCounts:
    @pytest.fixture
    def _others(self):
        """One demonstration and one probe, with something for every figure."""
        for changes in ({"source": "demo"}, {"metadata": {"probe": True}}):
            issue = resolved(
                first_response_at=ago(hours=5), customer_satisfaction=5, rated_at=ago(hours=1), false_positive=False,
                **changes,
            )  # fmt: skip
            sent(issue, delivery="read")
            act(issue, "replied")
            TestUsage().call(tokens=(1, 1, 1, 1), cost=1, **changes)

    @pytest.mark.usefixtures("_others")
    def test_demonstrations_and_probes_are_no_customers(self):
        assert {kpi["n"] for kpi in kpis.measure(DAY).values()} == {0}

    @pytest.mark.usefixtures("_others")
    def test_in_a_demonstration_everything_counts(self, settings):
        settings.DEMO = True
        seen("web", "worker", "clock")
        found = kpis.measure(DAY)
        assert found["resolution_rate"]["n"] == 2
        assert found["ai_precision"]["value"] == 1
        assert [name for name, kpi in found.items() if not kpi["n"]] == ["api_p95"]  # nobody asked us anything

    def test_other_metadata_makes_no_probe(self):
        answered(5, metadata={"probe": False, "campaign": "x"})
        assert figure("ttfr_p50")["n"] == 1


@pytest.mark.parametrize(
    ("name", "value", "state"),
    [
        ("ttfr_p50", 30, "good"), ("ttfr_p50", 30.1, "warn"), ("ttfr_p50", 300, "warn"), ("ttfr_p50", 301, "bad"),
        ("ttr_p90", 7200, "good"), ("ttr_p90", 14400, "warn"), ("ttr_p90", 14401, "bad"),
        ("automation_rate", 0.95, "good"), ("automation_rate", 0.7, "warn"), ("automation_rate", 0.69, "bad"),
        ("ai_precision", 0.9, "good"), ("ai_precision", 0.899, "warn"), ("ai_precision", 0.5, "bad"),
        ("delivery_rate", 0.9, "warn"), ("resolution_rate", 0.9, "good"), ("escalation_rate", 0.1, "good"),
        ("escalation_rate", 0.21, "bad"), ("false_positive_rate", 0.06, "warn"), ("false_positive_rate", 0, "good"),
        ("availability", 0.999, "good"), ("availability", 0.9989, "warn"), ("availability", 0.98, "bad"),
        ("ai_tokens", 10**9, "good"), ("ai_cost_usd", 0, "good"), ("ai_cost_usd", None, "none"),
        ("satisfaction", 4, "good"), ("satisfaction", 3.5, "warn"), ("satisfaction", 3.4, "bad"),
    ],
)  # fmt: skip
def test_a_figure_is_good_at_its_target_and_bad_beyond_its_interim_one(name, value, state):
    assert BY_NAME[name].state(value) == state


def test_people_are_told_apart_by_their_account_too():
    ana = get_user_model().objects.create_user("ana")
    act(resolved(), "replied", by="ana", user=ana)
    assert figure("automation_rate")["value"] == 0
    assert figure("automation_rate")["extra"]["untouched_share"] == 0


class TestChange:
    """Against the time of the same length right before."""

    @staticmethod
    def detected(count, hours):
        for _ in range(count):
            make.issue(at=ago(hours=hours))

    def test_of_a_number_it_is_a_share_of_what_it_was(self):
        self.detected(30, 1)
        self.detected(20, 30)
        self.detected(1, 72)
        assert figure("received")["change"] == pytest.approx(0.5)

    def test_there_is_none_where_too_few_cases_say_anything(self):
        self.detected(30, 1)
        self.detected(19, 30)
        self.detected(1, 72)
        assert figure("received")["change"] is None

    def test_there_is_none_where_history_began_within_the_time_before(self):
        self.detected(30, 1)
        self.detected(20, 30)
        assert figure("received")["change"] is None


class TestFailing:
    """Of what is measured of other tables, one may be out of order: only its own card says so."""

    def test_figures_of_other_sources_stand_when_one_cannot_be_measured(self, monkeypatch):
        answered(8)
        monkeypatch.setattr("metrics.uptime.READ", "SELECT no_such_column FROM mis_dashboard_span")
        found = kpis.measure(DAY)
        assert (found["availability"]["value"], found["availability"]["state"]) == (None, "none")
        assert [name for name, figure in found.items() if figure["failed"]] == ["availability"]
        assert found["ttfr_p50"]["value"] == 8.0

    def test_a_figure_that_goes_wrong_is_failed_alone(self, monkeypatch):
        answered(8)
        monkeypatch.setattr("metrics.timing.figure", lambda window: 1 / 0)
        found = kpis.measure(DAY)
        assert [name for name, figure in found.items() if figure["failed"]] == ["api_p95"]
