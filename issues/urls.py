"""The customer's side has no pages of its own besides the admin: only doors for programs."""

from django.urls import path

from . import webhooks
from .api import urls as api

urlpatterns = [
    *(path(address[1:], view) for address, view in webhooks.DOORS.items()),
    path("api/", api),
]
