"""`make bench`: how fast the product is on this machine, measured from outside. Prints a table, asserts nothing.

`python -m tests.bench burst down` measures some:

pace       10 a second, no latency outside: the product's own cost of an answer
most       500 at once, no latency outside: how many it can answer a second, and what each costs the processor
real       10 a second, 2.5 s AI, 1.5 s send: what a customer would feel with real services
failing    10 a second, half the AI's answers fail: what a customer feels on a bad day
burst      500 at once, 2.5 s AI, 1.5 s send, 64 at a time
down       the same while the AI drops every connection
hanging    the same while the AI does not answer
critical   critical ones alone, at most 5 AI calls a minute: the most that the AI saw in any minute
overtake   500 low ones at once, then a critical one: when the AI is asked about it
flood      one location sends 1,000 at once, another one a second: what the second one feels, alone and beside it
screen     from a database commit to the changed number in a real browser
audience   2,000 open screens on one web process, a change each second for a minute: when they have it, what it costs
alerts     from a cause, which is a deadline that passes, to the stand-in Slack
breach     from a deadline to the socket of an open screen
notices    Slack drops every connection for an hour (`--minutes 60`): what arrives afterwards, how often and in which order
history    a database with 10,000, 1 million and 10 million issues: what its figures, pages and rollup take

The last one needs some 60 GB of disk and an hour; notices is measured only when it is named. `--sizes 10000,1000000` measures others, and `--keep DIR` leaves
the databases in that directory and finds them there again.
"""

import argparse
import asyncio
import os
import random
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager

from tests.support import cpu
from tests.support.causes import ENGLISH, Causes
from tests.support.letters import Letter, crm
from tests.support.measure import commit_to_screen, quantile, with_an_audience
from tests.support.outside import Outside
from tests.support.product import PASSWORD, USER, Product
from tests.support.scenarios import (
    UNLIMITED,
    asked_at,
    beside_a_flood,
    kinds,
    measured,
    mixed,
    most_within,
    overtakes,
    warm,
)
from tests.support.screen import breaches
from tests.support.waits import Waits

TARGET_S = 30
WIDE = UNLIMITED | {"max_parallel": 64}
NARROW = UNLIMITED | {"max_parallel": 5}
AI = {"latency_ms": 2500}
SEND = {"latency_ms": 1500}
# Short enough for five at a time to answer more than one a second.
QUICK_AI, QUICK_SEND = {"latency_ms": 300}, {"latency_ms": 100}
HANGING = AI | {"fail": {"slow": 1}, "slow_ms": 60_000}

HEADS = ["", "n", "lost", "twice", "p50 ms", "p90 ms", "p99 ms", "max ms", "a second"]
LINE = "{:<26}" + "{:>9}" * (len(HEADS) - 1) + "  {}"


def show(name: str, waits: Waits, note: str = "") -> None:
    """One line of the table."""
    count = len(waits.seconds) + waits.lost
    speed = f"{len(waits.seconds) / waits.took_s:.1f}" if waits.took_s else ""
    quantiles = [waits.ms(q) for q in (0.5, 0.9, 0.99, 1)]
    print(LINE.format(name, count, waits.lost, waits.twice, *quantiles, speed, note), flush=True)


@contextmanager
def everything(policy: dict[str, int]):
    """A product and an outside of its own, warm."""
    with Outside() as outside, Product(outside.environment, policy=policy) as product:
        outside.calm()

        async def warmed() -> None:
            async with crm(product, outside) as sender:
                await warm(sender, outside)

        asyncio.run(warmed())
        yield product, outside


def arrivals(name: str, count: int, rate: float, gemini: dict, evolution: dict, policy: dict) -> None:
    """`count` arrive, `rate` a second or all at once. Tells the share inside the target, by what kind, and the cost."""
    with everything(policy) as (product, outside):
        outside.gemini(**gemini)
        outside.evolution(**evolution)
        letters, before = mixed(count), cpu.used_s(product)

        async def go() -> Waits:
            async with crm(product, outside) as sender:
                return await measured(sender, outside, letters, rate=rate)

        waits = asyncio.run(go())
        costs = cpu.ms_per(before, cpu.used_s(product), count)
        share = f"{waits.within(TARGET_S):.1%} in {TARGET_S} s"
        show(name, waits, f"{share}; {told(kinds(product, letters))}; {told(costs, ' ms')}")


