"""What the administration's first page says of the work that waits."""

from dataclasses import dataclass

from django import template
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..admin.filters import OWNERLESS, promised
from ..models import Issue
from ..models.issue import UNRESOLVED, Status
from ..queries import counted

register = template.Library()


@dataclass(frozen=True)
class Work:
    """One list of issues: how many there are, and where. `state` tells how bad any of them is."""

    label: str | Promise
    n: int
    url: str
    state: str


@register.simple_tag
def worklist(user: AbstractBaseUser) -> list[Work]:
    """The lists of unresolved issues, the most urgent first; none for who may not see issues. One query.

    Issues are counted as on the screens, but each once, however many of its deadlines have passed; mine are all of mine.
    """
    if not user.has_perm("issues.view_issue"):
        return []
    now, address = timezone.now(), reverse("admin:issues_issue_changelist")
    on_screens = counted()
    lists = [
        (_("Escalated, no owner"), "counted=yes&status=escalated&owner=none", on_screens & OWNERLESS, "warn"),
        (_("Past a deadline"), "counted=yes&deadline=breached", on_screens & promised(now, "breached"), "bad"),
        (_("Near a deadline"), "counted=yes&deadline=at_risk", on_screens & promised(now, "at_risk"), "warn"),
        (_("Mine"), "owner=mine-unresolved", Q(assignee=user), "none"),
        (_("Escalated"), "counted=yes&status=escalated", on_screens & Q(status=Status.ESCALATED), "none"),
        (_("All open"), "counted=yes&status=unresolved", on_screens, "none"),
    ]
    counts = {f"n{place}": Count("pk", filter=wanted) for place, (_l, _q, wanted, _s) in enumerate(lists)}
    found = Issue.objects.filter(status__in=UNRESOLVED).aggregate(**counts)
    return [
        Work(label, found[f"n{place}"], f"{address}?{query}", state if found[f"n{place}"] else "none")
        for place, (label, query, _wanted, state) in enumerate(lists)
    ]
