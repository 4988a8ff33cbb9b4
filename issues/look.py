"""Look: find out whether an answer that may have been heard was heard, before anything is said again."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from mis_dashboard.lib import jobs

from . import channels, deliver, escalate, queries
from .channels.base import ChannelError, Sent
from .models import Response
from .models.response import State

log = logging.getLogger("mis.look")

SECOND_LOOK_AFTER = timedelta(seconds=10)
PAUSE = timedelta(seconds=30)
GIVE_UP_AFTER = timedelta(minutes=10)


def look(response_id: UUID, looked: int, *, now: datetime | None = None) -> None:
    """Finds out whether an UNSURE response was heard: adopts what WhatsApp has, else says it again, else asks a person.

    Ten minutes after it was said, a person is asked whatever happened. It is said again only when WhatsApp was searched twice, ten seconds apart, and had nothing.
    """
    now = now or timezone.now()
    response = Response.objects.select_related("issue__customer").filter(pk=response_id, state=State.UNSURE).first()
    if response is None:
        return
    if response.channel_id:  # overheard in the meantime
        deliver.record_sent(response, Sent(response.channel_id), at=response.spoken_at)
        return
    if now > response.spoken_at + GIVE_UP_AFTER:
        deliver.hand_over(response, escalate.UNCERTAIN)
        return
    try:
        since = response.spoken_at - timedelta(seconds=60)
        known = queries.channel_ids(response.issue.customer)
        sent = channels.channel().find_sent(response.spoken_to, response.text, since, except_ids=known)
    except ChannelError as error:
        log.warning("cannot look", extra={"response": response.pk, "code": error.code})
        _look_again(response, looked, now + PAUSE)
        return
    if sent:
        deliver.record_sent(response, sent, at=response.spoken_at)
    elif looked == 0:
        _look_again(response, 1, now + SECOND_LOOK_AFTER)
    else:
        _speak_again(response, now)


def _look_again(response: Response, looked: int, due: datetime) -> None:
    with transaction.atomic():
        Response.objects.filter(pk=response.pk, state=State.UNSURE).update(due_at=due)
        jobs.enqueue("look", str(response.pk), looked, due=due)


def _speak_again(response: Response, now: datetime) -> None:
    """Unless it was overheard while we searched: then it is looked at again, and found to have been heard."""
    unheard = Response.objects.filter(pk=response.pk, state=State.UNSURE, channel_id=None)
    with transaction.atomic():
        if unheard.update(state=State.WAITING, due_at=now):
            jobs.wake("respond")
        else:
            jobs.enqueue("look", str(response.pk), 1, due=now)
