"""Sends what stands in the outbox: each outlet by itself, so that one that hangs delays no other.

A notice is claimed and its attempt counted before anybody is spoken to, with no transaction open meanwhile. What is said of one incident keeps
its order. An answer that comes late is still heard, so it doubles nothing. What nobody ever answered may have been heard: it is
said again, marked as a possible repeat, as a doubled alert is better than a lost one.
"""

import hashlib
import logging
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error, connection, connections, transaction
from django.db.models import F, Q
from django.utils import timezone

from mis_dashboard.lib import live, processes

from ..models import Notice, Outlet, OutletState
from . import email, slack, webhook
from .base import Letter, NoticeError, Refused, Send, Stopped, TryLater, Unsure
from .letters import letter

log = logging.getLogger("mis.notify")

SENDERS: dict[str, Send] = {Outlet.SLACK: slack.send, Outlet.EMAIL: email.send, Outlet.WEBHOOK: webhook.send}
# Slack takes one message a second from each webhook.
APART = {Outlet.SLACK: timedelta(seconds=1)}
# So long the next notice waits for the answer to this one.
PATIENCE_S = 5.0
# So many answers may be outstanding at one outlet.
OUTSTANDING = 8
TURN_S = 20.0
# A living process keeps what it has claimed until its own time-out; a dead one has lost it.
CLAIM_LASTS = timedelta(seconds=slack.TIMEOUT_S + 15)
LOST_AFTER = timedelta(seconds=15)
OUTLET_PAUSE_S = (1.0, 60.0)  # after the first failure of an outlet, and at most
NOTICE_PAUSE_S = (2.0, 60.0)  # an outlet that is gone is tried by what is due
UNANSWERED_PAUSE_S = (60.0, 3600.0)
STALE_AFTER = timedelta(days=1)


def send_slack() -> None:
    work(Outlet.SLACK)


def send_email() -> None:
    work(Outlet.EMAIL)


def send_webhook() -> None:
    work(Outlet.WEBHOOK)


def work(outlet: str) -> None:
    """Sends what is due through `outlet`, for a while. The clock calls it every second, in a thread of each outlet's own."""
    until = time.monotonic() + TURN_S
    while time.monotonic() < until and _outstanding[outlet] < OUTSTANDING:
        pause_s = pause(outlet, timezone.now())
        if pause_s is None or pause_s > 1:
            return
        time.sleep(pause_s)
        if (claimed := claim(outlet, timezone.now())) is None:
            return
        _speak(claimed)


# --- What is next ------------------------------------------------------------------------------------

ADDRESSES = {
    Outlet.SLACK: lambda: settings.SLACK_WEBHOOK_URL,
    # Rules may have addresses of their own, so it is the server that everything goes through.
    Outlet.EMAIL: lambda: f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT} {','.join(settings.ALERT_EMAILS)}",
    Outlet.WEBHOOK: lambda: settings.ALERT_WEBHOOK_URL,
}

# The least tried goes first, so that one that always fails holds up no other incident.
NEXT = """
    SELECT n.id FROM metrics_notice n
    WHERE n.outlet = %(outlet)s AND n.state = 'waiting' AND n.due_at <= %(now)s AND NOT EXISTS (
        SELECT 1 FROM metrics_notice earlier
        WHERE earlier.incident_id = n.incident_id AND earlier.outlet = n.outlet AND earlier.id < n.id
            AND earlier.state IN ('waiting', 'sending')
    )
    ORDER BY n.attempts, n.id LIMIT 1 FOR UPDATE OF n SKIP LOCKED"""

# Whose sender has ended, or has had its time.
LOST = """
    UPDATE metrics_notice SET state = 'waiting', maybe_heard = TRUE, claimed_by = NULL, claimed_at = NULL, answer = 'lost'
    WHERE outlet = %(outlet)s AND state = 'sending' AND (claimed_at < %(lasted)s OR claimed_at < %(lost)s AND NOT EXISTS (
        SELECT 1 FROM mis_dashboard_process p WHERE p.id = claimed_by AND p.seen_at >= %(lost)s
    ))"""


def pause(outlet: str, now: datetime) -> float | None:
    """Seconds until the outlet may be spoken to; None when there is nothing to say now, or nobody to say it to. One query or two."""
    mine = Notice.objects.filter(outlet=outlet)
    to_do = mine.filter(Q(state=Notice.State.WAITING, due_at__lte=now) | Q(state=Notice.State.SENDING))
    if not ADDRESSES[outlet]() or not to_do.exists():
        return None
    state = OutletState.objects.filter(outlet=outlet).first()
    if state is None or state.address != digest(outlet):
        return 0.0
    if state.stopped:
        return None
    return max(0.0, (state.resume_at - now).total_seconds()) if state.resume_at else 0.0


