"""The administration: behind the product's own login, and what people work with before what only the product writes."""

from django.contrib.admin import AdminSite
from django.contrib.auth.views import LogoutView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

# In which order tables are listed, by their labels. What is in none of them ends the last one.
SECTIONS = [
    (
        _("Issues"),
        [
            "issues.issue", "issues.customer", "issues.replytemplate", "issues.knowledgenote", "issues.policy", "issues.slapolicy",
            "issues.calendar",
        ],
    ),
    (
        _("Alerts and walls"),
        [
            "metrics.alertrule", "metrics.incident", "metrics.silence", "metrics.outletstate", "metrics.maintenance", "metrics.wallscreen",
        ],
    ),
    (_("People and access"), ["auth.user", "auth.group", "issues.apikey"]),
    (
        _("Records and technology"),
        [
            "issues.response", "issues.message", "issues.action", "issues.inboundevent", "issues.promptversion", "issues.aicall",
            "issues.modelprice", "issues.breaker", "issues.channelstate",
        ],
    ),
]  # fmt: skip


class Site(AdminSite):
    empty_value_display = "—"
    index_title = _("Administration")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict]:
        """The tables that this person may see by SECTIONS; those of one app by itself, as Django has them."""
        apps = super().get_app_list(request, app_label)
        if app_label:
            return apps
        tables = {table["model"]._meta.label_lower: table for app in apps for table in app["models"]}
        chosen = [[tables.pop(label) for label in labels if label in tables] for _name, labels in SECTIONS]
        chosen[-1] += tables.values()
        return [_section(place, found) for place, found in enumerate(chosen) if found]

    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """The product has one login. Who is signed in and has no way in here is told so."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def logout(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        return LogoutView.as_view()(request)


def _section(place: int, tables: list[dict]) -> dict:
    return {
        "name": SECTIONS[place][0],
        "app_label": f"part-{place}",
        "app_url": "",
        "has_module_perms": True,
        "models": tables,
    }
