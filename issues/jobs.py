"""The jobs of the customer's side: translate, call one function, translate back."""

import logging
from collections import deque
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from mis_dashboard.lib import jobs, partitions, processes
from mis_dashboard.lib.jobs import job
from mis_dashboard.lib.patience import patiently
from mis_dashboard.lib.pool import Pool
from mis_dashboard.lib.recent import recent

from . import actions, budget, channels, deliver, escalate, line, queries, receipts, silence, think
from . import claim as claiming
from . import look as looking
from . import respond as responding
from .models import Action, EventKey, InboundEvent, Policy, Response
from .models.response import Delivery, State

log = logging.getLogger("mis.jobs")

RECEIPT_WAITS = [timedelta(seconds=seconds) for seconds in (2, 20, 100, 200, 300)]
SOON = 3  # of these, while nothing is unsure
TAKEN_OVER_AT_MOST = 3


in_hand: set[UUID] = set()


def answer_next() -> bool:
    """Answers the most urgent waiting response. False when there is none, or no place for one more.

    Whoever finds that more is waiting calls another thread: one wake-up is enough for any number.
    """
    claimed = _claim()
    if claimed is None:
        return False
    in_hand.add(claimed.response.pk)
    try:
        if claimed.others and claimed.room:
            pool.wake()
        responding.respond(claimed, thought=pool.wake if claimed.others and not claimed.room else _nothing)
    except Exception:
        log.exception("an answer failed", extra={"response": claimed.response.pk})
        patiently(deliver.recover, claimed.response)
    finally:
        in_hand.discard(claimed.response.pk)
    return True


def _nothing() -> None:
    """Nobody to call."""


def _claim() -> claiming.Claimed | None:
    """A claim that fails may have been made all the same: then it is given back, and made again."""
    try:
        return claiming.claim(processes.current_id(), thinks=think.available())
    except (OperationalError, InterfaceError):
        connection.close()
        return patiently(_claim_again)


def _claim_again() -> claiming.Claimed | None:
    deliver.release_strays(processes.current_id(), set(in_hand))
    return claiming.claim(processes.current_id(), thinks=think.available())


# All may be thinking, and as some speak, as many others may think.
pool = Pool(answer_next, limit=lambda: Policy.current().max_parallel + claiming.SENDERS)


@job("respond")
def respond() -> None:
    """Somebody waits for an answer. The row in the database says who; this only wakes the worker."""
    pool.wake()


JUDGED_AT_A_TIME = 4
SILENT_A_SECOND = 4
SILENT_A_MINUTE = 240
ASKED_AGAIN_AFTER = timedelta(minutes=1)

to_judge: deque[UUID] = deque()


def judge_next() -> bool:
    """Looks at one silent issue. False when there is none."""
    try:
        issue_id = to_judge.popleft()
    except IndexError:
        return False
    silence.triage(issue_id)
    return True


# Judging takes as long as a model does, and must not keep a worker from waking whoever answers.
judges = Pool(judge_next, limit=lambda: JUDGED_AT_A_TIME)


@job("triage")
def triage(issue_id: str) -> None:
    """A silent issue is to be ended, or handed to a person. While it is neither, it is looked at again in a minute."""
    now = timezone.now()
    if queries.silent(now).filter(pk=issue_id).exists():
        jobs.enqueue("triage", issue_id, due=now + ASKED_AGAIN_AFTER, rank=3, key=f"triage {issue_id}")
        if UUID(issue_id) not in to_judge:
            to_judge.append(UUID(issue_id))
        judges.wake()


def _watch_silence(now: datetime) -> None:
    """Right to the minute, and after a night of downtime no faster than the AI can be asked."""
    room = min(SILENT_A_SECOND, SILENT_A_MINUTE - jobs.queued("triage"))
    if room > 0 and budget.has_room_for_triage(Policy.current()):
        for issue_id in queries.unjudged(now).values_list("pk", flat=True)[:room]:
            jobs.enqueue("triage", str(issue_id), rank=3, key=f"triage {issue_id}")


@job("look")
def look(response_id: str, looked: int) -> None:
    """It is time to find out whether an unsure answer was heard."""
    looking.look(UUID(response_id), looked)


@job("receipt")
def receipt(channel_id: str, status: str, at: str, tried: int = 1) -> None:
    """A delivery receipt of a message we do not know (yet): it may be faster than our own commit, or than a look.

    It is tried again for two minutes, and for as long as looks take while there is anything to look for; one of a
    stranger's message is dropped then.
    """
    known = receipts.receipt(channel_id, Delivery(status), datetime.fromisoformat(at))
    if not known and tried < (len(RECEIPT_WAITS) if queries.anything_unsure() else SOON):
        due = timezone.now() + RECEIPT_WAITS[tried]
        jobs.enqueue("receipt", channel_id, status, at, tried + 1, due=due, rank=3)


@job("probe_channel")
def probe_channel() -> None:
    """Each minute, and when Evolution tells of a change, which may come late: asks how the line to WhatsApp stands."""
    if channels.configured():
        line.told(settings.EVOLUTION_INSTANCE, channels.channel().state(), timezone.now())
        _look_at_version()


@recent(seconds=3600)
def _look_at_version() -> None:
    if version := channels.channel().unfamiliar():
        log.warning("Evolution %s is not a version that MIS was written for: use 2.3.7.", version)


def sweep() -> None:
    """The safety net, once a second: takes over from dead workers, and wakes for what was overlooked."""
    now = timezone.now()
    for response in claiming.left_behind().select_related("issue"):
        _take_over(response, now)
    for response_id in claiming.unsure_for_long(now).values_list("pk", flat=True)[:100]:
        jobs.enqueue("look", str(response_id), 0, key=f"look {response_id}")
    claiming.promote(now)
    if claiming.overlooked(now).exists():
        jobs.enqueue("respond", rank=0, key="sweep")
    _watch_silence(now)


def _take_over(response: Response, now: datetime) -> None:
    """A dead worker's thought is thought again; what it was saying may have been heard, and is looked up first.

    A thought that has cost three workers is left to a person.
    """
    mine = Response.objects.filter(pk=response.pk, state=response.state, claimed_by=response.claimed_by)
    if response.state == State.SPEAKING:
        with transaction.atomic():
            if mine.update(state=State.UNSURE, due_at=now):
                why = {"success": False, "code": "worker_lost"}
                actions.record(response.issue, Action.Kind.UNSURE, response=response, **why)
                jobs.enqueue("look", str(response.pk), 0)
    elif response.attempts >= TAKEN_OVER_AT_MOST:
        deliver.hand_over(response, escalate.BROKEN)
    elif mine.update(state=State.WAITING, due_at=now, attempts=response.attempts + 1):
        jobs.wake("respond")


def forget() -> None:
    """Drops inbound events older than their 30 days, in small bites, so that nothing waits for it.

    A month that is over by then is dropped whole (`partitions.keep`); of a younger one the older days go here. The keys
    go last: until then a repeat is known.
    """
    oldest = timezone.now() - partitions.kept(InboundEvent._meta.db_table)
    for model in (InboundEvent, EventKey):
        old = model.objects.filter(received_at__lt=oldest)
        while ids := list(old.values_list("pk", flat=True)[:1000]):
            old.filter(pk__in=ids).delete()
