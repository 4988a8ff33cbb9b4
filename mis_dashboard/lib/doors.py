"""Doors for programs: Django views without what pages need, in a few threads that keep their database connection."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from io import BytesIO
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, JsonResponse

from .turns import Turns

View = Callable[[HttpRequest], HttpResponse]
Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
# How long nobody is let in after a view could not serve: the database is away.
CLOSED_S = 1.0
# All senders together may have so many times as many waiting as one of them.
ALL_TIMES = 4
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Doors:
    """An ASGI application for the `views`, by path.

    A page costs three thread changes and a new database connection; a door costs one and keeps its
    connection. Bodies over `max_bytes` are refused (413). Whoever `sender` (of a body) says they come from are let
    in by turns, so that a crowd from one holds up nobody else. When `waiting` requests of one sender wait already,
    its next is told to come again (429) at once; and for a second after a view has said so, everybody is.
    """

    def __init__(
        self,
        views: Mapping[str, View],
        *,
        max_bytes: int,
        sender: Callable[[bytes], str] = lambda body: "",
        threads: int = 4,
        waiting: int = 1000,
    ):
        self.views, self.max_bytes, self.sender, self.waiting = views, max_bytes, sender, waiting
        self.closed_until = 0.0
        self.turns = Turns(threads, "door")
        self.inside: Counter[str] = Counter()

    def __contains__(self, path: str) -> bool:
        return path in self.views

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await self._read(receive)
        if body is None:
            await answer(send, refuse(413, f"The body is larger than {self.max_bytes // 1024} KB."))
            return
        who = f"{scope['path']} {self.sender(body)}"
        if self.is_full(who) or time.monotonic() < self.closed_until:
            await answer(send, refuse(429, "Too many requests wait already: please deliver again."))
        else:
            await answer(send, await self._let_in(who, ASGIRequest(scope, BytesIO(body))))

    def is_full(self, who: str) -> bool:
        return self.inside[who] >= self.waiting or self.inside.total() >= ALL_TIMES * self.waiting

    async def _read(self, receive: Receive) -> bytes | None:
        """The whole body; None when it is too large, after taking in the rest without keeping it."""
        parts, size, more = [], 0, True
        while more:
            message = await receive()
            part = message.get("body", b"")
            size += len(part)
            more = message.get("more_body", False)
            if size <= self.max_bytes:
                parts.append(part)
        return b"".join(parts) if size <= self.max_bytes else None

    async def _let_in(self, who: str, request: HttpRequest) -> HttpResponse:
        self.inside[who] += 1
        try:
            response = await asyncio.wrap_future(self.turns.submit(who, lambda: self._view(request)))
            if response.status_code == 429:
                self.closed_until = time.monotonic() + CLOSED_S
            return response
        finally:
            self.inside[who] -= 1
            if not self.inside[who]:
                del self.inside[who]

    def _view(self, request: HttpRequest) -> HttpResponse:
        """In a thread. Who waited for one while the doors were closed need not try."""
        if time.monotonic() < self.closed_until:
            return refuse(429, "Not stored: please deliver again.")
        return self.views[request.path](request)


def refuse(status: int, error: str, **more: Any) -> JsonResponse:
    """A clear no: what was wrong, and what to write. A 429 says when to come again."""
    headers = {"Retry-After": "30"} if status == 429 else None
    return JsonResponse({"success": False, "error": error, **more}, status=status, headers=headers)


async def answer(send: Send, response: HttpResponse) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]
    headers += [(b"content-length", str(len(response.content)).encode()), (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})
