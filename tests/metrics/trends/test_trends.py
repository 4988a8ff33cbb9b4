"""What the trends of a window say of rows that are few enough to count by hand."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone, translation

from issues.models import Action, Issue
from metrics import facts, kpis
from metrics.kpis import KPIS
from metrics.trends import read as reading
from metrics.trends.shown import _extreme, _uptime_summary, shown
from metrics.uptime import Gap, Share, Uptime
from metrics.window import Scope
from tests.support import make

pytestmark = pytest.mark.django_db

# A Friday, 10:00 in São Paulo.
NOW = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)


def ago(**time) -> datetime:
    return NOW - timedelta(**time)


def read(window: str = "24h") -> reading.Trends:
    reading._read.forget()
    return reading.read(Scope(window), NOW)


def answered(at: datetime, seconds: float, **changes):
    return make.issue(at=at, first_response_at=at + timedelta(seconds=seconds), answered_by="ai", **changes)


def points(trends, name: str) -> list:
    return [measure.value for measure in trends.points[name]]


def test_every_figure_has_a_point_for_each_bucket():
    trends = read()
    assert set(trends.points) == {kpi.name for kpi in KPIS}
    assert {len(measures) for measures in trends.points.values()} == {len(trends.starts)} == {24}


def test_a_bucket_without_rows_is_no_figure_and_not_zero():
    answered(ago(minutes=150), 8)  # 7:30 in São Paulo, in the bucket of 7
    trends = read()
    assert points(trends, "ttfr_p50")[-3:] == [8.0, None, None]
    assert points(trends, "received")[-3:] == [1, None, None]


def test_the_points_of_a_window_of_one_bucket_are_its_figures():
    for number in range(5):
        answered(ago(minutes=10 + number), 10 * (number + 1))
    zone = timezone.get_default_timezone()
    hour = Scope("custom", start="2026-11-20T09:55", end="2026-11-20T10:00").at(NOW, zone)
    trends = read("1h")
    [whole] = [place for place, start in enumerate(trends.starts) if start == ago(minutes=15)]
    window = Scope("custom", start="2026-11-20T09:45", end="2026-11-20T09:50").at(NOW, zone)
    assert trends.points["ttfr_p50"][whole].value == kpis.measure(window)["ttfr_p50"]["value"]
    assert facts.read(hour, zone).total["detected"] == 0


def test_first_responses_are_spread_over_classes_of_time_with_those_who_wait():
    answered(ago(hours=3), 8)
    answered(ago(hours=2), 45)
    make.issue(at=ago(minutes=5))  # waits since five minutes
    spread = read().spread
    assert sum(spread) == 3
    assert [place for place, n in enumerate(spread) if n] == [2, 4, 6]  # 3–10 s, 30 s–1 min, 3–10 min


def test_the_heat_map_counts_by_the_local_day_and_hour():
    for at in (ago(minutes=30), ago(minutes=45), ago(hours=11)):
        make.issue(at=at)
    heat = read().heat
    assert heat[4][9] == 2  # Friday, from 9 to 10 in São Paulo
    assert heat[3][23] == 1  # Thursday
    assert heat[4][3] == 0
    assert heat[0] == [None] * 24  # no Monday lies in the window


def test_a_long_window_counts_an_hour_of_each_week():
    make.issue(at=ago(minutes=30))
    make.issue(at=ago(days=7, minutes=30))
    make.issue(at=ago(days=14, minutes=30))
    assert read("7d").heat[4][9] == 1
    assert read("30d").heat[4][9] == 3


def test_types_have_their_share_and_what_they_were_before():
    make.issue(at=ago(days=3))
    for hours in (1, 2, 3):
        make.issue(at=ago(hours=hours), type="billing")
    make.issue(at=ago(hours=4), type="technical_issue")
    make.issue(at=ago(hours=30), type="technical_issue")
    assert [(kind.type, kind.n, kind.share, kind.before) for kind in read().kinds] == [
        ("billing", 3, 0.75, 0),
        ("technical_issue", 1, 0.25, 1),
    ]


def test_a_quiet_time_before_is_none_of_each_type():
    make.issue(at=ago(days=3))
    make.issue(at=ago(hours=1))
    assert [kind.before for kind in read().kinds] == [0]
    assert words()["kinds"]["rows"][0]["before"] == "+1 (0)"


def test_the_change_of_a_type_says_how_many_there_were():
    for hours in (30, 31, 2):
        make.issue(at=ago(hours=hours), type="billing")
    make.issue(at=ago(days=3))
    with translation.override("pt-br"):
        assert words()["kinds"]["rows"][0]["before"] == "−1 (2)"


def test_of_hours_before_there_was_any_issue_nothing_is_known():
    make.issue(at=ago(hours=2))
    friday = read("7d").heat[4]
    assert friday[8:10] == [1, 0]  # from 8:00 in São Paulo
    assert friday[7] is None
    assert {n for day in (0, 1, 2, 3, 5, 6) for n in read("7d").heat[day]} == {None}


def test_a_share_of_a_few_is_not_told_as_the_worst_where_there_is_one_of_many():
    for number in range(25):
        make.issue(at=ago(hours=3, minutes=number + 1), escalated_at=ago(hours=3) if number < 5 else None)
    make.issue(at=ago(hours=1), escalated_at=ago(minutes=50))
    high = extreme(read(), "escalation_rate", max)
    assert high["value"].startswith("20")
    Issue.objects.filter(detected_at__lt=ago(hours=2)).delete()
    assert extreme(read(), "escalation_rate", max)["value"] == "100% (n = 1)"


def extreme(trends: reading.Trends, kpi: str, of) -> dict:
    return _extreme(trends, kpi, [str(place) for place in range(len(trends.starts))], of)


@pytest.mark.parametrize(
    ("minutes", "gaps", "words"),
    [
        (30, [], "Up 100% of 30 min: too short a time to say much."),
        (120, [], "Up 100% of the time that is known, without an interruption."),
        (120, [6], "Up 95.0% of the time that is known. Down 6 min, in 1 interruption."),
        (120, [6, 6], "Up 90.0% of the time that is known. Down 12 min, in 2 interruptions."),
    ],
)
def test_availability_is_told_in_whole_sentences(minutes, gaps, words):
    down = [Gap("mis", ago(minutes=20 * place + length), ago(minutes=20 * place)) for place, length in enumerate(gaps)]
    lost_s = 60.0 * sum(gaps)
    share = Share(60.0 * minutes - lost_s, lost_s, 0.0, 0.0, down)
    with translation.override("en"):
        assert _uptime_summary(Uptime(share, {})).replace("\xa0", " ") == words


def test_what_cannot_be_measured_leaves_the_other_trends_alone(monkeypatch):
    answered(ago(minutes=30), 8)
    monkeypatch.setattr("metrics.uptime.READ", "SELECT no_such_column FROM mis_dashboard_span")
    monkeypatch.setattr("metrics.timing.reading.READ", "SELECT no_such_column FROM {pieces}{bucket}")
    trends = read()
    assert points(trends, "ttfr_p50")[-1] == 8.0
    assert set(points(trends, "availability")) == set(points(trends, "api_p95")) == {None}
    assert trends.whole is None


def test_before_history_began_there_is_nothing_to_compare_with():
    make.issue(at=ago(hours=4))
    assert [kind.before for kind in read().kinds] == [None]


def test_what_nobody_will_ask_for_again_is_not_kept(monkeypatch):
    moment = [time.monotonic()]
    monkeypatch.setattr("mis_dashboard.lib.recent.time.monotonic", lambda: moment[0])
    reading._read.forget()
    for minute in range(5):
        reading.read(Scope("1h"), NOW + timedelta(minutes=minute))
        moment[0] += 61
    assert reading._read.kept() <= 2


def test_trends_are_measured_once_a_minute_for_all_who_look(django_assert_num_queries):
    reading._read.forget()
    first = reading.read(Scope("24h"), NOW + timedelta(seconds=1))
    with django_assert_num_queries(0):
        assert reading.read(Scope("24h"), NOW + timedelta(seconds=59)) is first


@pytest.mark.parametrize("window", ["1h", "24h", "30d", "90d"])
def test_trends_cost_so_many_queries_however_long_the_window(window, django_assert_max_num_queries):
    answered(ago(minutes=20), 8)
    with django_assert_max_num_queries(40):
        read(window)


# --- In words -------------------------------------------------------------------------------------------


def words() -> dict:
    with translation.override("en"):
        return shown(read(), Scope("24h"))


def test_with_nothing_measured_each_trend_says_so():
    told = words()
    assert [chart["summary"] for chart in told["charts"]] == [
        "Nothing was done for customers in this time.",
        "No message of this time has had long enough to arrive.",
        "The AI was not asked in this time.",
        "Nothing to time in this window yet.",
    ]
    assert told["heat"]["summary"] == told["kinds"]["summary"] == "Nothing was received in this time."
    assert told["uptime"] is None


def test_the_busiest_hour_and_the_share_within_the_target_are_told():
    answered(ago(minutes=30), 8)
    answered(ago(minutes=40), 45)
    told = words()
    assert told["heat"]["summary"] == "Busiest: Friday from 9:00 to 10:00, 2 issues."
    assert told["charts"][3]["summary"].startswith("50.0% of 2 took less than 30\N{NO-BREAK SPACE}s")


def test_every_cell_of_the_table_has_a_head_and_says_what_the_chart_draws():
    issue = answered(ago(minutes=30), 8)
    Action.objects.create(issue=issue, kind="replied", at=ago(minutes=30), automated=True, success=True)
    told = words()
    assert {len(row["cells"]) for row in told["table"]["rows"]} == {len(told["table"]["heads"])}
    row = told["table"]["rows"][-1]
    assert row["label"] == "09:00"
    assert row["cells"][:5] == ["1", "0", "8.0\N{NO-BREAK SPACE}s", "8.0\N{NO-BREAK SPACE}s", "100%"]
    assert told["data"]["points"]["automation_rate"][-1] == 1.0


def test_shades_go_from_none_to_the_busiest():
    for minutes in (1, 2, 3, 4, 5):
        make.issue(at=ago(minutes=minutes))
    make.issue(at=ago(hours=3))
    friday = words()["heat"]["rows"][4]["cells"]
    assert [friday[hour]["level"] for hour in (9, 8, 7)] == [5, 0, 1]
    assert friday[20]["level"] == ""


# --- Its page -------------------------------------------------------------------------------------------


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(get_user_model().objects.create_user("ana"))
    client.cookies["django_language"] = "en"
    return client


def test_the_page_has_all_trends_without_any_script(reader):
    answered(timezone.now() - timedelta(minutes=5), 8)
    html = reader.get("/performance/trends?window=7d").content.decode()
    for text in ("When customers write", "What customers write about", "Everything over time, as a table"):
        assert text in html
    assert 'id="trend-data"' in html


def test_what_is_not_understood_says_what_to_write(reader):
    answer = reader.get("/performance/trends?window=2h")
    assert answer.status_code == 400
    assert "There is no such time window." in answer.content.decode()


def test_trends_are_for_those_who_are_signed_in(client):
    assert client.get("/performance/trends").status_code == 302


def test_figures_are_saved_as_a_file_in_the_readers_language(reader):
    answered(timezone.now() - timedelta(minutes=5), 8.5)
    answer = reader.get("/performance/figures.csv?window=1h")
    assert "attachment" in answer["Content-Disposition"]
    head, *lines = answer.content.decode("utf-8-sig").splitlines()
    assert head.startswith("Name,Figure,From (America/Sao_Paulo)")
    assert len(lines) == len(KPIS)
    assert lines[0].split(",")[0] == "ttfr_p50"
    assert ",8.5,s,1,30,on target,," in lines[0]
    reader.cookies["django_language"] = "pt-br"
    assert ";8,5;s;1;30;" in reader.get("/performance/figures.csv?window=1h").content.decode()


def test_figures_of_a_window_that_there_is_not_are_refused(reader):
    assert reader.get("/performance/figures.csv?window=2h").status_code == 400
