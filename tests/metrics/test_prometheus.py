"""What Prometheus is told, read back with its own parser."""

import random
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from prometheus_client.openmetrics.parser import text_string_to_metric_families as modern_families
from prometheus_client.parser import text_string_to_metric_families

from issues.models import Action, AICall, Breaker, ChannelState
from metrics import live, totals
from metrics.models import Total
from metrics.views import VERSION
from metrics.wall.consumer import Wall
from mis_dashboard.models import Job, Process
from tests.support import make

TOKEN = "a-token-of-this-test"
FIRST, SECOND = "gemini-3.5-flash-lite", "gemini-3.1-flash-lite"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _configured(settings):
    settings.METRICS_TOKEN = TOKEN
    settings.GEMINI_API_KEY, settings.GEMINI_MODEL, settings.GEMINI_FALLBACK_MODEL = "key", FIRST, SECOND
    settings.EVOLUTION_BASE_URL, settings.EVOLUTION_API_KEY, settings.EVOLUTION_INSTANCE = "http://x", "key", "mis"


@pytest.fixture
def scrape(client):
    """What is told now: {(name, *label values in the order of their names): value}."""

    def ask() -> dict:
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        families = text_string_to_metric_families(answer.content.decode())
        samples = [sample for family in families for sample in family.samples]
        return {(s.name, *(value for _, value in sorted(s.labels.items()))): s.value for s in samples}

    return ask


def ago(**delta):
    return timezone.now() - timedelta(**delta)


def sent(at, kind="ai", purpose="reply", **changes):
    given = {"state": "sent", "sent_at": at, "text": "Olá", "delivery": "sent", "kind": kind, "purpose": purpose}
    return make.response(make.issue(at=at), at=at, **(given | changes))


def call(response, latency_s, outcome="answered", model=FIRST):
    started_at = response.sent_at - timedelta(seconds=latency_s)
    return AICall.objects.create(
        response=response,
        prompt=make.prompt(),
        model=model,
        started_at=started_at,
        latency_s=latency_s,
        outcome=outcome,
    )


