"""How automation behaves, what it says, what the AI is told, and what a model costs: the parts that people edit."""

import difflib

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, Max, OuterRef
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from .. import forms, wording
from ..ai import prompts
from ..models import AICall, ModelPrice, Policy, PromptVersion, ReplyTemplate
from . import words


def old_and_new(form) -> str:
    """What a form changes, as it names it, with the values before and after: "AI attempts: 3 → 5"."""
    return "; ".join(
        f"{form[name].label}: {_shown(form, name, form.initial.get(name))} → "
        f"{_shown(form, name, form.cleaned_data.get(name))}"
        for name in form.changed_data
    )


def _shown(form, name: str, value) -> str:
    """The value as the form shows it: a choice by its label, and yes or no for what is switched on or off."""
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    return str(dict(getattr(form.fields[name], "choices", ())).get(value, value))


@admin.register(Policy)
class PolicyAdmin(admin.ModelAdmin):
    """One row: the list leads to it, and each change is logged with its values and who made it."""

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def changelist_view(self, request, extra_context=None):
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:issues_policy_change", args=[Policy.current().pk]))

    def response_post_save_change(self, request, obj):
        return HttpResponseRedirect(reverse("admin:index"))

    def construct_change_message(self, request, form, formsets, add=False):
        return old_and_new(form) or super().construct_change_message(request, form, formsets, add)


@admin.register(ReplyTemplate)
class ReplyTemplateAdmin(admin.ModelAdmin):
    """What is said without the AI. The template for any type is the last resort, and a notice is owed to the customer.

    So neither can be deleted, or become something else.
    """

    form = forms.Template
    list_display = ["shown_title", "shown_occasion", "preview"]
    nothing_yet = _(
        "What is said when the AI cannot answer in time, and on occasions such as a handover. Write one for any type first; it is "
        "said wherever none fits better."
    )
    list_filter = ["occasion", "language"]
    search_fields = ["issue_type", "text"]
    list_display_links = ["shown_title"]
    fields = ["occasion", "issue_type", "language", "text", "preview", "preview_without_name"]
    readonly_fields = ["preview", "preview_without_name"]

    def get_readonly_fields(self, request, obj=None):
        fixed = ["occasion", "issue_type", "language"] if self._is_needed(obj) else []
        return [*fixed, *self.readonly_fields]

    def has_delete_permission(self, request, obj=None):
        return not self._is_needed(obj) and super().has_delete_permission(request, obj)

    def _is_needed(self, template: ReplyTemplate | None) -> bool:
        """Whether something would be left unsaid without it: no other template serves in its place."""
        return template is not None and template.issue_type == ""

    def construct_change_message(self, request, form, formsets, add=False):
        return (not add and old_and_new(form)) or super().construct_change_message(request, form, formsets, add)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context["subtitle"] = self.shown_title(obj) if obj else None
        return super().render_change_form(request, context, add, change, form_url, obj)

    @admin.display(description=_("occasion"), ordering="occasion")
    def shown_occasion(self, template):
        return template.get_occasion_display()

    @admin.display(description=_("issue type"), ordering="issue_type")
    def shown_title(self, template):
        occasion = template.occasion and template.get_occasion_display()
        kind = occasion or wording.issue_type(template.issue_type) or gettext("any type")
        language = template.get_language_display()
        # Within a line, English keeps the capital of a language and Portuguese does not.
        return f"{capfirst(kind)} ({language if get_language() == 'en' else language.lower()})"

    @admin.display(description=_("what the customer reads"))
    def preview(self, template):
        return self._filled(template, "Maria")

    @admin.display(description=_("when no name is known"))
    def preview_without_name(self, template):
        return self._filled(template, "")

    def _filled(self, template: ReplyTemplate, name: str) -> str:
        return wording.fill(template.text, name=name, type=template.issue_type or "other")


# --- Prompts --------------------------------------------------------------------------------


def add_version(version: PromptVersion, user) -> None:
    """Saves `version` as the next one of its name, written by `user`. Two at the same time get different numbers."""
    with transaction.atomic():
        family = _locked(version.name)
        version.number = (family.aggregate(last=Max("number"))["last"] or 0) + 1
        version.created_by = user
        version.save()


def activate(version: PromptVersion) -> None:
    """Makes `version` the one in force for its name, in place of the one that was."""
    with transaction.atomic():
        family = _locked(version.name)
        family.filter(active=True).update(active=False)
        family.filter(pk=version.pk).update(active=True)


