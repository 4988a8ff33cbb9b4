"""The trends of a scope: a page of its own, of which the screen takes what it shows below its figures."""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from mis_dashboard.lib.recent import recent

from .. import charts, filters
from ..api import fresh
from ..window import Scope
from .read import read
from .shown import shown


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Context: `fragment` (all trends as HTML), and `scope`, `window`, `title`, `as_of`. What is not understood is 400, and says what to write."""
    scope, wrong = filters.understood(request.GET.dict())
    now = timezone.now()
    context = {"scope": scope, "time_zone": settings.TIME_ZONE}
    if wrong:
        bar = filters.bar(scope, scope.at(now, timezone.get_default_timezone()), request.GET, wrong)
        return fresh(render(request, "performance_refused.html", context | {"bar": bar, "wrong": wrong}, status=400))
    fragment, as_of = _fragment(scope, now.replace(second=0, microsecond=0), get_language())
    window = scope.at(now, timezone.get_default_timezone())
    context |= {"window": window, "title": filters.title(window), "as_of": as_of, "fragment": fragment}
    return fresh(render(request, "trends.html", context))


@recent(seconds=60)
def _fragment(scope: Scope, minute: datetime, language: str) -> tuple[SafeString, str]:
    """All trends as HTML, the same for everybody who reads that language; and the moment that they are of."""
    trends = read(scope, minute)
    as_of = trends.window.as_of.isoformat()
    context = shown(trends, scope) | {"as_of": as_of, "figures": charts.figures(charts.OF_TRENDS)}
    return render_to_string("partials/trends.html", context), as_of
