"""Long answers at the pace of who reads them. daphne writes whatever it is given, into memory without end."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

# Who has not taken anything for so long has gone to sleep, or never meant to read.
PATIENCE_S = 60.0

Send = Callable[[dict], Awaitable[None]]


class Pace:
    """What Twisted tells when the client's connection is full and when it has room again (its IPushProducer)."""

    def __init__(self) -> None:
        self.room = asyncio.Event()
        self.room.set()

    def pauseProducing(self) -> None:
        self.room.clear()

    def resumeProducing(self) -> None:
        self.room.set()

    def stopProducing(self) -> None:
        self.room.set()


def steadily(app: Callable, patience_s: float = PATIENCE_S) -> Callable:
    """The ASGI `app`, whose answers in many parts wait for room, and end when there is none for so long.

    daphne's `send` is bound to the request of Twisted's that it answers; any other one stays as it is.
    """

    async def paced(scope: dict, receive: Callable, send: Send) -> None:
        request = next(iter(getattr(send, "args", ())), None)
        await app(scope, receive, _paced(send, request, patience_s) if hasattr(request, "registerProducer") else send)

    return paced


def _paced(send: Send, request: Any, patience_s: float) -> Send:
    pace: Pace | None = None

    async def wait_and_send(message: dict) -> None:
        nonlocal pace
        is_part = message["type"] == "http.response.body" and message.get("more_body", False)
        is_connected = request.channel is not None
        if is_part and is_connected and pace is None:
            pace = Pace()
            request.registerProducer(pace, True)
        if pace is not None and not is_part:
            pace = None
            if is_connected:
                request.unregisterProducer()
        await send(message)
        if pace is not None:
            await _room(pace, request, patience_s)

    return wait_and_send


async def _room(pace: Pace, request: Any, patience_s: float) -> None:
    try:
        await asyncio.wait_for(pace.room.wait(), patience_s)
    except TimeoutError:
        if request.channel is not None:
            request.channel.forceAbortClient()
