"""The stand-in Slack: one incoming webhook, and what was posted to it."""

import asyncio
import json
import random
import time
from collections import deque

from aiohttp import web

from .gemini import dropped
from .modes import SlackModes, control, one_of

PATH = "/services/TSANDBOX/BSANDBOX/sandbox"
KEPT = 500
BODIES = {
    200: "ok",
    400: "invalid_payload",
    403: "invalid_token",
    404: "no_service",
    410: "channel_is_archived",
    429: "rate_limited",
    500: "rollup_error",
}


class Slack:
    """`posts` holds the last bodies that were taken, oldest first, and `times` when each came, in Unix seconds."""

    def __init__(self, seed: str = "") -> None:
        self.modes = SlackModes()
        self.posts: deque[dict] = deque(maxlen=KEPT)
        self.times: deque[float] = deque(maxlen=KEPT)
        self.rng = random.Random(f"slack {seed}")

    def routes(self, router: web.UrlDispatcher) -> None:
        router.add_post(PATH, self.receive)
        router.add_get("/sandbox/slack/posts", self.show)
        show, set_ = control(self.modes, lambda: {"posts": len(self.posts)})
        router.add_get("/sandbox/slack", show)
        router.add_post("/sandbox/slack", set_)

    async def receive(self, request: web.Request) -> web.StreamResponse:
        if self.modes.down:
            return dropped(request)
        try:
            body = json.loads(await request.read())
        except ValueError:
            return said(400)
        if not isinstance(body, dict) or not (body.get("text") or body.get("blocks")):
            return said(400, "no_text")
        if self.modes.refuse_blocks and body.get("blocks"):
            return said(400, "invalid_blocks")
        if self.modes.status != 200:
            return said(int(self.modes.status), retry_after_s=self.modes.retry_after_s)
        self.posts.append(body)
        self.times.append(time.time())
        return await self.answer(request)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """To a post that was taken: at once, late, or never."""
        shares = {"drop_after": self.modes.drop_after, "hang": self.modes.accept_then_hang}
        fault = one_of(self.rng, shares)
        if fault == "drop_after":
            return dropped(request)
        if fault == "hang":
            await asyncio.sleep(self.modes.hang_s)
        return said(200)

    async def show(self, request: web.Request) -> web.Response:
        """What was taken, oldest first, each with the moment `at` which it came."""
        return web.json_response([{"at": at, **post} for at, post in zip(self.times, self.posts, strict=True)])


def said(status: int, text: str = "", retry_after_s: float = 1) -> web.Response:
    headers = {"Retry-After": f"{retry_after_s:g}"} if status == 429 else {}
    return web.Response(text=text or BODIES.get(status, "error"), status=status, headers=headers)
