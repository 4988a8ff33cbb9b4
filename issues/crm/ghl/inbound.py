"""What GoHighLevel tells us. Its app's webhooks and its workflows share nothing but the meaning: an `Event`.

App webhooks are signed, flat and camelCase, and carry an id. Workflow calls carry the secret
header, snake_case and whatever their author typed, and no id unless the author adds one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from mis_dashboard.lib import wire
from mis_dashboard.lib.wire import MAX_TEXT, Unreadable

from ... import phones
from .html import plain
from .signature import knows_secret, signed, usable_key

__all__ = ["Event", "Unreadable", "knows_secret", "parse_app", "parse_workflow", "signed", "storable", "usable_key"]

WORKFLOW = "workflow"
MESSAGES = {"InboundMessage", "OutboundMessage"}
CONTACTS = {"ContactCreate", "ContactUpdate", "ContactDelete", "ContactTagUpdate", "ContactDndUpdate"}
INSTALLS = {"INSTALL", "UNINSTALL"}  # on the agency's level these name no location
PRIORITIES = ("critical", "high", "medium", "low")
EMAIL = {"email", "1"}  # "Email" in app webhooks, 1 in workflows
MAX_HTML = 200_000

storable = wire.storable


@dataclass(frozen=True)
class Event:
    """One thing that happened in the CRM.

    `kind` is the wire's `type`, or "workflow". `key` names the event, so that a repeat is known.
    `phone` is E.164, or None: app webhooks of messages have none. `text` is plain. `priority` is
    one of PRIORITIES or "". `occurred_at` is the sender's own time in UTC, which may be wrong.
    `media` says that there was a recording or another attachment.
    """

    kind: str
    key: str
    location: str = ""
    contact_id: str = ""
    phone: str | None = None
    name: str = ""
    text: str = ""
    message_id: str = ""
    conversation_id: str = ""
    issue_type: str = ""
    priority: str = ""
    occurred_at: datetime | None = None
    language: str = ""
    direction: str = ""
    source: str = ""
    tags: tuple[str, ...] = ()
    media: bool = False

    @property
    def is_message(self) -> bool:
        """Whether it stands for something a customer said: in words, by a recording, or in a workflow's summary."""
        if self.kind == WORKFLOW:
            return self.direction == "inbound"
        return self.kind in MESSAGES and self.direction == "inbound" and bool(self.text or self.media)

    @property
    def is_human_reply(self) -> bool:
        """Whether a person of the company answered in the CRM's own app."""
        return self.kind in MESSAGES and self.direction == "outbound" and self.source == "app"


# --- App webhooks ---------------------------------------------------------------------------


def parse_app(body: Any) -> Event:
    """The event in an app webhook's body; types we do not know are events too. Raises Unreadable, naming the field."""
    body = _flat(body)
    kind = wire.identifier(body, "type")
    if not kind:
        raise Unreadable("type", "is missing.")
    location = wire.identifier(body, "locationId")
    if not location and kind not in INSTALLS:
        raise Unreadable("locationId", "is missing.")
    if kind in MESSAGES:
        return _message(body, kind, location)
    if kind in CONTACTS:
        return _contact(body, kind, location)
    return _other(body, kind, location)


def _flat(body: Any) -> Mapping[str, Any]:
    """The event's fields, which one page of the documentation nests under `data` and all others do not."""
    if not isinstance(body, Mapping):
        raise Unreadable("body", "write an object.")
    return {**body, **wire.any_mapping(body, "data")}


def _message(body: Mapping[str, Any], kind: str, location: str) -> Event:
    usual = "inbound" if kind == "InboundMessage" else "outbound"
    channel = wire.text(body, "messageType").lower()
    return Event(
        kind=kind,
        key=_app_key(body, kind, location),
        location=location,
        contact_id=wire.identifier(body, "contactId"),
        phone=phones.canonical(wire.text(body, "phone")),
        name=_name(wire.any_text(body, "name"), wire.any_text(body, "fullName")),
        text=_words(body, "body", channel),
        message_id=_message_id(body, channel),
        conversation_id=wire.identifier(body, "conversationId"),
        occurred_at=wire.instant(body.get("dateAdded")) or wire.instant(body.get("timestamp")),
        # First of all: inbound calls come with the type "OutboundMessage".
        direction=_direction(body, usual),
        source=wire.any_text(body, "source", limit=64),
        tags=_tags(body.get("tags")),
        media=_has_attachment(body.get("attachments")),
    )


