"""How long things take."""

import json
import math
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import psycopg

from mis_dashboard.embedded import Embedded
from mis_dashboard.lib.ids import uuid7


def quantile(values: list[float], q: float) -> float:
    """The value below which a share `q` of the values lies; the highest for few of them, not a number for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))] if ordered else math.nan


INSERT = """
    INSERT INTO issues_issue (id, location, source, type, priority, status, text, sentiment, metadata, detected_at,
        received_at, updated_at, response_risk_at, response_due_at, resolution_risk_at, resolution_due_at, resolved_by,
        resolution_basis, resolution_notes, escalation_reason, rated_resolver)
    VALUES (%(id)s, %(location)s, 'ghl', 'other', 'medium', 'open', 'x', '', '{}', %(at)s, %(at)s, %(at)s, %(due)s, %(due)s, %(due)s, %(due)s,
        '', '', '', '', '')
"""


def commit_to_screen(page, product, times: int, pause_s: float = 0.6) -> list[float]:
    """Seconds from the commit of one more waiting issue to the page showing it, `times` over.

    Both ends are read on this machine's clock: the commit by us, the change by a MutationObserver in the page.
    """
    page.evaluate(WATCH)
    waits = []
    with psycopg.connect(Embedded(product.folder.name).url, autocommit=True) as connection:
        for _ in range(times):
            seen = page.evaluate("window.seen.length")
            committed = _one_more(connection)
            page.wait_for_function("n => window.seen.length > n", arg=seen, polling=5)
            waits.append(page.evaluate("n => window.seen[n]", seen) / 1000 - committed)
            time.sleep(pause_s)
    return waits


def with_an_audience(product, count: int, seconds: int) -> tuple[list[float], float, list[float]]:
    """A change a second, seen by `count` screens: seconds from each commit to each screen; the share of a core that the web
    process used; and its memory in MB at the beginning, in the middle and at the end.
    """
    web = next(each for each in product.processes() if "daphne" in " ".join(each.cmdline()))
    url, cookie = f"ws://127.0.0.1:{product.port}/ws/performance/?window=24h", session(product)
    command = [sys.executable, "-m", "tests.support.audience", url, cookie, str(count), str(seconds + 3)]
    committed, memory = [], []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as screens:
        assert screens.stdout.readline().strip() == "ready"
        before, began = sum(web.cpu_times()[:2]), time.monotonic()
        with psycopg.connect(Embedded(product.folder.name).url, autocommit=True) as connection:
            for number in range(seconds):
                if number % (seconds // 2) == 0:
                    memory.append(web.memory_info().rss / 2**20)
                committed.append(_one_more(connection))
                time.sleep(max(0.0, began + number + 1 - time.monotonic()))
        core = (sum(web.cpu_times()[:2]) - before) / (time.monotonic() - began)
        memory.append(web.memory_info().rss / 2**20)
        seen = [sorted(moments) for moments in json.loads(screens.stdout.readline()).values()]
    first_after = [
        min((moments for moments in seen if moments[0] > at), key=lambda moments: moments[0]) for at in committed
    ]
    return [at - commit for commit, moments in zip(committed, first_after, strict=True) for at in moments], core, memory


def session(product) -> str:
    """The cookie of somebody who has just signed in."""
    return product.manage("shell", "--no-imports", "-c", SIGN_IN).strip().splitlines()[-1]


SIGN_IN = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
user = get_user_model().objects.filter(is_superuser=True).first()
store = import_module(settings.SESSION_ENGINE).SessionStore()
store[SESSION_KEY], store[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
store.create()
print(store.session_key)
"""


def _one_more(connection) -> float:
    """One more waiting issue; the moment of its commit in Unix seconds."""
    at = datetime.now(UTC)
    with connection.transaction():
        connection.execute(INSERT, {"id": uuid7(), "location": "bench", "at": at, "due": at + timedelta(hours=1)})
        connection.execute("NOTIFY mis_live")
    return time.time()


WATCH = """() => {
    window.seen = [];
    const place = document.querySelector('[data-now=waiting] [data-part=value]');
    new MutationObserver(() => window.seen.push(performance.timeOrigin + performance.now()))
        .observe(place, {childList: true, characterData: true, subtree: true});
}"""
