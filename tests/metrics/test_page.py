"""What people see before any script runs, and what the script finds to work on."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.template.loader import render_to_string
from django.utils import timezone, translation

from issues.models import Breaker, Issue
from issues.models.issue import Priority
from metrics import sentences, words
from metrics.kpis import KPIS
from tests.support import make


class Tags(HTMLParser):
    """The tags of a page with their attributes, in order."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def values(self, attribute: str) -> list[str]:
        return [found[attribute] for _, found in self.tags if attribute in found]


@pytest.fixture
def page(client, db):
    """Reads a page as a signed-in member of staff: `page("/performance")` is its HTML."""
    client.force_login(get_user_model().objects.create_user("ana", is_staff=True))
    client.cookies["django_language"] = "en"
    return lambda path="/performance": client.get(path).content.decode()


def card(html: str, name: str) -> str:
    return re.search(rf'<article[^>]*data-kpi="{name}".*?</article>', html, re.DOTALL)[0]


def test_with_nothing_measured_no_figure_is_zero_or_good(page):
    html = page()
    for name in ("ttfr_p50", "automation_rate", "ai_precision", "ai_cost_usd"):
        assert ">—<" in card(html, name)
        assert "no data" in card(html, name)
        assert 'data-state="none"' in card(html, name)
    assert "Nothing was received in this time." in html


def test_a_customer_still_waiting_is_shown_as_at_least_and_with_an_age(page):
    at = timezone.now() - timedelta(minutes=10)
    make.issue(at=at, response_due_at=at + timedelta(minutes=2))
    html = page()
    assert "≥" in card(html, "ttfr_p50")
    assert "off target" in card(html, "ttfr_p50")
    assert re.search(r'data-now="breached" data-state="bad"', html)
    assert re.search(r'data-since="20[^"]+Z">10\s+min', html)


def test_each_system_is_told_by_a_word_and_a_shape(page, settings):
    settings.GEMINI_API_KEY, settings.GEMINI_MODEL, settings.GEMINI_FALLBACK_MODEL = "key", "flash", "lite"
    opened_at = timezone.now() - timedelta(minutes=10)
    Breaker.objects.create(model="flash", failures=3, reason="late", opened_at=opened_at, probed_at=opened_at)
    systems = re.findall(
        r'<div class="system" data-state="(\w+)"><dt>([^<]+)</dt>.*?#state-(\w+)"/></svg>([^<]+)<', page()
    )
    assert systems[:2] == [("warn", "AI flash", "warn", "paused"), ("good", "AI lite", "good", "active")]
    assert [state for state, _label, shape, _word in systems if state != shape] == []
    assert re.search(r"answers came too late, for</span>\s*<span data-since=[^>]+>10\s+min", page())


def test_what_a_person_must_repair_is_told_first_with_what_to_do(page, settings):
    settings.GEMINI_API_KEY, settings.GEMINI_MODEL = "key", "flash"
    assert 'class="banner alert" role="alert" data-state="warn"' not in page()
    Breaker.objects.create(model="flash", failures=1, reason="model_gone", opened_at=timezone.now())
    html = page()
    assert 'class="banner alert" role="alert" data-state="warn"' in html
    assert "The AI service does not know flash." in html
    assert "Name models that exist in GEMINI_MODEL" in html


@pytest.mark.parametrize(
    "path",
    ["/performance", "/performance?window=30d", "/performance?window=2h", "/performance/trends", "/design", "/nowhere"],
)
def test_no_page_has_what_the_content_security_policy_refuses(page, path):
    for tag, attributes in Tags(page(path)).tags:
        assert tag != "style"
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        assert tag != "script" or "src" in attributes or attributes.get("type") == "application/json"


def test_the_script_finds_every_place_that_it_writes_to(page):
    tags = Tags(page())
    assert tags.values("data-now") == list(sentences.NOW)
    assert sorted(tags.values("data-sla")) == sorted(f"{p}:{kind}" for p in Priority.values for kind in words.PROMISES)
    assert tags.values("data-list") == tags.values("data-template") == ["alerts", "systems", "deadlines", "feed"]
    assert tags.values("data-empty") == ["deadlines", "feed"]
    assert tags.values("data-spark") == [name for _label, names in sentences.GROUPS.values() for name in names]
    assert tags.values("data-trends-of") == ["/performance/trends?window=24h"]
    for attribute in ("data-chart", "data-summary"):
        assert tags.values(attribute) == ["volume", "ttfr", "spend"]
    assert tags.values("data-banner") == ["old", "failing", "ended"]
    assert "series" in tags.values("id")


def links(html: str, within: str) -> list[str]:
    """The addresses in the first element that begins with `within`."""
    part = html[html.index(within) :]
    tags = Tags(part[: part.index("</" + within[1:].split(" ")[0] + ">")]).tags
    return [attributes["href"] for tag, attributes in tags if tag == "a"]


SCOPE = "?window=7d&location=loc1&priority=critical&type=billing"


