"""What the watch makes of the rules: states, incidents, their log and the notices, written together or not at all."""

from datetime import time, timedelta

import pytest
from django.db import DatabaseError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from metrics.alerts import read, signals, tell, watch
from metrics.alerts.life import NoData, Reading
from metrics.alerts.read import Seen
from metrics.alerts.signals import Signal
from metrics.models import AlertEvent, AlertRule, AlertState, Incident, Notice, Silence
from tests.support import make
from tests.support.make import NOW
from tests.support.moment import Gate, while_stopped

pytestmark = pytest.mark.django_db


class Dial:
    """A signal that says what it is set to. `value` may be a number, a look, or an error to raise."""

    def __init__(self):
        self.value = 0

    def __call__(self, asked):
        if isinstance(self.value, Exception):
            raise self.value
        return self.value if isinstance(self.value, NoData | Reading) else Reading(self.value, 9, 9, "/performance/x")


@pytest.fixture
def dial(monkeypatch):
    """The only rule there is, "dial", watches it: above 10 until 5 or less for 60 s."""
    AlertRule.objects.all().delete()
    monkeypatch.setattr(read, "_unwell", set())
    return added(monkeypatch, "dial")


def added(monkeypatch, code: str, **changes) -> Dial:
    made = Dial()
    monkeypatch.setitem(signals.SIGNALS, code, Signal(code, code, "count", made))
    given = {"code": code, "signal": code, "title": code, "threshold": 10, "clear_threshold": 5, "clear_for_s": 60}
    AlertRule.objects.create(**(given | {"severity": "critical"} | changes))
    return made


@pytest.fixture(autouse=True)
def _slack(settings):
    settings.SLACK_WEBHOOK_URL = "http://127.0.0.1:1/services/T/B/secret"


def at(seconds: float):
    return NOW + timedelta(seconds=seconds)


def look(seconds: float) -> str:
    watch.look(at(seconds))
    return AlertState.objects.get(rule__code="dial").state


def notices(code: str = "dial") -> list[str]:
    return list(Notice.objects.filter(rule__code=code).values_list("kind", flat=True))


def events() -> list[tuple]:
    return list(AlertEvent.objects.values_list("kind", "state", "value", "reason"))


def test_an_incident_from_its_first_value_to_its_end(dial):
    assert look(0) == "inactive"
    dial.value = 11
    assert look(5) == "firing"
    dial.value = 30
    assert look(10) == "firing"
    dial.value = 4
    assert look(15) == "recovering"
    assert look(70) == "recovering"
    assert look(75) == "resolved"
    assert look(80) == "inactive"
    incident = Incident.objects.get()
    assert (incident.fired_at, incident.resolved_at) == (at(5), at(75))
    assert (incident.value, incident.worst, incident.n, incident.link) == (11, 30, 9, "/performance/x")
    assert notices() == ["firing", "resolved"]
    assert events() == [
        ("state", "firing", 11, ""),
        ("state", "recovering", 4, ""),
        ("state", "resolved", 4, ""),
        ("state", "inactive", 4, ""),
    ]
    assert set(AlertEvent.objects.exclude(state="inactive").values_list("incident", "link")) == {
        (incident.pk, "/performance/x")
    }


def test_a_flapping_value_is_one_incident(dial):
    for second in range(0, 300, 5):
        dial.value = 11 if second % 10 else 4
        look(second)
    assert Incident.objects.count() == 1
    assert notices() == ["firing"]


def test_looking_twice_at_the_same_moment_changes_nothing(dial):
    dial.value = 11
    look(5)
    before = (list(Incident.objects.values()), events(), notices())
    look(5)
    assert (list(Incident.objects.values()), events(), notices()) == before


def test_a_rule_that_raises_is_an_error_of_its_own_and_an_alert_after_its_patience(dial, monkeypatch):
    other = added(monkeypatch, "other")
    other.value, dial.value = 11, ValueError("+5511900000001 cannot be read")
    assert look(0) == "error"
    assert AlertState.objects.get(rule__code="other").state == "firing"
    assert look(295) == "error"
    assert not Incident.objects.filter(rule__code="dial").exists()
    assert [look(second) for second in range(300, 601, 60)] == ["error"] * 6
    incident = Incident.objects.get(rule__code="dial")
    assert incident.cause == "blind"
    assert notices() == ["firing"]
    assert AlertState.objects.get(rule__code="dial").reason == "ValueError"


