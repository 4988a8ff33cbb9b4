"""Doors for programs: Django views without what pages need, in a few threads that keep their database connection."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, JsonResponse

View = Callable[[HttpRequest], HttpResponse]
Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Doors:
    """An ASGI application for the `views`, by path.

    A page costs three thread changes and a new database connection; a door costs one and keeps its
    connection. Bodies over `max_bytes` are refused while they come in (413). When `waiting`
    requests wait already, the next is told to come again (429) at once.
    """

    def __init__(self, views: Mapping[str, View], *, max_bytes: int, threads: int = 4, waiting: int = 2000):
        self.views, self.max_bytes, self.waiting = views, max_bytes, waiting
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="door")
        self.inside = 0

    def __contains__(self, path: str) -> bool:
        return path in self.views

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await self._read(receive)
        if body is None:
            await answer(send, refuse(413, f"The body is larger than {self.max_bytes // 1024} KB."))
        elif self.inside >= self.waiting:
            await answer(send, refuse(429, "Too many requests wait already: please deliver again."))
        else:
            await answer(send, await self._let_in(ASGIRequest(scope, BytesIO(body))))

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

    async def _let_in(self, request: HttpRequest) -> HttpResponse:
        self.inside += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self.threads, self.views[request.path], request)
        finally:
            self.inside -= 1


def refuse(status: int, error: str, **more: Any) -> JsonResponse:
    """A clear no: what was wrong, and what to write. A 429 says when to come again."""
    headers = {"Retry-After": "30"} if status == 429 else None
    return JsonResponse({"success": False, "error": error, **more}, status=status, headers=headers)


async def answer(send: Send, response: HttpResponse) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]
    headers += [(b"content-length", str(len(response.content)).encode()), (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})
