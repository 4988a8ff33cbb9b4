"""The page, the figures for programs, and whether we are well."""

import json
import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection
from django.utils import timezone, translation

from issues.models import ApiKey, SlaPolicy
from metrics import charts, series, views
from metrics.kpis import KPIS
from metrics.window import Scope
from mis_dashboard.models import Process
from tests.support import make

SNAPSHOT = "/api/metrics/snapshot"


@pytest.fixture
def ana(db):
    return get_user_model().objects.create_user("ana")


class TestPage:
    def test_a_stranger_is_asked_to_log_in(self, client, db):
        answer = client.get("/performance?window=7d")
        assert answer.status_code == 302
        assert answer.url.startswith("/login/?next=/performance")

    def test_it_has_every_figure_without_any_script(self, client, ana):
        client.force_login(ana)
        now = timezone.now()
        make.issue(at=now - timedelta(minutes=9), first_response_at=now - timedelta(minutes=9) + timedelta(seconds=17))
        answer = client.get("/performance")
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        html = answer.content.decode()
        assert [html.count(f'data-kpi="{name}"') for name in answer.context["snapshot"]["kpis"]] == [1] * len(KPIS)
        assert "17" in html

    def test_the_target_in_the_chart_is_the_strictest_of_the_location_looked_at(self, client, ana):
        client.force_login(ana)
        SlaPolicy.objects.create(
            priority="low",
            location="loc1",
            response_s=12,
            resolution_s=600,
            since=timezone.now() - timedelta(minutes=1),
        )
        for address, target_s in (("/performance", 30), ("/performance?location=loc1", 12)):
            assert client.get(address).context["snapshot"]["series"]["target_s"] == target_s

    def test_its_context_is_what_the_template_and_the_script_need(self, client, ana):
        client.force_login(ana)
        context = client.get("/performance?window=7d").context
        assert context["scope"] == Scope("7d")
        assert context["snapshot"]["window"] == context["window"].name == "7d"
        cards = [card for group in context["groups"] for card in group["cards"]]
        assert set(cards[0]) >= {
            "name",
            "label",
            "question",
            "formula",
            "rows",
            "value",
            "unit",
            "n",
            "state",
            "window",
        }
        assert sorted(card["name"] for card in cards) == sorted(context["snapshot"]["kpis"])

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("window=nonsense", "window"),
            ("window=custom", "start"),
            ("window=custom&start=2026-02-30&end=2026-03-01", "start"),
            ("window=custom&start=2026-03-02&end=2026-03-01", "end"),
            ("window=custom&start=1990-01-01&end=2026-03-01", "start"),
            ("priority=urgent", "priority"),
            ("type=" + "x" * 101, "type"),
            ("location=a%00b", "location"),
        ],
    )
    def test_what_cannot_be_looked_at_is_refused_with_what_to_write(self, client, ana, query, field):
        client.force_login(ana)
        answer = client.get("/performance?" + query)
        assert answer.status_code == 400
        assert list(answer.context["wrong"]) == [field]
        html = answer.content.decode()
        assert 'role="alert" data-state="bad"' in html
        assert f'id="wrong-{field}"' in html
        assert "data-kpi" not in html  # no figures of something else
        assert ('aria-describedby="wrong-' + field in html) == (field != "window")

    def test_everything_that_is_wrong_is_told_at_once(self, client, ana):
        client.force_login(ana)
        answer = client.get("/performance?window=custom&start=x&end=y&priority=z&type=billing")
        assert set(answer.context["wrong"]) == {"start", "priority"}
        # What was understood is kept, and what was written stays to be corrected.
        html = answer.content.decode()
        assert '<option value="billing" selected>' in html
        assert re.search(r'name="start" type="text"[^>]* value="x"', html)

    def test_an_address_is_made_tidy(self, client, ana):
        client.force_login(ana)
        answer = client.get("/performance?window=7d&location=&priority=critical&type=")
        assert (answer.status_code, answer.url) == (302, "/performance?window=7d&priority=critical")
        assert client.get(answer.url).status_code == 200

    def test_its_words_are_portuguese_for_those_who_ask_for_nothing_else(self, client, ana):
        client.force_login(ana)
        assert 'lang="pt-br"' in client.get("/performance").content.decode()


class TestSentences:
    def test_the_page_names_those_of_its_language_which_may_be_kept(self, client, ana):
        client.force_login(ana)
        for language, word in (("en", "off target"), ("pt-br", "fora da meta")):
            client.cookies["django_language"] = language
            address = client.get("/performance").context["sentences"]
            assert address.startswith(f"/performance/words/{language}/")
            answer = client.get(address)
            assert answer.json()["states"]["bad"] == word
            assert set(answer.json()["figures"]) == set(series.CHARTS)
            assert "immutable" in answer["Cache-Control"]

    def test_another_edition_is_answered_with_the_present_one_and_not_kept(self, client):
        answer = client.get("/performance/words/en/0123456789ab")
        assert answer.json()["states"]["bad"] == "off target"
        assert answer["Cache-Control"] == "no-store"

    def test_there_are_none_in_a_language_that_is_not_spoken(self, client, db):
        assert client.get("/performance/words/xx/0123456789ab").status_code == 404


