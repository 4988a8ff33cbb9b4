"""The web process: HTTP through Django, websockets to the open screens."""

import gc
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mis_dashboard.settings")
django.setup(set_prefix=False)

from channels.auth import AuthMiddlewareStack  # noqa: E402  (needs the apps to be loaded)
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402

from issues import webhooks  # noqa: E402
from metrics import timing  # noqa: E402
from metrics.urls import websocket_urlpatterns  # noqa: E402
from mis_dashboard.lib import processes  # noqa: E402
from mis_dashboard.lib.doors import Doors  # noqa: E402
from mis_dashboard.lib.steady import steadily  # noqa: E402
from mis_dashboard.lib.timed import ROUTE, RoutedPages, Timed  # noqa: E402

# Static files, and those who only ask how we are: many and quick, they would hide how long others wait.
UNTIMED = (f"/{settings.STATIC_URL.strip('/')}/", "/healthz", "/readyz", "/metrics")

# With 2,000 open screens a full collection holds everybody up for a third of a second, and as shipped there is one every
# 20 s. What was loaded until here stays for ever, and is left out of all of them.
GARBAGE = (10_000, 10, 20)

if settings.ROLE == "web":
    processes.beat("web")
    timing.counting.start()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
pages = RoutedPages()
doors = Doors(webhooks.DOORS, max_bytes=webhooks.MAX_BYTES, sender=webhooks.location_in)


async def pages_and_doors(scope, receive, send) -> None:
    """Programs' doors on a short way, everything else through Django's middleware."""
    if scope["path"] in doors:
        scope[ROUTE] = scope["path"].removeprefix("/")
        await doors(scope, receive, send)
    else:
        await pages(scope, receive, send)


application = ProtocolTypeRouter(
    {
        "http": steadily(Timed(pages_and_doors, timing.counting.note, UNTIMED)),
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
