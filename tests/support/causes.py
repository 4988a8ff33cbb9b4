"""Causes of alerts in a running product, each with a rule and a location of its own, and what the stand-in Slack heard of them."""

import random
import re
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg

from mis_dashboard.lib.ids import uuid7

from .family import seek
from .measure import INSERT
from .outside import Outside, Post
from .product import Product

ENGLISH = {"LANGUAGE_CODE": "en"}
PREPARE = """
from metrics.models import AlertRule
AlertRule.objects.update(enabled=False)
AlertRule.objects.bulk_create(
    AlertRule(
        code=f"cause_{{n}}", title=f"Cause {{n:03}}", severity="critical", signal="response_overdue", condition="at_least", threshold=1,
        clear_for_s=0, location=f"cause_{{n}}", outlets=["slack"],
    )
    for n in range({count})
)
"""
END = """
    UPDATE issues_issue SET status = 'resolved', resolved_at = clock_timestamp(), first_response_at = clock_timestamp()
    WHERE id = %s RETURNING 1"""
RING = "SELECT pg_notify('mis_live', '')"  # as whoever takes a webhook does
TITLE = re.compile(r"(CRITICAL|Over): Cause (\d+)")


@dataclass(frozen=True)
class Told:
    """What Slack heard of a cause: its number, "firing" or "resolved", and when."""

    number: int
    kind: str
    at: float
    repeat: bool


class Causes:
    """`count` rules of a product that speaks English, and no others: each fires while an answer is overdue at its location."""

    def __init__(self, product: Product, outside: Outside, count: int):
        self.product, self.outside, self.count = product, outside, count
        self._issues: dict[int, UUID] = {}
        product.manage("shell", "-c", PREPARE.format(count=count))

    def begin(self, number: int, in_s: float = 0.0) -> float:
        """An answer will be overdue in so many seconds; when that is, in Unix seconds."""
        due = datetime.now(UTC) + timedelta(seconds=in_s)
        self._issues[number] = uuid7()
        row = {"id": self._issues[number], "location": f"cause_{number}", "at": due - timedelta(seconds=30), "due": due}
        _stubbornly(self.product, INSERT + " RETURNING 1", row)
        _stubbornly(self.product, RING, [])
        return due.timestamp()

    def end(self, number: int) -> float:
        """It is answered; when that was."""
        _stubbornly(self.product, END, [self._issues[number]])
        return time.time()

    def told(self) -> list[Told]:
        return [told for post in self.outside.posts() if (told := _told(post))]

    def wait_until_told(self, kind: str, within_s: float) -> dict[int, Told]:
        """The first that was heard of each cause, once all were heard of or time is up."""
        deadline = time.monotonic() + within_s
        while True:
            found: dict[int, Told] = {}
            for told in self.told():
                if told.kind == kind:
                    found.setdefault(told.number, told)
            if len(found) == self.count or time.monotonic() > deadline:
                return found
            time.sleep(0.2)


def _told(post: Post) -> Told | None:
    found = TITLE.search(post.text)
    kinds = {"CRITICAL": "firing", "Over": "resolved"}
    return Told(int(found[2]), kinds[found[1]], post.at, post.repeat) if found else None


def _stubbornly(product: Product, statement: str, values) -> None:
    """Until the database takes it."""
    while True:
        try:
            product.rows(statement, values)
            return
        except psycopg.OperationalError:
            time.sleep(0.1)


# --- Killed at random --------------------------------------------------------------------------------

VICTIMS = ("clock", "main", "idle worker")
OPEN = "SELECT count(*) FROM metrics_alertstate WHERE incident_id IS NOT NULL"
SEEN = "SELECT count(*) FROM metrics_alertstate s JOIN metrics_alertrule r ON r.id = s.rule_id WHERE r.enabled AND s.seen_at > %s"
UNSENT = "SELECT count(*) FROM metrics_notice WHERE state IN ('waiting', 'sending')"
INCIDENTS = """
    SELECT r.code, n.resolved_at IS NOT NULL FROM metrics_incident n JOIN metrics_alertrule r ON r.id = n.rule_id ORDER BY n.fired_at"""
