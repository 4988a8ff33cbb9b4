"""The screens' pages, their figures for programs, and whether we are well."""

import tomllib
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import Error
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from issues import ai, channels
from mis_dashboard.models import Process

from . import charts
from . import snapshot as snapshots
from .api import answered, fresh
from .kpis import KPIS
from .window import WINDOWS, BadScope, Scope

SEEN_LATELY = timedelta(seconds=10)
VERSION = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"]


@login_required
@require_safe
def performance(request: HttpRequest) -> HttpResponse:
    """The live screen. All its figures are in the HTML; the script only keeps them fresh.

    Context: `snapshot` (`snapshot.build`), `window`, `windows`, `time_zone`, `figures` (`charts`) and
    `kpis` (in order: the snapshot's entry with name, label, question and formula). What cannot be
    looked at shows the default window.
    """
    try:
        scope = Scope.parse(request.GET)
    except BadScope:
        scope = Scope()
    snapshot = snapshots.build(scope, timezone.now())
    context = {
        "snapshot": snapshot,
        "window": scope.window,
        "windows": list(WINDOWS),
        "time_zone": settings.TIME_ZONE,
        "figures": charts.figures(),
        "kpis": [_card(kpi, snapshot) for kpi in KPIS],
    }
    return fresh(render(request, "performance.html", context))


@answered
def snapshot_api(request: HttpRequest) -> HttpResponse:
    """The JSON that the socket sends."""
    text = snapshots.text(snapshots.build(Scope.parse(request.GET), timezone.now()))
    return HttpResponse(text, content_type="application/json")


def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers. Nothing else is looked at."""
    return fresh(HttpResponse("ok", content_type="text/plain"))


def readyz(request: HttpRequest) -> JsonResponse:
    """Whether the database answers and a worker and the clock were seen in the last 10 s; 503 when not."""
    try:
        seen = dict(Process.objects.values_list("role").annotate(at=Max("seen_at")).order_by())
        database = True
    except Error:
        seen, database = {}, False
    since = timezone.now() - SEEN_LATELY
    parts = {"database": database} | {
        role.value: role.value in seen and seen[role.value] >= since
        for role in (Process.Role.WORKER, Process.Role.CLOCK)
    }
    ready = all(parts.values())
    return fresh(JsonResponse({"ready": ready, **parts}, status=200 if ready else 503))


def product(request: HttpRequest) -> dict:
    """For every template: whether this is a demonstration, which services are not configured, and the version."""
    services = {
        "Gemini": ai.configured(),
        "WhatsApp": channels.configured() and bool(settings.EVOLUTION_WEBHOOK_SECRET),
        "GoHighLevel": bool(settings.GHL_WEBHOOK_SECRET),
    }
    return {
        "demo": settings.DEMO,
        "missing": [name for name, configured in services.items() if not configured],
        "version": VERSION,
    }


def _card(kpi, snapshot: dict) -> dict:
    words = {"name": kpi.name, "label": kpi.label, "question": kpi.question, "formula": kpi.formula}
    return words | snapshot["kpis"][kpi.name]
