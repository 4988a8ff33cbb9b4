"""What is promised, by which version, and what an issue keeps of it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import ProtectedError

from issues import promises, resolve
from issues.channels.base import Sent
from issues.deadlines import BadHours
from issues.deliver import Draft, deliver
from issues.ingest import ingest
from issues.models import Calendar, Issue, Message, SlaPolicy
from issues.models.response import State
from mis_dashboard.lib import recent
from mis_dashboard.lib.ids import uuid7
from tests.support import make
from tests.support.make import NOW, inbound

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
WEEKDAYS = [[["09:00", "18:00"]]] * 5 + [[], []]


def policy(**changes) -> SlaPolicy:
    """A version that holds since yesterday: medium, everywhere, 60 s and 1 h."""
    given = {"priority": "medium", "response_s": 60, "resolution_s": 3600, "since": NOW - timedelta(days=1)}
    made = SlaPolicy.objects.create(**(given | changes))
    recent.forget()
    return made


def calendar(**changes) -> Calendar:
    given = {"name": "Office", "number": 1, "zone": "America/Sao_Paulo", "week": WEEKDAYS, "holidays": False}
    return Calendar.objects.create(**(given | changes))


def arrives(message, now: datetime) -> Issue:
    """The issue of a message that arrives `now`."""
    return Issue.objects.get(pk=ingest(message, now=now).issue_id)


def in_force(at: datetime = NOW, priority: str = "medium", location: str = "loc1") -> SlaPolicy:
    return promises.in_force(priority, location, at)


class TestInForce:
    def test_what_is_shipped_holds_for_all_that_ever_came(self):
        long_ago = datetime(1990, 1, 1, tzinfo=UTC)
        for at in (NOW, long_ago):
            found = promises.all_in_force("loc1", at)
            assert {name: (each.response_s, each.resolution_s) for name, each in found.items()} == {
                "critical": (30, 7200), "high": (30, 7200), "medium": (120, 14_400), "low": (300, 28_800)
            }  # fmt: skip

    def test_a_version_holds_from_its_first_moment_until_the_next_begins(self):
        first, second = policy(since=NOW), policy(since=NOW + HOUR)
        assert in_force(NOW - timedelta(microseconds=1)).response_s == 120
        assert in_force(NOW) == in_force(NOW + HOUR - timedelta(microseconds=1)) == first
        assert in_force(NOW + HOUR) == second

    def test_of_two_that_begin_at_the_same_moment_the_one_made_later_holds(self):
        policy(id=uuid7(NOW))
        later = policy(id=uuid7(NOW + HOUR))
        assert in_force() == later

    def test_a_locations_own_comes_first_however_old(self):
        own = policy(location="loc1", since=NOW - timedelta(days=9))
        everywhere = policy()
        assert in_force() == own
        assert in_force(location="loc2") == in_force(location="") == everywhere
        assert in_force(NOW - timedelta(days=10)).response_s == 120

    def test_once_withdrawn_what_holds_everywhere_holds_again(self):
        own = policy(location="loc1", since=NOW - HOUR)
        policy(location="loc1", since=NOW, withdrawn=True)
        assert in_force(NOW - HOUR) == own
        assert in_force(NOW).location == ""

    def test_it_is_looked_up_once_a_second_for_a_location(self, django_assert_num_queries):
        policy(location="loc1", calendar=calendar(), resolution_in_hours=True)
        with django_assert_num_queries(1):
            for priority in ("medium", "critical"):
                promises.made(priority, "loc1", NOW)
                promises.made(priority, "loc1", NOW - 2 * HOUR)


class TestWhatAnIssueKeeps:
    def test_an_issue_keeps_the_version_it_began_with(self):
        first = policy()
        issue = arrives(inbound(), NOW)
        policy(response_s=5, resolution_s=10, since=NOW + timedelta(seconds=1))
        issue.refresh_from_db()
        assert (issue.sla_policy, issue.response_due_at) == (first, NOW + timedelta(seconds=60))
        assert issue.resolution_due_at == NOW + HOUR

    def test_what_was_in_force_when_it_was_detected_counts_and_not_when_we_heard_of_it(self):
        policy(since=NOW)
        before = arrives(inbound(occurred_at=NOW - timedelta(seconds=1)), NOW)
        assert before.sla_policy.response_s == 120

    def test_a_later_turn_is_due_as_was_promised_when_the_issue_began(self):
        policy()
        issue = arrives(inbound(), NOW)
        issue.responses.update(state=State.SENT, text="Oi", kind="ai", sent_at=NOW)
        policy(response_s=5, since=NOW + timedelta(seconds=1))
        ingest(inbound(), now=NOW + HOUR)
        assert issue.responses.get(turn=2).deadline_at == NOW + HOUR + timedelta(seconds=60)

    def test_an_issue_older_than_policies_has_its_turns_due_by_what_is_in_force(self):
        issue = make.issue()
        assert issue.sla_policy is None
        assert promises.answer_due(issue, NOW) == NOW + timedelta(seconds=120)

    def test_a_raised_priority_moves_it_to_what_was_promised_for_that_one_at_detection(self, monkeypatch):
        grave = policy(priority="critical", response_s=20, resolution_s=600)
        policy(priority="critical", response_s=1, resolution_s=2, since=NOW + timedelta(seconds=1))
        issue = arrives(inbound(), NOW)
        self.answer(issue, {"priority": "critical"}, monkeypatch)
        issue.refresh_from_db()
        assert (issue.priority, issue.sla_policy) == ("critical", grave)
        assert (issue.response_due_at, issue.resolution_due_at) == (
            NOW + timedelta(seconds=20), NOW + timedelta(seconds=600)
        )  # fmt: skip
        assert (issue.response_risk_at, issue.resolution_risk_at) == (
            NOW + timedelta(seconds=16), NOW + timedelta(seconds=480)
        )  # fmt: skip

    def answer(self, issue: Issue, verdict: dict, monkeypatch) -> None:
        monkeypatch.setattr("issues.deliver._speak", lambda *_: Sent("3EB0C0FFEE"))
        response = issue.responses.get()
        response.state, response.claimed_by, response.claimed_at = State.THINKING, uuid7(), NOW
        response.save()
        assert deliver(response, Draft("Olá!", "ai", verdict))

    def test_a_reopening_does_not_move_the_deadlines(self):
        policy()
        issue = arrives(inbound(), NOW)
        kept = (issue.response_due_at, issue.resolution_due_at, issue.sla_policy)
        resolve.resolve(issue, by="ana", basis="human")
        policy(response_s=5, resolution_s=10, since=NOW + timedelta(seconds=1))
        again = arrives(inbound(text="Ainda não funciona"), NOW + timedelta(days=1))
        assert (again.pk, again.status) == (issue.pk, "open")
        again.refresh_from_db()
        assert (again.response_due_at, again.resolution_due_at, again.sla_policy) == kept
        assert again.resolution_risk_at == NOW + 0.8 * HOUR

    def test_human_targets_count_in_business_hours_and_the_first_response_day_and_night(self):
        """Detected on Friday at 17:30 in São Paulo: two business hours later it is Monday, 10:30."""
        friday = datetime(2026, 11, 27, 20, 30, tzinfo=UTC)
        policy(calendar=calendar(), resolution_in_hours=True, resolution_s=7200)
        issue = arrives(inbound(), friday)
        assert issue.response_due_at == friday + timedelta(seconds=60)
        assert issue.resolution_due_at == datetime(2026, 11, 30, 13, 30, tzinfo=UTC)
        # Four fifths are 1 h 36 min: half an hour on Friday, and the rest until 10:06 on Monday.
        assert issue.resolution_risk_at == datetime(2026, 11, 30, 13, 6, tzinfo=UTC)
        assert issue.response_risk_at == friday + timedelta(seconds=48)

    def test_a_webhook_costs_no_query_more_while_the_policy_is_known(self):
        ingest(inbound(phone="+5511900000002", contact_id="ct2"), now=NOW)
        with connection.execute_wrapper(self.no_sla):
            ingest(inbound(phone="+5511900000003", contact_id="ct3"), now=NOW)
        assert Message.objects.count() == 2

    def no_sla(self, execute, sql, params, many, context):
        assert 'FROM "issues_slapolicy"' not in sql
        return execute(sql, params, many, context)


class TestVersionsStay:
    def refused(self, statement: str, row) -> None:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [row.pk])

    def test_the_database_refuses_to_change_or_delete_one(self):
        for table, row in (("issues_slapolicy", policy()), ("issues_calendar", calendar())):
            self.refused(f"UPDATE {table} SET note = 'x' WHERE id = %s", row)
            self.refused(f"DELETE FROM {table} WHERE id = %s", row)

    def test_an_author_may_go_and_the_version_stays(self):
        ana = get_user_model().objects.create_user("ana")
        made = policy(made_by=ana)
        ana.delete()
        made.refresh_from_db()
        assert (made.made_by, made.response_s) == (None, 60)

    def test_one_that_an_issue_began_with_is_protected(self):
        ingest(inbound(), now=NOW)
        with pytest.raises(ProtectedError):
            SlaPolicy.objects.get(priority="medium").delete()

    @pytest.mark.parametrize(
        "changes",
        [
            {"priority": "urgent"},
            {"response_s": 0},
            {"resolution_in_hours": True},  # of which calendar?
            {"withdrawn": True},  # then nothing would be promised
        ],
    )
    def test_the_database_refuses_what_makes_no_sense(self, changes):
        with pytest.raises(IntegrityError), transaction.atomic():
            policy(**changes)

    def test_the_form_is_told_what_makes_no_sense_before_the_database(self):
        for changes, field in (({"resolution_in_hours": True}, "calendar"), ({"withdrawn": True}, "withdrawn")):
            row = SlaPolicy(priority="low", response_s=1, resolution_s=1, since=NOW, **changes)
            with pytest.raises(ValidationError) as refusal:
                row.clean()
            assert list(refusal.value.message_dict) == [field]

    @pytest.mark.parametrize(
        "changes",
        [
            {"week": [[]] * 7},
            {"week": [[["18:00", "09:00"]], *WEEKDAYS[1:]]},
            {"zone": "America/Sampa"},
            {"days_off": [f"{year}-01-02" for year in range(2000, 2301)]},
        ],
    )
    def test_hours_that_nobody_can_keep_are_not_saved(self, changes):
        with pytest.raises(BadHours):
            calendar(**changes)
        assert not Calendar.objects.exists()