def test_every_way_to_another_window_keeps_the_filters(page):
    filters = "&location=loc1&priority=critical&type=billing"
    *named, custom = links(page("/performance" + SCOPE), '<nav class="segments"')
    assert named == [f"?window={name}{filters}" for name in ("1h", "24h", "7d", "30d", "90d")]
    assert re.fullmatch(r"\?window=custom&start=20\d\d-\d\d-\d\d&end=20\d\d-\d\d-\d\d" + filters, custom)


def test_a_filter_that_is_on_is_told_in_words_and_taken_away_by_a_link(page):
    html = page("/performance" + SCOPE)
    chips = html[html.index('<ul class="chips"') :]
    for text in ("Location: loc1", "Priority: critical", "Type: billing"):
        assert f"Remove </span>{text} <svg" in chips
    assert links(html, '<ul class="chips"') == [
        "?window=7d&priority=critical&type=billing",
        "?window=7d&location=loc1&type=billing",
        "?window=7d&location=loc1&priority=critical",
        "?window=7d",
    ]
    assert 'class="chips"' not in page("/performance?window=7d")


def test_the_choices_are_those_that_occur_and_the_one_that_is_chosen(page):
    make.issue(location="loc2", type="vip_lead")
    make.issue(location="loc1", type="billing")
    make.issue(location="", type="billing")
    html = page("/performance?location=gone&type=vip_lead")
    options = re.findall(r'<option value="([^"]*)"( selected)?>([^<]+)<', html)
    assert [(value, word) for value, _, word in options] == [
        ("", "all locations"), ("gone", "gone"), ("loc1", "loc1"), ("loc2", "loc2"),
        ("", "all priorities"), ("critical", "critical"), ("high", "high"), ("medium", "medium"), ("low", "low"),
        ("", "all types"), ("billing", "billing"), ("vip_lead", "vip lead"),
    ]  # fmt: skip
    assert [value for value, selected, _ in options if selected] == ["gone", "vip_lead"]


def test_only_so_many_choices_are_offered_and_the_rest_is_told_of(page, monkeypatch):
    monkeypatch.setattr("metrics.queries.MOST_OFFERED", 2)
    for name in ("a", "b", "c"):
        make.issue(location=name)
    html = page("/performance")
    assert re.findall(r'<option value="(\w)">', html) == ["a", "b"]
    assert html.count("others: write them into the address") == 1


def test_what_a_page_says_of_a_location_is_escaped(page):
    html = page("/performance?location=%22%3E%3Cscript%3E")
    assert "<script>" not in html
    assert "Location: &quot;&gt;&lt;script&gt;" in html


def test_every_figure_leads_to_its_rows_in_the_same_scope(page):
    html = page("/performance" + SCOPE)
    rows = [kpi.name for kpi in KPIS if kpi.rows]
    assert len(rows) > 10
    for name in rows:
        assert f'href="/performance/{name}{SCOPE.replace("&", "&amp;")}" data-part="figure"' in card(html, name)


def test_the_socket_is_asked_for_what_the_page_shows(page):
    main = next(attributes for tag, attributes in Tags(page("/performance" + SCOPE)).tags if tag == "main")
    assert main["data-query"] == SCOPE[1:]


def test_the_figures_are_those_of_the_filter(page):
    now = timezone.now()
    for location in ("loc1", "loc2", "loc2"):
        make.issue(at=now - timedelta(minutes=5), location=location)
    assert ">3<" in card(page(), "received")
    assert ">2<" in card(page("/performance?location=loc2"), "received")


def test_a_change_is_told_in_words_and_by_a_shape(page):
    now = timezone.now()
    for hours, count in ((1, 24), (30, 20), (72, 1)):
        for _ in range(count):
            at = now - timedelta(hours=hours)
            make.issue(at=at, status="resolved", resolved_at=at + timedelta(hours=1 if hours == 30 else 2))
    shown = page()
    slower = card(shown, "ttr_p50")
    assert 'data-verdict="bad"' in slower
    assert (
        '<span aria-hidden="true">▲ 100%</span><span class="unseen">100% more than the 24 h before</span><strong> · worse</strong>'
        in slower
    )
    # More or fewer issues are neither better nor worse.
    received = card(shown, "received")
    assert 'data-part="change" data-verdict="none"' in received
    assert (
        '<span aria-hidden="true">▲ 20%</span><span class="unseen">20% more than the 24 h before</span></p>' in received
    )
    assert "<li>The 24 h before: 20</li>" in received
    # Nothing was rated: nothing has changed.
    assert 'data-part="change" data-verdict="none"></p>' in card(page(), "ai_precision")


def test_a_custom_window_says_its_days_and_offers_others(page):
    html = page("/performance?window=custom&start=2025-11-01&end=2025-11-23")
    assert "11/01/2025 – 11/23/2025" in html
    assert 'name="start" type="date" value="2025-11-01"' in html
    assert 'name="end" type="date" value="2025-11-23"' in html
    assert "11/01/2025</span>" in page("/performance?window=custom&start=2025-11-01&end=2025-11-01")
    html = page("/performance?window=custom&start=2025-11-01T08:00&end=2025-11-01T17:30")
    assert "11/01/2025 08:00 – 11/01/2025 17:30" in html
    assert re.search(r'name="start" type="text"[^>]* value="2025-11-01T08:00"', html)