def test_a_statement_that_fails_leaves_nothing_but_the_error(dial):
    class Broken(Dial):
        def __call__(self, asked):
            with connection.cursor() as cursor:
                cursor.execute("SELECT * FROM there_is_no_such_table")

    signals.SIGNALS["dial"] = Signal("dial", "dial", "count", Broken())
    assert look(0) == "error"
    assert AlertState.objects.get().reason == "django.db.utils.ProgrammingError"


def test_blindness_neither_ends_an_incident_nor_is_told_of_beside_it(dial):
    dial.value = 11
    look(0)
    dial.value = NoData("gone")
    assert [look(second) for second in range(5, 1000, 60)] == ["no_data"] * 17
    assert Incident.objects.get().resolved_at is None
    assert notices() == ["firing"]


def test_what_was_blind_and_turns_out_to_be_wrong_is_told_of_as_another_trouble(dial):
    dial.value = NoData("gone")
    assert [look(second) for second in range(0, 301, 60)] == ["no_data"] * 6
    dial.value = 11
    assert look(305) == "firing"
    blind, wrong = Incident.objects.order_by("fired_at")
    assert (blind.cause, blind.resolved_at, wrong.cause, wrong.resolved_at) == ("blind", at(305), "condition", None)
    assert notices() == ["firing", "resolved", "firing"]


def test_a_rule_that_the_database_refuses_holds_up_the_others_once_and_comes_last_until_it_is_well(dial, monkeypatch):
    slow, read_of = added(monkeypatch, "a_slow"), []
    for code in ("a_slow", "dial"):
        turn = signals.SIGNALS[code].read
        told = lambda asked, code=code, turn=turn: read_of.append(code) or turn(asked)  # noqa: E731
        monkeypatch.setitem(signals.SIGNALS, code, Signal(code, code, "count", told))

    def reads(seconds: float) -> list[str]:
        read_of.clear()
        look(seconds)
        return list(read_of)

    slow.value = OperationalError("canceling statement due to statement timeout")
    assert reads(0) == ["a_slow", "a_slow", "dial"]
    assert reads(5) == ["dial", "a_slow"]
    dial.value = 11
    assert reads(10) == ["dial", "a_slow"]
    assert AlertState.objects.get(rule__code="dial").state == "firing"
    slow.value = 0
    assert reads(15) == ["dial", "a_slow"]
    assert reads(20) == ["a_slow", "dial"]


def test_when_the_clock_is_set_back_rules_are_looked_at_all_the_same(dial):
    look(7200)
    dial.value = 11
    assert look(0) == "firing"
    dial.value = 4
    assert look(5) == "recovering"
    assert look(65) == "resolved"


def test_what_goes_wrong_in_writing_is_of_that_rule_alone(dial, monkeypatch):
    added(monkeypatch, "other").value = dial.value = 11
    owe = tell.owe

    def broken(incident, rule, *more):
        if rule.code == "dial":
            raise ValueError
        return owe(incident, rule, *more)

    monkeypatch.setattr(tell, "owe", broken)
    watch.look(at(0))
    assert (notices("dial"), notices("other")) == ([], ["firing"])
    monkeypatch.setattr(tell, "owe", owe)
    assert look(5) == "firing"
    assert notices() == ["firing"]


def test_what_follows_from_a_firing_rule_is_not_told_though_that_one_goes_wrong(dial, monkeypatch):
    added(monkeypatch, "cause").value = 11
    AlertRule.objects.get(code="dial").inhibited_by.add(AlertRule.objects.get(code="cause"))
    look(0)
    dial.value = 11
    live_on = watch._live_on
    monkeypatch.setattr(watch, "_live_on", lambda rule, *more: 1 / 0 if rule.code == "cause" else live_on(rule, *more))
    assert look(5) == "firing"
    assert notices() == []


