"""The cookies of a screen: its secret, for the pages and for the socket, and for nothing else of the product."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE, SOCKET_COOKIE = "mis_wall", "mis_wall_socket"
PATHS = {COOKIE: "/wall", SOCKET_COOKIE: "/ws/wall"}
# As long as browsers keep any; each time the page is loaded it begins anew.
KEPT = timedelta(days=400)


def keep(response: HttpResponse, secret: str) -> None:
    """Lets the browser keep the secret. "Lax", because a link in a message leads here from elsewhere."""
    for name, path in PATHS.items():
        response.set_cookie(
            name, secret, max_age=KEPT, path=path, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )


def secret_of(request: HttpRequest) -> str:
    return request.COOKIES.get(COOKIE, "")
