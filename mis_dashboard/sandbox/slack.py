"""The stand-in Slack: one incoming webhook, and what was posted to it."""

import json
from collections import deque

from aiohttp import web

from .gemini import dropped
from .modes import SlackModes, control

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
    """`posts` holds the last bodies that were answered "ok", oldest first."""

    def __init__(self) -> None:
        self.modes = SlackModes()
        self.posts: deque[dict] = deque(maxlen=KEPT)

    def routes(self, router: web.UrlDispatcher) -> None:
        router.add_post(PATH, self.receive)
        router.add_get("/sandbox/slack/posts", self.show)
        show, set_ = control(self.modes, lambda: {"posts": len(self.posts)})
        router.add_get("/sandbox/slack", show)
        router.add_post("/sandbox/slack", set_)

    async def receive(self, request: web.Request) -> web.Response:
        if self.modes.down:
            return dropped(request)
        try:
            body = json.loads(await request.read())
        except ValueError:
            return said(400)
        if not isinstance(body, dict) or not (body.get("text") or body.get("blocks")):
            return said(400, "no_text")
        if self.modes.status == 200:
            self.posts.append(body)
        return said(int(self.modes.status))

    async def show(self, request: web.Request) -> web.Response:
        return web.json_response(list(self.posts))


def said(status: int, text: str = "") -> web.Response:
    headers = {"Retry-After": "1"} if status == 429 else {}
    return web.Response(text=text or BODIES.get(status, "error"), status=status, headers=headers)
