"""What the screens show of alerts: incidents in the shape of what must be repaired, and that nobody is told or watches."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model

from issues.models import ChannelState
from metrics import snapshot, standing
from metrics.alerts import read, watch
from metrics.alerts.life import Failed
from metrics.models import AlertRule, AlertState, Incident, OutletState, Silence
from metrics.window import Scope
from tests.support import make
from tests.support.make import NOW

pytestmark = pytest.mark.django_db


def at(seconds: float):
    return NOW + timedelta(seconds=seconds)


def alerts(now=NOW) -> list[dict]:
    return snapshot.build(Scope("1h"), now)["alerts"]


@pytest.fixture
def long_wait():
    """A customer has waited for ten minutes, and only that is watched."""
    AlertRule.objects.exclude(code="long_wait").update(enabled=False)
    make.issue(at=NOW - timedelta(minutes=10))
    watch.look(NOW)
    return Incident.objects.get()


def test_an_incident_is_an_alert_with_its_value_and_a_link_to_its_rows(long_wait):
    (alert,) = alerts()
    assert alert | {"link": ""} == {
        "id": "long_wait",
        "severity": "critical",
        "title": "long_wait",
        "about": "",
        "since": "2026-11-20T13:00:00.000Z",
        "incident": str(long_wait.pk),
        "state": "firing",
        "acknowledged_at": None,
        "acknowledged_by": "",
        "silenced_until": None,
        "inhibited_by": "",
        "value": 600.0,
        "unit": "s",
        "n": 1,
        "link": "",
        "work": "counted=yes&answer=waiting",
        "filters": {},
        "own": None,
    }
    assert alert["link"].startswith("/performance/ttfr_p50?window=30d&list=waiting")
    assert standing.alert(alert)["state"] == "bad"


def test_what_people_have_done_about_it_is_shown(long_wait):
    Incident.objects.update(acknowledged_at=NOW, acknowledged_by=get_user_model().objects.create_user("ana"))
    Silence.objects.create(reason="known", starts_at=NOW, ends_at=at(600))
    (alert,) = alerts()
    assert (alert["acknowledged_at"], alert["acknowledged_by"]) == ("2026-11-20T13:00:00.000Z", "ana")
    assert alert["silenced_until"] == "2026-11-20T13:10:00.000Z"


def test_a_rule_of_peoples_own_says_it_in_their_words(long_wait):
    AlertRule.objects.filter(code="long_wait").update(title="Fila parada", todo="Ligar para a Bia")
    (alert,) = alerts()
    told = standing.alert(alert)
    assert told["title"] == "Fila parada"
    assert told["text"].endswith("Ligar para a Bia")


def test_what_is_seen_at_once_is_shown_once_with_what_its_rule_knows(settings):
    settings.EVOLUTION_BASE_URL, settings.EVOLUTION_API_KEY, settings.EVOLUTION_INSTANCE = "http://x", "key", "mis"
    AlertRule.objects.exclude(code="channel_closed").update(enabled=False)
    ChannelState.objects.create(instance="mis", state="close", changed_at=at(-180), checked_at=NOW)
    (before,) = alerts()
    assert (before["id"], before["incident"]) == ("channel_closed", None)
    watch.look(NOW)
    (after,) = alerts()
    assert (after["id"], after["since"]) == ("channel_closed", "2026-11-20T12:57:00.000Z")
    assert after["incident"] == str(Incident.objects.get().pk)


def test_an_alert_says_what_its_rule_is_narrowed_down_to(long_wait):
    AlertRule.objects.filter(code="long_wait").update(location="loc1", priority="high")
    (alert,) = alerts()
    assert alert["filters"] == {"location": "loc1", "priority": "high"}


def test_a_rule_that_cannot_be_judged_says_so_of_itself(long_wait, monkeypatch):
    monkeypatch.setattr(
        read, "looks", lambda rules, now: {rule.code: read.Seen(now, Failed("OperationalError")) for rule in rules}
    )
    AlertRule.objects.filter(code="long_wait").update(enabled=False)
    AlertRule.objects.filter(code="queue_stuck").update(enabled=True)
    for second in range(5, 400, 30):
        watch.look(at(second))
    (alert,) = alerts(at(390))
    assert (alert["id"], alert["title"], alert["about"], alert["state"]) == (
        "queue_stuck",
        "blind",
        "queue_stuck",
        "error",
    )


def test_that_slack_does_not_take_notices_is_shown():
    OutletState.objects.create(outlet="slack", failing_since=at(-60), failures=2)
    assert alerts() == []
    OutletState.objects.update(failures=3)
    (alert,) = alerts()
    assert (alert["id"], alert["about"], alert["since"]) == (
        "notices_failing:slack",
        "slack",
        "2026-11-20T12:59:00.000Z",
    )


def test_that_nobody_watches_is_shown_half_a_minute_after_the_last_look(long_wait):
    assert len(alerts(at(30))) == 1
    assert [alert["id"] for alert in alerts(at(31))] == ["long_wait", "nobody_watches"]


def test_the_worst_comes_first_and_what_somebody_has_taken_up_later(long_wait):
    AlertRule.objects.filter(code="response_overdue").update(enabled=True, severity="critical")
    AlertRule.objects.get(code="response_overdue").inhibited_by.clear()
    watch.look(at(5))
    assert [alert["id"] for alert in alerts(at(5))] == ["long_wait", "response_overdue"]
    Incident.objects.filter(rule__code="long_wait").update(acknowledged_at=NOW)
    assert [alert["id"] for alert in alerts(at(5))] == ["response_overdue", "long_wait"]


def test_every_alert_has_its_words_in_the_table_of_texts():
    codes = set(AlertRule.objects.values_list("code", flat=True))
    assert len(codes) == 17
    assert codes <= standing.ALERTS.keys()
    assert AlertState.objects.count() == 0
