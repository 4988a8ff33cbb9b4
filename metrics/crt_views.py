"""The page /crt: a period against its goals, and the issues that need somebody now, with what can be done about them."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django import forms as django_forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from issues import forms, work
from issues.models import Issue

from . import filters, snapshot
from .alert_views import may_handle
from .api import fresh
from .crt import period, shown, urgent
from .figure_views import issue_url
from .views import sentences_url
from .window import DEFAULT, Scope

PERIOD = "30d"
WORKS = {wanted.name: wanted for wanted in (work.TAKE, work.ASSIGN, work.ESCALATE, work.RESOLVE)}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The page of a scope. A POST does a work on an issue, and leads back to the same place; a refusal is shown there.

    Context: `scope`, `window`, `bar` and `title` (`filters`), `time_zone`, `as_of`, `found` (`shown.period`), and that of `now`.
    An address with empty parameters leads to one without. What is not understood is 400, and says what to write.
    """
    asked, now = {"window": PERIOD} | request.GET.dict(), timezone.now()
    scope, wrong = filters.understood(asked)
    window = scope.at(now, timezone.get_default_timezone())
    if not wrong and "" in asked.values():
        return redirect(f"{request.path}?{scope.query}")
    context = {"scope": scope, "time_zone": settings.TIME_ZONE, "bar": filters.bar(scope, window, asked, wrong)}
    if wrong:
        return fresh(render(request, "crt_refused.html", context | {"wrong": wrong}, status=400))
    refused = _worked(request) if request.method == "POST" else None
    if request.method == "POST" and not refused:
        return redirect(f"{request.path}?{scope.query}#now")
    context |= {
        "window": window,
        "title": filters.title(window),
        "found": shown.period(period.read(window, timezone.get_default_timezone()), scope),
        "sentences": sentences_url(),
        "snapshot": {"alerts": snapshot.alerts(window)},
        "may_handle": may_handle(request.user),
        "issue_list": issue_url(request),
        "now_query": replace(scope, window=DEFAULT, start="", end="").query,
    }
    return fresh(
        render(request, "crt.html", context | _now(request, scope, urgent.read(window), now) | {"refused": refused})
    )


@login_required
@require_safe
def now(request: HttpRequest) -> HttpResponse:
    """The part of the page that tells what needs somebody now, to be put in the place of the one before.

    It may be a second old: however many look, the issues are read once a second for each choice of filters.
    """
    scope, wrong = filters.understood({"window": PERIOD} | request.GET.dict())
    if wrong:
        return fresh(HttpResponse("\n".join(wrong.values()), status=400, content_type="text/plain; charset=utf-8"))
    found, moment = urgent.lately(scope.location, scope.priority, scope.type)
    return fresh(render(request, "partials/crt_now.html", _now(request, scope, found, moment) | {"scope": scope}))


def _now(request: HttpRequest, scope: Scope, found: urgent.Found, moment: datetime) -> dict:
    """`urgent` (`shown.urgent`), `may` (the names of the works that this person may do), and `people` who can be owners."""
    may = {name for name, wanted in WORKS.items() if work.may(request.user, wanted)}
    told = shown.urgent(found, scope, moment, address=issue_url(request), me=request.user.get_username())
    people = forms.staff() if may and found.n else []
    return {"urgent": told, "may": may, "people": people}


# --- Work -----------------------------------------------------------------------------------------------


def _worked(request: HttpRequest) -> dict | None:
    """Does the work that was asked for, and says so. What was refused, and why, for the form it came from."""
    wanted = WORKS.get(request.POST.get("work", ""))
    if wanted is None:
        raise Http404
    if not work.may(request.user, wanted):
        raise PermissionDenied
    issue, form = _issue(request.POST.get("issue", "")), _form(wanted)(request.POST)
    if form.is_valid():
        try:
            work.do(wanted, issue, request.user, form.cleaned_data)
            messages.success(request, f"…{snapshot.short(issue)}: {wanted.done}")
            return None
        except work.NotPossible as error:
            form.add_error(None, str(error))
        except Issue.DoesNotExist:
            raise Http404 from None
    errors = [str(error) for errors in form.errors.values() for error in errors]
    told = {"name": snapshot.short(issue), "work": wanted.name, "errors": errors, "at": form.errors}
    return {"issue": issue, "given": form.data} | told


def _form(wanted: work.Work) -> type[django_forms.Form]:
    return IN_PLACE.get(wanted.name, wanted.form)


# As in the administration, but people are named by their user names, so that one list of them serves every row.


class Assign(forms.Assign):
    to = forms.PersonField(to_field_name="username")


class Escalate(forms.Escalate):
    to = forms.PersonField(to_field_name="username", required=False)


IN_PLACE = {"assign": Assign, "escalate": Escalate}


def _issue(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