CLOCK = """
    SELECT extract(epoch FROM max(seen_at))::float8 FROM mis_dashboard_process WHERE role = 'clock' AND pid <> ALL(%s)"""


@dataclass
class Fire:
    """What came of it. `missed` had no incident, `split` several; `lost` were not told, `doubled` told twice without a word about it.

    `right_s` is how long after the last restart of the clock all was seen as it was.
    """

    kills: Counter[str]
    missed: list[int]
    split: list[int]
    lost: list[str]
    doubled: list[str]
    repeats: int
    right_s: float

    @property
    def good(self) -> bool:
        return not (self.missed or self.split or self.lost or self.doubled)


def under_fire(
    causes: Causes, *, seed: int, spread_s: float, lasts_s: float, kills: int, victims: tuple[str, ...] = VICTIMS
) -> Fire:
    """Each cause begins some time within `spread_s` and lasts for about `lasts_s`; each of `victims` is killed `kills` times meanwhile.

    The clock dies once more at the end.
    """
    chance = random.Random(seed)
    causes.outside.slack(accept_then_hang=0.4, hang_s=1.2)
    begins = [(chance.uniform(0, spread_s), number) for number in range(causes.count)]
    ends = [(at_s + lasts_s * chance.uniform(1, 1.2), number) for at_s, number in begins]
    over_s = max(ends)[0]
    steps = [
        *((at_s, lambda n=number: causes.begin(n)) for at_s, number in begins),
        *((at_s, lambda n=number: causes.end(n)) for at_s, number in ends),
    ]
    killed: Counter[str] = Counter()
    clocks: list[int] = []

    def kill(who: str) -> None:
        if victim := seek(causes.product, who, chance):
            victim.kill()
            killed[who] += 1
            if who == "clock":
                clocks.append(victim.pid)

    steps += [(chance.uniform(0.1, 0.95) * over_s, lambda who=who: kill(who)) for who in victims * kills]
    steps.append((over_s, lambda: kill("clock")))
    began = time.monotonic()
    for at_s, step in sorted(steps, key=lambda each: each[0]):
        time.sleep(max(0.0, began + at_s - time.monotonic()))
        step()
    right_s = _until_right(causes, clocks)
    _until(lambda: not causes.product.rows(UNSENT)[0][0], 60)
    return _judged(causes, killed, right_s)


def _until_right(causes: Causes, clocks: list[int]) -> float:
    """Seconds from the last clock's first word until it has seen that all is over."""
    back_at = _until(lambda: causes.product.rows(CLOCK, [clocks])[0][0], 60)
    since = datetime.fromtimestamp(back_at, UTC)

    def is_right() -> bool:
        rows = causes.product.rows
        return rows(SEEN, [since])[0][0] == causes.count and not rows(OPEN)[0][0]

    _until(is_right, 60)
    return time.time() - back_at


def _until(ask, within_s: float):
    """What it gives once it gives anything; a database that is away gives nothing."""
    deadline = time.monotonic() + within_s
    while True:
        with suppress(psycopg.Error):
            if found := ask():
                return found
        assert time.monotonic() < deadline, "it does not come to an end"
        time.sleep(0.1)


def _judged(causes: Causes, kills: Counter[str], right_s: float) -> Fire:
    incidents = Counter(int(code.removeprefix("cause_")) for code, _over in causes.product.rows(INCIDENTS))
    told = causes.told()
    plain = Counter((each.number, each.kind) for each in told if not each.repeat)
    heard = Counter((each.number, each.kind) for each in told)
    wanted = [(number, kind) for number in incidents for kind in ("firing", "resolved")]
    return Fire(
        kills=kills,
        missed=[number for number in range(causes.count) if not incidents[number]],
        split=[number for number, n in incidents.items() if n > 1],
        lost=[f"{number} {kind}" for number, kind in wanted if not heard[number, kind]],
        doubled=[f"{number} {kind}" for (number, kind), n in plain.items() if n > incidents[number]],
        repeats=sum(each.repeat for each in told),
        right_s=right_s,
    )
