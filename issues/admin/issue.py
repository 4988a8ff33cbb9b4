"""Issues: the list people work from, and the page of one issue with all that was said and done."""

from functools import partial
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .. import actions, phones, queries, wording, work
from ..models import Action, AICall, Issue
from ..models.issue import Priority, Status
from . import clocks, contact, said, search, words
from .base import as_json, indexed, link, recent
from .filters import OWNERLESS, AnswerFilter, CountedFilter, DeadlineFilter, OwnerFilter, StatusFilter

SHAPES = {
    Priority.CRITICAL: "◆",
    Priority.HIGH: "▲",
    Priority.MEDIUM: "■",
    Priority.LOW: "▽",
    Status.OPEN: "○",
    Status.IN_PROGRESS: "◐",
    Status.ESCALATED: "▲",
    Status.RESOLVED: "●",
    Status.CLOSED: "×",
}


def with_shape(value: str, word: str):
    """A state told by word, shape and colour."""
    return format_html(
        '<span class="mark mark-{}"><span aria-hidden="true">{}</span> {}</span>', value, SHAPES[value], word
    )


class OwnerlessFirst(ChangeList):
    """A list that begins with the issues escalated to nobody, unless the person has chosen an order.

    Two reads, each along an index: ordering by such a condition would sort the whole table.
    """

    def get_results(self, request):
        super().get_results(request)
        if ORDER_VAR not in self.params:
            self.result_list = self.rows((self.page_num - 1) * self.list_per_page, self.list_per_page)

    def rows(self, skipped: int, wanted: int) -> list[Issue]:
        first = self.queryset.filter(OWNERLESS)
        found = list(first[skipped : skipped + wanted])
        if len(found) < wanted:
            others = max(skipped - first.order_by().count(), 0)
            found += self.queryset.exclude(OWNERLESS)[others : others + wanted - len(found)]
        return found


# --- Work on many ---------------------------------------------------------------------------


def _selected(request: HttpRequest, queryset: QuerySet[Issue]) -> list:
    """The identifiers of the chosen issues; empty, with a word to the person, when they are too many."""
    ids = list(queryset.order_by().values_list("pk", flat=True)[: work.MOST_AT_ONCE + 1])
    if len(ids) <= work.MOST_AT_ONCE:
        return ids
    messages.error(request, gettext("Choose at most %(n)d issues at a time.") % {"n": work.MOST_AT_ONCE})
    return []


def _do_to_selected(wanted: work.Work, request: HttpRequest, queryset: QuerySet[Issue], data: dict) -> None:
    if ids := _selected(request, queryset):
        done, left = work.do_to_all(wanted, ids, request.user, data)
        messages.add_message(request, messages.SUCCESS if done else messages.WARNING, work.outcome(wanted, done, left))


@admin.action(description=_("Escalate the selected issues"), permissions=["escalate"])
def escalate_selected(model_admin, request, queryset):
    """Asks once for reason and owner, then escalates each."""
    form = work.ESCALATE.form(request.POST if "confirmed" in request.POST else None)
    if form.is_valid():
        _do_to_selected(work.ESCALATE, request, queryset, form.cleaned_data)
        return None
    ids = _selected(request, queryset)
    if not ids:
        return None
    context = model_admin.work_context(request, work.ESCALATE, form) | {
        "selected": ids,
        "checkbox": ACTION_CHECKBOX_NAME,
        "action": "escalate_selected",
    }
    return TemplateResponse(request, "admin/issues/issue/work_selected.html", context)


@admin.action(description=_("Assign the selected issues to me"), permissions=["escalate"])
def take_selected(model_admin, request, queryset):
    _do_to_selected(work.TAKE, request, queryset, {})


@admin.action(description=_("Resolve the selected issues"), permissions=["resolve"])
def resolve_selected(model_admin, request, queryset):
    _do_to_selected(work.RESOLVE, request, queryset, {})


@admin.action(description=_("The selected issues are not a problem"), permissions=["review"])
def no_problem_selected(model_admin, request, queryset):
    _do_to_selected(work.NO_PROBLEM, request, queryset, {})


# --- The list and the page ------------------------------------------------------------------


