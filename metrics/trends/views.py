"""The trends of a scope: a page of its own, of which the screen takes what it shows below its figures."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from .. import charts, filters
from ..api import fresh
from .read import read
from .shown import shown


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Context: `shown`, and `scope`, `window`, `title`, `figures` (`charts`), `as_of`. What is not understood is 400, and says what to write."""
    scope, wrong = filters.understood(request.GET.dict())
    now = timezone.now()
    context = {"scope": scope, "time_zone": settings.TIME_ZONE}
    if wrong:
        bar = filters.bar(scope, scope.at(now, timezone.get_default_timezone()), request.GET, wrong)
        return fresh(render(request, "performance_refused.html", context | {"bar": bar, "wrong": wrong}, status=400))
    trends = read(scope, now)
    context |= shown(trends, scope) | {
        "window": trends.window,
        "title": filters.title(trends.window),
        "as_of": trends.window.as_of.isoformat(),
        "figures": charts.figures(charts.OF_TRENDS),
    }
    return fresh(render(request, "trends.html", context))
