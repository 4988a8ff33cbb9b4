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
    """The lists of unresolved issues, the most urgent first; none for who may not see issues. One query."""
    if not user.has_perm("issues.view_issue"):
        return []
    now, address = timezone.now(), reverse("admin:issues_issue_changelist")
    lists = [
        (_("Escalated, no owner"), "status=escalated&owner=none", OWNERLESS, "warn"),
        (_("Deadlines breached"), "deadline=breached", promised(now, "breached"), "bad"),
        (_("Deadlines at risk"), "deadline=at_risk", promised(now, "at_risk"), "warn"),
        (_("Mine"), "owner=mine-unresolved", Q(assignee=user), "none"),
        (_("Escalated"), "status=escalated", Q(status=Status.ESCALATED), "none"),
        (_("All open"), "status=unresolved", Q(), "none"),
    ]
    counts = {f"n{place}": Count("pk", filter=wanted) for place, (_l, _q, wanted, _s) in enumerate(lists)}
    found = Issue.objects.filter(status__in=UNRESOLVED).aggregate(**counts)
    return [
        Work(label, found[f"n{place}"], f"{address}?{query}", state if found[f"n{place}"] else "none")
        for place, (label, query, _wanted, state) in enumerate(lists)
    ]
