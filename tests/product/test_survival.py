"""Whatever dies, every event that was accepted is answered, once, and nothing is left running."""

import os
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from mis_dashboard.sandbox.app import Settings
from mis_dashboard.sandbox.thread import SandboxThread
from tests.support.family import seek
from tests.support.product import Product, free_port

pytestmark = pytest.mark.timeout(240)
POLICY = {"debounce_seconds": 0, "critical_per_minute": 0, "ai_per_minute": 0, "max_parallel": 16}


@pytest.fixture(scope="module")
def running():
    """The product, and the sandbox outside of it with an AI that takes its time."""
    port, settings = free_port(), Settings()
    with (
        Product(settings.environment(f"http://127.0.0.1:{port}"), policy=POLICY) as product,
        SandboxThread(port, target=product.url, ghl_private_key=settings.ghl_private_key) as box,
    ):
        box.set_gemini(latency_ms=300)
        yield product, box


@pytest.mark.parametrize("name", ["busy worker", "main", "clock", "web", "postgres"])
def test_every_accepted_event_is_answered_once_when_this_is_killed(running, name):
    product, box = running
    people = box.people[:40]
    before = Counter(message.phone for message in box.sent)
    with ThreadPoolExecutor(4) as pool:
        posts = [
            pool.submit(box.post_workflow, f"O pedido {number} não chegou", person=person, event_id=f"{name}-{number}")
            for number, person in enumerate(people)
        ]
        while sum(post.done() for post in posts) < 15:
            time.sleep(0.01)
        seek(product, name).kill()
        accepted = [person.digits for person, post in zip(people, posts, strict=True) if post.result() == 200]
    assert len(accepted) >= 15
    deadline = time.monotonic() + 60
    while True:
        now = Counter(message.phone for message in box.sent)
        said = {phone: now[phone] - before[phone] for phone in accepted}
        if all(said.values()):
            break
        assert time.monotonic() < deadline, Counter(said.values())
        time.sleep(0.2)
    time.sleep(1)
    now = Counter(message.phone for message in box.sent)
    assert Counter(now[phone] - before[phone] for phone in accepted) == {1: len(accepted)}
    product.wait_until_ready()


def test_ctrl_c_stops_all_of_it():
    port, settings = free_port(), Settings()
    with Product(settings.environment(f"http://127.0.0.1:{port}")) as product:
        family = product.processes()
        assert len(family) >= 6
        began = time.monotonic()
        product.process.send_signal(signal.SIGINT)
        assert product.process.wait(30) == 0
        assert time.monotonic() - began < 15
        assert not [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
        assert not os.path.exists(f"{product.folder.name}/pg/postmaster.pid")
