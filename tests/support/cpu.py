"""How much processor time the parts of a running product have used."""

from collections import Counter
from pathlib import Path

import psutil

from .product import Product

PARTS = {"daphne": "web", "qcluster": "worker", "manage.py clock": "clock"}


def used_s(product: Product) -> Counter[str]:
    """Seconds of processor time since each part began: web, worker, clock and PostgreSQL."""
    used: Counter[str] = Counter()
    for process in product.processes():
        words = " ".join(process.cmdline())
        if part := next((part for word, part in PARTS.items() if word in words), None):
            used[part] += _own(process)
    file = Path(product.folder.name) / "pg" / "postmaster.pid"
    server = psutil.Process(int(file.read_text().split()[0]))
    times = server.cpu_times()
    # Connections that have ended are on the server's account.
    used["PostgreSQL"] = _own(server) + times.children_user + times.children_system
    used["PostgreSQL"] += sum(_own(process) for process in server.children(recursive=True))
    return used


def _own(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def ms_per(before: Counter[str], after: Counter[str], count: int) -> dict[str, float]:
    """Milliseconds each of `count` pieces of work has cost, by part."""
    return {part: (after[part] - before[part]) * 1000 / max(1, count) for part in after}
