"""Deliver: say it, once. Claim, speak, record; and look before speaking again when it is not known whether we were heard."""

import json
import logging
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from mis_dashboard.lib import jobs, rows
from mis_dashboard.lib.patience import patiently

from . import actions, channels, escalate, line, promises, queries
from .channels.base import NOT_CONNECTED, ChannelError, Misconfigured, Refused, Sent, TryLater, Unsure
from .crm.ghl import client as crm
from .models import Action, AICall, Customer, Issue, Response
from .models.issue import Priority, Status
from .models.response import IN_FLIGHT, IN_HAND, State

log = logging.getLogger("mis.deliver")

LOOK_AFTER = timedelta(seconds=4)
STALE_AFTER_S = 5.0  # half of the time after which others take over
HELD_UP = gettext_noop("MIS was held up before it could speak.")
GIVE_UP_SENDING_AFTER = timedelta(minutes=10)
ERRORS_AT_MOST = 3


@dataclass(frozen=True)
class Draft:
    """What is to be said, and the `calls` to the AI that are still to be written down.

    `verdict` is what the AI understood. Its `needs_human` calls a person once this is said; its `follow_up` lets
    the AI speak once more when it is there again.
    """

    text: str
    kind: Response.Kind
    verdict: dict | None = None
    calls: Sequence[AICall] = ()


def deliver(response: Response, draft: Draft) -> bool:
    """Says `draft` to the customer of a response in hand, and records what came back. True when it was accepted.

    Nothing is said when a person was faster, or the response is no longer the caller's.
    """
    began = time.monotonic()
    if not _claim_to_speak(response, draft):
        return False
    try:
        sent = _speak(response.issue.customer.phone, draft, began)
    except ChannelError as error:
        patiently(_not_accepted, response, error)
        return False
    patiently(record_sent, response, sent)
    return True


def _speak(phone: str, draft: Draft, began: float) -> Sent:
    """Raises ChannelError; TryLater without asking while WhatsApp is known not to be connected. A person's words are tried.

    Whoever was held up since the claim `began` may have been given up by the others, and stays silent.
    """
    if time.monotonic() - began > STALE_AFTER_S:
        raise TryLater(HELD_UP, "held_up")
    if draft.kind != Response.Kind.HUMAN and line.is_closed():
        raise TryLater(NOT_CONNECTED, "not_connected")
    return channels.channel().send_text(phone, draft.text)


def reachable(response: Response) -> bool:
    """Whether we know where to send a response in hand: the customer's phone, else what the CRM says, which is kept.

    When not, the response is put off until the CRM answers again, or handed to a person.
    """
    customer = response.issue.customer
    if customer and customer.phone:
        return True
    try:
        found = customer and customer.contact_id and crm.configured() and _ask_crm(customer)
    except crm.CRMError as error:
        _put_off(response, error.code, lasting=isinstance(error, crm.TryLater), reason=escalate.NO_PHONE)
        return False
    if not found:
        hand_over(response, escalate.NO_PHONE)
    return bool(found) and not _is_answered_elsewhere(response)


def _is_answered_elsewhere(response: Response) -> bool:
    """Only now that the phone is known can be seen that WhatsApp told us of the same message: then that issue goes on."""
    issue = response.issue
    other = queries.twin(issue)
    if other is None:
        return False
    with transaction.atomic():
        issue = queries.locked(issue)
        if _mine(response).update(state=State.CANCELLED):
            issue.status = Status.CLOSED
            issue.save(update_fields=["status", "updated_at"])
            actions.record(issue, Action.Kind.EDITED, response=response, why="told twice", twin=str(other.pk))
    return True


def _ask_crm(customer: Customer) -> bool:
    contact = crm.crm().phone_of(customer.contact_id)
    if contact is None or not contact.phone:
        return False
    customer.name = customer.name or contact.name[:200]
    customer.phone = contact.phone
    if not Customer.objects.filter(location=customer.location, phone=contact.phone).exists():
        customer.save(update_fields=["phone", "name"])  # else the CRM has this person twice
    return True


SPEAK = """
    UPDATE issues_response SET
        state = 'speaking', spoken_at = clock_timestamp(), spoken_to = %s, text = %s, kind = %s, verdict = %s::jsonb
    WHERE id = %s AND state IN ('thinking', 'writing') AND claimed_by = %s
"""


