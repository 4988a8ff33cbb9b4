"""History for the demonstration: what the tables would hold had MIS run for a month. Same seed, same month."""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from issues.models import Customer
from mis_dashboard.lib import partitions
from mis_dashboard.sandbox import customers

from .teller import Teller

DAYS = 30
PER_WEEKDAY = 420
# Enough that hardly anybody has a second problem within the week, which would be the first one again.
NEIGHBOURS = 6000

# Share of a day's messages by hour of the day in Brazil: quiet nights, two peaks around lunch.
BY_HOUR = [1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 20, 18, 13, 15, 19, 20, 18, 15, 11, 9, 7, 5, 3, 2]


def load(now: datetime, *, seed: int, progress: Callable[[list], Iterator] = iter) -> int:
    """Stores `DAYS` days of history up to `now`, in one transaction, and returns the number of issues."""
    rng = random.Random(seed)  # noqa: S311  (a story, not a secret)
    moments = list(_moments(rng, now))
    partitions.cover("issues_action", now - timedelta(days=DAYS + 1), now)
    with transaction.atomic():
        _known(customers.population(seed), now)
        teller = Teller(rng, now, _known(_neighbours(seed), now))
        told = 0
        for number, moment in enumerate(progress(moments)):
            told += teller.tell(moment)
            if number % 500 == 499:
                teller.scribe.rows.store()
        teller.scribe.rows.store()
    return told


def _neighbours(seed: int) -> list[customers.Person]:
    """Whose month this is. The sandbox's people have had none: what they write live is new, and opens nothing again."""
    taken = {person.phone[-4:] for person in customers.population(seed)}
    return [person for person in customers.population(seed + 1, NEIGHBOURS) if person.phone[-4:] not in taken]


def _known(people: list[customers.Person], now: datetime) -> list[tuple[Customer, customers.Person]]:
    """`people` as our customers; those who are known already stay as they are."""
    rows = [
        Customer(
            location=person.location.id,
            contact_id=person.contact_id,
            phone=person.phone,
            name=person.name,
            created_at=now - timedelta(days=DAYS + 1),
        )
        for person in people
    ]
    Customer.objects.bulk_create(rows, ignore_conflicts=True)
    known = {c.contact_id: c for c in Customer.objects.filter(contact_id__in=[p.contact_id for p in people])}
    return [(known[p.contact_id], p) for p in people if p.contact_id in known]


def _moments(rng: random.Random, now: datetime) -> Iterator[datetime]:
    """When problems showed themselves, oldest first, by the hour of the day and the day of the week."""
    zone = ZoneInfo(settings.TIME_ZONE)
    first = (now - timedelta(days=DAYS)).astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    for day in range(DAYS + 1):
        midnight = first + timedelta(days=day)
        volume = PER_WEEKDAY * (0.35 if midnight.weekday() >= 5 else 1) * rng.uniform(0.85, 1.15)
        hours = rng.choices(range(24), BY_HOUR, k=int(volume))
        moments = sorted(midnight + timedelta(hours=h, seconds=rng.uniform(0, 3600)) for h in hours)
        yield from (m.astimezone(now.tzinfo) for m in moments if m < now - timedelta(minutes=2))
