"""Alert rules, silences and incidents in the admin."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

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
    assert "errornote" not in html
    assert AlertRule.objects.get(code="long_wait").threshold == 300


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
