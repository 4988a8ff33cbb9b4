"""The addresses of the screens and of their figures."""

from django.urls import path

from . import prometheus, views
from .consumers import Performance

urlpatterns = [
    path("performance", views.performance, name="performance"),
    path("api/metrics/snapshot", views.snapshot_api, name="snapshot"),
    path("metrics", prometheus.scrape, name="metrics"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
websocket_urlpatterns = [path("ws/performance/", Performance.as_asgi())]
