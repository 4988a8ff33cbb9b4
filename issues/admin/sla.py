"""What we promise, and in which hours people work: versions that are read, and made anew instead of changed."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Value, When
from django.forms import Script
from django.http import HttpRequest, JsonResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from .. import forms, promises
from ..models import Calendar, SlaPolicy
from ..models.issue import Priority
from ..models.sla import ALWAYS
from . import words
from .base import FlatList, indexed, link

IN_FORCE, TO_COME, REPLACED = 0, 1, 2
STANDINGS = {IN_FORCE: _("in force"), TO_COME: _("to come"), REPLACED: _("replaced")}


def moment(at: datetime) -> str:
    """An instant to the second on the product's clocks, with its weekday: a target may be 30 s or three days away."""
    local = timezone.localtime(at)
    return f"{date_format(local, 'l')}, {date_format(local, 'SHORT_DATE_FORMAT')} {date_format(local, 'H:i:s')}"


def beginning(policy: SlaPolicy) -> str:
    return gettext("always") if policy.since <= ALWAYS else moment(policy.since)


class Versions(FlatList):
    """Rows that stay as they were made. “New version” begins as the row that the address names (`?of=`)."""

    change_form_template = "admin/issues/version/page.html"
    actions = None

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def begun_from(self, request: HttpRequest):
        """The row that a new version begins as, if the address names one."""
        try:
            return self.model.objects.filter(pk=request.GET.get("of")).first()
        except ValidationError:
            return None

    def get_changeform_initial_data(self, request):
        row, form = self.begun_from(request), self.form
        return {name: getattr(row, name) for name in form.Meta.fields if name not in ("since", "note")} if row else {}

    @admin.display(description=_("author"), ordering="made_by")
    def shown_author(self, row):
        return row.made_by or words.NOTHING


# --- Policies -----------------------------------------------------------------------------------------


class StandingFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "standing"

    def lookups(self, request, model_admin):
        return list(STANDINGS.items())

    def queryset(self, request, queryset):
        return queryset.filter(standing=self.value()) if self.value() else queryset


class InForceFirst(ChangeList):
    def get_ordering(self, request, queryset):
        return ["standing", "location", "urgency", "-since", "-pk"]


