"""The issues that come after a history, one thing after another, in small transactions as the product's own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from issues.models import Action

from . import arrivals, cover, rows, tell, tools, write

EVER = datetime(9000, 1, 1, tzinfo=UTC)
LATER = timedelta(days=60)  # by then nothing more happens
TABLES = ["issue", "response", "message", "aicall", "action", "eventkey", "inboundevent"]

# How a row begins; what it becomes stands in the table `next_…` meanwhile.
NEW_ISSUE = {
    "status": "open", "first_response_at": None, "answered_by": "", "resolved_at": None, "resolved_by": "", "resolution_basis": "",
    "silent_since": None, "escalated_at": None, "escalation_reason": "", "assignee_id": None, "customer_satisfaction": None,
    "rated_at": None, "rated_resolver": "", "false_positive": None,
}  # fmt: skip
NEW_RESPONSE = {
    "state": "waiting", "kind": "", "text": "", "verdict": None, "claimed_by": None, "claimed_at": None, "spoken_to": "",
    "spoken_at": None, "sent_at": None, "channel_id": None, "delivery": "", "delivered_at": None, "read_at": None, "failure": "",
}  # fmt: skip

BEGIN_ISSUE = """
    INSERT INTO issues_issue SELECT (jsonb_populate_record(n, %(new_issue)s::jsonb)).* FROM next_issue n WHERE id = %(issue)s"""
BEGIN_RESPONSE = """
    INSERT INTO issues_response SELECT (jsonb_populate_record(n, %(new_response)s::jsonb)).*
    FROM next_response n WHERE id = %(response)s ON CONFLICT DO NOTHING"""
HEAR = """
    INSERT INTO issues_message SELECT * FROM next_message WHERE issue_id = %(issue)s AND received_at = %(at)s"""
STORE = """
    INSERT INTO issues_inboundevent SELECT * FROM next_inboundevent WHERE issue_id = %(issue)s AND received_at = %(at)s"""
KNOW = """
    INSERT INTO issues_eventkey SELECT key, received_at FROM next_inboundevent WHERE issue_id = %(issue)s AND received_at = %(at)s"""
ASK = """
    INSERT INTO issues_aicall SELECT * FROM next_aicall WHERE response_id = %(response)s AND started_at <= %(at)s"""
JUDGE = """
    INSERT INTO issues_aicall SELECT * FROM next_aicall
    WHERE issue_id = %(issue)s AND started_at BETWEEN %(at)s - interval '3 s' AND %(at)s ON CONFLICT DO NOTHING"""
CLAIM = """
    UPDATE issues_response r SET state = 'thinking', claimed_by = gen_random_uuid(), claimed_at = %(at)s WHERE id = %(response)s"""
SPEAK = """
    UPDATE issues_response r SET state = 'speaking', text = n.text, kind = n.kind, verdict = n.verdict, spoken_to = n.spoken_to, spoken_at = n.spoken_at
    FROM next_response n WHERE n.id = r.id AND r.id = %(response)s"""
SENT = """
    UPDATE issues_response r SET state = 'sent', sent_at = n.sent_at, channel_id = n.channel_id, delivery = CASE n.delivery WHEN '' THEN '' ELSE 'sending' END
    FROM next_response n WHERE n.id = r.id AND r.id = %(response)s"""
ANSWERED = """
    UPDATE issues_issue i SET first_response_at = COALESCE(i.first_response_at, %(at)s), silent_since = %(at)s, updated_at = %(at)s,
        answered_by = CASE WHEN i.first_response_at IS NULL THEN n.answered_by ELSE i.answered_by END,
        status = CASE i.status WHEN 'open' THEN 'in_progress' ELSE i.status END
    FROM next_issue n WHERE n.id = i.id AND i.id = %(issue)s"""
RECEIVED_BY_CUSTOMER = """
    UPDATE issues_response r SET delivery = 'delivered', delivered_at = n.delivered_at FROM next_response n WHERE n.id = r.id AND r.id = %(response)s"""
READ = """
    UPDATE issues_response r SET delivery = 'read', read_at = n.read_at FROM next_response n WHERE n.id = r.id AND r.id = %(response)s"""
FAILED = """
    UPDATE issues_response r SET delivery = n.delivery, failure = n.failure FROM next_response n WHERE n.id = r.id AND r.id = %(response)s AND r.state = 'sent'"""
ESCALATE = """
    UPDATE issues_issue i SET status = 'escalated', escalated_at = COALESCE(i.escalated_at, %(at)s), silent_since = NULL,
        escalation_reason = %(reason)s, updated_at = %(at)s WHERE id = %(issue)s"""
ASSIGN = """
    UPDATE issues_issue i SET assignee_id = n.assignee_id, updated_at = %(at)s FROM next_issue n WHERE n.id = i.id AND i.id = %(issue)s"""
RESOLVE = """
    UPDATE issues_issue i SET status = 'resolved', resolved_at = %(at)s, resolved_by = %(by)s, resolution_basis = %(basis)s,
        silent_since = NULL, updated_at = %(at)s WHERE id = %(issue)s"""
DROP = """
    UPDATE issues_response SET state = 'cancelled' WHERE issue_id = %(issue)s AND state = 'waiting'"""
REOPEN = """
    UPDATE issues_issue i SET status = 'in_progress', resolved_at = NULL, resolved_by = '', resolution_basis = '', false_positive = NULL,
        updated_at = %(at)s WHERE id = %(issue)s"""
RATE = """
    UPDATE issues_issue i SET customer_satisfaction = n.customer_satisfaction, rated_at = n.rated_at, rated_resolver = n.rated_resolver,
        updated_at = %(at)s FROM next_issue n WHERE n.id = i.id AND i.id = %(issue)s"""
REVIEW = """
    UPDATE issues_issue i SET false_positive = n.false_positive, status = CASE n.status WHEN 'closed' THEN 'closed' ELSE i.status END,
        updated_at = %(at)s FROM next_issue n WHERE n.id = i.id AND i.id = %(issue)s"""
ACT = """
    INSERT INTO issues_action SELECT * FROM next_action WHERE id = %(action)s"""

# What happens to an issue → the product's transactions in which it does.
SAY = [[CLAIM], [ASK, SPEAK], [SENT, ANSWERED, ACT]]
DOES = {
    Action.Kind.RECEIVED: [[BEGIN_ISSUE, BEGIN_RESPONSE, HEAR, KNOW, STORE, ACT]],
    Action.Kind.JOINED: [[BEGIN_RESPONSE, HEAR, KNOW, STORE, ACT]],
    Action.Kind.REPLIED: [[BEGIN_RESPONSE], *SAY],
    Action.Kind.SURVEYED: [[BEGIN_RESPONSE], [CLAIM], [SPEAK], [SENT, ACT]],
    Action.Kind.DELIVERED: [[RECEIVED_BY_CUSTOMER, ACT]],
    Action.Kind.READ: [[READ, ACT]],
    Action.Kind.FAILED: [[BEGIN_RESPONSE, FAILED, ACT]],
    Action.Kind.TRIAGED: [[JUDGE, DROP, ACT]],
    Action.Kind.ESCALATED: [[ESCALATE, ACT]],
    Action.Kind.ASSIGNED: [[ASSIGN, ACT]],
    Action.Kind.RESOLVED: [[RESOLVE, DROP, ACT]],
    Action.Kind.REOPENED: [[REOPEN, ACT]],
    Action.Kind.RATED: [[HEAR, KNOW, STORE, RATE, ACT]],
    Action.Kind.REVIEWED: [[REVIEW, ACT]],
    Action.Kind.FELL_BACK: [[BEGIN_RESPONSE, ACT]],
}


@dataclass(frozen=True)
class Step:
    """One thing that happens at `at`; `is_new` when it is a new issue."""

    at: datetime
    kind: str
    values: dict

    @property
    def is_new(self) -> bool:
        return self.kind == Action.Kind.RECEIVED

    def take(self) -> None:
        """Lets it happen, in as many transactions as the product needs for it."""
        for statements in DOES[Action.Kind(self.kind)]:
            with transaction.atomic(), connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(
                        statement, {name: v for name, v in self.values.items() if f"%({name})s" in statement}
                    )


@contextmanager
def coming(count: int, until: datetime) -> Iterator[list[Step]]:
    """All that happens to the next `count` issues after `until`, in order of time, to be taken one by one.

    The rows to come wait in tables of this connection; nothing but the customers is there yet.
    """
    hours = arrivals.after(until, count)
    with transaction.atomic(), tools(hours), connection.cursor() as cursor:
        cover(until, until + LATER)
        cursor.execute(rows.CUSTOMERS, {"first": -count, "end": 0, "since": until})
        tell(-count, 0, EVER)
        # Of the same names as the product's, which they hide from the statements that write them.
        for table in TABLES:
            cursor.execute(f"CREATE TEMP TABLE issues_{table} (LIKE public.issues_{table} INCLUDING DEFAULTS)")
        write(EVER, events_since=until)
        for table in TABLES:
            key = {"issue": "id", "response": "id", "action": "id", "eventkey": "key"}.get(table, "issue_id")
            cursor.execute(
                f"ALTER TABLE pg_temp.issues_{table} RENAME TO next_{table}; CREATE INDEX ON next_{table} ({key})"
            )
        cursor.execute("CREATE INDEX ON next_aicall (response_id)")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, issue_id, response_id, kind, at, by, detail FROM next_action ORDER BY at, kind <> 'received', id"
        )
        steps = [_step(*row) for row in cursor.fetchall()]
        yield steps
        cursor.execute(f"DROP TABLE {', '.join(f'next_{table}' for table in TABLES)}")


def _step(action: UUID, issue: UUID, response: UUID, kind: str, at: datetime, by: str, detail: str | dict) -> Step:
    told = json.loads(detail) if isinstance(detail, str) else detail
    values = {
        "action": action,
        "issue": issue,
        "response": response,
        "at": at,
        "by": by,
        "reason": told.get("reason", ""),
        "basis": told.get("basis", ""),
        "new_issue": json.dumps(NEW_ISSUE),
        "new_response": json.dumps(NEW_RESPONSE),
    }
    return Step(at, kind, values)
