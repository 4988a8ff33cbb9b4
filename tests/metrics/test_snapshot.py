"""What a screen is sent: complete, of one moment, and about nobody."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections

from issues import sla
from issues.models import Action, Calendar, Issue, SlaPolicy
from issues.models.issue import UNRESOLVED, Priority
from metrics import queries, snapshot
from metrics.window import Scope, Window
from tests.support import make
from tests.support.make import NOW

DAY = Scope("24h")


def ago(**delta):
    return NOW - timedelta(**delta)


def build(window: str = "24h") -> dict:
    return snapshot.build(Scope(window), NOW)


def act(issue, kind, at, **changes):
    return Action.objects.create(issue=issue, kind=kind, at=at, **({"by": "system", "automated": True} | changes))


@pytest.mark.django_db
class TestWhole:
    def test_an_empty_product_has_a_complete_snapshot_without_a_single_figure(self):
        found = build()
        assert (found["v"], found["window"], found["as_of"]) == (1, "24h", "2026-11-20T13:00:00.000Z")
        assert set(found) == {
            "v", "seq", "boot", "as_of", "window", "start", "end", "filters", "kpis", "now", "sla", "alerts", "series", "feed"
        }  # fmt: skip
        assert set(found["kpis"]["ttfr_p50"]) >= {"value", "unit", "n", "target", "better", "state"}
        assert {kpi["value"] for kpi in found["kpis"].values()} == {None}
        assert list(found["sla"]) == ["critical", "high", "medium", "low"]
        assert found["alerts"] == found["feed"] == []

    def test_it_takes_25_queries_without_cells_and_fewer_with_them(self, django_assert_num_queries):
        make.issue(at=ago(minutes=1))
        with django_assert_num_queries(25):
            build()

    def test_its_text_is_compact_and_reads_back_the_same(self):
        found = build("30d")
        text = snapshot.text(found)
        assert json.loads(text) == found
        assert ": " not in text.replace('": "', "")
        assert len(text) < 10_000

    def test_it_is_numbered_by_whoever_sends_it(self):
        found = snapshot.build(DAY, NOW, seq=7, boot="b")
        assert (found["seq"], found["boot"]) == (7, "b")

    def test_it_says_nothing_about_any_person(self):
        secret = make.customer(name="Segredo Silva", phone="+5511977776666", contact_id="ct-segredo")
        issue = make.issue(
            at=ago(minutes=5),
            customer=secret,
            text="segredo",
            resolution_notes="segredo",
            first_response_at=ago(minutes=4),
        )
        make.response(issue, state="sent", sent_at=ago(minutes=4), text="segredo", kind="ai", delivery="read")
        act(issue, "replied", ago(minutes=4), by="segredo", automated=False)
        text = snapshot.text(build()).lower()
        assert "segredo" not in text
        assert "77776666" not in text
        assert str(issue.pk) not in text


@pytest.mark.django_db
class TestNow:
    def test_it_counts_who_waits_and_since_when(self):
        make.issue(at=ago(days=3), priority="low")  # older than the window, and still waiting
        make.issue(at=ago(seconds=50), priority="critical")
        make.issue(at=ago(seconds=20), priority="critical", status="in_progress", first_response_at=ago(seconds=10))
        make.issue(at=ago(hours=1), status="closed")
        found = build("1h")["now"]
        assert (found["open"], found["waiting"]) == (3, 2)
        assert found["waiting_since"] == "2026-11-17T13:00:00.000Z"
        assert found["waiting_by_priority"] == {"critical": 1, "high": 0, "medium": 0, "low": 1}

    def test_it_counts_what_is_in_hand(self):
        for number, state in enumerate(["thinking", "thinking", "speaking", "unsure", "waiting", "cancelled"]):
            make.response(make.issue(at=ago(minutes=number)), state=state)
        found = build()["now"]
        assert (found["thinking"], found["speaking"], found["unsure"]) == (2, 1, 1)

    def test_a_question_for_a_rating_is_no_answer_in_hand_and_no_reply(self):
        for turn, state in enumerate(["thinking", "writing", "speaking", "unsure"], 1):
            claimed = {"claimed_by": uuid4(), "claimed_at": NOW} if state == "writing" else {}
            make.response(make.issue(), turn=turn, state=state, purpose="survey", **claimed)
        make.response(make.issue(), state="sent", sent_at=NOW, text="De 1 a 5?", kind="template", purpose="survey")
        found = build()["now"]
        assert (found["thinking"], found["speaking"], found["unsure"]) == (0, 0, 1)
        assert found["last_reply_at"] is None

    def test_it_counts_the_escalated_that_nobody_owns(self):
        ana = get_user_model().objects.create_user("ana")
        make.issue(status="escalated", escalated_at=NOW)
        make.issue(status="escalated", escalated_at=NOW, assignee=ana)
        assert build()["now"]["escalated_unassigned"] == 1

    def test_the_last_reply_is_the_last_one_sent(self):
        issue = make.issue(at=ago(days=4))
        for turn, minutes in enumerate([90, 30], 1):
            make.response(issue, turn=turn, state="sent", sent_at=ago(minutes=minutes), text="Olá", kind="ai")
        make.response(issue, turn=3, state="unsure", sent_at=ago(minutes=5))
        assert build()["now"]["last_reply_at"] == "2026-11-20T12:30:00.000Z"

    def test_nobody_waiting_is_zero_and_never_is_null(self):
        found = build()["now"]
        assert (found["waiting"], found["waiting_since"], found["last_reply_at"]) == (0, None, None)

    def test_risks_and_breaches_are_those_of_the_promises(self):
        make.issue(at=ago(seconds=100))  # 20 of 120 s left to answer
        make.issue(at=ago(hours=5))  # neither answered in 2 min nor solved in 4 h
        found = build()["now"]
        assert (found["at_risk"], found["breached"]) == (1, 2)


@pytest.mark.django_db
class TestSLA:
    def test_the_database_and_the_rule_agree_on_every_issue(self):
        chance = random.Random(5)
        for _ in range(150):
            self.any_issue(chance)
        window = Window.parse("24h", NOW)
        assert snapshot.build(DAY, NOW)["sla"] == self.by_rule(window)

    def test_the_target_is_the_one_promised_now_at_the_location_that_is_looked_at(self):
        own = {"priority": "medium", "location": "loc1", "response_s": 45, "resolution_s": 600}
        SlaPolicy.objects.create(**own, since=ago(hours=1))
        SlaPolicy.objects.create(**own | {"response_s": 1}, since=NOW + timedelta(seconds=1))
        targets = {}
        for location in (None, "loc1", "loc2"):
            sla = snapshot.build(Scope("24h", location=location), NOW)["sla"]
            targets[location] = [sla["medium"][promise]["target_s"] for promise in snapshot.PROMISES]
        assert targets == {None: [120, 14_400], "loc1": [45, 600], "loc2": [120, 14_400]}

    def test_it_is_another_one_when_the_next_promise_is_at_risk_or_breached(self):
        assert snapshot.changes_at(snapshot.build(DAY, NOW)) is None
        make.issue(at=ago(seconds=50), resolution_due_at=NOW + timedelta(days=9))
        make.issue(at=ago(seconds=90), first_response_at=NOW, priority="low", location="loc2")
        first, second, third = (
            NOW + timedelta(seconds=46),
            NOW + timedelta(seconds=70),
            NOW + timedelta(hours=3, minutes=10, seconds=30),
        )
        assert snapshot.changes_at(snapshot.build(DAY, NOW)) == first
        assert snapshot.changes_at(snapshot.build(DAY, first)) == second
        assert snapshot.changes_at(snapshot.build(DAY, second)) == second
        assert snapshot.changes_at(snapshot.build(DAY, second + timedelta(microseconds=1))) == third
        assert snapshot.changes_at(snapshot.build(Scope("24h", location="loc1"), NOW)) == first

    def test_a_target_in_business_hours_says_so(self):
        hours = Calendar.objects.create(name="Office", number=1, week=[[["09:00", "18:00"]]] * 5 + [[], []])
        kept = {"priority": "low", "location": "loc1", "response_s": 45, "resolution_s": 600, "since": ago(hours=1)}
        SlaPolicy.objects.create(**kept, calendar=hours, resolution_in_hours=True)
        low = snapshot.build(Scope("24h", location="loc1"), NOW)["sla"]["low"]
        assert [low[promise]["hours"] for promise in snapshot.PROMISES] == ["always", "business"]

    def any_issue(self, chance):
        risk = chance.choice([0.8, 0.5])  # of business time, it is no fifth of the clock's
        began = NOW - timedelta(seconds=chance.choice([0, 79, 80, 100, 101, 5000, 86_400, 200_000]))
        status = chance.choice(["open", "in_progress", "escalated", "resolved", "closed"])
        end = began + timedelta(seconds=chance.choice([100, 200, 300]))
        first = began + timedelta(seconds=chance.choice([0, 100, 101]))
        make.issue(
            at=began, priority=chance.choice(Priority.values), status=status, customer=None,
            response_due_at=began + timedelta(seconds=100), resolution_due_at=began + timedelta(seconds=200),
            first_response_at=chance.choice([None, first]), resolved_at=end if status == "resolved" else None,
            escalated_at=began if status == "escalated" else None,
            response_risk_at=began + risk * timedelta(seconds=100), resolution_risk_at=began + risk * timedelta(seconds=200),
        )  # fmt: skip

    def by_rule(self, window):
        return {
            priority.value: {promise: self.promise(window, priority, promise) for promise in snapshot.PROMISES}
            for priority in Priority
        }

    def promise(self, window, priority, promise):
        counts, nearest, missed, changes = dict.fromkeys(sla.STATES, 0), [], [], []
        for issue in Issue.objects.filter(priority=priority):
            risk, due, achieved = (
                (issue.response_risk_at, issue.response_due_at, issue.first_response_at)
                if promise == "first_response"
                else (issue.resolution_risk_at, issue.resolution_due_at, issue.resolved_at)
            )
            if achieved is None and issue.status not in UNRESOLVED:
                continue
            if achieved is not None and not window.start <= issue.detected_at < window.end:
                continue
            state = sla.state(risk, due, achieved, window.end)
            counts[state] += 1
            if state in ("pending", "at_risk"):
                nearest.append((due, issue.pk, risk))
                changes.append(risk if state == "pending" else due)
            if state == "breached":
                missed.append((due, issue.pk, risk))
        return {
            "hours": "always",
            "changes_at": min(changes).strftime("%Y-%m-%dT%H:%M:%S.000Z") if changes else None,
            "target_s": {"critical": (30, 7200), "high": (30, 7200), "medium": (120, 14400), "low": (300, 28800)}[
                priority
            ][promise == "resolution"],
            **counts,
            "next_deadlines": self.told(sorted(nearest), priority),
            "last_breaches": self.told(sorted(missed, key=lambda one: (-one[0].timestamp(), one[1])), priority),
        }

    def told(self, dues, priority):
        return [
            {
                "issue": str(pk)[-6:],
                "risk_at": snapshot._z(risk),
                "due_at": snapshot._z(due),
                "priority": priority.value,
            }
            for due, pk, risk in dues[:5]
        ]

    def test_an_open_issue_stays_however_old_and_however_short_the_window(self):
        make.issue(at=ago(days=40), priority="high")
        found = build("1h")["sla"]["high"]
        assert (found["first_response"]["breached"], found["resolution"]["breached"]) == (1, 1)

    def test_the_five_nearest_deadlines_come_in_order_and_the_missed_ones_do_not(self):
        for seconds in (110, 10, 20, 30, 40, 50, 60, 500):
            make.issue(at=ago(seconds=seconds))  # due 120 s later
        dues = [line["due_at"][-10:-5] for line in build()["sla"]["medium"]["first_response"]["next_deadlines"]]
        assert dues == ["00:10", "01:00", "01:10", "01:20", "01:30"]


@pytest.mark.django_db
class TestSeries:
    def test_each_bucket_has_what_began_and_what_ended_in_it(self):
        # NOW is 10:00 in São Paulo and the end of the last bucket, which begins at 09:00.
        make.issue(at=ago(minutes=30), first_response_at=ago(minutes=29))
        make.issue(at=ago(minutes=20))
        make.issue(at=ago(hours=2), status="resolved", resolved_at=ago(minutes=1), first_response_at=ago(hours=2))
        found = build()["series"]
        assert len(found["starts"]) == 24
        assert (found["starts"][0], found["starts"][-1]) == ("2026-11-19T13:00:00Z", "2026-11-20T12:00:00Z")
        assert found["received"][-3:] == [0, 1, 2]
        assert found["resolved"][-3:] == [0, 0, 1]
        # 60 and, still waiting, 1200: the middle is 630, the p90 60 + 0.9 × 1140.
        assert found["ttfr_p50"][-3:] == [None, 0, 630]
        assert found["ttfr_p90"][-1] == 1086
        assert sum(found["received"]) == 3

    def test_an_empty_bucket_has_no_issues_and_no_time(self):
        found = build("7d")["series"]
        assert set(found["received"]) == set(found["resolved"]) == {0}
        assert set(found["ttfr_p50"]) == set(found["ttfr_p90"]) == {None}

    def test_the_last_bucket_is_unfinished_unless_the_window_ends_with_it(self):
        assert build()["series"]["unfinished"] is False
        assert snapshot.build(DAY, NOW + timedelta(seconds=1))["series"]["unfinished"] is True

    @pytest.mark.parametrize("window", ["1h", "24h", "7d", "30d"])
    def test_all_lists_have_one_entry_per_bucket(self, window):
        make.issue(at=ago(minutes=3))
        found = build(window)["series"]
        lists = [value for value in found.values() if isinstance(value, list)]
        assert len({len(each) for each in lists}) == 1
        assert found["received"][-1] == 1

    def test_the_first_bucket_is_whole(self):
        now = NOW + timedelta(minutes=30)
        make.issue(at=now - timedelta(days=1, minutes=20))  # before the window, in its first hour
        found = snapshot.build(DAY, now)
        assert found["series"]["received"][0] == 1
        assert found["kpis"]["resolution_rate"]["n"] == 0


@pytest.mark.django_db
class TestFeed:
    def test_it_has_the_last_things_customers_noticed(self):
        issue = make.issue(at=ago(hours=1), priority="high", type="billing")
        for minute in range(30, 20, -1):
            act(issue, "replied", ago(minutes=minute))
        act(issue, "delivered", ago(minutes=2))
        act(issue, "replied", ago(minutes=1), success=False)
        feed = build()["feed"]
        assert len(feed) == 6
        assert feed[0] == {
            "at": "2026-11-20T12:39:00.000Z",
            "kind": "replied",
            "how": "system",
            "priority": "high",
            "type": "billing",
            "took_s": 39 * 60,
        }

    def test_a_reply_says_how_it_was_made_and_a_deed_who_did_it(self):
        issue = make.issue(at=ago(minutes=10))
        said = make.response(issue, state="sent", sent_at=ago(minutes=9), text="Olá", kind="cached")
        act(issue, "replied", ago(minutes=9), response=said)
        act(issue, "escalated", ago(minutes=8))
        act(issue, "resolved", ago(minutes=7), by="ana", automated=False)
        assert [(line["kind"], line["how"], line["took_s"]) for line in build()["feed"]] == [
            ("resolved", "human", 180),
            ("escalated", "system", 120),
            ("replied", "cached", 60),
        ]

    def test_what_automation_says_besides_answers_is_told_apart(self):
        issue = make.issue(at=ago(minutes=10))
        for turn, (purpose, kind) in enumerate(
            [("reply", "program"), ("follow_up", "ai"), ("handover", "template"), ("reply", "human")], 1
        ):
            at = ago(minutes=10 - turn)
            said = make.response(
                issue, at=at, turn=turn, purpose=purpose, state="sent", sent_at=at, text="Olá", kind=kind
            )
            act(issue, "replied", at, response=said, automated=kind != "human")
        assert [line["how"] for line in build()["feed"]] == ["human", "handover", "follow_up", "program"]

    def test_a_resolution_says_what_it_rests_on(self):
        issue = make.issue(at=ago(minutes=10))
        for minute, basis in enumerate(["customer_confirmed", "silence", "program", "human"], 1):
            act(issue, "resolved", ago(minutes=minute), automated=basis != "human", detail={"basis": basis})
        act(issue, "resolved", ago(minutes=5))
        assert [line["how"] for line in build()["feed"]] == ["confirmed", "silence", "program", "human", "system"]

    def test_a_question_for_a_rating_and_a_look_are_no_news(self):
        issue = make.issue(at=ago(minutes=10))
        for kind in ("surveyed", "triaged", "noted"):
            act(issue, kind, ago(minutes=1))
        assert build()["feed"] == []

    def test_a_later_turn_is_timed_from_its_own_beginning(self):
        issue = make.issue(at=ago(hours=3))
        said = make.response(issue, at=ago(seconds=40), turn=2, state="sent", sent_at=NOW, text="Olá", kind="ai")
        act(issue, "replied", ago(seconds=30), response=said)
        assert build()["feed"][0]["took_s"] == 10

    @pytest.mark.parametrize("kind", ["human", "program"])
    def test_what_others_than_mis_say_is_timed_from_the_customers_last_words(self, kind):
        issue = make.issue(at=ago(hours=3))
        for minute in (50, 20, 1):
            issue.messages.create(turn=2, text="E agora?", sent_at=ago(minutes=minute))
        said = make.response(issue, at=ago(minutes=5), turn=2, state="sent", sent_at=NOW, text="Olá", kind=kind)
        act(issue, "replied", ago(minutes=5), response=said)
        assert build()["feed"][0]["took_s"] == 15 * 60


@pytest.mark.django_db(transaction=True)
def test_all_figures_of_a_snapshot_are_of_one_moment():
    def meanwhile():
        make.issue(at=ago(minutes=1))
        connections.close_all()

    with snapshot.one_state(), ThreadPoolExecutor(1) as elsewhere:
        before = sum(row["open"] for row in queries.open_ones(Window.parse("24h", NOW)).values())
        elsewhere.submit(meanwhile).result()
        after = sum(row["open"] for row in queries.open_ones(Window.parse("24h", NOW)).values())
    assert (before, after, build()["now"]["open"]) == (0, 0, 1)
    assert not connection.in_atomic_block
