"""What the product writes down, to be looked at: customers, messages, responses, actions, events, calls of the AI."""

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count
from django.template.defaultfilters import truncatechars
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from .. import phones, wording
from ..models import Action, AICall, Customer, InboundEvent, Issue, Message, Response
from . import contact, search, words
from .base import OfCustomer, as_json, indexed, link, recent

EXCERPT = 80


@admin.display(description=_("issue"))
def issue(row):
    """The row's issue, as a link. The list must fetch it along."""
    return link(row.issue)


@admin.display(description=_("text"))
def excerpt(row):
    return truncatechars(row.text, EXCERPT) or words.NOTHING


class ConsentFilter(admin.SimpleListFilter):
    title = _("automatic messages")
    parameter_name = "automatic"

    def lookups(self, request, model_admin):
        return [("no", _("not wanted"))]

    def queryset(self, request, queryset):
        return queryset.filter(opted_out_at__isnull=False) if self.value() == "no" else queryset


@admin.action(description=_("Let automation write to the selected customers again"), permissions=["consent"])
def let_automation_write(model_admin, request, queryset):
    """For customers who have said that they want it again. Whoever had not opted out is left as they were."""
    done = 0
    with transaction.atomic():
        for customer in queryset.filter(opted_out_at__isnull=False).select_for_update(no_key=True):
            since = date_format(timezone.localtime(customer.opted_out_at), "SHORT_DATETIME_FORMAT")
            customer.opted_out_at = None
            customer.save(update_fields=["opted_out_at"])
            log = gettext("automation may write again; it was not to since %(since)s") % {"since": since}
            model_admin.log_change(request, customer, log)
            done += 1
    messages.success(
        request,
        ngettext(
            "Automation may write to %(n)d customer again.", "Automation may write to %(n)d customers again.", done
        )
        % {"n": done},
    )


@admin.register(Customer)
class CustomerAdmin(contact.WithContact):
    list_display = ["masked_name", "masked_phone", "location", "language", "opted_out_at", "created_at"]
    list_filter = [indexed("location", _("location")), ConsentFilter]
    ordering = ["-pk"]
    search_fields = ["pk"]
    search_help_text = _("A phone number in any form, or a name")
    fields = [
        "shown_name",
        "shown_phone",
        "location",
        "shown_contact_id",
        "shown_lid",
        "language",
        "opted_out_at",
        "created_at",
        "issues",
    ]
    readonly_fields = ["shown_name", "shown_phone", "shown_contact_id", "shown_lid", "issues"]
    actions = [let_automation_write]

    def has_consent_permission(self, request) -> bool:
        """Who may answer a customer may also hear from them that automation may answer again."""
        return self.has_view_permission(request) and request.user.has_perm("issues.reply_issue")

    def get_search_results(self, request, queryset, search_term):
        if found := search.as_id(search_term):
            return queryset.filter(pk=found), False
        return (queryset & search.customers(search_term) if search_term.strip() else queryset), False

    @admin.display(description=_("name"))
    def masked_name(self, customer):
        return wording.initials(customer.name) or words.NOTHING

    @admin.display(description=_("name"))
    def shown_name(self, customer):
        return contact.name(customer, customer.name)

    @admin.display(description=_("phone"))
    def shown_phone(self, customer):
        return contact.phone(customer, customer.phone)

    @admin.display(description=_("CRM contact"))
    def shown_contact_id(self, customer):
        return contact.other(customer, customer.contact_id)

    @admin.display(description=_("WhatsApp's hidden id"))
    def shown_lid(self, customer):
        return contact.other(customer, customer.lid)

    @admin.display(description=_("phone"))
    def masked_phone(self, customer):
        return phones.masked(customer.phone) or words.NOTHING

    @admin.display(description=_("issues"))
    def issues(self, customer):
        count = customer.issues.aggregate(n=Count("pk"))["n"]
        address = reverse("admin:issues_issue_changelist") + f"?customer__exact={customer.pk}"
        return format_html('<a href="{}">{}</a>', address, count)


@admin.register(Message)
class MessageAdmin(OfCustomer):
    list_display = ["sent_at", issue, "turn", excerpt]
    list_select_related = ["issue"]
    ordering = ["-pk"]
    fields = [issue, "turn", "text", "sent_at", "received_at", "shown_external_id"]
    readonly_fields = [issue, "shown_external_id"]

    @admin.display(description=_("identifier in the channel"))
    def shown_external_id(self, message):
        return message.external_id or words.NOTHING


