"""A figure's own page, its rows as a file, and both for programs."""

import csv
import json
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.utils import timezone

from issues.models import ApiKey, Issue, PromptVersion
from metrics import breakdown, facts, kpis, rollup
from metrics.figure import LIST_LABELS
from metrics.kpis import BY_NAME, KPIS
from metrics.measures import LISTS
from metrics.window import Scope
from tests.metrics.test_page import Tags
from tests.support import make
from tests.support.history_of import History
from tests.support.make import NOW

pytestmark = pytest.mark.django_db
ZONE = timezone.get_default_timezone()
AS_OF = "as_of=2026-11-20T13:00:00Z"


@pytest.fixture(autouse=True)
def _at_now(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def ana(client):
    user = get_user_model().objects.create_user("ana", is_staff=True)
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return user


@pytest.fixture
def page(client, ana):
    return lambda path: client.get(path).content.decode()


def answered(after_s, **changes):
    at = changes.pop("at", NOW - timedelta(hours=1))
    return make.issue(at=at, first_response_at=at + timedelta(seconds=after_s), answered_by="ai", **changes)


def tabs(html: str) -> dict[str, str]:
    found = re.findall(r'class="tab" href="[^"]*"[^>]*>(.*?) <strong>([^<]*)</strong>', html)
    return dict(found)


class TestPage:
    @pytest.mark.parametrize("kpi", BY_NAME.values(), ids=lambda kpi: kpi.name)
    def test_every_figure_has_a_page_that_shows_what_it_counts(self, page, kpi):
        History(3).go(40, 160)
        found = kpis.figures(facts.read(Scope("30d").at(NOW, ZONE), ZONE), [kpi])[kpi.name]
        html = page(f"/performance/{kpi.name}?window=30d")
        shown = tabs(html)
        assert len(shown) == len(kpi.lists)
        if kpi.rows in LISTS:
            assert shown[str(LIST_LABELS[kpi.rows])] == str(found["n"])
            assert html.count('<th scope="row">') >= min(found["n"], 50)

    def test_every_list_of_a_figure_has_a_name(self):
        assert {name for kpi in BY_NAME.values() for name in kpi.lists} <= LIST_LABELS.keys()

    def test_a_stranger_is_led_to_the_login(self, client):
        assert client.get("/performance/ttfr_p50").url.startswith("/login/")
        assert client.get("/performance/ttfr_p50.csv").url.startswith("/login/")

    def test_there_is_none_of_an_unknown_figure(self, client, ana):
        assert client.get("/performance/nonsense").status_code == 404
        assert client.get("/performance/nonsense.csv").status_code == 404

    @pytest.mark.parametrize(
        "query", ["window=2h", "priority=urgent", "list=resolved", "after=x", "as_of=yesterday", "as_of=2027-01-01T00:00:00Z",
                  "window=custom&start=x&end=y", "location=" + "x" * 65]
    )  # fmt: skip
    @pytest.mark.parametrize("path", ["/performance/ttfr_p50", "/performance/ttfr_p50.csv"])
    def test_what_is_not_understood_is_refused_in_words(self, client, ana, path, query):
        answer = client.get(f"{path}?{query}")
        assert answer.status_code == 400
        assert "This cannot be shown" in answer.content.decode()

    def test_nothing_is_said_to_be_nothing_and_no_row_is_looked_for(self, client, ana, django_assert_max_num_queries):
        with django_assert_max_num_queries(40):
            html = client.get("/performance/ttfr_p50").content.decode()
        assert "Nothing is counted here in this window." in html
        assert ">—<" in html

    def test_a_long_history_costs_no_more_queries(self, client, ana, django_assert_max_num_queries):
        History(2).go(60, 60)
        rollup.catch_up(NOW)
        with django_assert_max_num_queries(50):
            client.get("/performance/ttfr_p50?window=90d")

    def test_it_says_the_figure_its_spread_and_how_it_is_measured(self, page):
        for after_s in (2, 5, 40, 41):
            answered(after_s)
        html = page("/performance/ttfr_p50")
        assert "How long does a customer wait for the first response?" in html
        assert "First response − detected" in html
        spread = re.findall(r"<li><span>([^<]*)</span> .*?</svg> <span>(\d+)</span>", html)
        assert [(label, n) for label, n in spread if n != "0"] == [
            ("1\xa0s – 3\xa0s", "1"),
            ("3\xa0s – 10\xa0s", "1"),
            ("30\xa0s – 1\xa0min", "2"),
        ]

    def test_a_row_of_a_breakdown_leads_to_the_figure_of_those_alone(self, page):
        answered(5, location="loc1", type="billing")
        answered(9, location="loc2", type="billing")
        html = page("/performance/ttfr_p50?window=7d")
        links = re.findall(r'href="(/performance/ttfr_p50\?[^"]*location=loc2[^"]*)"', html)
        narrowed = page(links[0].replace("&amp;", "&"))
        assert tabs(narrowed)["Answered or waiting"] == "1"
        assert "Location: loc2" in narrowed
        assert "Location</caption>" not in narrowed

    def test_the_window_and_the_filters_are_chosen_in_place_and_keep_the_list(self, page, client):
        answered(5, location="loc1")
        html = page("/performance/ttfr_p50?window=7d&list=waiting&location=loc1")
        assert 'href="?window=24h&amp;location=loc1&amp;list=waiting"' in html
        assert '<input type="hidden" name="list" value="waiting">' in html
        assert '<option value="loc1" selected>' in html
        answer = client.get("/performance/ttfr_p50?window=7d&list=waiting&location=&priority=high&type=")
        assert answer.headers["Location"] == "/performance/ttfr_p50?window=7d&priority=high&list=waiting"

    def test_pages_and_files_stay_at_the_moment_of_the_first_look(self, page, monkeypatch):
        for _ in range(60):
            answered(5)
        html = page("/performance/ttfr_p50")
        monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(hours=30))
        next_page = re.search(r'href="([^"]*after=[^"]*)#rows"', html)[1].replace("&amp;", "&")
        assert page(next_page).count('<th scope="row">') >= 10
        assert tabs(page(next_page))["Answered or waiting"] == "60"
        assert (
            tabs(page(re.search(r'href="([^"]*)">Measure now', html)[1].replace("&amp;", "&")))["Answered or waiting"]
            == "0"
        )

    def test_only_who_may_see_issues_is_led_to_them(self, page, ana, client):
        issue = answered(5)
        address = f"/admin/issues/issue/{issue.pk}/change/"
        assert address not in page("/performance/ttfr_p50")
        ana.user_permissions.add(Permission.objects.get(codename="view_issue"))
        assert address in page("/performance/ttfr_p50")
        assert client.get(address).status_code == 200

    def test_what_is_drawn_over_time_stands_beside_it_as_a_table(self, page):
        at = timezone.now() - timedelta(minutes=7)
        make.issue(at=at, first_response_at=at + timedelta(seconds=8), answered_by="ai")
        html = page("/performance/ttfr_p50?window=1h")
        drawn = json.loads(re.search(r'<script id="over-time"[^>]*>(.*?)</script>', html)[1])
        values = drawn["series"]["ttfr_p50"]
        assert [value for value in values if value is not None] == [8.0]
        table = html[html.index('id="over-time-table"') :].split("</table>")[0]
        assert len(re.findall("<tr><th scope=.row", table)) == len(values)
        assert re.findall(r"<td>([^<—]+)</td><td>1</td>", table) == ["8.0\N{NO-BREAK SPACE}s"]

    def test_it_works_without_script_and_has_what_screen_readers_need(self, page):
        History(3).go(40, 60)
        html = page("/performance/ttfr_p50?window=90d")
        tags = Tags(html).tags
        scripts = [attributes for tag, attributes in tags if tag == "script"]
        assert [script.get("src", script.get("id")) for script in scripts] == [
            "/static/js/theme.js",
            "/static/js/figure.js",
            "over-time",
        ]
        assert not [attributes for _tag, attributes in tags if "style" in attributes]
        assert html.count("<caption") == html.count("<table") > 3
        assert all("scope" in attributes for tag, attributes in tags if tag == "th")
        levels = [int(tag[1]) for tag, _ in tags if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1
        assert set(levels[1:]) == {2}
        names = Tags(html).values("id")
        assert len(names) == len(set(names))

    def test_a_value_that_a_customer_or_program_chose_is_only_shown(self, page):
        answered(5, type="<script>alert(1)</script>", location="x&y=1")
        html = page("/performance/ttfr_p50")
        assert "<script>alert" not in html
        assert "location=x%26y%3D1" in html


class TestBreakdown:
    def test_its_parts_add_up_to_the_whole(self):
        History(9).go(70, 200)
        window = Scope("90d").at(NOW, ZONE)
        for kpi in KPIS:
            whole = kpis.measure(window)[kpi.name]
            for by in breakdown.dimensions(kpi):
                assert sum(part.n for part in breakdown.of(kpi, by, window, ZONE)) == whole["n"], (kpi.name, by)

    @pytest.mark.parametrize("window", ["24h", "30d"])
    def test_a_part_is_what_the_figure_of_it_alone_is(self, window):
        History(4).go(60, 150)
        kpi = next(kpi for kpi in KPIS if kpi.name == "ttr_p90")
        for part in breakdown.of(kpi, "location", Scope(window).at(NOW, ZONE), ZONE):
            if part.key:
                alone = kpis.measure(Scope(window, location=part.key).at(NOW, ZONE))["ttr_p90"]
                assert (part.n, part.p90, part.p95) == (alone["n"], alone["value"], alone["extra"]["p95"])
                assert part.mean == alone["extra"]["mean"]

    @pytest.mark.parametrize("name", ["24h", "30d"])
    def test_who_answered_is_told_apart_and_who_waits_has_nobody(self, name):
        answered(10)
        answered(20)
        make.issue(at=NOW - timedelta(hours=1), first_response_at=NOW - timedelta(minutes=50), answered_by="human")
        make.issue(at=NOW - timedelta(seconds=90))
        kpi = next(kpi for kpi in KPIS if kpi.name == "ttfr_p50")
        parts = breakdown.of(kpi, "answered_by", Scope(name).at(NOW, ZONE), ZONE)
        assert [(part.key, part.kind, part.n, part.waiting) for part in parts] == [
            ("ai", "value", 2, 0), ("human", "value", 1, 0), ("", "waiting", 1, 1)
        ]  # fmt: skip
        assert [part.p50 for part in parts] == pytest.approx([15, 600, 90], rel=0.02)
        assert [part.mean for part in parts] == pytest.approx([15, 600, 90], rel=0.02)

    def test_twelve_rows_are_shown_and_the_last_is_all_others(self):
        for number in range(15):
            for _ in range(number + 1):
                answered(number + 1, location=f"l{number:02}")
        kpi = KPIS[0]
        parts = breakdown.of(kpi, "location", Scope("24h").at(NOW, ZONE), ZONE)
        assert [part.key for part in parts[:2]] == ["l14", "l13"]
        assert len(parts) == 12
        assert (parts[-1].kind, parts[-1].n) == ("others", 1 + 2 + 3 + 4)
        assert parts[-1].p50 == 3  # 1, 2, 2, 3, 3, 3, 4, 4, 4, 4

    def test_the_spread_is_of_all_of_them(self):
        History(6).go(60, 60)
        for name in ("24h", "30d"):
            times = facts.read(Scope(name).at(NOW, ZONE), ZONE).total.times("ttfr")
            assert sum(breakdown.spread(times)) == times.n > 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")  # the tests' client knows no other way
class TestFile:
    def read(self, client, query="", language="en", kpi="ttfr_p50"):
        """The response, its text, and its lines as a spreadsheet has them."""
        client.cookies["django_language"] = language
        response = client.get(f"/performance/{kpi}.csv?{AS_OF}&{query}")
        text = b"".join(response).decode()
        delimiter = ";" if language == "pt-br" else ","
        return response, text, list(csv.reader(StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter))

    def test_it_has_a_line_for_each_that_the_figure_counts(self, client, ana):
        PromptVersion.objects.get_or_create(name="reply", active=True, defaults={"number": 1, "text": "x"})
        History(8).go(60, 200)
        found = kpis.measure(Scope("90d").at(NOW, ZONE))
        for kpi in KPIS:
            _response, _text, lines = self.read(client, "window=90d", kpi=kpi.name)
            assert len(lines) - 1 == (found[kpi.name]["n"] if kpi.rows in LISTS else 0), kpi.name

    def test_a_spreadsheet_in_portuguese_reads_it(self, client, ana):
        answered(1234.5, location="São Paulo; centro", priority="high")
        response, text, (head, line) = self.read(client, language="pt-br")
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Content-Disposition"] == 'attachment; filename="mis-ttfr_p50-ttfr-24h-2026-11-20T1000.csv"'
        assert text.startswith("\ufeff")
        assert text.count("\r\n") == 2
        assert "(America/Sao_Paulo)" in head[1]
        assert line[1] == "2026-11-20 09:00:00"
        assert (line[4], line[6]) == ("São Paulo; centro", "1234,500")

    def test_a_spreadsheet_in_english_reads_it(self, client, ana):
        answered(1.25)
        _response, _text, (head, line) = self.read(client)
        assert head[:4] == ["Issue", "Detected (America/Sao_Paulo)", "Priority", "Type"]
        assert (line[0], line[6]) == (str(Issue.objects.get().pk), "1.250")

    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
    def test_no_cell_is_a_formula(self, client, ana, text):
        answered(5, location=text, type=text)
        _response, _text, (_head, line) = self.read(client)
        assert line[4] == f"'{text}"
        assert line[3][0] == "'"

    def test_it_is_narrowed_down_as_the_page_is(self, client, ana):
        answered(5, location="loc1")
        answered(5, location="loc2")
        make.issue(at=NOW - timedelta(seconds=50), location="loc2")
        _response, _text, lines = self.read(client, "location=loc2&list=waiting")
        assert len(lines) == 2


class TestAPI:
    def get(self, client, path, status=200):
        answer = client.get(f"/api/metrics/{path}")
        assert answer.status_code == status, answer.content
        return answer.json()

    def test_a_stranger_is_told_how_to_come_in(self, client):
        for path in ("rows?kpi=ttfr_p50", "breakdown?kpi=ttfr_p50&by=type"):
            assert self.get(client, path, 401)["error"] == "unauthorized"

    def test_a_key_opens_them(self, client):
        _key, text = ApiKey.issue("n8n")
        for path in ("rows?kpi=ttfr_p50", "breakdown?kpi=ttfr_p50&by=type"):
            answer = client.get(f"/api/metrics/{path}", headers={"X-API-Key": text})
            assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")

    @pytest.mark.parametrize(
        ("path", "error"),
        [
            ("rows", "bad_kpi"), ("rows?kpi=x", "bad_kpi"), ("rows?kpi=received&list=x", "bad_list"),
            ("rows?kpi=received&window=2h", "bad_window"), ("rows?kpi=received&after=1", "bad_after"),
            ("breakdown?kpi=received", "bad_by"), ("breakdown?kpi=received&by=answered_by", "bad_by"),
        ],
    )  # fmt: skip
    def test_what_is_not_understood_is_refused_by_name_with_what_there_is(self, client, ana, path, error):
        told = self.get(client, path, 400)
        assert told["error"] == error
        assert error == "bad_after" or told["allowed"]

    def test_pages_of_rows_follow_one_another(self, client, ana):
        for minute in range(60):
            answered(5, at=NOW - timedelta(hours=1, minutes=minute))
        first = self.get(client, "rows?kpi=ttfr_p50")
        second = self.get(client, f"rows?kpi=ttfr_p50&after={first['next']}&as_of={first['as_of']}")
        assert (first["count"], len(first["rows"]), len(second["rows"]), second["next"]) == (60, 50, 10, None)
        row = first["rows"][0]
        assert row["first_response_after_s"] == 5
        assert (row["detected_at"], row["answered_by"], row["location"]) == ("2026-11-20T12:00:00.000Z", "ai", "loc1")
        assert len({row["issue"] for row in first["rows"] + second["rows"]}) == 60

    def test_a_figure_is_taken_apart(self, client, ana):
        answered(5, location="loc1")
        answered(9, location="loc2")
        told = self.get(client, "breakdown?kpi=ttfr_p50&by=location&window=7d")
        assert (told["unit"], told["window"], told["by"]) == ("s", "7d", "location")
        assert [(part["key"], part["n"], part["kind"]) for part in told["parts"]] == [
            ("loc1", 1, "value"),
            ("loc2", 1, "value"),
        ]
        assert self.get(client, "breakdown?kpi=resolution_rate&by=priority")["parts"] == [
            {"key": "medium", "kind": "value", "n": 2, "value": 0}
        ]
