"""`make bench`: how fast the product is on this machine, measured from outside. Prints a table, asserts nothing.

10/s, no latency       the product's own cost of an answer
500 at once            how many it can answer a second
2.5 s AI, 1.5 s send   what a customer would feel with real services
half the AI fails      what a customer feels on a bad day
commit to screen       from a database commit to the changed number in a real browser
"""

import asyncio
import os
import random
import shutil
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field

import aiohttp

from mis_dashboard.sandbox.app import Settings
from tests.support.measure import commit_to_screen, quantile
from tests.support.product import PASSWORD, ROOT, USER, Product, free_port

UNLIMITED = {"critical_per_minute": 0, "ai_per_minute": 0, "max_parallel": 64, "debounce_seconds": 0}
DRAIN_S = 60
PRIORITIES = ("critical", "high", "medium", "low")


@dataclass
class Scenario:
    """`rate` webhooks a second (0: all at once), `count` of them, against services that behave as `modes` say."""

    name: str
    rate: float
    count: int
    gemini: dict = field(default_factory=dict)
    evolution: dict = field(default_factory=dict)


SCENARIOS = [
    Scenario("10/s, no latency", 10, 300),
    Scenario("500 at once", 0, 500),
    Scenario("2.5 s AI, 1.5 s send", 10, 200, {"latency_ms": 2500, "spread": 0}, {"latency_ms": 1500, "spread": 0}),
    Scenario("half the AI fails", 10, 200, {"fail": {"503": 0.5}}),
]
CALM = {"latency_ms": 0, "spread": 0, "fail": {"503": 0.0}}


class Outside:
    """The sandbox in a process of its own, so that it takes no time from the measuring."""

    def __init__(self):
        self.settings, self.port = Settings(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = self.settings.environment(self.url)

    def __enter__(self):
        command = [sys.executable, "-m", "mis_dashboard.sandbox", "--calm", "--quiet", "--rate", "0"]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port)], cwd=ROOT, env=os.environ | self.environment
        )
        return self

    def __exit__(self, *error):
        self.process.terminate()
        self.process.wait(10)


async def measure(scenario: Scenario, product: Product, outside: Outside) -> list:
    """One row of the table: n, lost, twice, TTFR p50, p90, p99 and maximum in ms, answers a second."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as web:
        await web.post(f"{outside.url}/sandbox/gemini", json=CALM | scenario.gemini)
        await web.post(f"{outside.url}/sandbox/evolution", json={"latency_ms": 0, "spread": 0} | scenario.evolution)
        base = 5_511_910_000_000 + random.randrange(80_000_000)
        for warm in range(5):
            await knock(web, product, outside, base + 900_000 + warm, warm)
        await asyncio.sleep(1)
        posted = await arrive(scenario, web, product, outside, base)
        sent = await drain(web, outside, posted)
    waits = [sent[phone][0] - at for phone, at in posted.items() if phone in sent]
    last = max(times[0] for phone, times in sent.items() if phone in posted)
    return [
        scenario.name,
        len(posted),
        len(posted) - len(waits),
        sum(len(sent.get(phone, [])) > 1 for phone in posted),
        *(f"{quantile(waits, q) * 1000:.0f}" for q in (0.5, 0.9, 0.99, 1)),
        f"{len(waits) / (last - min(posted.values())):.0f}",
    ]


async def arrive(scenario: Scenario, web, product: Product, outside: Outside, base: int) -> dict[str, float]:
    """Posts the webhooks; when each was posted, by phone."""
    posted, tasks, chance = {}, [], random.Random(7)
    for number in range(scenario.count):
        phone = str(base + number)
        posted[phone] = time.time()
        tasks.append(asyncio.create_task(knock(web, product, outside, base + number, number)))
        if scenario.rate:
            await asyncio.sleep(chance.expovariate(scenario.rate))
    await asyncio.gather(*tasks)
    return posted


async def knock(web, product: Product, outside: Outside, phone: int, number: int) -> None:
    text = f"O pagamento foi recusado e o pedido não saiu ({uuid.uuid4().hex[:8]})"
    data = {"message": text, "priority": PRIORITIES[number % 4], "event_id": str(uuid.uuid4())}
    body = {"contact_id": f"ct{phone}", "phone": f"+{phone}", "full_name": "Cliente", "customData": data}
    headers = {"X-MIS-Webhook-Secret": outside.settings.ghl_secret}
    async with web.post(f"{product.url}/api/webhooks/ghl", json=body, headers=headers) as answer:
        answer.raise_for_status()


async def drain(web, outside: Outside, posted: dict[str, float]) -> dict[str, list[float]]:
    """When WhatsApp took the answers, by phone, after waiting for all of them."""
    deadline = time.monotonic() + DRAIN_S
    while True:
        async with web.get(f"{outside.url}/sandbox/sent") as answer:
            sent: dict[str, list[float]] = {}
            for message in await answer.json():
                sent.setdefault(message["phone"], []).append(message["at"])
        if posted.keys() <= sent.keys() or time.monotonic() > deadline:
            return sent
        await asyncio.sleep(0.2)


def screen(product: Product) -> list:
    """Commit to screen, in a real browser."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("MIS_TEST_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
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
    return [
        "commit to screen",
        len(waits),
        "",
        "",
        *(f"{quantile(waits, q) * 1000:.0f}" for q in (0.5, 0.9, 0.99, 1)),
        "",
    ]


def main() -> None:
    heads = ["", "n", "lost", "twice", "p50 ms", "p90 ms", "p99 ms", "max ms", "a second"]
    line = "{:<22}" + "{:>9}" * 8
    print(line.format(*heads), flush=True)
    with Outside() as outside, Product(outside.environment, policy=UNLIMITED) as product:
        for scenario in SCENARIOS:
            print(line.format(*asyncio.run(measure(scenario, product, outside))), flush=True)
        print(line.format(*screen(product)), flush=True)


if __name__ == "__main__":
    main()
