"""Alert rules, silences and incidents in the admin."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from metrics.admin import typed
from metrics.alerts import watch
from metrics.models import AlertRule, Incident, Notice, OutletState, Silence
from tests.support import make

from .admin_tools import logged_in, manager_named, may_only, text_of

pytestmark = pytest.mark.django_db
RULES = "admin:metrics_alertrule_changelist"


@pytest.fixture
def ana():
    return logged_in(manager_named("ana"))


def page_of(rule: AlertRule, name: str = "change") -> str:
    return reverse(f"admin:metrics_alertrule_{name}", args=[rule.pk])


def written(rule: AlertRule, **changes) -> dict:
    """What a browser sends of the rule's form."""
    names = [
        "severity",
        "signal",
        "window_s",
        "condition",
        "threshold",
        "min_n",
        "min_count",
        "for_s",
        "clear_for_s",
        "patience_s",
    ]
    given = {name: getattr(rule, name) for name in names} | {
        "code": rule.code,
        "outlets": rule.outlets,
        "enabled": "on",
    }
    return given | {"clear_threshold": "", "title": rule.title, "meaning": "", "todo": ""} | changes


def test_the_rules_are_listed_in_words(ana):
    html = text_of(ana.get(reverse(RULES)))
    assert "A customer waits for too long" in html
    assert "Longest wait for a first response: above 5" in html


def test_a_rule_is_tried_before_it_is_saved(ana):
    rule = AlertRule.objects.get(code="long_wait")
    now = timezone.now()
    for hours in (2, 30):
        make.issue(at=now - timedelta(hours=hours), first_response_at=now - timedelta(hours=hours - 1))
    answer = ana.post(page_of(rule), written(rule, threshold="600", _try="1"))
    html = text_of(answer)
    assert answer.status_code == 200
    assert "In the last 30 days this would have fired 2 times, 1\N{NO-BREAK SPACE}h" in html
    assert 'value="600"' in html
    assert 'data-busy="calculating…"' in html
    assert "errornote" not in html
    assert AlertRule.objects.get(code="long_wait").threshold == 300


def test_thresholds_and_times_stand_in_the_form_as_people_write_them(ana):
    html = text_of(ana.get(page_of(AlertRule.objects.get(code="long_wait"))))
    values = dict(re.findall(r'name="(\w+)" value="([^"]*)"', html))
    assert (values["threshold"], values["window_s"], values["for_s"]) == ("5 min", "1 h", "0 s")
    assert "(s):" not in html
    rate = AlertRule.objects.filter(signal="delivery_rate").first() or AlertRule.objects.create(
        code="rate", signal="delivery_rate", threshold=0.055, condition="below", title="x"
    )
    AlertRule.objects.filter(pk=rate.pk).update(threshold=0.055, clear_threshold=None)
    assert 'name="threshold" value="5.5%"' in text_of(ana.get(page_of(rate)))
    ana.post(page_of(rate), written(rate, threshold="7,5%", window_s="2 h", for_s="90 s"))
    rate.refresh_from_db()
    assert (rate.threshold, rate.window_s, rate.for_s) == (0.075, 7200, 90)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"threshold": "soon"}, "Write a time, such as 30 s, 5 min or 1 h 30 min."),
        ({"for_s": "soon"}, "Write a time, such as 30 s, 5 min or 1 h 30 min."),
        ({"signal": "escalation_rate", "threshold": "5"}, "Write a share, such as 5% or 0.05."),
        ({"signal": "ai_cost_usd", "threshold": "x"}, "Write an amount in US dollars, such as US$ 2 or 0.50."),
        ({"window_s": "90 s"}, "Write whole minutes, such as 5 min."),
        ({"window_s": "30 s"}, "Write at least 1 min."),
        ({"window_s": "31 d"}, "Write at most 30 d."),
    ],
)
def test_what_cannot_be_read_is_told_with_what_to_write(ana, given, told):
    rule = AlertRule.objects.get(code="long_wait")
    assert told in text_of(ana.post(page_of(rule), written(rule, **given)))
    rule.refresh_from_db()
    assert (rule.threshold, rule.window_s) == (300, 3600)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("5 min", "s", 300), ("1h30min", "s", 5400), ("1 d", "s", 86400), ("300", "s", 300), ("0,8 s", "s", 0.8), ("0 s", "s", 0),
        ("5%", "rate", 0.05), ("5,5 %", "rate", 0.055), ("0.05", "rate", 0.05), ("0,05", "rate", 0.05), ("1", "rate", 1),
        ("US$ 2", "usd", 2), ("$0,50", "usd", 0.5), ("1.500", "count", 1500), ("0.054", "count", 0.054), ("12", "count", 12),
    ],
)  # fmt: skip
def test_a_value_is_read_as_it_is_written(text, unit, value):
    with override("pt-br"):
        assert typed.read(text, unit) == pytest.approx(value)
        assert typed.read(typed.written(value, unit), unit) == pytest.approx(value)