def _contact(body: Mapping[str, Any], kind: str, location: str) -> Event:
    """A contact's own event: here `id` is the contact, and `dateAdded` is when it was made, not when this happened."""
    first_and_last = f"{wire.text(body, 'firstName')} {wire.text(body, 'lastName')}"
    return Event(
        kind=kind,
        key=_app_key(body, kind, location),
        location=location,
        contact_id=wire.identifier(body, "id") or wire.identifier(body, "contactId"),
        phone=phones.canonical(wire.text(body, "phone")),
        name=_name(wire.text(body, "name"), first_and_last),
        occurred_at=wire.instant(body.get("timestamp")),
        source=wire.any_text(body, "source", limit=64),
        tags=_tags(body.get("tags")),
    )


def _other(body: Mapping[str, Any], kind: str, location: str) -> Event:
    """Any other event, known to us or not: what can be read of it. It is never refused for its fields."""
    appointment = wire.any_mapping(body, "appointment")
    return Event(
        kind=kind,
        key=_app_key(body, kind, location),
        location=location,
        contact_id=wire.any_text(body, "contactId", limit=64) or wire.any_text(appointment, "contactId", limit=64),
        text=wire.any_text(body, "body"),
        occurred_at=wire.instant(body.get("timestamp")) or wire.instant(body.get("dateAdded")),
        source=wire.any_text(body, "source", limit=64),
    )


def _app_key(body: Mapping[str, Any], kind: str, location: str) -> str:
    """By `webhookId`, which stays the same when a delivery is repeated; without one by the message, or the whole body."""
    if webhook_id := wire.text(body, "webhookId"):
        return wire.key("ghl", webhook_id)
    if message_id := wire.any_text(body, "messageId"):
        return wire.key("ghl", kind, location, message_id)
    return wire.key("ghl", kind, wire.digest(body))


def _message_id(body: Mapping[str, Any], channel: str) -> str:
    message_id = wire.identifier(body, "messageId", limit=128)
    if message_id or channel not in EMAIL:
        return message_id
    return wire.any_text(body, "emailMessageId", limit=128)


# --- Workflows ------------------------------------------------------------------------------


def parse_workflow(body: Any, *, now: datetime | None = None) -> Event:
    """The event in the body of a workflow's webhook, standard or custom. Raises Unreadable, naming the field.

    It needs a message or an `issue_type`, and a phone or a contact. Where the author's
    `customData` and the CRM both speak of one thing, the author has the word, save for the
    message. `now` (UTC) serves to know a repeat within the minute when nothing else does.
    An app webhook's message that another program passes on is read as what it is.
    """
    if not isinstance(body, Mapping):
        raise Unreadable("body", "write an object.")
    if wire.any_text(body, "type") in MESSAGES:
        return parse_app(body)
    custom = wire.mapping(body, "customData")
    contact = wire.any_mapping(body, "contact")
    message = wire.any_mapping(body, "message")
    event = Event(
        kind=WORKFLOW,
        key="",
        location=_location(body, custom),
        contact_id=_first(body, ("contact_id", "contactId")) or wire.identifier(contact, "id", path="contact."),
        phone=_phone(body, custom, contact),
        name=_workflow_name(body, custom, contact),
        text=_workflow_text(body, custom, message),
        message_id=_workflow_message_id(body, custom, message),
        conversation_id=_first(body, ("conversation_id", "conversationId")),
        issue_type=_issue_type(body, custom),
        priority=_priority(body, custom),
        occurred_at=wire.instant(custom.get("occurred_at")) or wire.instant(body.get("occurred_at")),
        direction=_direction(message, "inbound"),
        source=wire.any_text(custom, "source", limit=64),
        tags=_tags(body.get("tags")),
        media=_has_attachment(custom.get("attachments")) or _has_attachment(body.get("attachments")),
    )
    _complete(event)
    return replace(event, key=_workflow_key(body, custom, event, now or datetime.now(UTC)))


def _complete(event: Event) -> None:
    if not (event.text or event.issue_type or event.media):
        raise Unreadable("message", "write what the customer said, or an issue_type, in customData.")
    if not (event.phone or event.contact_id):
        raise Unreadable("phone", "write the customer's phone as +5511900000001, or the contact_id.")


def _location(body: Mapping[str, Any], custom: Mapping[str, Any]) -> str:
    if isinstance(body.get("location"), str):
        return wire.identifier(body, "location")
    nested = wire.identifier(wire.mapping(body, "location"), "id", path="location.")
    return (
        nested
        or _first(body, ("location_id", "locationId"))
        or wire.identifier(custom, "location_id", path="customData.")
    )


