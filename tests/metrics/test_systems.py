"""How what we depend on is told: each state of a model, of WhatsApp, of the budgets, and what a person must repair."""

from datetime import datetime, timedelta

import pytest

from issues import budget as budgets
from issues.models import Breaker, ChannelState, Policy, Token
from metrics import snapshot, systems
from metrics.alerts import shown
from metrics.window import Scope
from tests.support import make
from tests.support.make import NOW

FIRST, SECOND = "gemini-3.5-flash-lite", "gemini-3.1-flash-lite"


def ago(**delta):
    return NOW - timedelta(**delta)


@pytest.fixture(autouse=True)
def _configured(settings):
    settings.GEMINI_API_KEY, settings.GEMINI_MODEL, settings.GEMINI_FALLBACK_MODEL = "key", FIRST, SECOND
    settings.EVOLUTION_BASE_URL, settings.EVOLUTION_API_KEY, settings.EVOLUTION_INSTANCE = "http://x", "key", "mis"


def build(now: datetime = NOW) -> dict:
    return snapshot.build(Scope("1h"), now)


def model(now: datetime = NOW) -> dict:
    return build(now)["now"]["models"][0]


def left_alone(name: str = FIRST, *, reason="late", opened_at=None, **changes):
    opened_at = opened_at or ago(minutes=5)
    given = {"failures": 3, "reason": reason, "opened_at": opened_at, "probed_at": opened_at}
    return Breaker.objects.create(model=name, **(given | changes))


@pytest.mark.django_db
class TestModels:
    def test_a_model_that_never_failed_is_asked(self):
        closed = {"state": "closed", "reason": "", "since": None, "until": None, "failures": 0}
        assert build()["now"]["models"] == [{"model": FIRST, **closed}, {"model": SECOND, **closed}]

    def test_a_model_that_failed_less_than_three_times_is_asked_still(self):
        Breaker.objects.create(model=FIRST, failures=2, reason="unavailable")
        assert (model()["state"], model()["reason"], model()["failures"]) == ("closed", "unavailable", 2)

    def test_an_open_breaker_says_why_and_since_when(self):
        left_alone()
        assert model() == {
            "model": FIRST,
            "state": "open",
            "reason": "late",
            "since": "2026-11-20T12:55:00.000Z",
            "until": None,
            "failures": 3,
        }

    def test_a_probe_lasts_for_eight_seconds_at_most(self):
        left_alone(probed_at=ago(seconds=1))
        assert model()["state"] == "probing"
        assert model(NOW + timedelta(seconds=7))["state"] == "open"

    def test_the_moment_it_was_opened_is_no_probe(self):
        left_alone(opened_at=ago(seconds=1))
        assert model()["state"] == "open"

    def test_a_model_that_asked_for_a_pause_is_busy_until_then(self):
        Breaker.objects.create(model=FIRST, reason="busy", busy_until=NOW + timedelta(seconds=20))
        assert (model()["state"], model()["until"]) == ("busy", "2026-11-20T13:00:20.000Z")
        later = model(NOW + timedelta(seconds=20))
        assert (later["state"], later["until"], later["reason"]) == ("closed", None, "")

    def test_a_model_that_works_again_says_no_more_of_its_trouble(self):
        Breaker.objects.create(model=FIRST, failures=0, reason="late", probed_at=ago(seconds=40))
        assert (model()["state"], model()["reason"], model()["since"]) == ("closed", "", None)

    def test_a_model_that_is_not_configured_any_more_is_not_shown(self):
        left_alone("gemini-1.0-pro", reason="model_gone")
        found = build()
        assert [each["model"] for each in found["now"]["models"]] == [FIRST, SECOND]
        assert found["alerts"] == []

    def test_the_same_model_twice_is_one(self, settings):
        settings.GEMINI_FALLBACK_MODEL = FIRST
        assert [each["model"] for each in build()["now"]["models"]] == [FIRST]

    def test_without_a_key_there_is_no_model(self, settings):
        settings.GEMINI_API_KEY = ""
        assert build()["now"]["models"] == []


@pytest.mark.django_db
class TestChannel:
    def told(self, state="open", checked_at=NOW, instance="mis"):
        ChannelState.objects.create(instance=instance, state=state, changed_at=ago(hours=2), checked_at=checked_at)

    def test_nothing_told_is_not_known(self):
        assert build()["now"]["channel"] == {"state": "unknown", "since": None}

    def test_the_state_has_the_time_since_when(self):
        self.told()
        assert build()["now"]["channel"] == {"state": "open", "since": "2026-11-20T11:00:00.000Z"}

    def test_what_was_not_heard_of_for_two_minutes_is_not_known_any_more(self):
        self.told(checked_at=ago(minutes=2, seconds=1))
        assert build()["now"]["channel"] == {"state": "unknown", "since": "2026-11-20T12:57:59.000Z"}

    def test_another_account_says_nothing_about_ours(self):
        self.told("close", instance="other")
        assert build()["now"]["channel"]["state"] == "unknown"

    def test_without_settings_it_is_not_configured(self, settings):
        settings.EVOLUTION_API_KEY = ""
        self.told("close")
        found = build()
        assert found["now"]["channel"]["state"] == "not_configured"
        assert found["alerts"] == []