@admin.register(SlaPolicy)
class SlaPolicyAdmin(Versions):
    """What is in force comes first, then what is to come, then what was."""

    form = forms.Promise
    list_display = [
        "shown_standing", "priority", "shown_location", "shown_response", "shown_resolution", "shown_since", "shown_author", "note",
    ]  # fmt: skip
    list_display_links = ["shown_standing", "priority"]
    list_filter = [StandingFilter, "priority", indexed("location", _("location"))]
    nothing_yet = _(
        "Within how long customers are promised an answer and a solution, by priority and location. Write one for each priority: "
        "it holds from now on, or from a later moment."
    )
    list_select_related = ["calendar", "made_by"]
    sortable_by = []
    readonly_fields = [
        "shown_standing", "shown_location", "shown_response", "shown_resolution", "shown_hours", "shown_since", "shown_author",
        "preview", "versions",
    ]  # fmt: skip

    class Media:
        js = [Script("js/preview.js", type="module")]

    def get_queryset(self, request):
        """With the `standing` of each, and its `urgency`."""
        now = timezone.now()
        same = SlaPolicy.objects.filter(priority=OuterRef("priority"), location=OuterRef("location"), since__lte=now)
        newer = same.filter(Q(since__gt=OuterRef("since")) | Q(since=OuterRef("since"), pk__gt=OuterRef("pk")))
        standing = Case(
            When(since__gt=now, then=Value(TO_COME)),
            When(Exists(newer), then=Value(REPLACED)),
            default=Value(IN_FORCE),
            output_field=IntegerField(),
        )
        urgency = Case(*(When(priority=p, then=Value(p.rank)) for p in Priority), output_field=IntegerField())
        return super().get_queryset(request).annotate(standing=standing, urgency=urgency)

    def get_changelist(self, request, **kwargs):
        return InForceFirst

    def get_fields(self, request, obj=None):
        if obj is None:
            return [*self.form.Meta.fields, "preview"]
        return [
            "shown_standing", "priority", "shown_location", "shown_response", "shown_resolution", "shown_hours", "shown_since",
            "withdrawn", "note", "made_at", "shown_author", "preview", "versions",
        ]  # fmt: skip

    @admin.display(description=_("state"))
    def shown_standing(self, policy):
        if policy.withdrawn and policy.standing == IN_FORCE:
            return gettext("withdrawn")
        return STANDINGS[policy.standing]

    @admin.display(description=_("location"))
    def shown_location(self, policy):
        return policy.location or gettext("every location")

    @admin.display(description=_("first response within"))
    def shown_response(self, policy):
        return target(policy.response_s, in_hours=policy.response_in_hours)

    @admin.display(description=_("resolution within"))
    def shown_resolution(self, policy):
        return target(policy.resolution_s, in_hours=policy.resolution_in_hours)

    @admin.display(description=_("business hours"))
    def shown_hours(self, policy):
        return link(policy.calendar)

    @admin.display(description=_("in force from"))
    def shown_since(self, policy):
        return beginning(policy)

    @admin.display(description=_("an issue that comes now"))
    def preview(self, policy):
        """When it would be due; while a version is written, the page's script asks for it."""
        if policy._state.adding:
            address = reverse("admin:issues_slapolicy_preview")
            return format_html('<span data-preview="{}" aria-live="polite">{}</span>', address, words.NOTHING)
        return would_be_due(policy, timezone.now())

    @admin.display(description=_("all versions"))
    def versions(self, policy):
        family = SlaPolicy.objects.filter(priority=policy.priority, location=policy.location).order_by("-since", "-pk")
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{}</li>", ((self._line(v),) for v in family)))

    def _line(self, version: SlaPolicy):
        parts = (
            [gettext("withdrawn")]
            if version.withdrawn
            else [self.shown_response(version), self.shown_resolution(version)]
        )
        about = " · ".join([*parts, *filter(None, [str(version.made_by or ""), version.note])])
        return format_html("{}: {}", link(version, beginning(version)), about)

    def save_model(self, request, obj, form, change):
        before = promises.newest(obj.priority, obj.location, obj.since)
        obj.what_changed = difference(before, obj)
        promises.add(obj, request.user)

    def log_addition(self, request, obj, message):
        return super().log_addition(request, obj, obj.what_changed or message)

    def get_urls(self):
        ours = path("preview/", self.admin_site.admin_view(self.preview_view), name="issues_slapolicy_preview")
        return [ours, *super().get_urls()]

    def preview_view(self, request: HttpRequest) -> JsonResponse:
        """When an issue that comes now would be due by the version being written, in words; empty while it is not valid."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = self.get_form(request)(request.GET)
        return JsonResponse({"text": would_be_due(form.instance, timezone.now()) if form.is_valid() else ""})


def target(seconds: int, *, in_hours: bool) -> str:
    spelled = forms.TargetField.spelled(seconds)
    return gettext("%(time)s in business hours") % {"time": spelled} if in_hours else spelled


def would_be_due(policy: SlaPolicy, now: datetime) -> str:
    """The deadlines of an issue that comes `now`, in words."""
    return gettext("first response by %(response)s, resolution by %(resolution)s") % {
        "response": moment(policy.response_due(now)),
        "resolution": moment(policy.resolution_due(now)),
    }


def difference(before: SlaPolicy | None, after: SlaPolicy) -> str:
    """What a version changes, with the values before and after: "first response within: 30 s → 1 min"."""
    if before is None:
        return ""
    pairs = zip(_told(before), _told(after), strict=True)
    return "; ".join(f"{capfirst(label)}: {old} → {new}" for (label, old), (_label, new) in pairs if old != new)


def _told(policy: SlaPolicy) -> Iterable[tuple[str, str]]:
    yield str(_("first response within")), target(policy.response_s, in_hours=policy.response_in_hours)
    yield str(_("resolution within")), target(policy.resolution_s, in_hours=policy.resolution_in_hours)
    yield str(_("business hours")), str(policy.calendar or words.NOTHING)
    yield str(_("withdrawn")), gettext("Yes") if policy.withdrawn else gettext("No")


# --- Business hours -----------------------------------------------------------------------------------


@admin.register(Calendar)
class CalendarAdmin(Versions):
    form = forms.Hours
    list_display = [
        "__str__",
        "shown_newest",
        "shown_week",
        "zone",
        "shown_holidays",
        "shown_author",
        "made_at",
        "note",
    ]
    list_select_related = ["made_by"]
    ordering = ["name", "-number"]
    sortable_by = []
    readonly_fields = [
        "number",
        "shown_newest",
        "shown_week",
        "shown_holidays",
        "shown_days_off",
        "shown_author",
        "made_at",
    ]

    def get_queryset(self, request):
        newest = Exists(forms.newest_hours().filter(pk=OuterRef("pk")))
        return super().get_queryset(request).annotate(is_newest=newest)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.previous = None if obj else self.begun_from(request)
        return form

    def get_fields(self, request, obj=None):
        if obj is None:
            return ["name", "zone", *forms.WEEKDAYS, "holidays", "state", "days_off", "note"]
        return [
            "name", "number", "shown_newest", "zone", "shown_week", "shown_holidays", "shown_days_off", "note", "made_at",
            "shown_author",
        ]  # fmt: skip

    @admin.display(description=_("newest"), boolean=True)
    def shown_newest(self, calendar):
        return calendar.is_newest

    @admin.display(description=_("business hours"))
    def shown_week(self, calendar):
        days = zip(forms.WEEKDAYS.values(), calendar.week, strict=True)
        told = ((f"{day}: {forms.IntervalsField.spelled(intervals)}",) for day, intervals in days if intervals)
        return format_html_join("", "<div>{}</div>", told)

    @admin.display(description=_("holidays"))
    def shown_holidays(self, calendar):
        if not calendar.holidays:
            return gettext("open")
        return calendar.get_state_display() or gettext("national")

    @admin.display(description=_("other days off"))
    def shown_days_off(self, calendar):
        return ", ".join(calendar.days_off) or words.NOTHING

    def save_model(self, request, obj, form, change):
        moved = promises.add_hours(obj, request.user, timezone.now())
        if moved:
            told = ngettext(
                "%(n)d SLA policy counts by this calendar from now on.",
                "%(n)d SLA policies count by this calendar from now on.",
                len(moved),
            )
            messages.success(request, told % {"n": len(moved)})
