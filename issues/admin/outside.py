"""How the outside stands: whether each AI model is asked at the moment, and whether WhatsApp is connected."""

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..models import Breaker, ChannelState
from . import words
from .base import ReadOnly


class ForWhoeverSeesThePolicy(ReadOnly):
    """Who may see how automation is set may see what keeps it from working."""

    list_display_links = None

    def has_view_permission(self, request, obj=None) -> bool:
        return request.user.has_perm("issues.view_policy")


@admin.register(Breaker)
class BreakerAdmin(ForWhoeverSeesThePolicy):
    list_display = ["model", "shown_state", "failures", "shown_reason", "opened_at", "probed_at", "busy_until"]
    ordering = ["model"]

    @admin.display(description=_("state"))
    def shown_state(self, breaker):
        if breaker.opened_at:
            return gettext("left alone, tried once each 30 s")
        busy = breaker.busy_until and breaker.busy_until > timezone.now()
        return gettext("left alone, as it asked to be") if busy else gettext("asked")

    @admin.display(description=_("reason"))
    def shown_reason(self, breaker):
        return words.outcome(breaker.reason) if breaker.reason else words.NOTHING


@admin.register(ChannelState)
class ChannelStateAdmin(ForWhoeverSeesThePolicy):
    list_display = ["instance", "state", "changed_at", "checked_at"]
    ordering = ["instance"]
