"""Contact data: masked until somebody asks to see it. Who asked, when and for what is written down where the row's history is."""

from datetime import datetime, timedelta
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from .. import phones, wording
from . import words
from .base import ReadOnly

# Long enough to dial a number; afterwards it is asked for, and written down, again.
SHOWN_FOR = timedelta(minutes=5)
KEY = "contact_shown"


def shown_until(request: HttpRequest, row: Model) -> datetime | None:
    """Until when this session may see the row's contact data; None when it may not."""
    until = request.session.get(KEY, {}).get(str(row.pk), 0)
    return (
        datetime.fromtimestamp(until, timezone.get_current_timezone()) if until > timezone.now().timestamp() else None
    )


def show(request: HttpRequest, row: Model) -> None:
    """Lets this session see the row's contact data for a while. What has run out is forgotten."""
    now = timezone.now()
    kept = {key: until for key, until in request.session.get(KEY, {}).items() if until > now.timestamp()}
    request.session[KEY] = kept | {str(row.pk): (now + SHOWN_FOR).timestamp()}


class WithContact(ReadOnly):
    """A row's page that has contact data, and a button for it. The page finds out by `row.contact_until`."""

    change_form_template = "admin/contact.html"

    def get_object(self, request, object_id, from_field=None):
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            row.contact_until = shown_until(request, row)
        return row

    def get_urls(self):
        meta = self.opts
        view = self.admin_site.admin_view(partial(self.contact_view))
        return [
            path("<uuid:row_id>/contact/", view, name=f"{meta.app_label}_{meta.model_name}_contact"),
            *super().get_urls(),
        ]

    def contact_view(self, request: HttpRequest, row_id) -> HttpResponse:
        """Writes down that somebody asks, and leads back to the page, which then shows it."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self.get_object(request, str(row_id))
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            raise Http404
        self.write_down(request, row)
        show(request, row)
        return HttpResponseRedirect(
            reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])
        )

    def write_down(self, request: HttpRequest, row: Model) -> None:
        """In the row's history in the administration."""
        self.log_change(request, row, gettext("contact data shown"))


def is_shown(row: Model) -> bool:
    return getattr(row, "contact_until", None) is not None


def name(row: Model, whole: str) -> str:
    """The name as far as it is shown on the page of `row`."""
    return (whole if is_shown(row) else wording.initials(whole)) or words.NOTHING


def phone(row: Model, whole: str | None) -> str:
    return (whole if is_shown(row) else phones.masked(whole)) or words.NOTHING


def other(row: Model, whole: str | None) -> str:
    """An identifier in another system: of it nothing but the end is shown."""
    if not whole:
        return words.NOTHING
    return whole if is_shown(row) else f"•••• {whole[-3:]}"


def data(row: Model, written: SafeString) -> SafeString | str:
    """Something that may hold anything of a person."""
    return written if is_shown(row) else str(words.HIDDEN)
