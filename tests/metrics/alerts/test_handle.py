"""What people do about an alert, and who may."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from metrics.alerts import watch
from metrics.models import AlertEvent, AlertRule, Incident, Notice, Silence
from mis_dashboard.lib.ids import uuid7
from tests.support import make
from tests.web.admin_tools import logged_in, manager_named

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(settings):
    """A customer waits for too long, and Slack has been told."""
    settings.SLACK_WEBHOOK_URL = "http://127.0.0.1:1/services/T/B/secret"
    AlertRule.objects.exclude(code="long_wait").update(enabled=False)
    make.issue(at=timezone.now() - timedelta(minutes=10))
    watch.look()
    return Incident.objects.get()


@pytest.fixture
def ana():
    return logged_in(manager_named("ana"))


def post(client: Client, what: str, incident, **data):
    return client.post(reverse(what, args=[getattr(incident, "pk", incident)]), data)


def test_who_takes_it_up_is_shown_logged_and_told_once(ana, incident):
    answer = post(ana, "acknowledge", incident)
    assert (answer.status_code, answer.json()["acknowledged_by"]) == (200, "ana")
    assert post(logged_in(manager_named("bia")), "acknowledge", incident).json()["acknowledged_by"] == "ana"
    assert list(AlertEvent.objects.filter(kind="acknowledged").values_list("by", "state")) == [("ana", "firing")]
    watch.look()
    watch.look()
    assert list(Notice.objects.values_list("kind", flat=True)) == ["firing", "update"]


def test_a_silence_has_an_end_a_reason_and_an_author(ana, incident):
    answer = post(ana, "silence", incident, minutes="60", reason="we know")
    assert answer.status_code == 200
    made = Silence.objects.get()
    assert (made.rule, made.reason, made.author.username) == (incident.rule, "we know", "ana")
    assert made.ends_at - made.starts_at == timedelta(hours=1)
    assert AlertEvent.objects.get(kind="silenced").by == "ana"


@pytest.mark.parametrize(
    ("data", "field"),
    [({"minutes": "60"}, "reason"), ({"reason": "x"}, "minutes"), ({"minutes": "0", "reason": "x"}, "minutes"), ({"minutes": "99999", "reason": "x"}, "minutes")],
)  # fmt: skip
def test_a_silence_without_end_or_reason_is_refused_by_field(ana, incident, data, field):
    answer = post(ana, "silence", incident, **data)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert not Silence.objects.exists()


def test_what_is_over_cannot_be_handled(ana, incident):
    AlertRule.objects.update(enabled=False)
    watch.look()
    assert post(ana, "acknowledge", incident).status_code == 409
    assert post(ana, "acknowledge", uuid7()).status_code == 404


def test_only_staff_who_may_handle_alerts_can(incident, django_user_model):
    assert post(Client(), "acknowledge", incident).status_code == 401
    visitor = logged_in(django_user_model.objects.create_user("visitor"))
    assert post(visitor, "acknowledge", incident).status_code == 403
    staff = logged_in(django_user_model.objects.create_user("staff", is_staff=True))
    assert post(staff, "silence", incident, minutes="5", reason="x").status_code == 403
    assert Incident.objects.get().acknowledged_at is None


def test_a_post_without_the_csrf_token_is_refused(incident):
    client = logged_in(manager_named("ana"), enforce_csrf_checks=True)
    assert post(client, "acknowledge", incident).status_code == 403
    assert Client().get(reverse("acknowledge", args=[incident.pk])).status_code == 405


def test_a_form_of_the_page_leads_back_to_it_and_nowhere_else(ana, incident):
    answer = post(ana, "acknowledge", incident, next="/performance?window=7d")
    assert (answer.status_code, answer["Location"]) == (302, "/performance?window=7d")
    assert post(ana, "acknowledge", incident, next="https://evil.example.com/").status_code == 200


def test_a_form_of_the_page_leads_through_the_sign_in_or_back_with_a_sentence(ana, incident, django_user_model):
    there = {"next": "/performance?window=7d"}
    assert (
        post(Client(), "acknowledge", incident, **there).headers["Location"]
        == "/login/?next=/performance%3Fwindow%3D7d"
    )
    visitor = logged_in(django_user_model.objects.create_user("visitor"))
    assert post(visitor, "acknowledge", incident, **there).headers["Location"] == there["next"]
    assert "Ask an administrator" in visitor.get(there["next"]).content.decode()
    post(ana, "silence", incident, minutes="60", reason="", **there)
    assert "a reason of at most 200 characters" in ana.get(there["next"]).content.decode()


def test_an_acknowledgement_is_not_lost_when_the_value_grows(ana, incident):
    post(ana, "acknowledge", incident)
    watch.look(timezone.now() + timedelta(seconds=30))
    found = Incident.objects.get()
    assert found.worst > 620
    assert found.acknowledged_by.username == "ana"


def test_the_page_offers_it_to_those_who_may_and_leads_everybody_to_the_rows(ana, incident, django_user_model):
    deeds = f'action="{reverse("acknowledge", args=[incident.pk])}"'
    assert deeds in ana.get(reverse("crt")).content.decode()
    html = ana.get(reverse("performance")).content.decode()
    assert deeds in html
    issues = reverse("admin:issues_issue_changelist")
    assert f'data-issues="{issues}" href="{issues}?counted=yes&amp;answer=waiting"' in html
    post(ana, "acknowledge", incident)
    html = ana.get(reverse("performance")).content.decode()
    assert "ana takes care of it since" in html
    assert f"{deeds} hidden" in html
    visitor = logged_in(django_user_model.objects.create_user("visitor"))
    html = visitor.get(reverse("performance")).content.decode()
    assert 'data-part="rows" href="/performance/ttfr_p50' in html
    assert "data-deed" not in html