def digest(outlet: str) -> str:
    """A name for where the outlet leads, of which the address cannot be told."""
    secret = f"{settings.SECRET_KEY}{ADDRESSES[outlet]()}"
    return hashlib.sha256(secret.encode()).hexdigest()


def claim(outlet: str, now: datetime) -> Notice | None:
    """The notice that is to be said next, claimed for this process. None when there is none, or somebody else is choosing."""
    with transaction.atomic():
        state = _locked(outlet, now)
        if state is None:
            return None
        with connection.cursor() as cursor:
            cursor.execute(LOST, {"outlet": outlet, "lasted": now - CLAIM_LASTS, "lost": now - LOST_AFTER})
        while found := _next(outlet, now):
            if why := _pointless(found, now):
                Notice.objects.filter(pk=found.pk).update(state=Notice.State.GAVE_UP, answer=why)
                continue
            found.state, found.attempts = Notice.State.SENDING, found.attempts + 1
            found.claimed_by, found.claimed_at = processes.current_id(), now
            found.save(update_fields=["state", "attempts", "claimed_by", "claimed_at"])
            state.resume_at = now + APART.get(outlet, timedelta())
            state.save(update_fields=["resume_at"])
            return found
    return None


def _locked(outlet: str, now: datetime) -> OutletState | None:
    """The outlet's state, for this transaction alone, if it may be spoken to. With a new address it begins anew."""
    OutletState.objects.bulk_create([OutletState(outlet=outlet, address=digest(outlet))], ignore_conflicts=True)
    state = OutletState.objects.select_for_update(skip_locked=True).filter(outlet=outlet).first()
    if state and state.address != digest(outlet):
        state = OutletState(outlet=outlet, address=digest(outlet), sent_at=state.sent_at)
        state.save()
    if state is None or state.stopped or (state.resume_at and state.resume_at > now):
        return None
    return state


def _next(outlet: str, now: datetime) -> Notice | None:
    with connection.cursor() as cursor:
        cursor.execute(NEXT, {"outlet": outlet, "now": now})
        row = cursor.fetchone()
    return row and Notice.objects.select_related("rule", "incident").get(pk=row[0])


def _pointless(notice: Notice, now: datetime) -> str:
    """Why it is not said any more: it is no news, or the beginning was never heard; "" when it is.

    A trouble that lasts is news however old it is; and so is its end, to who heard of the beginning.
    """
    if notice.kind in (Notice.Kind.FIRING, Notice.Kind.TEST):
        lasts = notice.incident is not None and notice.incident.resolved_at is None
        is_old = notice.created_at < now - STALE_AFTER and notice.due_at < now - STALE_AFTER
        return "stale" if is_old and not lasts else ""
    first = Notice.objects.filter(incident=notice.incident_id, outlet=notice.outlet, kind=Notice.Kind.FIRING).first()
    heard = first and (first.state == Notice.State.SENT or first.maybe_heard)
    return "" if heard else "never_told"


# --- Speaking ----------------------------------------------------------------------------------------

_outstanding: Counter = Counter()
_lock = threading.Lock()


class _Post(threading.Thread):
    """Says one letter. Whoever waits too long leaves the answer to it. A daemon: a process that ends waits for no answer."""

    def __init__(self, notice: Notice, what: Letter):
        super().__init__(name=f"notice-{notice.outlet}", daemon=True)
        self.notice, self.letter = notice, what
        self.error: NoticeError | None = None
        self.answered, self.left_alone = False, False

    def run(self) -> None:
        try:
            SENDERS[self.notice.outlet](self.letter)
        except NoticeError as error:
            self.error = error
        except Exception as error:
            log.exception("an outlet went wrong", extra={"outlet": str(self.notice.outlet)})
            self.error = Refused(type(error).__name__)
        with _lock:
            self.answered = True
            late = self.left_alone
            _outstanding[self.notice.outlet] -= 1
        if late:
            try:
                _settled(self.notice, self.error)
            finally:
                connections.close_all()


def _speak(notice: Notice) -> None:
    try:
        post = _Post(notice, letter(notice))
    except Exception as error:
        log.exception("a notice could not be made", extra={"outlet": str(notice.outlet)})
        _settled(notice, Refused(type(error).__name__))
        return
    with _lock:
        _outstanding[notice.outlet] += 1
    post.start()
    post.join(PATIENCE_S)
    with _lock:
        post.left_alone = not post.answered
    if post.left_alone:
        log.warning("no answer yet, it is waited for", extra={"outlet": str(notice.outlet)})
    else:
        _settled(notice, post.error)


