"""The hub, with a bell and a composer in place of the database: who is told what, when, and what becomes of the rest."""

import asyncio
import json
import threading
from contextlib import asynccontextmanager
from datetime import timedelta

import psycopg
import pytest

from metrics import consumers, live
from metrics.live import AFTER_S, TRY_AGAIN, UNAVAILABLE, Composed, Hub, Pace, Subscriber
from metrics.window import Scope
from tests.support.make import NOW

DAY, WEEK = Scope("24h"), Scope("7d")


class TestPace:
    def test_four_go_at_once_and_the_fifth_when_the_first_is_a_second_old(self):
        pace = Pace(limit=4)
        for now in (10.0, 10.025, 10.05, 10.1):
            assert pace.wait_s(now) == 0
            pace.pushed(now, now + 0.005)
        assert pace.wait_s(10.2) == pytest.approx(0.8)
        assert pace.wait_s(11.0) == 0

    def test_any_second_holds_four_at_most_under_constant_change(self):
        pace, now, times = Pace(limit=4), 0.0, []
        while now < 10:
            now += pace.wait_s(now)
            times.append(now)
            pace.pushed(now, now + 0.001)
            now += 0.001
        assert min(fifth - first for first, fifth in zip(times, times[4:], strict=False)) == pytest.approx(1)
        assert len(times) >= 40

    @pytest.mark.parametrize(("took_s", "rest_s"), [(0.01, 0.02), (0.2, 0.4), (0.5, 1), (4, 1)])
    def test_a_slow_push_is_followed_by_a_rest_of_twice_its_time_and_a_second_at_most(self, took_s, rest_s):
        pace = Pace()
        pace.pushed(100, 100 + took_s)
        assert pace.wait_s(100 + took_s) == pytest.approx(rest_s)

    def test_sending_to_many_is_followed_by_a_rest_as_long_as_it_took(self):
        pace = Pace()
        pace.pushed(100, 100.25, sending_s=0.2)
        assert pace.wait_s(100.25) == pytest.approx(2 * 0.05 + 0.2)


class TestSubscriber:
    def subscriber(self):
        return Subscriber(send=None, close=None)

    def test_a_fourth_snapshot_is_withheld_until_one_is_acknowledged(self):
        socket = self.subscriber()
        assert [socket.takes(seq, now=0) for seq in (1, 2, 3, 4, 5)] == [True, True, True, False, False]
        assert socket.acknowledge(1) is True
        assert socket.takes(5, now=1) is True

    def test_an_acknowledgement_stands_for_all_before_it(self):
        socket = self.subscriber()
        for seq in (1, 2, 3):
            socket.takes(seq, now=0)
        socket.acknowledge(3)
        assert not socket.unacked

    def test_an_old_snapshot_is_never_sent_after_a_newer_one(self):
        socket = self.subscriber()
        assert socket.takes(5, now=0) is True
        assert socket.takes(4, now=0) is False
        assert socket.takes(5, now=0) is False

    def test_a_socket_is_lost_thirty_seconds_after_the_first_snapshot_it_was_denied(self):
        socket = self.subscriber()
        for seq in (1, 2, 3):
            socket.takes(seq, now=100)
        assert socket.is_lost(500) is False
        socket.takes(4, now=600)
        socket.takes(5, now=620)
        assert socket.is_lost(629.9) is False
        assert socket.is_lost(630) is True

    def test_one_that_acknowledges_in_time_is_not_lost(self):
        socket = self.subscriber()
        for seq in (1, 2, 3, 4):
            socket.takes(seq, now=0)
        socket.acknowledge(2)
        assert socket.is_lost(1000) is False


class Bell:
    """Stands in for the line to the database."""

    def __init__(self):
        self.line = asyncio.Queue()
        self.listening = 0

    def ring(self):
        self.line.put_nowait(None)

    def cut(self):
        self.line.put_nowait(psycopg.OperationalError("gone"))

    async def __call__(self):
        self.listening += 1
        while True:
            word = await self.line.get()
            if word:
                raise word
            yield


