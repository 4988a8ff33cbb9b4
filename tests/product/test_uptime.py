"""What was down is seen as down, and nothing else, whoever was there to note it."""

import time
from collections.abc import Iterable

import psutil
import pytest

from tests.support.family import NotNow, find
from tests.support.product import Product

pytestmark = pytest.mark.timeout(240)
OURS = {"web", "worker", "clock", "database"}


@pytest.fixture(scope="module")
def running():
    """The product, up for some seconds, and a key for its figures."""
    with Product({}) as product:
        key = product.manage("apikey", "uptime").split()[-1]
        yield product, key


def down_s(product: Product, key: str) -> dict[str, float]:
    """For how many seconds each component was down."""
    found = product.snapshot(key)["kpis"]["availability"]["extra"]["components"]
    return {name: round(found[name]["down_minutes"] * 60, 1) for name in OURS}


def keep_down(product: Product, whom: Iterable[str], for_s: float) -> None:
    """Kills them, and again whenever they are back."""
    deadline = time.monotonic() + for_s
    while time.monotonic() < deadline:
        for who in whom:
            try:
                find(product, who).kill()
            except (NotNow, psutil.NoSuchProcess):
                time.sleep(0.02)


def wait_until_seen(product: Product, roles: Iterable[str]) -> None:
    """Until each of them has beaten in the last second or so."""
    deadline = time.monotonic() + 30
    seen = "SELECT count(*) FROM (SELECT component FROM mis_dashboard_span WHERE until > now() - interval '2 seconds' AND component = ANY(%s) GROUP BY 1) AS one"
    while product.rows(seen, [list(roles)]) != [(len(list(roles)),)]:
        assert time.monotonic() < deadline, product.output()
        time.sleep(0.1)


def test_a_worker_that_is_killed_is_down_until_it_is_back_though_the_clock_was_killed_too(running):
    product, key = running
    wait_until_seen(product, ["web", "worker", "clock"])
    before = down_s(product, key)
    keep_down(product, ["main", "clock"], for_s=8)
    wait_until_seen(product, ["worker", "clock"])
    after = down_s(product, key)
    lost = {name: after[name] - before[name] for name in OURS}
    assert lost["worker"] > 7 < lost["clock"]
    assert lost["web"] == lost["database"] == 0


def test_without_the_database_all_of_it_is_down(running):
    product, key = running
    before = down_s(product, key)
    keep_down(product, ["postgres"], for_s=8)
    product.wait_until_ready()
    wait_until_seen(product, ["web", "worker", "clock"])
    after = down_s(product, key)
    assert all(after[name] - before[name] > 6 for name in OURS), (before, after)
