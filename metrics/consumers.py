"""A screen's socket: who may look, at what, and what it has seen. That of walls is in `wall.consumer`."""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Hashable
from importlib import import_module
from urllib.parse import parse_qs
from weakref import WeakSet

from channels.auth import get_user
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import Error

from .live import Hub, Subscriber, hub
from .window import Scope

BAD_REQUEST = 4400
SESSION_ENDED = 4401
RECHECK_S = 300.0
LONGEST_MESSAGE = 100

log = logging.getLogger("mis.live")


class Screen(AsyncWebsocketConsumer):
    """A socket that is sent every snapshot of what it looks at, and acknowledges each with `{"seq": n}`.

    Who may look is for subclasses. Closes with 4400 when a message is not understood, and with 4408 when snapshots are
    not acknowledged: then try again.
    """

    hub: Hub = hub
    look: Hashable | None = None

    async def begin(self, look: Hashable) -> None:
        """Sends the present snapshot of `look`, and every one that follows."""
        self.look = look
        self.subscriber = Subscriber(self._send_text, self.close)
        await self.hub.subscribe(look, self.subscriber)

    async def dispatch(self, message):
        """Channels sends each message through a thread, which closes old connections: ten times the price of an acknowledgement,
        which has none.
        """
        if message["type"] == "websocket.receive":
            await self.websocket_receive(message)
        else:
            await super().dispatch(message)

    async def receive(self, text_data=None, bytes_data=None):
        if not self.look:
            return
        seq = _seq(text_data)
        if seq is None:
            await self.close(BAD_REQUEST)
            return
        await self.hub.acknowledge(self.look, self.subscriber, seq)

    async def disconnect(self, code):
        if self.look:
            self.hub.unsubscribe(self.look, self.subscriber)

    async def _send_text(self, text: str) -> None:
        await self.send(text_data=text)


# The open sockets of this process by their session, so that logging out ends them at once.
OPEN: dict[str, WeakSet["Performance"]] = defaultdict(WeakSet)


def end_session(key: str | None) -> None:
    """Closes the sockets of a session that is over. For any thread; other processes see it when they look again."""
    for socket in list(OPEN.get(key or "", ())):
        asyncio.run_coroutine_threadsafe(socket.close(SESSION_ENDED), socket.loop)


class Performance(Screen):
    """`/ws/performance/?window=24h&location=…`: the snapshot of a scope at once, and again after every change.

    Closes with 4401 when nobody is logged in (any more), and with 4400 when the scope is not understood.
    """

    recheck_s = RECHECK_S
    watch: asyncio.Task | None = None

    async def connect(self):
        # Only an accepted socket can be told why it is closed.
        await self.accept()
        if not self.scope["user"].is_authenticated:
            await self.close(SESSION_ENDED)
            return
        query = parse_qs(self.scope["query_string"].decode("ascii", "replace"))
        try:
            look = Scope.parse({name: values[0] for name, values in query.items()})
        except ValueError as error:
            await self.close(BAD_REQUEST, str(error))
            return
        self.loop = asyncio.get_running_loop()
        OPEN[self._session_key].add(self)
        self.watch = asyncio.create_task(self._watch_session())
        await self.begin(look)

    async def disconnect(self, code):
        if self.watch:
            self.watch.cancel()
            self._forget()
        await super().disconnect(code)

    @property
    def _session_key(self) -> str:
        return self.scope["session"].session_key or ""

    def _forget(self) -> None:
        OPEN[self._session_key].discard(self)
        if not OPEN[self._session_key]:
            del OPEN[self._session_key]

    async def _watch_session(self) -> None:
        """Ends the socket once its session is over: logged out, expired, or its user locked or given a new password."""
        while True:
            await asyncio.sleep(self.recheck_s)
            try:
                logged_in = await self._is_logged_in()
            except Error as error:
                # A database that is away ends no session.
                log.warning("A session could not be checked: %s.", type(error).__name__)
                continue
            if not logged_in:
                await self.close(SESSION_ENDED)
                return

    async def _is_logged_in(self) -> bool:
        # Read anew: the session at hand remembers what it was at the beginning.
        store = import_module(settings.SESSION_ENGINE).SessionStore
        session = store(self._session_key)
        return (await get_user({"session": session})).is_authenticated


def _seq(text: str | None) -> int | None:
    """The number that a message acknowledges; None when it is not one."""
    if not text or len(text) > LONGEST_MESSAGE:
        return None
    try:
        seq = json.loads(text)["seq"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return seq if isinstance(seq, int) else None