def test_of_a_rule_without_trouble_the_latest_look_is_kept(dial):
    look(0)
    rule = AlertRule.objects.select_related("state").get()
    dial.value = 7
    look(10)
    watch._note_quiet([rule], {"dial": Seen(at(5), Reading(1, 1))}, at(5))
    state = AlertState.objects.get()
    assert (state.value, state.n, state.read_at, state.seen_at) == (7, 9, at(10), at(10))


def test_an_end_seen_at_an_earlier_step_is_told_when_it_is_told(dial, settings):
    """A figure over 24 hours is measured each 24 minutes. Its end was at 09:36, and is seen when the quiet has begun."""
    AlertRule.objects.update(severity="warning", clear_for_s=0, window_s=24 * 3600)
    signals.SIGNALS["dial"] = Signal("dial", "dial", "count", dial, windowed=True, stepped=True)
    dial.value = 11
    look(-3600)
    settings.ALERT_QUIET_HOURS = (time(9, 50), time(11))
    dial.value = 4
    assert look(0) == "resolved"
    assert Incident.objects.get().resolved_at < at(-600)
    assert Notice.objects.get(kind="resolved").due_at == at(3600)


def test_each_silence_that_an_incident_falls_into_is_in_the_log(dial):
    AlertRule.objects.update(clear_for_s=0)
    Silence.objects.create(rule=None, reason="maintenance", starts_at=at(-60), ends_at=at(300))
    for second, value in ((0, 11), (5, 4), (10, 4), (15, 11)):
        dial.value = value
        look(second)
    assert [kind for kind, *_more in events() if kind != "state"] == ["muted", "muted"]


def test_a_pause_of_the_watch_is_not_a_time_in_which_it_lasted(dial):
    AlertRule.objects.update(for_s=60)
    dial.value = 11
    assert look(0) == "pending"
    assert look(3600) == "pending"
    assert look(3660) == "firing"


def test_what_is_written_is_written_together(dial, monkeypatch):
    dial.value = 11

    def broken(*args, **more):
        raise DatabaseError

    monkeypatch.setattr(tell, "owe", broken)
    watch.look(at(0))
    assert not AlertState.objects.exists()
    assert not Incident.objects.exists()
    assert not events()
    monkeypatch.undo()


def test_a_silence_mutes_and_what_goes_on_after_it_is_told_then(dial):
    Silence.objects.create(rule=None, reason="maintenance", starts_at=at(-60), ends_at=at(30))
    dial.value = 11
    assert look(0) == "firing"
    assert notices() == []
    look(35)
    assert notices() == ["firing"]
    assert [(kind, reason) for kind, _state, _value, reason in events()] == [
        ("state", ""),
        ("muted", "silenced"),
        ("unmuted", ""),
    ]


def test_what_began_and_ended_in_a_silence_is_never_told(dial):
    Silence.objects.create(rule=AlertRule.objects.get(), reason="known", starts_at=at(-60), ends_at=at(600))
    dial.value = 11
    look(0)
    dial.value = 4
    look(5)
    assert look(65) == "resolved"
    assert notices() == []


def test_what_follows_from_a_firing_rule_is_not_told_whichever_name_comes_first(dial, monkeypatch):
    cause = added(monkeypatch, "zz_cause")
    AlertRule.objects.get(code="dial").inhibited_by.add(AlertRule.objects.get(code="zz_cause"))
    dial.value = cause.value = 11
    assert look(0) == "firing"
    assert (notices(), notices("zz_cause")) == ([], ["firing"])
    assert AlertState.objects.get(rule__code="dial").muted == "inhibited zz_cause"
    cause.value = 0
    look(5)
    assert notices() == []  # it recovers, and is open until then
    look(65)
    assert notices() == ["firing"]


def test_quiet_hours_hold_back_what_is_not_critical(dial, settings):
    settings.ALERT_QUIET_HOURS = (time(9), time(11))  # it is 10 o'clock in São Paulo
    AlertRule.objects.update(severity="warning")
    dial.value = 11
    assert look(0) == "firing"
    assert notices() == []
    look(3600)
    assert notices() == ["firing"]


