"""How long things take."""

import math
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
        received_at, updated_at, response_due_at, resolution_due_at, resolved_by,
        resolution_basis, resolution_notes, escalation_reason, rated_resolver)
    VALUES (%(id)s, 'bench', 'ghl', 'other', 'medium', 'open', 'x', '', '{}', %(at)s, %(at)s, %(at)s, %(due)s, %(due)s,
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
            at = datetime.now(UTC)
            with connection.transaction():
                row = {"id": uuid7(), "at": at, "due": at + timedelta(hours=1)}
                connection.execute(INSERT, row)
                connection.execute("NOTIFY mis_live")
            committed = time.time()
            page.wait_for_function("n => window.seen.length > n", arg=seen, polling=5)
            waits.append(page.evaluate("n => window.seen[n]", seen) / 1000 - committed)
            time.sleep(pause_s)
    return waits


WATCH = """() => {
    window.seen = [];
    const place = document.querySelector('[data-now=waiting] [data-part=value]');
    new MutationObserver(() => window.seen.push(performance.timeOrigin + performance.now()))
        .observe(place, {childList: true, characterData: true, subtree: true});
}"""
