"""The people of the demonstration: staff who take what automation hands them, and a day that calms down after a lively opening."""

import math
import random
import time
from datetime import datetime, timedelta

import httpx
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Max, QuerySet
from django.utils import timezone

from issues import deliver, escalate, resolve, wording
from issues.models import Issue
from issues.models.issue import Status
from issues.models.response import PENDING, Delivery, State

STAFF = ("ana", "bruno")
LOOK_S = 5.0
OPENING = timedelta(minutes=3)
PER_MINUTE = 1.0

# Medians, also of the history: from the escalation to the person, and from there to the end.
TAKEN_AFTER_MIN = 1.5
SOLVED_AFTER_MIN = 20.0
# Of what the AI would see to by itself, a person ends one in so many, having had a look by chance.
BY_CHANCE = 50
CHANCE_AFTER = timedelta(minutes=2)

WORDS = {
    "pt-BR": "Oi, {name}! Aqui é {hand}, da equipe. Li tudo o que você contou e estou cuidando do seu caso com você.",
    "en": "Hi {name}! This is {hand} from the team. I have read everything, and I am looking after your case with you.",
}


def work() -> None:
    """For ever: looks every few seconds at what is escalated and at what is done."""
    users = [_hire(name) for name in STAFF]
    opened_at, calm = timezone.now(), False
    while True:
        now = timezone.now()
        if not calm and now > opened_at + OPENING:
            calm = calm_down()
        for issue in to_take(now, opened_at):
            take(issue, users[issue.pk.int % len(users)])
        for issue in ready(now, opened_at):
            resolve.resolve(issue, user=issue.assignee or users[issue.pk.int % len(users)])
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


def to_take(now: datetime, opened_at: datetime) -> list[Issue]:
    """The escalated issues that nobody owns, once a person has had the time to see them since the team came to work."""
    free = Issue.objects.filter(status=Status.ESCALATED, assignee=None).select_related("customer")
    return [i for i in free if now > max(i.escalated_at, opened_at) + _patience(i, "take", TAKEN_AFTER_MIN)]


def take(issue: Issue, user) -> None:
    """Makes the issue `user`'s, with a word to the customer where the last one was not ours, or said nothing."""
    if not owes_words(issue) or not _can_write(issue):
        escalate.assign(issue, user, user=user)
        return
    text = words(user.get_username(), issue.customer.name.partition(" ")[0], wording.language_of(issue.text))
    deliver.reply_by_hand(issue, text, user=user)


def words(hand: str, name: str, language: str) -> str:
    """What a person of the staff writes to a customer whom automation has handed over."""
    return wording.fill(WORDS[language].replace("{hand}", hand.title()), name=name, type="")


def owes_words(issue: Issue) -> bool:
    """Whether the customer was last told nothing of substance, or has written since."""
    said = issue.responses.filter(state=State.SENT).order_by("sent_at").last()
    return said is None or not said.is_substantive or issue.messages.filter(sent_at__gt=said.sent_at).exists()


def _can_write(issue: Issue) -> bool:
    unreachable = issue.responses.filter(delivery=Delivery.FAILED).exists()
    return bool(issue.customer and issue.customer.phone) and not unreachable


def ready(now: datetime, opened_at: datetime) -> list[Issue]:
    """The issues of the staff that have been quiet for long enough, and one of the AI's here and there."""
    answered = Issue.objects.filter(first_response_at__isnull=False).exclude(responses__state__in=PENDING)
    owned = _last_words(answered.filter(status=Status.ESCALATED, assignee__isnull=False))
    others = _last_words(answered.filter(status=Status.IN_PROGRESS, silent_since__isnull=False))
    solved = [i for i in owned if now > max(i.last, opened_at) + _patience(i, "solve", SOLVED_AFTER_MIN)]
    seen = [i for i in others if i.pk.int % BY_CHANCE == 0 and now > max(i.last, opened_at) + CHANCE_AFTER]
    return solved + seen


def _last_words(issues: QuerySet[Issue]) -> QuerySet[Issue]:
    ours = issues.exclude(responses__state=State.UNSURE)
    return ours.annotate(last=Max("responses__sent_at")).filter(last__isnull=False).select_related("assignee")


def _patience(issue: Issue, what: str, median_min: float) -> timedelta:
    """How long a person takes for this issue: the same however often it is asked."""
    rng = random.Random(f"{what} {issue.pk}")  # noqa: S311  (a story, not a secret)
    return timedelta(minutes=median_min * math.exp(rng.gauss(0, 0.55)))
