"""Chaos: webhooks arrive while processes are killed and WhatsApp drops the line; afterwards the books are compared.

The outside counts what was said to whom; the product's own tables say what it believes. What was accepted must have
been answered, and nothing may have been said twice, whatever died.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

import psycopg

from .books import Verdict, entries, first_of_each, judge, timeline
from .family import EVERYBODY, seek
from .letters import Letter, crm
from .outside import Outside, Said
from .product import Product
from .waits import answers, by_phone

POLICY = {"debounce_seconds": 0, "critical_per_minute": 0, "ai_per_minute": 0, "max_parallel": 16}
WORKERS = 3
PRIORITIES = ("critical", "high", "medium", "low")
LOCATIONS = ("loc_one", "loc_two", "loc_three")
# A client waits 20 s for an answer, so whoever hangs for longer is never heard.
TROUBLE = {"drop_before": 0.03, "drop_after": 0.03, "accept_then_400": 0.02, "accept_then_hang": 0.01, "hang_s": 25}
REPEATED = 0.03
THINKING_MS, SPEAKING_MS = (50, 300, 1500), (20, 150, 1000)
# After the last answer, whoever would say it again has this long to do so.
LISTEN_S = 3.0
SHOWN = 20


@dataclass(frozen=True)
class Plan:
    """What happens in one run; the same for the same `seed`, as far as a machine's timing can be repeated.

    `count` webhooks arrive, `rate` a second; each of EVERYBODY is killed `kills` times meanwhile. When all have
    arrived, the product has `settle_s` to put everything right.
    """

    seed: int
    count: int
    rate: float = 15.0
    kills: int = 2
    settle_s: float = 150.0
    trouble: dict[str, float] = field(default_factory=lambda: dict(TROUBLE))

    def deliveries(self) -> list[Letter]:
        """What arrives, in order; some of it once more later on, as if the CRM had not heard that it was taken."""
        chance = random.Random(f"letters {self.seed}")
        placed = []
        for place in range(self.count):
            letter = Letter(chance.choice(PRIORITIES), chance.choice(LOCATIONS))
            placed.append((place, letter))
            if chance.random() < REPEATED:
                placed.append((chance.uniform(place, self.count), replace(letter)))
        return [letter for _, letter in sorted(placed, key=lambda pair: pair[0])]

    def latencies_ms(self) -> tuple[int, int]:
        """Of Gemini and of Evolution. The slower they are, the more is cut off in the middle of it."""
        chance = random.Random(f"latencies {self.seed}")
        return chance.choice(THINKING_MS), chance.choice(SPEAKING_MS)

    def victims(self) -> list[tuple[float, str]]:
        """(seconds from the start, who), in order. The first and the last moments are left out: nothing arrives there."""
        chance = random.Random(f"victims {self.seed}")
        lasts_s = self.count / self.rate
        moments = [(chance.uniform(0.05, 0.95) * lasts_s, who) for who in EVERYBODY * self.kills]
        return sorted(moments)


# Who has heard a template is answered once more, half a minute later.
UNFINISHED = """
    SELECT count(*) FROM issues_response
    WHERE state IN ('thinking', 'writing', 'speaking', 'unsure')
        OR state = 'waiting' AND due_at <= clock_timestamp() + interval '45 seconds'
"""


def longest_gap_s(letters: Iterable[Letter], said: dict[str, list[Said]]) -> float:
    """The longest time in which somebody waited and nobody was answered."""
    waited = sorted((said[one.phone][0].at, one.posted_at) for one in letters if one.phone in said)
    gap_s, before = 0.0, 0.0
    for index, (at, _) in enumerate(waited):
        since = min(posted for _, posted in waited[index:])
        gap_s, before = max(gap_s, at - max(before, since)), at
    return gap_s


@dataclass
class Report:
    """A run, told. `kills` counts those who were found and killed; `timelines` tell of the first that went wrong or are uncertain.

    `log` is what the product printed.
    """

    plan: Plan
    verdict: Verdict
    kills: Counter[str]
    gap_s: float
    longest_s: float
    timelines: list[str]
    log: str


def run(plan: Plan) -> Report:
    """Starts a product of its own, lets it all happen, and compares the books."""
    with ExitStack() as stack:
        product = Product({}, workers=WORKERS, policy=POLICY)
        outside = stack.enter_context(Outside(target=product.url, seed=plan.seed))
        product.environment |= outside.environment
        stack.enter_context(product)
        return asyncio.run(happen(plan, product, outside))


async def happen(plan: Plan, product: Product, outside: Outside) -> Report:
    """One run against a running product. Leaves the outside calm."""
    deliveries = plan.deliveries()
    thinking_ms, speaking_ms = plan.latencies_ms()
    outside.gemini(latency_ms=thinking_ms)
    outside.evolution(latency_ms=speaking_ms, **plan.trouble)
    async with crm(product, outside) as sender:
        killing = asyncio.create_task(asyncio.to_thread(kill, product, plan))
        await sender.arrive(deliveries, plan.rate, random.Random(f"arrivals {plan.seed}"))
        kills = await killing
    letters = first_of_each(deliveries)
    taken = {one.phone for one in letters if one.status == 200}
    said = await settle(product, outside, taken, plan.settle_s)
    outside.calm()
    return report(plan, product, letters, said, kills)


def kill(product: Product, plan: Plan) -> Counter[str]:
    """Kills by plan; how many of each. Who cannot be found for long is spared."""
    chance, began, kills = random.Random(f"kill {plan.seed}"), time.monotonic(), Counter[str]()
    for at_s, who in plan.victims():
        time.sleep(max(0.0, began + at_s - time.monotonic()))
        if victim := seek(product, who, chance):
            kills[who] += 1
            victim.kill()
    return kills


async def settle(product: Product, outside: Outside, taken: set[str], within_s: float) -> dict[str, list[Said]]:
    """What was said, by phone, when all of `taken` are answered and nothing is left to be done; or time is up."""
    deadline = time.monotonic() + within_s
    await answers(outside, taken, within_s)
    while time.monotonic() < deadline and await asyncio.to_thread(unfinished, product):
        await asyncio.sleep(0.5)
    await asyncio.sleep(LISTEN_S)
    return by_phone(await asyncio.to_thread(outside.said))


def unfinished(product: Product) -> bool:
    try:
        return bool(product.rows(UNFINISHED)[0][0])
    except psycopg.Error:
        return True


def report(
    plan: Plan, product: Product, letters: list[Letter], said: dict[str, list[Said]], kills: Counter[str]
) -> Report:
    books = entries(product)
    verdict = judge(letters, said, books)
    posted, phones = {one.phone: one.posted_at for one in letters}, {entry.issue: entry.phone for entry in books}
    wrong = [(issue, phones[issue]) for issue in [*verdict.twice, *verdict.lost, *verdict.uncertain] if issue in phones]
    timelines = [timeline(product, issue, posted[phone], said.get(phone, [])) for issue, phone in wrong[:SHOWN]]
    waits = [said[one.phone][0].at - one.posted_at for one in letters if one.phone in said]
    gap_s, longest_s = longest_gap_s(letters, said), max(waits, default=0.0)
    return Report(plan, verdict, kills, gap_s, longest_s, timelines, product.output())
