"""The screens on walls: added by the code that they show or by a link, seen to be alive, and revoked. None is ever deleted."""

from contextlib import contextmanager

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import RegexValidator
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .. import format, queries
from ..models import WallScreen
from ..wall import screens
from ..wall.alive import Standing, standing
from ..wall.edition import EDITION

# Word, shape, and the state whose colour it has.
SHAPES = {
    Standing.ALIVE: (_("alive"), "●", "good"),
    Standing.SILENT: (_("silent"), "▲", "bad"),
    Standing.NEW: (_("never opened"), "○", "none"),
    Standing.REVOKED: (_("revoked"), "✕", "none"),
}


@contextmanager
def _unless_revoked():
    """What comes after a revocation is refused like what begins after it."""
    try:
        yield
    except screens.Revoked:
        raise PermissionDenied from None


class ScreenForm(forms.ModelForm):
    code = forms.CharField(
        label=_("Code"),
        required=False,
        max_length=7,
        validators=[RegexValidator(r"^\d{3} ?\d{3}$", _("The code has six digits."))],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "autofocus": True}),
        help_text=_(
            "The six digits that the screen shows at /wall/. Empty: you get a link instead, to be opened on the screen."
        ),
    )
    user = None  # who adds the screen
    pairing = None

    class Meta:
        model = WallScreen
        fields = ["name", "location", "language", "theme", "night_from", "night_until"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "location" in self.fields:
            known = dict.fromkeys([*queries.offered()["location"], self.instance.location])
            choices = [("", _("all locations")), *((each, each) for each in known if each)]
            self.fields["location"].widget = forms.Select(choices=choices)
        if self.instance.pk and not self.instance._state.adding:
            self.fields.pop("code", None)

    def clean_code(self) -> str:
        code = self.cleaned_data["code"].replace(" ", "")
        if code:
            try:
                self.pairing = screens.take(code, self.user, timezone.now())
            except screens.Refused as error:
                raise ValidationError(str(error)) from None
        return code


@admin.register(WallScreen)
class WallScreenAdmin(admin.ModelAdmin):
    form = ScreenForm
    change_form_template = "admin/metrics/wallscreen/page.html"
    list_display = ["name", "shown_location", "shown_standing", "last_seen_at", "shown_edition", "size"]
    readonly_fields = [
        "shown_standing",
        "last_seen_at",
        "shown_edition",
        "size",
        "created_by",
        "created_at",
        "revoked_at",
    ]
    ordering = [F("revoked_at").asc(nulls_first=True), "name"]
    actions = None
    nothing_yet = _(
        "Screens that hang on a wall and show the figures without a login. Open /wall/ on the screen, choose “Add” here, and "
        "type the code that it shows."
    )
    show_full_result_count = False

    class Media:
        css = {"all": ["css/admin-wall.css"]}

    @admin.display(description=_("location"), empty_value="")
    def shown_location(self, screen):
        return screen.location or _("all locations")

    @admin.display(description=_("state"))
    def shown_standing(self, screen):
        word, shape, state = SHAPES[standing(screen, timezone.now())]
        return format_html(
            '<span class="wall-state" data-state="{}"><span aria-hidden="true">{}</span> {}</span>', state, shape, word
        )

    @admin.display(description=_("version"))
    def shown_edition(self, screen):
        if not screen.edition:
            return format.NOTHING
        return _("present") if screen.edition == EDITION else _("older: {edition}").format(edition=screen.edition)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.user = request.user
        return form

    def get_fields(self, request, obj=None):
        fields = ["name", "location", "language", "theme", "night_from", "night_until"]
        return [*fields, *self.readonly_fields] if obj else ["code", *fields]

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not (obj and obj.revoked_at)

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        """By its code the screen opens by itself; without one a link is made, which stands in the answer to this very request alone."""
        if change:
            with _unless_revoked():
                screens.change(obj, form.changed_data)
            return
        obj.created_by = request.user
        if form.pairing:
            screens.accept(obj, form.pairing)
        else:
            request.wall_secret = screens.link(obj)

    def response_add(self, request, obj, post_url_continue=None):
        if secret := getattr(request, "wall_secret", ""):
            return self._made(request, obj, secret)
        messages.success(request, gettext("The screen %(name)s opens now, by itself.") % {"name": obj.name})
        return HttpResponseRedirect(reverse("admin:metrics_wallscreen_changelist"))

    def _made(self, request: HttpRequest, screen: WallScreen, secret: str) -> HttpResponse:
        """The link, shown this once. (The admin's pages are never cached.)"""
        address = request.build_absolute_uri(reverse("wall_link", args=[secret]))
        return self._page(request, screen, "made", gettext("The link of the screen “%(name)s”"), address=address)

    def get_urls(self):
        ours = [
            path(f"<uuid:screen_id>/{name}/", self.admin_site.admin_view(view), name=f"metrics_wallscreen_{name}")
            for name, view in (("link", self.link_view), ("revoke", self.revoke_view))
        ]
        return [*ours, *super().get_urls()]

    def link_view(self, request: HttpRequest, screen_id) -> HttpResponse:
        """Asks, then makes a new link. What showed the screen before goes back to asking for a code."""
        screen = self._changeable(request, screen_id)
        if request.method != "POST":
            return self._page(request, screen, "link", gettext("A new link for the screen “%(name)s”"))
        with _unless_revoked():
            secret = screens.link(screen)
        self.log_change(request, screen, gettext("new link"))
        return self._made(request, screen, secret)

    def revoke_view(self, request: HttpRequest, screen_id) -> HttpResponse:
        """Asks, then ends the screen for ever, within seconds."""
        screen = self._changeable(request, screen_id)
        if request.method != "POST":
            return self._page(request, screen, "revoke", gettext("Revoke the screen %(name)s"))
        if screens.revoke(screen, timezone.now()):
            self.log_change(request, screen, gettext("revoked"))
        messages.success(request, gettext("The screen %(name)s shows nothing any more.") % {"name": screen.name})
        return HttpResponseRedirect(reverse("admin:metrics_wallscreen_changelist"))

    def _changeable(self, request: HttpRequest, screen_id) -> WallScreen:
        screen = get_object_or_404(WallScreen, pk=screen_id)
        if not self.has_change_permission(request, screen):
            raise PermissionDenied
        return screen

    def _page(self, request: HttpRequest, screen: WallScreen, name: str, title: str, **more) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "opts": self.opts, "title": title % {"name": screen.name}, "screen": screen, "media": self.media, **more
        }  # fmt: skip
        return TemplateResponse(request, f"admin/metrics/wallscreen/{name}.html", context)
