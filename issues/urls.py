"""The customer's side has no pages of its own besides the admin: only doors for programs."""

from django.urls import path, re_path

from . import webhooks
from .api import door
from .api import urls as api

urlpatterns = [
    *(path(address[1:], view) for address, view in webhooks.DOORS.items()),
    re_path("^api/$", door.nowhere),
    path("api/", api),
    re_path("^api/(?!metrics/)", door.nowhere),
]