def test_a_window_that_is_over_is_fixed_and_says_nothing_of_this_moment(page):
    html = page("/performance?window=custom&start=2025-11-01&end=2025-11-23")
    tags = Tags(html)
    assert "fixed: this time is over" in html
    assert tags.values("data-fixed") == [None]
    assert tags.values("data-live") == tags.values("data-now") == tags.values("data-due") == []
    assert set(tags.values("data-list")) == {"alerts"}
    tomorrow = (timezone.localtime() + timedelta(days=1)).date()
    html = page(f"/performance?window=custom&start=2025-11-01&end={tomorrow}")
    assert "fixed: this time is over" not in html
    assert Tags(html).values("data-now") == list(sentences.NOW)


@pytest.mark.parametrize("language", ["en", "pt-br"])
@pytest.mark.parametrize(("query", "most"), [("", 60_000), ("?window=90d", 70_000)])
def test_the_page_stays_small(page, client, query, most, language):
    now = timezone.now()
    for day in range(90):
        at = now - timedelta(days=day)
        make.issue(at=at, first_response_at=at + timedelta(seconds=70))
    page()
    client.cookies["django_language"] = language
    html = page("/performance" + query)
    assert len(html.encode()) < most


def test_the_page_says_its_language_zone_and_age(page):
    main = next(attributes for tag, attributes in Tags(page()).tags if tag == "main")
    assert (main["data-language"], main["data-zone"]) == ("en", "America/Sao_Paulo")
    assert main["data-as-of"].endswith("Z")


def test_headings_skip_no_level_and_names_are_unique(page):
    tags = Tags(page())
    levels = [int(tag[1]) for tag, _ in tags.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    names = tags.values("id")
    assert len(names) == len(set(names))


def test_only_staff_is_shown_the_way_to_the_administration(page, client):
    assert "/admin/" in page()
    get_user_model().objects.update(is_staff=False)
    assert "/admin/" not in page()


def test_who_may_see_issues_is_led_to_those_that_a_figure_counts(page, client):
    make.issue(at=timezone.now())
    listing = "/admin/issues/issue/"
    assert listing not in page()  # on the staff, but with no right to see an issue
    user = get_user_model().objects.get()
    user.user_permissions.add(Permission.objects.get(codename="view_issue"))
    links = [href for href in Tags(page()).values("href") if href.startswith(listing)]
    assert [href for href in links if "/of/" not in href] == [
        f"{listing}?counted=yes&{which}" for which in sentences.NOW_LISTS.values()
    ]
    # Two promises of one issue run, and each leads to it.
    issue = Issue.objects.get()
    assert [href for href in links if "/of/" in href] == [f"{listing}of/{issue.short}"] * 2
    assert client.get(links[-1]).url == f"{listing}{issue.pk}/change/"
    for link in links[:-2]:
        assert client.get(link).status_code == 200  # a filter that is not there would lead elsewhere


@pytest.mark.parametrize("path", ["/login/", "/performance", "/admin/", "/nowhere"])
def test_a_demonstration_says_so_on_every_page(page, client, settings, path):
    assert "no message leaves this machine" not in page(path)
    settings.DEMO = True
    if path == "/login/":
        client.logout()
    client.cookies["django_language"] = "en"
    assert client.get(path).content.decode().count("no message leaves this machine") == 1


def test_also_the_page_of_an_error_says_that_it_is_a_demonstration(settings):
    settings.DEMO = True
    with translation.override("en"):
        assert "no message leaves this machine" in render_to_string("500.html")


def test_the_administration_can_be_read_in_the_other_language(page):
    assert '<button class="segment" name="language" value="pt-br"' in page("/admin/")


def test_a_stranger_does_not_learn_what_is_not_configured(client, db):
    html = client.get("/login/").content.decode()
    assert 'autocomplete="current-password"' in html
    assert "Gemini" not in html


def test_a_wrong_password_is_told_where_a_screen_reader_hears_it(client, db):
    html = client.post("/login/", {"username": "ana", "password": "wrong"}).content.decode()
    assert 'role="alert"' in html
    assert 'aria-invalid="true"' in html


def test_a_missing_page_leads_back(page):
    html = page("/nowhere")
    assert "This page does not exist" in html
    assert 'href="/performance"' in html


def test_the_design_page_shows_each_state_in_words_and_shape(page):
    html = page("/design")
    for state, word in words.KPI_STATES.items():
        assert f'<use href="#state-{state}"/></svg>{word}</span>' in html
    assert [card(html, name).count("off target") for name in ("ttfr_p90", "ttfr_p50")] == [1, 0]
    assert "No deadline is running." in html


def test_the_design_page_is_for_the_staff(client, db):
    client.force_login(get_user_model().objects.create_user("eva"))
    assert client.get("/design").status_code == 302
