"""How long the demonstration's month of requests took: what metrics.timing would have counted."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings

from metrics import histogram, timing
from metrics.models import Timing
from metrics.timing import grains
from mis_dashboard.lib import processes

from .history import BY_HOUR, DAYS

# Route: requests in an hour at noon, median seconds, spread, how many in a thousand are refused, and how many fail.
ROUTES = {
    "POST /api/webhooks/evolution": (180, 0.008, 0.5, 1, 0),
    "POST /api/webhooks/ghl": (45, 0.012, 0.5, 2, 0),
    "GET /api/issues/open": (12, 0.025, 0.4, 0, 0),
    "POST /api/issues/action": (8, 0.020, 0.4, 4, 0),
    "GET /performance": (9, 0.110, 0.5, 0, 0),
    "GET /admin/issues/issue/": (14, 0.160, 0.6, 0, 1),
    "GET /admin/issues/issue/<path:object_id>/change/": (18, 0.120, 0.6, 0, 1),
    "GET /login/": (2, 0.030, 0.4, 0, 0),
    "other": (1, 0.015, 0.4, 1000, 0),
}
NOON = max(BY_HOUR)
# So far back there are minutes; before that, hours are stored as they are.
IN_MINUTES = timedelta(hours=25)


def load(now: datetime, *, seed: int) -> int:
    """Stores `DAYS` days of timings up to `now`; the number of requests."""
    chance = np.random.default_rng(seed)
    recent = grains.floor(now - IN_MINUTES, grains.HOUR)
    rows = [*_rows(chance, now - timedelta(days=DAYS), recent, grains.HOUR), *_rows(chance, recent, now, grains.MINUTE)]
    Timing.objects.bulk_create(rows, batch_size=1000)
    timing.coarsen(now)
    return sum(row.n for row in rows)


def _rows(chance: np.random.Generator, start: datetime, end: datetime, grain: timedelta) -> Iterator[Timing]:
    zone = ZoneInfo(settings.TIME_ZONE)
    at = grains.ceil(start, grain)
    while grains.following(at, grain) <= end:
        local = at.astimezone(zone)
        busy = BY_HOUR[local.hour] / NOON * (0.35 if local.weekday() >= 5 else 1) * (grain / grains.HOUR)
        for route, (often, median_s, spread, refused, failed) in ROUTES.items():
            if n := int(chance.poisson(often * busy)):
                yield _row(chance, at, grain, route, n, chance.lognormal(np.log(median_s), spread, n), refused, failed)
        at = grains.following(at, grain)


def _row(chance, at, grain, route, n, durations, refused, failed) -> Timing:
    codes, counts = np.unique([histogram.bin_of(each) for each in durations], return_counts=True)
    return Timing(
        grain_s=grains.seconds(grain),
        starts_at=at,
        route=route,
        **({"process": processes.current_id()} if grain == grains.MINUTE else {}),
        n=n,
        refused=int(chance.binomial(n, refused / 1000)),
        failed=int(chance.binomial(n, failed / 1000)),
        packed=histogram.pack(dict(zip(codes.tolist(), counts.tolist(), strict=True))),
    )
