"""Claim: which waiting Response is answered next, and whose it is then. And what became of claims: kept, lost, overlooked."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from mis_dashboard.lib import rows
from mis_dashboard.lib.recent import recent
from mis_dashboard.models import Process

from .models import Customer, Issue, Response
from .models.response import IN_FLIGHT, State

CLAIM_LOCK = 0x4D495301  # any number, the same for everybody who claims

PROMOTED_BEFORE = timedelta(seconds=20)

# A claim that is lost with a crashed database was never acted on: it need not be written to the disk at once.
LOCK = "SELECT pg_advisory_xact_lock(%s), set_config('synchronous_commit', 'off', true)"

# Nothing of a turn is said while an earlier one of the same issue is on its way.
FREE = """state = 'waiting' AND due_at <= clock_timestamp() AND NOT EXISTS (
            SELECT 1 FROM issues_response earlier
            WHERE earlier.issue_id = waiting.issue_id AND earlier.turn < waiting.turn
                AND earlier.state IN ('thinking', 'writing', 'speaking')
        )"""
IS_LATE = "deadline_at <= clock_timestamp() + make_interval(secs => %(lead_s)s)"
IS_CRITICAL = "EXISTS (SELECT 1 FROM issues_issue i WHERE i.id = waiting.issue_id AND i.priority = 'critical')"
CLAIM = f"""
    WITH RECURSIVE busy AS MATERIALIZED (
        SELECT location, count(*) AS n FROM issues_response WHERE state = 'thinking' GROUP BY location
    ), places AS MATERIALIZED (
        SELECT max_parallel - COALESCE((SELECT sum(n) FROM busy), 0) AS free,
            CASE WHEN max_parallel > 1 THEN GREATEST(1, max_parallel / 16) ELSE 0 END AS kept
        FROM issues_policy WHERE id = 1
    ), said AS (
        SELECT id FROM issues_response waiting WHERE text <> '' AND purpose <> 'survey' AND {FREE}
        ORDER BY rank, deadline_at LIMIT 1 FOR UPDATE SKIP LOCKED
    ), survey AS (
        SELECT id FROM issues_response waiting WHERE text <> '' AND purpose = 'survey' AND {FREE}
        ORDER BY rank, deadline_at LIMIT 1 FOR UPDATE SKIP LOCKED
    ), late AS (
        SELECT id FROM issues_response waiting
        WHERE text = '' AND purpose <> 'follow_up' AND {FREE} AND {IS_LATE}
        ORDER BY rank, deadline_at LIMIT 1 FOR UPDATE SKIP LOCKED
    ), lanes (location) AS (
        (SELECT location FROM issues_response WHERE state = 'waiting' ORDER BY location LIMIT 1)
        UNION ALL
        SELECT (SELECT location FROM issues_response
            WHERE state = 'waiting' AND location > lanes.location ORDER BY location LIMIT 1)
        FROM lanes WHERE lanes.location IS NOT NULL
    ), asked AS (
        SELECT next.id FROM lanes CROSS JOIN places LEFT JOIN busy USING (location) CROSS JOIN LATERAL (
            SELECT id, rank, deadline_at FROM issues_response waiting
            WHERE location = lanes.location AND text = '' AND {FREE}
                AND CASE purpose WHEN 'follow_up' THEN %(thinks)s OR deadline_at <= clock_timestamp() ELSE NOT {IS_LATE} END
                AND (free > kept * CASE WHEN %(shared)s AND busy.n > 0 THEN 2 ELSE 1 END OR rank = 0 AND {IS_CRITICAL})
            ORDER BY rank, deadline_at LIMIT 1 FOR UPDATE SKIP LOCKED
        ) AS next
        WHERE free > 0
        ORDER BY COALESCE(busy.n, 0), next.rank, next.deadline_at LIMIT 1
    ), chosen AS (
        SELECT id, 'writing' AS state FROM said
        UNION ALL SELECT id, 'thinking' FROM asked
        UNION ALL SELECT id, 'writing' FROM late
        UNION ALL SELECT id, 'writing' FROM survey
        LIMIT 1
    )
    UPDATE issues_response r SET state = chosen.state, claimed_by = %(worker)s, claimed_at = clock_timestamp()
    FROM chosen WHERE r.id = chosen.id
    RETURNING r.id, chosen.state = 'writing' OR (SELECT free > 1 FROM places), EXISTS (
        SELECT 1 FROM issues_response other
        WHERE other.state = 'waiting' AND other.due_at <= clock_timestamp() AND other.id <> r.id
    )
