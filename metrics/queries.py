"""What the tables say. Each function here is one query; rates and words are made of it elsewhere.

Parameters: `start`, `end` (half-open) and `now` are instants. Durations are seconds.
"""

from datetime import datetime

from django.conf import settings
from django.db import connection

from issues.actions import CUSTOMER, SYSTEM
from issues.models import Action
from issues.models.issue import UNRESOLVED

from .sla import AT_RISK_SHARE
from .window import Window

# Our own probes and demonstration data are no customers, except where the whole product is a demonstration.
REAL = "i.source <> 'demo' AND NOT i.metadata @> '{\"probe\": true}'"
EVERYTHING = "TRUE"

# Whoever does one of these on an issue has handled it. Looking, rating and reviewing is not handling.
HANDLING = [
    Action.Kind.REPLIED,
    Action.Kind.ESCALATED,
    Action.Kind.ASSIGNED,
    Action.Kind.RESOLVED,
    Action.Kind.REOPENED,
    Action.Kind.EDITED,
    Action.Kind.NOTED,
]
CAUSES_SHOWN = 5
DEADLINES_SHOWN = 5
FEED_LENGTH = 8

# A waiting customer counts at the age so far. An answer before its question cannot be timed: it is left out.
RESPONSE_S = """
    EXTRACT(EPOCH FROM COALESCE(
        i.first_response_at, CASE WHEN i.status = ANY(%(unresolved)s) THEN %(now)s END
    ) - i.detected_at)::float8"""

COHORT = """
    WITH cohort AS (
        SELECT {response_s} AS ttfr_s,
            EXTRACT(EPOCH FROM i.resolved_at - i.detected_at)::float8 AS ttr_s,
            i.first_response_at IS NULL AS unanswered,
            i.status = ANY(%(unresolved)s) AS unresolved,
            i.false_positive,
            i.escalated_at IS NOT NULL OR i.id IN (
                SELECT issue_id FROM issues_action WHERE kind = 'escalated' AND success AND at >= %(start)s
            ) AS escalated
        FROM issues_issue i
        WHERE i.detected_at >= %(start)s AND i.detected_at < %(end)s AND {counted}
    ), first_responses AS (
        SELECT percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY ttfr_s) AS ttfr,
            percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (
                ORDER BY CASE WHEN unanswered THEN 'Infinity' ELSE ttfr_s END
            ) AS ttfr_at_worst,
            count(*) AS ttfr_n,
            count(*) FILTER (WHERE unanswered) AS waiting
        FROM cohort WHERE ttfr_s >= 0
    ), issues AS (
        SELECT count(*) AS detected,
            count(*) FILTER (WHERE ttfr_s < 0) AS ttfr_untrusted,
            count(*) FILTER (WHERE unanswered AND NOT unresolved) AS ended_unanswered,
            percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY ttr_s) FILTER (WHERE ttr_s >= 0) AS ttr,
            count(*) FILTER (WHERE ttr_s >= 0) AS ttr_n,
            count(*) FILTER (WHERE ttr_s < 0) AS ttr_untrusted,
            count(ttr_s) AS resolved,
            count(*) FILTER (WHERE unresolved) AS unresolved,
            count(*) FILTER (WHERE escalated) AS escalated,
            count(false_positive) AS reviewed,
            count(*) FILTER (WHERE false_positive) AS false_positives
        FROM cohort
    )
    SELECT * FROM issues, first_responses"""

