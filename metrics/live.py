"""The hub: hears that something changed, knows when a deadline passes, and tells every screen of this process.

There is no channel layer: one listener, one snapshot per scope and push, the same text to all
sockets of the scope. A snapshot is whole, so merging and skipping lose nothing.
"""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import connections
from django.utils import timezone

from mis_dashboard.lib import live

from . import snapshot
from .window import Scope

PUSHES = 4  # at most, in any second
HEARTBEAT_S = 5.0  # ages move on though nothing happens
AFTER_S = 0.01  # a deadline is met at its very instant, and missed right after it
COMPOSE_S = 4.0
SEND_S = 1.0
UNACKED = 2  # more, and the socket waits until it acknowledges
STALLED_S = 30.0
REST = 2.0
LONGEST_REST_S = 1.0
RELISTEN_S = (0.2, 5.0)  # the first wait for a lost line, and the longest
YIELD_EVERY = 50  # sends, so that a large audience does not hold up the process
THREADS = 2  # the pool's connections are for the pages

UNAVAILABLE = '{"error":"unavailable"}'
TRY_AGAIN = 4408  # the close code for "too slow: come again"; daphne sends only 1000 and those above 3000

log = logging.getLogger("mis.live")


class Pace:
    """Lets `limit` pushes begin in any second: at once while there is room, and as soon as there is again.

    After a push it rests for twice the time that the figures took, so that those of long windows leave two thirds of a
    core to the pages, and for as long as sending took. Times are seconds of a monotonic clock.
    """

    def __init__(self, limit: int = PUSHES):
        self.begun: deque[float] = deque(maxlen=limit)
        self.rested_at = 0.0

    def wait_s(self, now: float) -> float:
        """Seconds from `now` until the next push may begin."""
        is_full = len(self.begun) == self.begun.maxlen
        return max(0.0, self.rested_at - now, self.begun[0] + 1 - now if is_full else 0.0)

    def pushed(self, begun: float, ended: float, sending_s: float = 0.0) -> None:
        self.begun.append(begun)
        self.rested_at = ended + min(REST * (ended - begun - sending_s) + sending_s, LONGEST_REST_S)


class Subscriber:
    """One socket: what it was sent and has not acknowledged. Times are seconds of a monotonic clock."""

    def __init__(self, send: Callable[[str], Awaitable], close: Callable[[int], Awaitable]):
        self.send = send
        self.close = close
        self.unacked: deque[int] = deque()
        self.seq = 0
        self.stalled_at: float | None = None

    def takes(self, seq: int, now: float) -> bool:
        """Whether to send it snapshot `seq` now: it is new, and the socket keeps up. The answer is remembered."""
        if seq <= self.seq:
            return False
        if len(self.unacked) > UNACKED:
            self.stalled_at = now if self.stalled_at is None else self.stalled_at
            return False
        self.unacked.append(seq)
        self.seq = seq
        return True

    def acknowledge(self, seq: int) -> bool:
        """Notes that all up to `seq` arrived. True when the socket had been held back and may go on."""
        while self.unacked and self.unacked[0] <= seq:
            self.unacked.popleft()
        resumed = self.stalled_at is not None and len(self.unacked) <= UNACKED
        if resumed:
            self.stalled_at = None
        return resumed

    def is_lost(self, now: float) -> bool:
        return self.stalled_at is not None and now - self.stalled_at >= STALLED_S


@dataclass(frozen=True)
class Composed:
    """A snapshot's text, and the first instant after it at which time alone makes it another one; None when there is none."""

    text: str
    next_at: datetime | None = None


def compose(scope: Scope, seq: int, boot: str) -> Composed:
    """A new snapshot, which is another one when a promise comes to be at risk or is breached.

    Runs in a thread of the hub and gives its connection back.
    """
    try:
        found = snapshot.build(scope, timezone.now(), seq=seq, boot=boot)
        return Composed(snapshot.text(found), snapshot.changes_at(found))
    finally:
        connections.close_all()


