"""The addresses of the screens and of their figures."""

from django.urls import path

from . import alert_views, crt_views, design, figure_views, prometheus, views
from .consumers import Performance
from .trends import views as trends
from .wall import views as wall
from .wall.consumer import Wall

urlpatterns = [
    path("performance", views.performance, name="performance"),
    path("crt", crt_views.page, name="crt"),
    path("crt/now", crt_views.now, name="crt_now"),
    path("performance/words/<str:language>/<str:edition>", views.sentences, name="sentences"),
    path("performance/alerts/<uuid:incident>/acknowledge", alert_views.acknowledge, name="acknowledge"),
    path("performance/alerts/<uuid:incident>/silence", alert_views.silence, name="silence"),
    path("performance/trends", trends.page, name="trends"),
    path("performance/figures.csv", figure_views.figures_csv, name="figures_csv"),
    path("performance/<slug:kpi>.csv", figure_views.csv, name="figure_csv"),
    path("performance/<slug:kpi>", figure_views.page, name="figure"),
    path("wall/", wall.page, name="wall"),
    path("wall/state", wall.state, name="wall_state"),
    path("wall/worker-<str:language>.js", wall.worker, name="wall_worker"),
    # All else under it, so that no mistyped link becomes an error, which would be logged.
    path("wall/<path:secret>", wall.link, name="wall_link"),
    path("api/metrics/breakdown", figure_views.breakdown_api, name="breakdown"),
    path("api/metrics/rows", figure_views.rows_api, name="rows"),
    path("api/metrics/snapshot", views.snapshot_api, name="snapshot"),
    path("design", design.page, name="design"),
    path("metrics", prometheus.scrape, name="metrics"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
websocket_urlpatterns = [path("ws/performance/", Performance.as_asgi()), path("ws/wall/", Wall.as_asgi())]
