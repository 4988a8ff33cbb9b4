"""Receipts: what WhatsApp tells of our messages: that one went out, and what became of it. In any order, any number of times."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from . import actions, customers, deliver, escalate, phones, queries
from .channels.base import Sent
from .models import Action, EventKey, Response
from .models.response import Delivery, State

# A message is told after it was said, at once or when Evolution wakes up; the clocks may differ.
TOLD_WITHIN = timedelta(minutes=10)
SKEW = timedelta(seconds=60)

# What Python takes for a blank: the apps change blanks and line ends on the way.
BLANKS = "[" + "".join(chr(code) for code in range(0x3001) if chr(code).isspace()) + "]+"

# The states are written out, so that the indexes of what is being said and what is unsure serve. Two of the same words
# to the same phone cannot be told apart: then neither is noted, and looking decides.
OVERHEARD = """
    WITH known AS (
        SELECT id, state FROM issues_response WHERE channel_id = %(channel_id)s
    ), meant AS (
        SELECT id, spoken_to, spoken_at, text FROM issues_response WHERE state = 'speaking' AND channel_id IS NULL
        UNION ALL
        SELECT id, spoken_to, spoken_at, text FROM issues_response WHERE state = 'unsure' AND channel_id IS NULL
    ), same AS (
        SELECT id FROM meant
        WHERE spoken_to = ANY(%(phones)s) AND spoken_at BETWEEN %(earliest)s AND %(latest)s
            AND btrim(regexp_replace(text, %(blanks)s, ' ', 'g')) = %(text)s
    ), noted AS (
        UPDATE issues_response SET channel_id = %(channel_id)s
        WHERE id = (SELECT id FROM same LIMIT 1) AND (SELECT count(*) FROM same) = 1 AND NOT EXISTS (SELECT FROM known)
            AND channel_id IS NULL AND state IN ('speaking', 'unsure')
        RETURNING id, state
    )
    SELECT id, state FROM known UNION ALL SELECT id, state FROM noted
"""


def overheard(phone: str | None, lid: str | None, text: str, channel_id: str, at: datetime | None) -> bool:
    """Whether a message that went out through our account is ours, and if so, it will not be said again.

    Of an answer still being said the id is noted: should the line break, it is known that it was heard. An unsure
    one is sent, then. False for what a person or another program said. `at` is WhatsApp's time of it.
    """
    phone = phone or (queries.phone_behind(lid) if lid else None)
    found = _ours(phone, text, channel_id, at or timezone.now())
    if found is None:
        return False
    response_id, state = found
    if state == State.UNSURE:
        _adopt(response_id)
    if lid:
        _learn_lid(response_id, lid)
    return True


def _ours(phone: str | None, text: str, channel_id: str, at: datetime) -> tuple[UUID, str] | None:
    values = {
        "channel_id": channel_id,
        "phones": sorted(phones.forms(phone)) if phone else [],
        "text": " ".join(text.split()),
        "blanks": BLANKS,
        "earliest": at - TOLD_WITHIN,
        "latest": at + SKEW,
    }
    with connection.cursor() as cursor:
        cursor.execute(OVERHEARD, values)
        return cursor.fetchone()


def _adopt(response_id: UUID) -> None:
    """Records an unsure answer whose id is known by now as what it is: sent when we said it."""
    with transaction.atomic():
        response = Response.objects.select_related("issue__customer").get(pk=response_id)
        queries.locked(response.issue)
        if response.channel_id:
            deliver.record_sent(response, Sent(response.channel_id), at=response.spoken_at)


def _learn_lid(response_id: UUID, lid: str) -> None:
    """Whom we turned to by phone, WhatsApp may tell us by its hidden id: so these are one person."""
    spoken_to = Response.objects.filter(pk=response_id).exclude(issue__customer__lid=lid).values_list("spoken_to")
    if (phone := spoken_to.first()) and phone[0]:
        with transaction.atomic():
            if customer := queries.customer_for_update("", phone=phone[0], contact_id=None, lid=lid):
                customers.know_lid(customer, lid)


def by_program(api_key: str) -> bool:
    """Whether what looks like a person's message was told before as one that another program sent."""
    return EventKey.objects.filter(key=api_key).exists()


ARRIVED = {Delivery.DELIVERED, Delivery.READ}
ORDER = [Delivery.SENDING, Delivery.SENT, Delivery.DELIVERED, Delivery.READ]


def receipt(channel_id: str, status: Delivery, at: datetime) -> bool:
    """Moves a sent message's delivery on, never back; a failure counts only before it is delivered.

    False when no message of that id is known to be sent (yet): a receipt may be faster than our own commit.
    """
    for unsure in Response.objects.filter(channel_id=channel_id, state=State.UNSURE).values_list("pk", flat=True):
        _adopt(unsure)
    with transaction.atomic():
        sent = Response.objects.select_for_update(no_key=True).filter(channel_id=channel_id, state=State.SENT)
        response = sent.first()
        if response is None:
            return False
        at = max(at, response.sent_at)  # the receipt may have been told before the acceptance
        if _is_news(Delivery(response.delivery or Delivery.SENDING), status):
            _apply(response, status, at)
        elif _date(response, status, at):
            response.save(update_fields=["delivered_at", "read_at"])
    return True


def _is_news(had: Delivery, status: Delivery) -> bool:
    if had == Delivery.FAILED:
        return status in ARRIVED
    if status == Delivery.FAILED:
        return ORDER.index(had) < ORDER.index(Delivery.DELIVERED)
    return ORDER.index(status) > ORDER.index(had)


def _date(response: Response, status: Delivery, at: datetime) -> bool:
    """Whether `at` changes when it arrived or was read: the earliest counts, whatever was told first. What was read had arrived."""
    had = response.delivered_at, response.read_at
    if status in ARRIVED:
        response.delivered_at = min(response.delivered_at or at, at)
    if status == Delivery.READ:
        response.read_at = min(response.read_at or at, at)
    return had != (response.delivered_at, response.read_at)


def _apply(response: Response, status: Delivery, at: datetime) -> None:
    response.delivery = status
    _date(response, status, at)
    response.failure = "refused_by_whatsapp" if status == Delivery.FAILED else ""
    response.save(update_fields=["delivery", "delivered_at", "read_at", "failure"])
    kinds = {
        Delivery.DELIVERED: Action.Kind.DELIVERED,
        Delivery.READ: Action.Kind.READ,
        Delivery.FAILED: Action.Kind.FAILED,
    }
    if status in kinds:
        success = status != Delivery.FAILED
        actions.record(response.issue, kinds[status], by="whatsapp", response=response, at=at, success=success)
    if status == Delivery.FAILED and not response.is_survey:
        escalate.escalate(response.issue, escalate.NOT_DELIVERED)
