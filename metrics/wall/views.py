"""The pages of a wall. None of them is ever a login; each gets on by itself, whatever is wrong, because nobody is there to help."""

import logging
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from mis_dashboard.lib.brake import Brake

from ..api import fresh
from ..models import WallScreen
from . import cookies, screens, snapshot
from .edition import EDITION

log = logging.getLogger("mis.live")

SHOWN, WAITING, UNKNOWN = "shown", "waiting", "unknown"

# So many new codes a minute for one address, so that none takes away all of those that screens show.
ASKED = Brake(10, 60.0)


def discreet(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """`view` whose answer nobody keeps, and whose address is told nobody."""

    @wraps(view)
    def answer(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        response = fresh(view(request, *args, **kwargs))
        response["Referrer-Policy"] = "no-referrer"
        return response

    return answer


@discreet
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The figures, for a browser whose secret opens a screen; else a code to be accepted; else a page that tries again."""
    secret = cookies.secret_of(request)
    try:
        screen = screens.find(secret)
        return _shown(request, screen, secret) if screen else _pairing(request, secret)
    except Exception as error:
        # Whatever it was: an error page would stay on the wall until somebody comes.
        log.error("A wall could not be shown.", exc_info=error)
        return render(request, "wall/away.html", status=503)


def _shown(request: HttpRequest, screen: WallScreen, secret: str) -> HttpResponse:
    look = snapshot.Look(screen.location, screen.language)
    found = snapshot.build(look, timezone.now())
    context = {
        "screen": screen,
        "snapshot": found,
        # As many places as there can be systems: the script fills them, and makes none.
        "systems": found["systems"] + [None] * (snapshot.SYSTEMS_SHOWN - len(found["systems"])),
        "edition": EDITION,
        "zone": settings.TIME_ZONE,
    }
    with translation.override(screen.language):
        response = render(request, "wall/wall.html", context)
    cookies.keep(response, secret)
    return response


def _pairing(request: HttpRequest, secret: str) -> HttpResponse:
    """The code that the browser shows already, or a new one; none for who does not want to see it."""
    now = timezone.now()
    pairing = screens.waiting(secret, now)
    try:
        who = (request.META.get("REMOTE_ADDR", ""),)
        if pairing is None and request.method != "HEAD" and not ASKED.wait_s(who):
            ASKED.count(who)
            pairing, secret = screens.ask(now)
    except screens.TooManyWait:
        pass
    if pairing is None:
        return render(request, "wall/pairing.html", {"code": ""})
    context = {"code": pairing.code, "expires_in_s": int((pairing.expires_at - now).total_seconds())}
    response = render(request, "wall/pairing.html", context)
    cookies.keep(response, secret)
    return response


@discreet
@require_safe
def state(request: HttpRequest) -> JsonResponse:
    """What the page would be now: "shown", "waiting" (with a code that may still be accepted) or "unknown"; 503 without a database."""
    secret = cookies.secret_of(request)
    try:
        if screens.find(secret):
            found = SHOWN
        else:
            found = WAITING if screens.waiting(secret, timezone.now()) else UNKNOWN
    except Error:
        return JsonResponse({"state": "away"}, status=503)
    return JsonResponse({"state": found, "edition": EDITION})


@discreet
@require_safe
def worker(request: HttpRequest, language: str) -> HttpResponse:
    """The script that waits in the browser for a server that is away. Under the address of the wall, so that it is for that alone."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    with translation.override(language):
        return render(request, "wall/worker.js", {"language": language}, content_type="text/javascript")


@discreet
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """Keeps the secret as a cookie and leads to the page, so that it stands in no address bar.

    Whether it opens anything is not looked up here, and no answer is an error: those are logged, with their address.
    """
    response = redirect("wall")
    if screens.is_secret(secret.strip("/")):
        cookies.keep(response, secret.strip("/"))
    return response
