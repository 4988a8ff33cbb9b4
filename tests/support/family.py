"""Who is who among the processes of a running product. Forked workers all have the same name, so it is what they hold that tells."""

import random
import time
from pathlib import Path

import psutil
import psycopg

from .product import Product

CLUSTER = ("main", "sentinel", "pusher", "monitor", "idle worker", "busy worker")
EVERYBODY = ("web", "clock", "postgres", *CLUSTER)
SEEK_S, SEEK_AGAIN_S = 20.0, 0.02
WORDS = {"web": "daphne", "clock": "manage.py clock", "main": "qcluster"}

WORKERS = """
    SELECT pid, EXISTS (
        SELECT FROM issues_response WHERE claimed_by = process.id AND state IN ('thinking', 'writing', 'speaking')
    ) FROM mis_dashboard_process process WHERE role = 'worker' AND pid = ANY(%s)
"""


class NotNow(Exception):
    """Whoever was looked for is not there at this moment: dead, not yet started, or not to be told apart."""


def seek(product: Product, who: str, chance: random.Random | None = None) -> psutil.Process | None:
    """As `find`, again and again for a while; None when nobody was found."""
    deadline = time.monotonic() + SEEK_S
    while time.monotonic() < deadline:
        try:
            return find(product, who, chance)
        except NotNow:
            time.sleep(SEEK_AGAIN_S)
    return None


def find(product: Product, who: str, chance: random.Random | None = None) -> psutil.Process:
    """One process of the running product, of EVERYBODY; by `chance` where there are several. Raises NotNow."""
    try:
        if who == "postgres":
            return _postgres(product)
        if who in WORDS:
            return _child(product, WORDS[who])
        return _in_cluster(product, who, chance or random.Random())
    except (psutil.NoSuchProcess, psycopg.Error, OSError):
        raise NotNow(who) from None


def _postgres(product: Product) -> psutil.Process:
    file = Path(product.folder.name) / "pg" / "postmaster.pid"
    try:
        return psutil.Process(int(file.read_text().split()[0]))
    except (IndexError, ValueError):
        raise NotNow("postgres") from None


def _child(product: Product, words: str) -> psutil.Process:
    """What the supervisor has started under this name."""
    children = psutil.Process(product.process.pid).children()
    return _only([one for one in children if words in " ".join(one.cmdline())], words)


def _only(found: list[psutil.Process], who: str) -> psutil.Process:
    if len(found) != 1:
        raise NotNow(who)
    return found[0]


def _in_cluster(product: Product, who: str, chance: random.Random) -> psutil.Process:
    sentinel = _only(_child(product, WORDS["main"]).children(), "sentinel")
    if who == "sentinel":
        return sentinel
    members = sentinel.children()
    busy = dict(product.rows(WORKERS, [[one.pid for one in members]]))
    if len(members) != product.workers + 2 or len(busy) != product.workers:
        raise NotNow(who)  # it is just starting
    if who.endswith("worker"):
        wanted = [one for one in members if busy.get(one.pid) == (who == "busy worker")]
        return chance.choice(wanted) if wanted else _only([], who)
    # Of the two others the pusher alone has a connection to the database, besides the sockets both have inherited.
    others = [one for one in members if one.pid not in busy]
    return _only([one for one in others if (_sockets(one) > _sockets(sentinel)) == (who == "pusher")], who)


def _sockets(process: psutil.Process) -> int:
    links = [file for file in Path(f"/proc/{process.pid}/fd").iterdir() if file.is_symlink()]
    return sum(str(link.readlink()).startswith("socket:") for link in links)
