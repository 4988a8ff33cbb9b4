"""The clock may be killed at any moment: before any statement, of the watch and of the sender."""

from datetime import timedelta
from itertools import count

import pytest
from django.db import connection
from django.utils import timezone

from metrics.alerts import watch
from metrics.models import AlertEvent, AlertRule, AlertState, Incident, Notice, Outlet, OutletState
from metrics.notify import send
from tests.support import make

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The process is gone."""


class KilledAt:
    """Ends the process before the `number`-th statement. `was_reached` tells whether there was one."""

    def __init__(self, number: int):
        self.left, self.was_reached = number, False

    def __call__(self, execute, sql, params, many, context):
        self.left -= 1
        if self.left < 0 and not self.was_reached:
            self.was_reached = True
            raise Killed
        return execute(sql, params, many, context)


def killed_at(number: int, step) -> bool:
    """Whether `step` was killed before its `number`-th statement; what was not committed is gone."""
    death = KilledAt(number)
    try:
        with connection.execute_wrapper(death):
            step()
    except Killed:
        pass
    return death.was_reached


@pytest.fixture(autouse=True)
def _one_rule(settings):
    settings.SLACK_WEBHOOK_URL = "http://127.0.0.1:1/services/T/B/secret"
    AlertRule.objects.exclude(code="long_wait").update(enabled=False)
    make.issue(at=timezone.now() - timedelta(minutes=10))


def begin_anew():
    for model in (Notice, AlertEvent, AlertState, Incident, OutletState):
        model.objects.all().delete()


def test_wherever_the_watch_is_killed_one_incident_with_its_log_and_notice_comes_of_it():
    now = timezone.now()
    for number in count():
        begin_anew()
        if not killed_at(number, lambda: watch.look(now)):
            break
        assert Incident.objects.count() == Notice.objects.count() == AlertEvent.objects.count()
        watch.look(now + timedelta(seconds=5))
        assert AlertState.objects.get().state == "firing"
        assert list(AlertEvent.objects.values_list("state", flat=True)) == ["firing"]
        assert list(Notice.objects.values_list("kind", flat=True)) == ["firing"]
    assert number > 8


def test_wherever_the_sender_is_killed_the_notice_is_heard_and_a_repeat_says_that_it_may_be_one(monkeypatch):
    heard = []
    monkeypatch.setitem(send.SENDERS, Outlet.SLACK, lambda letter: heard.append(letter.data["maybe_repeated"]))
    for number in count():
        begin_anew()
        watch.look(timezone.now() - timedelta(seconds=5))
        heard.clear()
        was_killed = killed_at(number, lambda: send.work("slack"))
        if was_killed:
            # Another one takes over when the first has not been seen for a while.
            Notice.objects.filter(state="sending").update(claimed_at=timezone.now() - timedelta(seconds=20))
            OutletState.objects.update(resume_at=None)
            send.work("slack")
        assert Notice.objects.get().state == "sent"
        assert heard in ([False], [True], [False, True])
        if not was_killed:
            break
    assert number > 5
    assert heard == [False]
