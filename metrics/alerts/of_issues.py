"""Signals of issues: who waits, what is overdue, what failed, and what it costs. Each can be narrowed down as a screen can."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.utils import timezone

from ..measures import AUTOMATIC, OVERDUE_RESOLUTION, OVERDUE_RESPONSE, SPOKEN, UNANSWERED
from ..tally import Tally
from ..window import CUSTOM, HOUR, Window
from .asked import Asked, age_s
from .life import Look, Reading

# Each has an index of its own.
STANDING = f"""
    SELECT waiting, since,
        (SELECT count(*) FROM issues_issue i WHERE {{open}} AND {OVERDUE_RESPONSE}) AS response_overdue,
        (SELECT count(*) FROM issues_issue i WHERE {{open}} AND {OVERDUE_RESOLUTION}) AS resolution_overdue
    FROM (
        SELECT count(*) AS waiting, min(i.detected_at) AS since FROM issues_issue i WHERE {{open}} AND {UNANSWERED}
    ) AS unanswered"""


def longest_wait(asked: Asked) -> Look:
    """How long the customer has waited for a first response who has waited longest; 0 when nobody waits."""
    row = asked.row(STANDING, now=asked.now)
    link = asked.link("ttfr_p50", list="waiting", window="30d", moving=True)
    return Reading(age_s(row["since"], asked.now), row["waiting"], row["waiting"], link)


def overdue(figure: str, name: str) -> Callable[[Asked], Look]:
    def read(asked: Asked) -> Look:
        n = asked.row(STANDING, now=asked.now)[name]
        return Reading(n, n, n, asked.link(figure, list=name, window="30d", moving=True))

    return read


# Each response once, however often it was tried: those that were said, and those that were not or did not arrive.
EACH = "count(DISTINCT a.response_id) FILTER (WHERE {which})"
TRIED = f"""
    SELECT {EACH.format(which=AUTOMATIC)} AS automatic, {EACH.format(which=f"{AUTOMATIC} AND a.kind = 'failed'")} AS automatic_failed,
        {EACH.format(which=SPOKEN)} AS spoken, {EACH.format(which=f"{SPOKEN} AND a.kind = 'failed'")} AS spoken_failed
    FROM issues_action a JOIN issues_response r ON r.id = a.response_id JOIN issues_issue i ON i.id = a.issue_id
    WHERE a.kind IN ('replied', 'failed') AND a.at >= %(start)s AND a.at < %(now)s AND {{counted}}"""


def success_rate(asked: Asked) -> Look:
    """Of the replies that automation was to give, the share that went out and were not refused later."""
    row = asked.row(TRIED, start=asked.start, now=asked.now)
    n, failed = row["automatic"], row["automatic_failed"]
    return Reading((n - failed) / n if n else None, n, failed, _failed(asked, "automatic_failed"))


def whatsapp_failures(asked: Asked) -> Look:
    """Of the messages given to WhatsApp, the share that it did not take, or did not deliver. A number that has none is no failure of it."""
    row = asked.row(TRIED, start=asked.start, now=asked.now)
    n, failed = row["spoken"], row["spoken_failed"]
    return Reading(failed / n if n else None, n, failed, _failed(asked, "not_taken"))


def _failed(asked: Asked, name: str) -> str:
    return asked.link("delivery_rate", list=name, start=asked.start)


def ai_spend(asked: Asked) -> Look:
    """US dollars for the AI since midnight, of the calls with a price."""
    start = midnight(asked.now)
    if start == asked.now:
        return Reading(0.0)
    window = Window(CUSTOM, start, asked.now, HOUR, asked.now, **asked.filters)
    return spent(asked.tally(SPEND, window), window)


def midnight(now: datetime) -> datetime:
    """When the day of `now` began on our clocks, in UTC."""
    local = now.astimezone(timezone.get_default_timezone())
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


SPEND = frozenset({"cost_usd", "ai_calls_priced"})


def spent(tally: Tally, window: Window) -> Reading:
    calls = int(tally["ai_calls_priced"])
    link = Asked(window.end, 0, window.filters).link("ai_cost_usd", start=window.start)
    return Reading(float(tally["cost_usd"]), calls, calls, link)


def backlog_growth(asked: Asked) -> Look:
    """By how many issues those that came are more than those that were solved, over the window."""
    return grown(asked.tally(GROWTH), asked.window)


GROWTH = frozenset({"detected", "ended"})


def grown(tally: Tally, window: Window) -> Reading:
    came = int(tally["detected"])
    link = Asked(window.end, 0, window.filters).link("resolution_rate", list="unresolved", start=window.start)
    return Reading(came - int(tally["ended"]), came, came, link)