@admin.register(Response)
class ResponseAdmin(OfCustomer):
    list_display = ["created_at", issue, "turn", "purpose", "kind", "state", "delivery", "deadline_at", "sent_at"]
    list_select_related = ["issue"]
    list_filter = ["state", "purpose", "kind", "delivery"]
    ordering = ["-pk"]
    fields = [
        issue, "turn", "purpose", "kind", "state", "text", "author", "shown_verdict", "created_at", "due_at", "deadline_at",
        "claimed_at", "attempts", "sent_at", "channel_id", "delivery", "delivered_at", "read_at",
        "shown_failure",
    ]  # fmt: skip
    readonly_fields = [issue, "shown_verdict", "shown_failure"]

    @admin.display(description=_("failure"))
    def shown_failure(self, response):
        return words.failure(response.failure) if response.failure else words.NOTHING

    @admin.display(description=_("what the AI understood"))
    def shown_verdict(self, response):
        return as_json(response.verdict) if response.verdict else words.NOTHING


@admin.register(Action)
class ActionAdmin(OfCustomer):
    """The audit: append-only, newest first."""

    list_display = ["at", issue, "kind", "shown_notes", "shown_by", "automated", "worked"]
    list_select_related = ["issue", "response"]
    list_filter = ["kind", "automated", "success"]
    ordering = ["-pk"]
    fields = [issue, "shown_response", "kind", "at", "shown_by", "automated", "success", "shown_detail"]
    readonly_fields = [issue, "shown_response", "shown_by", "shown_detail"]

    @admin.display(description=_("response"))
    def shown_response(self, action):
        return link(action.response)

    @admin.display(description=_("success"))
    def worked(self, action):
        if action.success:
            return gettext("yes")
        return format_html('<span class="bad"><span aria-hidden="true">◆</span> {}</span>', _("no"))

    @admin.display(description=_("by"))
    def shown_by(self, action):
        return words.line(action).who

    @admin.display(description=_("detail"))
    def shown_notes(self, action):
        return " · ".join(words.line(action).notes) or words.NOTHING

    @admin.display(description=_("detail"))
    def shown_detail(self, action):
        return as_json(action.detail) if action.detail else words.NOTHING


@admin.register(InboundEvent)
class InboundEventAdmin(contact.WithContact, OfCustomer):
    list_display = ["received_at", "source", "kind", "location", issue]
    list_select_related = ["issue"]
    list_filter = ["source", recent("kind", _("kind"))]
    ordering = ["-pk"]
    fields = ["received_at", "source", "kind", "key", "location", issue, "shown_payload"]
    readonly_fields = [issue, "shown_payload"]

    @admin.display(description=_("payload"))
    def shown_payload(self, event):
        return contact.data(event, as_json(event.payload))


@admin.register(AICall)
class AICallAdmin(OfCustomer):
    """Calls for an answer, and calls that judged whether an issue is solved: each of them is about an issue."""

    list_display = [
        "started_at", "shown_issue", "model", "prompt", "shown_outcome", "latency_s", "tokens_in", "tokens_out", "cost_usd",
    ]  # fmt: skip
    list_select_related = ["response__issue", "issue", "prompt"]
    list_filter = [recent("outcome", _("outcome"), words.outcome), recent("model", _("model"))]
    ordering = ["-pk"]
    fields = [
        "shown_issue", "started_at", "model", "prompt", "shown_outcome", "latency_s",
        "tokens_in", "tokens_out", "tokens_thought", "tokens_cached", "cost_usd",
    ]  # fmt: skip
    readonly_fields = ["shown_issue", "shown_outcome"]

    @admin.display(description=_("outcome"))
    def shown_outcome(self, call):
        return words.outcome(call.outcome)

    def get_search_results(self, request, queryset, search_term):
        if found := search.as_id(search_term):
            return queryset.filter(pk__in=self._about(pk=found)), False
        if search_term.strip():
            queryset = queryset.filter(pk__in=self._about(customer__in=search.customers(search_term)))
        return queryset, False

    def _about(self, **issues):
        """The calls about these issues, along either way: one read for both would look at every call."""
        wanted = Issue.objects.filter(**issues).values("pk")
        for_answers = AICall.objects.filter(response__issue__in=wanted).values("pk")
        return for_answers.union(AICall.objects.filter(issue__in=wanted).values("pk"))

    @admin.display(description=_("issue"))
    def shown_issue(self, call):
        return link(call.response.issue if call.response else call.issue)
