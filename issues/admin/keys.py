"""Keys for programs: made, shown once, and revoked. None is ever changed or deleted, so that who had one stays known."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .. import forms
from ..models import ApiKey


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):
    form = forms.NewApiKey
    change_form_template = "admin/issues/apikey/page.html"
    list_display = ["name", "trusted", "created_at", "in_force", "revoked_at"]
    search_fields = ["name"]
    nothing_yet = _(
        "Keys with which programs such as n8n call MIS. Make one for each program: so each can be revoked by itself."
    )
    actions = None
    readonly_fields = ["created_at", "revoked_at"]

    @admin.display(description=_("in force"), boolean=True)
    def in_force(self, key):
        return key.revoked_at is None

    def get_fields(self, request, obj=None):
        return ["name", "trusted", "created_at", "revoked_at"] if obj else ["name", "trusted"]

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        """Makes the key; its text goes to the page that answers this very request, and nowhere else.

        (The admin's pages are never cached.) A message after a redirect would put it into a cookie.
        """
        made, request.key_text = ApiKey.issue(obj.name)
        ApiKey.objects.filter(pk=made.pk).update(trusted=obj.trusted)
        obj.pk, obj.digest, obj.created_at = made.pk, made.digest, made.created_at

    def response_add(self, request, obj, post_url_continue=None):
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": gettext("The new key"),
            "key": obj,
            "text": request.key_text,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/issues/apikey/made.html", context)

    def get_urls(self):
        ours = path(
            "<uuid:key_id>/revoke/", self.admin_site.admin_view(self.revoke_view), name="issues_apikey_revoke"
        )  # fmt: skip
        return [ours, *super().get_urls()]

    def revoke_view(self, request: HttpRequest, key_id) -> HttpResponse:
        """Asks, then makes the key worthless, at once and for ever. Revoking again keeps the first time."""
        if not request.user.has_perm("issues.change_apikey"):
            raise PermissionDenied
        key = get_object_or_404(ApiKey, pk=key_id)
        if request.method == "POST":
            if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
                self.log_change(request, key, gettext("revoked"))
            messages.success(request, gettext("The key %(name)s opens nothing any more.") % {"name": key.name})
            return HttpResponseRedirect(reverse("admin:issues_apikey_changelist"))
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": gettext("Revoke the key %(name)s") % {"name": key.name},
            "key": key,
        }
        return TemplateResponse(request, "admin/issues/apikey/revoke.html", context)