def _claim_to_speak(response: Response, draft: Draft) -> bool:
    """From here on a crash leaves it unknown whether the customer heard us. Calls to the AI are written down with it."""
    response.text, response.kind, response.verdict = draft.text, draft.kind, draft.verdict or response.verdict
    parts = [rows.insertion(call) for call in draft.calls]
    with_calls = ", ".join(f"call{number} AS ({statement})" for number, (statement, _values) in enumerate(parts))
    values = [value for _statement, its_values in parts for value in its_values]
    values += [response.issue.customer.phone, draft.text, str(draft.kind), json.dumps(response.verdict)]
    with connection.cursor() as cursor:
        cursor.execute((f"WITH {with_calls} " if parts else "") + SPEAK, [*values, response.pk, response.claimed_by])
        return bool(cursor.rowcount)


# One round trip for what every reply pays. The type and the mood fill in what nobody said. The issue is locked first, as
# everywhere: whoever has it and wants its responses would otherwise wait for us, and we for them.
SENT = """
    WITH ours AS MATERIALIZED (
        SELECT id FROM issues_issue WHERE id = (SELECT issue_id FROM issues_response WHERE id = %(response)s)
        FOR NO KEY UPDATE
    ), heard AS (
        UPDATE issues_response SET
            state = 'sent', sent_at = %(at)s, channel_id = %(channel_id)s, delivery = 'sending', failure = ''
        FROM ours WHERE issues_response.id = %(response)s AND state IN ('speaking', 'unsure')
        RETURNING issue_id
    ), issue AS (
        UPDATE issues_issue SET
            first_response_at = CASE WHEN %(answers)s THEN LEAST(first_response_at, %(at)s) ELSE first_response_at END,
            answered_by = CASE WHEN %(answers)s AND first_response_at <= %(at)s IS NOT TRUE THEN %(how)s ELSE answered_by END,
            status = CASE WHEN status = 'open' AND %(answers)s THEN 'in_progress' ELSE status END,
            silent_since = CASE WHEN %(substantive)s AND status IN ('open', 'in_progress') THEN %(at)s ELSE silent_since END,
            type = CASE type WHEN 'other' THEN COALESCE(%(type)s::text, type) ELSE type END,
            sentiment = COALESCE(%(sentiment)s::text, sentiment),
            updated_at = clock_timestamp()
        FROM heard WHERE issues_issue.id = heard.issue_id
    ), action AS (
        INSERT INTO issues_action (id, issue_id, response_id, kind, at, by, user_id, automated, success, detail)
        SELECT %(action)s, issue_id, %(response)s, %(kind)s, %(at)s, %(by)s, %(user)s::int, %(automated)s, true, %(detail)s::jsonb
        FROM heard
    )
    SELECT pg_notify('mis_live', '') FROM heard
"""


def record_sent(response: Response, sent: Sent, *, at: datetime | None = None) -> None:
    """The channel accepted the message (`at`: when, unless just now). Does nothing when that was recorded before."""
    at, verdict = at or timezone.now(), response.verdict or {}
    action = _spoken(response, at)
    values = {
        "response": response.pk,
        "channel_id": sent.channel_id,
        "at": at,
        "answers": not response.is_survey,
        "how": str(response.kind),
        "substantive": response.is_substantive,
        "type": verdict.get("issue_type"),
        "sentiment": verdict.get("sentiment"),
        "action": action.pk,
        "kind": str(action.kind),
        "by": action.by,
        "user": action.user_id,
        "automated": action.automated,
        "detail": json.dumps(action.detail),
    }
    with transaction.atomic() if _has_consequences(response.issue, verdict) else nullcontext():
        with connection.cursor() as cursor:
            cursor.execute(SENT, values)
            heard = bool(cursor.rowcount)
        if heard:
            _follow_from(response, verdict, at)


def _spoken(response: Response, at: datetime) -> Action:
    """What the timeline says of it. A survey is no reply."""
    kind = Action.Kind.SURVEYED if response.is_survey else Action.Kind.REPLIED
    detail = {"how": str(response.kind)}
    if response.purpose != Response.Purpose.REPLY:
        detail["purpose"] = str(response.purpose)
    return actions.unsaved(
        response.issue, kind, response=response, user=response.author, at=at, **_speaker(response), **detail
    )


