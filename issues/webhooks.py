"""The doors for events from outside: who knocks is checked first, then the body is read, stored and answered."""

import json
import logging
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps

from django.conf import settings
from django.db import DataError, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from mis_dashboard.lib import jobs, wire
from mis_dashboard.lib.doors import refuse

from . import line, receipts
from .channels.evolution import inbound as evolution
from .crm.ghl import inbound as ghl
from .ingest import Inbound, ingest
from .models import InboundEvent, Issue
from .models.response import Delivery

log = logging.getLogger("mis.webhooks")

MAX_BYTES = 256 * 1024

# Evolution delivers again for about 21 minutes; what was written earlier is no news.
NEWS_FOR = timedelta(minutes=30)
HISTORY, PROGRAM = "messages.upsert history", "send.message by a program"


def door(view: Callable[[HttpRequest, bytes], HttpResponse]):
    """What all webhook doors have in common. GoHighLevel delivers again after a 429, and after nothing else.

    A connection that the database has dropped in the meantime is noticed here, and replaced once.
    """

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            answer = refuse(405, "This address takes events: send POST with a JSON body.")
            answer["Allow"] = "POST"
            return answer
        if int(request.headers.get("Content-Length") or 0) > MAX_BYTES:
            return refuse(413, f"The body is larger than {MAX_BYTES // 1024} KB.")
        try:
            return again_without_a_dead_connection(view, request)
        except (OperationalError, InterfaceError):
            connection.close()
            log.error("database away, event not accepted", extra={"path": request.path})
            return refuse(429, "Not stored: please deliver again.")
        except (ghl.Unreadable, evolution.Unreadable) as error:
            return refuse(400, str(error), field=error.field)
        except DataError:
            return refuse(400, "A value in the body is too long or cannot be stored.")

    return guarded


def again_without_a_dead_connection(view: Callable[[HttpRequest, bytes], HttpResponse], request: HttpRequest):
    try:
        return view(request, request.body)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block or connection.connection is None or connection.is_usable():
            raise
        connection.close()
        return view(request, request.body)


def read_json(raw: bytes, unreadable: type[Exception]) -> dict:
    """The body as an object. Raises `unreadable` saying where it is broken, without repeating what stood there."""
    try:
        body = json.loads(raw)
    except UnicodeDecodeError:
        raise unreadable("body", "write JSON in UTF-8") from None
    except RecursionError:
        raise unreadable("body", wire.TOO_DEEP) from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise unreadable("body", f"not JSON ({error.msg}, {where}); quotes and line breaks must be escaped") from None
    except ValueError:
        raise unreadable("body", wire.TOO_LONG) from None
    if not isinstance(body, dict):
        raise unreadable("body", "write a JSON object")
    return body


@door
def ghl_webhook(request: HttpRequest, raw: bytes) -> HttpResponse:
    """GoHighLevel: app events signed over the raw bytes, workflow actions with our secret in a header."""
    now = timezone.now()
    if ghl.signed(raw, request.headers, settings.GHL_PUBLIC_KEY):
        body = read_json(raw, ghl.Unreadable)
        source, event = InboundEvent.Source.GHL_APP, ghl.parse_app(body)
    elif ghl.knows_secret(request.headers, settings.GHL_WEBHOOK_SECRET):
        body = read_json(raw, ghl.Unreadable)
        source, event = InboundEvent.Source.GHL_WORKFLOW, ghl.parse_workflow(body, now=now)
    else:
        return refuse(401, "Not signed, or not with a key or secret known here.")
    outcome = ingest(_from_ghl(event, source, body), now=now)
    return JsonResponse({"success": True, "issue_id": outcome.issue_id, "repeated": outcome.repeated})


def _from_ghl(event: ghl.Event, source: InboundEvent.Source, body: dict) -> Inbound:
    company = body.get("location", {}).get("name", "") if isinstance(body.get("location"), dict) else ""
    return Inbound(
        source=source,
        key=event.key,
        kind=event.kind[:64],
        payload=ghl.storable(body),
        location=event.location,
        contact_id=event.contact_id or None,
        phone=event.phone,
        name=event.name,
        language=event.language,
        text=event.text,
        message_id=wire.key("ghl", event.message_id) if event.message_id else None,
        issue_type=event.issue_type,
        priority=event.priority,
        occurred_at=event.occurred_at,
        message=event.is_message,
        answer=event.is_human_reply,
        metadata={"company": wire.clean(company)[:100]} if isinstance(company, str) and company else {},
    )


