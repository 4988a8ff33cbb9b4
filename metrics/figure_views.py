"""A figure's own page, its rows as a file, and both for programs."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_safe

from . import export, figure, filters, kpis, snapshot
from .api import answered, fresh
from .figure import Asked
from .kpis import BY_NAME, KPI
from .window import WINDOWS, BadScope, Scope, one_of

# What to write, by the parameter that is not understood.
REFUSED = {
    "window": _("There is no such time window."),
    "start": _("“From” must be a day, such as 2026-01-31, at most ten years before “To”."),
    "end": _("“To” must be a day, such as 2026-01-31, and not before “From”."),
    "location": _("A location is at most 64 characters long."),
    "priority": _("There is no such priority."),
    "type": _("A type is at most 100 characters long."),
    "list": _("This figure has no such list."),
    "after": _("There is no such page."),
    "as_of": _("The moment must be a time in the past, such as 2026-01-31T14:00:00Z."),
}


@login_required
@require_safe
def page(request: HttpRequest, kpi: str) -> HttpResponse:
    """A figure looked into. 404 for one that there is none of; what else is not understood is 400, and says so in words.

    An address with empty parameters leads to one without. Context: that of `figure.shown`, `bar` (`filters`), and `issue_url`, the beginning of an issue's address, for those who may open one.
    """
    found = _known(kpi)
    try:
        asked = Asked.parse(found, request.GET, timezone.now())
    except BadScope as error:
        return _refused(request, found, error)
    if "" in request.GET.values():
        return redirect(asked.address(moment="as_of" in request.GET))
    seen, keeps = figure.look(asked), {"list": asked.list} if asked.list != found.lists[0] else {}
    context = figure.shown(seen) | {
        "bar": filters.bar(asked.scope, seen.window, request.GET.dict(), {}, keeps),
        "time_zone": settings.TIME_ZONE,
        "issue_url": issue_url(request),
    }
    return fresh(render(request, "figure.html", context))


@login_required
@require_GET
def csv(request: HttpRequest, kpi: str) -> HttpResponse:
    """The rows of one of the figure's lists as a file, in the reader's language."""
    found = _known(kpi)
    try:
        asked = Asked.parse(found, request.GET, timezone.now())
    except BadScope as error:
        return _refused(request, found, error)
    lines = export.stream(asked.list, asked.window, get_language() or settings.LANGUAGE_CODE)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_file_name(asked)}"'
    return fresh(response)


@login_required
@require_GET
def figures_csv(request: HttpRequest) -> HttpResponse:
    """Every figure of a scope as a file, in the reader's language. What is not understood is 400."""
    now = timezone.now()
    try:
        window = Scope.parse(request.GET).at(now, timezone.get_default_timezone())
    except BadScope as error:
        return fresh(
            HttpResponse(REFUSED.get(error.field, str(error)), status=400, content_type="text/plain; charset=utf-8")
        )
    with snapshot.one_state():
        measured = kpis.measure(window)
    text = export.figures(window, measured, get_language() or settings.LANGUAGE_CODE)
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    name = "-".join(["mis", *window.filters, window.name, f"{timezone.localtime(now):%Y-%m-%dT%H%M}"])
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return fresh(response)


@answered
def rows_api(request: HttpRequest) -> HttpResponse:
    """A page of the rows behind a figure."""
    return JsonResponse(figure.told(figure.look(_asked(request))))


@answered
def breakdown_api(request: HttpRequest) -> HttpResponse:
    """A figure by priority, type, location or who answered."""
    return JsonResponse(figure.taken_apart(_asked(request), request.GET.get("by", "")))


def _asked(request: HttpRequest) -> Asked:
    """Raises BadScope."""
    found = BY_NAME.get(request.GET.get("kpi", ""))
    if found is None:
        raise one_of("kpi", list(BY_NAME))
    return Asked.parse(found, request.GET, timezone.now())


def _known(kpi: str) -> KPI:
    if kpi not in BY_NAME:
        raise Http404
    return BY_NAME[kpi]


def _refused(request: HttpRequest, found: KPI, error: BadScope) -> HttpResponse:
    base = reverse("figure", args=[found.name])
    context = {
        "kpi": found,
        "text": REFUSED.get(error.field, str(error)),
        "windows": [{"name": name, "url": f"{base}?window={name}"} for name in WINDOWS],
    }
    return fresh(render(request, "figure_refused.html", context, status=400))


def issue_url(request: HttpRequest) -> str:
    """The address of the administration's list of issues, for those who may open it; else empty."""
    return reverse("admin:issues_issue_changelist") if _may_open(request.user) else ""


def _may_open(user) -> bool:
    return user.is_staff and user.has_perm("issues.view_issue")


def _file_name(asked: Asked) -> str:
    """Which figure, list and window it is, and when that was: "mis-ttfr_p50-waiting-24h-2026-11-20T1000.csv"."""
    at = timezone.localtime(asked.now)
    parts = ["mis", asked.kpi.name, asked.list, *asked.window.filters, asked.window.name, f"{at:%Y-%m-%dT%H%M}"]
    return "-".join(parts) + ".csv"