def _speaker(response: Response) -> dict:
    """Another program's words are its own doing, and automatic."""
    program = (response.verdict or {}).get("program")
    return {"by": program, "automated": True} if program else {}


def _has_consequences(issue: Issue, verdict: dict) -> bool:
    """Whether more follows from a reply than that it was given: then all of it, or nothing."""
    return bool(verdict.get("needs_human") or verdict.get("follow_up")) or _is_graver(issue, verdict)


def _follow_from(response: Response, verdict: dict, at: datetime) -> None:
    if _is_graver(response.issue, verdict):
        _raise_priority(response.issue, verdict["priority"])
    if verdict.get("needs_human"):
        reason = verdict.get("why") or escalate.WANTS_A_PERSON
        escalate.escalate(response.issue, reason, words=verdict.get("human_reason", ""))
    elif verdict.get("follow_up"):
        _plan_follow_up(response, at)


# A model that was not there is seldom there again sooner, and two messages at once read like a machine.
FOLLOW_UP_AFTER = timedelta(seconds=30)
FOLLOW_UP_WITHIN = timedelta(minutes=10)
FOLLOW_UP_RANK = 4  # after everybody who has heard nothing yet


def _plan_follow_up(response: Response, at: datetime) -> None:
    """The customer has heard a template only: the AI answers in substance if it is there again within ten minutes."""
    issue = queries.locked(response.issue)
    if not issue.is_unresolved or issue.status == Status.ESCALATED or queries.waits_for_us(issue):
        return
    if queries.answered_after(response):
        return  # it had to be looked up whether the template was heard
    due_at = at + FOLLOW_UP_AFTER
    follow_up = Response(
        issue=issue,
        turn=queries.next_turn(issue),
        purpose=Response.Purpose.FOLLOW_UP,
        location=issue.location,
        rank=FOLLOW_UP_RANK,
        created_at=at,
        due_at=due_at,
        deadline_at=at + FOLLOW_UP_WITHIN,
    )
    rows.insert(follow_up, calls=jobs.call("respond", due_at))


def postpone(response: Response, pause: timedelta) -> None:
    """Back into the queue, for what can wait until the AI is there."""
    _in_hand(response).update(state=State.WAITING, due_at=timezone.now() + pause)


def _is_graver(issue: Issue, verdict: dict) -> bool:
    """The AI may raise a priority, never lower one."""
    understood = verdict.get("priority")
    return bool(understood) and Priority(understood).rank < Priority(issue.priority).rank


def _raise_priority(issue: Issue, understood: str) -> None:
    promise = promises.made(understood, issue.location, issue.detected_at)
    Issue.objects.filter(pk=issue.pk).update(priority=understood, **promise.kept_on_issue)


def _not_accepted(response: Response, error: ChannelError) -> None:
    log.warning("message not accepted", extra={"response": response.pk, "code": error.code})
    if isinstance(error, Unsure):
        _unsure(response, error.code)
    else:
        assert isinstance(error, Refused | Misconfigured | TryLater)
        _put_off(response, error.code, lasting=isinstance(error, TryLater), reason=error.reason)


def _put_off(response: Response, code: str, *, lasting: bool, reason: str) -> None:
    """Back into the queue, with the text if there is one, so that nothing is thought twice; to a person when hope is gone.

    `lasting` says that the same may work later. The pauses grow from 1 s to 60 s.
    """
    now = timezone.now()
    if not lasting or now > _gives_up_at(response):
        hand_over(response, reason, code=code)
        return
    attempts = response.attempts + 1
    due = now + timedelta(seconds=min(2**response.attempts, 60))
    with transaction.atomic():
        changed = _mine(response).update(state=State.WAITING, due_at=due, attempts=attempts, failure=code)
        if changed:
            actions.record(response.issue, Action.Kind.FAILED, response=response, success=False, code=code, again=True)
            jobs.wake("respond", due)


def _gives_up_at(response: Response) -> datetime:
    return response.deadline_at if response.is_survey else response.created_at + GIVE_UP_SENDING_AFTER


