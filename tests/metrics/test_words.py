"""The server says what the browser says: both meet the examples in tests/js/words.json, in English."""

import json
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone, translation

from issues import sla
from issues.ai.base import Busy, Late, Misconfigured, ModelGone, Unavailable, Unusable
from issues.models import ChannelState
from metrics import filters, kpis, sentences, series, standing, words
from metrics.templatetags import mis
from metrics.window import CUSTOM, FILTERS, WINDOWS

JS = Path(__file__).parent.parent / "js"
EXAMPLES = json.loads((JS / "words.json").read_text())


def examples(group: str):
    return pytest.mark.parametrize("example", EXAMPLES[group], ids=lambda example: example["name"])


@pytest.fixture(autouse=True)
def _english_in_sao_paulo():
    with translation.override("en"), timezone.override("America/Sao_Paulo"):
        yield


@examples("cards")
def test_a_figure_is_said_as_in_the_browser(example):
    assert words.card(example["given"], example["kpi"], example.get("window", "24h")) == example["says"]


@examples("now_cells")
def test_the_moment_is_said_as_in_the_browser(example):
    assert words.now_cells(example["given"]) == example["says"]


@examples("systems")
def test_a_system_is_said_as_in_the_browser(example):
    assert standing.systems(example["given"]) == example["says"]


@examples("alerts")
def test_an_alert_is_said_as_in_the_browser(example):
    assert standing.alert(example["given"]) == example["says"]


@examples("deadlines")
def test_deadlines_are_ordered_as_in_the_browser(example):
    assert words.deadlines(example["given"]) == example["says"]


@examples("narrowed")
def test_what_is_narrowed_down_to_is_said_as_in_the_browser(example):
    assert words.narrowed(example["given"]) == example["says"]


@examples("events")
def test_what_happened_is_said_as_in_the_browser(example):
    assert words.event(example["given"]) == example["says"]


@examples("summaries")
def test_a_chart_is_summed_up_as_in_the_browser(example):
    assert {chart["name"]: chart["summary"] for chart in series.charts(example["given"])} == example["says"]


@examples("labels")
def test_a_bucket_is_named_as_in_the_browser(example):
    assert series.labels(example["given"]) == example["says"]


def test_the_browser_is_tested_with_the_sentences_that_the_page_gives_it():
    sentences = json.loads(json.dumps(words.texts(), cls=DjangoJSONEncoder))
    assert json.loads((JS / "texts.json").read_text()) == sentences


def test_every_state_has_a_word():
    assert set(sentences.SLA_STATES) == set(sla.STATES)
    assert set(words.KPI_STATES) == {"good", "warn", "bad", "none"}


def test_every_way_in_which_a_model_fails_or_whatsapp_stands_has_a_word():
    named = {error.outcome for error in (Late, Busy, Unavailable, Misconfigured, ModelGone)}
    assert set(standing.REASONS) >= named | set(get_args(get_type_hints(Unusable.__init__)["outcome"]))
    assert set(standing.CHANNEL_STATES) == {*ChannelState.State.values, "not_configured"}


def test_every_figure_has_a_name_for_what_it_counts():
    assert set(words.COUNTED_BY) == {kpi.name for kpi in kpis.KPIS} | {"satisfaction"}
    assert set(words.COUNTED_BY.values()) | {"cases"} == set(words.COUNTED)


def test_every_figure_has_its_place_among_the_cards():
    placed = [name for _label, names in sentences.GROUPS.values() for name in names]
    assert len(placed) == len(set(placed))
    assert set(placed) == {kpi.name for kpi in kpis.KPIS}


def test_every_window_has_a_name_and_one_for_the_time_before():
    assert list(sentences.WINDOWS) == list(words.BEFORE) == [*WINDOWS, CUSTOM]


def test_every_filter_that_can_be_refused_says_what_to_write():
    assert set(filters.REFUSED) == {"window", "start", "end", *FILTERS}
    assert set(words.FILTERS) == set(filters.ALL) == set(FILTERS)


@pytest.mark.parametrize("kpi", kpis.KPIS, ids=lambda kpi: kpi.name)
def test_a_unit_that_a_figure_has_is_written_by_the_screen(kpi):
    assert words.figure({"value": 1, "unit": kpi.unit, "lower_bound": False}) != "—"


def test_a_goal_is_a_round_figure_with_its_direction():
    assert words.goal(0.95, {"better": "higher", "unit": "rate"}) == "≥\N{NO-BREAK SPACE}95%"
    assert words.goal(30, {"better": "lower", "unit": "s"}) == "≤\N{NO-BREAK SPACE}30\N{NO-BREAK SPACE}s"
    assert words.goal(0.125, {"better": "lower", "unit": "rate"}) == "≤\N{NO-BREAK SPACE}12.5%"
    assert words.goal(None, {"better": "lower", "unit": "usd"}) == ""


def test_units_are_set_smaller_and_foreign_text_is_escaped():
    assert mis.figure("1 min") == '1<span class="figure-unit"> min</span>'
    assert mis.figure("—") == '<span class="figure-unit">—</span>'
    assert mis.figure("< 1") == '<span class="figure-unit">&lt; </span>1'


def test_json_in_the_page_ends_no_script():
    assert mis.as_json({"a": "</script>&é"}, "x") == (
        '<script id="x" type="application/json">{"a":"\\u003C/script\\u003E\\u0026é"}</script>'
    )


def test_a_countdown_goes_below_its_deadline():
    at = "2025-11-23T17:00:00Z"
    assert mis.countdown("2025-11-23T17:00:11.200Z", at) == "12\N{NO-BREAK SPACE}s left"
    assert mis.countdown("2025-11-23T16:59:57Z", at) == "3\N{NO-BREAK SPACE}s late"
    assert mis.countdown("2025-11-23T17:00:12Z", at, risk=at) == "at risk: 12\N{NO-BREAK SPACE}s left"
    assert mis.countdown("2025-11-23T16:59:57Z", at, risk=at) == "3\N{NO-BREAK SPACE}s late"


def test_what_is_promised_in_business_hours_says_so():
    assert words.promised({"target_s": 7200, "hours": "business"}) == "2\N{NO-BREAK SPACE}h, business hours"
    assert words.promised({"target_s": 7200, "hours": "always"}) == "2\N{NO-BREAK SPACE}h"


def test_nobody_waiting_has_no_age():
    assert mis.age("", "2025-11-23T17:00:00Z") == "—"
    assert (
        mis.age("2025-11-23T16:58:40Z", "2025-11-23T17:00:00Z")
        == "1\N{NO-BREAK SPACE}min\N{NO-BREAK SPACE}20\N{NO-BREAK SPACE}s"
    )