"""  # noqa: S608  (our own constants)


@dataclass(frozen=True)
class Claimed:
    """A Response to be answered by whoever claimed it, and the conversation so far, in order: ("customer" | "us", text).

    `others` wait too. `room`: another one may be claimed now, and not only when this one has been thought about.
    """

    response: Response
    conversation: list[tuple[str, str]]
    others: bool
    room: bool


def claim(worker: UUID, *, thinks: bool = True) -> Claimed | None:
    """The next waiting Response, now `worker`'s own. None when there is none, or no place to think about it.

    First words that stand already; questions for a rating come last of all. Then, while there is a place, one to think
    about: of the location that is thought about least, critical first, then by deadline. Then one that would come too
    late if it were still thought about; it is WRITING then, like the first, and takes no place. One place in sixteen,
    at least one, is kept for critical ones, and while several locations are at work as many for those that have none.
    `thinks`: an AI is there to ask, so that follow-ups make sense. The lock makes `max_parallel` exact over all
    workers. Raises what the database raises.
    """
    pace = current_pace()
    values = {"worker": worker, "lead_s": pace.lead_s, "shared": pace.shared, "thinks": thinks}
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    line = connection.connection
    with connection.wrap_database_errors, line.cursor() as lock, line.cursor() as cursor:
        with line.pipeline(), line.transaction():  # one round trip
            lock.execute(LOCK, [CLAIM_LOCK])
            cursor.execute(CLAIM, values)
        row = cursor.fetchone()
    return row and Claimed(*_claimed(row[0]), others=row[2], room=row[1])


CLAIMED = """
    SELECT {columns}, (
        SELECT jsonb_agg(jsonb_build_array(who, text) ORDER BY sent_at) FROM (
            SELECT sent_at, 'customer' AS who, text FROM issues_message WHERE issue_id = r.issue_id
            UNION ALL
            SELECT sent_at, 'us', text FROM issues_response
            WHERE issue_id = r.issue_id AND state = 'sent' AND purpose <> 'survey'
        ) AS said
    )
    FROM issues_response r JOIN issues_issue i ON i.id = r.issue_id LEFT JOIN issues_customer c ON c.id = i.customer_id
    WHERE r.id = %s
"""


def _claimed(response_id: UUID) -> tuple[Response, list[tuple[str, str]]]:
    """The Response with its issue and customer, and what was said: all that answering needs, in one statement."""
    parts = (Response, "r"), (Issue, "i"), (Customer, "c")
    with connection.cursor() as cursor:
        cursor.execute(CLAIMED.format(columns=", ".join(rows.columns(*part) for part in parts)), [response_id])
        values = cursor.fetchone()
    found = []
    for model, _alias in parts:
        width = len(model._meta.concrete_fields)
        found.append(rows.read(model, values[:width]))
        values = values[width:]
    response, response.issue, response.issue.customer = found[0], found[1], found[2]
    [said] = values
    return response, [(who, text) for who, text in json.loads(said or "[]")]


SENDERS = 16  # threads of a worker that may be speaking while all others think
FIRST_GUESS_S = 1.5
PACE = """
    SELECT (
        SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY EXTRACT(EPOCH FROM sent_at - spoken_at)) FROM (
            SELECT sent_at, spoken_at FROM issues_response
            WHERE sent_at > statement_timestamp() - interval '15 minutes' AND delivery <> '' ORDER BY sent_at DESC LIMIT 50
        ) AS latest WHERE sent_at > spoken_at
    )::float8, (
        SELECT count(*) FROM issues_response
        WHERE state = 'waiting' AND deadline_at < statement_timestamp() + interval '60 seconds' AND due_at <= statement_timestamp()
    ), (
        SELECT count(DISTINCT location) > 1 FROM (
            SELECT location FROM issues_issue WHERE detected_at > statement_timestamp() - interval '10 minutes' LIMIT 5000
        ) AS lately
    )
"""


@dataclass(frozen=True)
class Pace:
    """How fast we speak at the moment: seconds a send takes, and how long before a deadline a template must set out.

    `shared`: more than one location is at work.
    """

    speaking_s: float
    lead_s: float
    shared: bool


@recent(seconds=1)
def current_pace() -> Pace:
    """What nine in ten sends take, and the lead that lets everybody who waits be spoken to before their deadline."""
    with connection.cursor() as cursor:
        cursor.execute(PACE)
        usual_s, urgent, shared = cursor.fetchone()
    speaking_s = FIRST_GUESS_S if usual_s is None else max(usual_s, 0.1)
    return Pace(speaking_s, 1 + speaking_s * (2 + urgent / (SENDERS * settings.WORKERS)), bool(shared))


def promote(now: datetime) -> int:
    """Moves up whoever waits until shortly before the deadline; how many. Whom somebody else is changing, the next time."""
    late = Response.objects.filter(state=State.WAITING, rank__gt=0, deadline_at__lt=now + PROMOTED_BEFORE)
    late = late.exclude(purpose__in=[Response.Purpose.FOLLOW_UP, Response.Purpose.SURVEY])
    free = late.select_for_update(skip_locked=True, no_key=True).values("pk")
    with transaction.atomic():
        return Response.objects.filter(pk__in=free).update(rank=0)


# --- What became of claims ---------------------------------------------------------------------

UNSEEN = timedelta(seconds=10)
LONGEST_ANSWER = timedelta(seconds=120)


def left_behind() -> QuerySet[Response]:
    """Responses in the hands of a worker not seen for ten seconds, or for longer than any answer takes."""
    unseen = Now() - UNSEEN
    living = Process.objects.filter(seen_at__gte=unseen).values("pk")
    claimed = Response.objects.filter(state__in=IN_FLIGHT, claimed_at__lt=unseen)
    return claimed.filter(~Q(claimed_by__in=living) | Q(claimed_at__lt=Now() - LONGEST_ANSWER))


def unsure_for_long(now: datetime) -> QuerySet[Response]:
    """Responses of which nobody has tried to find out for a minute whether they were heard."""
    return Response.objects.filter(state=State.UNSURE, due_at__lt=now - timedelta(seconds=60))


def overlooked(now: datetime) -> QuerySet[Response]:
    """Responses that have been due for a second and that nobody took: their wake-up was lost."""
    return Response.objects.filter(state=State.WAITING, due_at__lt=now - timedelta(seconds=1))
