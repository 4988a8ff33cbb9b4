from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from issues.models import Action, AICall, Issue, Response
from metrics.kpis import measure
from metrics.window import Window
from mis_dashboard.demo import history, team
from tests.support import make

pytestmark = pytest.mark.django_db
NOW = make.NOW


@pytest.fixture
def month(monkeypatch):
    monkeypatch.setattr(history, "PER_WEEKDAY", 12)
    return history.load(NOW, seed=7)


def told() -> list:
    rows = Issue.objects.order_by("detected_at", "text").values_list(
        "detected_at", "type", "status", "first_response_at"
    )
    return list(rows)


def test_a_month_of_history_is_believable(month, settings):
    settings.DEMO = True
    assert Issue.objects.count() == month > 200
    window = Window.parse("30d", NOW)
    figures = measure(window)
    assert 3 < figures["ttfr_p50"]["value"] < 10
    assert figures["automation_rate"]["value"] > 0.9
    assert figures["resolution_rate"]["value"] > 0.9
    assert 0.8 < figures["ai_precision"]["value"] <= 1
    assert AICall.objects.filter(outcome="answered").exists()
    assert not Action.objects.filter(at__gt=NOW).exists()
    assert not Response.objects.filter(sent_at__gt=NOW).exists()


def test_the_same_seed_tells_the_same_month(monkeypatch):
    monkeypatch.setattr(history, "PER_WEEKDAY", 3)

    def month_of(seed: int) -> list:
        with transaction.atomic():
            history.load(NOW, seed=seed)
            rows = told()
            transaction.set_rollback(True)
        return rows

    assert month_of(7) == month_of(7) != month_of(8)


def test_the_staff_resolve_what_is_answered_and_quiet():
    now = timezone.now()
    for name, minutes, words in [("fresh", 1, "x"), ("old", 600, "x"), ("thanked", 4, "Obrigado, resolveu!")]:
        at = now - timedelta(minutes=minutes)
        issue = make.issue(at=at, type=name, first_response_at=at)
        issue.messages.create(turn=1, text=words, sent_at=at)
        make.response(issue, at=at, state="sent", text="Olá", kind="ai", sent_at=at)
    make.response(make.issue(at=now - timedelta(hours=10), type="unanswered"))
    opened_at = now - timedelta(days=1)
    assert sorted(issue.type for issue in team.ready(now, opened_at)) == ["old", "thanked"]
    assert team.ready(now, opened_at=now) == []
