"""The people of the demonstration: support staff who resolve issues, and a day that calms down after a lively opening."""

import math
import random
import time
from datetime import datetime, timedelta

import httpx
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Max
from django.utils import timezone

from issues import resolve
from issues.models import Issue
from issues.models.issue import UNRESOLVED, Status
from issues.models.response import PENDING

STAFF = ("ana", "bruno")
LOOK_S = 5.0
OPENING = timedelta(minutes=3)
PER_MINUTE = 1.0
THANKS = ("obrigad", "resolveu", "thank")


def work() -> None:
    """For ever: looks every few seconds at what is done, and resolves it."""
    users = [_hire(name) for name in STAFF]
    opened_at, calm = timezone.now(), False
    while True:
        now = timezone.now()
        if not calm and now > opened_at + OPENING:
            calm = calm_down()
        for issue in ready(now, opened_at):
            resolve.resolve(issue, user=users[issue.pk.int % len(users)])
        time.sleep(LOOK_S)


def _hire(name: str):
    user, _created = get_user_model().objects.get_or_create(username=name, defaults={"is_staff": True})
    user.groups.set(Group.objects.filter(name="Gestores"))
    return user


def calm_down() -> bool:
    """Lets as many customers write as did in the month before. False when the sandbox does not answer."""
    try:
        answer = httpx.post(f"{settings.GEMINI_BASE_URL}/sandbox/traffic", json={"per_minute": PER_MINUTE})
    except httpx.HTTPError:
        return False
    return answer.is_success


def ready(now: datetime, opened_at: datetime) -> list[Issue]:
    """The answered issues whose customers have been content, or silent, for long enough since the team came to work."""
    answered = Issue.objects.filter(status__in=UNRESOLVED, first_response_at__isnull=False)
    quiet = answered.exclude(responses__state__in=PENDING).annotate(last=Max("responses__sent_at"))
    return [issue for issue in quiet if issue.last and now > max(issue.last, opened_at) + _patience(issue)]


def _patience(issue: Issue) -> timedelta:
    """How long this issue takes to be seen as solved: the same however often it is asked."""
    rng = random.Random(issue.pk.int)  # noqa: S311  (a story, not a secret)
    last_words = issue.messages.order_by("-sent_at").values_list("text", flat=True).first() or ""
    if any(word in last_words.lower() for word in THANKS):
        return timedelta(minutes=rng.uniform(0.5, 2))
    median_min = 95 if issue.status == Status.ESCALATED else 46
    return timedelta(minutes=median_min * math.exp(rng.gauss(0, 0.55)))
