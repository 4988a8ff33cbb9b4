"""The customer's side has no pages of its own besides the admin: only doors for programs."""

from django.urls import path

from . import webhooks
from .api import api

urlpatterns = [
    path("api/webhooks/ghl", webhooks.ghl_webhook, name="ghl_webhook"),
    path("api/webhooks/evolution", webhooks.evolution_webhook, name="evolution_webhook"),
    path("api/", api.urls),
]
