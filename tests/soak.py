"""`make soak`: a wall stands in a real browser for MINUTES while customers write and the server is restarted. Prints a table.

A line for each sample: the memory of the page's script after a collection, its nodes and listeners, that of the
browser's process, and whether the figures are live. At the end the slope of the memory without the first tenth, which warms up; whether the page
was ever loaded anew; and how long after each restart of the server the figures were live again.
"""

import argparse
import os
import shutil
import sys
import threading
import time
from dataclasses import astuple, dataclass
from itertools import cycle

import psutil
from playwright.sync_api import CDPSession, Page, sync_playwright

from mis_dashboard.sandbox.app import Settings
from mis_dashboard.sandbox.thread import SandboxThread
from tests.browser.conftest import ARGUMENTS
from tests.support.product import Product, free_port

LIVE = "[data-fresh][data-state=good]"
WORDS = ["Não consigo acessar minha conta", "O pagamento foi recusado", "Quero agendar uma visita", "Meu boleto venceu"]
LINK = "from metrics.models import WallScreen; from metrics.wall import screens; print(screens.link(WallScreen(name='soak')))"

HEADS = ["minute", "heap KB", "nodes", "listeners", "process MB", "pushes", "figures"]
LINE = "{:>12.1f}{:>12.0f}{:>12}{:>12}{:>12.0f}{:>12}{:>12}"


@dataclass
class Sample:
    minute: float
    heap_kb: float
    nodes: int
    listeners: int
    process_mb: float
    pushes: int
    figures: str


class Writers(threading.Thread):
    """Customers, who write so many times a second until they are told to stop."""

    def __init__(self, box: SandboxThread, per_second: float):
        super().__init__(daemon=True)
        self.box, self.wait_s, self.done = box, 1 / per_second, threading.Event()

    def run(self) -> None:
        for person, words in zip(cycle(self.box.people), cycle(WORDS), strict=False):
            if self.done.wait(self.wait_s):
                return
            self.box.post_workflow(words, person=person)  # 0 while the server is away


def soak(minutes: float, per_second: float, restarts: int, every_s: float) -> int:
    """Exit status 1 when the page was loaded anew, or was not live again after a restart."""
    port, settings = free_port(), Settings()
    unlimited = {"debounce_seconds": 0, "critical_per_minute": 0, "ai_per_minute": 0}
    with Product(settings.environment(f"http://127.0.0.1:{port}"), policy=unlimited) as product:
        target = {"ghl_private_key": settings.ghl_private_key, "target": product.url}
        with SandboxThread(port, **target) as box, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_browser(), args=ARGUMENTS)
            page = browser.new_page(viewport={"width": 1920, "height": 1080})
            writers = Writers(box, per_second)
            writers.start()
            try:
                return _watched(page, product, minutes, restarts, every_s)
            finally:
                writers.done.set()
                browser.close()


def _watched(page: Page, product: Product, minutes: float, restarts: int, every_s: float) -> int:
    pushes = [0]
    page.on("websocket", lambda socket: socket.on("framereceived", lambda _: pushes.__setitem__(0, pushes[0] + 1)))
    page.goto(f"{product.url}/wall/{product.manage('shell', '-v', '0', '-c', LINK).split()[-1]}")
    page.locator(LIVE).wait_for()
    page.evaluate("window.notReloaded = true")
    line = page.context.new_cdp_session(page)
    begun, samples, recoveries = time.monotonic(), [], []
    due = [(number + 1) * minutes * 60 / (restarts + 1) for number in range(restarts)]
    print("".join(f"{head:>12}" for head in HEADS), flush=True)
    while (gone := time.monotonic() - begun) < minutes * 60:
        if due and gone >= due[0]:
            due.pop(0)
            recoveries.append(_restarted(page, product))
            continue
        samples.append(_sampled(page, line, gone / 60, pushes[0]))
        print(LINE.format(*astuple(samples[-1])), flush=True)
        page.wait_for_timeout(every_s * 1000)
    stayed = page.evaluate("window.notReloaded === true")
    warm = samples[len(samples) // 10 :]
    print(f"\nheap: {_slope([(s.minute / 60, s.heap_kb) for s in warm]):+.1f} KB an hour")
    print(f"process: {_slope([(s.minute / 60, s.process_mb) for s in warm]):+.1f} MB an hour")
    print(f"loaded anew: {'no' if stayed else 'YES'}")
    print(f"live after each restart: {', '.join(f'{seconds:.1f} s' for seconds in recoveries) or 'none'}")
    return 0 if stayed and all(seconds < 60 for seconds in recoveries) else 1


def _restarted(page: Page, product: Product) -> float:
    """Kills the web process; seconds from when its successor answers until the figures are live."""
    web = next(process for process in product.processes() if "daphne" in " ".join(process.cmdline()))
    web.kill()
    page.locator("[data-fresh]:not([data-state=good])").wait_for()
    while product.get("/healthz")[0] != 200:
        page.wait_for_timeout(50)
    answers = time.monotonic()
    page.locator(LIVE).wait_for(timeout=120_000)
    took = time.monotonic() - answers
    print(f"{'':>12}the server was restarted; live {took:.1f} s after it answered", flush=True)
    return took


def _sampled(page: Page, line: CDPSession, minute: float, pushes: int) -> Sample:
    line.send("HeapProfiler.collectGarbage")
    heap = line.send("Runtime.getHeapUsage")["usedSize"] / 1024
    counted = line.send("Memory.getDOMCounters")
    is_old = page.locator("body.is-stale").count() == 1
    return Sample(
        minute,
        heap,
        counted["nodes"],
        counted["jsEventListeners"],
        _renderers_mb(),
        pushes,
        "old" if is_old else "live",
    )


def _renderers_mb() -> float:
    """The memory of the browser's pages that we started."""
    ours = psutil.Process().children(recursive=True)
    return sum(_rss(each) for each in ours) / 2**20


def _rss(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss if "--type=renderer" in process.cmdline() else 0
    except psutil.NoSuchProcess:
        return 0


def _slope(points: list[tuple[float, float]]) -> float:
    """Of the line that lies nearest to the points, by least squares."""
    if len(points) < 2:
        return 0.0
    middle_x, middle_y = (sum(values) / len(points) for values in zip(*points, strict=True))
    spread = sum((x - middle_x) ** 2 for x, _y in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread if spread else 0.0


def _browser() -> str | None:
    return os.environ.get("MIS_TEST_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--rate", type=float, default=1.0, help="webhooks a second")
    parser.add_argument("--restarts", type=int, default=3, help="how often the web process is killed")
    parser.add_argument("--every", type=float, default=30, help="seconds between two samples")
    given = parser.parse_args()
    return soak(given.minutes, given.rate, given.restarts, given.every)


if __name__ == "__main__":
    sys.exit(main())