def _mine(response: Response) -> QuerySet[Response]:
    """The row, if it is still the caller's to change."""
    return Response.objects.filter(pk=response.pk, state__in=IN_FLIGHT, claimed_by=response.claimed_by)


def _in_hand(response: Response) -> QuerySet[Response]:
    """The row, if it is still the caller's and nothing of it was said."""
    return Response.objects.filter(pk=response.pk, state__in=IN_HAND, claimed_by=response.claimed_by)


def drop(response: Response, why: str) -> None:
    """The automation's words for this turn are not needed any more: whoever is in charge speaks."""
    with transaction.atomic():
        issue = queries.locked(response.issue)
        in_charge, silenced = issue.status == Status.ESCALATED, why in (escalate.MUTED, escalate.OPTED_OUT)
        state = State.HANDED_OVER if (in_charge or silenced) and not response.is_survey else State.CANCELLED
        if _mine(response).update(state=state, failure=why[:200]) and silenced and not in_charge:
            escalate.escalate(issue, why)


def recover(response: Response) -> None:
    """After an error of our own: what was still being thought is tried again, what was being said is looked up."""
    state = _mine(response).values_list("state", flat=True).first()
    if state == State.SPEAKING:
        _unsure(response, "error")
    elif state in IN_HAND:
        _put_off(response, "error", lasting=response.attempts < ERRORS_AT_MOST, reason=escalate.BROKEN)


def release_strays(worker: UUID, in_hand: set[UUID]) -> None:
    """Gives back what is claimed for `worker` but not in its hands: the answer to its claim was lost on the way."""
    strays = Response.objects.filter(state__in=IN_HAND, claimed_by=worker).exclude(pk__in=in_hand)
    if strays.update(state=State.WAITING):
        jobs.wake("respond")


def _unsure(response: Response, code: str) -> None:
    with transaction.atomic():
        changed = _mine(response).update(state=State.UNSURE, due_at=timezone.now() + LOOK_AFTER, failure=code)
        if changed:
            actions.record(response.issue, Action.Kind.UNSURE, response=response, success=False, code=code)
            jobs.enqueue("look", str(response.pk), 0, due=timezone.now() + LOOK_AFTER)


def hand_over(response: Response, reason: str, **detail) -> None:
    """This answer will not go out by itself: a person has to act, and is told why. A question for a rating is forgotten."""
    with transaction.atomic():
        queries.locked(response.issue)
        changed = Response.objects.filter(
            pk=response.pk, state__in=[*IN_FLIGHT, State.UNSURE], claimed_by=response.claimed_by
        ).update(state=_given_up(response, reason), failure=reason[:200])
        if changed:
            actions.record(response.issue, Action.Kind.FAILED, response=response, success=False, reason=reason[:200])
        if changed and not response.is_survey:
            # A person who wrote believes that it went out, also when the issue has ended since.
            escalate.escalate(response.issue, reason, ended_too=response.kind == Response.Kind.HUMAN, **detail)


def _given_up(response: Response, reason: str) -> State:
    """Nobody asks for a rating by hand. One that may have been heard stays asked."""
    forgotten = response.is_survey and reason != escalate.UNCERTAIN
    return State.CANCELLED if forgotten else State.HANDED_OVER


def reply_by_hand(issue: Issue, text: str, *, user: AbstractBaseUser) -> Response:
    """Queues a person's own words to the customer; answers of the AI not yet given are dropped.

    Who answers an issue that is nobody's takes it.
    Raises ValueError with what is missing when it cannot be sent.
    """
    if issue.customer is None or not (issue.customer.phone or issue.customer.contact_id):
        raise ValueError(escalate.NO_PHONE)
    with transaction.atomic():
        issue = queries.locked(issue)
        queries.unspoken(issue).update(state=State.CANCELLED)
        now = timezone.now()
        if issue.assignee is None and issue.is_unresolved:
            escalate.assign(issue, user, user=user)
        response = Response.objects.create(
            issue=issue,
            turn=queries.next_turn(issue),
            location=issue.location,
            rank=0,
            kind=Response.Kind.HUMAN,
            text=text,
            author=user,
            created_at=now,
            due_at=now,
            deadline_at=now + timedelta(seconds=30),
        )
        jobs.wake("respond")
    return response