# --- What came of it ---------------------------------------------------------------------------------

# A database that is away for a moment must not make us say again what was heard.
SETTLE_TRIES, SETTLE_AGAIN_S = 30, 1.0


@dataclass(frozen=True)
class Outcome:
    """What becomes of a notice, and how its outlet stands then."""

    notice: dict
    outlet: dict


def _settled(notice: Notice, error: NoticeError | None) -> None:
    """Settles it, and tries for a while where the database is away. Raises the last error."""
    for left in range(SETTLE_TRIES - 1, -1, -1):
        try:
            settle(notice, error, timezone.now())
            return
        except Error:
            if not left or connection.in_atomic_block:
                raise
            connection.close()
            time.sleep(SETTLE_AGAIN_S)


def settle(notice: Notice, error: NoticeError | None, now: datetime) -> None:
    """Writes down what came of an attempt, unless the notice is in other hands by now.

    One that was believed lost and waits to be said again was heard after all, when this attempt says so.
    """
    with transaction.atomic():
        state = OutletState.objects.select_for_update().get(outlet=notice.outlet)
        still = [Notice.State.SENDING] if error else Notice.UNSENT
        mine = Notice.objects.filter(pk=notice.pk, state__in=still, attempts=notice.attempts)
        had_failed, was_failing, found = state.failing_since, state.is_failing, outcome(notice, state, error, now)
        if not mine.update(claimed_by=None, claimed_at=None, **found.notice):
            return
        for name, value in found.outlet.items():
            setattr(state, name, value)
        state.save()
        if had_failed and not error:
            _due_again(notice.outlet, now)
        if state.is_failing != was_failing:
            live.announce()
    if error:
        log.warning("a notice did not go out", extra={"outlet": str(notice.outlet), "reason": error.reason})


def _due_again(outlet: str, now: datetime) -> None:
    """What waited because the outlet was gone need not wait any more; what may have been heard does, as it would be a repeat."""
    waiting = Notice.objects.filter(outlet=outlet, state=Notice.State.WAITING, due_at__gt=now)
    waiting.filter(attempts__gt=0, maybe_heard=False).update(due_at=now)


def outcome(notice: Notice, outlet: OutletState, error: NoticeError | None, now: datetime) -> Outcome:
    """Pure: what an attempt that ended with `error`, or with none, makes of the notice and of its outlet."""
    if error is None:
        sent = {"state": Notice.State.SENT, "sent_at": now, "answer": "ok"}
        return Outcome(sent, {"failing_since": None, "failures": 0, "reason": "", "stopped": False, "sent_at": now})
    waiting = {"state": Notice.State.WAITING, "answer": error.reason, "due_at": now}
    match error:
        case Refused():
            return Outcome({"state": Notice.State.FAILED, "answer": error.reason}, {})
        case Stopped():
            return Outcome(waiting, _failing(outlet, error, now) | {"stopped": True})
        case TryLater(after_s=float() | int()):
            # It is there, and asks for time: that is no failure.
            return Outcome(
                waiting | {"attempts": F("attempts") - 1}, {"resume_at": now + timedelta(seconds=error.after_s)}
            )
        case Unsure(reason="no_answer"):
            pause = backoff(notice.attempts, *UNANSWERED_PAUSE_S)
            return Outcome(waiting | {"due_at": now + pause, "maybe_heard": True}, _failing(outlet, error, now))
    pause = backoff(notice.attempts, *NOTICE_PAUSE_S)
    unsure = {"maybe_heard": True} if isinstance(error, Unsure) else {}
    return Outcome(waiting | {"due_at": now + pause} | unsure, _failing(outlet, error, now))


def _failing(outlet: OutletState, error: NoticeError, now: datetime) -> dict:
    return {
        "failures": outlet.failures + 1,
        "failing_since": outlet.failing_since or now,
        "reason": error.reason,
        "resume_at": now + backoff(outlet.failures + 1, *OUTLET_PAUSE_S),
    }


def backoff(failures: int, first_s: float, longest_s: float) -> timedelta:
    """Twice as long after each failure."""
    return timedelta(seconds=min(longest_s, first_s * 2 ** min(failures - 1, 30)))


def resume(outlet: str) -> None:
    """Speaks to an outlet again that was stopped or paused: whoever asks has repaired it, or wants to see."""
    OutletState.objects.filter(outlet=outlet).update(stopped=False, resume_at=None)
    Notice.objects.filter(outlet=outlet, state=Notice.State.WAITING, answer__gt="").update(due_at=timezone.now())