class Hub:
    """The open screens of one web process. It works while there are any; all its methods belong to one event loop.

    `boot` is new with each hub and `seq` grows within it, so that a screen knows a restart from a gap.
    """

    def __init__(
        self,
        compose: Callable[[Scope, int, str], Composed] = compose,
        rings: Callable[[], AsyncIterator[None]] = live.rings,
        heartbeat_s: float = HEARTBEAT_S,
        now: Callable[[], datetime] = timezone.now,
    ):
        self.boot = uuid4().hex
        self.seq = 0
        self.heartbeat_s = heartbeat_s
        self._compose_new = compose
        self._now = now
        self._rings = rings
        self._subscribers: dict[Scope, set[Subscriber]] = defaultdict(set)
        self._latest: dict[Scope, tuple[int, str]] = {}
        self._next_at: dict[Scope, datetime] = {}
        self._composing: dict[Scope, tuple[int, asyncio.Future]] = {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="snapshot")
        self._tasks: list[asyncio.Task] = []
        self._changed = asyncio.Event()

    @property
    def sockets(self) -> int:
        """How many screens are open. May be asked in any thread."""
        return sum(len(subscribers) for subscribers in list(self._subscribers.values()))

    async def subscribe(self, scope: Scope, subscriber: Subscriber) -> None:
        """Sends the socket the present snapshot, at once where there is one, and every one that follows."""
        self._subscribers[scope].add(subscriber)
        if not self._tasks:
            self._start()
        if scope in self._latest:
            await self._offer(scope, subscriber, *self._latest[scope])
        else:
            self._changed.set()

    def unsubscribe(self, scope: Scope, subscriber: Subscriber) -> None:
        """Forgets the socket. Doing it twice does nothing."""
        self._subscribers[scope].discard(subscriber)
        if not self._subscribers[scope]:
            del self._subscribers[scope]
            self._latest.pop(scope, None)
            self._next_at.pop(scope, None)
        if not self._subscribers:
            self._stop()

    async def acknowledge(self, scope: Scope, subscriber: Subscriber, seq: int) -> None:
        """The socket has snapshot `seq`. One that was held back gets the latest."""
        if subscriber.acknowledge(seq) and scope in self._latest:
            await self._offer(scope, subscriber, *self._latest[scope])

    async def close(self) -> None:
        """Stops for good, and returns when no thread reads the database any more."""
        self._stop()
        await asyncio.to_thread(self._threads.shutdown)

    def _start(self) -> None:
        self._changed = asyncio.Event()
        self._tasks = [asyncio.create_task(self._push_changes()), asyncio.create_task(self._listen())]

    def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = []

    async def _listen(self) -> None:
        first_s, longest_s = RELISTEN_S
        wait_s = first_s
        while True:
            try:
                async with aclosing(self._rings()) as rings:
                    async for _ in rings:
                        self._changed.set()
                        wait_s = first_s
            except Exception as error:
                log.warning("The line to the database is lost (%s); listening again.", type(error).__name__)
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, longest_s)

    async def _push_changes(self) -> None:
        pace, now = Pace(), asyncio.get_running_loop().time
        while True:
            await self._change_or_time()
            await asyncio.sleep(pace.wait_s(now()))
            scopes = self._due()
            # Cleared before reading: what changes from here on rings again.
            self._changed.clear()
            begun, sending = now(), [0.0]
            try:
                sending += await asyncio.gather(*(self._push(scope) for scope in scopes))
            except Exception:
                log.exception("A push failed; the next one is tried.")
            pace.pushed(begun, now(), max(sending))

    async def _change_or_time(self) -> None:
        """Until something has changed, a screen's promise changes its state, or the heart beats."""
        try:
            async with asyncio.timeout(self._wait_s()):
                await self._changed.wait()
        except TimeoutError:
            pass

    def _due(self) -> list[Scope]:
        """Whose screens are told: all, unless it is only for some of them that time has made another snapshot."""
        at = self._now() - timedelta(seconds=AFTER_S)
        ripe = [scope for scope in self._subscribers if scope in self._next_at and self._next_at[scope] <= at]
        return ripe if ripe and not self._changed.is_set() else list(self._subscribers)

    def _wait_s(self) -> float:
        """Seconds until time alone makes a snapshot another one; until the next heartbeat, at most."""
        next_at = min(self._next_at.values(), default=None)
        if next_at is None:
            return self.heartbeat_s
        return min(self.heartbeat_s, max(0.0, (next_at - self._now()).total_seconds() + AFTER_S))

    async def _push(self, scope: Scope) -> float:
        """One snapshot to all screens of the scope; the seconds that sending took."""
        self.seq += 1
        seq, new = await self._compose(scope, self.seq)
        text = new.text if new else None
        self._latest.pop(scope, None)
        self._next_at.pop(scope, None)
        if new and scope in self._subscribers:
            self._latest[scope] = (seq, new.text)
            if new.next_at:
                self._next_at[scope] = new.next_at
        now = asyncio.get_running_loop().time
        composed = now()
        for number, subscriber in enumerate(list(self._subscribers.get(scope, ())), 1):
            await self._offer(scope, subscriber, seq, text or UNAVAILABLE)
            if number % YIELD_EVERY == 0:
                await asyncio.sleep(0)
        return now() - composed

    async def _compose(self, scope: Scope, seq: int) -> tuple[int, Composed | None]:
        """The snapshot and its number; None when it cannot be had now, or takes too long.

        One that came too late for an earlier push is taken by the next, which is followed by another: so each scope has
        its turn, however many stand in line.
        """
        if late := self._composing.get(scope):
            self._changed.set()
        number, work = late or self._begin_composing(scope, seq)
        try:
            async with asyncio.timeout(COMPOSE_S):
                return number, await asyncio.shield(work)
        except Exception as error:
            log.warning("No snapshot of %s: %s.", scope.window, type(error).__name__)
            return seq, None
        finally:
            if work.done():
                self._composing.pop(scope, None)

    def _begin_composing(self, scope: Scope, seq: int) -> tuple[int, asyncio.Future]:
        work = asyncio.get_running_loop().run_in_executor(self._threads, self._compose_new, scope, seq, self.boot)
        work.add_done_callback(lambda done: self._composed(scope, done))
        self._composing[scope] = (seq, work)
        return self._composing[scope]

    def _composed(self, scope: Scope, work: asyncio.Future) -> None:
        if scope not in self._subscribers:
            self._composing.pop(scope, None)
        if not work.cancelled():
            work.exception()  # seen, so that asyncio does not complain when nobody waited for it

    async def _offer(self, scope: Scope, subscriber: Subscriber, seq: int, text: str) -> None:
        """Sends the text if the socket keeps up. Whatever goes wrong ends this one socket and no other."""
        now = asyncio.get_running_loop().time()
        if subscriber not in self._subscribers.get(scope, ()):
            return
        if subscriber.is_lost(now):
            await self._drop(scope, subscriber)
            return
        if text is not UNAVAILABLE and not subscriber.takes(seq, now):
            return
        try:
            async with asyncio.timeout(SEND_S):
                await subscriber.send(text)
        except Exception as error:
            log.info("A screen is gone: %s.", type(error).__name__)
            await self._drop(scope, subscriber)

    async def _drop(self, scope: Scope, subscriber: Subscriber) -> None:
        self._subscribers[scope].discard(subscriber)
        try:
            async with asyncio.timeout(SEND_S):
                await subscriber.close(TRY_AGAIN)
        except Exception as error:
            log.info("A lost screen could not be closed: %s.", type(error).__name__)
        # Last, because with the last screen the hub stops, and this may run in its own task.
        self.unsubscribe(scope, subscriber)


hub = Hub()