def _phone(body: Mapping[str, Any], custom: Mapping[str, Any], contact: Mapping[str, Any]) -> str | None:
    """The first phone that is one: the author's, the contact's at the top level, or the nested one."""
    written = [
        wire.text(custom, "phone", path="customData."),
        wire.text(body, "phone"),
        wire.text(contact, "phone", path="contact."),
    ]
    return next((phone for raw in written if (phone := phones.canonical(raw))), None)


def _workflow_name(body: Mapping[str, Any], custom: Mapping[str, Any], contact: Mapping[str, Any]) -> str:
    return _name(
        wire.text(custom, "name", path="customData."),
        wire.text(body, "full_name"),
        wire.any_text(contact, "name"),
        wire.text(body, "contactName"),
        wire.text(body, "name"),
        f"{wire.any_text(body, 'first_name')} {wire.any_text(body, 'last_name')}",
    )


def _workflow_text(body: Mapping[str, Any], custom: Mapping[str, Any], message: Mapping[str, Any]) -> str:
    """What the customer said: the CRM's own copy first, as authors mistype merge fields."""
    spoken = [
        _words(message, "body", str(message.get("type")).lower(), path="message."),
        wire.text(body, "messageBody"),
        wire.text(custom, "messagebody", path="customData."),
        wire.text(custom, "message", path="customData."),
    ]
    if not isinstance(body.get("message"), Mapping):
        spoken.append(wire.text(body, "message"))
    return next((text for text in spoken if text), "")


def _workflow_message_id(body: Mapping[str, Any], custom: Mapping[str, Any], message: Mapping[str, Any]) -> str:
    return (
        wire.identifier(message, "messageId", path="message.", limit=128)
        or _first(custom, ("message_id", "messageId"), path="customData.", limit=128)
        or _first(body, ("message_id", "messageId"), limit=128)
    )


def _priority(body: Mapping[str, Any], custom: Mapping[str, Any]) -> str:
    in_custom = wire.text(custom, "priority", path="customData.").lower()
    priority = in_custom or wire.text(body, "priority").lower()
    if priority and priority not in PRIORITIES:
        field = "customData.priority" if in_custom else "priority"
        raise Unreadable(field, f"write one of {', '.join(PRIORITIES)}, or nothing.")
    return priority


def _issue_type(body: Mapping[str, Any], custom: Mapping[str, Any]) -> str:
    return wire.text(custom, "issue_type", path="customData.", limit=100) or wire.text(body, "issue_type", limit=100)


def _workflow_key(body: Mapping[str, Any], custom: Mapping[str, Any], event: Event, now: datetime) -> str:
    """By the author's event id, else by the message; else the same words of the same contact in the same minute."""
    event_id = wire.text(custom, "event_id", path="customData.") or wire.text(body, "event_id")
    if event_id:
        return wire.key("ghl", WORKFLOW, event.location, event_id)
    if event.message_id:
        return wire.key("ghl", WORKFLOW, event.location, "message", event.message_id)
    workflow_id = wire.any_text(wire.any_mapping(body, "workflow"), "id")
    moment = event.occurred_at or now.astimezone(UTC).replace(second=0, microsecond=0)
    said = (event.location, event.contact_id, event.phone, event.text, event.issue_type)
    return wire.key("ghl", WORKFLOW, wire.digest(*said, workflow_id, moment.isoformat()))


# --- What both share ------------------------------------------------------------------------


def _first(body: Mapping[str, Any], names: Iterable[str], *, path: str = "", limit: int = 64) -> str:
    found = (wire.identifier(body, name, path=path, limit=limit) for name in names)
    return next((value for value in found if value), "")


def _words(body: Mapping[str, Any], name: str, channel: str, *, path: str = "") -> str:
    """The words under `name`, cut to MAX_TEXT; e-mails come as HTML."""
    if channel not in EMAIL:
        return wire.text(body, name, path=path)
    return plain(wire.text(body, name, path=path, limit=MAX_HTML))[:MAX_TEXT]


def _direction(body: Mapping[str, Any], usual: str) -> str:
    written = wire.any_text(body, "direction").lower()
    return written if written in {"inbound", "outbound"} else usual


def _name(*candidates: str) -> str:
    tidy = (" ".join(candidate.split()) for candidate in candidates)
    return next((name for name in tidy if name), "")[:200]


def _tags(value: Any) -> tuple[str, ...]:
    """Tags from a list, or from a text with commas; anything else has none."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list):
        return ()
    texts = (wire.clean(tag).strip() for tag in value if isinstance(tag, str))
    return tuple(text for text in texts if text)


def _has_attachment(value: Any) -> bool:
    """Whether there is an address of one, alone or in a list."""
    return any(isinstance(item, str) and item.strip() for item in (value if isinstance(value, list) else [value]))