def told(numbers: dict, unit: str = "") -> str:
    return ", ".join(f"{name} {round(number, 1)}{unit}" for name, number in sorted(numbers.items()))


def pace() -> None:
    arrivals("10/s, no latency", 300, 10, {}, {}, WIDE)


def most() -> None:
    arrivals("500 at once", 500, 0, {}, {}, WIDE)


def real() -> None:
    arrivals("2.5 s AI, 1.5 s send", 200, 10, AI, SEND, WIDE)


def failing() -> None:
    arrivals("half the AI fails", 200, 10, {"fail": {"503": 0.5}}, {}, WIDE)


def burst() -> None:
    arrivals("burst, real latencies", 500, 0, AI, SEND, WIDE)


def down() -> None:
    arrivals("burst, AI down", 500, 0, {"down": True}, SEND, WIDE)


def hanging() -> None:
    arrivals("burst, AI hanging", 500, 0, HANGING, SEND, WIDE)


def critical() -> None:
    with everything(WIDE | {"critical_per_minute": 5}) as (product, outside):
        letters = [Letter(priority="critical") for _ in range(400)]

        async def go() -> Waits:
            async with crm(product, outside) as sender:
                return await measured(sender, outside, letters, rate=3)

        waits = asyncio.run(go())
        times = asked_at(outside.heard(), letters)
        show("critical, 5 AI calls/min", waits, f"at most {most_within(times, 60)} in a minute, {len(times)} in all")


def overtake() -> None:
    for policy in (NARROW, WIDE):
        with everything(policy) as (product, outside):
            outside.gemini(**AI)
            outside.evolution(**SEND)
            low = [Letter(priority="low") for _ in range(500)]

            async def go(product=product, outside=outside, low=low) -> tuple[float, Waits]:
                async with crm(product, outside) as sender:
                    return await overtakes(sender, outside, low)

            after_s, waits = asyncio.run(go())
            show(
                f"500 low, 1 critical, {policy['max_parallel']}",
                waits,
                f"critical: AI asked after {after_s * 1000:.0f} ms",
            )


def flood() -> None:
    for policy in (NARROW, WIDE):
        with everything(policy) as (product, outside):
            outside.gemini(**QUICK_AI)
            outside.evolution(**QUICK_SEND)

            async def go(product=product, outside=outside) -> tuple[Waits, Waits, Waits]:
                async with crm(product, outside) as sender:
                    return await beside_a_flood(sender, outside, flood=1000, count=60)

            alone, beside, loud = asyncio.run(go())
            places = policy["max_parallel"]
            show(f"flood of 1,000, {places}", loud)
            show(f"quiet one alone, {places}", alone, f"p95 {alone.ms(0.95)} ms")
            times = quantile(beside.seconds, 0.95) / quantile(alone.seconds, 0.95)
            door_ms = quantile(beside.at_the_door, 0.95) * 1000
            show(
                f"quiet one beside it, {places}",
                beside,
                f"p95 {beside.ms(0.95)} ms, {times:.2f} times; {door_ms:.0f} ms at the door",
            )


def screen() -> None:
    """Commit to screen, in a real browser."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("MIS_TEST_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    with everything(WIDE) as (product, _outside), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto(product.url)
        page.locator("input[name=username]").fill(USER)
        page.locator("input[name=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/performance**")
        page.locator("[data-live][data-phase=live]").wait_for()
        waits = commit_to_screen(page, product, times=50)
        browser.close()
    show("commit to screen", Waits(waits))


AUDIENCE = 2000
AUDIENCE_S = 60


def audience() -> None:
    """How long after a commit each screen has it, and what the web process needs for it: a core's share, and memory."""
    with everything(WIDE) as (product, _outside):
        waits, core, memory_mb = with_an_audience(product, AUDIENCE, AUDIENCE_S)
    show(
        f"{AUDIENCE:,} screens", Waits(waits), f"{core:.0%} of a core; {', '.join(f'{mb:.0f}' for mb in memory_mb)} MB"
    )


@contextmanager
def caused(count: int):
    """`count` causes of alerts in a product of their own."""
    with Outside() as outside, Product(outside.environment | ENGLISH) as product:
        outside.calm()
        yield Causes(product, outside, count)


