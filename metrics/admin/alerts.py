"""Rules, silences and incidents. A rule is tried on the last 30 days before it is saved, and its notices before they are needed."""

from collections.abc import Callable
from datetime import timedelta

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.validators import validate_email
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from issues import wording
from issues.models.issue import Priority

from .. import format, queries
from ..alerts import backtest, signals, tell, words
from ..columns import moment
from ..filters import ALL
from ..models import AlertEvent, AlertRule, Incident, Notice, Outlet, OutletState, Silence
from ..notify import send
from ..window import FILTERS
from ..words import narrowed
from . import typed

MOMENTS_SHOWN = 50


class ReadOnly(admin.ModelAdmin):
    """Rows that are only looked at."""

    actions = None
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class RuleForm(forms.ModelForm):
    signal = forms.ChoiceField(label=_("figure or signal"), choices=signals.choices)
    outlets = forms.MultipleChoiceField(
        label=_("told by"), choices=Outlet.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    # Both in the unit of what is watched, which is known when all of the form is.
    threshold = forms.CharField(
        label=_("threshold"),
        max_length=30,
        widget=forms.TextInput(attrs={"size": 12}),
        help_text=_("As people write it: 5 min, 5%, US$ 2 or a number."),
    )
    clear_threshold = forms.CharField(
        label=_("until it is no longer beyond"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"size": 12}),
        help_text=_("Empty: the threshold itself."),
    )
    window_s = typed.DurationField(
        label=_("over the last"),
        help_text=_("For what is measured over a time: whole minutes, from 1 min to 30 d."),
        error_messages={"min_value": _("Write at least 1 min."), "max_value": _("Write at most 30 d.")},
    )
    for_s = typed.DurationField(label=_("for at least"), help_text=_("0 s: at once."))
    clear_for_s = typed.DurationField(label=_("ended after being well for"))
    patience_s = typed.DurationField(
        label=_("without data for"), help_text=_("After so long without an answer, that is an alert itself.")
    )
    location = forms.ChoiceField(label=_("location"), required=False)
    type = forms.ChoiceField(label=_("type"), required=False)
    emails = forms.CharField(
        label=_("e-mails go to"),
        required=False,
        help_text=_("Several with commas. Empty: to whom all alerts are sent."),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "title" not in self.fields:  # who may only look
            return
        for name in self.declared_fields:
            self.fields[name].label = capfirst(self.fields[name].label)
        offered = queries.offered()
        self.fields["location"].choices = self._offered("location", offered, str)
        self.fields["type"].choices = self._offered("type", offered, wording.issue_type)
        self.fields["priority"].choices = [("", ALL["priority"]), *Priority.choices]
        self.fields["priority"].help_text = ""  # the choice says it
        for name in ("threshold", "clear_threshold"):
            if isinstance(value := self.initial.get(name), float):
                self.initial[name] = typed.written(value, self._unit(self.instance.signal))
        self.initial["emails"] = ", ".join(self.instance.emails)
        causes = self.fields["inhibited_by"]
        causes.queryset = causes.queryset.exclude(pk=self.instance.pk)
        causes.help_text = AlertRule._meta.get_field("inhibited_by").help_text  # nothing is chosen by keys here
        shipped = words.shipped(self.instance)
        for name, text in (("title", shipped.title), ("meaning", shipped.meaning), ("todo", shipped.todo)):
            self.fields[name].widget.attrs["placeholder"] = text

    def _offered(self, name: str, offered: dict[str, list[str]], said: Callable[[str], str]) -> list[tuple[str, str]]:
        """What a rule can be narrowed down to: what any issue has, and what it already is."""
        values = sorted({*offered[name], getattr(self.instance, name)} - {""}, key=said)
        return [("", ALL[name]), *((value, said(value)) for value in values)]

    def clean_emails(self) -> list[str]:
        found = [each.strip() for each in self.cleaned_data["emails"].split(",") if each.strip()]
        for each in found:
            validate_email(each)
        return found

    @staticmethod
    def _unit(signal: str) -> str:
        return signals.SIGNALS[signal].unit if signal in signals.SIGNALS else "count"

    def clean(self) -> None:
        super().clean()
        for name in ("threshold", "clear_threshold"):
            if name in self.cleaned_data:
                self._clean_value(name)
        signal = signals.SIGNALS.get(self.cleaned_data.get("signal", ""))
        for name in FILTERS:
            if signal and not signal.narrows and self.cleaned_data.get(name):
                self.add_error(name, _("This signal is of the whole product, and cannot be narrowed down."))

    def _clean_value(self, name: str) -> None:
        text = self.cleaned_data[name]
        try:
            self.cleaned_data[name] = (
                typed.read(text, self._unit(self.cleaned_data.get("signal", ""))) if text else None
            )
        except forms.ValidationError as error:
            self.add_error(name, error)

    class Meta:
        model = AlertRule
        fields = [
            "code", "enabled", "severity", "signal", "location", "priority", "type", "window_s", "condition", "threshold",
            "clear_threshold", "min_n", "min_count", "for_s", "clear_for_s", "patience_s", "outlets", "emails", "inhibited_by", "title", "meaning", "todo",
        ]  # fmt: skip
        widgets = {"inhibited_by": forms.CheckboxSelectMultiple}


@admin.register(AlertRule)
class AlertRuleAdmin(admin.ModelAdmin):
    """Shipped rules may be changed and switched off, and are never deleted; neither are those that have fired."""

    form = RuleForm
    change_form_template = "admin/metrics/alertrule/form.html"
    list_display = ["shown_title", "severity", "shown_condition", "enabled", "shown_state"]
    list_filter = ["severity", "enabled"]
    list_select_related = ["state"]
    nothing_yet = _(
        "What is watched, and who is told when it goes wrong. Add a rule: a figure, from which value on it is wrong, and for how "
        "long before anybody is told."
    )
    ordering = ["code"]
    fieldsets = [
        (None, {"fields": ["code", "enabled", "severity"]}),
        (
            _("When"),
            {
                "fields": [
                    "signal",
                    "location",
                    "priority",
                    "type",
                    "window_s",
                    "condition",
                    "threshold",
                    "clear_threshold",
                    "min_n",
                    "min_count",
                ]
            },
        ),
        (_("For how long"), {"fields": ["for_s", "clear_for_s", "patience_s"]}),
        (_("Who is told"), {"fields": ["outlets", "emails", "inhibited_by"]}),
        (
            _("What is said"),
            {"fields": ["title", "meaning", "todo"], "description": _("Empty: as it was shipped.")},
        ),
    ]

    @admin.display(description=_("alert rule"))
    def shown_title(self, rule):
        return words.text(rule).title

    @admin.display(description=_("when"))
    def shown_condition(self, rule):
        signal = signals.SIGNALS.get(rule.signal)
        only = narrowed(rule.filters)
        return f"{signal.label if signal else rule.signal}: {words.condition(rule)}{f' ({only})' if only else ''}"

    @admin.display(description=_("state"))
    def shown_state(self, rule):
        state = getattr(rule, "state", None)
        return state.get_state_display() if state else format.NOTHING

    def get_readonly_fields(self, request, obj=None):
        return ["shown_code"] if obj else []

    def get_fieldsets(self, request, obj=None):
        """What programs call it by is chosen once."""
        (title, first), *rest = super().get_fieldsets(request, obj)
        names = ["shown_code" if obj and name == "code" else name for name in first["fields"]]
        return [(title, first | {"fields": names}), *rest]

    @admin.display(description=_("technical name"))
    def shown_code(self, rule):
        return rule.code

    def has_delete_permission(self, request, obj=None):
        may = super().has_delete_permission(request, obj)
        return may and not (obj and (obj.shipped or obj.incidents.exists()))

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_urls(self):
        return [
            path("<path:object_id>/test/", self.admin_site.admin_view(self.test), name="metrics_alertrule_test"),
            *super().get_urls(),
        ]

    def test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Sends a test notice through every outlet of the rule."""
        rule = get_object_or_404(AlertRule, pk=object_id)
        if request.method != "POST" or not self.has_change_permission(request, rule):
            raise PermissionDenied
        notices = tell.test(rule, timezone.now())
        if notices:
            outlets = ", ".join(str(Outlet(each.outlet).label) for each in notices)
            messages.success(request, gettext("A test notice is on its way by %(outlets)s.") % {"outlets": outlets})
        else:
            messages.warning(request, gettext("No outlet of this rule is configured, so nothing was sent."))
        return HttpResponseRedirect(reverse("admin:metrics_alertrule_change", args=[rule.pk]))

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """With the button "try", the rule as it stands in the form is tried, and nothing is saved."""
        if request.method == "POST" and "_try" in request.POST:
            return self._tried(request, object_id, form_url)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _tried(self, request: HttpRequest, object_id: str | None, form_url: str) -> HttpResponse:
        rule = self.get_object(request, object_id) if object_id else None
        may = self.has_change_permission(request, rule) if rule else self.has_add_permission(request)
        if not may:
            raise PermissionDenied
        form = self.get_form(request, rule, change=rule is not None)(request.POST, instance=rule or AlertRule())
        told = backtested(form.instance) if form.is_valid() else None
        # The form is shown again with what was written in it; Django shows it for a POST that it does not accept.
        request.POST = request.POST.copy()
        request.POST["_tried"] = "1"
        return super().changeform_view(request, object_id, form_url, {"backtest": told})

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        if "_tried" not in request.POST:
            return form
        return type(form.__name__, (NeverSaved, form), {})


class NeverSaved:
    """A form that is only shown: it is never valid, and says nothing is wrong with it."""

    def is_valid(self) -> bool:
        super().is_valid()
        return False


def backtested(rule: AlertRule) -> dict:
    """What the rule would have done, in words: `text`, and `moments` with the latest first."""
    try:
        found = backtest.run(rule, timezone.now())
    except DatabaseError:
        return {"text": gettext("This takes too long to find out. Choose a longer window."), "moments": []}
    if found is None:
        return {"text": str(backtest.why_not(rule.signal)), "moments": []}
    if not found.firings:
        return {"text": gettext("In the last 30 days this would never have fired."), "moments": []}
    n = len(found.firings)
    text = ngettext(
        "In the last 30 days this would have fired once, %(total)s in all.",
        "In the last 30 days this would have fired %(n)s times, %(total)s in all.",
        n,
    ) % {"n": format.count(n), "total": format.duration(found.total.total_seconds())}
    return {"text": text, "moments": [_firing(rule, each) for each in found.firings[::-1][:MOMENTS_SHOWN]]}


def _firing(rule: AlertRule, firing: backtest.Firing) -> dict:
    lasted = (firing.until or timezone.now()) - firing.since
    return {
        "since": moment(firing.since),
        "lasted": format.duration(lasted.total_seconds()) if firing.until else gettext("still"),
        "worst": words.value(rule, firing.worst),
    }


@admin.register(Silence)
class SilenceAdmin(admin.ModelAdmin):
    """Made and shortened; never deleted, as they say why nobody was told."""

    list_display = ["reason", "rule", "starts_at", "ends_at", "author"]
    list_select_related = ["rule", "author"]
    readonly_fields = ["author"]
    show_full_result_count = False
    actions = None

    def get_changeform_initial_data(self, request):
        now = timezone.now().replace(microsecond=0)
        return {"starts_at": now, "ends_at": now + timedelta(hours=1)} | super().get_changeform_initial_data(request)

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change) -> None:
        if not change:
            obj.author = request.user
        super().save_model(request, obj, form, change)


class Log(admin.TabularInline):
    model = AlertEvent
    fields = ["at", "kind", "state", "shown_value", "n", "shown_link", "by", "reason"]
    readonly_fields = fields
    extra = 0
    can_delete = False
    show_change_link = False

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("incident__rule")

    @admin.display(description=_("value"))
    def shown_value(self, event):
        return words.value(event.incident.rule, event.value)

    @admin.display(description=_("rows behind it"))
    def shown_link(self, event):
        return opened(event.link)

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False


class Notices(Log):
    model = Notice
    fields = ["outlet", "kind", "state", "answer", "attempts", "created_at", "sent_at", "maybe_heard"]
    readonly_fields = fields


def opened(link: str):
    return format_html('<a href="{}">{}</a>', link, _("Show what is behind it")) if link else format.NOTHING


@admin.register(Incident)
class IncidentAdmin(ReadOnly):
    list_display = ["shown_title", "severity", "fired_at", "resolved_at", "shown_worst", "acknowledged_by"]
    list_filter = ["severity", "rule"]
    list_select_related = ["rule", "acknowledged_by"]
    fields = [
        "shown_title", "severity", "cause", "began_at", "fired_at", "resolved_at", "shown_worst", "n", "about", "shown_link",
        "acknowledged_at", "acknowledged_by",
    ]  # fmt: skip
    readonly_fields = fields
    inlines = [Log, Notices]

    @admin.display(description=_("alert rule"))
    def shown_title(self, incident):
        return words.text(incident.rule, incident.cause, incident.about).title

    @admin.display(description=_("worst value"))
    def shown_worst(self, incident):
        return format.NOTHING if incident.worst is None else words.value(incident.rule, incident.worst)

    @admin.display(description=_("rows behind it"))
    def shown_link(self, incident):
        return opened(incident.link)


@admin.register(OutletState)
class OutletStateAdmin(ReadOnly):
    """How each outlet stands. Its address is a secret, and is shown nowhere."""

    list_display = ["shown_outlet", "failing_since", "failures", "reason", "shown_stopped", "resume_at", "sent_at"]
    fields = list_display
    readonly_fields = list_display
    actions = ["try_again"]

    @admin.display(description=_("outlet"))
    def shown_outlet(self, state):
        return state.get_outlet_display()

    @admin.display(description=_("stopped"))
    def shown_stopped(self, state):
        return (
            format_html('<strong class="bad"><span aria-hidden="true">◆</span> {}</strong>', _("yes"))
            if state.stopped
            else gettext("no")
        )

    @admin.action(description=_("Try again"), permissions=["handle"])
    def try_again(self, request, queryset):
        for state in queryset:
            send.resume(state.outlet)
        messages.success(request, gettext("They are spoken to again."))

    def has_handle_permission(self, request) -> bool:
        return request.user.has_perm("metrics.handle_alerts")