@pytest.mark.django_db
class TestQueue:
    def test_what_is_due_waits_and_what_is_put_off_does_not(self):
        for seconds in (40, 5, -30):
            make.response(make.issue(), at=ago(seconds=seconds))
        make.response(make.issue(), purpose="handover", at=ago(seconds=2))
        make.response(make.issue(), purpose="follow_up", at=ago(seconds=90))
        make.response(make.issue(), purpose="survey", at=ago(seconds=90))
        make.response(make.issue(), state="thinking", at=ago(seconds=50))
        assert build()["now"]["queue"] == {
            "waiting": 3,
            "oldest_due_at": "2026-11-20T12:59:20.000Z",
            "follow_ups": 1,
            "surveys": 1,
        }

    def test_an_empty_queue_has_no_age(self):
        assert build()["now"]["queue"] == {"waiting": 0, "oldest_due_at": None, "follow_ups": 0, "surveys": 0}


@pytest.mark.django_db
class TestBudget:
    def test_an_untouched_budget_is_whole(self):
        assert build()["now"]["budget"] == {"critical": {"size": 5, "left": 5}, "ai": {"size": 60, "left": 60}}

    def test_a_token_counts_until_it_is_free_again(self):
        for number, seconds in enumerate((10, 62, 0, -5), 1):
            Token.objects.create(budget="ai", number=number, free_at=NOW + timedelta(seconds=seconds))
        assert build()["now"]["budget"]["ai"]["left"] == 58

    def test_a_lowered_limit_does_not_count_the_tokens_above_it(self):
        Policy.objects.update_or_create(pk=1, defaults={"critical_per_minute": 2})
        for number in range(1, 6):
            Token.objects.create(budget="critical", number=number, free_at=NOW + timedelta(seconds=30))
        assert build()["now"]["budget"]["critical"] == {"size": 2, "left": 0}

    def test_no_limit_has_nothing_left(self):
        Policy.objects.update_or_create(pk=1, defaults={"critical_per_minute": 0})
        assert build()["now"]["budget"]["critical"] == {"size": 0, "left": None}

    def test_it_is_the_budget_that_answers_are_taken_from(self):
        policy, _created = Policy.objects.get_or_create(pk=1)
        assert budgets.spend(policy, critical=True)
        assert budgets.spend(policy, critical=False)
        now = Token.objects.latest("free_at").free_at - timedelta(seconds=1)
        assert build(now)["now"]["budget"] == {"critical": {"size": 5, "left": 4}, "ai": {"size": 60, "left": 58}}


@pytest.mark.django_db
class TestAlerts:
    def found(self) -> list[tuple]:
        return [(alert["id"], alert["severity"]) for alert in build()["alerts"]]

    def test_a_retired_model_is_a_warning_while_the_other_one_answers(self):
        left_alone(reason="model_gone")
        assert build()["alerts"] == [
            {
                "id": f"model_gone:{FIRST}",
                "severity": "warning",
                "title": "model_gone",
                "about": FIRST,
                "since": "2026-11-20T12:55:00.000Z",
                **shown.NO_INCIDENT,
            }
        ]

    def test_it_is_critical_when_no_model_is_left(self):
        left_alone(reason="model_gone")
        left_alone(SECOND, reason="unavailable")
        assert self.found() == [(f"model_gone:{FIRST}", "critical")]

    def test_a_bad_key_is_one_alert_of_all_models_since_the_first(self):
        left_alone(reason="misconfigured")
        left_alone(SECOND, reason="misconfigured", opened_at=ago(minutes=9))
        [alert] = build()["alerts"]
        assert (alert["id"], alert["severity"], alert["since"]) == (
            "misconfigured",
            "critical",
            "2026-11-20T12:51:00.000Z",
        )
        assert alert["about"] == f"{FIRST}, {SECOND}"

    def test_what_passes_by_itself_is_no_alert(self):
        left_alone(reason="late")
        Breaker.objects.create(model=SECOND, failures=2, reason="misconfigured")
        assert self.found() == []

    def test_a_model_that_works_again_has_none(self):
        Breaker.objects.create(model=FIRST, failures=0, reason="model_gone")
        assert self.found() == []

    def test_a_logged_out_whatsapp_is_critical_and_comes_first(self):
        left_alone(reason="model_gone")
        ChannelState.objects.create(instance="mis", state="close", changed_at=ago(minutes=3), checked_at=NOW)
        assert self.found() == [("channel_closed", "critical"), (f"model_gone:{FIRST}", "warning")]

    def test_one_that_is_connecting_is_not(self):
        ChannelState.objects.create(instance="mis", state="connecting", changed_at=ago(minutes=3), checked_at=NOW)
        assert self.found() == []


def test_how_long_a_probe_is_believed_to_take_is_less_than_the_time_between_two():
    assert timedelta(0) < systems.PROBE_TAKES < timedelta(seconds=30)
