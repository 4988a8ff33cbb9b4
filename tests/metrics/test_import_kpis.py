"""The figures of imported streams, each against pandas, which reads nothing but the CSV."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from django.core.management import call_command

from issues.models import Action, Issue
from metrics import facts, kpis, rollup
from metrics.window import Window

DATA = Path(__file__).parent.parent / "data"
INCIDENTS, EVENTS, FEEDBACK = (
    DATA / f"{name}.csv" for name in ("incidents_servicenow", "incidents_servicenow_events", "feedback_pt")
)
LOCAL = "America/Sao_Paulo"
TIMES = ["detected_at", "first_response_at", "resolved_at", "closed_at", "survey_answered_at"]
PRIORITIES = {1: "critical", 2: "high", 3: "medium", 4: "low"}
ANSWER_S = {"critical": 30, "high": 30, "medium": 120, "low": 300}
SOLVE_S = {"critical": 7200, "high": 7200, "medium": 14400, "low": 28800}

pytestmark = pytest.mark.django_db


def window(start: str, end: str) -> Window:
    return Window("custom", *(datetime.fromisoformat(at).replace(tzinfo=UTC) for at in (start, end)), timedelta(days=1))


WINDOWS = [
    window("2016-02-01", "2017-12-01"),
    window("2016-02-29T12:00", "2016-03-01T12:00"),
    window("2016-03-01T13:00", "2016-03-01T14:00"),
    window("2016-03-02", "2016-03-09"),
    window("2016-03-10", "2016-03-20"),  # nothing detected, much resolved
    window("2016-04-25T12:43", "2016-04-25T12:44"),  # a reopened one resolved again in this very minute
]


def frame(path: Path) -> pd.DataFrame:
    """The CSV with its times as instants."""
    found = pd.read_csv(path)
    for name in set(TIMES) & set(found):
        at = pd.to_datetime(found[name])
        found[name] = at.dt.tz_localize("UTC" if name == "survey_answered_at" else LOCAL).dt.tz_convert("UTC")
    return found


def within(at: pd.Series, window: Window) -> pd.Series:
    return (at >= window.start) & (at < window.end)


def seconds(span: pd.Series) -> pd.Series:
    return span.dt.total_seconds()


def percentile(values: pd.Series, share: float, window: Window) -> float | None:
    """To the second; of windows longer than a day, within the 2 % of their bins."""
    bins = 0 if window.is_exact else 0.02
    return pytest.approx(values.quantile(share), rel=bins, abs=0.5) if len(values) else None


def share(part: int, whole: int) -> float | None:
    return pytest.approx(part / whole) if whole else None


def expected(stream: pd.DataFrame, window: Window) -> dict:
    """name → (value, n) as pandas has it. Nobody waits in a stream in which all are answered or ended."""
    cohort = stream[within(stream.detected_at, window)]
    ttfr = seconds(cohort.first_response_at - cohort.detected_at)
    ttr = seconds(cohort.resolved_at - cohort.detected_at)
    acts = within(stream.first_response_at, window).sum() + within(stream.resolved_at, window).sum()
    answered, solved = ttfr[ttfr >= 0], ttr[ttr >= 0]
    return {
        "ttfr_p50": (percentile(answered, 0.5, window), len(answered)),
        "ttfr_p90": (percentile(answered, 0.9, window), len(answered)),
        "ttr_p50": (percentile(solved, 0.5, window), len(solved)),
        "ttr_p90": (percentile(solved, 0.9, window), len(solved)),
        "automation_rate": (0.0 if acts else None, acts),
        "resolution_rate": (share(cohort.resolved_at.notna().sum(), len(cohort)), len(cohort)),
        "escalation_rate": (share(0, len(cohort)), len(cohort)),
        "false_positive_rate": (None, 0),
        "ai_precision": (None, 0),
        "delivery_rate": (None, 0),
        "ai_tokens": (None, 0),
        "ai_cost_usd": (None, 0),
    }


def agree(stream: pd.DataFrame, window: Window) -> None:
    found = kpis.measure(window)
    wanted = expected(stream, window)
    assert {name: (found[name]["value"], found[name]["n"]) for name in wanted} == wanted
    cohort = stream[within(stream.detected_at, window)]
    untrusted = (cohort.first_response_at < cohort.detected_at).sum()
    assert found["ttfr_p50"]["extra"]["untrusted"] == untrusted
    assert found["ttr_p50"]["extra"]["untrusted"] == (cohort.resolved_at < cohort.detected_at).sum()
    for name, at in (("ttfr_p50", "first_response_at"), ("ttr_p50", "resolved_at")):
        took = seconds(cohort[at] - cohort.detected_at)
        took = took[took >= 0]
        assert found[name]["extra"]["mean"] == (pytest.approx(took.mean(), abs=0.5) if len(took) else None)
    assert found["automation_rate"]["extra"]["resolved"] == within(stream.resolved_at, window).sum()


class TestIncidents:
    @pytest.fixture(params=[True, False], ids=["with events", "without"])
    def stream(self, request):
        events = ["--events", str(EVENTS)] if request.param else []
        call_command("import_issues", str(INCIDENTS), *events)
        return frame(INCIDENTS)

    def test_every_figure_of_every_window_is_that_of_pandas(self, stream):
        for each in WINDOWS:
            agree(stream, each)

    def test_the_genuine_flaws_are_there_and_are_counted(self, stream):
        whole = kpis.measure(WINDOWS[0])
        assert len(stream) == Issue.objects.count() == 987
        assert whole["ttr_p50"]["n"] == 987 - 31  # closed and never resolved
        extra = whole["ttfr_p50"]["extra"]
        assert (extra["waiting"], extra["unanswered"], extra["untrusted"]) == (0, 0, 2)
        assert Issue.objects.filter(status="closed", resolved_at=None).count() == 31

    def test_service_levels_are_those_of_pandas_by_priority(self, stream):
        found = facts.by(WINDOWS[0], "priority", ZoneInfo(LOCAL))
        for number, priority in PRIORITIES.items():
            group = stream[stream.priority == number]
            promises = (("response", "first_response_at", ANSWER_S), ("resolution", "resolved_at", SOLVE_S))
            for promise, at, target in promises:
                took = seconds(group[at] - group.detected_at).dropna()
                met = (took <= target[priority]).sum()
                told = found[priority][f"{promise}_met"], found[priority][f"{promise}_late"]
                assert told == (met, len(took) - met)

    @pytest.mark.parametrize("number", PRIORITIES)
    def test_each_priority_is_that_of_pandas(self, stream, number):
        for each in WINDOWS:
            agree(stream[stream.priority == number], replace(each, priority=PRIORITIES[number]))

    def test_twelve_reopenings_are_on_the_spine_of_a_stream_with_events(self, stream, request):
        events = frame(EVENTS).sort_values(["issue_id", "seq"])
        after = events.groupby("issue_id").state.shift(-1)
        reopened = ((events.state == "Resolved") & after.notna() & ~after.isin(["Resolved", "Closed"])).sum()
        told = "with events" in request.node.name
        assert Action.objects.filter(kind="reopened").count() == (reopened if told else 0)
        assert reopened == 12


class TestFeedback:
    @pytest.fixture
    def stream(self):
        call_command("import_issues", str(FEEDBACK), "--time-zone", "survey_answered_at=UTC")
        return frame(FEEDBACK)

    @pytest.mark.parametrize("end", ["2017-03-06T12:00", "2017-03-31"])
    def test_those_still_waiting_count_at_their_age_so_far(self, stream, end):
        march = window("2017-03-01", end)
        cohort = stream[within(stream.detected_at, march)]
        # Who is neither answered, nor at an end: paid for and not sent, as the shop says.
        waits = cohort.first_response_at.isna() & ~cohort.status.isin(["delivered", "canceled"])
        until = cohort.first_response_at.where(~waits, pd.Timestamp(march.end))
        ttfr = seconds(until - cohort.detected_at)
        ttfr = ttfr[ttfr >= 0]
        found = kpis.measure(march)
        for name, part in (("ttfr_p50", 0.5), ("ttfr_p90", 0.9)):
            assert (found[name]["value"], found[name]["n"]) == (percentile(ttfr, part, march), len(ttfr))
        assert found["ttfr_p50"]["extra"]["waiting"] == waits.sum()
        assert found["ttfr_p50"]["extra"]["unanswered"] == 1  # FB09: delivered, and nobody had answered
        assert found["resolution_rate"]["value"] == share(cohort.resolved_at.notna().sum(), len(cohort))

    def test_ratings_are_the_customers_at_their_own_time(self, stream):
        rated = stream.dropna(subset="csat").set_index("issue_id")
        stored = {issue.external_id: issue for issue in Issue.objects.exclude(customer_satisfaction=None)}
        assert {id: issue.customer_satisfaction for id, issue in stored.items()} == rated.csat.to_dict()
        assert {id: issue.rated_at for id, issue in stored.items()} == rated.survey_answered_at.to_dict()
        # Nobody says that an AI of ours had answered them.
        assert kpis.measure(window("2017-03-01", "2017-04-01"))["ai_precision"]["n"] == 0


class TestAgain:
    """What was added up in advance is true again after a newer version."""

    def test_a_newer_version_changes_the_figures_to_what_it_says(self, tmp_path):
        early, late = window("2017-03-01", "2017-03-08"), window("2017-03-08", "2017-03-15")
        call_command("import_issues", str(FEEDBACK), "--time-zone", "survey_answered_at=UTC")
        rollup.rebuild(late.end)
        before = kpis.measure(late)["automation_rate"]["n"]
        # FB01 was answered and solved a week later than was said.
        header, first, *_ = FEEDBACK.read_text().splitlines()
        first = first.replace("2017-03-01T08:10:00,2017-03-04T09:30:00", "2017-03-08T08:10:00,2017-03-11T09:30:00")
        (tmp_path / "newer.csv").write_text(f"{header}\n{first}\n")
        call_command("import_issues", str(tmp_path / "newer.csv"), "--time-zone", "survey_answered_at=UTC")
        assert kpis.measure(late)["automation_rate"]["n"] == before + 2
        marked = {each.name: kpis.measure(each) for each in (replace(early, name="early"), replace(late, name="late"))}
        rollup.rebuild(late.end)
        again = {each.name: kpis.measure(each) for each in (replace(early, name="early"), replace(late, name="late"))}
        assert marked == again

    def test_what_a_newer_version_takes_back_is_taken_back_in_the_figures(self, tmp_path):
        def bring_in(by: str, *events: str) -> dict:
            (tmp_path / "issues.csv").write_text(
                "id,opened_at,first_response_at,resolved_at,answered_by,resolved_by\n"
                f"A,2017-03-01,2017-03-02,2017-03-03,{by},{by}\n"
            )
            (tmp_path / "events.csv").write_text("\n".join(["id,seq,at,state", *events]) + "\n")
            files = str(tmp_path / "issues.csv"), "--events", str(tmp_path / "events.csv")
            call_command("import_issues", *files, "--time-zone", "UTC")
            return kpis.measure(window("2017-03-01", "2017-03-08"))["automation_rate"]

        opened_again = bring_in("Ana", "A,1,2017-03-03,Resolved", "A,2,2017-03-05,Active")
        # The reply; the resolution was undone.
        assert (opened_again["n"], opened_again["extra"]["resolved"]) == (1, 0)
        rollup.rebuild(datetime(2017, 3, 9, tzinfo=UTC))
        # It was neither opened again nor touched by a person, as the other system says now.
        found = bring_in("n8n", "A,1,2017-03-02,Active", "A,2,2017-03-03,Resolved", "A,3,2017-03-04,Closed")
        assert (found["value"], found["n"]) == (1.0, 2)
        assert (found["extra"]["resolved"], found["extra"]["untouched_share"]) == (1, 1.0)
