"""How it stands at this moment. Each function here is one query of a bounded cost; words are made of it elsewhere.

What happened in a window is in `facts`. Parameters: `start`, `end` (half-open) and `now` are instants. Durations are seconds.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import connection

from issues.models import Action

from .cells import scoped
from .measures import UNRESOLVED_NOW, counted
from .window import Window

DEADLINES_SHOWN = 5
FEED_LENGTH = 6
# The feed of some issues looks at so many, the last detected ones.
FEED_ISSUES = 100
NEWS_FOR = timedelta(days=90)
CLOCKS_DIFFER = timedelta(days=1)

# Whom another system left waiting waits in its own time, maybe years ago, and not for us now.
OPEN = f"{UNRESOLVED_NOW} AND i.source <> 'import'"

# What is being said, when something was last, and of how many issues nobody knows whether it was.
HANDS = """
    SELECT thinking, speaking, unsure, (
        -- Of all issues: that MIS speaks at all.
        SELECT r.sent_at FROM issues_response r JOIN issues_issue i ON i.id = r.issue_id
        WHERE r.state = 'sent' AND r.sent_at IS NOT NULL AND r.purpose <> 'survey' AND {real} ORDER BY r.sent_at DESC LIMIT 1
    ) AS last_reply_at
    FROM (
        SELECT count(*) FILTER (WHERE r.state IN ('thinking', 'writing') AND r.purpose <> 'survey') AS thinking,
            count(*) FILTER (WHERE r.state = 'speaking' AND r.purpose <> 'survey') AS speaking,
            count(DISTINCT r.issue_id) FILTER (WHERE r.state = 'unsure') AS unsure
        FROM issues_response r JOIN issues_issue i ON i.id = r.issue_id
        WHERE (r.state IN ('thinking', 'writing', 'speaking') OR r.state = 'unsure') AND {counted}
    ) AS hands"""

# What we depend on. A budget is spent as far as its tokens are not free again (`issues.budget`).
SYSTEMS = """
    WITH queue AS (
        SELECT count(*) FILTER (WHERE due AND answers) AS waiting, min(due_at) FILTER (WHERE due AND answers) AS oldest_due_at,
            count(*) FILTER (WHERE purpose = 'follow_up') AS follow_ups,
            count(*) FILTER (WHERE purpose = 'survey') AS surveys
        FROM (
            SELECT purpose, due_at, due_at <= %(now)s AS due, purpose IN ('reply', 'handover') AS answers
            FROM issues_response WHERE state = 'waiting'
        ) AS each
    ), models AS (
        SELECT COALESCE(json_agg(b), '[]') AS breakers FROM issues_breaker b WHERE b.model = ANY(%(models)s)
    ), proofs AS (
        SELECT COALESCE(json_agg(p), '[]') AS proofs FROM metrics_proof p WHERE p.since IS NOT NULL
    ), incidents AS (
        SELECT COALESCE(json_agg(each), '[]') AS incidents FROM (
            SELECT n.id, r.code, r.signal, n.severity, n.cause, n.fired_at, n.about, n.link, n.acknowledged_at,
                (SELECT username FROM auth_user WHERE id = n.acknowledged_by_id) AS acknowledged_by,
                s.state, COALESCE(s.value, n.worst) AS value, s.n, s.muted, r.title, r.meaning, r.todo,
                r.location, r.priority, r.type, (
                    SELECT max(ends_at) FROM metrics_silence
                    WHERE (rule_id IS NULL OR rule_id = r.id) AND starts_at <= %(now)s AND ends_at > %(now)s
                ) AS silenced_until
            FROM metrics_incident n JOIN metrics_alertrule r ON r.id = n.rule_id JOIN metrics_alertstate s ON s.incident_id = n.id
        ) AS each
    ), outlets AS (
        SELECT COALESCE(json_agg(o), '[]') AS outlets FROM metrics_outletstate o WHERE failing_since IS NOT NULL OR stopped
    ), watch AS (
        SELECT max(seen_at) AS watched_at FROM metrics_alertstate
    ), policy AS (
        SELECT critical_per_minute, ai_per_minute FROM issues_policy WHERE id = 1
    ), spent AS (
        SELECT count(*) FILTER (WHERE budget = 'critical' AND number <= critical_per_minute) AS critical_spent,
            count(*) FILTER (WHERE budget = 'ai' AND number <= ai_per_minute) AS ai_spent
        FROM issues_token CROSS JOIN policy WHERE free_at > %(now)s
    )
    SELECT queue.*, breakers, proofs, incidents, outlets, watched_at, critical_spent, ai_spent, critical_per_minute, ai_per_minute,
        state AS channel_state, changed_at AS channel_since, checked_at AS channel_checked_at
    FROM queue CROSS JOIN models CROSS JOIN proofs CROSS JOIN incidents CROSS JOIN outlets CROSS JOIN watch CROSS JOIN spent
        LEFT JOIN policy ON TRUE LEFT JOIN issues_channelstate ON instance = %(instance)s"""

# The deadline of each promise, from when on it is at risk, and the issues that it still binds.
PROMISES = {
    "first_response": ("response_due_at", "response_risk_at", "i.first_response_at IS NULL"),
    "resolution": ("resolution_due_at", "resolution_risk_at", "TRUE"),
}

# A deadline is met at its very instant, so what comes next may be one that is now.
STATES = """
    count(*) FILTER (WHERE {binds} AND i.{due} >= %(now)s AND i.{risk} > %(now)s) AS {promise}_pending,
    count(*) FILTER (WHERE {binds} AND i.{due} >= %(now)s AND i.{risk} <= %(now)s) AS {promise}_at_risk,
    count(*) FILTER (WHERE {binds} AND i.{due} < %(now)s) AS {promise}_breached,
    LEAST(
        min(i.{risk}) FILTER (WHERE {binds} AND i.{risk} > %(now)s), min(i.{due}) FILTER (WHERE {binds} AND i.{due} >= %(now)s)
    ) AS {promise}_changes_at"""

NEAREST = """
    CROSS JOIN LATERAL (
        SELECT array_agg(id) AS {promise}_next_ids, array_agg(due) AS {promise}_next_dues, array_agg(risk) AS {promise}_next_risks FROM (
            SELECT i.id, i.{due} AS due, i.{risk} AS risk FROM issues_issue i
            WHERE {{open}} AND {{counted}} AND i.priority = standing.priority AND {binds} AND i.{due} >= %(now)s
            ORDER BY i.{due}, i.id LIMIT %(deadlines_shown)s
        ) AS nearest
    ) AS {promise}
    CROSS JOIN LATERAL (
        SELECT array_agg(id) AS {promise}_missed_ids, array_agg(due) AS {promise}_missed_dues, array_agg(risk) AS {promise}_missed_risks FROM (
            SELECT i.id, i.{due} AS due, i.{risk} AS risk FROM issues_issue i
            WHERE {{open}} AND {{counted}} AND i.priority = standing.priority AND {binds} AND i.{due} < %(now)s
            ORDER BY i.{due} DESC, i.id LIMIT %(deadlines_shown)s
        ) AS missed
    ) AS {promise}_missed"""


def _of_promises(text: str) -> list[str]:
    return [text.format(promise=name, due=due, risk=risk, binds=binds) for name, (due, risk, binds) in PROMISES.items()]


# The open issues, however old. The states are those of `sla.state`.
OPEN_ONES = f"""
    SELECT * FROM (
        SELECT i.priority, count(*) AS open,
            count(*) FILTER (WHERE i.first_response_at IS NULL) AS waiting,
            min(i.detected_at) FILTER (WHERE i.first_response_at IS NULL) AS waiting_since,
            count(*) FILTER (WHERE i.status = 'escalated' AND i.assignee_id IS NULL) AS escalated_unassigned,
            {",".join(_of_promises(STATES))}
        FROM issues_issue i WHERE {{open}} AND {{counted}} GROUP BY i.priority
    ) AS standing {"".join(_of_promises(NEAREST))}"""

# Why an open issue needs somebody, the worst first. An issue may have several. The deadlines are judged as in STATES.
WHYS = {
    "unanswered": "i.first_response_at IS NULL AND i.response_due_at < %(now)s",
    "unsolved": "i.resolution_due_at < %(now)s",
    "ownerless": "i.status = 'escalated' AND i.assignee_id IS NULL",
    "answer_near": "i.first_response_at IS NULL AND i.response_due_at >= %(now)s AND i.response_risk_at <= %(now)s",
    "solution_near": "i.resolution_due_at >= %(now)s AND i.resolution_risk_at <= %(now)s",
    "with_a_person": "i.status = 'escalated' AND i.assignee_id IS NOT NULL",
}

# Since when a promise is broken: the first of them. Null while all are kept.
LATE_SINCE = f"""LEAST(
    CASE WHEN {WHYS["unanswered"]} THEN i.response_due_at END, CASE WHEN {WHYS["unsolved"]} THEN i.resolution_due_at END
)"""

# The open issues that need somebody: those that are late, the longest first, and then by their worst reason. And how many
# there are of each reason, and in all.
URGENT = f"""
    WITH urgent AS MATERIALIZED (
        SELECT * FROM (
            SELECT i.id, i.type, i.priority, i.location, i.status, i.detected_at, i.first_response_at AS answered_at,
                i.response_risk_at, i.response_due_at, i.resolution_risk_at, i.resolution_due_at, i.assignee_id,
                {LATE_SINCE} AS late_since,
                array_remove(ARRAY[{", ".join(f"CASE WHEN {when} THEN '{why}' END" for why, when in WHYS.items())}], NULL) AS whys
            FROM issues_issue i WHERE {{open}} AND {{counted}}
        ) AS each WHERE cardinality(whys) > 0
    ), counts AS (
        SELECT count(*) AS n, {", ".join(f"count(*) FILTER (WHERE '{why}' = ANY(whys)) AS {why}" for why in WHYS)} FROM urgent
    )
    SELECT urgent.*, whys[1] AS why, COALESCE(u.username, '') AS owner, (SELECT row_to_json(counts) FROM counts) AS counts
    FROM urgent LEFT JOIN auth_user u ON u.id = urgent.assignee_id
    ORDER BY late_since, array_position(%(whys)s::text[], whys[1]), array_position(%(priorities)s::text[], priority::text), detected_at, urgent.id
    LIMIT %(most)s"""

# What automation says is made when the customer writes; what others say, when they have written: there the customer's
# last words tell the wait.
LINE = """
    a.at, a.kind, a.automated, r.kind AS spoken_by, r.purpose, a.detail ->> 'basis' AS basis, i.priority, i.type,
    EXTRACT(EPOCH FROM a.at - CASE
        WHEN r.kind IN ('human', 'program') THEN GREATEST(i.detected_at, (
            SELECT max(m.sent_at) FROM issues_message m WHERE m.issue_id = i.id AND m.sent_at <= a.at
        ))
        WHEN r.turn > 1 THEN r.created_at
        ELSE i.detected_at
    END)::float8 AS took_s"""

# What is older is no news: its months are neither looked into nor planned for.
RECENT = "a.at >= %(since)s AND a.at < %(until)s"

# One look at the end of the index for each kind; together they would be sorted whole.
FEED = f"""
    SELECT latest.* FROM unnest(%(facing)s::text[]) AS facing (kind) CROSS JOIN LATERAL (
        SELECT {LINE}
        FROM issues_action a
        JOIN issues_issue i ON i.id = a.issue_id LEFT JOIN issues_response r ON r.id = a.response_id
        WHERE a.kind = facing.kind AND {RECENT} AND a.success AND {{counted}} ORDER BY a.at DESC LIMIT %(feed_length)s
    ) AS latest ORDER BY at DESC LIMIT %(feed_length)s"""

# Among the actions of all, those of a few issues may be far apart: here the issues come first.
FEED_OF_SOME = f"""
    SELECT {LINE}
    FROM (
        SELECT * FROM issues_issue i WHERE {{counted}} ORDER BY detected_at DESC LIMIT {FEED_ISSUES}
    ) AS i
    JOIN issues_action a ON a.issue_id = i.id LEFT JOIN issues_response r ON r.id = a.response_id
    WHERE a.kind = ANY(%(facing)s) AND {RECENT} AND a.success ORDER BY a.at DESC LIMIT %(feed_length)s"""


# One look into the index for each value that occurs, however many issues have it.
OFFERED = """
    WITH RECURSIVE locations AS (
        (SELECT location AS value, 1 AS number FROM issues_issue WHERE location > '' ORDER BY location LIMIT 1)
        UNION ALL
        SELECT next.value, number + 1 FROM locations CROSS JOIN LATERAL (
            SELECT location AS value FROM issues_issue WHERE location > locations.value ORDER BY location LIMIT 1
        ) AS next WHERE number < %(most)s
    ), types AS (
        (SELECT type AS value, 1 AS number FROM issues_issue WHERE type > '' ORDER BY type LIMIT 1)
        UNION ALL
        SELECT next.value, number + 1 FROM types CROSS JOIN LATERAL (
            SELECT type AS value FROM issues_issue WHERE type > types.value ORDER BY type LIMIT 1
        ) AS next WHERE number < %(most)s
    )
    SELECT 'location', value FROM locations UNION ALL SELECT 'type', value FROM types"""
MOST_OFFERED = 200


def offered() -> dict[str, list[str]]:
    """The first 200 locations, and types, that any issue has."""
    with connection.cursor() as cursor:
        cursor.execute(OFFERED, {"most": MOST_OFFERED})
        found = cursor.fetchall()
    return {name: sorted(value for kind, value in found if kind == name) for name in ("location", "type")}


def hands(window: Window) -> dict:
    """How many responses are in the making, and when the last one was sent. The window does not matter."""
    return _rows(HANDS, window)[0]


def systems(window: Window, models: list[str]) -> dict:
    """How what we depend on stands: the queue, the AI `models`, the budgets, WhatsApp, figures that differed. The window does not matter."""
    return _rows(SYSTEMS, window, models=models, instance=settings.EVOLUTION_INSTANCE)[0]


def open_ones(window: Window) -> dict[str, dict]:
    """How the open issues and their promises stand, by priority, of which there are any. The window does not matter."""
    return {row["priority"]: row for row in _rows(OPEN_ONES, window)}


def urgent(window: Window, priorities: Sequence[str], most: int) -> list[dict]:
    """The first open issues that need somebody: the late ones, the longest first; then in the order of WHYS and `priorities`.

    Each with its `whys`, and with the `counts` of all: how many have each of WHYS, which are more than the `n` that there are.
    Of the window nothing but its filters matters.
    """
    return _rows(URGENT, window, whys=list(WHYS), priorities=list(priorities), most=most)


def feed(window: Window) -> list[dict]:
    """The last things customers noticed, the newest first."""
    near = {"since": window.as_of - NEWS_FOR, "until": window.as_of + CLOCKS_DIFFER}
    return _rows(FEED_OF_SOME if window.filters else FEED, window, **near)


def _rows(sql: str, window: Window, **more) -> list[dict]:
    params = {
        "now": window.as_of,
        "facing": [str(kind) for kind in Action.CUSTOMER_FACING],
        "deadlines_shown": DEADLINES_SHOWN,
        "feed_length": FEED_LENGTH,
    }
    conditions = {"counted": f"{counted()} AND {scoped(window)}", "real": counted(), "open": OPEN}
    for name, condition in conditions.items():
        sql = sql.replace(f"{{{name}}}", condition)
    with connection.cursor() as cursor:
        cursor.execute(sql, params | window.filters | more)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
