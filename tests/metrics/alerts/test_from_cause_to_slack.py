"""The whole way once: a customer waits, Slack hears of it, the customer is answered, Slack hears of that."""

from datetime import timedelta

import pytest
from django.utils import timezone

from issues.models import Issue
from metrics.alerts import watch
from metrics.models import AlertRule, Incident
from metrics.notify import send
from mis_dashboard.sandbox.thread import SandboxThread
from tests.support import make

pytestmark = pytest.mark.django_db
NAME, PHONE, WORDS = "Maria Secreta", "+5511987654321", "minha senha é 1234"


def test_slack_hears_of_a_waiting_customer_and_of_the_answer_without_a_word_of_theirs(settings):
    settings.PUBLIC_URL = "https://mis.example.com"
    AlertRule.objects.exclude(code="long_wait").update(enabled=False)
    now = timezone.now() - timedelta(minutes=2)
    make.issue(at=now - timedelta(minutes=10), text=WORDS, customer=make.customer(name=NAME, phone=PHONE))
    with SandboxThread() as box:
        settings.SLACK_WEBHOOK_URL = box.environment()["SLACK_WEBHOOK_URL"]
        watch.look(now)
        send.send_slack()
        Issue.objects.update(first_response_at=now + timedelta(seconds=5))
        for seconds in (10, 40, 71, 75):
            watch.look(now + timedelta(seconds=seconds))
        send.send_slack()
        first, last = box.slack_posts
    short = Incident.objects.get().short
    assert short in first["text"]
    assert short in last["text"]
    assert "https://mis.example.com/performance/ttfr_p50" in str(first["blocks"])
    for private in (NAME, PHONE, PHONE[1:], WORDS):
        assert private not in str([first, last])