class TestSnapshotAPI:
    def test_a_stranger_is_told_how_to_come_in(self, client, db):
        answer = client.get(SNAPSHOT)
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
        assert answer.json()["error"] == "unauthorized"

    @pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
    def test_a_key_opens_it(self, client, db, header):
        _key, text = ApiKey.issue("n8n")
        answer = client.get(SNAPSHOT, headers={header: f"Bearer {text}" if header == "Authorization" else text})
        assert answer.status_code == 200
        assert answer.json()["window"] == "24h"
        assert answer["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("header", ["", "Bearer", "Bearer mis_wrong", "Basic abc"])
    def test_anything_else_does_not(self, client, db, header):
        assert client.get(SNAPSHOT, headers={"Authorization": header}).status_code == 401

    def test_a_revoked_key_does_not(self, client, db):
        key, text = ApiKey.issue("old")
        key.revoked_at = timezone.now()
        key.save()
        assert client.get(SNAPSHOT, headers={"X-API-Key": text}).status_code == 401

    def test_a_session_opens_it(self, client, ana):
        client.force_login(ana)
        answer = client.get(SNAPSHOT + "?window=30d")
        assert (answer.status_code, answer.json()["window"]) == (200, "30d")

    def test_an_unknown_window_is_refused_with_those_there_are(self, client, ana):
        client.force_login(ana)
        answer = client.get(SNAPSHOT + "?window=2h")
        assert (answer.status_code, answer.json()["allowed"]) == (400, ["1h", "24h", "7d", "30d", "90d", "custom"])

    def test_it_is_only_read(self, client, ana):
        client.force_login(ana)
        assert client.post(SNAPSHOT).status_code == 405


class TestHealth:
    def test_being_alive_needs_no_database(self, client):
        answer = client.get("/healthz")
        assert (answer.status_code, answer.content) == (200, b"ok")

    def beat(self, role, seconds_ago=0):
        seen = timezone.now() - timedelta(seconds=seconds_ago)
        Process.objects.create(role=role, host="h", pid=1, seen_at=seen)

    def test_ready_is_database_worker_and_clock(self, client, db):
        self.beat("worker")
        self.beat("clock", 9)
        answer = client.get("/readyz")
        assert answer.status_code == 200
        assert answer.json() == {"ready": True, "database": True, "worker": True, "clock": True}

    def test_a_worker_not_seen_for_ten_seconds_is_missing(self, client, db):
        self.beat("worker", 11)
        self.beat("clock", 3600)
        self.beat("clock")
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {"ready": False, "database": True, "worker": False, "clock": True}

    def test_without_a_database_nothing_is_ready(self, client, db):
        def refuse(*_):
            raise OperationalError("no database")

        with connection.execute_wrapper(refuse):
            answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {"ready": False, "database": False, "worker": False, "clock": False}


class TestProduct:
    def test_every_page_knows_what_is_not_configured(self, rf, settings):
        settings.GEMINI_API_KEY = settings.EVOLUTION_BASE_URL = ""
        with translation.override("en"):
            found = views.product(rf.get("/"))
        assert (found["demo"], found["version"]) == (settings.DEMO, views.VERSION)
        assert [so.split(":")[0] for so in found["missing"]] == [
            "WhatsApp",
            "WhatsApp's webhook",
            "GoHighLevel",
            "Gemini",
        ]

    def test_what_is_configured_is_not_missing(self, rf, settings):
        settings.GEMINI_API_KEY = settings.EVOLUTION_API_KEY = settings.EVOLUTION_INSTANCE = "x"
        settings.EVOLUTION_BASE_URL = "http://127.0.0.1:1"
        settings.EVOLUTION_WEBHOOK_SECRET, settings.GHL_WEBHOOK_SECRET = "x", ["x"]
        assert views.product(rf.get("/"))["missing"] == []


class TestCharts:
    def test_every_trace_names_a_list_of_the_series(self):
        traces = [trace for figure in charts.figures().values() for trace in figure["data"]]
        assert [trace["meta"]["series"] for trace in traces] == [
            "received",
            "resolved",
            "ttfr_p50",
            "ttfr_p90",
            "cost_usd",
        ]

    def test_a_chart_has_a_drawing_and_words(self):
        assert list(charts.figures()) == list(series.CHARTS)

    def test_they_are_small_json_without_any_data(self):
        text = json.dumps(charts.figures())
        assert len(text) < 3000
        assert "bdata" not in text

    def test_a_gap_stays_a_gap_and_the_target_is_drawn(self):
        ttfr = charts.figures()["ttfr"]
        assert [trace["connectgaps"] for trace in ttfr["data"]] == [False, False]
        assert [shape["y0"] for shape in ttfr["layout"]["shapes"]] == [30]

    def test_those_of_the_trends_are_drawn_from_key_figures_or_the_spread(self):
        traces = [trace for figure in charts.figures(charts.OF_TRENDS).values() for trace in figure["data"]]
        assert {trace["meta"]["series"] for trace in traces} <= {kpi.name for kpi in KPIS} | {"spread"}

    def test_they_are_made_once_per_language(self):
        with translation.override("en"):
            english = charts.figures()
            assert charts.figures()["ttfr"] is english["ttfr"]
        with translation.override("pt-br"):
            assert charts.figures()["ttfr"] is not english["ttfr"]
        assert english["volume"]["data"][0]["name"] == "Received"