class Screen:
    """Stands in for a socket. It acknowledges by itself unless told not to."""

    def __init__(self, hub, scope=DAY, acknowledges=True):
        self.hub, self.scope, self.acknowledges = hub, scope, acknowledges
        self.got = asyncio.Queue()
        self.closed = asyncio.Queue()
        self.subscriber = Subscriber(self.send, self.close)

    async def open(self):
        await self.hub.subscribe(self.scope, self.subscriber)
        return self

    async def send(self, text):
        self.got.put_nowait(text)
        seq = json.loads(text).get("seq")
        if seq and self.acknowledges:
            await self.hub.acknowledge(self.scope, self.subscriber, seq)

    async def close(self, code):
        self.closed.put_nowait(code)

    async def end(self):
        async with asyncio.timeout(3):
            return await self.closed.get()

    async def next(self):
        async with asyncio.timeout(3):
            return json.loads(await self.got.get())


class Composer:
    """Stands in for the database's figures: counts how often it is asked."""

    def __init__(self):
        self.asked = []
        self.fails = False
        self.next_at = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def __call__(self, scope, seq, boot):
        self.asked.append(scope)
        self.may_go_on.wait(5)
        if self.fails:
            raise psycopg.OperationalError("no database")
        text = json.dumps({"seq": seq, "window": scope.window, "boot": boot})
        return Composed(text, self.next_at.pop(0) if self.next_at else None)


@pytest.fixture
def composer():
    return Composer()


@pytest.fixture
async def bell():
    return Bell()


@pytest.fixture
def quiet_hub(composer, bell):
    """Makes hubs whose heart does not beat during a test, and ends them."""

    @asynccontextmanager
    async def open_hub(heartbeat_s=1000):
        hub = Hub(composer, bell, heartbeat_s, now=lambda: NOW)
        try:
            yield hub
        finally:
            composer.may_go_on.set()
            await hub.close()

    return open_hub


async def test_a_new_screen_gets_a_snapshot_without_any_change(quiet_hub):
    async with quiet_hub() as hub:
        screen = await Screen(hub).open()
        assert await screen.next() == {"seq": 1, "window": "24h", "boot": hub.boot}


async def test_the_second_screen_gets_the_snapshot_that_is_there(quiet_hub, composer):
    async with quiet_hub() as hub:
        await (await Screen(hub).open()).next()
        second = await Screen(hub).open()
        assert second.got.qsize() == 1
        assert len(composer.asked) == 1


async def test_one_computation_serves_all_screens_of_a_scope(quiet_hub, bell, composer):
    async with quiet_hub() as hub:
        screens = [await Screen(hub).open() for _ in range(120)]
        assert {(await screen.next())["seq"] for screen in screens} == {1}
        bell.ring()
        assert {(await screen.next())["seq"] for screen in screens} == {2}
        assert composer.asked == [DAY, DAY]


async def test_every_scope_has_its_own_snapshot_and_numbers_grow(quiet_hub, bell):
    async with quiet_hub() as hub:
        day, week = await Screen(hub, DAY).open(), await Screen(hub, WEEK).open()
        first = [await day.next(), await week.next()]
        bell.ring()
        second = [await day.next(), await week.next()]
        assert [found["window"] for found in first + second] == ["24h", "7d"] * 2
        assert max(found["seq"] for found in first) < min(found["seq"] for found in second)


@pytest.mark.parametrize(("after_s", "at_least_s"), [(0.3, 0.3), (0, 0), (-5, 0)])
async def test_a_deadline_that_passes_is_pushed_right_after_it(quiet_hub, composer, after_s, at_least_s):
    composer.next_at = [NOW + timedelta(seconds=after_s), None]
    async with quiet_hub() as hub:
        screen = await Screen(hub).open()
        await screen.next()
        begun = asyncio.get_running_loop().time()
        assert (await screen.next())["seq"] == 2
        assert at_least_s <= asyncio.get_running_loop().time() - begun < at_least_s + 0.3
        assert not hub._next_at


async def test_the_nearest_deadline_of_all_scopes_counts_and_a_change_before_it_is_pushed_at_once(
    quiet_hub, composer, bell
):
    composer.next_at = [NOW + timedelta(seconds=each) for each in (900, 400)]
    async with quiet_hub() as hub:
        day, week = await Screen(hub, DAY).open(), await Screen(hub, WEEK).open()
        await day.next()
        await week.next()
        assert hub._wait_s() == pytest.approx(400 + AFTER_S)
        bell.ring()
        assert (await day.next())["seq"] > 2
        await week.next()
        assert hub._wait_s() == 1000  # neither has a deadline any more


