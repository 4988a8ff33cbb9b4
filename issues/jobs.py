"""The jobs of the customer's side: translate, call one function, translate back."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from mis_dashboard.lib import jobs, processes
from mis_dashboard.lib.jobs import job
from mis_dashboard.lib.patience import patiently
from mis_dashboard.lib.pool import Pool

from . import actions, deliver, queries
from . import respond as responding
from .models import Action, InboundEvent, Policy, Response
from .models.response import Delivery, State

log = logging.getLogger("mis.jobs")


in_hand: set[UUID] = set()


def answer_next() -> bool:
    """Answers the most urgent waiting response. False when there is none, or no place for one more.

    Whoever finds that more is waiting calls another thread: one wake-up is enough for any number.
    """
    response, more = _claim()
    if response is None:
        return False
    if more:
        pool.wake()
    in_hand.add(response.pk)
    try:
        responding.respond(response)
    except Exception:
        log.exception("an answer failed", extra={"response": response.pk})
        patiently(deliver.recover, response)
    finally:
        in_hand.discard(response.pk)
    return True


def _claim() -> tuple[Response | None, bool]:
    """A claim that fails may have been made all the same: then it is given back."""
    worker = processes.current_id()
    try:
        return queries.claim(worker)
    except (OperationalError, InterfaceError):
        connection.close()
        patiently(deliver.release_strays, worker, set(in_hand))
        return None, False


pool = Pool(answer_next, limit=lambda: Policy.current().max_parallel)


@job("respond")
def respond() -> None:
    """Somebody waits for an answer. The row in the database says who; this only wakes the worker."""
    pool.wake()


@job("look")
def look(response_id: str, looked: int) -> None:
    """It is time to find out whether an unsure answer was heard."""
    deliver.look(UUID(response_id), looked)


@job("receipt")
def receipt(channel_id: str, status: str, at: str) -> None:
    """A delivery receipt that came before we had written down what we sent; one of a stranger's message is dropped."""
    deliver.receipt(channel_id, Delivery(status), datetime.fromisoformat(at))


def sweep() -> None:
    """The safety net, once a second: takes over from dead workers, and wakes for what was overlooked."""
    now = timezone.now()
    for response in queries.left_behind().select_related("issue"):
        _take_over(response, now)
    if queries.overlooked(now).exists():
        jobs.enqueue("respond", rank=0, key="sweep")


def _take_over(response: Response, now: datetime) -> None:
    """A dead worker's thought is thought again; what it was saying may have been heard, and is looked up first."""
    spoken = response.state == State.SPEAKING
    with transaction.atomic():
        changed = Response.objects.filter(
            pk=response.pk, state=response.state, claimed_by=response.claimed_by
        ).update(state=State.UNSURE if spoken else State.WAITING, due_at=now)  # fmt: skip
        if changed and spoken:
            actions.record(response.issue, Action.Kind.UNSURE, response=response, success=False, code="worker_lost")
            jobs.enqueue("look", str(response.pk), 0)
        elif changed:
            jobs.wake("respond")


def forget() -> None:
    """Drops inbound events older than their 30 days, in small bites, so that nothing waits for it."""
    oldest = timezone.now() - timedelta(days=InboundEvent.KEPT_DAYS)
    while True:
        ids = list(InboundEvent.objects.filter(received_at__lt=oldest).values_list("pk", flat=True)[:1000])
        if not ids:
            return
        InboundEvent.objects.filter(pk__in=ids).delete()
