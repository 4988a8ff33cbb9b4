"""HTTP clients for the services we call: bounded in time and in connections, and never shared across a fork."""

import logging
import os
from collections.abc import Callable, Mapping

import httpx

# httpx logs every address it calls at INFO, and our addresses name instances and contacts.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

# Node servers close an idle connection after 5 s. We let go first, or a request now and then
# meets a connection that is just being closed, and nobody can tell whether it was read.
IDLE_S = 4.0


def client(
    base_url: str,
    headers: Mapping[str, str] | None = None,
    *,
    timeout_s: float = 20.0,
    connect_s: float = 3.0,
    pool_s: float = 2.0,
    connections: int = 100,
    transport: httpx.BaseTransport | None = None,
) -> httpx.Client:
    """A new client for one service. It may be shared by threads, and not by processes: see `PerProcess`.

    `timeout_s` bounds each wait while writing and reading, `connect_s` the connecting, `pool_s`
    the wait for one of the `connections`. Redirects are not followed: a POST that wanders is a
    wrong address. Proxies and keys in the environment are not read.
    """
    return httpx.Client(
        base_url=base_url,
        headers={"User-Agent": "mis", **(headers or {})},
        timeout=httpx.Timeout(timeout_s, connect=connect_s, pool=pool_s),
        limits=httpx.Limits(
            max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=IDLE_S
        ),
        transport=transport,
        follow_redirects=False,
        trust_env=False,
    )


class PerProcess:
    """Calling it gives this process's own client, made by `make` when first asked for.

    A forked child makes a new one. It keeps the parent's, unused: closing it would say goodbye
    on connections on which the parent still speaks.
    """

    def __init__(self, make: Callable[[], httpx.Client]):
        self._make = make
        self._clients: dict[int, httpx.Client] = {}

    def __call__(self) -> httpx.Client:
        pid = os.getpid()
        return self._clients.get(pid) or self._first(pid)

    def _first(self, pid: int) -> httpx.Client:
        # No lock, which a fork could copy in its locked state: of two threads that meet here, one keeps its client.
        made = self._make()
        kept = self._clients.setdefault(pid, made)
        if kept is not made:
            made.close()
        return kept