async def test_deadlines_are_forgotten_with_the_last_screen_of_their_scope(quiet_hub, composer):
    composer.next_at = [NOW + timedelta(seconds=400)]
    async with quiet_hub() as hub:
        screen = await Screen(hub).open()
        await screen.next()
        hub.unsubscribe(DAY, screen.subscriber)
        assert hub._wait_s() == 1000


async def test_two_changes_shortly_after_one_another_are_both_pushed_promptly(quiet_hub, bell):
    async with quiet_hub() as hub:
        screen = await Screen(hub).open()
        await screen.next()
        begun = asyncio.get_running_loop().time()
        for _ in range(2):
            bell.ring()
            await screen.next()
        assert asyncio.get_running_loop().time() - begun < 0.4


async def test_what_changes_during_a_push_is_merged_into_the_next(quiet_hub, bell, composer):
    async with quiet_hub() as hub:
        screen = await Screen(hub).open()
        await screen.next()
        composer.may_go_on.clear()
        bell.ring()
        while len(composer.asked) < 2:
            await asyncio.sleep(0.001)
        for _ in range(50):
            bell.ring()
        while bell.line.qsize():
            await asyncio.sleep(0.001)
        composer.may_go_on.set()
        assert [(await screen.next())["seq"], (await screen.next())["seq"]] == [2, 3]
        assert len(composer.asked) == 3


async def test_a_screen_that_does_not_acknowledge_is_held_back_and_then_gets_the_latest(quiet_hub, bell):
    async with quiet_hub() as hub:
        slow, swift = await Screen(hub, acknowledges=False).open(), await Screen(hub).open()
        for seq in range(1, 6):
            assert (await swift.next())["seq"] == seq
            bell.ring()
        assert slow.got.qsize() == 3
        await hub.acknowledge(DAY, slow.subscriber, 3)
        seqs = [(await slow.next())["seq"] for _ in range(4)]
        assert seqs[:3] == [1, 2, 3]
        assert seqs[3] >= 5


async def test_a_screen_that_never_acknowledges_is_dropped_and_told_to_try_again(quiet_hub, bell, monkeypatch):
    monkeypatch.setattr(live, "STALLED_S", 0)
    async with quiet_hub() as hub:
        slow, swift = await Screen(hub, acknowledges=False).open(), await Screen(hub).open()
        while slow.closed.empty():
            await swift.next()
            bell.ring()
        assert await slow.end() == TRY_AGAIN
        assert slow.got.qsize() == 3
        await swift.next()


async def test_a_broken_socket_harms_no_other(quiet_hub, bell):
    async with quiet_hub() as hub:
        broken, whole = await Screen(hub).open(), await Screen(hub).open()

        async def fail(text):
            raise RuntimeError("this socket is broken")

        await whole.next()
        broken.subscriber.send = fail
        bell.ring()
        assert (await whole.next())["seq"] == 2
        assert await broken.end() == TRY_AGAIN
        bell.ring()
        assert (await whole.next())["seq"] == 3


async def test_a_socket_that_hangs_is_dropped_and_the_others_go_on(quiet_hub, bell, monkeypatch):
    monkeypatch.setattr(live, "SEND_S", 0.01)
    async with quiet_hub() as hub:
        hanging, whole = await Screen(hub).open(), await Screen(hub).open()
        await whole.next()
        hanging.subscriber.send = lambda text: asyncio.Event().wait()
        bell.ring()
        assert (await whole.next())["seq"] == 2
        assert await hanging.end() == TRY_AGAIN


async def test_figures_that_cannot_be_had_are_said_and_not_kept_silent(quiet_hub, bell, composer):
    async with quiet_hub() as hub:
        screen = await Screen(hub).open()
        await screen.next()
        composer.fails = True
        bell.ring()
        assert await screen.next() == json.loads(UNAVAILABLE) == {"error": "unavailable"}
        composer.fails = False
        bell.ring()
        assert (await screen.next())["seq"] == 3


