"""A wall's socket: opened by the screen's own secret, and closed within seconds of its being revoked."""

import asyncio
import logging
import re
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from django.db import Error
from django.utils import timezone

from ..consumers import SESSION_ENDED, Screen
from ..live import TRY_AGAIN, Hub
from ..models import WallScreen
from . import screens
from .cookies import SOCKET_COOKIE
from .snapshot import Look, compose

LOOK_S = 2.0  # a revoked screen goes dark within this
NOTED_EVERY_S = 30.0
SIZE = re.compile(r"\d{2,5}x\d{2,5}")
EDITION = re.compile(r"[0-9a-f]{12}")

log = logging.getLogger("mis.live")


class Keeper:
    """Looks after the open walls of a process: closes those that may not show any more, and notes which are alive.

    One query each `look_s` seconds for all of them together. Its methods belong to one event loop; it works while walls are open.
    """

    def __init__(self, look_s: float = LOOK_S):
        self.look_s = look_s
        self.walls: set[Wall] = set()
        self.task: asyncio.Task | None = None

    def add(self, wall: "Wall") -> None:
        self.walls.add(wall)
        if self.task is None:
            self.task = asyncio.create_task(self._keep())

    def remove(self, wall: "Wall") -> None:
        self.walls.discard(wall)
        if not self.walls and self.task:
            self.task.cancel()
            self.task = None

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self.look_s)
            try:
                await self._look()
            except Error as error:
                # A database that is away revokes nothing.
                log.warning("The walls could not be looked up: %s.", type(error).__name__)
            except Exception:
                log.exception("The walls were not looked after; they are again in a moment.")

    async def _look(self) -> None:
        walls = list(self.walls)
        now = asyncio.get_running_loop().time()
        alive = [wall for wall in walls if wall.is_news(now)]
        in_force = await database_sync_to_async(_looked_up)(
            [wall.screen.digest for wall in walls], [wall.screen.digest for wall in alive]
        )
        for wall in alive:
            wall.noted_at = now
        for wall in walls:
            present = in_force.get(wall.screen.digest)
            if present is None or present.shown_as != wall.screen.shown_as:
                self.walls.discard(wall)
                await wall.close(SESSION_ENDED)


def _looked_up(digests: list[str], alive: list[str]) -> dict[str, WallScreen]:
    if alive:
        screens.seen(alive, timezone.now())
    return screens.in_force(digests)


class Wall(Screen):
    """`/ws/wall/?edition=…&size=1920x1080`, with the cookie of a wall: the snapshot of what the screen looks at, as for `Performance`.

    Closes with 4401 when the screen may not show anything (any more), or must load its page anew because it was
    set otherwise; and with 4408 when that cannot be found out now.
    """

    hub = Hub(compose)
    keeper = Keeper()
    screen: WallScreen
    heard_at = noted_at = 0.0

    async def connect(self):
        # Only an accepted socket can be told why it is closed.
        await self.accept()
        try:
            screen = await database_sync_to_async(_opened)(
                self.scope["cookies"].get(SOCKET_COOKIE, ""), self.scope["query_string"].decode("ascii", "replace")
            )
        except Error as error:
            log.warning("A wall could not be looked up: %s.", type(error).__name__)
            await self.close(TRY_AGAIN)
            return
        if screen is None:
            await self.close(SESSION_ENDED)
            return
        self.screen = screen
        self.noted_at = asyncio.get_running_loop().time()
        self.keeper.add(self)
        await self.begin(Look(screen.location, screen.language))

    async def receive(self, text_data=None, bytes_data=None):
        self.heard_at = asyncio.get_running_loop().time()
        await super().receive(text_data, bytes_data)

    async def disconnect(self, code):
        self.keeper.remove(self)
        await super().disconnect(code)

    def is_news(self, now: float) -> bool:
        """Whether it is time to note that the screen shows figures: it has acknowledged some since that was noted last."""
        return self.heard_at > self.noted_at and now - self.noted_at >= NOTED_EVERY_S


def _opened(secret: str, query: str) -> WallScreen | None:
    """The screen of that secret, noted as seen, with what its page says of itself."""
    screen = screens.find(secret)
    if screen:
        said = {name: values[0] for name, values in parse_qs(query).items()}
        edition, size = said.get("edition", ""), said.get("size", "")
        screens.opened(
            screen,
            timezone.now(),
            edition=edition if EDITION.fullmatch(edition) else "",
            size=size if SIZE.fullmatch(size) else "",
        )
    return screen
