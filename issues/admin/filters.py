"""What the list of issues can be narrowed to: by status, by owner, by answer, by deadline, and to what the screens count."""

from datetime import datetime

from django.contrib import admin
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import queries
from ..models.issue import UNRESOLVED, Status
from ..models.response import State

# Escalated to nobody in particular: the customer waits for a person, and no person knows.
OWNERLESS = Q(status=Status.ESCALATED, assignee__isnull=True)


class StatusFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return [("unresolved", _("unresolved")), *Status.choices]

    def queryset(self, request, queryset):
        if self.value() == "unresolved":
            return queryset.filter(status__in=UNRESOLVED)
        return queryset.filter(status=self.value()) if self.value() else queryset


class AnswerFilter(admin.SimpleListFilter):
    title = _("answer")
    parameter_name = "answer"

    def lookups(self, request, model_admin):
        return [
            ("waiting", _("waiting for the first answer")),
            ("late", _("waiting, and late")),
            ("unsure", _("may have been sent")),
        ]

    def queryset(self, request, queryset):
        waiting = Q(first_response_at__isnull=True, status__in=UNRESOLVED)
        wanted = {
            "waiting": waiting,
            "late": waiting & Q(response_due_at__lt=timezone.now()),
            "unsure": Q(responses__state=State.UNSURE),
        }.get(self.value())
        return queryset.filter(wanted).distinct() if self.value() == "unsure" else queryset.filter(wanted or Q())


STATES = ("at_risk", "breached")
PROMISES = {"response": Q(first_response_at__isnull=True), "resolution": Q()}


def promised(now: datetime, state: str) -> Q:
    """The unresolved issues of which a promise, to answer or to resolve, is "at_risk" or "breached" at `now`."""
    return due("response", now, state) | due("resolution", now, state)


def due(promise: str, now: datetime, state: str) -> Q:
    """The unresolved issues of which this promise, "response" or "resolution", is "at_risk" or "breached" at `now`."""
    binds = Q(status__in=UNRESOLVED) & PROMISES[promise]
    if state == "breached":
        return binds & Q(**{f"{promise}_due_at__lt": now})
    return binds & Q(**{f"{promise}_due_at__gte": now, f"{promise}_risk_at__lte": now})


class DeadlineFilter(admin.SimpleListFilter):
    title = _("deadline")
    parameter_name = "deadline"

    def lookups(self, request, model_admin):
        return [
            ("at_risk", _("at risk")),
            ("breached", _("breached")),
            ("response_at_risk", _("answer at risk")),
            ("response_breached", _("answer late")),
            ("resolution_at_risk", _("solution at risk")),
            ("resolution_breached", _("solution late")),
        ]

    def queryset(self, request, queryset):
        now = timezone.now()
        wanted = {state: promised(now, state) for state in STATES}
        wanted |= {f"{promise}_{state}": due(promise, now, state) for promise in PROMISES for state in STATES}
        return queryset.filter(wanted.get(self.value(), Q()))


class OwnerFilter(admin.SimpleListFilter):
    title = _("owner")
    parameter_name = "owner"

    def lookups(self, request, model_admin):
        return [
            ("none", _("escalated without owner")),
            ("some", _("with an owner")),
            ("me", _("mine")),
            ("mine-unresolved", _("mine, unresolved")),
        ]

    def queryset(self, request, queryset):
        mine = Q(assignee=request.user)
        wanted = {
            "none": OWNERLESS,
            "some": Q(assignee__isnull=False),
            "me": mine,
            "mine-unresolved": mine & Q(status__in=UNRESOLVED),
        }
        return queryset.filter(wanted.get(self.value(), Q()))


class CountedFilter(admin.SimpleListFilter):
    """Those that the numbers of the screens and of the first page count. Their links ask for it."""

    title = _("counted")
    parameter_name = "counted"

    def lookups(self, request, model_admin):
        return [("yes", _("on the screens"))]

    def queryset(self, request, queryset):
        return queryset.filter(queries.counted()) if self.value() == "yes" else queryset
