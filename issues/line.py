"""The line to WhatsApp: how it stands, as it was last told or asked, and what follows when it is back."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from mis_dashboard.lib import jobs, live
from mis_dashboard.lib.recent import recent

from .models import ChannelState, InboundEvent, Response
from .models.response import State

log = logging.getLogger("mis.line")

# It is asked each minute: what is older than this is not known any more.
KNOWN_FOR = timedelta(minutes=2)
# What was written while we were cut off comes at once when the line is back.
CATCHES_UP_WITHIN = timedelta(hours=1)
OLDEST = timedelta(hours=48)

# Why an answer was put off that can go out as soon as the line is back.
WAITS_FOR_THE_LINE = ["not_connected", "unreachable"]

TOLD = """
    WITH before AS (SELECT state FROM issues_channelstate WHERE instance = %(instance)s)
    INSERT INTO issues_channelstate AS line (instance, state, changed_at, checked_at)
    VALUES (%(instance)s, %(state)s, %(at)s, %(at)s)
    ON CONFLICT (instance) DO UPDATE SET
        state = excluded.state,
        changed_at = CASE line.state WHEN excluded.state THEN line.changed_at ELSE excluded.changed_at END,
        checked_at = excluded.checked_at
    RETURNING (SELECT state FROM before)
"""


def told(instance: str, state: str, at: datetime) -> None:
    """Notes how the line of `instance` stands (a `ChannelState.State`). When it is back, what waits for it is due now."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(TOLD, {"instance": instance, "state": state, "at": at})
            (before,) = cursor.fetchone()
        if state == before:
            return
        level = logging.INFO if state == ChannelState.State.OPEN else logging.WARNING
        log.log(level, "the line to WhatsApp changed", extra={"before": before or "", "state": state})
        live.announce()
        if state == ChannelState.State.OPEN:
            _go_on(at)


def _go_on(now: datetime) -> None:
    waiting = Response.objects.filter(state=State.WAITING, failure__in=WAITS_FOR_THE_LINE, due_at__gt=now)
    if waiting.update(due_at=now):
        jobs.wake("respond")


def is_closed() -> bool:
    """Whether WhatsApp is known not to be connected, so that speaking is pointless. Costs nothing while it is connected.

    Only "yes" is asked twice: right after the line is back nobody may go by what was true a second ago.
    """
    return _was_closed() and _closed()


@recent(seconds=1)
def _was_closed() -> bool:
    return _closed()


def _closed() -> bool:
    closed = ChannelState.objects.filter(instance=settings.EVOLUTION_INSTANCE, state=ChannelState.State.CLOSE)
    return closed.filter(checked_at__gte=timezone.now() - KNOWN_FOR).exists()


def was_cut_off(at: datetime, now: datetime) -> bool:
    """Whether what was said at `at` could not be heard then, because the line was down: after the last thing that we
    heard before it came back. Only for what is told soon after that; a line that came back long ago has nothing to add.
    """
    back = ChannelState.objects.filter(instance=settings.EVOLUTION_INSTANCE, state=ChannelState.State.OPEN)
    back_at = back.filter(changed_at__gte=now - CATCHES_UP_WITHIN).values_list("changed_at", flat=True).first()
    if back_at is None or not now - OLDEST < at < back_at:
        return False
    heard = InboundEvent.objects.filter(source=InboundEvent.Source.EVOLUTION, kind="messages.upsert")
    last = heard.filter(received_at__lt=back_at).order_by("-received_at").values_list("received_at", flat=True).first()
    return last is not None and last < at