def test_a_new_rule_can_be_tried_and_then_saved(ana):
    rule = AlertRule(code="vip", signal="longest_wait", threshold=60, title="A VIP waits", window_s=3600)
    address = reverse("admin:metrics_alertrule_add")
    assert "this would never have fired" in text_of(ana.post(address, written(rule, _try="1")))
    assert not AlertRule.objects.filter(code="vip").exists()
    assert ana.post(address, written(rule)).status_code == 302
    assert AlertRule.objects.get(code="vip").shipped is False


def test_what_could_never_end_is_refused_by_field(ana):
    rule = AlertRule.objects.get(code="long_wait")
    html = text_of(ana.post(page_of(rule), written(rule, clear_threshold="900", _try="1")))
    assert "It must lie on the good side of the threshold." in html
    assert "this would" not in html


def test_a_rule_is_narrowed_down_to_what_there_is(ana):
    make.issue(location="loc9", type="billing")
    rule = AlertRule(code="vip", signal="longest_wait", threshold=60, title="A VIP waits", window_s=3600)
    chosen = {"location": "loc9", "priority": "high", "type": "billing", "emails": "bia@example.com, caio@example.com"}
    address = reverse("admin:metrics_alertrule_add")
    assert ana.post(address, written(rule, **chosen)).status_code == 302
    made = AlertRule.objects.get(code="vip")
    assert made.filters == {"location": "loc9", "priority": "high", "type": "billing"}
    assert made.emails == ["bia@example.com", "caio@example.com"]
    assert "(Location: loc9 · Priority: high · Type: billing)" in text_of(ana.get(reverse(RULES)))
    html = text_of(ana.post(page_of(made), written(made, **chosen | {"location": "nowhere", "emails": "bia"})))
    assert "nowhere" in html
    assert "e-mail" in html
    assert AlertRule.objects.get(code="vip").location == "loc9"


def test_what_is_of_the_whole_product_cannot_be_narrowed_down(ana):
    make.issue(location="loc9")
    rule = AlertRule.objects.get(code="worker_silent")
    html = text_of(ana.post(page_of(rule), written(rule, location="loc9")))
    assert "cannot be narrowed down" in html
    assert not AlertRule.objects.get(code="worker_silent").filters


def test_a_signal_that_cannot_be_looked_back_at_says_why(ana):
    rule = AlertRule.objects.get(code="queue_stuck")
    assert "is not kept once it is done" in text_of(ana.post(page_of(rule), written(rule, _try="1")))


def test_a_shipped_rule_cannot_be_deleted(ana):
    assert ana.post(page_of(AlertRule.objects.first(), "delete"), {"post": "yes"}).status_code == 403


def test_a_test_notice_goes_by_every_outlet_that_leads_anywhere(ana, settings):
    rule = AlertRule.objects.get(code="long_wait")
    assert "nothing was sent" in text_of(ana.post(page_of(rule, "test"), follow=True))
    settings.SLACK_WEBHOOK_URL = "http://127.0.0.1:1/services/T/B/secret"
    html = text_of(ana.post(page_of(rule, "test"), follow=True))
    assert "on its way by Slack" in html
    assert "secret" not in html
    assert Notice.objects.get().kind == "test"
    assert ana.get(page_of(rule, "test")).status_code == 403


def test_a_silence_has_its_author(ana):
    now = timezone.localtime()
    at = {
        f"{name}_{part}": f"{moment:{code}}"
        for name, moment in (("starts_at", now), ("ends_at", now + timedelta(hours=2)))
        for part, code in ((0, "%Y-%m-%d"), (1, "%H:%M:%S"))
    }
    answer = ana.post(reverse("admin:metrics_silence_add"), {"rule": "", "reason": "moving the server", **at})
    assert answer.status_code == 302
    assert Silence.objects.get().author.username == "ana"


def test_an_incident_shows_its_log_and_its_notices(ana, settings):
    settings.SLACK_WEBHOOK_URL = "http://127.0.0.1:1/services/T/B/secret"
    AlertRule.objects.exclude(code="long_wait").update(enabled=False)
    make.issue(at=timezone.now() - timedelta(minutes=10))
    watch.look()
    html = text_of(ana.get(reverse("admin:metrics_incident_change", args=[Incident.objects.get().pk])))
    assert "A customer waits for too long" in html
    assert "list=waiting" in html
    assert re.search(r'field-shown_value">\s*<p>10\s+min', html)
    assert "long_wait " not in html
    assert "secret" not in html
    assert "A customer waits for too long" in text_of(ana.get(reverse("admin:metrics_incident_changelist")))


def test_an_outlet_that_stopped_is_tried_again_when_a_person_says_so(ana):
    OutletState.objects.create(outlet="slack", address="x", stopped=True, failing_since=timezone.now(), reason="404")
    address = reverse("admin:metrics_outletstate_changelist")
    assert "404" in text_of(ana.get(address))
    ana.post(address, {"action": "try_again", "_selected_action": "slack"})
    assert not OutletState.objects.get().stopped


def test_who_may_not_see_alerts_does_not():
    assert may_only("view_issue").get(reverse(RULES)).status_code == 403
