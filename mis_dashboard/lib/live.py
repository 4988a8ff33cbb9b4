"""The bell: a change announces itself in its transaction, and every web process hears it when that commits.

The channel carries no content. Whoever hears it reads the database, so a ring that is missed,
doubled or merged with another does no harm.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from uuid import uuid4

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction

CHANNEL = "mis_live"
CALL = (CHANNEL, "")  # what `announce` says, for a statement that is on its way anyway
PING_S = 5.0
POLL_S = 1.0
ECHO_S = 2.0
LINE = {
    "autocommit": True,
    "prepare_threshold": None,  # a pooler may sit in between, and prepared statements break there
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}

log = logging.getLogger("mis.live")


def announce(using: str = DEFAULT_DB_ALIAS) -> None:
    """Tells every open screen that something changed, when the running transaction commits, and never if it does not.

    The first call in a transaction costs one round trip, the others none. Outside of a
    transaction it is heard at once. Raises what the connection raises.
    """
    if _is_announced(using):
        return
    with connections[using].cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")
    transaction.on_commit(_announced, using=using)


def _announced() -> None:
    """Does nothing: that it waits for the commit says that the bell will ring then."""


def _is_announced(using: str) -> bool:
    # Django drops the hook exactly when PostgreSQL drops the notification: with its savepoint or transaction.
    return any(hook[1] is _announced for hook in connections[using].run_on_commit)


async def rings(ping_s: float = PING_S, poll_s: float = POLL_S) -> AsyncIterator[None]:
    """Yields once when it has begun to listen, then after every announced change, on a connection of its own.

    Where LISTEN does not work (a transaction pooler swallows it) it looks every `poll_s` whether
    anything was written. Raises `psycopg.Error` or `TimeoutError` when the line is lost: listen again.
    """
    async with await connect() as connection:
        heard = _notified(connection, ping_s) if await _can_listen(connection) else _written(connection, poll_s)
        async with aclosing(heard):
            async for _ in heard:
                yield


async def connect() -> psycopg.AsyncConnection:
    """A new direct connection in autocommit, outside of Django's handling and pool."""
    if settings.DATABASE_LISTEN_URL:
        return await psycopg.AsyncConnection.connect(settings.DATABASE_LISTEN_URL, **LINE)
    params = connections[DEFAULT_DB_ALIAS].get_connection_params()
    ours = {name: value for name, value in params.items() if name not in {"cursor_factory", "context"}}
    return await psycopg.AsyncConnection.connect(**(ours | LINE))


async def _can_listen(connection: psycopg.AsyncConnection) -> bool:
    try:
        await connection.execute(f"LISTEN {CHANNEL}")
    except psycopg.OperationalError:
        raise
    except psycopg.Error as error:
        log.warning("LISTEN is refused (%s): looking every second instead.", type(error).__name__)
        return False
    if await _echoes(connection):
        return True
    log.warning("LISTEN hears nothing: set DATABASE_LISTEN_URL to a direct address. Looking every second instead.")
    return False


async def _echoes(connection: psycopg.AsyncConnection) -> bool:
    """Whether a word from another session arrives. A transaction pooler accepts LISTEN and then delivers nothing."""
    channel = f"{CHANNEL}_{uuid4().hex}"
    await connection.execute(f"LISTEN {channel}")
    async with await connect() as other:
        await other.execute(f"NOTIFY {channel}")
    heard = [notice async for notice in connection.notifies(timeout=ECHO_S, stop_after=1)]
    await connection.execute(f"UNLISTEN {channel}")
    return bool(heard)


async def _notified(connection: psycopg.AsyncConnection, ping_s: float) -> AsyncIterator[None]:
    yield
    while True:
        # Left open, the loop would keep the connection's lock, and closing the connection would wait for ever.
        async with aclosing(connection.notifies(timeout=ping_s)) as notices:
            async for _ in notices:
                yield
        # A dead line is silent: only a question finds out.
        async with asyncio.timeout(ping_s):
            await connection.execute("SELECT 1")


async def _written(connection: psycopg.AsyncConnection, poll_s: float) -> AsyncIterator[None]:
    last = None
    while True:
        async with asyncio.timeout(PING_S):
            cursor = await connection.execute("SELECT pg_current_wal_insert_lsn()")
            [position] = await cursor.fetchone()
        if position != last:
            yield
        last = position
        await asyncio.sleep(poll_s)