def test_an_end_in_the_quiet_hours_is_told_in_the_morning(dial, settings):
    AlertRule.objects.update(severity="warning", clear_for_s=0)
    dial.value = 11
    look(0)
    settings.ALERT_QUIET_HOURS = (time(9), time(11))
    dial.value = 4
    assert look(5) == "resolved"
    assert Notice.objects.get(kind="resolved").due_at == at(3600)


def test_a_rule_that_is_switched_off_ends_its_incident(dial):
    dial.value = 11
    look(0)
    AlertRule.objects.update(enabled=False)
    assert look(5) == "inactive"
    assert Incident.objects.get().resolved_at == at(5)
    assert notices() == ["firing", "resolved"]
    assert events()[-1][0] == "withdrawn"


def test_a_rule_of_a_signal_that_is_gone_says_so(dial):
    AlertRule.objects.update(signal="no_such")
    assert look(0) == "error"


def test_without_an_outlet_nothing_is_written_to_the_outbox(dial, settings):
    settings.SLACK_WEBHOOK_URL = ""
    dial.value = 11
    assert look(0) == "firing"
    assert notices() == []


def test_the_log_is_never_changed(dial):
    dial.value = 11
    look(0)
    with pytest.raises(DatabaseError):
        AlertEvent.objects.update(value=1)


@pytest.mark.django_db(transaction=True)
def test_two_that_look_at_once_make_one_incident(dial):
    look(-5)
    gate = Gate()

    class Slow(Dial):
        def __call__(self, asked):
            if not gate.reached.is_set():
                gate()
            return Reading(11, 9, 9)

    signals.SIGNALS["dial"] = Signal("dial", "dial", "count", Slow())
    while_stopped(gate, lambda: watch.look(at(0)), lambda: watch.look(at(0)))
    assert Incident.objects.count() == 1
    assert notices() == ["firing"]


class TestCost:
    """At each whole minute, figures are measured; here three seconds after it is seven seconds away."""

    def cost(self, seconds: float) -> list[str]:
        with CaptureQueriesContext(connection) as found:
            watch.look(at(seconds))
        return [each["sql"] for each in found.captured_queries]

    def test_a_look_at_all_shipped_rules_is_cheap_when_nothing_changes(self):
        watch.look(at(10))
        assert len(self.cost(15)) <= 25

    def test_a_figure_is_not_measured_again_within_its_step(self):
        watch.look(at(10))
        ttfr = [sql for sql in self.cost(15) if "ttfr_values" in sql]
        assert not ttfr
        assert [sql for sql in self.cost(65) if "ttfr_values" in sql]

    def test_one_window_is_read_once_for_all_rules_of_it(self):
        AlertRule.objects.exclude(signal="ttfr_p90").update(enabled=False)
        watch.look(at(10))
        one = len(self.cost(70))
        for number, signal in enumerate(["ttfr_p50", "ttr_p90", "received", "sla_response", "ttfr_p90"]):
            AlertRule.objects.create(code=f"r{number}", title="x", signal=signal, threshold=1e9, severity="info")
        watch.look(at(130))
        assert len(self.cost(190)) <= one

    def test_a_rule_narrowed_down_is_another_window(self):
        AlertRule.objects.all().delete()
        for number, location in enumerate(["", "loc1", "loc2", "loc2"]):
            AlertRule.objects.create(
                code=f"r{number}", title="x", signal="received", threshold=1e9, severity="info", location=location
            )
        watch.look(at(10))
        assert len([sql for sql in self.cost(70) if "AS detected" in sql]) == 3


def test_every_shipped_rule_can_be_looked_at():
    watch.look(NOW)
    states = dict(AlertState.objects.values_list("rule__code", "state"))
    assert len(states) == 17
    assert {code for code, state in states.items() if state != "inactive"} == {"worker_silent"}
    assert states["worker_silent"] == "no_data"  # no worker was ever seen here


def test_who_waits_for_too_long_is_told_of_once_though_the_deadline_has_passed_too():
    make.issue(at=at(-600))
    watch.look(NOW)
    muted = dict(AlertState.objects.filter(state="firing").values_list("rule__code", "muted"))
    assert muted == {"long_wait": "", "response_overdue": "inhibited long_wait"}