def _locked(name: str):
    """All versions of one prompt, held until the transaction ends; read again after the lock was got."""
    family = PromptVersion.objects.filter(name=name)
    list(family.select_for_update().order_by("pk").values_list("pk", flat=True))
    return family


class PromptFilter(admin.SimpleListFilter):
    title = _("prompt")
    parameter_name = "name"

    def lookups(self, request, model_admin):
        return list(wording.PROMPTS.items())

    def queryset(self, request, queryset):
        return queryset.filter(name=self.value()) if self.value() else queryset


@admin.register(PromptVersion)
class PromptVersionAdmin(admin.ModelAdmin):
    """Wordings of a prompt. One that was used or is in force stays as it is: a change is a new version."""

    form = forms.Prompt
    change_form_template = "admin/issues/promptversion/page.html"
    list_display = ["__str__", "shown_name", "active", "note", "used", "shown_author", "created_at"]
    list_filter = [PromptFilter, "active"]
    list_select_related = ["created_by"]
    fields = ["shown_name", "text", "note", "number", "active", "shown_author", "created_at"]
    readonly_fields = ["shown_name", "number", "active", "shown_author", "created_at"]

    @admin.display(description=_("prompt"), ordering="name")
    def shown_name(self, version):
        return wording.PROMPTS.get(version.name, version.name)

    @admin.display(description=_("author"), ordering="created_by")
    def shown_author(self, version):
        return version.created_by or words.NOTHING

    @admin.display(description=_("used"), boolean=True)
    def used(self, version):
        return version.is_used

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(is_used=Exists(AICall.objects.filter(prompt=OuterRef("pk"))))

    def get_fields(self, request, obj=None):
        return self.fields if obj else ["name", "text", "note"]

    def get_changeform_initial_data(self, request):
        """A new version begins as the one in force of the prompt that the address names, else of the answer."""
        name = request.GET.get("name", "reply")
        in_force = PromptVersion.objects.filter(name=name, active=True).first()
        return {"name": name, "text": in_force.text} if in_force else {}

    def has_change_permission(self, request, obj=None):
        return self._is_draft(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self._is_draft(obj) and super().has_delete_permission(request, obj)

    def _is_draft(self, version: PromptVersion | None) -> bool:
        return version is None or not (version.active or version.calls.exists())

    def save_model(self, request, obj, form, change):
        if change:
            obj.save()
        else:
            add_version(obj, request.user)

    def get_urls(self):
        ours = path(
            "<uuid:version_id>/activate/",
            self.admin_site.admin_view(self.activate_view),
            name="issues_promptversion_activate",
        )
        return [ours, *super().get_urls()]

    def activate_view(self, request: HttpRequest, version_id) -> HttpResponse:
        """Shows what would change against the version in force, then makes this one the one in force."""
        if not super().has_change_permission(request):
            raise PermissionDenied
        version = get_object_or_404(PromptVersion, pk=version_id)
        in_force = PromptVersion.objects.filter(name=version.name, active=True).first()
        problems = prompts.problems(version.text, version.name)
        if request.method == "POST" and not problems:
            activate(version)
            was = f"v{in_force.number}" if in_force else "—"
            self.log_change(request, version, f"{gettext('in force')}: {was} → v{version.number}")
            messages.success(request, gettext("%(version)s is now in force.") % {"version": version})
            return HttpResponseRedirect(reverse("admin:issues_promptversion_changelist"))
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": gettext("Put %(version)s in force") % {"version": version},
            "version": version,
            "in_force": in_force,
            "problems": problems,
            "difference": difference(in_force, version),
        }
        return TemplateResponse(request, "admin/issues/promptversion/activate.html", context)


def difference(before: PromptVersion | None, after: PromptVersion) -> str:
    """The lines that differ between two wordings, as a unified diff; empty when they are the same."""
    old = before.text.splitlines() if before else []
    return "\n".join(difflib.unified_diff(old, after.text.splitlines(), str(before or ""), str(after), lineterm=""))


@admin.register(ModelPrice)
class ModelPriceAdmin(admin.ModelAdmin):
    list_display = ["model", "valid_from", "usd_in", "usd_out", "usd_cached"]

    def construct_change_message(self, request, form, formsets, add=False):
        return (not add and old_and_new(form)) or super().construct_change_message(request, form, formsets, add)