# A resolution that was undone did not work. A survey is no answer, and the notice that a person takes over answers
# nothing: whose the rating is then, is told by who resolved the issue.
WORK = """
    WITH undone AS (
        SELECT issue_id, max(at) AS at FROM issues_action WHERE kind = 'reopened' AND at >= %(start)s GROUP BY issue_id
    ), acts AS (
        SELECT count(*) AS actions, count(*) FILTER (WHERE a.automated) AS automated_actions
        FROM issues_action a JOIN issues_issue i ON i.id = a.issue_id LEFT JOIN undone ON undone.issue_id = i.id
        WHERE a.kind = ANY(%(facing)s) AND a.success AND a.at >= %(start)s AND a.at < %(end)s AND {counted}
            AND NOT (a.kind = 'resolved' AND COALESCE(a.at <= undone.at, FALSE))
    ), ended AS (
        SELECT i.id, i.customer_satisfaction AS rating,
            CASE WHEN i.rated_at IS NULL THEN i.resolved_by ELSE i.rated_resolver END IN ('', %(system)s) AS by_system,
            COALESCE(i.rated_at >= %(start)s AND i.rated_at < %(end)s, FALSE) AS rated_now,
            COALESCE(i.resolved_at >= %(start)s AND i.resolved_at < %(end)s, FALSE) AS resolved_now
        FROM issues_issue i
        WHERE {counted} AND (
            i.rated_at >= %(start)s AND i.rated_at < %(end)s OR i.resolved_at >= %(start)s AND i.resolved_at < %(end)s
        )
    ), answered AS (
        SELECT r.issue_id, bool_and(r.kind IN ('ai', 'cached')) AND bool_and(ended.by_system) AS by_ai
        FROM issues_response r JOIN ended ON ended.id = r.issue_id
        WHERE r.state = 'sent' AND r.purpose IN ('reply', 'follow_up') GROUP BY r.issue_id
    ), touched AS (
        SELECT DISTINCT a.issue_id FROM issues_action a JOIN ended ON ended.id = a.issue_id
        WHERE NOT a.automated AND a.by <> %(customer)s AND a.kind = ANY(%(handling)s)
    ), ends AS (
        SELECT count(*) FILTER (WHERE resolved_now) AS ended,
            count(*) FILTER (WHERE resolved_now AND touched.issue_id IS NULL) AS ended_untouched,
            count(*) FILTER (WHERE resolved_now AND by_ai) AS ai_ended,
            count(rating) FILTER (WHERE resolved_now AND by_ai) AS ai_ended_rated,
            count(*) FILTER (WHERE rated_now AND by_ai) AS ai_rated,
            count(*) FILTER (WHERE rated_now AND by_ai AND rating >= 4) AS ai_rated_well
        FROM ended LEFT JOIN answered ON answered.issue_id = id LEFT JOIN touched ON touched.issue_id = id
    )
    SELECT * FROM acts, ends"""

# A receipt may take a while, so a send is judged ten minutes later. Imported ones were not sent by us, nor were those
# without a delivery: a person said them outside of MIS.
OUTSIDE = """
    WITH sends AS (
        SELECT r.delivery, r.failure FROM issues_response r JOIN issues_issue i ON i.id = r.issue_id
        WHERE r.state = 'sent' AND r.sent_at >= %(start)s AND r.sent_at < %(end)s
            AND r.sent_at <= %(now)s - interval '10 minutes' AND r.delivery <> '' AND i.source <> 'import' AND {counted}
    ), delivery AS (
        SELECT count(*) AS accepted, count(*) FILTER (WHERE delivery IN ('delivered', 'read')) AS delivered,
            count(*) FILTER (WHERE delivery = 'failed') AS undelivered
        FROM sends
    ), causes AS (
        SELECT COALESCE(json_object_agg(failure, n), '{{}}') AS causes FROM (
            SELECT failure, count(*) AS n FROM sends WHERE delivery = 'failed'
            GROUP BY failure ORDER BY n DESC, failure LIMIT %(causes_shown)s
        ) AS most
    ), usage AS (
        SELECT count(*) AS ai_calls,
            sum(c.tokens_in) AS tokens_in, sum(c.tokens_out) AS tokens_out,
            sum(c.tokens_thought) AS tokens_thought, sum(c.tokens_cached) AS tokens_cached,
            count(*) FILTER (WHERE c.tokens_in IS NOT NULL) AS ai_calls_counted,
            sum(c.cost_usd)::float8 AS cost_usd, count(c.cost_usd) AS ai_calls_priced,
            count(*) FILTER (WHERE c.outcome = 'answered' AND c.tokens_in IS NULL) AS ai_calls_uncounted,
            count(*) FILTER (WHERE c.outcome = 'answered' AND c.cost_usd IS NULL) AS ai_calls_unpriced
        FROM issues_aicall c
        LEFT JOIN issues_response r ON r.id = c.response_id
        JOIN issues_issue i ON i.id = COALESCE(r.issue_id, c.issue_id)
        WHERE c.started_at >= %(start)s AND c.started_at < %(end)s AND {counted}
    )
    SELECT * FROM delivery, causes, usage"""