@door
def evolution_webhook(request: HttpRequest, raw: bytes) -> HttpResponse:
    """Evolution: what customers write, what people type on the company's phone, delivery receipts, connection state."""
    if not evolution.authentic(request.headers, settings.EVOLUTION_WEBHOOK_SECRET):
        return refuse(401, "The secret header or token is missing or wrong.")
    body = read_json(raw, evolution.Unreadable)
    news = evolution.parse(body)
    if _is_elsewhere(body) and not isinstance(news, evolution.Connection):
        log.warning("an event of another instance was left alone", extra={"kind": str(body.get("event"))[:40]})
        return JsonResponse({"success": True, "issue_id": None})
    if isinstance(news, evolution.Receipt):
        return _receipt(news)
    if isinstance(news, evolution.OwnMessage) and _is_ours(news):
        return JsonResponse({"success": True, "issue_id": None})
    now = timezone.now()
    if isinstance(news, evolution.Connection):
        return _connection(news, now)
    inbound = _from_evolution(news, evolution.stripped(body), now)
    outcome = ingest(inbound, now=now) if inbound else None
    return JsonResponse({"success": True, "issue_id": outcome and outcome.issue_id})


def _is_elsewhere(body: dict) -> bool:
    """Whether it is of an instance that we do not speak through. One server has many; whoever writes there is not our customer."""
    instance = body.get("instance")
    ours = settings.EVOLUTION_INSTANCE
    return bool(ours) and isinstance(instance, str) and instance != ours


def _receipt(news: evolution.Receipt) -> HttpResponse:
    now = timezone.now()
    if not receipts.receipt(news.channel_id, Delivery(news.status), now):
        # Most likely it was faster than the commit of our own sending.
        due = now + timedelta(seconds=2)
        jobs.enqueue("receipt", news.channel_id, news.status, now.isoformat(), due=due, rank=3)
    return JsonResponse({"success": True})


def _connection(news: evolution.Connection, now: datetime) -> HttpResponse:
    line.told(news.instance, news.state, now)
    # Webhooks keep no order, and one that failed comes again minutes later: the server itself is asked.
    jobs.enqueue("probe_channel", rank=1, key="probe_channel")
    return JsonResponse({"success": True})


def _is_ours(news: evolution.OwnMessage) -> bool:
    return receipts.overheard(news.phone, news.lid, news.text, news.channel_id, news.sent_at)


def _from_evolution(news, payload: dict, now: datetime) -> Inbound | None:
    """What an Evolution event is to us; None for what concerns no customer."""
    if isinstance(news, evolution.InboundText | evolution.OwnMessage) and _is_history(news, now):
        return _stored(news, payload, HISTORY)
    if isinstance(news, evolution.InboundText):
        return _customers_words(news, payload)
    if isinstance(news, evolution.OwnMessage):
        # What another program says is no person's answer: the AI goes on, and the timeline stays ours.
        program = news.by_api or receipts.by_program(news.api_key)
        return _stored(news, payload, PROGRAM) if program else _persons_answer(news, payload)
    return None


def _is_history(news: evolution.InboundText | evolution.OwnMessage, now: datetime) -> bool:
    """Whether it was said too long ago to be news: a number that is paired anew tells of months.

    What was said while the line was down is news all the same: nobody has heard it before.
    """
    if news.sent_at is None or news.sent_at >= now - NEWS_FOR:
        return False
    return not line.was_cut_off(news.sent_at, now)


def _customers_words(news: evolution.InboundText, payload: dict) -> Inbound:
    return Inbound(
        source=InboundEvent.Source.EVOLUTION,
        key=news.key,
        kind="messages.upsert",
        payload=payload,
        phone=news.phone,
        lid=news.lid,
        name=news.name,
        text=news.text,
        message_id=wire.key("wa", news.message_id),
        occurred_at=news.sent_at,
        message=True,
        issue_source=Issue.Source.WHATSAPP,
    )


def _persons_answer(news: evolution.OwnMessage, payload: dict) -> Inbound:
    return Inbound(
        source=InboundEvent.Source.EVOLUTION,
        key=news.key,
        kind="messages.upsert",
        payload=payload,
        phone=news.phone,
        lid=news.lid,
        text=news.text,
        message_id=news.channel_id,
        occurred_at=news.sent_at,
        answer=True,
    )


def _stored(news: evolution.InboundText | evolution.OwnMessage, payload: dict, kind: str) -> Inbound:
    """An event that is kept and changes nothing."""
    return Inbound(source=InboundEvent.Source.EVOLUTION, key=news.key, kind=kind, payload=payload)


# Where GoHighLevel's two kinds of webhooks name the location.
LOCATION = re.compile(rb'"(?:locationId|location_id|location)"\s*:\s*(?:\{[^{}]*?"id"\s*:\s*)?"([^"\\]{1,64})"')


def location_in(body: bytes) -> str:
    """The location that a webhook claims to come from, not yet verified; empty when it names none."""
    found = LOCATION.search(body)
    return found[1].decode(errors="replace") if found else ""


DOORS = {"/api/webhooks/ghl": ghl_webhook, "/api/webhooks/evolution": evolution_webhook}