def alerts(count: int = 40) -> None:
    """One about every two seconds: Slack takes one a second."""
    chance, began = random.Random(3), {}
    with caused(count) as causes:
        for number in range(count):
            began[number] = causes.begin(number)
            time.sleep(chance.uniform(1, 3))
        told = causes.wait_until_told("firing", 60)
    waits = [told[number].at - at for number, at in began.items() if number in told]
    show("cause to Slack", Waits(waits, lost=count - len(waits)), f"p95 {quantile(waits, 0.95):.1f} s")


def breach(count: int = 30) -> None:
    chance = random.Random(3)
    with caused(count) as causes:
        waits = asyncio.run(breaches(causes.product, causes, [chance.uniform(0.5, 3) for _ in range(count)]))
    show("deadline to socket", Waits(waits), f"p95 {quantile(waits, 0.95) * 1000:.0f} ms")


def notices(minutes: float = 60, count: int = 20) -> None:
    """Half of the causes end while Slack is gone, and half afterwards."""
    with caused(count) as causes:
        causes.outside.slack(down=True)
        gone = time.monotonic() + 60 * minutes
        for number in range(count):
            causes.begin(number)
        time.sleep(max(20, 60 * minutes / 2))
        for number in range(count // 2):
            causes.end(number)
        time.sleep(max(0, gone - time.monotonic()))
        causes.outside.slack(down=False)
        back_at = time.time()
        first = causes.wait_until_told("firing", 180)
        for number in range(count // 2, count):
            causes.end(number)
        last = causes.wait_until_told("resolved", 180)
        told = causes.told()
    waits = [each.at - back_at for each in first.values()]
    lost = 2 * count - len(first) - len(last)
    early = sum(last[number].at < first[number].at for number in last if number in first)
    twice = len(told) - len(first) - len(last)
    note = f"{twice} twice, {early} ends before their beginnings, after {minutes:g} min"
    show("Slack is back, to Slack", Waits(waits, lost=lost, twice=twice), note)


SIZES = [10_000, 1_000_000, 10_000_000]
SIZED = "{:<46}{:>12}{:>12}{:>7}  {:>8}  {}"


def history(sizes: list[int] = SIZES, keep: str | None = None) -> None:
    """Each size in a process of its own. Beside each figure, how many times that of the smallest size it is."""
    from tests.support.sized import in_a_process

    smallest: dict[str, float] = {}
    for size in sizes:
        print(f"\n{SIZED.format(f'{size:,} issues', 'p50', 'p95', '', 'times', '')}", flush=True)
        for line in in_a_process(size, keep):
            worst = line.values[-1]
            times = worst / smallest.setdefault(line.name, worst) if line.unit != "s" else 0.0
            values = [f"{value:,.1f}" for value in line.values]
            print(
                SIZED.format(
                    line.name, *values[:-1] or [""], values[-1], line.unit, f"{times:.2f}" if times else "", line.note
                ),
                flush=True,
            )


MEASURES: dict[str, Callable[..., None]] = {
    measure.__name__: measure
    for measure in (
        *(pace, most, real, failing, burst, down, hanging, critical, overtake, flood),
        *(screen, audience, alerts, breach, notices, history),
    )
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measures", nargs="*", metavar="measure", help="all but notices by default")
    parser.add_argument("--sizes", type=_sizes, default=SIZES, metavar="N,…", help="how many issues, for history")
    parser.add_argument("--minutes", type=float, default=60, metavar="N", help="how long Slack is gone, for notices")
    parser.add_argument("--keep", metavar="DIR", help="where the databases of history stay, to be used again")
    given = parser.parse_args()
    wanted = given.measures or [name for name in MEASURES if name != "notices"]
    if unknown := set(wanted) - set(MEASURES):
        parser.error(f"there is no {', '.join(sorted(unknown))}; write some of {', '.join(MEASURES)}")
    if wanted != ["history"]:
        print(LINE.format(*HEADS, ""), flush=True)
    for name in wanted:
        more = {"history": {"sizes": given.sizes, "keep": given.keep}, "notices": {"minutes": given.minutes}}
        MEASURES[name](**more.get(name, {}))


def _sizes(text: str) -> list[int]:
    return [int(size) for size in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())
