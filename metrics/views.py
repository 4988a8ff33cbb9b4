"""The screens' pages, their figures for programs, and whether we are well."""

import hashlib
import json
import tomllib
from datetime import timedelta
from functools import cache

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.serializers.json import DjangoJSONEncoder
from django.db import Error
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from issues import ai, channels
from mis_dashboard.models import Process

from . import charts, filters, words
from . import snapshot as snapshots
from .alert_views import may_handle
from .api import answered, fresh
from .kpis import KPI, KPIS
from .measures import LISTS
from .sentences import GROUPS
from .window import Scope

SEEN_LATELY = timedelta(seconds=10)
VERSION = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"]


@login_required
@require_safe
def performance(request: HttpRequest) -> HttpResponse:
    """The live screen of a scope. All its figures are in the HTML; the script only keeps them fresh.

    Context: `snapshot` (`snapshot.build`), `scope`, `window`, `bar` and `title` (`filters`), `time_zone`, `sentences`
    (their address), `before` (the window before in words), `compares` (whether anything is known of it), `may_handle` (alerts) and `groups` (in order: label, and cards, each the snapshot's entry with
    its declaration). An address
    with empty parameters leads to one without. What is not understood is 400, and says what to write.
    """
    asked, now = request.GET.dict(), timezone.now()
    scope, wrong = filters.understood(asked)
    window = scope.at(now, timezone.get_default_timezone())
    if not wrong and "" in asked.values():
        return redirect(f"{request.path}?{scope.query}")
    context = {"scope": scope, "time_zone": settings.TIME_ZONE, "bar": filters.bar(scope, window, asked, wrong)}
    if wrong:
        return fresh(render(request, "performance_refused.html", context | {"wrong": wrong}, status=400))
    snapshot = snapshots.build(scope, now)
    context |= {
        "snapshot": snapshot,
        "window": window,
        "title": filters.title(window),
        "sentences": sentences_url(),
        "groups": _groups(snapshot),
        "before": words.BEFORE[window.name],
        "compares": any(kpi["before"] is not None for kpi in snapshot["kpis"].values()),
        "may_handle": may_handle(request.user),
    }
    return fresh(render(request, "performance.html", context))


@require_safe
def sentences(request: HttpRequest, language: str, edition: str) -> HttpResponse:
    """What the screen's script says, `words.texts` in that language, and `figures`, the charts that it fills. The address changes with the text, so it may be kept."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    text, present = _sentences(language)
    answer = HttpResponse(text, content_type="application/json")
    answer["Cache-Control"] = "public, max-age=31536000, immutable" if edition == present else "no-store"
    return answer


@cache
def _sentences(language: str) -> tuple[str, str]:
    """The sentences as JSON, and the name of this edition."""
    with translation.override(language):
        text = json.dumps(
            words.texts() | {"figures": charts.figures()},
            cls=DjangoJSONEncoder,
            ensure_ascii=False,
            separators=(",", ":"),
        )
    return text, hashlib.sha256(text.encode()).hexdigest()[:12]


def sentences_url() -> str:
    language = translation.get_language()
    return reverse("sentences", args=[language, _sentences(language)[1]])


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
    """For every template: whether this is a demonstration, what follows from services that are not configured, and the version."""
    services = {
        _("WhatsApp: nobody can be answered, every issue goes to a person"): channels.configured(),
        _("WhatsApp's webhook: what customers write and receipts are refused"): bool(settings.EVOLUTION_WEBHOOK_SECRET),
        _("GoHighLevel: its webhooks are refused"): bool(settings.GHL_WEBHOOK_SECRET),
        _("Gemini: no reply is written by the AI"): ai.configured(),
    }
    return {
        "demo": settings.DEMO,
        "missing": [so for so, configured in services.items() if not configured],
        "version": VERSION,
    }


def _groups(snapshot: dict) -> list[dict]:
    """The figures that there are, grouped as `GROUPS` has it: label and cards."""
    known = {kpi.name: kpi for kpi in KPIS}
    return [
        {"label": label, "cards": [_card(known[name], snapshot) for name in names if name in known]}
        for label, names in GROUPS.values()
        if known.keys() & names
    ]


def _card(kpi: KPI, snapshot: dict) -> dict:
    told = {name: getattr(kpi, name) for name in ("name", "label", "question", "formula", "rows")}
    of_all = {"window": snapshot["window"], "is_whole": kpi.rows not in LISTS}
    return told | snapshot["kpis"][kpi.name] | of_all
