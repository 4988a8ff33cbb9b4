"""A month of presence for the demonstration: MIS and what it depends on were there, but for a few bad moments."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.conf import settings

from metrics.models import Maintenance
from metrics.uptime import GEMINI, ROLES, WHATSAPP
from mis_dashboard.models import Span

from .history import DAYS
from .teller import OUTAGE

# Days ago, when on that day, for how long, and who was away.
DISKS = (12, timedelta(hours=2, minutes=3), timedelta(minutes=18, seconds=40), ROLES)
AWAY = [
    (24, timedelta(hours=11, minutes=17, seconds=6), timedelta(minutes=14, seconds=12), [WHATSAPP]),
    (17, timedelta(hours=10, minutes=41, seconds=33), timedelta(seconds=48), ["worker"]),
    DISKS,
    (OUTAGE[0], timedelta(hours=OUTAGE[1]), timedelta(hours=OUTAGE[2] - OUTAGE[1]), [GEMINI]),
    (4, timedelta(hours=3, minutes=12, seconds=51), timedelta(minutes=2, seconds=9), ROLES),
]
PLANNED = (timedelta(hours=2), timedelta(hours=2, minutes=30))
# What is about to begin continues what is told here.
STARTING = timedelta(seconds=15)


def load(now: datetime) -> None:
    """Stores the spans of `DAYS` days up to `now`, and the one maintenance that was planned."""
    for component in (*ROLES, GEMINI, WHATSAPP):
        Span.objects.bulk_create(_spans(component, now))
    midnight = _midnight(now, DISKS[0])
    Maintenance.objects.create(
        starts_at=midnight + PLANNED[0],
        ends_at=midnight + PLANNED[1],
        reason="Troca dos discos do servidor",
        created_at=midnight - timedelta(days=2),
    )


def _spans(component: str, now: datetime) -> list[Span]:
    """Ours are down where there is no span; of others it was noted."""
    breaks = [_when(now, *each[:3]) for each in AWAY if component in each[3]]
    ups = _between(now - timedelta(days=DAYS), [(a, b) for a, b in breaks if b < now], now + STARTING)
    told = [(since, until, Span.State.UP) for since, until in ups]
    if component not in ROLES:
        told += [(until, since, Span.State.DOWN) for (_, until), (since, _) in pairwise(ups)]
    return [
        Span(component=component, number=number, state=state, since=since, until=until)
        for number, (since, until, state) in enumerate(sorted(told), 1)
    ]


def _when(now: datetime, days_ago: int, at: timedelta, lasts: timedelta) -> tuple[datetime, datetime]:
    since = _midnight(now, days_ago) + at
    return since, since + lasts


def _between(
    first: datetime, breaks: list[tuple[datetime, datetime]], last: datetime
) -> list[tuple[datetime, datetime]]:
    edges = [first, *(edge for pair in breaks for edge in pair), last]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _midnight(now: datetime, days_ago: int) -> datetime:
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE)) - timedelta(days=days_ago)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)
