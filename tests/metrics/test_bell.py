"""The bell on a real PostgreSQL: what rings, what does not, and a line that breaks."""

import asyncio
from contextlib import aclosing, asynccontextmanager, suppress

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from mis_dashboard.lib import live

pytestmark = pytest.mark.django_db(transaction=True)


class Undo(Exception):
    pass


async def run(work, *args):
    """Runs `work` in a thread, on a connection of its own that is closed again."""

    def alone():
        try:
            return work(*args)
        finally:
            connections.close_all()

    return await sync_to_async(alone, thread_sensitive=False)()


@asynccontextmanager
async def heard(**options):
    """A function that waits for the next ring. The first one, "now I listen", has been heard."""
    async with aclosing(live.rings(**options)) as rings:

        async def next_ring(within_s=3.0):
            async with asyncio.timeout(within_s):
                await anext(rings)

        await next_ring()
        yield next_ring


def commit(*announcements):
    with transaction.atomic():
        for _ in announcements:
            live.announce()


def roll_back():
    with suppress(Undo), transaction.atomic():
        live.announce()
        raise Undo


def roll_back_in_part():
    with transaction.atomic():
        roll_back()
        live.announce()


async def only_one_rings(work):
    """`work` rings, and rings no second time."""
    async with heard() as next_ring:
        await run(work)
        await next_ring()
        with pytest.raises(TimeoutError):
            await next_ring(within_s=0.2)


async def test_a_committed_change_rings():
    await only_one_rings(lambda: commit(1))


async def test_many_changes_of_one_transaction_ring_once():
    await only_one_rings(lambda: commit(1, 2, 3))


async def test_a_change_outside_of_a_transaction_rings():
    await only_one_rings(live.announce)


async def test_a_change_announced_again_after_its_savepoint_was_lost_rings():
    await only_one_rings(roll_back_in_part)


async def test_a_rolled_back_change_is_never_heard():
    async with heard() as next_ring:
        await run(roll_back)
        with pytest.raises(TimeoutError):
            await next_ring(within_s=0.2)


async def test_a_line_that_is_cut_says_so():
    def cut():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE query = 'LISTEN mis_live' OR query LIKE 'UNLISTEN mis_live%'"
            )

    async with heard() as next_ring:
        await run(cut)
        with pytest.raises(psycopg.OperationalError):
            await next_ring()


async def test_a_quiet_line_is_asked_and_stays_open():
    async with heard(ping_s=0.02) as next_ring:
        with pytest.raises(TimeoutError):
            await next_ring(within_s=0.2)
    async with heard(ping_s=0.02) as next_ring:
        await run(commit, 1)
        await next_ring()


async def test_where_nothing_is_heard_what_was_written_is_noticed(monkeypatch):
    async def deaf(line):
        return False

    monkeypatch.setattr(live, "_echoes", deaf)
    async with heard(poll_s=0.01) as next_ring:
        await run(write)
        await next_ring()


async def test_a_line_that_cannot_be_had_raises(settings):
    settings.DATABASE_LISTEN_URL = "postgresql://127.0.0.1:1/none"
    with pytest.raises(psycopg.OperationalError):
        async with heard():
            pass


def write():
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_session VALUES ('key', 'data', now())")


def test_a_transaction_pays_for_one_announcement():
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        live.announce()
        with transaction.atomic():
            live.announce()
    assert [query["sql"] for query in queries if "NOTIFY" in query["sql"]] == ["NOTIFY mis_live"]


def test_the_next_transaction_announces_for_itself():
    with CaptureQueriesContext(connection) as queries:
        commit(1)
        roll_back()
        commit(1)
    assert sum("NOTIFY" in query["sql"] for query in queries) == 3
