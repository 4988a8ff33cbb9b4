"""What people do about an alert, from the page or from a script: POST with a session and its CSRF token."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from .alerts import handle
from .api import fresh
from .columns import plain
from .models import Incident

LONGEST_SILENCE = timedelta(days=7)


class SilenceForm(forms.Form):
    minutes = forms.IntegerField(
        label=_("minutes"),
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_SILENCE // timedelta(minutes=1))],
    )
    reason = forms.CharField(label=_("reason"), max_length=200)


def handled(view: Callable[[HttpRequest, UUID], dict]) -> Callable[[HttpRequest, UUID], HttpResponse]:
    """`view` for those of the staff who may handle alerts: JSON for programs, back to the page for a browser's form.

    401 without a session, 403 without the right, 404 for no such incident, 409 for one that has ended, 400 names what is wrong by field.
    """

    @require_POST
    def answer(request: HttpRequest, incident: UUID) -> HttpResponse:
        if not request.user.is_authenticated:
            return _told(request, {"error": "unauthorized"}, 401)
        if not may_handle(request.user):
            return _told(request, {"error": "forbidden"}, 403)
        try:
            return _told(request, view(request, incident))
        except Incident.DoesNotExist:
            raise Http404 from None
        except handle.Over:
            return _told(request, {"error": "over"}, 409)
        except forms.ValidationError as error:
            return _told(request, {"error": "bad_request", "fields": error.message_dict}, 400)

    return answer


def may_handle(user) -> bool:
    return user.is_staff and user.has_perm("metrics.handle_alerts")


@handled
def acknowledge(request: HttpRequest, incident: UUID) -> dict:
    """Takes the incident up."""
    found = handle.acknowledge(incident, request.user, timezone.now())
    by = found.acknowledged_by.get_username() if found.acknowledged_by else ""
    return {"incident": str(found.pk), "acknowledged_at": plain(found.acknowledged_at), "acknowledged_by": by}


@handled
def silence(request: HttpRequest, incident: UUID) -> dict:
    """Silences the incident's rule for `minutes`, with a `reason`."""
    form = SilenceForm(request.POST)
    if not form.is_valid():
        raise forms.ValidationError({name: list(errors) for name, errors in form.errors.items()})
    now, wanted = timezone.now(), form.cleaned_data
    until = now + timedelta(minutes=wanted["minutes"])
    made = handle.silence(incident, request.user, now, until=until, reason=wanted["reason"])
    return {"incident": str(incident), "silence": str(made.pk), "ends_at": plain(made.ends_at)}


REFUSED = {
    403: _("You may not take up or silence alerts. Ask an administrator for the group of managers."),
    409: _("This alert has ended meanwhile: there is nothing left to do about it."),
    400: _("Write for how long, and a reason of at most 200 characters."),
}


def _told(request: HttpRequest, told: dict, status: int = 200) -> HttpResponse:
    """A form of the page leads back to where it was, through the sign-in where the session has ended, and says there what was refused."""
    back = request.POST.get("next", "")
    if not back or not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        return fresh(JsonResponse(told, status=status))
    if status == 401:
        return redirect_to_login(back)
    if status in REFUSED:
        messages.warning(request, REFUSED[status])
    return redirect(back)
