"""What is measured of a running product, in large by `make bench` and in small by the tests."""

import asyncio
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable

from .books import entries
from .letters import Crm, Letter
from .outside import Heard, Outside, Said
from .product import Product
from .waits import Waits, answers, phones

UNLIMITED = {"critical_per_minute": 0, "ai_per_minute": 0, "debounce_seconds": 0}
PRIORITIES = ("critical", "high", "medium", "low")


def mixed(count: int, **same) -> list[Letter]:
    """Letters of all priorities in turn."""
    return [Letter(priority=PRIORITIES[number % 4], **same) for number in range(count)]


async def answered(
    sender: Crm, outside: Outside, letters: list[Letter], rate: float = 0, within_s: float = 90
) -> dict[str, list[Said]]:
    """What was said, by phone, when `letters` arrived (`rate` a second, or all at once) and had `within_s` after the last."""
    await sender.arrive(letters, rate)
    return await answers(outside, phones(letters), within_s)


async def measured(sender: Crm, outside: Outside, letters: list[Letter], **how) -> Waits:
    """How long the customers who wrote `letters` waited; `how` is as in `answered`."""
    return waits(sender, letters, await answered(sender, outside, letters, **how))


def waits(sender: Crm, letters: list[Letter], said: dict[str, list[Said]]) -> Waits:
    return Waits.of(letters, said, entries(sender.product))


async def warm(sender: Crm, outside: Outside) -> None:
    """What is done once in a process has been done."""
    await answered(sender, outside, mixed(8), within_s=20)


def kinds(product: Product, letters: list[Letter]) -> Counter[str]:
    """How the customers who wrote `letters` were first answered: by the AI, by a template …"""
    statement = """
        SELECT response.kind, count(*) FROM issues_response response
        JOIN issues_issue issue ON issue.id = response.issue_id
        JOIN issues_customer customer ON customer.id = issue.customer_id
        WHERE response.spoken_at IS NOT NULL AND response.purpose = 'reply' AND customer.phone = ANY(%s)
        GROUP BY response.kind
    """
    return Counter(dict(product.rows(statement, [[f"+{letter.phone}" for letter in letters]])))


# --- Budgets -----------------------------------------------------------------------------------


def asked_at(heard: Iterable[Heard], letters: Iterable[Letter]) -> list[float]:
    """When Gemini was asked about any of `letters`, in order: a letter's code stands in the question."""
    codes = {letter.code for letter in letters}
    return sorted(one.at for one in heard if one.text.rpartition("(")[2].rstrip(")") in codes)


def most_within(times: list[float], window_s: float) -> int:
    """The most of the (ordered) `times` that fall into one window of that length, wherever it begins. Its end is not in it."""
    return max((bisect_right(times, at + window_s - 1e-9) - place for place, at in enumerate(times)), default=0)


# --- Fairness ----------------------------------------------------------------------------------


async def overtakes(sender: Crm, outside: Outside, low: list[Letter], pause_s: float = 0.5) -> tuple[float, Waits]:
    """Seconds until Gemini is asked about a critical letter that arrives while `low` ones wait, and how long those waited.

    Infinity when it never is.
    """
    await sender.arrive(low)
    await asyncio.sleep(pause_s)
    critical = Letter(priority="critical", location=low[0].location)
    await sender.deliver(critical)
    said = await answers(outside, phones([critical, *low]), 330)  # the target of low ones is 300 s
    times = asked_at(await asyncio.to_thread(outside.heard), [critical])
    return (times[0] - critical.posted_at if times else float("inf")), waits(sender, low, said)


async def trickle(sender: Crm, outside: Outside, count: int, every_s: float = 1.0) -> Waits:
    """How long the customers of a quiet location wait, one of whom writes each `every_s`."""
    letters = [Letter(location="loc_quiet") for _ in range(count)]
    async with asyncio.TaskGroup() as group:
        began = time.monotonic()
        for number, letter in enumerate(letters):
            await asyncio.sleep(max(0.0, began + number * every_s - time.monotonic()))
            group.create_task(sender.deliver(letter))
    return waits(sender, letters, await answers(outside, phones(letters), 60))


async def beside_a_flood(
    sender: Crm, outside: Outside, flood: int, count: int, every_s: float = 1.0
) -> tuple[Waits, Waits, Waits]:
    """How long a quiet location waits alone, and while another one sends `flood` letters at once; and how long the latter does."""
    alone = await trickle(sender, outside, count, every_s)
    letters = [Letter(location="loc_loud") for _ in range(flood)]
    loud = asyncio.create_task(answered(sender, outside, letters, within_s=180))
    beside = await trickle(sender, outside, count, every_s)
    return alone, beside, waits(sender, letters, await loud)
