"""Numbers that only grow, for programs that watch us: what was replied, what the AI was asked, what arrived.

A number is what was summed up until a while ago (`Total`) and what has happened since, which an index finds. Both are
read in one statement, and summing up moves the one into the other: so all web processes say the same, a restart begins
nothing anew, and no number ever falls. What becomes known only later than LAG after it happened is not counted.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from .models import Total

LAG = timedelta(minutes=15)
# What is read at most at a time. A number stands still, and does not fall, while nobody sums up for longer.
STRETCH = timedelta(hours=1)
LATENCIES_S = [0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 8.0, 13.0, 20.0]

# name, labels, value of all that happened in `since <= t < until`, two instants.
HAPPENED = """
    SELECT 'replies' AS name, jsonb_build_object('kind', kind, 'purpose', purpose) AS labels, count(*)::float8 AS value
    FROM issues_response
    WHERE sent_at >= {since} AND sent_at < {until} AND state = 'sent' AND delivery <> '' GROUP BY kind, purpose
    UNION ALL
    SELECT 'deliveries', jsonb_build_object('outcome', kind), count(*)
    FROM issues_action
    WHERE kind IN ('delivered', 'read', 'failed') AND at >= {since} AND at < {until} GROUP BY kind
    UNION ALL
    SELECT 'ai_calls', jsonb_build_object('model', model, 'outcome', outcome), count(*)
    FROM issues_aicall WHERE started_at >= {since} AND started_at < {until} GROUP BY model, outcome
    UNION ALL
    SELECT 'ai_latency', jsonb_build_object('model', model, 'bucket', (
        SELECT count(*) FROM unnest(%(latencies)s::float8[]) AS shorter WHERE shorter < latency_s
    )), count(*)
    FROM issues_aicall WHERE started_at >= {since} AND started_at < {until} GROUP BY model, 2
    UNION ALL
    SELECT 'ai_latency_sum', jsonb_build_object('model', model), sum(latency_s)
    FROM issues_aicall WHERE started_at >= {since} AND started_at < {until} GROUP BY model
"""
SUM_UP = f"""
    INSERT INTO metrics_total AS total (name, labels, value) {HAPPENED.format(since="%(since)s", until="%(until)s")}
    ON CONFLICT (name, labels) DO UPDATE SET value = total.value + excluded.value
"""
SINCE = "(SELECT at FROM until)"
UNTIL = "LEAST((SELECT at FROM until) + %(stretch)s, %(now)s)"
READ = f"""
    WITH until AS (SELECT to_timestamp(value) AS at FROM metrics_total WHERE name = 'until'),
    happened AS ({HAPPENED.format(since=SINCE, until=UNTIL)})
    SELECT name, labels, sum(value) FROM (
        SELECT name, labels, value FROM metrics_total WHERE name <> 'until' UNION ALL SELECT * FROM happened
    ) AS each GROUP BY name, labels
"""  # noqa: S608  (our own texts)


def count_on(now: datetime | None = None) -> None:
    """Sums up what happened until LAG ago. Each minute; twice does no harm. The first time, counting begins there."""
    end = ((now or timezone.now()) - LAG).replace(microsecond=0)
    Total.objects.get_or_create(name=Total.UNTIL, labels={}, defaults={"value": end.timestamp()})
    while _sum_up(end):
        pass


def read(now: datetime) -> list[tuple[str, str, float]]:
    """Every number until `now`: name, labels (JSON), value. Nothing before counting has begun. One query.

    replies         kind, purpose: messages that WhatsApp accepted
    deliveries      outcome: "delivered", "read" or "failed", as we were told
    ai_calls        model, outcome
    ai_latency      model, bucket: how many of LATENCIES_S they were longer than
    ai_latency_sum  model: seconds
    """
    with connection.cursor() as cursor:
        cursor.execute(READ, {"now": now, "stretch": STRETCH, "latencies": LATENCIES_S})
        return cursor.fetchall()


def _sum_up(end: datetime) -> bool:
    """Sums up one stretch. False when nothing is left of it."""
    with transaction.atomic():
        mark = Total.objects.select_for_update().get(name=Total.UNTIL)
        until = min(mark.value + STRETCH.total_seconds(), end.timestamp())
        if until <= mark.value:
            return False
        with connection.cursor() as cursor:
            edges = {"since": _instant(mark.value), "until": _instant(until)}
            cursor.execute(SUM_UP, edges | {"latencies": LATENCIES_S})
        mark.value = until
        mark.save()
        return until < end.timestamp()


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.get_default_timezone())
