"""Times the requests of an ASGI application, and says what was asked for without saying by whom."""

from collections.abc import Awaitable, Callable, MutableMapping
from time import perf_counter
from typing import Any

from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.urls import ResolverMatch

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
# (what was asked for, HTTP status, seconds)
Note = Callable[[str, int, float], None]

ROUTE = "mis.route"  # where the scope of a request holds the URL pattern that it matched
OTHER = "other"  # all paths that match none
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
# Whoever asked has left before the answer was whole (nginx's number for it).
GONE = 499


class RoutedPages(ASGIHandler):
    """Django's pages, which write the pattern that a request matched into its scope.

    A middleware would do it too, at the price of one more change of thread for every page.
    """

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        match = super().resolve_request(request)
        request.scope[ROUTE] = match.route
        return match


class Timed:
    """The ASGI application `app`, of whose every request `note` is told when its last byte was handed over.

    What fails without an answer counts as 500. Whoever leaves before the answer is whole counts too, with the time
    that they waited: the slowest answers would vanish otherwise. Paths that begin with one of `untimed` are left out.
    """

    def __init__(self, app: App, note: Note, untimed: tuple[str, ...] = ()):
        self.app, self.note, self.untimed = app, note, untimed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(self.untimed):
            await self.app(scope, receive, send)
            return
        begun, ended, status = perf_counter(), 0.0, 0

        async def sending(message: dict[str, Any]) -> None:
            nonlocal ended, status
            await send(message)
            if message["type"] == "http.response.start":
                status = message["status"]
            elif not message.get("more_body", False):
                ended = perf_counter()

        try:
            await self.app(scope, receive, sending)
        except Exception:
            status, ended = 500, perf_counter()
            raise
        finally:
            self.note(asked_for(scope), status if ended else GONE, (ended or perf_counter()) - begun)


def asked_for(scope: Scope) -> str:
    """Method and URL pattern, "GET /admin/issues/issue/<path:object_id>/change/": never the path, which may hold an id."""
    route = scope.get(ROUTE)
    if route is None:
        return OTHER
    method = scope["method"] if scope["method"] in METHODS else "OTHER"
    return f"{method} /{route}"