class TestDoor:
    @pytest.mark.parametrize(
        "header", ["", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}é"]
    )
    def test_nobody_comes_in_without_the_token(self, client, header):
        answer = client.get("/metrics", headers={"Authorization": header} if header else {})
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
        assert "METRICS_TOKEN" in answer.content.decode()

    @pytest.mark.parametrize("header", ["", "Bearer", "Bearer "])
    def test_without_a_token_set_nobody_does_at_all(self, client, settings, header):
        settings.METRICS_TOKEN = ""
        answer = client.get("/metrics", headers={"Authorization": header})
        assert answer.status_code == 404
        assert "set METRICS_TOKEN" in answer.content.decode()

    def test_the_format_is_the_one_that_is_asked_for(self, client):
        headers = {"Authorization": f"Bearer {TOKEN}"}
        plain = client.get("/metrics", headers=headers)
        assert plain["Content-Type"].startswith("text/plain; version=0.0.4")
        assert plain["Cache-Control"] == "no-store"
        modern = client.get("/metrics", headers=headers | {"Accept": "application/openmetrics-text; version=1.0.0"})
        assert modern["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
        families = modern_families(modern.content.decode())
        assert {"mis_replies", "mis_ai_latency_seconds"} <= {family.name for family in families}

    def test_it_is_only_read(self, client):
        assert client.post("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 405


class TestNow:
    def test_an_idle_product_says_zero_of_what_can_be_counted_and_nothing_of_what_cannot(self, scrape):
        found = scrape()
        assert found["mis_database_up",] == 1
        assert found["mis_answers", "reply", "due"] == found["mis_jobs", "dead"] == found["mis_processes", "clock"] == 0
        assert ("mis_oldest_due_answer_age_seconds",) not in found
        assert ("mis_oldest_due_job_age_seconds",) not in found
        assert found["mis_build_info", VERSION] == 1
        assert found["process_resident_memory_bytes",] > 0

    def test_answers_are_told_by_what_is_done_about_them(self, scrape):
        for changes in (
            {"due_at": ago(seconds=40)},
            {"due_at": ago(seconds=10), "purpose": "handover"},
            {"due_at": ago(hours=1), "purpose": "survey"},
            {"due_at": ago(hours=-1), "purpose": "follow_up"},
            {"state": "thinking"},
            {"state": "speaking"},
            {"state": "unsure", "claimed_at": ago(), "claimed_by": make.uuid7()},
            {"state": "cancelled"},
        ):
            make.response(make.issue(at=ago(minutes=1)), **{"at": ago(minutes=1)} | changes)
        found = scrape()
        told = {key[1:]: value for key, value in found.items() if key[0] == "mis_answers" and value}
        assert told == {
            ("reply", "due"): 1, ("handover", "due"): 1, ("survey", "due"): 1, ("follow_up", "later"): 1,
            ("reply", "thinking"): 1, ("reply", "speaking"): 1, ("reply", "unsure"): 1,
        }  # fmt: skip
        # A survey waits for a quiet moment: its age says nothing.
        assert found["mis_oldest_due_answer_age_seconds",] == pytest.approx(40, abs=5)

    def test_jobs_are_told_by_their_state(self, scrape):
        make_job = Job.objects.create
        make_job(name="a", due_at=ago(seconds=20))
        make_job(name="a", due_at=ago(seconds=-60), attempts=1, error="boom")
        make_job(name="a", due_at=ago(seconds=90), leased_by=make.uuid7(), leased_until=ago(seconds=-30), attempts=1)
        make_job(name="a", due_at=ago(seconds=30), leased_by=make.uuid7(), leased_until=ago(seconds=1), attempts=1)
        make_job(name="a", due_at=ago(hours=9), dead=True, attempts=3)
        found = scrape()
        assert {key[1]: value for key, value in found.items() if key[0] == "mis_jobs"} == {
            "due": 2, "later": 1, "running": 1, "dead": 1
        }  # fmt: skip
        assert found["mis_jobs_retrying",] == 2
        assert found["mis_oldest_due_job_age_seconds",] == pytest.approx(30, abs=5)

    def test_issues_are_told_by_status_and_those_who_wait_by_priority(self, scrape):
        make.issue(at=ago(minutes=5), priority="critical")
        make.issue(at=ago(minutes=5), priority="low", first_response_at=ago(minutes=4), status="in_progress")
        make.issue(at=ago(minutes=5), priority="low", status="escalated", escalated_at=ago())
        make.issue(at=ago(minutes=5), status="resolved", resolved_at=ago(minutes=1))
        found = scrape()
        assert {key[1]: value for key, value in found.items() if key[0] == "mis_issues"} == {
            "open": 1, "in_progress": 1, "escalated": 1
        }  # fmt: skip
        assert {key[1]: value for key, value in found.items() if key[0] == "mis_issues_waiting"} == {
            "critical": 1, "high": 0, "medium": 0, "low": 1
        }  # fmt: skip

    def test_processes_are_those_seen_lately(self, scrape):
        for role, seconds in (("web", 1), ("web", 3), ("worker", 1), ("clock", 11)):
            Process.objects.create(role=role, host="h", pid=1, seen_at=ago(seconds=seconds))
        found = scrape()
        assert [found["mis_processes", role] for role in ("web", "worker", "clock")] == [2, 1, 0]

    def test_models_and_whatsapp_are_in_one_state_each(self, scrape):
        Breaker.objects.create(
            model=SECOND, failures=3, reason="late", opened_at=ago(minutes=1), probed_at=ago(minutes=1)
        )
        Breaker.objects.create(model="not asked any more", failures=3, reason="late", opened_at=ago(minutes=1))
        ChannelState.objects.create(instance="mis", state="close", changed_at=ago(hours=1), checked_at=ago(seconds=5))
        found = scrape()
        models = [key[1:] for key, value in found.items() if key[0] == "mis_ai_model_state" and value]
        assert sorted(models) == [(SECOND, "open"), (FIRST, "closed")]
        assert [key[1] for key, value in found.items() if key[0] == "mis_channel_state" and value] == ["close"]

    def test_whatsapp_is_unknown_until_somebody_has_told_and_not_configured_without_an_address(self, scrape, settings):
        def state():
            return [key[1] for key, value in scrape().items() if key[0] == "mis_channel_state" and value]

        assert state() == ["unknown"]
        settings.EVOLUTION_BASE_URL = ""
        assert state() == ["not_configured"]

    def test_open_screens_are_those_of_this_process(self, scrape, monkeypatch):
        monkeypatch.setitem(live.hub._subscribers, "one scope", {1, 2})
        monkeypatch.setitem(live.hub._subscribers, "another", {3})
        monkeypatch.setitem(Wall.hub._subscribers, "a wall", {4})
        assert scrape()["mis_sockets",] == 4


class TestSoFar:
    @pytest.fixture(autouse=True)
    def _begun(self):
        """Counting begins 55 minutes ago."""
        totals.count_on(ago(minutes=40))

    def test_replies_and_what_became_of_them_are_counted(self, scrape):
        sent(ago(minutes=20))
        sent(ago(minutes=1))
        sent(ago(minutes=1), kind="template", purpose="handover")
        sent(ago(hours=3))  # before counting began
        sent(ago(minutes=1), kind="human", delivery="")  # said outside of MIS
        one = sent(ago(minutes=2))
        for kind, success in (("delivered", True), ("read", True), ("failed", False), ("resolved", True)):
            Action.objects.create(
                issue=one.issue,
                response=one,
                kind=kind,
                at=ago(minutes=1),
                by="system",
                automated=True,
                success=success,
            )
        found = scrape()
        told = {key[1:]: value for key, value in found.items() if key[0] == "mis_replies_total" and value}
        assert told == {("ai", "reply"): 3, ("template", "handover"): 1}
        assert {key[1]: value for key, value in found.items() if key[0] == "mis_deliveries_total"} == {
            "delivered": 1, "read": 1, "failed": 1
        }  # fmt: skip

    def test_the_latency_of_the_ai_is_a_histogram_of_each_model(self, scrape):
        said = sent(ago(minutes=1))
        for latency_s, outcome in ((0.1, "answered"), (0.5, "answered"), (2.4, "answered"), (30, "late")):
            call(said, latency_s, outcome)
        found = scrape()
        name = "mis_ai_latency_seconds"
        buckets = {
            limit: found[f"{name}_bucket", str(limit), FIRST] for limit in (0.25, 0.5, 1.0, 2.0, 3.0, 20.0, "+Inf")
        }
        assert buckets == {0.25: 1, 0.5: 2, 1.0: 2, 2.0: 2, 3.0: 3, 20.0: 3, "+Inf": 4}
        assert (found[f"{name}_count", FIRST], found[f"{name}_sum", FIRST]) == (4, pytest.approx(33.0))
        assert (found[f"{name}_count", SECOND], found[f"{name}_sum", SECOND]) == (0, 0)
        assert (found["mis_ai_calls_total", FIRST, "answered"], found["mis_ai_calls_total", FIRST, "late"]) == (3, 1)
        assert found["mis_ai_calls_total", SECOND, "answered"] == 0

    def test_summing_up_changes_no_number_and_twice_does_no_harm(self, scrape):
        for minutes in (50, 30, 16, 14, 1):
            call(sent(ago(minutes=minutes)), 1.2)
        before = scrape()
        totals.count_on()
        totals.count_on()
        assert Total.objects.get(name="replies").value == 3
        after = scrape()
        assert {key: value for key, value in after.items() if key[0].startswith("mis_")} == {
            key: value for key, value in before.items() if key[0].startswith("mis_")
        }

    def test_no_number_ever_falls_whatever_is_summed_up_and_when(self):
        rng = random.Random(3)
        now = begun = make.NOW
        totals.count_on(begun)
        Total.objects.all().delete()
        totals.count_on(begun)
        said, seen = 0, 0.0
        for _ in range(60):
            now += timedelta(minutes=rng.uniform(0, 10))
            if rng.random() < 0.7:
                sent(now - timedelta(minutes=rng.uniform(0, 3)))
                said += 1
            if rng.random() < 0.3:
                totals.count_on(now)
            value = sum(value for name, _, value in totals.read(now) if name == "replies")
            assert value >= seen
            seen = value
        totals.count_on(now)
        assert sum(value for name, _, value in totals.read(now) if name == "replies") == said

    def test_while_nobody_sums_up_it_reads_no_more_than_an_hour_and_catches_up_later(self):
        now = timezone.now()
        for hours in (-1, -2, -3):
            sent(ago(hours=hours) - timedelta(minutes=30))

        def told(at):
            return sum(value for name, _, value in totals.read(at) if name == "replies")

        assert told(now + timedelta(hours=9)) == 0  # an hour and a quarter after the last sum begins what is not read
        totals.count_on(now + timedelta(hours=9))
        assert told(now + timedelta(hours=9)) == 3

    def test_before_counting_has_begun_all_is_zero(self, scrape):
        Total.objects.all().delete()
        sent(ago(minutes=1))
        found = scrape()
        assert found["mis_replies_total", "ai", "reply"] == 0
        assert found["mis_ai_latency_seconds_count", FIRST] == 0


class TestCost:
    def test_it_takes_two_queries(self, client, django_assert_num_queries):
        totals.count_on()
        with django_assert_num_queries(2):
            client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})

    def test_without_the_database_it_says_so_and_what_it_knows_itself(self, scrape):
        def refuse(*_):
            raise OperationalError("no database")

        with connection.execute_wrapper(refuse):
            found = scrape()
        assert found["mis_database_up",] == 0
        assert found["mis_sockets",] == 0
        assert not [key for key in found if key[0].startswith(("mis_answers", "mis_replies"))]

    def test_it_says_nothing_about_any_person(self, client):
        customer = make.customer(name="Segredo Silva", phone="+5511977776666", contact_id="ct-segredo")
        issue = make.issue(at=ago(minutes=1), customer=customer, text="segredo", location="loc-segredo", type="segredo")
        make.response(issue, at=ago(minutes=1), text="segredo", location="loc-segredo")
        Job.objects.create(name="segredo", error="segredo")
        text = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode().lower()
        assert "mis_answers" in text
        assert "segredo" not in text
        assert "77776666" not in text
