"""The socket through the whole ASGI application: who may open it, what it sends, and when it ends."""

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone

from metrics.consumers import OPEN, Performance
from metrics.live import Hub
from mis_dashboard.asgi import application
from mis_dashboard.lib import live
from tests.support import make

pytestmark = pytest.mark.django_db(transaction=True)
ORIGIN = (b"origin", b"http://localhost")


@pytest.fixture
def browser():
    """A browser in which Ana is logged in."""
    client = Client()
    client.force_login(get_user_model().objects.create_user("ana"))
    return client


@pytest.fixture
async def hub(monkeypatch):
    hub = Hub()
    monkeypatch.setattr(Performance, "hub", hub)
    yield hub
    await hub.close()
    await sync_to_async(connections.close_all)()


class Socket(WebsocketCommunicator):
    """A browser's socket to the product."""

    def __init__(self, client: Client | None = None, query: str = "", origin=ORIGIN):
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value if client else "none"
        headers = [(b"host", b"localhost"), (b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()), origin]
        super().__init__(application, f"/ws/performance/{query}", headers)

    async def next(self) -> dict:
        found = json.loads(await self.receive_from(5))
        await self.send_json_to({"seq": found["seq"]})
        return found

    async def next_with(self, wanted) -> dict:
        """The first snapshot of which `wanted` is true. Others come before it: a line that begins to listen rings."""
        while True:
            found = await self.next()
            if wanted(found):
                return found

    async def closed_with(self) -> int:
        while (sent := await self.receive_output(5))["type"] != "websocket.close":
            pass
        return sent["code"]


async def run(work):
    """Runs `work` in a thread, on a connection of its own that is closed again."""

    def alone():
        try:
            return work()
        finally:
            connections.close_all()

    return await sync_to_async(alone, thread_sensitive=False)()


def one_more_issue():
    with transaction.atomic():
        make.issue(at=timezone.now())
        live.announce()


async def test_a_logged_in_browser_gets_the_snapshot_at_once(hub, browser):
    socket = Socket(browser, "?window=7d")
    await socket.connect(5)
    found = await socket.next()
    assert (found["v"], found["window"], found["boot"]) == (1, "7d", hub.boot)
    assert found["seq"] >= 1
    await socket.disconnect()


async def test_a_committed_change_reaches_the_screen(hub, browser):
    socket = Socket(browser)
    await socket.connect(5)
    await socket.next_with(lambda found: found["now"]["open"] == 0)
    await run(one_more_issue)
    found = await socket.next_with(lambda found: found["now"]["open"] == 1)
    assert found["now"]["waiting"] == 1
    await socket.disconnect()


async def test_a_change_is_seen_after_the_line_was_cut(hub, browser):
    def cut():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE query LIKE 'UNLISTEN mis_live%' AND datname = current_database()"
            )
            return cursor.fetchone()[0]

    socket = Socket(browser)
    await socket.connect(5)
    await socket.next()
    await socket.next()  # the line listens
    while not await run(cut):
        pass
    await run(one_more_issue)
    await socket.next_with(lambda found: found["now"]["open"] == 1)
    await socket.disconnect()


async def test_a_stranger_is_told_that_there_is_no_session(hub):
    socket = Socket()
    await socket.connect(5)
    assert await socket.closed_with() == 4401


async def test_an_unknown_window_is_refused(hub, browser):
    socket = Socket(browser, "?window=2h")
    await socket.connect(5)
    assert await socket.closed_with() == 4400


@pytest.mark.parametrize("text", ["hello", "[]", "{}", '{"seq":"1"}', '{"seq":null}', "[" * 100_000])
async def test_a_message_that_acknowledges_nothing_ends_the_socket(hub, browser, text):
    socket = Socket(browser)
    await socket.connect(5)
    await socket.send_to(text)
    assert await socket.closed_with() == 4400


async def test_another_site_cannot_open_it(hub, browser):
    connected, _code = await Socket(browser, origin=(b"origin", b"https://elsewhere.example")).connect(5)
    assert not connected


@pytest.mark.parametrize("ends", ["log out", "lock", "new password"])
async def test_the_socket_ends_with_the_session(hub, browser, monkeypatch, ends):
    def end():
        ana = get_user_model().objects.get()
        if ends == "log out":
            browser.logout()
        elif ends == "lock":
            get_user_model().objects.update(is_active=False)
        else:
            ana.set_password("another long one")
            ana.save()

    monkeypatch.setattr(Performance, "recheck_s", 0.02)
    socket = Socket(browser)
    await socket.connect(5)
    await socket.next()
    await run(end)
    assert await socket.closed_with() == 4401


async def test_signing_out_ends_the_sockets_of_that_session_at_once_and_no_others(hub, browser):
    other = Client()
    await run(lambda: other.force_login(get_user_model().objects.get()))
    mine, too, theirs = Socket(browser), Socket(browser, "?window=7d"), Socket(other)
    for socket in (mine, too, theirs):
        await socket.connect(5)
        await socket.next()
    await run(lambda: browser.post("/logout/"))
    assert [await mine.closed_with(), await too.closed_with()] == [4401, 4401]
    await run(one_more_issue)
    await theirs.next_with(lambda found: found["now"]["open"] == 1)
    for socket in (mine, too, theirs):
        await socket.disconnect()
    assert not OPEN.keys() & {one.cookies[settings.SESSION_COOKIE_NAME].value for one in (browser, other)}


async def test_a_session_that_goes_on_is_left_alone(hub, browser, monkeypatch):
    checked = asyncio.Event()
    check = Performance._is_logged_in

    async def noted(self):
        found = await check(self)
        checked.set()
        return found

    monkeypatch.setattr(Performance, "recheck_s", 0.01)
    monkeypatch.setattr(Performance, "_is_logged_in", noted)
    socket = Socket(browser)
    await socket.connect(5)
    await socket.next()
    async with asyncio.timeout(5):
        await checked.wait()
    await run(one_more_issue)
    await socket.next_with(lambda found: found["now"]["open"] == 1)
    await socket.disconnect()


async def test_a_closed_screen_is_forgotten(hub, browser):
    socket = Socket(browser)
    await socket.connect(5)
    await socket.next()
    await socket.disconnect()
    assert hub._subscribers == {}
    assert hub._tasks == []


async def test_a_screen_that_never_acknowledges_is_closed_and_may_come_again(hub, browser, monkeypatch):
    monkeypatch.setattr("metrics.live.STALLED_S", 0)
    hub.heartbeat_s = 0.01
    socket = Socket(browser)
    await socket.connect(5)
    assert await socket.closed_with() == 4408
