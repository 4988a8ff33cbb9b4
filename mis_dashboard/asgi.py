"""The web process: HTTP through Django, websockets to the open screens."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mis_dashboard.settings")
pages = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402  (needs the apps to be loaded)
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402

from issues import webhooks  # noqa: E402
from metrics.urls import websocket_urlpatterns  # noqa: E402
from mis_dashboard.lib import processes  # noqa: E402
from mis_dashboard.lib.doors import Doors  # noqa: E402

if settings.ROLE == "web":
    processes.beat("web")
doors = Doors(webhooks.DOORS, max_bytes=webhooks.MAX_BYTES, sender=webhooks.location_in)


async def pages_and_doors(scope, receive, send) -> None:
    """Programs' doors on a short way, everything else through Django's middleware."""
    await (doors if scope["path"] in doors else pages)(scope, receive, send)


application = ProtocolTypeRouter(
    {
        "http": pages_and_doors,
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
