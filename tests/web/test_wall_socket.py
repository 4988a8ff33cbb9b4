"""A wall's socket through the whole ASGI application: who may open it, what it sends, when it ends, and who is seen to be alive."""

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.db import OperationalError, connections, transaction
from django.utils import timezone

from metrics.live import Hub
from metrics.models import WallScreen
from metrics.wall import consumer, screens
from metrics.wall.consumer import Keeper, Wall
from metrics.wall.cookies import SOCKET_COOKIE
from metrics.wall.edition import EDITION
from metrics.wall.snapshot import compose
from mis_dashboard.asgi import application
from mis_dashboard.lib import live
from tests.support import make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wall():
    screen = WallScreen(name="Recepção")
    return screen, screens.link(screen)


@pytest.fixture
async def hub(monkeypatch):
    hub = Hub(compose)
    monkeypatch.setattr(Wall, "hub", hub)
    monkeypatch.setattr(Wall, "keeper", Keeper(look_s=0.05))
    yield hub
    await hub.close()
    await sync_to_async(connections.close_all)()


class Socket(WebsocketCommunicator):
    def __init__(self, secret: str, query: str = f"?edition={EDITION}&size=1920x1080"):
        headers = [
            (b"host", b"localhost"), (b"origin", b"http://localhost"), (b"cookie", f"{SOCKET_COOKIE}={secret}".encode()),
        ]  # fmt: skip
        super().__init__(application, f"/ws/wall/{query}", headers)

    async def next(self) -> dict:
        found = json.loads(await self.receive_from(5))
        await self.send_json_to({"seq": found["seq"]})
        return found

    async def next_with(self, wanted) -> dict:
        while not wanted(found := await self.next()):
            pass
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


async def test_a_screen_gets_its_snapshot_at_once_and_every_change(hub, wall):
    socket = Socket(wall[1])
    await socket.connect(5)
    found = await socket.next()
    assert (found["boot"], found["edition"]) == (hub.boot, EDITION)
    assert "feed" not in found
    await run(one_more_issue)
    await socket.next_with(lambda found: found["tiles"]["waiting"]["figure"] == "1")
    await socket.disconnect()


@pytest.mark.parametrize("secret", ["", "x", "a" * 43])
async def test_without_a_secret_that_opens_anything_there_is_nothing_to_see(hub, secret):
    socket = Socket(secret)
    await socket.connect(5)
    assert await socket.closed_with() == 4401
    assert not hub.sockets


@pytest.mark.parametrize("change", ["revoke", "new link", "new name", "another location"])
async def test_the_socket_ends_when_the_screen_does_or_is_set_otherwise(hub, wall, change):
    screen, secret = wall

    def change_it():
        if change == "revoke":
            screens.revoke(screen, timezone.now())
        elif change == "new link":
            screens.link(screen)
        elif change == "new name":
            WallScreen.objects.update(name="Copa")
        else:
            WallScreen.objects.update(location="loc2")

    socket = Socket(secret)
    await socket.connect(5)
    await socket.next()
    await run(change_it)
    assert await socket.closed_with() == 4401


async def test_other_screens_stay_open(hub, wall):
    def another():
        other = WallScreen(name="Copa")
        return other, screens.link(other)

    other, secret = await run(another)
    ours, theirs = Socket(wall[1]), Socket(secret)
    for socket in (ours, theirs):
        await socket.connect(5)
        await socket.next()
    await run(lambda: screens.revoke(other, timezone.now()))
    assert await theirs.closed_with() == 4401
    await run(one_more_issue)
    await ours.next_with(lambda found: found["now"]["open"] == 1)
    await ours.disconnect()
    await theirs.disconnect()


async def test_walls_of_one_look_share_one_snapshot(hub, wall):
    one, two = Socket(wall[1]), Socket(wall[1])
    for socket in (one, two):
        await socket.connect(5)
        await socket.next()
    assert len(hub._subscribers) == 1
    await run(one_more_issue)
    seqs = [(await s.next_with(lambda found: found["now"]["open"] == 1))["seq"] for s in (one, two)]
    assert seqs[0] == seqs[1]
    await one.disconnect()
    await two.disconnect()


async def test_a_screen_that_opens_is_seen_with_its_version_and_size(hub, wall):
    socket = Socket(wall[1])
    await socket.connect(5)
    await socket.next()
    screen = await run(WallScreen.objects.get)
    assert screen.last_seen_at
    assert (screen.edition, screen.size) == (EDITION, "1920x1080")
    await socket.disconnect()


async def test_what_a_page_says_of_itself_is_kept_only_if_it_has_the_form(hub, wall):
    socket = Socket(wall[1], "?edition=<script>&size=1e9x1")
    await socket.connect(5)
    await socket.next()
    screen = await run(WallScreen.objects.get)
    assert (screen.edition, screen.size) == ("", "")
    await socket.disconnect()


async def test_a_screen_that_acknowledges_is_seen_again_and_a_silent_one_is_not(hub, wall, monkeypatch):
    monkeypatch.setattr(consumer, "NOTED_EVERY_S", 0)
    hub.heartbeat_s = 0.05
    socket = Socket(wall[1])
    await socket.connect(5)
    await socket.next()

    async def seen_after(first):
        async with asyncio.timeout(5):
            while (await run(WallScreen.objects.get)).last_seen_at <= first:
                await socket.next()

    await seen_after((await run(WallScreen.objects.get)).last_seen_at)
    await asyncio.sleep(0.3)  # what was acknowledged has been noted
    last = (await run(WallScreen.objects.get)).last_seen_at
    await asyncio.sleep(0.3)
    assert (await run(WallScreen.objects.get)).last_seen_at == last
    await socket.disconnect()


async def test_a_database_that_is_away_revokes_nothing(hub, wall, monkeypatch):
    looks = asyncio.Event()
    loop = asyncio.get_running_loop()

    def away(*_):
        loop.call_soon_threadsafe(looks.set)
        raise OperationalError("gone")

    socket = Socket(wall[1])
    await socket.connect(5)
    await socket.next()
    with monkeypatch.context() as patch:
        patch.setattr(consumer, "_looked_up", away)
        async with asyncio.timeout(5):
            await looks.wait()
    await run(one_more_issue)
    await socket.next_with(lambda found: found["now"]["open"] == 1)
    await socket.disconnect()


async def test_when_it_cannot_be_looked_up_the_screen_may_come_again(hub, wall, monkeypatch):
    def away(*_):
        raise OperationalError("gone")

    monkeypatch.setattr(consumer, "_opened", away)
    socket = Socket(wall[1])
    await socket.connect(5)
    assert await socket.closed_with() == 4408


async def test_nothing_runs_on_when_the_last_screen_is_gone(hub, wall):
    socket = Socket(wall[1])
    await socket.connect(5)
    await socket.next()
    await socket.disconnect()
    assert hub._subscribers == {}
    assert (Wall.keeper.walls, Wall.keeper.task) == (set(), None)


async def test_another_site_cannot_open_it(hub, wall):
    socket = Socket(wall[1])
    socket.scope["headers"][1] = (b"origin", b"https://elsewhere.example")
    connected, _code = await socket.connect(5)
    assert not connected