NOW = """
    WITH unresolved AS (
        SELECT priority, detected_at, status, assignee_id, first_response_at IS NULL AS waiting
        FROM issues_issue i WHERE status = ANY(%(unresolved)s) AND {counted}
    ), counts AS (
        SELECT count(*) AS open,
            count(*) FILTER (WHERE waiting) AS waiting,
            min(detected_at) FILTER (WHERE waiting) AS waiting_since,
            count(*) FILTER (WHERE status = 'escalated' AND assignee_id IS NULL) AS escalated_unassigned
        FROM unresolved
    ), by_priority AS (
        SELECT COALESCE(json_object_agg(priority, n), '{{}}') AS waiting_by_priority
        FROM (SELECT priority, count(*) AS n FROM unresolved WHERE waiting GROUP BY priority) AS each
    ), hands AS (
        SELECT count(*) FILTER (WHERE r.state IN ('thinking', 'writing') AND r.purpose <> 'survey') AS thinking,
            count(*) FILTER (WHERE r.state = 'speaking' AND r.purpose <> 'survey') AS speaking,
            count(*) FILTER (WHERE r.state = 'unsure') AS unsure
        FROM issues_response r JOIN issues_issue i ON i.id = r.issue_id
        WHERE (r.state IN ('thinking', 'writing', 'speaking') OR r.state = 'unsure') AND {counted}
    ), replies AS (
        SELECT (
            SELECT r.sent_at FROM issues_response r JOIN issues_issue i ON i.id = r.issue_id
            WHERE r.state = 'sent' AND r.sent_at IS NOT NULL AND r.purpose <> 'survey' AND {counted} ORDER BY r.sent_at DESC LIMIT 1
        ) AS last_reply_at
    )
    SELECT * FROM counts, by_priority, hands, replies"""

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
    ), policy AS (
        SELECT critical_per_minute, ai_per_minute FROM issues_policy WHERE id = 1
    ), spent AS (
        SELECT count(*) FILTER (WHERE budget = 'critical' AND number <= critical_per_minute) AS critical_spent,
            count(*) FILTER (WHERE budget = 'ai' AND number <= ai_per_minute) AS ai_spent
        FROM issues_token CROSS JOIN policy WHERE free_at > %(now)s
    )
    SELECT queue.*, breakers, critical_spent, ai_spent, critical_per_minute, ai_per_minute,
        state AS channel_state, changed_at AS channel_since, checked_at AS channel_checked_at
    FROM queue CROSS JOIN models CROSS JOIN spent
        LEFT JOIN policy ON TRUE LEFT JOIN issues_channelstate ON instance = %(instance)s"""

# The issues of the window, and whatever is still open from before it. The states are those of `sla.state`.
SLA = """
    WITH promises AS (
        SELECT i.id, i.priority, 'first_response' AS promise, i.detected_at AS began,
            i.response_due_at AS due, i.first_response_at AS achieved
        FROM issues_issue i
        WHERE (i.detected_at >= %(start)s AND i.detected_at < %(end)s AND i.first_response_at IS NOT NULL
            OR i.first_response_at IS NULL AND i.status = ANY(%(unresolved)s)) AND {counted}
        UNION ALL
        SELECT i.id, i.priority, 'resolution', i.detected_at, i.resolution_due_at, i.resolved_at
        FROM issues_issue i
        WHERE (i.detected_at >= %(start)s AND i.detected_at < %(end)s AND i.resolved_at IS NOT NULL
            OR i.status = ANY(%(unresolved)s)) AND {counted}
    ), stated AS (
        SELECT *, CASE
            WHEN achieved <= due THEN 'met'
            WHEN achieved IS NOT NULL THEN 'met_late'
            WHEN due < %(now)s THEN 'breached'
            WHEN due - %(now)s <= %(at_risk_share)s * (due - began) THEN 'at_risk'
            ELSE 'pending' END AS state
        FROM promises
    ), counts AS (
        SELECT priority, promise,
            count(*) FILTER (WHERE state = 'pending') AS pending,
            count(*) FILTER (WHERE state = 'at_risk') AS at_risk,
            count(*) FILTER (WHERE state = 'met') AS met,
            count(*) FILTER (WHERE state = 'met_late') AS met_late,
            count(*) FILTER (WHERE state = 'breached') AS breached
        FROM stated GROUP BY priority, promise
    ), nearest AS (
        SELECT priority, promise,
            (array_agg(id ORDER BY due, id))[:%(deadlines_shown)s] AS next_ids,
            (array_agg(due ORDER BY due, id))[:%(deadlines_shown)s] AS next_dues
        FROM stated WHERE state IN ('pending', 'at_risk') GROUP BY priority, promise
    )
    SELECT * FROM counts LEFT JOIN nearest USING (priority, promise)"""

SERIES = """
    WITH buckets AS (
        SELECT * FROM unnest(%(starts)s::timestamptz[]) WITH ORDINALITY AS bucket (starts_at, number)
    ), detected AS (
        SELECT number, count(*) AS received, percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY ttfr_s)
            FILTER (WHERE ttfr_s >= 0) AS ttfr
        FROM (
            SELECT width_bucket(i.detected_at, %(starts)s::timestamptz[]) AS number, {response_s} AS ttfr_s
            FROM issues_issue i
            WHERE i.detected_at >= %(first)s AND i.detected_at < %(end)s AND {counted}
        ) AS cohort GROUP BY number
    ), resolved AS (
        SELECT width_bucket(i.resolved_at, %(starts)s::timestamptz[]) AS number, count(*) AS resolved
        FROM issues_issue i
        WHERE i.resolved_at >= %(first)s AND i.resolved_at < %(end)s AND {counted} GROUP BY 1
    )
    SELECT COALESCE(received, 0) AS received, COALESCE(resolved, 0) AS resolved, ttfr
    FROM buckets LEFT JOIN detected USING (number) LEFT JOIN resolved USING (number) ORDER BY number"""

# One look at the end of the index for each kind; together they would be sorted whole. What automation says is made
# when the customer writes; what others say, when they have written: there the customer's last words tell the wait.
FEED = """
    SELECT latest.* FROM unnest(%(facing)s::text[]) AS facing (kind) CROSS JOIN LATERAL (
        SELECT a.at, a.kind, a.automated, r.kind AS spoken_by, r.purpose, a.detail ->> 'basis' AS basis, i.priority, i.type,
            EXTRACT(EPOCH FROM a.at - CASE
                WHEN r.kind IN ('human', 'program') THEN GREATEST(i.detected_at, (
                    SELECT max(m.sent_at) FROM issues_message m WHERE m.issue_id = i.id AND m.sent_at <= a.at
                ))
                WHEN r.turn > 1 THEN r.created_at
                ELSE i.detected_at
            END)::float8 AS took_s
        FROM issues_action a
        JOIN issues_issue i ON i.id = a.issue_id LEFT JOIN issues_response r ON r.id = a.response_id
        WHERE a.kind = facing.kind AND a.success AND {counted} ORDER BY a.at DESC LIMIT %(feed_length)s
    ) AS latest ORDER BY at DESC LIMIT %(feed_length)s"""


def cohort(window: Window) -> dict:
    """The issues detected in the window: how fast they were answered and solved, and what became of them.

    `ttfr` and `ttr` are [p50, p90], None without any. `first_waiting_place` is the place, from 0, of
    the first customer still waiting when all are ordered by TTFR.
    """
    return _rows(COHORT, window)[0]


def work(window: Window) -> dict:
    """What was done in the window, by machine and by people, and how the issues that ended in it had gone."""
    return _rows(WORK, window)[0]


def outside(window: Window) -> dict:
    """What became of the messages sent in the window, and what the AI used in it."""
    return _rows(OUTSIDE, window)[0]


def now(window: Window) -> dict:
    """How it stands at this moment. The window does not matter."""
    return _rows(NOW, window)[0]


def systems(window: Window, models: list[str]) -> dict:
    """How what we depend on stands: the queue, the AI `models`, the budgets, WhatsApp. The window does not matter."""
    return _rows(SYSTEMS, window, models=models, instance=settings.EVOLUTION_INSTANCE)[0]


def sla(window: Window) -> list[dict]:
    """One row per priority and promise ("first_response", "resolution") that has any issue."""
    return _rows(SLA, window)


def series(window: Window, starts: list[datetime]) -> list[dict]:
    """One row per bucket, empty ones too, in order. `ttfr` is [p50, p90] or None."""
    return _rows(SERIES, window, starts=starts, first=starts[0])


def feed(window: Window) -> list[dict]:
    """The last things customers noticed, the newest first."""
    return _rows(FEED, window)


def _rows(sql: str, window: Window, **more) -> list[dict]:
    params = {
        "start": window.start,
        "end": window.end,
        "now": window.end,
        "unresolved": [str(status) for status in UNRESOLVED],
        "facing": [str(kind) for kind in Action.CUSTOMER_FACING],
        "handling": [str(kind) for kind in HANDLING],
        "customer": CUSTOMER,
        "system": SYSTEM,
        "at_risk_share": AT_RISK_SHARE,
        "causes_shown": CAUSES_SHOWN,
        "deadlines_shown": DEADLINES_SHOWN,
        "feed_length": FEED_LENGTH,
    }
    text = sql.format(counted=EVERYTHING if settings.DEMO else REAL, response_s=RESPONSE_S)
    with connection.cursor() as cursor:
        cursor.execute(text, params | more)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