@admin.register(Issue)
class IssueAdmin(contact.WithContact):
    """Nothing of an issue is edited: people do works (`work.WORKS`), and each one is written down."""

    change_form_template = "admin/issues/issue/page.html"
    actions = [escalate_selected, take_selected, resolve_selected, no_problem_selected]
    list_display = [
        "name", "shown_priority", "shown_status", "deadline", "who", "shown_type", "age", "assignee", "location",
    ]  # fmt: skip
    list_display_links = ["name"]
    list_max_show_all = 0
    sortable_by = ["age"]
    list_filter = [
        StatusFilter,
        OwnerFilter,
        AnswerFilter,
        DeadlineFilter,
        CountedFilter,
        "priority",
        recent("type", _("type"), wording.issue_type),
        indexed("location", _("location")),
        "source",
        "false_positive",
    ]
    search_fields = ["pk"]
    search_help_text = _(
        "A phone number in any form, a name, the customer's words of the last 90 days, or an issue's identifier or its end"
    )
    readonly_fields = [
        "shown_priority", "shown_status", "shown_type", "shown_sentiment", "shown_customer", "phone", "contact_id", "shown_resolver",
        "shown_policy", "shown_basis", "shown_rated_resolver", "shown_reason", "shown_metadata", "elsewhere",
    ]  # fmt: skip
    fieldsets = [
        (_("Customer"), {"fields": ["shown_customer", "phone", "contact_id", "location", "source", "elsewhere"]}),
        (
            _("Issue"),
            {
                "fields": [
                    "shown_status", "shown_priority", "shown_type", "shown_sentiment", "assignee", "false_positive",
                ]
            },
        ),
        (
            _("Times"),
            {
                "fields": [
                    "detected_at", "received_at", "response_due_at", "first_response_at",
                    "resolution_due_at", "shown_policy", "silent_since", "resolved_at", "shown_resolver", "shown_basis",
                ]
            },
        ),
        (_("Escalation"), {"fields": ["escalated_at", "shown_reason"]}),
        (_("Result"), {"fields": ["resolution_notes", "customer_satisfaction", "rated_at", "shown_rated_resolver", "shown_metadata"]}),
    ]  # fmt: skip

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("customer", "assignee", "sla_policy__calendar")

    def get_ordering(self, request):
        return ["-detected_at"]

    def get_changelist(self, request, **kwargs):
        return OwnerlessFirst

    def get_search_results(self, request, queryset, search_term):
        return (search.issues(queryset, search_term) if search_term.strip() else queryset), False

    # Columns and facts

    @admin.display(description=_("issue"))
    def name(self, issue):
        return f"…{issue.short}"

    @admin.display(description=_("priority"))
    def shown_priority(self, issue):
        return with_shape(issue.priority, issue.get_priority_display())

    @admin.display(description=_("status"))
    def shown_status(self, issue):
        ownerless = issue.status == Status.ESCALATED and issue.assignee_id is None
        word = _("escalated, no owner") if ownerless else issue.get_status_display()
        return with_shape(issue.status, word)

    @admin.display(description=_("type"))
    def shown_type(self, issue):
        return wording.issue_type(issue.type)

    @admin.display(description=_("sentiment"))
    def shown_sentiment(self, issue):
        return words.SENTIMENTS.get(issue.sentiment, issue.sentiment) or words.NOTHING

    @admin.display(description=_("SLA policy"))
    def shown_policy(self, issue):
        return link(issue.sla_policy)

    @admin.display(description=_("resolved by"))
    def shown_resolver(self, issue):
        return words.who(issue.resolved_by) or words.NOTHING

    @admin.display(description=_("resolution rests on"))
    def shown_basis(self, issue):
        return issue.get_resolution_basis_display() or words.NOTHING

    @admin.display(description=_("rating is of"))
    def shown_rated_resolver(self, issue):
        return words.who(issue.rated_resolver) or words.NOTHING

    @admin.display(description=_("customer"))
    def who(self, issue):
        customer = issue.customer
        name = (customer and wording.initials(customer.name)) or gettext("no name")
        return format_html('{} <span class="quiet">{}</span>', name, phones.masked(customer and customer.phone))

    @admin.display(description=_("age"), ordering="-detected_at")
    def age(self, issue):
        return words.duration(timezone.now() - issue.detected_at)

    @admin.display(description=_("deadline"))
    def deadline(self, issue):
        clock = clocks.worst(issue, timezone.now())
        return format_html(
            '<span class="mark mark-sla-{}"><span aria-hidden="true">{}</span> {}</span> <span class="quiet">{}</span>',
            clock.state, clock.shape, clock.word, clock.told if issue.is_unresolved else "",
        )  # fmt: skip

    @admin.display(description=_("customer"))
    def shown_customer(self, issue):
        return link(issue.customer, issue.customer and contact.name(issue, issue.customer.name))

    @admin.display(description=_("phone"))
    def phone(self, issue):
        return contact.phone(issue, issue.customer and issue.customer.phone)

    @admin.display(description=_("CRM contact"))
    def contact_id(self, issue):
        return contact.other(issue, issue.customer and issue.customer.contact_id)

    @admin.display(description=_("escalation reason"))
    def shown_reason(self, issue):
        return gettext(issue.escalation_reason) if issue.escalation_reason else words.NOTHING

    @admin.display(description=_("metadata"))
    def shown_metadata(self, issue):
        return contact.data(issue, as_json(issue.metadata)) if issue.metadata else words.NOTHING

    @admin.display(description=_("also"))
    def elsewhere(self, issue):
        if issue.customer_id is None:
            return words.NOTHING
        others = reverse("admin:issues_issue_changelist") + f"?customer__exact={issue.customer_id}"
        return format_html('<a href="{}">{}</a>', others, _("all issues of this customer"))

    # Who may do what

    def may(self, request: HttpRequest, wanted: work.Work) -> bool:
        """Whether this person may do this work, on whatever issue."""
        return work.may(request.user, wanted)

    def has_escalate_permission(self, request: HttpRequest) -> bool:
        return self.may(request, work.ESCALATE)

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        return self.may(request, work.RESOLVE)

    def has_review_permission(self, request: HttpRequest) -> bool:
        return self.may(request, work.NO_PROBLEM)

    # The page of one issue

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        works = self.offered(request, obj)
        context |= self.told(obj) | {
            "works": works,
            "unreviewed": work.NO_PROBLEM in works and work.PROBLEM in works,
            "may_judge": self.may(request, work.ASSESS),
        }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def offered(self, request: HttpRequest, issue: Issue) -> list[work.Work]:
        """The works that make sense on this issue now and that this person may do."""
        mine = issue.assignee_id == request.user.pk
        return [
            each
            for each in work.WORKS
            if each.offered(issue) and self.may(request, each) and not (each is work.TAKE and mine)
        ]

    def told(self, issue: Issue) -> dict:
        """The clocks, the conversation, the timeline and the calls of the AI, in a few queries however long they are."""
        now = timezone.now()
        responses = list(issue.responses.select_related("author").prefetch_related("ai_calls__prompt"))
        messages = list(issue.messages.all())
        # The responses apart: joined, many months of actions are more dear.
        happened = list(queries.happened(issue).prefetch_related("response"))
        return {
            "now": now,
            "clocks": clocks.clocks(issue, now),
            "countdown": {"due_in": clocks.LEFT, "overdue": clocks.LATE},
            "conversation": said.conversation(messages, responses, said.judgements(happened)),
            "timeline": words.timeline(issue, happened, messages),
            "ai_calls": [(call, words.outcome(call.outcome)) for call in self.calls(issue)],
        }

    def calls(self, issue: Issue) -> list[AICall]:
        """Those for answers, and those that judged whether it is solved. Two reads: each has its own index."""
        ways = [AICall.objects.filter(response__issue=issue), AICall.objects.filter(issue=issue)]
        found = [call for way in ways for call in way.select_related("response", "prompt")]
        return sorted(found, key=lambda call: call.started_at)

    # Work on one issue

    def get_urls(self):
        ours = [
            path(
                f"<uuid:issue_id>/{each.name}/",
                self.admin_site.admin_view(partial(self.work_view, wanted=each)),
                name=f"issues_issue_{each.name}",
            )
            for each in (*work.WORKS, work.ASSESS)
        ]
        named = path("of/<str:ending>", self.admin_site.admin_view(self.named), name="issues_issue_named")
        return [named, *ours, *super().get_urls()]

    def named(self, request: HttpRequest, ending: str) -> HttpResponse:
        """Leads to the issue whose identifier ends so, as screens name it; to the list of them when they are none or many."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = [row["pk"] for row in search.ending_in(ending)[:2]]
        if len(found) == 1:
            return HttpResponseRedirect(reverse("admin:issues_issue_change", args=found))
        return HttpResponseRedirect(reverse("admin:issues_issue_changelist") + "?" + urlencode({"q": f"…{ending}"}))

    def work_view(self, request: HttpRequest, issue_id, wanted: work.Work) -> HttpResponse:
        """Shows what the work asks for, does it, and leads back to the issue; a refusal is shown in the form."""
        if not self.may(request, wanted):
            raise PermissionDenied
        issue = get_object_or_404(self.get_queryset(request), pk=issue_id)
        form = wanted.form(request.POST if request.method == "POST" else None, initial=wanted.initial(issue))
        if form.is_valid() and self._done(request, issue, wanted, form):
            return HttpResponseRedirect(reverse("admin:issues_issue_change", args=[issue.pk]))
        context = self.work_context(request, wanted, form) | self.told(issue) | {"issue": issue}
        return TemplateResponse(request, "admin/issues/issue/work.html", context)

    def write_down(self, request: HttpRequest, row: Issue) -> None:
        """In the issue's own history."""
        actions.record(row, Action.Kind.DISCLOSED, user=request.user)

    def _done(self, request: HttpRequest, issue: Issue, wanted: work.Work, form) -> bool:
        try:
            work.do(wanted, issue.pk, request.user, form.cleaned_data)
        except work.NotPossible as error:
            form.add_error(None, str(error))
            form.data = {**form.data.dict(), **wanted.initial(issue)}
            return False
        messages.success(request, wanted.done)
        return True

    def work_context(self, request: HttpRequest, wanted: work.Work, form) -> dict:
        return self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": wanted.label,
            "work": wanted,
            "form": form,
            "media": self.media,
        }