async def test_figures_that_take_too_long_are_unavailable_and_not_asked_for_twice(
    quiet_hub, bell, composer, monkeypatch
):
    monkeypatch.setattr(live, "COMPOSE_S", 0.01)
    async with quiet_hub() as hub:
        composer.may_go_on.clear()
        screen = await Screen(hub).open()
        assert await screen.next() == {"error": "unavailable"}
        bell.ring()
        assert await screen.next() == {"error": "unavailable"}
        assert len(composer.asked) == 1


async def test_the_heart_beats_without_any_change(quiet_hub):
    async with quiet_hub(heartbeat_s=0.01) as hub:
        screen = await Screen(hub).open()
        assert [(await screen.next())["seq"] for _ in range(3)] == [1, 2, 3]


async def test_a_lost_line_is_taken_up_again(quiet_hub, bell, monkeypatch):
    monkeypatch.setattr(live, "RELISTEN_S", (0, 0))
    async with quiet_hub() as hub:
        screen = await Screen(hub).open()
        await screen.next()
        bell.cut()
        bell.ring()
        assert (await screen.next())["seq"] == 2
        assert bell.listening == 2


async def test_without_screens_nothing_listens_and_with_the_next_one_it_begins_anew(quiet_hub, bell, composer):
    async with quiet_hub() as hub:
        first = await Screen(hub).open()
        await first.next()
        hub.unsubscribe(DAY, first.subscriber)
        hub.unsubscribe(DAY, first.subscriber)
        assert hub._tasks == []
        second = await Screen(hub).open()
        assert (await second.next())["seq"] == 2
        assert len(composer.asked) == 2


async def test_a_page_that_is_reloaded_during_a_computation_takes_it_and_another_follows(quiet_hub, composer):
    async with quiet_hub() as hub:
        composer.may_go_on.clear()
        before = await Screen(hub).open()
        while not composer.asked:
            await asyncio.sleep(0.001)
        hub.unsubscribe(DAY, before.subscriber)
        after = await Screen(hub).open()
        await asyncio.sleep(0)
        composer.may_go_on.set()
        assert [(await after.next())["seq"] for _ in range(2)] == [1, 3]
        assert before.got.empty()


async def test_figures_that_came_too_late_are_taken_by_the_next_push_and_followed_by_new_ones(
    quiet_hub, bell, composer, monkeypatch
):
    monkeypatch.setattr(live, "COMPOSE_S", 0.05)
    async with quiet_hub() as hub:
        composer.may_go_on.clear()
        screen = await Screen(hub).open()
        assert await screen.next() == {"error": "unavailable"}
        composer.may_go_on.set()
        bell.ring()
        assert [(await screen.next())["seq"] for _ in range(2)] == [1, 3]
        assert len(composer.asked) == 2


async def test_a_deadline_of_one_scope_is_no_news_to_the_others(quiet_hub, composer):
    composer.next_at = [NOW + timedelta(seconds=0.05), None, None]
    async with quiet_hub() as hub:
        day = await Screen(hub, DAY).open()
        await day.next()
        week = await Screen(hub, WEEK).open()
        await week.next()
        hub._now = lambda: NOW + timedelta(seconds=1)
        hub._changed.clear()
        assert (await day.next())["window"] == "24h"
        assert week.got.empty()


async def test_the_last_screen_is_closed_when_it_is_dropped(quiet_hub, bell):
    async with quiet_hub() as hub:
        only = await Screen(hub).open()
        await only.next()
        only.subscriber.send = None  # cannot be called
        bell.ring()
        assert await only.end() == TRY_AGAIN
        while hub._tasks:
            await asyncio.sleep(0)


def test_every_hub_has_a_boot_of_its_own(composer, bell):
    assert Hub(composer, bell).boot != Hub(composer, bell).boot


@pytest.mark.parametrize("code", [TRY_AGAIN, consumers.BAD_REQUEST, consumers.SESSION_ENDED])
def test_sockets_are_closed_with_codes_that_the_server_can_send(code):
    assert 3000 <= code <= 4999  # autobahn, under daphne, raises for any other but 1000
